/* tests/compare/results/view.c - see text.h: what stands in which row
 * and column. */
#include "text.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "servers.h"

int stage_of(const char *series)
{
    if (!isdigit((unsigned char)series[0]) ||
        !isdigit((unsigned char)series[1]) || series[2] != '-')
        return 0;
    return (series[0] - '0') * 10 + series[1] - '0';
}

int variant_of(const char *series)
{
    size_t len = strcspn(series, "/");
    const struct server_info *s;
    int place = 1;

    if (series[len] == '\0')
        return 0;
    for (size_t i = 0; (s = server_at(i)) != NULL; i++) {
        if (strcmp(s->name, series) == 0)
            return place;
        place += server_is_variant(s) && strncmp(s->name, series, len + 1) == 0;
    }
    return place;
}

static bool is_before(const char *a, const char *b)
{
    int x = stage_of(a), y = stage_of(b);

    if (x == 0 || y == 0)
        return x != 0;
    if (x == y) {
        x = variant_of(a);
        y = variant_of(b);
    }
    return x != y ? x < y : strcmp(a, b) < 0;
}

int add_series(const char **names, int count, const char *name)
{
    int at = count;

    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return count;
    for (; at > 0 && is_before(name, names[at - 1]); at--)
        names[at] = names[at - 1];
    names[at] = name;
    return count < MOST_SERIES ? count + 1 : MOST_SERIES;
}

bool has_run(const struct experiment *e)
{
    return e->verdict != NOT_RUN && e->verdict != SKIPPED;
}

bool has_failed(const struct experiment *e)
{
    return e->verdict != NOT_RUN && e->asserted[0] != '\0' && !e->kept;
}

/* ---- tables ---- */

static void add_place(struct grid *g, double x)
{
    int at = g->n_columns;

    for (int i = 0; i < g->n_columns; i++)
        if (g->xs[i] == x)
            return;
    if (g->n_columns == MOST_XS || !isfinite(x))
        return;
    for (; at > 0 && g->xs[at - 1] > x; at--)
        g->xs[at] = g->xs[at - 1];
    g->xs[at] = x;
    g->n_columns++;
}

int note_of(const struct grid *g, const struct figure *f)
{
    for (int i = 0; i < g->n_notes; i++)
        if (strcmp(g->notes[i], f->note) == 0)
            return i + 1;
    return 0;
}

static void collect_notes(struct grid *g)
{
    for (int j = 0; j < g->n_columns; j++)
        for (int i = 0; i < g->n_rows; i++) {
            const struct figure *f = g->figures[i][j];

            if (f != NULL && f->note[0] != '\0' && note_of(g, f) == 0 &&
                g->n_notes < MOST_NOTES)
                g->notes[g->n_notes++] = f->note;
        }
}

void grid_of_picture(struct grid *g, const struct experiment *e,
                     const struct picture *p)
{
    *g = (struct grid){.picture = p};
    for (int i = 0; i < e->n_figures; i++) {
        if (e->figures[i].picture != p->letter)
            continue;
        add_place(g, e->figures[i].x);
        g->n_rows = add_series(g->names, g->n_rows, e->figures[i].series);
    }
    for (int j = 0; j < g->n_columns; j++) {
        heading_text(g->headings[j], p, g->xs[j]);
        g->from[j] = e;
        for (int i = 0; i < g->n_rows; i++)
            g->figures[i][j] = figure_of(e, p->letter, g->names[i], g->xs[j]);
    }
    collect_notes(g);
}

/* Its series become rows; its figures have to wait until all rows are there. */
static void add_column(struct grid *g, const struct experiment *e,
                       const struct picture *p)
{
    for (int i = 0; i < e->n_figures; i++)
        if (e->figures[i].picture == p->letter &&
            e->figures[i].x == p->column_x)
            g->n_rows = add_series(g->names, g->n_rows, e->figures[i].series);
    snprintf(g->headings[g->n_columns], TEXT_SIZE, "%s", p->column);
    g->from[g->n_columns++] = e;
}

void grid_of_models(struct grid *g, const struct results *r)
{
    const struct picture *pictures[MOST_XS];

    *g = (struct grid){.n_rows = 0};
    for (int i = 0; i < r->n_experiments; i++)
        for (int j = 0; j < r->experiments[i]->n_pictures; j++) {
            const struct picture *p = &r->experiments[i]->pictures[j];

            if (p->column[0] == '\0' || g->n_columns == MOST_XS)
                continue;
            pictures[g->n_columns] = p;
            add_column(g, r->experiments[i], p);
        }
    for (int i = 0; i < g->n_rows; i++)
        for (int j = 0; j < g->n_columns; j++)
            g->figures[i][j] = figure_of(g->from[j], pictures[j]->letter,
                                         g->names[i], pictures[j]->column_x);
    collect_notes(g);
}
