/*
 * tests/compare/entrants.h - the servers: ours, the floors, one that somebody
 * entered; and the silent clients that they hold.
 */
#ifndef ENTRANTS_H
#define ENTRANTS_H

#include <stdbool.h>

#include "measure.h"
#include "results.h"
#include "servers.h"

enum { MOST_ENTRANTS = 24, MOST_WORDS = 24 };

struct entrant {
    char name[NAME_SIZE];             /* "06-epoll" */
    const struct server_info *server; /* NULL: a floor, or somebody's own */
    bool is_ours;                     /* a server or a floor: it must not die */
    bool framed;                      /* it talks in frames */
    bool dead;                        /* not started, or it ended: `why` */
    char why[LINE_SIZE];
    struct process program;
};

/* Those that run side by side. */
struct crew {
    struct entrant all[MOST_ENTRANTS];
    int count;
};

/* Among traits: whoever was entered with --server, too. */
enum { ENTERED = 1 << 30 };

/* What the claims name: the first server in the list of each model. */
extern struct models {
    const char *blocking, *fork, *thread, *select, *poll, *epoll, *frames,
        *keyvalue;
} models;
void find_models(void);

/* Did a server of ours not start, end by itself, or answer wrongly, so far?
 * Then the run has failed, whatever its figures say. */
extern bool is_one_of_ours_bad;

/* Starts the servers that carry bytes or frames and have all these traits, with
 * these options beside -q (NULL-terminated, NULL: none; those of --server get
 * none); "%" at the end of one stands for the name. Of those, the ones with the
 * trait `representative`; all with --full. The dead ones join too. */
void crew_add(struct experiment *e, struct crew *crew, unsigned traits,
              const char *const *options);

/* Starts a program of this folder or of another (a path with a slash) as an
 * entrant of this name; argv[0] is the program. Returns it. */
struct entrant *crew_add_program(struct crew *crew, const char *name,
                                 const char *const *argv);

/* Marks those dead whose process is gone. */
void entrant_look(struct entrant *entrant);
void crew_stop(struct crew *crew);

/* "build/06-epoll/server": as a command has it. */
const char *built_path(const struct server_info *server);

/* How many clients are asked of it: its model's limit, the machine's, or as
 * many as are to be served in a time. */
int most_for(const struct entrant *entrant);

/* ---- silent clients ---- */

/* Holds so many silent clients, and one that says a line a second, until it is
 * stopped (program_stop). False: the server did not take them all in. */
bool crowd_start(struct process *crowd, const struct entrant *server,
                 int count);

/* KiB for each of so many silent clients beyond the size with none; NAN. */
double kib_per_client(const struct entrant *server, int clients);

/* The command of it. */
void note_crowd(struct experiment *e);

#endif
