/* common/clock.h - time that nobody can set back, and time passed. */
#ifndef CLOCK_H
#define CLOCK_H

/* Milliseconds since some fixed moment (CLOCK_MONOTONIC, clock_gettime(2)). */
long long clock_ms(void);

/* Returns after `ms` milliseconds, or sooner when a signal handler ran. */
void pause_ms(int ms);

/* Pretends to work for `ms` milliseconds: a handler that waits for a disk. It
 * blocks its thread all that time, signals or not. 0: returns at once. */
void work(int ms);

#endif
