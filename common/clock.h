/* common/clock.h - time that nobody can set back. */
#ifndef CLOCK_H
#define CLOCK_H

/* Milliseconds since some fixed moment (CLOCK_MONOTONIC, clock_gettime(2)). */
long long clock_ms(void);

#endif
