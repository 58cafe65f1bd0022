/* common/clock.h - time that nobody can set back. */
#ifndef CLOCK_H
#define CLOCK_H

/* Milliseconds since some fixed moment (CLOCK_MONOTONIC, clock_gettime(2)). */
long long clock_ms(void);

/* `seconds` after `now_ms`; for 0, never. */
long long deadline_ms(long long now_ms, int seconds);

#endif
