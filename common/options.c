/* common/options.c - see options.h. */
#include "options.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#ifndef SEVEN_VERSION
#define SEVEN_VERSION "unknown"
#endif

enum {
    DAY_S = 24 * 60 * 60,
    HELP_COLUMN = 26, /* where help's second column begins */
    HELP_WIDTH = 80,
    TEXT_LEN = 400,
    LONG_NAME = 256, /* plus a row's place: what getopt calls its long name */
};

/* Where the rows of all servers put what they take. */
static struct options given = {.max_clients = INT_MAX};
static int given_service, given_level = LOG_NORMAL;

const struct option_row server_rows[] = {
    {'b', "bind", "ADDR", "IPv4, IPv6, a host name, or unix:PATH", "127.0.0.1",
     .text = &given.address},
    {'p', "port", "PORT", "0: any free port", .max = 65535,
     .text = &given.port}, /* its fallback is each program's own */
    {'s', "service", "NAME", "one of", "echo", .name_at = service_name,
     .number = &given_service},
    {'m', "max-clients", "N",
     "at most N at once, the rest wait in the backlog (default: what the "
     "descriptor limit allows)",
     .min = 1, .max = INT_MAX, .number = &given.max_clients},
    {'t', "idle-timeout", "SEC",
     "close a client that is silent and takes nothing for so long; 0: never",
     "300", .max = DAY_S, .number = &given.idle_timeout_s},
    {'g', "grace", "SEC",
     "after a stop signal, conversations get so long to end", "5", .max = DAY_S,
     .number = &given.grace_s},
    {'w', "work-ms", "N",
     "each reply costs N ms of blocking work, which no signal cuts short", "0",
     .max = DAY_S, .number = &given.work_ms},
    {'q', "quiet", NULL, "log nothing but errors and the closing line",
     .value = LOG_QUIET, .number = &given_level},
    {'v', "verbose", NULL, "log every read and write too", .value = LOG_VERBOSE,
     .number = &given_level},
    {0},
};

/* Every program has these, below its own. */
static const struct option_row last_rows[] = {
    {.letter = 'h', .name = "help", .help = "print this and exit"},
    {.letter = 'V', .name = "version", .help = "print the version and exit"},
    {0},
};

/* ---- help ---- */

static void append(char *text, const char *more)
{
    size_t len = strlen(text);

    snprintf(text + len, TEXT_LEN - len, "%s", more);
}

/* "echo, upper, hello, greet" */
static void append_names(char *text, const struct option_row *row)
{
    for (int i = 0; row->name_at(i) != NULL; i++) {
        append(text, i > 0 ? ", " : "");
        append(text, row->name_at(i));
    }
}

/* "  -b, --bind ADDR"; returns its length. */
static int print_head(const struct option_row *row)
{
    int len;

    if (row->name == NULL)
        return printf("  %s", row->word);
    if (row->letter != 0)
        len = printf("  -%c, --%s", row->letter, row->name);
    else
        len = printf("      --%s", row->name);
    if (row->word != NULL)
        len += printf(" %s", row->word);
    return len;
}

/* In the second column, in as many lines as it takes; the head ended at
 * `column`. */
static void print_wrapped(const char *text, int column)
{
    int gap = HELP_COLUMN - column;

    while (*text != '\0') {
        int len = (int)strcspn(text, " ");

        if (*text == '(') /* the default, which is not torn */
            len = (int)strlen(text);
        if (column + gap + len >= HELP_WIDTH) {
            putchar('\n');
            column = 0;
            gap = HELP_COLUMN;
        }
        column += printf("%*s%.*s", gap, "", len, text);
        gap = 1;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_row(const struct option_row *row)
{
    char text[TEXT_LEN] = "";

    append(text, row->help);
    if (row->name_at != NULL) {
        append(text, " ");
        append_names(text, row);
    }
    if (row->fallback != NULL) {
        append(text, " (default ");
        append(text, row->fallback);
        append(text, ")");
    }
    print_wrapped(text, print_head(row));
}

/* After a text on stdout that was asked for. That an earlier part could not be
 * written, fflush alone need not say. */
static _Noreturn void finish_print(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        die("cannot print");
    exit(EXIT_SUCCESS);
}

static _Noreturn void print_help(const struct command_line *line,
                                 const char *self)
{
    printf("Usage: %s %s\n%s\n", self, line->usage, line->about);
    for (int i = 0; i < line->n_rows; i++)
        print_row(&line->rows[i]);
    printf("\n%s", line->end);
    finish_print();
}

static _Noreturn void print_version(void)
{
    printf("Seven Servers %s\n", SEVEN_VERSION);
    finish_print();
}

/* ---- wrong words ---- */

static _Noreturn void point_to_help(const char *self)
{
    fprintf(stderr, "Try '%s --help'.\n", self);
    exit(EXIT_USAGE);
}

static _Noreturn void refuse(const char *self, const struct option_row *row,
                             const char *word)
{
    char why[TEXT_LEN] = "none of ";

    if (row->name_at != NULL)
        append_names(why, row);
    else
        snprintf(why, sizeof(why), "not a number from %" PRIu64 " to %" PRIu64,
                 row->min, row->max);
    fprintf(stderr, "%s: %s%s: '%s' is %s\n", self,
            row->name != NULL ? "--" : "",
            row->name != NULL ? row->name : row->word, word, why);
    point_to_help(self);
}

/* ---- right words ---- */

static bool find_name(const struct option_row *row, const char *word,
                      uint64_t *place)
{
    for (int i = 0; row->name_at(i) != NULL; i++) {
        if (strcmp(row->name_at(i), word) == 0) {
            *place = (uint64_t)i;
            return true;
        }
    }
    return false;
}

/* A decimal number; nothing before it, nothing after it. */
static bool find_number(const struct option_row *row, const char *word,
                        uint64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoull(word, &end, 10);
    return word[0] >= '0' && word[0] <= '9' && *end == '\0' && errno == 0 &&
           *number >= row->min && *number <= row->max;
}

static void take(const char *self, const struct option_row *row,
                 const char *word)
{
    uint64_t value = row->value;
    bool right = true;

    if (row->name_at != NULL)
        right = find_name(row, word, &value);
    else if (row->max > 0)
        right = find_number(row, word, &value);
    if (!right)
        refuse(self, row, word);
    if (row->text != NULL)
        *row->text = word;
    if (row->number != NULL)
        *row->number = (int)value;
    if (row->size != NULL)
        *row->size = value;
}

/* ---- a command line ---- */

/* The row to replace, or the place behind the last. */
static struct option_row *place_for(struct command_line *line, const char *name)
{
    for (int i = 0; i < line->n_rows && name != NULL; i++)
        if (line->rows[i].name != NULL && strcmp(line->rows[i].name, name) == 0)
            return &line->rows[i];
    assert(line->n_rows < ROWS_MAX);
    return &line->rows[line->n_rows++];
}

void add_rows(struct command_line *line, const struct option_row *rows)
{
    for (; rows->help != NULL; rows++)
        *place_for(line, rows->name) = *rows;
}

/* "b:p:qhV" and the long names, as getopt_long(3) wants them. */
static void list_for_getopt(const struct command_line *line, char *letters,
                            struct option *names)
{
    if (line->leaves_words)
        *letters++ = '+'; /* what follows the first word is no option */
    for (int i = 0; i < line->n_rows; i++) {
        const struct option_row *row = &line->rows[i];
        bool has_word = row->word != NULL;

        if (row->name != NULL)
            *names++ = (struct option){
                row->name, has_word ? required_argument : no_argument, NULL,
                LONG_NAME + i};
        if (row->letter != 0)
            *letters++ = row->letter;
        if (row->letter != 0 && has_word)
            *letters++ = ':';
    }
}

static const struct option_row *row_of(const struct command_line *line,
                                       int code)
{
    for (int i = 0; i < line->n_rows; i++)
        if (code == line->rows[i].letter || code == LONG_NAME + i)
            return &line->rows[i];
    return NULL;
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

static void take_options(const struct command_line *line, const char *self,
                         int argc, char **argv)
{
    char letters[2 * ROWS_MAX + 2] = "";
    struct option names[ROWS_MAX + 1] = {{0}};
    int code;

    list_for_getopt(line, letters, names);
    while ((code = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        const struct option_row *row = row_of(line, code);

        if (row == NULL)
            point_to_help(self); /* getopt_long has named the wrong word */
        if (row->letter == 'h')
            print_help(line, self);
        if (row->letter == 'V')
            print_version();
        take(self, row, optarg);
    }
}

int parse_command_line(struct command_line *line, int argc, char **argv)
{
    const char *self = argc > 0 ? argv[0] : line->program;

    fill_standard_fds();
    log_setup(line->program, LOG_NORMAL);
    add_rows(line, last_rows);
    for (int i = 0; i < line->n_rows; i++)
        if (line->rows[i].fallback != NULL)
            take(self, &line->rows[i], line->rows[i].fallback);
    take_options(line, self, argc, argv);
    for (int i = 0; i < line->n_rows && optind < argc; i++)
        if (line->rows[i].name == NULL && !line->leaves_words)
            take(self, &line->rows[i], argv[optind++]);
    if (optind < argc && !line->leaves_words) {
        fprintf(stderr, "%s: '%s' is one word too many\n", self, argv[optind]);
        point_to_help(self);
    }
    return optind;
}

void parse_server_options_and(struct options *options, int argc, char **argv,
                              const char *port, const struct option_row *own)
{
    struct command_line line = {
        .program = "server",
        .usage = "[options]",
        .about = "Serves bytes over TCP or a Unix socket until SIGINT or "
                 "SIGTERM.\n",
        .end = "Exit status: 0 stopped as asked, 1 failed, 2 wrong usage.\n"};

    add_rows(&line, server_rows);
    place_for(&line, "port")->fallback = port;
    if (own != NULL)
        add_rows(&line, own);
    parse_command_line(&line, argc, argv);
    log_setup(line.program, (enum log_level)given_level);
    given.service = service_find(service_name(given_service));
    *options = given;
}

void parse_server_options(struct options *options, int argc, char **argv,
                          const char *port)
{
    parse_server_options_and(options, argc, argv, port, NULL);
}

void add_host_and_port(struct command_line *line, const char **host,
                       const char **port)
{
    const struct option_row rows[] = {
        {0, NULL, "HOST", "IPv4, IPv6, a host name, or unix:PATH", "127.0.0.1",
         .text = host},
        {0, NULL, "PORT", "the server's", *port, .min = 1, .max = 65535,
         .text = port},
        {0},
    };

    add_rows(line, rows);
}

void parse_client_options_and(const char **host, const char **port, int argc,
                              char **argv, const struct option_row *own)
{
    struct command_line line = {
        .program = "client",
        .usage = "[options] [HOST [PORT]]",
        .about = "Sends what stdin says and prints what the server says.\n",
        .end = "At the end of stdin it half-closes and prints what still "
               "comes.\n"
               "Exit status: 0 all was sent, or a farewell was; 1 failed; 2 "
               "wrong usage.\n"};

    add_host_and_port(&line, host, port);
    if (own != NULL)
        add_rows(&line, own);
    parse_command_line(&line, argc, argv);
}

void parse_client_options(const char **host, const char **port, int argc,
                          char **argv)
{
    parse_client_options_and(host, port, argc, argv, NULL);
}
