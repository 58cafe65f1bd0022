/* common/resources.c - see resources.h. */
#include "resources.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "signals.h"

enum { PAUSE_MS = 100, TICK_MS = 1000, SILENT_MS = 10000 };

int set_descriptor_limit(int ceiling)
{
    rlim_t most = ceiling > 0 ? (rlim_t)ceiling : DESCRIPTORS_MAX;
    int saved = errno;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        rlim_t soft = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max < most ? limit.rlim_max : most;
        if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
            limit.rlim_cur = soft;
        most = limit.rlim_cur < most ? limit.rlim_cur : most;
    }
    errno = saved;
    return (int)most;
}

int descriptors_left(int limit)
{
    int saved = errno; /* fcntl's EBADF is no failure */
    int open_now = 0;

    /* A server is started with few descriptors, and low ones. Were there more
     * above, accept would say EMFILE, and that is handled too. */
    for (int fd = 0; fd < limit && fd < 256; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            open_now++;
    errno = saved;
    return limit - open_now > 1 ? limit - open_now : 1;
}

/* A server that can watch only so many has set its limit below the hard one. */
static const char *why_no_more(int limit)
{
    struct rlimit now;

    if (getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_max > (rlim_t)limit &&
        limit < DESCRIPTORS_MAX)
        return "a set holds no more (FD_SETSIZE)";
    return "see ulimit -n";
}

void fit_clients(int *max_clients, int limit)
{
    int possible = descriptors_left(limit);

    if (*max_clients <= possible)
        return;
    if (*max_clients != INT_MAX)
        log_always("room for %d clients, not %d: %s", possible, *max_clients,
                   why_no_more(limit));
    *max_clients = possible;
}

size_t possible_stack(size_t bytes)
{
    long least = sysconf(_SC_THREAD_STACK_MIN);

    return least > 0 && (size_t)least > bytes ? (size_t)least : bytes;
}

char *copy_of(const char *bytes, size_t len)
{
    char *copy = malloc(len);

    return copy != NULL ? memcpy(copy, bytes, len) : NULL;
}

static bool lacking;

static void say_shortage(const char *call, int error)
{
    static long long silent_until_ms;

    if (clock_ms() < silent_until_ms)
        return;
    errno = error;
    log_error("%s: clients wait in the backlog", call);
    silent_until_ms = clock_ms() + SILENT_MS;
}

void note_shortage(const char *call, int error)
{
    say_shortage(call, error);
    lacking = true;
}

bool is_short(void)
{
    return lacking;
}

void end_shortage(void)
{
    lacking = false;
}

int longest_wait_ms(bool has_clients)
{
    if (lacking)
        return PAUSE_MS;
    return has_clients ? TICK_MS : -1;
}

void wait_out_shortage(const char *call, int error)
{
    say_shortage(call, error);
    pause_ms(PAUSE_MS);
}

void wait_failed(const char *call, int error)
{
    assert(error != EBADF && error != EFAULT);
    if (error != EINTR)
        wait_out_shortage(call, error);
}
