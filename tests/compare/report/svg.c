/* tests/compare/report/svg.c - see report.h: what lines and bars have in
 * common. */
#include "report.h"

#include <math.h>
#include <string.h>

/* For those who do not see it: what each line begins and ends with. */
static void write_description(FILE *out, const struct view *v)
{
    char text[TEXT_SIZE], number[NUMBER_SIZE];

    markup(out, "%s%s%s.", v->picture->y_title,
           v->picture->x_title[0] != '\0' ? ", by " : "", v->picture->x_title);
    for (int i = 0; i < v->n_series; i++) {
        bool first = true;

        markup(out, " %s", v->series[i]);
        for (int j = 0; j < v->n_xs; j++) {
            const struct figure *f = v->figures[i][j];

            if (f == NULL || !isfinite(f->median))
                continue;
            markup(out, "%s%s (%s)", first ? ": " : ", ",
                   shown_text(number, f->median),
                   heading_text(text, v->picture, f->x));
            first = false;
        }
        fputc('.', out);
    }
}

void write_svg_begin(FILE *out, const struct experiment *e,
                     const struct view *v, int width, double height)
{
    const char *kind = width == WIDE_PX ? "wide" : "narrow";
    char where[NAME_SIZE];

    snprintf(where, sizeof(where), "%d%c-%s", e->number, v->picture->letter,
             kind);
    markup(out,
           "<svg class=\"%s\" role=\"img\" viewBox=\"0 0 %d %.0f\" "
           "width=\"%d\" height=\"%.0f\" data-experiment=\"%d\" "
           "data-picture=\"%c\" aria-labelledby=\"t%s d%s\">\n"
           "<title id=\"t%s\">%s</title>\n<desc id=\"d%s\">",
           kind, width, height, width, height, e->number, v->picture->letter,
           where, where, where, v->picture->title, where);
    write_description(out, v);
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

void write_point_begin(FILE *out, const struct picture *p,
                       const struct figure *f)
{
    char text[TEXT_SIZE], a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE],
        d[NUMBER_SIZE], shown[NUMBER_SIZE];

    heading_text(text, p, f->x);
    markup(out,
           "<g class=\"point\" data-x=\"%s\" data-median=\"%s\" "
           "data-low=\"%s\" data-high=\"%s\"><title>%s%s%s: %s",
           place_text(a, f->x), number_text(b, f->median),
           number_text(c, f->low), number_text(d, f->high), f->series,
           text[0] != '\0' ? ", " : "", text, shown_text(shown, f->median));
    if (has_spread(f))
        markup(out, " (%s to %s, %d rounds)", shown_text(a, f->low),
               shown_text(b, f->high), f->rounds);
    markup(out, "%s%s</title>", f->note[0] != '\0' ? "; " : "", f->note);
}
