/* common/clock.c - see clock.h. */
#include "clock.h"

#include <limits.h>
#include <time.h>

long long clock_ms(void)
{
    struct timespec now;

    /* It cannot fail with a clock that exists and a pointer that is valid. */
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

long long deadline_ms(long long now_ms, int seconds)
{
    return seconds > 0 ? now_ms + seconds * 1000LL : LLONG_MAX;
}

bool is_new_second(long long before_ms, long long now_ms)
{
    return now_ms / 1000 > before_ms / 1000;
}
