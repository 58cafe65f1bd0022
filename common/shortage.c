/* common/shortage.c - see shortage.h. */
#include "shortage.h"

#include <assert.h>
#include <errno.h>

#include "clock.h"
#include "log.h"
#include "signals.h"

enum { PAUSE_MS = 100, TICK_MS = 1000, SILENT_MS = 10000 };

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

void wait_again(const char *call, int error)
{
    assert(error != EBADF && error != EFAULT);
    if (error != EINTR)
        wait_out_shortage(call, error);
}
