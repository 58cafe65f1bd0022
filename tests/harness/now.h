/* tests/harness/now.h - the clock of everything that tests and measures. */
#ifndef NOW_H
#define NOW_H

/* Of CLOCK_MONOTONIC (clock_gettime(2)). */
long long now_ms(void);
long long now_ns(void);
double moment_ms(void); /* with its fraction */

/* Let time pass, whatever signals come. */
void nap_ms(long ms);
void nap_us(long us);

#endif
