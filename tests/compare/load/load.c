/*
 * tests/compare/load/load.c - a load generator for echo servers, ours or
 * another's: it speaks with many clients at once, checks every byte that comes
 * back, and says how many answers came, how long they took, and what went
 * wrong. load --help explains closed and open loop.
 */
#include "load.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char help[] =
    "Usage: load [options] [HOST] PORT\n"
    "       load [options] unix:PATH\n"
    "Drives an echo server with many clients and checks every byte.\n"
    "\n"
    "  --clients N     clients that talk (default 10)\n"
    "  --size BYTES    of a message (default 64)\n"
    "  --seconds S     how long to measure (default 5)\n"
    "  --warmup S      how long to talk before that (default 0)\n"
    "  --depth K       closed loop: messages on their way for each client\n"
    "                  (default 1)\n"
    "  --rate R        open loop: R messages a second, of all clients "
    "together\n"
    "  --churn         a new connection for each message\n"
    "  --idle N        N more clients that connect and say nothing\n"
    "  --binary        messages of all 256 bytes (default: letters and "
    "digits,\n"
    "                  each message a line)\n"
    "  --framed        each message begins with the length of its rest, in 4 "
    "bytes,\n"
    "                  big-endian\n"
    "  --patience S    how long to wait for a connection, and at the end for\n"
    "                  the last answers (default 5)\n"
    "  --prompt        get up for each answer (see below)\n"
    "  --lines         for programs: a figure a line, its name, a tab and its\n"
    "                  value (see below)\n"
    "  --marks         print the lines \"begin\" and \"end\" when the counted "
    "time\n"
    "                  does, and at each wait for a byte on stdin or its end: "
    "for\n"
    "                  who wants to look at the server meanwhile; that time "
    "is not\n"
    "                  counted\n"
    "  --hdr FILE      write the latencies by percentile, in milliseconds, in\n"
    "                  the format that HdrHistogram's plotter reads\n"
    "  --help          print this and exit\n"
    "\n"
    "Closed loop, the default: each client sends a message, waits for the\n"
    "answer, and sends the next. So a slow server is asked less often; it is\n"
    "never asked for more than clients times depth at once, and when it "
    "stalls,\n"
    "the questions that would have come meanwhile are not asked. That "
    "measures\n"
    "how much a server can do. It flatters its latency.\n"
    "\n"
    "Open loop, --rate: questions come when they come, as from people who do\n"
    "not know of one another. Message n is due n/R seconds after the start,\n"
    "whatever became of those before it, and its latency counts from then, "
    "even\n"
    "if it could not be sent yet. So a stall of a second shows in every "
    "message\n"
    "that was due in that second. That measures how long people wait. Choose "
    "a\n"
    "rate below what the closed loop reached; above it the latency grows for "
    "as\n"
    "long as the run lasts.\n"
    "\n"
    "The generator states its own CPU time, and says so when it, not the\n"
    "server, was the bottleneck. In the closed loop, when 32 or more messages\n"
    "are on their way and answers come quickly, it sleeps while about a "
    "quarter\n"
    "of them come in, instead of getting up for each: that costs both sides\n"
    "less, and no answer is seen later than by a quarter of the time that all\n"
    "take. --prompt turns that off. With 127.x.x.x as target, clients connect\n"
    "from 127.0.0.1, 127.0.0.2 and so on, 10,000 from each.\n"
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

static const struct option names[] = {
    {"clients", required_argument, NULL, 'c'},
    {"size", required_argument, NULL, 's'},
    {"seconds", required_argument, NULL, 't'},
    {"warmup", required_argument, NULL, 'w'},
    {"depth", required_argument, NULL, 'd'},
    {"rate", required_argument, NULL, 'r'},
    {"churn", no_argument, NULL, 'C'},
    {"idle", required_argument, NULL, 'i'},
    {"binary", no_argument, NULL, 'b'},
    {"framed", no_argument, NULL, 'f'},
    {"patience", required_argument, NULL, 'p'},
    {"prompt", no_argument, NULL, 'P'},
    {"lines", no_argument, NULL, 'l'},
    {"marks", no_argument, NULL, 'm'},
    {"hdr", required_argument, NULL, 'H'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static struct settings settings = {
    .clients = 10, .size = 64, .depth = 1, .seconds = 5, .patience_s = 5};
static bool lines;
static const char *hdr_file;
static struct outcome outcome; /* with its histogram: not for a stack */

static uint32_t count(const char *word, long min, long max)
{
    return (uint32_t)whole_number(word, min, max);
}

static void read_option(int letter)
{
    enum { MOST_CLIENTS = 1000000, MOST_BYTES = 64 * 1024 * 1024 };

    switch (letter) {
    case 'c': settings.clients = count(optarg, 1, MOST_CLIENTS); break;
    case 's': settings.size = count(optarg, 1, MOST_BYTES); break;
    case 't': settings.seconds = number(optarg, 0.01, 86400); break;
    case 'w': settings.warmup_s = number(optarg, 0, 86400); break;
    case 'd': settings.depth = count(optarg, 1, 65536); break;
    case 'r': settings.rate = number(optarg, 0.01, 1e7); break;
    case 'C': settings.mode = CHURN; break;
    case 'i': settings.idle = count(optarg, 0, MOST_CLIENTS); break;
    case 'b': settings.content = BINARY; break;
    case 'f': settings.content = FRAMED; break;
    case 'p': settings.patience_s = number(optarg, 0, 86400); break;
    case 'P': settings.prompt = true; break;
    case 'l': lines = true; break;
    case 'm': settings.marks = true; break;
    case 'H': hdr_file = optarg; break;
    case 'h': fputs(help, stdout); exit(fflush(stdout) == 0 ? 0 : 1);
    default: usage_hint();
    }
}

/* PORT, HOST PORT, unix:PATH; and HOST:PORT or [HOST]:PORT, as servers
 * announce it. */
static void read_target(int argc, char **argv)
{
    static char host[256];
    const char *port = argv[argc - 1], *colon = strrchr(port, ':');
    const char *problem;
    size_t len;

    if (argc < 1 || argc > 2)
        usage_error(argc < 1 ? "" : argv[2], "[HOST] PORT or unix:PATH is "
                                             "what should stand there");
    snprintf(host, sizeof(host), "%s", argc == 2 ? argv[0] : "127.0.0.1");
    if (argc == 1 && strncmp(port, "unix:", 5) == 0) {
        snprintf(host, sizeof(host), "%s", port);
    } else if (argc == 1 && colon != NULL) {
        bool brackets = port[0] == '[' && colon > port && colon[-1] == ']';

        len = (size_t)(colon - port) - (brackets ? 2 : 0);
        snprintf(host, sizeof(host), "%.*s", (int)len, port + brackets);
        port = colon + 1;
    }
    problem = target_find(&settings.target, host, port);
    if (problem != NULL)
        usage_error(argv[0], problem);
}

static void read_command_line(int argc, char **argv)
{
    int letter;

    while ((letter = getopt_long(argc, argv, "h", names, NULL)) != -1)
        read_option(letter);
    if (settings.content == FRAMED && settings.size < FRAME_HEAD)
        usage_error("--size", "of a frame is 4 or more: its head");
    if (settings.rate > 0 && settings.mode == CHURN)
        usage_error("--churn", "and --rate do not go together");
    if (settings.rate > 0)
        settings.mode = OPEN_LOOP;
    if (settings.mode != CLOSED_LOOP && settings.depth > 1)
        usage_error("--depth", "is for the closed loop");
    if (optind >= argc)
        usage_error("", "is no target: [HOST] PORT or unix:PATH");
    read_target(argc - optind, argv + optind);
}

static void on_signal(int signal_number)
{
    (void)signal_number;
    load_stop();
}

static int write_hdr(void)
{
    FILE *f = fopen(hdr_file, "we");

    if (f == NULL)
        return -1;
    if (histogram_print(&outcome.latency, f, 1e6) == -1) {
        fclose(f);
        return -1;
    }
    return fclose(f);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};

    tool_name = "load";
    read_command_line(argc, argv);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (load_run(&settings, &outcome) == -1) {
        fprintf(stderr, "load: cannot hold %u clients: %s (see ulimit -Hn)\n",
                settings.clients + settings.idle, strerror(errno));
        return EXIT_FAILURE;
    }
    if (lines)
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
