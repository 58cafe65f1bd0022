/* tests/compare/results/json.c - see results.h: the results for programs. */
#include "record.h"

static void write_series(FILE *out, const struct experiment *e,
                         const struct view *v, const char *series)
{
    const char *between = "";

    fputs("\n            {\"name\": ", out);
    write_json_text(out, series);
    fputs(", \"points\": [", out);
    for (int i = 0; i < v->n_xs; i++) {
        const struct figure *f =
            figure_of(e, v->picture->letter, series, v->xs[i]);

        if (f == NULL)
            continue;
        fprintf(out, "%s\n              {", between);
        record_write_json(out, &figure_line, (const char *)f);
        fputc('}', out);
        between = ",";
    }
    fputs("]}", out);
}

static void write_picture(FILE *out, const struct experiment *e,
                          const struct picture *p)
{
    const struct view v = view_of(e, p);

    fputs("\n        {", out);
    record_write_json(out, &picture_line, (const char *)p);
    fputs(",\n          \"series\": [", out);
    for (int i = 0; i < v.n_series; i++) {
        fputs(i > 0 ? "," : "", out);
        write_series(out, e, &v, v.series[i]);
    }
    fputs("]}", out);
}

static void write_experiment(FILE *out, const struct experiment *e)
{
    fprintf(out, "\n    {\"number\": %d, \"name\": ", e->number);
    write_json_text(out, e->name);
    for (int i = 0; i < EXPERIMENT_LINES; i++) {
        fputs(",\n      ", out);
        record_write_json(out, &experiment_lines[i], (const char *)e);
    }
    fputs(",\n      \"commands\": [", out);
    for (int i = 0; i < e->n_commands; i++) {
        fputs(i > 0 ? ",\n        " : "\n        ", out);
        write_json_text(out, e->commands[i]);
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
        fputs(i > 0 ? ",\n    {" : "\n    {", d.file);
        record_write_json(d.file, &fact_line, (const char *)&r->facts[i]);
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
