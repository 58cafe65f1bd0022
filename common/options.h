/*
 * common/options.h - the command lines of servers and clients.
 *
 * These parsers belong to the start of a program: they print and exit, 0 for
 * --help and --version, 2 for a word they do not understand, which they name.
 * They also see to it that 0, 1 and 2 are taken before a socket is made.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "resources.h"
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

/* An option that one program has beyond those of all: --NAME, with a word
 * behind it or none. A server's own "service" takes the place of the common
 * one, its -s included. */
struct own_option {
    const char *name;
    const char *help; /* of one line; says which words there are */
    bool has_word;
    bool (*take)(const char *word); /* false: that is no word for it; without
                                     * a word it gets NULL */
};

enum { OWN_OPTIONS = 8 }; /* at most */

/* The same, with `count` options of its own. */
void parse_server_options_and(struct options *options, int argc, char **argv,
                              const char *port, const struct own_option *own,
                              size_t count);

/* Reads [HOST [PORT]] of a client; `port` holds the default. */
void parse_client_options(const char **host, const char **port, int argc,
                          char **argv);
void parse_client_options_and(const char **host, const char **port, int argc,
                              char **argv, const struct own_option *own,
                              size_t count);

#endif
