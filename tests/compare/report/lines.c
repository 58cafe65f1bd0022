/* tests/compare/report/lines.c - see report.h: a line for each series, over
 * clients or over the share of messages. */
#include "report.h"

#include <math.h>
#include <string.h>

enum { AXIS_PX = 38, MARGIN_PX = 26, MARK_PX = 14 };

/* What all the parts of one picture know. */
struct drawing {
    FILE *out;
    const struct experiment *e;
    struct view view;
    struct scale x, y;
    struct box plot;
    struct lines y_title;
    struct label labels[MOST_SERIES];
    int width;
    double height;
};

/* ---- where everything stands ---- */

static double widest_tick(const struct scale *s)
{
    char text[NUMBER_SIZE];
    double widest = 0;

    for (int i = 0; i < s->n_ticks; i++) {
        tick_text(text, s->ticks[i]);
        widest = fmax(widest, text_px(text, strlen(text), FONT_PX));
    }
    return widest;
}

static void find_plot(struct drawing *d)
{
    double names = 0, most = d->width == WIDE_PX ? 210 : 108, height;
    int lines = 0;

    for (int i = 0; i < d->view.n_series; i++) {
        d->labels[i].text = lines_of(d->view.series[i], most, FONT_PX);
        names = fmax(names, d->labels[i].text.width);
        lines += d->labels[i].text.count;
    }
    d->y_title = lines_of(d->view.picture->y_title, d->width, FONT_PX);
    height = fmax(d->width == WIDE_PX ? 300 : 230, lines * LINE_PX);
    d->plot.left = widest_tick(&d->y) + 8;
    d->plot.right = d->width - names - MARGIN_PX - 2;
    d->plot.top = d->y_title.count * LINE_PX + 12;
    d->plot.bottom = d->plot.top + height;
    d->height = d->plot.bottom + AXIS_PX;
    d->x.from = d->plot.left + 12;
    d->x.to = d->plot.right - 12;
    d->y.from = d->plot.bottom;
    d->y.to = d->plot.top;
    scale_thin(&d->x, d->view.picture, FONT_PX);
}

static void find_labels(struct drawing *d)
{
    for (int i = 0; i < d->view.n_series; i++) {
        struct label *l = &d->labels[i];

        l->end_x = d->plot.right;
        l->end_y = d->plot.bottom;
        for (int j = 0; j < d->view.n_xs; j++) {
            const struct figure *f = d->view.figures[i][j];

            if (f == NULL || !isfinite(f->median))
                continue;
            l->end_x = scale_at(&d->x, f->x);
            l->end_y = scale_at(&d->y, f->median);
            l->has_line = true;
        }
    }
    labels_place(d->labels, d->view.n_series, d->plot);
}

/* ---- what is drawn ---- */

static void write_axes(const struct drawing *d)
{
    const struct picture *p = d->view.picture;
    char number[NUMBER_SIZE], text[TEXT_SIZE];
    FILE *out = d->out;

    write_lines(out, &d->y_title, 0, FONT_PX, "title");
    for (int i = 0; i < d->y.n_ticks; i++) {
        double y = scale_at(&d->y, d->y.ticks[i]);

        fprintf(out,
                "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>"
                "<text class=\"tick end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                d->plot.left, y, d->plot.right, d->plot.left - 6, y + 4,
                tick_text(number, d->y.ticks[i]));
    }
    fprintf(out, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>\n", d->plot.left,
            d->plot.bottom, d->plot.right);
    if (d->x.has_zero) /* between 0 and the first decade nothing is to scale */
        fprintf(out, "<path class=\"break\" d=\"M%.1f %.1fl4-8m4 0l-4 8\"/>\n",
                d->x.from + (d->x.to - d->x.from) * 0.08, d->plot.bottom + 4);
    for (int i = 0; i < d->x.n_ticks; i++) {
        double x = scale_at(&d->x, d->x.ticks[i]);

        markup(out,
               "<path class=\"axis\" d=\"M%.1f %.1fv4\"/>"
               "<text class=\"tick middle\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
               x, d->plot.bottom, x, d->plot.bottom + 17,
               heading_text(text, p, d->x.ticks[i]));
    }
    markup(out,
           "<text class=\"title middle\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
           (d->plot.left + d->plot.right) / 2, d->plot.bottom + 34, p->x_title);
}

/* The middle half: a bar at each place. */
static void write_spread(const struct drawing *d, int series)
{
    FILE *out = d->out;

    fputs("<path class=\"spread\" d=\"", out);
    for (int j = 0; j < d->view.n_xs; j++) {
        const struct figure *f = d->view.figures[series][j];

        if (f != NULL && has_spread(f))
            fprintf(out, "M%.1f %.1fV%.1f", scale_at(&d->x, f->x),
                    scale_at(&d->y, f->low), scale_at(&d->y, f->high));
    }
    fputs("\"/>\n", out);
}

/* Where a number was lost, the line is interrupted. */
static void write_line(const struct drawing *d, int series)
{
    FILE *out = d->out;
    bool is_on = false;

    fputs("<path class=\"line\" d=\"", out);
    for (int j = 0; j < d->view.n_xs; j++) {
        const struct figure *f = d->view.figures[series][j];

        if (f == NULL)
            continue;
        if (isfinite(f->median))
            fprintf(out, "%c%.1f %.1f", is_on ? 'L' : 'M',
                    scale_at(&d->x, f->x), scale_at(&d->y, f->median));
        is_on = isfinite(f->median);
    }
    fputs("\"/>\n", out);
}

static void write_points(const struct drawing *d, int series, struct look look)
{
    FILE *out = d->out;

    for (int j = 0; j < d->view.n_xs; j++) {
        const struct figure *f = d->view.figures[series][j];

        if (f == NULL || !isfinite(f->median))
            continue;
        write_point_begin(out, d->view.picture, f);
        write_mark(out, look, scale_at(&d->x, f->x), scale_at(&d->y, f->median),
                   d->view.n_xs > 16 ? 2.5 : 4);
        fputs("</g>\n", out);
    }
}

static void write_label(const struct drawing *d, int series, struct look look)
{
    const struct label *l = &d->labels[series];
    double top = l->y - (l->text.count - 1) * LINE_PX / 2.0;
    FILE *out = d->out;

    if (l->has_line && label_leader(l))
        fprintf(out, "<path class=\"leader\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n",
                l->end_x + 6, l->end_y, l->x - MARK_PX, l->y);
    write_mark(out, look, l->x - 8, l->y, 4);
    write_lines(out, &l->text, l->x, top + 4, "name");
}

void write_picture(FILE *out, const struct experiment *e,
                   const struct picture *p, int width)
{
    struct drawing d = {.out = out, .e = e, .view = view_of(e, p)};

    if (p->shape == BARS) {
        write_bars(out, e, &d.view, width);
        return;
    }
    d.width = width;
    d.x = scale_of_places(&d.view);
    d.y = scale_of_figures(e, &d.view);
    find_plot(&d);
    find_labels(&d);
    write_svg_begin(out, e, &d.view, width, d.height);
    write_axes(&d);
    for (int i = 0; i < d.view.n_series; i++) {
        struct look look = look_of(e, d.view.series[i]);

        write_series_begin(out, look, d.view.series[i]);
        write_spread(&d, i);
        write_line(&d, i);
        write_points(&d, i, look);
        write_label(&d, i, look);
        fputs("</g>\n", out);
    }
    fputs("</svg>\n", out);
}
