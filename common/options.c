/* common/options.c - see options.h. */
#include "options.h"

#include "log.h"
#include "net.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unistd.h>

#ifndef SEVEN_VERSION
#define SEVEN_VERSION "unknown"
#endif

static const char server_help[] =
    "Usage: %s [options]\n"
    "Serves bytes over TCP or a Unix socket until SIGINT or SIGTERM.\n"
    "\n"
    "  -b, --bind ADDR         IPv4, IPv6, a host name, or unix:PATH\n"
    "                          (default 127.0.0.1)\n"
    "  -p, --port PORT         0: any free port (default %s)\n"
    "  -s, --service NAME      %s\n"
    "  -m, --max-clients N     at most N at once, the rest wait in the "
    "backlog\n"
    "                          (default: what the descriptor limit allows)\n"
    "  -t, --idle-timeout SEC  close a client that is silent and takes "
    "nothing\n"
    "                          for so long; 0: never (default 300)\n"
    "  -g, --grace SEC         after a stop signal, conversations get so long\n"
    "                          to end (default 5)\n"
    "  -w, --work-ms N         each reply costs N ms of blocking work, which\n"
    "                          no signal cuts short (default 0)\n"
    "  -q, --quiet             log nothing but errors and the closing line\n"
    "  -v, --verbose           log every read and write too\n"
    "  -h, --help              print this and exit\n"
    "  -V, --version           print the version and exit\n";
static const char server_help_end[] =
    "\nExit status: 0 stopped as asked, 1 failed, 2 wrong usage.\n";

static const char client_help[] =
    "Usage: %s [options] [HOST [PORT]]\n"
    "Sends what stdin says and prints what the server says.\n"
    "\n"
    "  HOST           IPv4, IPv6, a host name, or unix:PATH\n"
    "                 (default 127.0.0.1)\n"
    "  PORT           (default %s)\n"
    "  -h, --help     print this and exit\n"
    "  -V, --version  print the version and exit\n";
static const char client_help_end[] =
    "\n"
    "At the end of stdin it half-closes and prints what still comes.\n"
    "Exit status: 0 all was sent, or a farewell was; 1 failed; 2 wrong "
    "usage.\n";

static _Noreturn void usage_error(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static _Noreturn void usage_error(const char *program, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry '%s --help'.\n", program);
    exit(EXIT_USAGE);
}

/* After a text on stdout that was asked for; one nobody could read failed. */
static _Noreturn void finish_print(void)
{
    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static _Noreturn void print_version(void)
{
    printf("Seven Servers %s\n", SEVEN_VERSION);
    finish_print();
}

/* Started with one of 0, 1 and 2 closed (`server <&-`), a program would get a
 * socket under that number, and take it for its stdin or log into it. To read
 * from what stands there instead is end of input, to write to it fails. */
static void fill_standard_fds(void)
{
    int fd;

    while ((fd = open("/dev/null", O_RDONLY)) != -1 && fd <= STDERR_FILENO)
        continue;
    if (fd != -1)
        close(fd);
}

/* A decimal number in [min, max]; nothing before it, nothing after it. */
static int parse_number(const char *program, const char *option,
                        const char *word, int min, int max)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(word, &end, 10);
    if (word[0] < '0' || word[0] > '9' || *end != '\0' || errno != 0 ||
        value < min || value > max)
        usage_error(program, "%s: '%s' is not a number from %d to %d", option,
                    word, min, max);
    return (int)value;
}

static const char *parse_port(const char *program, const char *word, int min)
{
    (void)parse_number(program, "port", word, min, 65535);
    return word;
}

static const struct service *parse_service(const char *program,
                                           const char *name)
{
    const struct service *service = service_find(name);

    if (service == NULL)
        usage_error(program,
                    "--service: '%s' is none of echo, upper, hello, greet",
                    name);
    return service;
}

/* getopt_long prints the message that names the wrong word itself. */
static _Noreturn void reject_option(const char *program)
{
    fprintf(stderr, "Try '%s --help'.\n", program);
    exit(EXIT_USAGE);
}

static const struct own_option *find_own(const char *name,
                                         const struct own_option *own,
                                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(own[i].name, name) == 0)
            return &own[i];
    return NULL;
}

/* The options that all have and the program's own in one list, as getopt_long
 * wants it. An own one is known by its place, above every letter. */
enum { FIRST_OWN = 256 };

static void join_options(struct option *list, const struct option *common,
                         const struct own_option *own, size_t count)
{
    size_t n = 0;

    assert(count <= OWN_OPTIONS);
    for (size_t i = 0; i < count; i++)
        list[n++] = (struct option){
            own[i].name, own[i].has_word ? required_argument : no_argument,
            NULL, FIRST_OWN + (int)i};
    for (; common->name != NULL; common++)
        if (find_own(common->name, own, count) == NULL)
            list[n++] = *common;
    list[n] = (struct option){NULL, 0, NULL, 0};
}

static void take_own(const char *program, const struct own_option *own,
                     const char *word)
{
    if (!own->take(word))
        usage_error(program, "--%s: '%s' is not %s", own->name, word,
                    own->help);
}

static void print_own(const struct own_option *own, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(own[i].name, "service") != 0)
            printf("      --%-18s%s\n", own[i].name, own[i].help);
}

static _Noreturn void print_server_help(const char *program, const char *port,
                                        const struct own_option *own,
                                        size_t count)
{
    const struct own_option *service = find_own("service", own, count);

    printf(server_help, program, port,
           service != NULL ? service->help
                           : "echo, upper, hello or greet (default echo)");
    print_own(own, count);
    fputs(server_help_end, stdout);
    finish_print();
}

static void take_service(const char *program, struct options *options,
                         const char *word, const struct own_option *own)
{
    if (own != NULL)
        take_own(program, own, word);
    else
        options->service = parse_service(program, word);
}

void parse_server_options_and(struct options *options, int argc, char **argv,
                              const char *port, const struct own_option *own,
                              size_t count)
{
    static const struct option common[] = {
        {"bind", required_argument, NULL, 'b'},
        {"port", required_argument, NULL, 'p'},
        {"service", required_argument, NULL, 's'},
        {"max-clients", required_argument, NULL, 'm'},
        {"idle-timeout", required_argument, NULL, 't'},
        {"grace", required_argument, NULL, 'g'},
        {"work-ms", required_argument, NULL, 'w'},
        {"quiet", no_argument, NULL, 'q'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    enum { DAY_S = 24 * 60 * 60 };
    struct option all[sizeof(common) / sizeof(common[0]) + OWN_OPTIONS];
    enum log_level level = LOG_NORMAL;
    const char *self = argc > 0 ? argv[0] : "server";
    int letter;

    fill_standard_fds();
    *options = (struct options){.address = "127.0.0.1",
                                .port = port,
                                .service = service_find("echo"),
                                .max_clients = INT_MAX,
                                .idle_timeout_s = 300,
                                .grace_s = 5};
    join_options(all, common, own, count);
    while ((letter = getopt_long(argc, argv, "b:p:s:m:t:g:w:qvhV", all,
                                 NULL)) != -1) {
        switch (letter) {
        case 'b': options->address = optarg; break;
        case 'p': options->port = parse_port(self, optarg, 0); break;
        case 's':
            take_service(self, options, optarg,
                         find_own("service", own, count));
            break;
        case 'm':
            options->max_clients =
                parse_number(self, "--max-clients", optarg, 1, INT_MAX);
            break;
        case 't':
            options->idle_timeout_s =
                parse_number(self, "--idle-timeout", optarg, 0, DAY_S);
            break;
        case 'g':
            options->grace_s = parse_number(self, "--grace", optarg, 0, DAY_S);
            break;
        case 'w':
            options->work_ms =
                parse_number(self, "--work-ms", optarg, 0, DAY_S);
            break;
        case 'q': level = LOG_QUIET; break;
        case 'v': level = LOG_VERBOSE; break;
        case 'h': print_server_help(self, port, own, count);
        case 'V': print_version();
        default:
            if (letter < FIRST_OWN)
                reject_option(self);
            take_own(self, &own[letter - FIRST_OWN], optarg);
        }
    }
    if (optind < argc)
        usage_error(self, "'%s' is one word too many", argv[optind]);
    log_setup("server", level);
}

void parse_server_options(struct options *options, int argc, char **argv,
                          const char *port)
{
    parse_server_options_and(options, argc, argv, port, NULL, 0);
}

static _Noreturn void print_client_help(const char *program, const char *port,
                                        const struct own_option *own,
                                        size_t count)
{
    printf(client_help, program, port);
    print_own(own, count);
    fputs(client_help_end, stdout);
    finish_print();
}

void parse_client_options_and(const char **host, const char **port, int argc,
                              char **argv, const struct own_option *own,
                              size_t count)
{
    static const struct option common[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    struct option all[sizeof(common) / sizeof(common[0]) + OWN_OPTIONS];
    const char *self = argc > 0 ? argv[0] : "client";
    int letter;

    fill_standard_fds();
    *host = "127.0.0.1";
    join_options(all, common, own, count);
    while ((letter = getopt_long(argc, argv, "hV", all, NULL)) != -1) {
        switch (letter) {
        case 'h': print_client_help(self, *port, own, count);
        case 'V': print_version();
        default:
            if (letter < FIRST_OWN)
                reject_option(self);
            take_own(self, &own[letter - FIRST_OWN], optarg);
        }
    }
    if (optind < argc)
        *host = argv[optind++];
    if (optind < argc)
        *port = parse_port(self, argv[optind++], 1);
    if (optind < argc)
        usage_error(self, "'%s' is one word too many", argv[optind]);
    log_setup("client", LOG_NORMAL);
}

void parse_client_options(const char **host, const char **port, int argc,
                          char **argv)
{
    parse_client_options_and(host, port, argc, argv, NULL, 0);
}
