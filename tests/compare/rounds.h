/*
 * tests/compare/rounds.h - loads in turn, what becomes of their figures, and
 * what an experiment concludes from these.
 */
#ifndef ROUNDS_H
#define ROUNDS_H

#include "entrants.h"

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

#endif
