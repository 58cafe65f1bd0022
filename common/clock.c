/* common/clock.c - see clock.h. */
#include "clock.h"

#include <time.h>

long long clock_ms(void)
{
    struct timespec now;

    /* It cannot fail with a clock that exists and a pointer that is valid. */
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pause_ms(int ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};

    (void)nanosleep(&time, NULL); /* EINTR is the reason to return early */
}

void work(int ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000L};

    while (ms > 0 && nanosleep(&left, &left) == -1)
        continue;
}
