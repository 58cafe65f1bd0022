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
#include "tool.h"

/* ---- what was asked for ------------------------------------------------ */

struct wishes {
    bool full;           /* more rounds, more clients */
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

/* ---- entrants ---------------------------------------------------------- */

enum { MOST_ENTRANTS = 16, MOST_WORDS = 24 };

struct entrant {
    char name[NAME_SIZE]; /* "06-epoll" */
    bool is_ours;         /* a stage or a floor: it must not die */
    bool framed;          /* it talks in frames */
    bool dead;            /* not started, or it ended: `why` */
    char why[LINE_SIZE];
    struct program program;
};

/* Which servers. */
enum crew {
    LOOPS = 1 << 0, /* 04, 05, 06 */
    FRAMES = 1 << 1,
    FORKS = 1 << 2,
    THREADS = 1 << 3,
    BLOCKING = 1 << 4,
    FOREIGN = 1 << 5, /* whoever was entered with --server */
    OURS = LOOPS | FRAMES | FORKS | THREADS | BLOCKING,
    EVERYBODY = OURS | FOREIGN,
};

/* Did a server of ours not start, end by itself, or answer wrongly, so far?
 * Then the run has failed, whatever its figures say. */
extern bool is_one_of_ours_bad;

/* Starts them with these options beside -q (NULL-terminated, NULL: none; those
 * of --server get none); "%" at the end of one stands for the name. Returns how
 * many there are, the dead ones too. */
int crew_start(struct experiment *e, struct entrant crew[MOST_ENTRANTS],
               int kinds, const char *const *options);

/* Starts a program of this folder or of another (a path with a slash) as an
 * entrant of this name; argv[0] is the program. */
void entrant_start(struct entrant *entrant, const char *name,
                   const char *const *argv);

/* Marks those dead whose process is gone. */
void crew_look(struct entrant *crew, int count);
void crew_stop(struct entrant *crew, int count);

/* Where this stage's server is, NULL: it was not built. "03-pthread" */
const char *server_path(const char *stage);

/* ---- silent clients ---------------------------------------------------- */

/* Holds so many silent clients, and one that says a line a second, until it is
 * stopped (program_stop). False: the server did not take them all in. */
bool crowd_start(struct program *crowd, const struct entrant *server,
                 int count);

/* ---- rounds ------------------------------------------------------------ */

enum { MOST_ROUNDS = 32, MOST_CELLS = 96 };

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
void cell_add(struct cell *cells, int *count, struct entrant *entrant, double x,
              const char *options);
void cell_add_for(struct cell *cells, int *count, struct entrant *entrant,
                  double x, const char *options, const char *seconds);

/* All in turn, and in the reverse order in every second round; an entrant
 * that died is left out from then on. Notes the commands in `e`. */
void measure_cells(struct experiment *e, struct cell *cells, int count);

/* The cells' figures become points of this picture, at cell.x. */
void add_figures(struct experiment *e, char picture, const struct cell *cells,
                 int count, enum metric metric);

/* The same at an x of your choice, for bars in groups and latency curves. */
void add_figures_at(struct experiment *e, char picture,
                    const struct cell *cells, int count, enum metric metric,
                    double x);

/* One figure made of values that were taken elsewhere. */
void add_values(struct experiment *e, char picture, const char *series,
                double x, double *values, int count, const char *note);

struct picture *add_picture(struct experiment *e, char letter, enum shape shape,
                            const char *title, const char *x_title,
                            const char *y_title);

/* ---- conclusions ------------------------------------------------------- */

/* The median there, NAN if there is none. */
double median_at(const struct experiment *e, char picture, const char *series,
                 double x);

/* Is the first larger by more than a twentieth, and do the middle halves of
 * their rounds not touch? With three rounds alone, chance would do that. */
bool is_above(const struct experiment *e, char picture, const char *larger,
              const char *smaller, double x);

bool is_figure_above(const struct figure *larger, const struct figure *smaller);

/* The verdict, and its sentence (as printf). If a figure in it is missing, the
 * experiment counts as skipped instead, and the sentence says what is missing;
 * call it last. */
void conclude(struct experiment *e, enum verdict verdict, const char *format,
              ...) __attribute__((format(printf, 3, 4)));

/* What must be true of every machine. */
void assert_kept(struct experiment *e, bool kept, const char *what);

/* ---- experiments ------------------------------------------------------- */

void experiment_stall(struct experiment *e);
void experiment_memory(struct experiment *e);
void experiment_stacks(struct experiment *e);
void experiment_setsize(struct experiment *e);
void experiment_silent(struct experiment *e);
void experiment_busy(struct experiment *e);
void experiment_churn(struct experiment *e);
void experiment_work(struct experiment *e);
void experiment_unix(struct experiment *e);
void experiment_locks(struct experiment *e);
void experiment_delimiter(struct experiment *e);
void experiment_buffer(struct experiment *e);
void experiment_writes(struct experiment *e);
void experiment_clients(struct experiment *e);

#endif
