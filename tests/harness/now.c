/* tests/harness/now.c - see now.h. */
#include "now.h"

#include <errno.h>
#include <time.h>

long long now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

long long now_ms(void)
{
    return now_ns() / 1000000;
}

double moment_ms(void)
{
    return (double)now_ns() / 1e6;
}

void nap_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};

    while (nanosleep(&t, &t) == -1 && errno == EINTR)
        continue;
}

void nap_ms(long ms)
{
    nap_us(ms * 1000);
}
