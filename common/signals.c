/* common/signals.c - see signals.h. */
#include "signals.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

/* None of these calls can fail with a valid signal and a valid pointer, so
 * their results are not looked at. */

static void held_set(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGALRM);
    (void)sigaddset(set, SIGCHLD);
}

void hold_signals(void)
{
    sigset_t set;

    held_set(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void release_signals(void)
{
    sigset_t set;

    held_set(&set);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void current_mask_without_held(sigset_t *set)
{
    (void)pthread_sigmask(SIG_BLOCK, NULL, set);
    (void)sigdelset(set, SIGINT);
    (void)sigdelset(set, SIGTERM);
    (void)sigdelset(set, SIGALRM);
    (void)sigdelset(set, SIGCHLD);
}

void wait_for_signal(void)
{
    sigset_t set;

    current_mask_without_held(&set);
    (void)sigsuspend(&set);
}

void pause_ms(int ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    sigset_t set;

    current_mask_without_held(&set);
    (void)pselect(0, NULL, NULL, NULL, &time, &set); /* EINTR: return early */
}

static void catch_signal(int signal_number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    held_set(&action.sa_mask);
    (void)sigaction(signal_number, &action, NULL);
}

static void catch_stops(void (*handler)(int))
{
    catch_signal(SIGINT, handler);
    catch_signal(SIGTERM, handler);
    catch_signal(SIGALRM, handler);
}

void catch_stop_signals(void (*handler)(int))
{
    catch_stops(handler);
    release_signals();
}

void catch_child_signal(void (*handler)(int))
{
    catch_signal(SIGCHLD, handler);
}

void alarm_in(int seconds)
{
    if (seconds > 0)
        alarm((unsigned)seconds);
    else
        (void)raise(SIGALRM);
}

/* Of open_stop_pipe(). */
static volatile sig_atomic_t signals_to_stop; /* SIGALRM counts as one */
static int wake_fd = -1;                      /* where on_stop() writes */
static int grace_seconds;

static void on_stop(int signal_number)
{
    (void)signal_number;
    if (signals_to_stop == 0)
        alarm_in(grace_seconds);
    signals_to_stop++;
    wake(wake_fd);
}

int open_stop_pipe(int grace_s)
{
    int fds[2];

    if (open_wake_pipe(fds) == -1)
        return -1;
    wake_fd = fds[1];
    grace_seconds = grace_s;
    catch_stops(on_stop);
    return fds[0];
}

int stop_level(void)
{
    return signals_to_stop;
}

void leave_signals_to_parent(void)
{
    catch_signal(SIGINT, SIG_IGN);
    catch_signal(SIGTERM, SIG_IGN);
    catch_signal(SIGALRM, SIG_DFL);
    catch_signal(SIGCHLD, SIG_DFL);
    release_signals();
}
