/* tests/compare/results/files.c - see results.h: the results for programs. */
#include "text.h"

#include <string.h>

/* ---- JSON (RFC 8259) --------------------------------------------------- */

/* What is no UTF-8 becomes U+FFFD: JSON knows nothing else. */
static void write_string(FILE *out, const char *text)
{
    size_t len;

    fputc('"', out);
    for (; *text != '\0'; text += len > 0 ? len : 1) {
        len = character_len(text);
        if (len == 0)
            fputs("\\ufffd", out);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned)(unsigned char)*text);
        else
            fwrite(text, 1, len, out);
    }
    fputc('"', out);
}

static void write_member(FILE *out, const char *indent, const char *name,
                         const char *text)
{
    fprintf(out, "%s\"%s\": ", indent, name);
    write_string(out, text);
}

static const char *bool_text(bool value)
{
    return value ? "true" : "false";
}

static void write_point(FILE *out, const struct figure *f)
{
    char x[NUMBER_SIZE], median[NUMBER_SIZE], low[NUMBER_SIZE],
        high[NUMBER_SIZE];

    fprintf(out,
            "{\"x\": %s, \"median\": %s, \"low\": %s, \"high\": %s, "
            "\"rounds\": %d",
            place_text(x, f->x), number_text(median, f->median),
            number_text(low, f->low), number_text(high, f->high), f->rounds);
    if (f->note[0] != '\0')
        write_member(out, ", ", "note", f->note);
    fputc('}', out);
}

static void write_series(FILE *out, const struct experiment *e,
                         const struct view *v, const char *series)
{
    const char *between = "";

    write_member(out, "\n            {", "name", series);
    fputs(", \"points\": [", out);
    for (int i = 0; i < v->n_xs; i++) {
        const struct figure *f =
            figure_of(e, v->picture->letter, series, v->xs[i]);

        if (f == NULL)
            continue;
        fprintf(out, "%s\n              ", between);
        write_point(out, f);
        between = ",";
    }
    fputs("]}", out);
}

static void write_picture(FILE *out, const struct experiment *e,
                          const struct picture *p)
{
    static const char *const shapes[] = {"lines", "bars", "shares"};
    const char letter[] = {p->letter, '\0'};
    const struct view v = view_of(e, p);
    char x[NUMBER_SIZE];

    write_member(out, "\n        {", "letter", letter);
    write_member(out, ", ", "shape", shapes[p->shape]);
    fprintf(out, ", \"log_x\": %s, \"log_y\": %s", bool_text(p->log_x),
            bool_text(p->log_y));
    write_member(out, ",\n          ", "title", p->title);
    write_member(out, ",\n          ", "x_title", p->x_title);
    write_member(out, ",\n          ", "y_title", p->y_title);
    write_member(out, ",\n          ", "groups", p->groups);
    if (p->column[0] != '\0') {
        write_member(out, ",\n          ", "column", p->column);
        fprintf(out, ", \"column_x\": %s", place_text(x, p->column_x));
    }
    fputs(",\n          \"series\": [", out);
    for (int i = 0; i < v.n_series; i++) {
        fputs(i > 0 ? "," : "", out);
        write_series(out, e, &v, v.series[i]);
    }
    fputs("]}", out);
}

static void write_experiment(FILE *out, const struct experiment *e)
{
    char seconds[NUMBER_SIZE];

    fprintf(out, "\n    {\"number\": %d", e->number);
    write_member(out, ", ", "name", e->name);
    write_member(out, ",\n      ", "claim", e->claim);
    write_member(out, ",\n      ", "source", e->source);
    write_member(out, ",\n      ", "verdict", verdict_text(e->verdict));
    write_member(out, ",\n      ", "says", e->says);
    write_member(out, ",\n      ", "asserted", e->asserted);
    fprintf(out, ", \"kept\": %s", bool_text(e->kept));
    write_member(out, ",\n      ", "repeat", e->repeat);
    fprintf(out, ", \"seconds\": %s", number_text(seconds, e->seconds));
    fputs(",\n      \"commands\": [", out);
    for (int i = 0; i < e->n_commands; i++) {
        fputs(i > 0 ? ",\n        " : "\n        ", out);
        write_string(out, e->commands[i]);
    }
    fputs("],\n      \"pictures\": [", out);
    for (int i = 0; i < e->n_pictures; i++) {
        fputs(i > 0 ? "," : "", out);
        write_picture(out, e, &e->pictures[i]);
    }
    fputs("]}", out);
}

int results_write_json(const struct results *r, const char *path)
{
    struct draft d;

    if (draft_open(&d, path) == -1)
        return -1;
    fputs("{\n  \"facts\": [", d.file);
    for (int i = 0; i < r->n_facts; i++) {
        write_member(d.file, i > 0 ? ",\n    {" : "\n    {", "name",
                     r->facts[i].name);
        write_member(d.file, ", ", "value", r->facts[i].value);
        fputc('}', d.file);
    }
    fputs("],\n  \"experiments\": [", d.file);
    for (int i = 0; i < r->n_experiments; i++) {
        fputs(i > 0 ? "," : "", d.file);
        write_experiment(d.file, r->experiments[i]);
    }
    fputs("]\n}\n", d.file);
    return draft_keep(&d);
}

/* ---- TSV --------------------------------------------------------------- */

static void write_row(FILE *out, const struct experiment *e,
                      const struct picture *p, const struct figure *f)
{
    char x[NUMBER_SIZE], median[NUMBER_SIZE], low[NUMBER_SIZE],
        high[NUMBER_SIZE];

    fprintf(out, "%d\t", e->number);
    write_escaped(out, e->name);
    fprintf(out, "\t%c\t", p->letter);
    write_escaped(out, f->series);
    fprintf(out, "\t%s\t", place_text(x, f->x));
    write_escaped(out, p->y_title);
    fprintf(out, "\t%s\t%s\t%s\t%d\t", number_text(median, f->median),
            number_text(low, f->low), number_text(high, f->high), f->rounds);
    write_escaped(out, f->note);
    fputc('\n', out);
}

static void write_rows(FILE *out, const struct experiment *e,
                       const struct picture *p)
{
    const struct view v = view_of(e, p);

    for (int i = 0; i < v.n_series; i++)
        for (int j = 0; j < v.n_xs; j++) {
            const struct figure *f =
                figure_of(e, p->letter, v.series[i], v.xs[j]);

            if (f != NULL)
                write_row(out, e, p, f);
        }
}

int results_write_tsv(const struct results *r, const char *path)
{
    struct draft d;

    if (draft_open(&d, path) == -1)
        return -1;
    fputs("experiment\tname\tpicture\tseries\tx\ty_title\tmedian\tlow\thigh\t"
          "rounds\tnote\n",
          d.file);
    for (int i = 0; i < r->n_experiments; i++)
        for (int j = 0; j < r->experiments[i]->n_pictures; j++)
            write_rows(d.file, r->experiments[i],
                       &r->experiments[i]->pictures[j]);
    return draft_keep(&d);
}
