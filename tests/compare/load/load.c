/*
 * tests/compare/load/load.c - a load generator for echo servers, ours or
 * another's: it speaks with many clients at once, checks every byte that comes
 * back, and says how many answers came, how long they took, and what went
 * wrong. load --help explains closed and open loop.
 */
#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char end[] =
    "Closed loop, the default: each client sends a message, waits for the\n"
    "answer, and sends the next. So a slow server is asked less often; it is\n"
    "never asked for more than clients times depth at once, and when it\n"
    "stalls, the questions that would have come meanwhile are not asked. That\n"
    "measures how much a server can do. It flatters its latency.\n"
    "\n"
    "Open loop, --rate: questions come when they come, as from people who do\n"
    "not know of one another. Message n is due n/R seconds after the start,\n"
    "whatever became of those before it, and its latency counts from then,\n"
    "even if it could not be sent yet. So a stall of a second shows in every\n"
    "message that was due in that second. That measures how long people wait.\n"
    "Choose a rate below what the closed loop reached; above it the latency\n"
    "grows for as long as the run lasts.\n"
    "\n"
    "The generator states its own CPU time, and says so when it, not the\n"
    "server, was the bottleneck. In the closed loop, when 32 or more messages\n"
    "are on their way and answers come quickly, it sleeps while about a\n"
    "quarter of them come in, instead of getting up for each: that costs both\n"
    "sides less, and no answer is seen later than by a quarter of the time\n"
    "that all take. --prompt turns that off. With 127.x.x.x as target,\n"
    "clients connect from 127.0.0.1, 127.0.0.2 and so on, 10,000 from each.\n"
    "\n"
    "--lines: seconds; messages, per_s, mb_per_s while it counted;\n"
    "all_messages, with those that came later; mean_us, p50_us, p90_us,\n"
    "p99_us, p999_us, max_us of latency; wrong_bytes, early_closes, refused,\n"
    "unanswered, and the first_error if there was one; own_user_s,\n"
    "own_system_s, own_waited_s (for a CPU), own_us for a message, own_kib;\n"
    "bottleneck and ok: 1 or 0.\n"
    "\n"
    "Exit status: 0 all was answered rightly; 1 there were wrong bytes, early\n"
    "closes, refused connections or unanswered messages; 2 wrong usage.\n";

static struct settings settings;
static int churns, content, in_lines;
static const char *seconds, *warmup, *rate, *patience, *hdr_file;
static const char *target[2];
static struct outcome outcome; /* with its histogram: not for a stack */

enum { MOST_CLIENTS = 1000000, MOST_BYTES = 64 * 1024 * 1024 };
static const double DAY_S = 86400;

static const struct option_row rows[] = {
    {0, "clients", "N", "clients that talk", "10", .min = 1,
     .max = MOST_CLIENTS, .size = &settings.clients},
    {0, "size", "BYTES", "of a message", "64", .min = 1, .max = MOST_BYTES,
     .size = &settings.size},
    {0, "seconds", "S", "how long to measure", "5", .text = &seconds},
    {0, "warmup", "S", "how long to talk before that", "0", .text = &warmup},
    {0, "depth", "K", "closed loop: messages on their way for each client", "1",
     .min = 1, .max = 65536, .size = &settings.depth},
    {0, "rate", "R", "open loop: R messages a second, of all clients together",
     .text = &rate},
    {0, "churn", NULL, "a new connection for each message", .value = true,
     .number = &churns},
    {0, "idle", "N", "N more clients that connect and say nothing", "0",
     .max = MOST_CLIENTS, .size = &settings.idle},
    {0, "binary", NULL,
     "messages of all 256 bytes (default: letters and digits, each message a "
     "line)",
     .value = BINARY, .number = &content},
    {0, "framed", NULL,
     "each message begins with the length of its rest, in 4 bytes, big-endian",
     .value = FRAMED, .number = &content},
    {0, "patience", "S",
     "how long to wait for a connection, and at the end for the last answers",
     "5", .text = &patience},
    {0, "prompt", NULL, "get up for each answer (see below)", .value = true,
     .number = &settings.prompt},
    {0, "lines", NULL,
     "for programs: a figure a line, its name, a tab and its value (see below)",
     .value = true, .number = &in_lines},
    {0, "marks", NULL,
     "print the lines \"begin\" and \"end\" when the counted time does, and at "
     "each wait for a byte on stdin or its end: for who wants to look at the "
     "server meanwhile; that time is not counted",
     .value = true, .number = &settings.marks},
    {0, "hdr", "FILE",
     "write the latencies by percentile, in milliseconds, in the format that "
     "HdrHistogram's plotter reads",
     .text = &hdr_file},
    {0, NULL, "[HOST]", "IPv4, IPv6 or a host name (default 127.0.0.1)",
     .text = &target[0]},
    {0, NULL, "PORT",
     "the server's; or alone HOST:PORT, as servers announce it, or unix:PATH",
     .text = &target[1]},
    {0},
};

/* PORT, HOST PORT, unix:PATH; and HOST:PORT or [HOST]:PORT. */
static void find_target(void)
{
    static char host[256] = "127.0.0.1";
    const char *port = target[1] != NULL ? target[1] : target[0], *problem;
    const char *colon;

    if (port == NULL)
        usage_error("", "is no target: [HOST] PORT or unix:PATH");
    colon = strrchr(port, ':');
    if (target[1] != NULL) {
        snprintf(host, sizeof(host), "%s", target[0]);
    } else if (strncmp(port, "unix:", 5) == 0) {
        snprintf(host, sizeof(host), "%s", port);
    } else if (colon != NULL) {
        bool brackets = port[0] == '[' && colon > port && colon[-1] == ']';
        int len = (int)(colon - port) - (brackets ? 2 : 0);

        snprintf(host, sizeof(host), "%.*s", len, port + brackets);
        port = colon + 1;
    }
    problem = target_find(&settings.target, host, port);
    if (problem != NULL)
        usage_error(target[0], problem);
}

static void read_command_line(int argc, char **argv)
{
    struct command_line line = {
        .program = "load",
        .usage = "[options] [HOST] PORT",
        .about =
            "Drives an echo server with many clients and checks every byte.\n",
        .end = end};

    add_rows(&line, rows);
    (void)parse_command_line(&line, argc, argv);
    settings.content = (enum content_kind)content;
    settings.seconds = number(seconds, 0.01, DAY_S);
    settings.warmup_s = number(warmup, 0, DAY_S);
    settings.patience_s = number(patience, 0, DAY_S);
    settings.mode = churns ? CHURN : CLOSED_LOOP;
    if (settings.content == FRAMED && settings.size < FRAME_HEAD)
        usage_error("--size", "of a frame is 4 or more: its head");
    if (rate != NULL && churns)
        usage_error("--churn", "and --rate do not go together");
    if (rate != NULL) {
        settings.mode = OPEN_LOOP;
        settings.rate = number(rate, 0.01, 1e7);
    }
    if (settings.mode != CLOSED_LOOP && settings.depth > 1)
        usage_error("--depth", "is for the closed loop");
    find_target();
}

static void on_signal(int signal_number)
{
    (void)signal_number;
    load_stop();
}

static int write_hdr(void)
{
    FILE *f = fopen(hdr_file, "we");
    int result;

    if (f == NULL)
        return -1;
    result = histogram_print(&outcome.latency, f, 1e6);
    return fclose(f) == 0 ? result : -1;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};

    read_command_line(argc, argv);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (load_run(&settings, &outcome) == -1) {
        fprintf(stderr,
                "load: cannot hold %" PRIu64 " clients: %s (see ulimit -Hn)\n",
                settings.clients + settings.idle, strerror(errno));
        return EXIT_FAILURE;
    }
    if (in_lines)
        print_lines(&settings, &outcome);
    else
        print_text(&settings, &outcome);
    if (hdr_file != NULL && write_hdr() == -1) {
        fprintf(stderr, "load: %s: %s\n", hdr_file, strerror(errno));
        return EXIT_FAILURE;
    }
    if (fflush(stdout) != 0)
        return EXIT_FAILURE;
    return load_failed(&outcome) ? EXIT_FAILURE : EXIT_SUCCESS;
}
