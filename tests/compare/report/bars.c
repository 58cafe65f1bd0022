/* tests/compare/report/bars.c - see report.h: a bar for each series, lying, so
 * that names and numbers have room; group by group. */
#include "report.h"

#include <math.h>
#include <string.h>

enum { ROW_PX = 21, GROUP_PX = 24, GAP_PX = 10, AXIS_PX = 24, BAR_PX = 13 };

struct drawing {
    FILE *out;
    const struct experiment *e;
    const struct view *view;
    struct scale scale;
    struct lines y_title, names[MOST_SERIES];
    double top, bottom, height;
    int width;
};

static double row_px(const struct drawing *d, int series)
{
    return fmax(ROW_PX, d->names[series].count * LINE_PX + 4);
}

static bool has_heading(const struct drawing *d, int place)
{
    char text[TEXT_SIZE];

    return heading_text(text, d->view->picture, d->view->xs[place])[0] != '\0';
}

/* Without the series that have no figure here. */
static double group_px(const struct drawing *d, int place)
{
    double height = has_heading(d, place) ? GROUP_PX : 0;

    for (int i = 0; i < d->view->n_series; i++)
        height += d->view->figures[i][place] != NULL ? row_px(d, i) : 0;
    return height + GAP_PX;
}

/* Every second tick goes until their numbers do not touch. */
static void thin_ticks(struct scale *s)
{
    char text[NUMBER_SIZE];
    double need = 0;
    int n;

    for (int i = 0; i < s->n_ticks; i++)
        need = fmax(
            need, text_px(tick_text(text, s->ticks[i]), strlen(text), FONT_PX) +
                      FONT_PX);
    while (s->n_ticks > 2 &&
           scale_at(s, s->ticks[1]) - scale_at(s, s->ticks[0]) < need) {
        n = 0;
        for (int i = 0; i < s->n_ticks; i += 2)
            s->ticks[n++] = s->ticks[i];
        s->n_ticks = n;
    }
}

static void find_places(struct drawing *d)
{
    double names = 0, numbers = 0;
    char text[NUMBER_SIZE];

    for (int i = 0; i < d->view->n_series; i++) {
        d->names[i] = lines_of(d->view->series[i],
                               d->width == WIDE_PX ? 210 : 108, FONT_PX);
        names = fmax(names, d->names[i].width);
    }
    for (int i = 0; i < d->view->n_series; i++)
        for (int j = 0; j < d->view->n_xs; j++) {
            const struct figure *f = d->view->figures[i][j];

            if (f != NULL)
                numbers = fmax(numbers, text_px(shown_text(text, f->median),
                                                strlen(text), FONT_PX));
        }
    d->scale = scale_of_figures(d->e, d->view);
    d->scale.from = names + 10;
    d->scale.to = d->width - numbers - 14;
    thin_ticks(&d->scale);
    d->y_title = lines_of(d->view->picture->y_title, d->width, FONT_PX);
    d->top = (d->y_title.count + AXIS_PX / (double)LINE_PX) * LINE_PX;
    d->bottom = d->top;
    for (int i = 0; i < d->view->n_xs; i++)
        d->bottom += group_px(d, i);
    d->height = d->bottom + 4;
}

/* Its title and numbers stand above, where the eye begins. */
static void write_axis(const struct drawing *d)
{
    char text[NUMBER_SIZE];
    FILE *out = d->out;

    write_lines(out, &d->y_title, 0, FONT_PX, "title");
    for (int i = 0; i < d->scale.n_ticks; i++) {
        double x = scale_at(&d->scale, d->scale.ticks[i]);

        fprintf(out,
                "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>"
                "<text class=\"tick middle\" x=\"%.1f\" y=\"%.1f\">%s"
                "</text>\n",
                x, d->top, d->bottom, x, d->top - 6,
                tick_text(text, d->scale.ticks[i]));
    }
}

static void write_bar(const struct drawing *d, int series,
                      const struct figure *f, double y)
{
    double from = d->scale.from, to = from, end;
    char text[NUMBER_SIZE];
    FILE *out = d->out;

    if (isfinite(f->median))
        to = scale_at(&d->scale, f->median);
    if (!d->view->picture->log_y)
        from = scale_at(&d->scale, 0);
    end = has_spread(f) ? fmax(to, scale_at(&d->scale, f->high)) : to;
    write_series_begin(out, look_of(d->e, f->series), f->series);
    write_lines(out, &d->names[series], 0,
                y + 4 - (d->names[series].count - 1) * LINE_PX / 2.0, "name");
    if (isfinite(f->median)) {
        write_point_begin(out, d->view->picture, f);
        fprintf(out,
                "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                "height=\"%d\"/></g>",
                fmin(from, to), y - BAR_PX / 2.0, fabs(to - from), BAR_PX);
    }
    if (has_spread(f))
        fprintf(out, "<path class=\"whisker\" d=\"M%.1f %.1fH%.1f\"/>",
                scale_at(&d->scale, f->low), y, end);
    fprintf(out, "<text class=\"value\" x=\"%.1f\" y=\"%.1f\">%s</text></g>\n",
            fmax(end, from) + 6, y + 4, shown_text(text, f->median));
}

static void write_group(const struct drawing *d, int place, double y)
{
    const struct picture *p = d->view->picture;
    char text[TEXT_SIZE];
    FILE *out = d->out;

    if (has_heading(d, place)) {
        markup(out, "<text class=\"group\" x=\"0\" y=\"%.1f\">", y + 16);
        if (p->x_title[0] != '\0')
            markup(out, "<tspan>%s: </tspan>", p->x_title);
        markup(out, "%s</text>\n", heading_text(text, p, d->view->xs[place]));
        y += GROUP_PX;
    }
    for (int i = 0; i < d->view->n_series; i++) {
        const struct figure *f = d->view->figures[i][place];

        if (f == NULL)
            continue;
        write_bar(d, i, f, y + row_px(d, i) / 2);
        y += row_px(d, i);
    }
}

void write_bars(FILE *out, const struct experiment *e, const struct view *v,
                int width)
{
    struct drawing d = {.out = out, .e = e, .view = v, .width = width};
    double y;

    find_places(&d);
    y = d.top;
    write_svg_begin(out, e, v, width, d.height);
    write_axis(&d);
    for (int i = 0; i < v->n_xs; i++) {
        write_group(&d, i, y);
        y += group_px(&d, i);
    }
    fputs("</svg>\n", out);
}
