/*
 * common/options.h - the command lines of servers and clients.
 *
 * These parsers belong to the start of a program: they print and exit, 0 for
 * --help and --version, 2 for a word they do not understand, which they name.
 * They also see to it that 0, 1 and 2 are taken before a socket is made.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "service.h"

enum { EXIT_USAGE = 2 };

struct options {
    const char *address; /* where to listen: --bind */
    const char *port;
    const struct service *service;
    int max_clients;    /* at once */
    int idle_timeout_s; /* 0: never */
    int grace_s;        /* how long conversations may go on after a signal */
    int work_ms;        /* what each reply costs */
};

/* Reads the options of a server whose default port is `port`, sets the log up
 * and fills `options`. The strings are argv's. Without --max-clients there is
 * no limit yet: see fit_clients() in resources.h. */
void parse_server_options(struct options *options, int argc, char **argv,
                          const char *port);

/* Reads [HOST [PORT]] of a client; `port` holds the default. */
void parse_client_options(const char **host, const char **port, int argc,
                          char **argv);

/* ---- for a program with options of its own ---- */

/* One option. Help, what getopt_long is told and what is taken come from its
 * row alone; the last row of a table is {0}.
 *
 *     {'g', "grace", "SEC", "conversations get so long to end", "5",
 *      .max = 86400, .number = &options.grace_s},
 */
struct option_row {
    char letter;          /* 0: it has none */
    const char *name;     /* NULL: no option but a word known by its place */
    const char *word;     /* what help calls its word; NULL: it takes none */
    const char *help;     /* what it does */
    const char *fallback; /* the word where none is given; NULL: as it is */

    /* Which words are right: one of a list (NULL ends it), a number, any. */
    const char *(*name_at)(int place);
    uint64_t min, max; /* a decimal number, where max > 0 */
    uint64_t value;    /* where it takes no word */

    /* Where it goes: the word, or its number or place or value. */
    const char **text;
    int *number;
    uint64_t *size; /* a number that int may be too small for */
};

enum { ROWS_MAX = 24 };

struct command_line {
    const char *program; /* its name in the log, and where argv has none */
    const char *usage;   /* what help says behind its name */
    const char *about;   /* what it does: above the rows */
    const char *end;     /* below them */
    bool leaves_words;   /* it ends at the first word that is no option's */
    int n_rows;
    struct option_row rows[ROWS_MAX];
};

/* The options of all servers, but for --help and --version. */
extern const struct option_row server_rows[];

/* Adds a table. A row takes the place of one that has the same name. */
void add_rows(struct command_line *line, const struct option_row *rows);

/* Adds what every client is told; `port` holds the default. */
void add_host_and_port(struct command_line *line, const char **host,
                       const char **port);

/* Takes argv by the rows and by --help and --version, which all have. Returns
 * the place in argv of the first word that is left. */
int parse_command_line(struct command_line *line, int argc, char **argv);

/* parse_server_options and parse_client_options with rows of the program's
 * own. */
void parse_server_options_and(struct options *options, int argc, char **argv,
                              const char *port, const struct option_row *own);
void parse_client_options_and(const char **host, const char **port, int argc,
                              char **argv, const struct option_row *own);

#endif
