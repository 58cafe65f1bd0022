/* common/clock.h - time that nobody can set back. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>

/* Milliseconds since some fixed moment (CLOCK_MONOTONIC, clock_gettime(2)). */
long long clock_ms(void);

/* `seconds` after `now_ms`; for 0, never. */
long long deadline_ms(long long now_ms, int seconds);

/* Whether a second of clock_ms() has begun between the two: for what need not
 * be looked at in every round of a loop. */
bool is_new_second(long long before_ms, long long now_ms);

#endif
