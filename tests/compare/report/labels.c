/* tests/compare/report/labels.c - see report.h: names where nothing is in their
 * way. */
#include "report.h"

#include <math.h>

enum { MARGIN_PX = 26, MARK_PX = 14, PASSES = 400 };

/* ---- within the plot --------------------------------------------------- */

static bool do_meet(struct box a, struct box b)
{
    return a.left < b.right && b.left < a.right && a.top < b.bottom &&
           b.top < a.bottom;
}

/* Cuts off of the piece [*from, *to] of a segment what lies outside of one pair
 * of sides. False: nothing is left. */
static bool clip(double start, double way, double low, double high,
                 double *from, double *to)
{
    double a, b;

    if (way == 0)
        return start > low && start < high;
    a = (low - start) / way;
    b = (high - start) / way;
    *from = fmax(*from, fmin(a, b));
    *to = fmin(*to, fmax(a, b));
    return *from < *to;
}

static bool does_cross(const struct path *p, struct box b)
{
    for (int i = 0; i + 1 < p->count; i++) {
        double from = 0, to = 1;

        if (clip(p->x[i], p->x[i + 1] - p->x[i], b.left, b.right, &from, &to) &&
            clip(p->y[i], p->y[i + 1] - p->y[i], b.top, b.bottom, &from, &to))
            return true;
    }
    for (int i = 0; i < p->count; i++)
        if (do_meet(b, (struct box){p->x[i] - 5, p->y[i] - 5, p->x[i] + 5,
                                    p->y[i] + 5}))
            return true;
    return false;
}

static struct box box_of(const struct label *l, double line_px)
{
    double half = l->text.count * line_px / 2;

    return (struct box){l->x - MARK_PX, l->y - half, l->x + l->text.width + 1,
                        l->y + half};
}

/* From the end of the line to the nearest of the name; none where that is
 * beside it. */
bool label_leader(const struct label *l, double line_px, double *x, double *y)
{
    struct box b = box_of(l, line_px);

    *x = fmin(fmax(l->end_x, b.left), b.right);
    *y = l->in_margin ? l->y : fmin(fmax(l->end_y, b.top + 2), b.bottom - 2);
    return fabs(*y - l->end_y) > 3 || *x - l->end_x > 20;
}

static bool is_free(const struct label *labels, const struct path *paths,
                    int count, int at, struct box plot, double line_px)
{
    struct box b = box_of(&labels[at], line_px);

    if (b.left < plot.left || b.right > plot.right || b.top < plot.top ||
        b.bottom > plot.bottom)
        return false;
    for (int i = 0; i < count; i++) {
        if (does_cross(&paths[i], b))
            return false;
        if (i < at && !labels[i].in_margin &&
            do_meet(b, box_of(&labels[i], line_px)))
            return false;
    }
    return true;
}

/* To the right of its end, above, below, to the left: the first that is free.
 */
static bool place_within(struct label *labels, const struct path *paths,
                         int count, int at, struct box plot, double line_px)
{
    struct label *l = &labels[at];
    double high = (l->text.count * line_px) / 2 + 7, wide = l->text.width;
    const double moves[][2] = {{MARK_PX + 8, 0},  {MARK_PX, -high},
                               {MARK_PX, high},   {-wide / 2, -high},
                               {-wide / 2, high}, {-wide, -high},
                               {-wide, high}};

    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        l->x = l->end_x + moves[i][0];
        l->y = l->end_y + moves[i][1];
        if (is_free(labels, paths, count, at, plot, line_px))
            return true;
    }
    return false;
}

/* ---- in the margin ----------------------------------------------------- */

/* From top to bottom as the lines end; equal ends in the order of the series.
 */
static int in_order(struct label *labels, int count, struct label **sorted)
{
    int n = 0;

    for (int i = 0; i < count; i++) {
        int at = n;

        if (!labels[i].in_margin)
            continue;
        for (; at > 0 && sorted[at - 1]->end_y > labels[i].end_y; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &labels[i];
        n++;
    }
    return n;
}

static double half_of(const struct label *l, double line_px)
{
    return l->text.count * line_px / 2;
}

/* Who overlap move apart, by half each, again and again; then all are pushed
 * into the picture from its ends. */
static void move_apart(struct label **l, int n, struct box plot, double line_px)
{
    double edge = plot.top;

    for (int pass = 0; pass < PASSES; pass++)
        for (int i = 0; i + 1 < n; i++) {
            double need = half_of(l[i], line_px) + half_of(l[i + 1], line_px);
            double lack = need - (l[i + 1]->y - l[i]->y);

            l[i]->y -= lack > 0 ? lack / 2 : 0;
            l[i + 1]->y += lack > 0 ? lack / 2 : 0;
        }
    for (int i = 0; i < n; i++) {
        l[i]->y = fmax(l[i]->y, edge + half_of(l[i], line_px));
        edge = l[i]->y + half_of(l[i], line_px);
    }
    edge = plot.bottom + line_px / 2;
    for (int i = n - 1; i >= 0; i--) {
        l[i]->y = fmin(l[i]->y, edge - half_of(l[i], line_px));
        edge = l[i]->y - half_of(l[i], line_px);
    }
}

void labels_place(struct label *labels, const struct path *paths, int count,
                  struct box plot, double line_px)
{
    struct label *sorted[MOST_SERIES];
    int n;

    for (int i = 0; i < count; i++)
        labels[i].in_margin =
            labels[i].end_x > plot.right - 40 ||
            !place_within(labels, paths, count, i, plot, line_px);
    for (int i = 0; i < count; i++)
        if (labels[i].in_margin) {
            labels[i].x = plot.right + MARGIN_PX;
            labels[i].y = labels[i].end_y;
        }
    n = in_order(labels, count, sorted);
    move_apart(sorted, n, plot, line_px);
}
