/* tests/compare/report/lines.c - see report.h: a line for each series, over
 * clients or over the share of messages. The <svg> is the plot alone; what
 * stands on its axes hangs over its edges, into the margin that it has. */
#include "report.h"

#include <math.h>

/* Of the plot, where the window is wide and where it is as narrow as a phone:
 * what is left between numbers and names. */
enum { PLOT_PX = 440, NARROW_PLOT_PX = 216, MANY_PLACES = 16 };

/* What all the parts of one picture know. */
struct drawing {
    FILE *out;
    const struct experiment *e;
    const struct grid *grid;
    struct scale x, y;
};

static void write_axes(const struct drawing *d)
{
    char number[NUMBER_SIZE], text[TEXT_SIZE];

    for (int i = 0; i < d->y.n_ticks; i++) {
        double y = scale_at(&d->y, d->y.ticks[i]);

        markup(d->out,
               "<line class=\"grid\" x2=\"100%%\" y1=\"%.2f%%\" y2=\"%.2f%%\"/>"
               "<text class=\"tick end\" x=\"-6\" y=\"%.2f%%\" dy=\"4\">%s"
               "</text>\n",
               y, y, y, tick_text(number, d->y.ticks[i]));
    }
    markup(d->out, "<line class=\"axis\" x2=\"100%%\" y1=\"100%%\" "
                   "y2=\"100%%\"/>\n");
    if (d->x.has_zero) /* between 0 and the first decade nothing is to scale */
        markup(d->out, "<svg x=\"8%%\" y=\"100%%\"><path class=\"axis\" "
                       "d=\"M0 4l4-8m4 0l-4 8\"/></svg>\n");
    for (int i = 0; i < d->x.n_ticks; i++)
        markup(d->out,
               "<svg x=\"%.2f%%\" y=\"100%%\"><path class=\"axis\" d=\"M0 0v4\""
               "/><text class=\"%s\" y=\"17\">%s</text></svg>\n",
               scale_at(&d->x, d->x.ticks[i]), tick_class(&d->x, i),
               heading_text(text, d->grid->picture, d->x.ticks[i]));
}

/* Where a number was lost, the line is interrupted. */
static void write_line(const struct drawing *d, int series)
{
    bool is_on = false;

    fputs("<svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\">"
          "<path class=\"line\" d=\"",
          d->out);
    for (int j = 0; j < d->grid->n_columns; j++) {
        const struct figure *f = d->grid->figures[series][j];

        if (f == NULL)
            continue;
        if (isfinite(f->median))
            fprintf(d->out, "%c%.2f %.2f", is_on ? 'L' : 'M',
                    scale_at(&d->x, f->x), scale_at(&d->y, f->median));
        is_on = isfinite(f->median);
    }
    fputs("\"/></svg>\n", d->out);
}

/* Its mark, and a bar for the middle half of its rounds. */
static void write_figure(const struct drawing *d, const struct figure *f,
                         struct look look)
{
    double x = scale_at(&d->x, f->x);

    if (has_spread(f))
        markup(d->out,
               "<line class=\"spread\" x1=\"%.2f%%\" x2=\"%.2f%%\" "
               "y1=\"%.2f%%\" y2=\"%.2f%%\"/>",
               x, x, scale_at(&d->y, f->low), scale_at(&d->y, f->high));
    if (!isfinite(f->median))
        return;
    markup(d->out, "<svg x=\"%.2f%%\" y=\"%.2f%%\"", x,
           scale_at(&d->y, f->median));
    write_point(d->out, d->grid->picture, f);
    write_mark(d->out, look, d->grid->n_columns > MANY_PLACES ? 2.5 : 4);
    fputs("</svg>\n", d->out);
}

static void write_series(const struct drawing *d, int series)
{
    const char *name = d->grid->names[series];
    struct look look = look_of(d->e, name);

    write_series_begin(d->out, look, name);
    write_line(d, series);
    for (int j = 0; j < d->grid->n_columns; j++)
        if (d->grid->figures[series][j] != NULL)
            write_figure(d, d->grid->figures[series][j], look);
    fputs("</g>\n", d->out);
}

/* How far down its line ends. */
static double end_of(const struct drawing *d, int series)
{
    for (int j = d->grid->n_columns; j > 0; j--) {
        const struct figure *f = d->grid->figures[series][j - 1];

        if (f != NULL && isfinite(f->median))
            return scale_at(&d->y, f->median);
    }
    return d->y.from;
}

/* From top to bottom as the lines end; equal ends in the order of the series.
 */
static void write_names(const struct drawing *d)
{
    int order[MOST_SERIES], n = d->grid->n_rows;

    for (int i = 0; i < n; i++) {
        int at = i;

        for (; at > 0 && end_of(d, order[at - 1]) > end_of(d, i); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    fputs("<ul>\n", d->out);
    for (int i = 0; i < n; i++) {
        fputs("<li>", d->out);
        write_name(d->out, d->e, d->grid->names[order[i]]);
        fputs("</li>\n", d->out);
    }
    fputs("</ul>\n", d->out);
}

void write_lines(FILE *out, const struct grid *g)
{
    struct drawing d = {out, g->from[0], g, scale_of_places(g),
                        scale_of_figures(g)};

    d.x.from = 3; /* not on the edge */
    d.x.to = 97;
    d.y.from = 100;
    d.y.to = 0;
    scale_thin(&d.x, g->picture, PLOT_PX, NARROW_PLOT_PX);
    fputs("<svg>\n", out);
    write_axes(&d);
    for (int i = 0; i < g->n_rows; i++)
        write_series(&d, i);
    fputs("</svg>\n", out);
    markup(out, "<p>%s</p>\n", g->picture->x_title);
    write_names(&d);
}
