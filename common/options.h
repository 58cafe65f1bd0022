/*
 * common/options.h - the command lines of servers and clients.
 *
 * These parsers belong to the start of a program: they print and exit, 0 for
 * --help and --version, 2 for a word they do not understand, which they name.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

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
 * no limit yet: see fit_clients(). */
void parse_server_options(struct options *options, int argc, char **argv,
                          const char *port);

/* Raises the limit of open descriptors as far as it goes, but not above
 * `ceiling` (0: no ceiling), and lowers options->max_clients to what it leaves
 * room for, saying so if more was asked for. To be called when the server's
 * own descriptors are open. Returns the limit: every descriptor is below it. */
int fit_clients(struct options *options, int ceiling);

/* Reads [HOST [PORT]] of a client; `port` holds the default. */
void parse_client_options(const char **host, const char **port, int argc,
                          char **argv);

#endif
