/* tests/compare/session.c - see session.h. */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "resources.h"
#include "results.h"

enum { OWN_DESCRIPTORS = 64 };

struct wishes wishes;
int server_cpu, load_cpu;

static volatile sig_atomic_t interrupted;

static int terminal = -1; /* where the progress line is shown, -1: nowhere */
static bool line_shown;
static struct {
    const char *title;
    double seconds, seconds_after, start_ms;
} current;

int rounds_wanted(void)
{
    if (wishes.rounds > 0)
        return wishes.rounds;
    return wishes.full ? 11 : 3;
}

const char *round_seconds(void)
{
    if (wishes.seconds != NULL)
        return wishes.seconds;
    return wishes.full ? "0.5" : "0.2";
}

int most_clients(void)
{
    return set_descriptor_limit(0) - OWN_DESCRIPTORS;
}

/* ---- Ctrl-C ---- */

bool is_interrupted(void)
{
    return interrupted != 0;
}

int interrupting_signal(void)
{
    return interrupted;
}

/* The first time, what runs is ended, and what waits for it sees that. A
 * terminal that goes away sends one more by itself. */
static void on_signal(int signal_number)
{
    int saved = errno;

    if (interrupted != 0 && signal_number != SIGHUP) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
    interrupted = signal_number;
    children_kill();
    errno = saved;
}

static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};

    children_end_with_us();
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)sigaction(signals[i], &action, NULL);
}

/* ---- progress ---- */

/* COMPARE_PROGRESS says that the person before the terminal wants to see. */
bool is_under_ctest(void)
{
    return getenv("COMPARE_PROGRESS") != NULL;
}

/* Under CTest no stream is the terminal, but there may be one all the same. */
static void find_terminal(void)
{
    const char *kind = getenv("TERM");

    if (kind == NULL || strcmp(kind, "dumb") == 0)
        return;
    if (isatty(STDERR_FILENO))
        terminal = STDERR_FILENO;
    else if (is_under_ctest())
        terminal = open("/dev/tty", O_WRONLY | O_CLOEXEC);
}

void session_begin(void)
{
    catch_signals();
    find_terminal();
}

static double seconds_so_far(void)
{
    return (moment_ms() - current.start_ms) / 1e3;
}

void progress_begin(const char *title, double seconds, double seconds_after)
{
    current.title = title;
    current.seconds = seconds;
    current.seconds_after = seconds_after;
    current.start_ms = moment_ms();
    if (terminal == -1)
        fprintf(stderr, "%s\n", title);
}

void progress(const char *what)
{
    double left = current.seconds - seconds_so_far();
    char text[LINE_SIZE];

    if (terminal == -1 || is_interrupted())
        return;
    snprintf(text, sizeof(text), "%s: %s; %.0f s left", current.title, what,
             current.seconds_after + (left > 1 ? left : 1));
    dprintf(terminal, "\r%-79.79s", text);
    line_shown = true;
}

double progress_end(void)
{
    double seconds = seconds_so_far();

    if (line_shown)
        dprintf(terminal, "\r%79s\r", "");
    line_shown = false;
    return seconds;
}
