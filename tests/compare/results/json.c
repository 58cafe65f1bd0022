/* tests/compare/results/json.c - see results.h: the results for programs. */
#include "record.h"

/* ,"name": [{...}, {...}] of so many structs of this size. */
static void write_array(FILE *out, const char *name, const struct record *r,
                        const char *from, size_t size, int count)
{
    fprintf(out, ",\n     \"%s\": [", name);
    for (int i = 0; i < count; i++) {
        fputs(i > 0 ? ",\n       {" : "\n       {", out);
        record_write_json(out, r, from + (size_t)i * size);
        fputc('}', out);
    }
    fputc(']', out);
}

static void write_experiment(FILE *out, const struct experiment *e)
{
    for (int i = 0; i < EXPERIMENT_LINES; i++) {
        fputs(i > 0 ? ",\n     " : "    {", out);
        record_write_json(out, &experiment_lines[i], (const char *)e);
    }
    fputs(",\n     \"commands\": [", out);
    for (int i = 0; i < e->n_commands; i++) {
        fputs(i > 0 ? ",\n       " : "\n       ", out);
        write_json_text(out, e->commands[i]);
    }
    fputc(']', out);
    write_array(out, "pictures", &picture_line, (const char *)e->pictures,
                sizeof(e->pictures[0]), e->n_pictures);
    write_array(out, "figures", &figure_line, (const char *)e->figures,
                sizeof(e->figures[0]), e->n_figures);
    fputc('}', out);
}

int results_write_json(const struct results *r, const char *path)
{
    struct draft d;

    if (draft_open(&d, path) == -1)
        return -1;
    fputs("{\"experiments\": [\n", d.file);
    for (int i = 0; i < r->n_experiments; i++) {
        fputs(i > 0 ? ",\n" : "", d.file);
        write_experiment(d.file, r->experiments[i]);
    }
    fputs("]", d.file);
    write_array(d.file, "facts", &fact_line, (const char *)r->facts,
                sizeof(r->facts[0]), r->n_facts);
    fputs("}\n", d.file);
    return draft_keep(&d);
}
