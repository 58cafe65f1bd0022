/* tests/compare/results/results.c - see results.h: one experiment, and its
 * file.
 *
 * The lines of FOLDER/NN-name.result, in this order:
 *
 *     experiment  NUMBER  NAME
 *     claim  TEXT        source  TEXT
 *     verdict  WORDS     says  TEXT       (the words are verdict_text's)
 *     asserted  TEXT     kept  0 or 1
 *     repeat  TEXT       seconds  NUMBER
 *     command  TEXT                       (any number of them)
 *     picture  LETTER  SHAPE  LOG_X  LOG_Y  TITLE  X_TITLE  Y_TITLE  GROUPS
 *              COLUMN  COLUMN_X           (one line, as the next)
 *     figure  LETTER  SERIES  X  MEDIAN  LOW  HIGH  ROUNDS  NOTE
 *     end
 *
 * and of FOLDER/machine.result: fact  NAME  VALUE, and end. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

const char *verdict_text(enum verdict verdict)
{
    switch (verdict) {
    case HOLDS: return "holds";
    case HOLDS_BUT: return "holds, but";
    case DOES_NOT_HOLD: return "does not hold here";
    case NO_DIFFERENCE: return "no difference seen";
    case SKIPPED: return "skipped";
    case NOT_RUN: break;
    }
    return "not run";
}

int experiment_add(struct experiment *e, const struct figure *figure)
{
    int n = e->n_figures;

    /* 16, 32, 64 ...: full whenever the count is one of them. */
    if (n == 0 || (n >= 16 && (n & (n - 1)) == 0)) {
        size_t room = n == 0 ? 16 : 2 * (size_t)n;
        struct figure *more = realloc(e->figures, room * sizeof(*more));

        if (more == NULL)
            return -1;
        e->figures = more;
    }
    e->figures[e->n_figures++] = *figure;
    return 0;
}

void experiment_add_command(struct experiment *e, const char *command)
{
    for (int i = 0; i < e->n_commands; i++)
        if (strncmp(e->commands[i], command, TEXT_SIZE - 1) == 0)
            return;
    if (e->n_commands == MOST_COMMANDS)
        return;
    snprintf(e->commands[e->n_commands++], TEXT_SIZE, "%s", command);
}

const struct figure *figure_of(const struct experiment *e, char picture,
                               const char *series, double x)
{
    for (int i = 0; i < e->n_figures; i++)
        if (e->figures[i].picture == picture && e->figures[i].x == x &&
            strcmp(e->figures[i].series, series) == 0)
            return &e->figures[i];
    return NULL;
}

void experiment_free(struct experiment *e)
{
    free(e->figures);
    e->figures = NULL;
    e->n_figures = 0;
}

/* ---- the file ---------------------------------------------------------- */

static void write_line(FILE *out, const char *kind, const char *text)
{
    fprintf(out, "%s\t", kind);
    write_escaped(out, text);
    fputc('\n', out);
}

static void write_picture(FILE *out, const struct picture *p)
{
    static const char *const shapes[] = {"lines", "bars", "shares"};
    const char *const texts[] = {p->title, p->x_title, p->y_title, p->groups,
                                 p->column};

    fprintf(out, "picture\t%c\t%s\t%d\t%d", p->letter, shapes[p->shape],
            p->log_x, p->log_y);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        fputc('\t', out);
        write_escaped(out, texts[i]);
    }
    fprintf(out, "\t%.17g\n", p->column_x);
}

static void write_figure(FILE *out, const struct figure *f)
{
    fprintf(out, "figure\t%c\t", f->picture);
    write_escaped(out, f->series);
    fprintf(out, "\t%.17g\t%.17g\t%.17g\t%.17g\t%d\t", f->x, f->median, f->low,
            f->high, f->rounds);
    write_escaped(out, f->note);
    fputc('\n', out);
}

int experiment_save(const struct experiment *e, const char *folder)
{
    char path[PATH_SIZE];
    struct draft d;

    snprintf(path, sizeof(path), "%s/%02d-%s.result", folder, e->number,
             e->name);
    if (draft_open(&d, path) == -1)
        return -1;
    fprintf(d.file, "experiment\t%d\t", e->number);
    write_escaped(d.file, e->name);
    fputc('\n', d.file);
    write_line(d.file, "claim", e->claim);
    write_line(d.file, "source", e->source);
    write_line(d.file, "verdict", verdict_text(e->verdict));
    write_line(d.file, "says", e->says);
    write_line(d.file, "asserted", e->asserted);
    fprintf(d.file, "kept\t%d\n", e->kept);
    write_line(d.file, "repeat", e->repeat);
    fprintf(d.file, "seconds\t%.17g\n", e->seconds);
    for (int i = 0; i < e->n_commands; i++)
        write_line(d.file, "command", e->commands[i]);
    for (int i = 0; i < e->n_pictures; i++)
        write_picture(d.file, &e->pictures[i]);
    for (int i = 0; i < e->n_figures; i++)
        write_figure(d.file, &e->figures[i]);
    fputs("end\n", d.file);
    return draft_keep(&d);
}

int facts_save(const struct fact *facts, int count, const char *folder)
{
    char path[PATH_SIZE];
    struct draft d;

    snprintf(path, sizeof(path), "%s/machine.result", folder);
    if (draft_open(&d, path) == -1)
        return -1;
    for (int i = 0; i < count; i++) {
        fputs("fact\t", d.file);
        write_escaped(d.file, facts[i].name);
        fputc('\t', d.file);
        write_escaped(d.file, facts[i].value);
        fputc('\n', d.file);
    }
    fputs("end\n", d.file);
    return draft_keep(&d);
}
