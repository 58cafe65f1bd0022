/* tests/compare/rounds.c - see rounds.h: loads in turn, and their figures. */
#include "rounds.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "session.h"

enum { TRIES = 5 };

/* ---- measuring ---- */

void cell_add(struct cells *cells, struct entrant *entrant, double x,
              const char *options)
{
    cell_add_for(cells, entrant, x, options, round_seconds());
}

void cell_add_for(struct cells *cells, struct entrant *entrant, double x,
                  const char *options, const char *seconds)
{
    struct cell *c = &cells->all[cells->count];

    assert(cells->count < MOST_CELLS);
    *c = (struct cell){.entrant = entrant, .x = x};
    snprintf(c->options, sizeof(c->options), "--seconds %s --warmup 0.05%s %s",
             seconds, entrant->framed ? " --framed" : "", options);
    cells->count++;
}

void cells_add_crew(struct cells *cells, struct crew *crew, double x,
                    const char *options)
{
    for (int i = 0; i < crew->count; i++)
        cell_add(cells, &crew->all[i], x, options);
}

void cells_add_clients(struct cells *cells, struct crew *crew, int clients)
{
    char options[64];

    snprintf(options, sizeof(options), "--patience 30 --clients %d", clients);
    for (int i = 0; i < crew->count; i++)
        if (clients <= most_for(&crew->all[i]))
            cell_add(cells, &crew->all[i], clients, options);
}

static void measure_cell(struct cell *c)
{
    struct load_figures *f = &c->rounds[c->count];
    char what[LINE_SIZE], words[LINE_SIZE], *rest;
    const char *options[MOST_WORDS];
    int n = 0;

    if (c->entrant->dead || is_interrupted())
        return;
    snprintf(what, sizeof(what), "%s, %.6g", c->entrant->name, c->x);
    progress(what);
    snprintf(words, sizeof(words), "%s", c->options);
    for (char *word = strtok_r(words, " ", &rest);
         word != NULL && n < MOST_WORDS - 1; word = strtok_r(NULL, " ", &rest))
        options[n++] = word;
    options[n] = NULL;
    for (int i = 0; i < TRIES; i++) {
        if (run_load(f, &c->entrant->program, load_cpu, options) || !f->ok)
            break;
        c->empty++; /* a machine that had no time for it */
    }
    if (f->ok && f->messages > 0)
        c->count++;
    else if (!is_interrupted()) {
        c->wrong++;
        if (c->entrant->is_ours && !f->ok)
            is_one_of_ours_bad = true;
        entrant_look(c->entrant);
    }
}

void measure_cells(struct experiment *e, struct cells *cells)
{
    int n = cells->count;

    for (int i = 0; i < n; i++)
        experiment_add_command(e, "build/tests/compare/load %s PORT",
                               cells->all[i].options);
    for (int round = 0; round < rounds_wanted(); round++)
        for (int i = 0; i < n; i++)
            measure_cell(&cells->all[round % 2 == 0 ? i : n - 1 - i]);
}

/* ---- figures ---- */

static double metric_of(const struct load_figures *f, enum metric metric)
{
    switch (metric) {
    case PER_SECOND: return f->per_s;
    case CPU_US: return f->server_us;
    case USER_US: return f->server_user_us;
    case SYSTEM_US: return f->server_us - f->server_user_us;
    case VOLUNTARY: return f->voluntary;
    case INVOLUNTARY: return f->involuntary;
    case PROCESSES: return f->processes;
    case THREADS_OF_ALL: return f->threads;
    case P50_MS: return f->p50_us / 1e3;
    case P90_MS: return f->p90_us / 1e3;
    case P99_MS: return f->p99_us / 1e3;
    case P999_MS: return f->p999_us / 1e3;
    }
    return NAN;
}

/* A slow generator makes these worse; what a message costs, it does not. */
static bool depends_on_load(enum metric metric)
{
    return metric == PER_SECOND || metric >= P50_MS;
}

static bool has_user_tick(const struct cell *c)
{
    for (int i = 0; i < c->count; i++)
        if (c->rounds[i].server_user_us > 0)
            return true;
    return false;
}

/* What is to be said against a figure. */
static void write_note(char *note, const struct cell *c, enum metric metric)
{
    int bottlenecks = 0;

    for (int i = 0; i < c->count; i++)
        bottlenecks += c->rounds[i].bottleneck;
    note[0] = '\0';
    if (c->entrant->dead && c->count < rounds_wanted())
        snprintf(note, LINE_SIZE, "%s", c->entrant->why);
    else if (c->wrong > 0)
        snprintf(note, LINE_SIZE, "%d of %d rounds had wrong or no answers",
                 c->wrong, c->wrong + c->count);
    else if (c->empty > 0)
        snprintf(note, LINE_SIZE, "%d rounds more, in which nothing ended",
                 c->empty);
    else if (depends_on_load(metric) && bottlenecks > 0)
        snprintf(note, LINE_SIZE, "load was the bottleneck in %d of %d rounds",
                 bottlenecks, c->count);
    else if (metric == USER_US && !has_user_tick(c))
        snprintf(note, LINE_SIZE,
                 "less than a tick of the kernel's clock in "
                 "all rounds");
}

void add_values(struct experiment *e, char picture, const char *series,
                double x, double *values, int count, const char *note)
{
    struct spread s = spread_of(values, count);
    struct figure figure = {.picture = picture,
                            .x = x,
                            .median = s.median,
                            .low = s.low,
                            .high = s.high,
                            .rounds = count};

    snprintf(figure.series, sizeof(figure.series), "%s", series);
    snprintf(figure.note, sizeof(figure.note), "%s", note);
    if (experiment_add(e, &figure) == -1)
        perror("compare: a figure is lost");
}

/* User time is counted in ticks of 4 or 10 ms, of which a round has few: all
 * rounds together give its share of the time, which each round is cut by. */
static void level_ticks(const struct cell *c, enum metric metric,
                        double *values)
{
    double user = 0, both = 0, share;

    for (int i = 0; i < c->count; i++) {
        user += c->rounds[i].server_user_us * c->rounds[i].messages;
        both += c->rounds[i].server_us * c->rounds[i].messages;
    }
    share = metric == USER_US ? user / both : 1 - user / both;
    for (int i = 0; i < c->count; i++)
        values[i] = c->rounds[i].server_us * share;
}

void add_figure_at(struct experiment *e, char picture, const struct cell *c,
                   enum metric metric, double x)
{
    double values[MOST_ROUNDS];
    char note[LINE_SIZE];

    for (int i = 0; i < c->count; i++)
        values[i] = metric_of(&c->rounds[i], metric);
    if (metric == USER_US || metric == SYSTEM_US)
        level_ticks(c, metric, values);
    write_note(note, c, metric);
    add_values(e, picture, c->entrant->name, x, values, c->count, note);
}

void add_figures(struct experiment *e, char picture, const struct cells *cells,
                 enum metric metric)
{
    for (int i = 0; i < cells->count; i++)
        add_figure_at(e, picture, &cells->all[i], metric, cells->all[i].x);
}

void add_ratio(struct experiment *e, char picture, const char *series,
               const struct cell *first, const struct cell *second)
{
    int count = first->count < second->count ? first->count : second->count;
    double values[MOST_ROUNDS];
    char note[LINE_SIZE];

    for (int i = 0; i < count; i++)
        values[i] = second->rounds[i].server_us / first->rounds[i].server_us;
    write_note(note, first, CPU_US);
    add_values(e, picture, series, first->x, values, count, note);
}

/* ---- conclusions ---- */

double take_median(struct experiment *e, char picture, const char *series,
                   double x)
{
    const struct figure *f = figure_of(e, picture, series, x);

    if (f != NULL && isfinite(f->median))
        return f->median;
    if (e->missing[0] == '\0' && f != NULL)
        snprintf(e->missing, sizeof(e->missing),
                 "There is no figure of %s at %.6g: %.80s.", series, x,
                 f->note[0] != '\0' ? f->note : "nothing was measured");
    if (e->missing[0] == '\0')
        snprintf(e->missing, sizeof(e->missing),
                 "Not all of its figures are to be had with %d descriptors for "
                 "a process.",
                 most_clients());
    return NAN;
}

double take_ratio(struct experiment *e, char picture, const char *more,
                  const char *less, double x)
{
    double above = take_median(e, picture, more, x);
    double below = take_median(e, picture, less, x);

    if (below == 0 && e->missing[0] == '\0')
        snprintf(e->missing, sizeof(e->missing),
                 "What %s needs at %.6g is too little for the clock.", less, x);
    return above / below;
}

bool is_above(const struct experiment *e, char picture, const char *larger,
              const char *smaller, double x)
{
    const struct figure *a = figure_of(e, picture, larger, x);
    const struct figure *b = figure_of(e, picture, smaller, x);

    return a != NULL && b != NULL && is_figure_above(a, b);
}

bool is_figure_above(const struct figure *larger, const struct figure *smaller)
{
    return larger->median > 1.05 * smaller->median &&
           larger->low > smaller->high;
}

void assert_kept(struct experiment *e, bool kept, const char *what)
{
    if (e->missing[0] != '\0')
        return;
    snprintf(e->asserted, sizeof(e->asserted), "%s", what);
    e->kept = kept;
}

void conclude(struct experiment *e, enum verdict verdict, const char *format,
              ...)
{
    va_list arguments;

    e->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(e->says, sizeof(e->says), format, arguments);
    va_end(arguments);
    if (e->missing[0] == '\0')
        return;
    e->verdict = SKIPPED;
    snprintf(e->says, sizeof(e->says), "%s", e->missing);
}
