/* tests/compare/report/bars.c - see report.h: a bar for each series, lying, so
 * that names and numbers have room; group by group. A row is a name, an <svg>
 * with the bar, and the number. */
#include "report.h"

#include <math.h>

/* Of the bars, where the window is wide and where it is as narrow as a phone:
 * what is left between names and numbers. */
enum { BARS_PX = 440, NARROW_BARS_PX = 100 };

static void write_grid_lines(FILE *out, const struct scale *s)
{
    for (int i = 0; i < s->n_ticks; i++) {
        double x = scale_at(s, s->ticks[i]);

        markup(out,
               "<line class=\"grid\" x1=\"%.2f%%\" x2=\"%.2f%%\" "
               "y2=\"100%%\"/>",
               x, x);
    }
}

/* Its numbers stand above, where the eye begins. */
static void write_axis(FILE *out, const struct scale *s)
{
    char text[NUMBER_SIZE];

    fputs("<span></span><svg>", out);
    for (int i = 0; i < s->n_ticks; i++)
        markup(out, "<text class=\"%s\" x=\"%.2f%%\" y=\"16\">%s</text>\n",
               tick_class(s, i), scale_at(s, s->ticks[i]),
               tick_text(text, s->ticks[i]));
    fputs("</svg><span></span>\n", out);
}

static void write_bar(FILE *out, const struct picture *p, const struct scale *s,
                      const struct figure *f)
{
    double from = p->log_y ? s->from : scale_at(s, 0);
    double to = scale_at(s, f->median);

    markup(out, "<g");
    write_point(out, p, f);
    markup(out,
           "<rect class=\"bar\" x=\"%.2f%%\" y=\"50%%\" width=\"%.2f%%\"/></g>",
           fmin(from, to), fabs(to - from));
    if (has_spread(f))
        markup(out,
               "<line class=\"whisker\" x1=\"%.2f%%\" x2=\"%.2f%%\" "
               "y1=\"50%%\" y2=\"50%%\"/>",
               scale_at(s, f->low), scale_at(s, f->high));
}

static void write_row(FILE *out, const struct grid *g, const struct scale *s,
                      const struct figure *f)
{
    char text[NUMBER_SIZE];

    fputs("<span class=\"name\">", out);
    write_name(out, g->from[0], f->series);
    fputs("</span><svg>", out);
    write_grid_lines(out, s);
    write_series_begin(out, look_of(g->from[0], f->series), f->series);
    if (isfinite(f->median))
        write_bar(out, g->picture, s, f);
    markup(out, "</g></svg><span>%s</span>\n", shown_text(text, f->median));
}

void write_bars(FILE *out, const struct grid *g)
{
    const char *x_title = g->picture->x_title;
    struct scale s = scale_of_figures(g);

    s.to = 100;
    scale_thin(&s, NULL, BARS_PX, NARROW_BARS_PX);
    write_axis(out, &s);
    for (int j = 0; j < g->n_columns; j++) {
        if (g->headings[j][0] != '\0')
            markup(out, "<p>%s%s<b>%s</b></p>\n", x_title,
                   x_title[0] != '\0' ? ": " : "", g->headings[j]);
        for (int i = 0; i < g->n_rows; i++)
            if (g->figures[i][j] != NULL)
                write_row(out, g, &s, g->figures[i][j]);
    }
}
