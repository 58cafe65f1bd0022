/*
 * tests/compare/compare.h - the parts of the comparison:
 *
 *     compare.c        command line, order of the experiments, progress
 *     entrants.c       the servers: ours, the floors, one that somebody entered
 *     rounds.c         loads in turn, and what becomes of their figures
 *     experiments/     the experiments: what is asked, measured and concluded
 *     results.h        what comes out of them
 *     measure.h        programs, /proc, load
 */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "measure.h"
#include "results.h"
#include "servers.h"

/* ---- what was asked for ---- */

struct wishes {
    int full;            /* more rounds, more clients */
    int rounds;          /* 0: as many as there are then */
    const char *seconds; /* NULL: as long as they are then */
    const char *foreign; /* "NAME=COMMAND", NULL: nobody was entered */
    int foreign_port;    /* where that listens; 0: it says so itself */
};
extern struct wishes wishes;
extern int server_cpu, load_cpu; /* where what is started is pinned */

/* How many rounds there are, and how long one is. */
int rounds_wanted(void);
const char *round_seconds(void);

/* Descriptors that a process may have here, less a few that it needs itself. */
int most_clients(void);

/* True as soon as Ctrl-C was pressed: measure no more, keep what there is. */
bool is_interrupted(void);

/* Shows what is being done, on a terminal. */
void progress(const char *what);

/* ---- entrants ---- */

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

/* ---- rounds ---- */

enum { MOST_ROUNDS = 32, MOST_CELLS = 160 };

/* One figure of a load, as it is measured round after round. */
struct cell {
    struct entrant *entrant;
    double x;
    char options[LINE_SIZE]; /* of load, beside --seconds: words and spaces */
    struct load_figures rounds[MOST_ROUNDS];
    int count; /* rounds that came to something */
    int wrong; /* rounds with wrong, missing or unanswered messages */
    int empty; /* rounds in which no message ended; they were repeated */
};

struct cells {
    struct cell all[MOST_CELLS];
    int count;
};

enum metric {
    PER_SECOND,
    CPU_US, /* of the server, for a message */
    USER_US,
    SYSTEM_US,
    VOLUNTARY, /* context switches of the server, for a message */
    INVOLUNTARY,
    PROCESSES,
    THREADS_OF_ALL,
    P50_MS,
    P90_MS,
    P99_MS,
    P999_MS,
};

/* Adds a cell. The options are words divided by spaces, no quotes. _for: with
 * rounds of another length. */
void cell_add(struct cells *cells, struct entrant *entrant, double x,
              const char *options);
void cell_add_for(struct cells *cells, struct entrant *entrant, double x,
                  const char *options, const char *seconds);

/* One for each of the crew, at the same x. */
void cells_add_crew(struct cells *cells, struct crew *crew, double x,
                    const char *options);

/* And at so many clients, for those that hold so many. */
void cells_add_clients(struct cells *cells, struct crew *crew, int clients);

/* All in turn, and in the reverse order in every second round; an entrant
 * that died is left out from then on. Notes the commands in `e`. */
void measure_cells(struct experiment *e, struct cells *cells);

/* The cells' figures become points of this picture, at cell.x. */
void add_figures(struct experiment *e, char picture, const struct cells *cells,
                 enum metric metric);

/* The same at an x of your choice, for bars in groups and latency curves. */
void add_figure_at(struct experiment *e, char picture, const struct cell *cell,
                   enum metric metric, double x);

/* What a message costs the second over what it costs the first, round by
 * round. */
void add_ratio(struct experiment *e, char picture, const char *series,
               const struct cell *first, const struct cell *second);

/* One figure made of values that were taken elsewhere. */
void add_values(struct experiment *e, char picture, const char *series,
                double x, double *values, int count, const char *note);

#define CPU_TITLE "microseconds of CPU for a message"

/* What several pictures show. */
#define CPU_TITLE "microseconds of CPU for a message"

/* ---- conclusions ---- */

/* Takes the median there into account. Where there is none: NAN, and the
 * experiment counts as skipped, for the reason that the first one is missing.
 */
double take_median(struct experiment *e, char picture, const char *series,
                   double x);

/* The medians of the one over those of the other, likewise. */
double take_ratio(struct experiment *e, char picture, const char *more,
                  const char *less, double x);

/* Is the first larger by more than a twentieth, and do the middle halves of
 * their rounds not touch? With three rounds alone, chance would do that. */
bool is_above(const struct experiment *e, char picture, const char *larger,
              const char *smaller, double x);

bool is_figure_above(const struct figure *larger, const struct figure *smaller);

/* What must be true of every machine. Where a figure is missing that was taken,
 * nothing is asserted. */
void assert_kept(struct experiment *e, bool kept, const char *what);

/* The verdict, and its sentence (as printf). Call it last: a figure that was
 * missing makes it `skipped`. It takes back nothing that was asserted. */
void conclude(struct experiment *e, enum verdict verdict, const char *format,
              ...) __attribute__((format(printf, 3, 4)));

/* ---- experiments ---- */

/* experiments/list.inc names them all. */
#define EXPERIMENT(name, ...) void experiment_##name(struct experiment *e);
#include "list.inc"
#undef EXPERIMENT

#endif
