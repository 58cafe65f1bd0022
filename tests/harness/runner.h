/*
 * tests/harness/runner.h - the one main of every test program: it reads the
 * command line, lists the cases or runs them, keeps each within its limit of
 * time, and sums up.
 *
 * Without a name a program runs every case that applies, each in a process of
 * its own. A name runs that one in this process, where a debugger finds it
 * (--limit 0 gives it all the time it wants). --list prints "name kind
 * seconds", which ../discover.cmake reads; --help says the rest.
 *
 * INT, TERM and HUP end it, the case and what it started, and remove its files.
 *
 * Exit status: 0 none failed, 1 some did, 2 wrong usage; of a single case also
 * 77 if it was skipped, 78 if its server never announced itself, 124 if it took
 * too long.
 */
#ifndef RUNNER_H
#define RUNNER_H

#include <stdbool.h>

#include "check.h"
#include "harness.h"
#include "servers.h"

/* Transports that a case is run on beside TCP. There its name ends in ".unix"
 * or ".ip6"; server_start binds there by itself. */
enum {
    ALSO_UNIX = 1 << ON_UNIX,
    ALSO_IP6 = 1 << ON_TCP6,
    ALL_TRANSPORTS = ALSO_UNIX | ALSO_IP6
};

/* A program with many tables, of which each ends with {0}, the list with
 * NULL. */
struct test_program {
    const struct check_case *const *tables;
    const char *like;     /* the default of --stage; NULL: no server is run */
    const char *help_end; /* printed at the end of --help, or NULL */
    void (*choose)(void); /* or NULL: fills the tables, which hang on
                           * the_server */
};
int run_tests(int argc, char **argv, const struct test_program *program);

/* What --stage says: the server of the list that serves like the one that is
 * run, whose traits are to be expected. NULL without --stage and `like`. */
extern const struct server_info *the_server;
bool is_a(unsigned int traits); /* the_server has them all */

/* Among the `needs` of a row: without --client it is no case at all. */
enum { NEEDS_CLIENT = 1 << 30 };

/* The client under test, NULL without --client; and a library to be preloaded,
 * NULL without --preload. The need_ forms skip the case if there is none. */
extern const char *client_path, *preload_path;
const char *need_client(void);
const char *need_preload(void);

#endif
