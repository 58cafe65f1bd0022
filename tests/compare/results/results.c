/* tests/compare/results/results.c - see results.h: one experiment, and its
 * file.
 *
 * The lines of FOLDER/NN-name.result, in this order: those of record.c's
 * tables, with any number of "command  TEXT", pictures and figures; end.
 *
 * and of FOLDER/machine.result: fact  NAME  VALUE, and end. */
#include "record.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int experiment_add(struct experiment *e, const struct figure *figure)
{
    size_t count = (size_t)e->n_figures + 1;
    struct figure *more = realloc(e->figures, count * sizeof(*more));

    if (more == NULL)
        return -1;
    e->figures = more;
    e->figures[e->n_figures++] = *figure;
    return 0;
}

void experiment_add_command(struct experiment *e, const char *format, ...)
{
    char command[TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    for (int i = 0; i < e->n_commands; i++)
        if (strcmp(e->commands[i], command) == 0)
            return;
    if (e->n_commands < MOST_COMMANDS)
        strcpy(e->commands[e->n_commands++], command);
}

struct picture *add_picture(struct experiment *e, struct picture like)
{
    struct picture *p = &e->pictures[e->n_pictures];

    assert(e->n_pictures < MOST_PICTURES);
    like.letter = (char)('a' + e->n_pictures++);
    *p = like;
    return p;
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

/* ---- the file ---- */

int experiment_save(const struct experiment *e, const char *folder)
{
    char path[PATH_SIZE];
    struct draft d;

    snprintf(path, sizeof(path), "%s/%02d-%s.result", folder, e->number,
             e->name);
    if (draft_open(&d, path) == -1)
        return -1;
    for (int i = 0; i < EXPERIMENT_LINES; i++)
        record_write(d.file, &experiment_lines[i], (const char *)e);
    for (int i = 0; i < e->n_commands; i++) {
        fputs("command\t", d.file);
        write_escaped(d.file, e->commands[i]);
        fputc('\n', d.file);
    }
    for (int i = 0; i < e->n_pictures; i++)
        record_write(d.file, &picture_line, (const char *)&e->pictures[i]);
    for (int i = 0; i < e->n_figures; i++)
        record_write(d.file, &figure_line, (const char *)&e->figures[i]);
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
    for (int i = 0; i < count; i++)
        record_write(d.file, &fact_line, (const char *)&facts[i]);
    fputs("end\n", d.file);
    return draft_keep(&d);
}
