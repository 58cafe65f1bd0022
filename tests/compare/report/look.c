/* tests/compare/report/look.c - see report.h: text and marks. */
#include "report.h"

#include <stdarg.h>
#include <string.h>

/* ---- who looks how ---- */

struct look look_of(const struct experiment *e, const char *series)
{
    /* Those first that differ most. */
    static const int order[STAGES] = {6, 5, 4, 2, 3, 7, 1};
    const char *names[MOST_SERIES + 1];
    int stage = stage_of(series), variant = variant_of(series);
    int n = 0, stages = 0, at;

    if (stage >= 1 && stage <= STAGES)
        return (struct look){stage, 1 + (stage + variant - 1) % STAGES,
                             variant > 0};
    for (int i = 0; i < e->n_figures && n < MOST_SERIES; i++)
        n = add_series(names, n, e->figures[i].series);
    while (stages < n && stage_of(names[stages]) > 0)
        stages++;
    for (at = stages; at < n && strcmp(names[at], series) != 0; at++)
        continue;
    at -= stages;
    if (stages > 0)
        return (struct look){STAGES + 1 + at % OTHER_COLOURS,
                             1 + (at + 5) % STAGES, true};
    return (struct look){order[at % STAGES], order[at % STAGES], at >= STAGES};
}

/* ---- text ---- */

/* HTML has no control characters but white space (the HTML standard, "parsing",
 * control-character-in-input-stream). */
static bool is_forbidden(const char *at)
{
    unsigned char first = (unsigned char)at[0], second = (unsigned char)at[1];

    return (first < ' ' && first != '\t' && first != '\n') || first == 0x7F ||
           (first == 0xC2 && second < 0xA0);
}

static const char *entity_of(char c)
{
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

/* The first `len` bytes, escaped, whole characters. */
static void write_html_part(FILE *out, const char *text, size_t len)
{
    for (size_t at = 0, bytes; at < len; at += bytes) {
        const char *entity = entity_of(text[at]);

        bytes = character_len(text + at);
        if (bytes == 0 || is_forbidden(text + at))
            fputs("\xEF\xBF\xBD", out);
        else if (entity != NULL)
            fputs(entity, out);
        else
            fwrite(text + at, 1, bytes, out);
        bytes = bytes > 0 ? bytes : 1;
    }
}

void markup(FILE *out, const char *format, ...)
{
    va_list arguments;
    const char *text;

    va_start(arguments, format);
    for (; *format != '\0'; format++) {
        size_t len = strcspn(format, "%");

        fwrite(format, 1, len, out);
        format += len;
        if (*format++ == '\0')
            break;
        switch (*format) {
        case 's':
            text = va_arg(arguments, const char *);
            write_html_part(out, text, strlen(text));
            break;
        case 'd': fprintf(out, "%d", va_arg(arguments, int)); break;
        case 'c': fputc(va_arg(arguments, int), out); break;
        case '.':
            fprintf(out, "%.*f", format[1] - '0', va_arg(arguments, double));
            format += 2;
            break;
        default: fputc(*format, out); break; /* of "%%" */
        }
    }
    va_end(arguments);
}

void write_prose(FILE *out, const char *text)
{
    const char *begin, *end;

    while ((begin = strchr(text, '`')) != NULL &&
           (end = strchr(begin + 1, '`')) != NULL) {
        write_html_part(out, text, (size_t)(begin - text));
        fputs("<code>", out);
        write_html_part(out, begin + 1, (size_t)(end - begin - 1));
        fputs("</code>", out);
        text = end + 1;
    }
    markup(out, "%s", text);
}

/* ---- marks ---- */

void write_series_begin(FILE *out, struct look look, const char *name)
{
    markup(out, "<g class=\"s c%d%s\" data-series=\"%s\">\n", look.colour,
           look.is_hollow ? " hollow" : "", name);
}

/* Around 0, 0, with a radius of 1; of about the same area: a plus, a square, a
 * triangle, a diamond, a triangle that points down, a circle, an hourglass. */
static const char *const mark_paths[STAGES] = {
    "M-.35-1H.35V-.35H1V.35H.35V1H-.35V.35H-1V-.35H-.35Z",
    "M-.85-.85H.85V.85H-.85Z",
    "M0-1.1L1.05.8H-1.05Z",
    "M0-1.2L1.05 0L0 1.2L-1.05 0Z",
    "M0 1.1L1.05-.8H-1.05Z",
    "M-.95 0A.95.95 0 0 1 .95 0A.95.95 0 0 1-.95 0Z",
    "M-.9-1H.9L.25 0L.9 1H-.9L-.25 0Z",
};

void write_mark(FILE *out, struct look look, double size)
{
    fprintf(out, "<path class=\"mark\" transform=\"scale(%.2g)\" d=\"%s\"/>",
            size, mark_paths[look.mark - 1]);
}

void write_name(FILE *out, const struct experiment *e, const char *series)
{
    struct look look = look_of(e, series);

    fputs("<svg class=\"key\" viewBox=\"-1.4 -1.4 2.8 2.8\" "
          "aria-hidden=\"true\">",
          out);
    write_series_begin(out, look, series);
    write_mark(out, look, 1);
    markup(out, "</g></svg>%s", series);
}

void write_point(FILE *out, const struct picture *p, const struct figure *f)
{
    char text[TEXT_SIZE], a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE],
        d[NUMBER_SIZE], shown[NUMBER_SIZE];

    heading_text(text, p, f->x);
    markup(out,
           " data-x=\"%s\" data-median=\"%s\" data-low=\"%s\" "
           "data-high=\"%s\"><title>%s%s%s: %s",
           place_text(a, f->x), number_text(b, f->median),
           number_text(c, f->low), number_text(d, f->high), f->series,
           text[0] != '\0' ? ", " : "", text, shown_text(shown, f->median));
    if (has_spread(f))
        markup(out, " (%s to %s, %d rounds)", shown_text(a, f->low),
               shown_text(b, f->high), f->rounds);
    markup(out, "%s%s</title>", f->note[0] != '\0' ? "; " : "", f->note);
}
