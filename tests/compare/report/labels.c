/* tests/compare/report/labels.c - see report.h: where the names of lines stand:
 * beside the plot, in one column, each as near to its line's end as it can. */
#include "report.h"

#include <math.h>

enum { MARGIN_PX = 26, PASSES = 400 };

bool label_leader(const struct label *l)
{
    return fabs(l->y - l->end_y) > 3 || l->x - l->end_x > 80;
}

/* From top to bottom as the lines end; equal ends in the order of the series.
 */
static void sort_by_end(struct label *labels, int count, struct label **sorted)
{
    for (int i = 0; i < count; i++) {
        int at = i;

        for (; at > 0 && sorted[at - 1]->end_y > labels[i].end_y; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &labels[i];
    }
}

static double half_of(const struct label *l)
{
    return l->text.count * LINE_PX / 2.0;
}

/* Who overlap move apart, by half each, again and again; then all are pushed
 * into the picture from its ends. */
static void move_apart(struct label **l, int n, struct box plot)
{
    double edge = plot.top;

    for (int pass = 0; pass < PASSES; pass++)
        for (int i = 0; i + 1 < n; i++) {
            double need = half_of(l[i]) + half_of(l[i + 1]);
            double lack = need - (l[i + 1]->y - l[i]->y);

            l[i]->y -= lack > 0 ? lack / 2 : 0;
            l[i + 1]->y += lack > 0 ? lack / 2 : 0;
        }
    for (int i = 0; i < n; i++) {
        l[i]->y = fmax(l[i]->y, edge + half_of(l[i]));
        edge = l[i]->y + half_of(l[i]);
    }
    edge = plot.bottom + LINE_PX / 2.0;
    for (int i = n - 1; i >= 0; i--) {
        l[i]->y = fmin(l[i]->y, edge - half_of(l[i]));
        edge = l[i]->y - half_of(l[i]);
    }
}

void labels_place(struct label *labels, int count, struct box plot)
{
    struct label *sorted[MOST_SERIES];

    for (int i = 0; i < count; i++) {
        labels[i].x = plot.right + MARGIN_PX;
        labels[i].y = labels[i].end_y;
    }
    sort_by_end(labels, count, sorted);
    move_apart(sorted, count, plot);
}
