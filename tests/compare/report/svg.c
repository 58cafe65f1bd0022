/* tests/compare/report/svg.c - see report.h: what lines and bars have in
 * common. */
#include "report.h"

#include <math.h>
#include <string.h>

/* For those who do not see it: what each line begins and ends with. */
static void write_description(FILE *out, const struct experiment *e,
                              const struct view *v)
{
    char text[TEXT_SIZE], number[NUMBER_SIZE];

    write_html(out, v->picture->y_title);
    if (v->picture->x_title[0] != '\0') {
        fputs(", by ", out);
        write_html(out, v->picture->x_title);
    }
    fputc('.', out);
    for (int i = 0; i < v->n_series; i++) {
        bool first = true;

        fputc(' ', out);
        write_html(out, v->series[i]);
        for (int j = 0; j < v->n_xs; j++) {
            const struct figure *f =
                figure_of(e, v->picture->letter, v->series[i], v->xs[j]);

            if (f == NULL || !isfinite(f->median))
                continue;
            fprintf(out, "%s%s (", first ? ": " : ", ",
                    shown_text(number, f->median));
            write_html(out, heading_text(text, v->picture, f->x));
            fputc(')', out);
            first = false;
        }
        fputc('.', out);
    }
}

void write_svg_begin(const struct page *page, const struct experiment *e,
                     const struct view *v, int width, double height)
{
    const char *kind = width == WIDE_PX ? "wide" : "narrow";
    FILE *out = page->out;

    fprintf(out,
            "<svg class=\"%s\" role=\"img\" viewBox=\"0 0 %d %.0f\" "
            "width=\"%d\" height=\"%.0f\" data-experiment=\"%d\" "
            "data-picture=\"%c\" aria-labelledby=\"t%d%c-%s d%d%c-%s\">\n"
            "<title id=\"t%d%c-%s\">",
            kind, width, height, width, height, e->number, v->picture->letter,
            e->number, v->picture->letter, kind, e->number, v->picture->letter,
            kind, e->number, v->picture->letter, kind);
    write_html(out, v->picture->title);
    fprintf(out, "</title>\n<desc id=\"d%d%c-%s\">", e->number,
            v->picture->letter, kind);
    write_description(out, e, v);
    fputs("</desc>\n", out);
}

void write_lines(FILE *out, const struct lines *lines, double x, double y,
                 const char *class_name)
{
    fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class_name, x, y);
    for (int i = 0; i < lines->count; i++) {
        if (i > 0)
            fprintf(out, "<tspan x=\"%.1f\" dy=\"%d\">", x, LINE_PX);
        write_html_part(out, lines->at[i], lines->len[i]);
        fputs(i > 0 ? "</tspan>" : "", out);
    }
    fputs("</text>\n", out);
}

void write_figure_data(FILE *out, const struct figure *f)
{
    char x[NUMBER_SIZE], median[NUMBER_SIZE], low[NUMBER_SIZE],
        high[NUMBER_SIZE];

    fprintf(out,
            " data-x=\"%s\" data-median=\"%s\" data-low=\"%s\" "
            "data-high=\"%s\"",
            place_text(x, f->x), number_text(median, f->median),
            number_text(low, f->low), number_text(high, f->high));
}

void write_figure_title(FILE *out, const struct picture *p,
                        const struct figure *f)
{
    char text[TEXT_SIZE], a[NUMBER_SIZE], b[NUMBER_SIZE];

    fputs("<title>", out);
    write_html(out, f->series);
    if (heading_text(text, p, f->x)[0] != '\0')
        fputs(", ", out);
    write_html(out, text);
    fprintf(out, ": %s", shown_text(a, f->median));
    if (has_spread(f))
        fprintf(out, " (%s to %s, %d rounds)", shown_text(a, f->low),
                shown_text(b, f->high), f->rounds);
    if (f->note[0] != '\0') {
        fputs("; ", out);
        write_html(out, f->note);
    }
    fputs("</title>", out);
}
