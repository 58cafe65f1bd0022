/* tests/compare/results/read.c - see results.h: the files of a folder, as
 * results.c writes them. */
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIELDS = 16 };

/* Cuts a line into its fields, unescaped; returns how many. */
static int split(char *line, char *fields[MOST_FIELDS])
{
    int count = 0;
    char *next;

    for (; line != NULL && count < MOST_FIELDS; line = next) {
        next = strchr(line, '\t');
        if (next != NULL)
            *next++ = '\0';
        unescape(line);
        fields[count++] = line;
    }
    return count;
}

static bool take_picture(struct experiment *e, char *const *words, int count)
{
    return e->n_pictures < MOST_PICTURES &&
           record_take((char *)&e->pictures[e->n_pictures++], &picture_line,
                       words, count);
}

static bool take_figure(struct experiment *e, char *const *words, int count)
{
    struct figure figure = {.rounds = 0};

    return record_take((char *)&figure, &figure_line, words, count) &&
           experiment_add(e, &figure) == 0;
}

static bool take_line(struct experiment *e, struct results *r,
                      char *const *fields, int count)
{
    const char *kind = fields[0];
    char *const *words = fields + 1;

    count--;
    for (int i = 0; i < EXPERIMENT_LINES; i++)
        if (strcmp(kind, experiment_lines[i].kind) == 0)
            return record_take((char *)e, &experiment_lines[i], words, count) &&
                   e->number > 0; /* which comes first */
    if (strcmp(kind, "command") == 0 && count > 0)
        experiment_add_command(e, "%s", words[0]);
    if (strcmp(kind, picture_line.kind) == 0)
        return take_picture(e, words, count);
    if (strcmp(kind, figure_line.kind) == 0)
        return take_figure(e, words, count);
    if (strcmp(kind, fact_line.kind) == 0 && r->n_facts < MOST_FACTS)
        return record_take((char *)&r->facts[r->n_facts++], &fact_line, words,
                           count);
    return true;
}

/* ---- a file ---- */

/* Until the line "end": a file without it was cut off. */
static bool take_file(struct experiment *e, struct results *r, FILE *in)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    bool good = true, ended = false;

    while (good && !ended && (len = getline(&line, &size, in)) > 0) {
        char *fields[MOST_FIELDS];
        int count;

        good = line[len - 1] == '\n' && strlen(line) == (size_t)len;
        line[len - 1] = '\0';
        ended = strcmp(line, "end") == 0;
        count = split(line, fields);
        if (good && !ended)
            good = take_line(e, r, fields, count);
    }
    free(line);
    return good && ended;
}

static int read_file(struct results *r, const char *path)
{
    struct experiment *e = calloc(1, sizeof(*e));
    FILE *in = e != NULL ? fopen(path, "re") : NULL;
    int error = errno;

    if (in != NULL) {
        error = take_file(e, r, in) ? 0 : ferror(in) ? EIO : EPROTO;
        fclose(in);
    }
    if (in != NULL && error == 0 && e->number > 0 &&
        r->n_experiments == MOST_EXPERIMENTS)
        error = EPROTO;
    if (in == NULL || error != 0 || e->number == 0) {
        if (e != NULL)
            experiment_free(e);
        free(e);
        errno = error;
        return error == 0 ? 0 : -1;
    }
    r->experiments[r->n_experiments++] = e;
    return 0;
}

/* ---- the folder ---- */

/* Their names begin with the number, in two digits: so they are read in order.
 * The hidden ones are drafts that nobody has kept. */
static int is_result(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), end = strlen(".result");

    return entry->d_name[0] != '.' && len > end &&
           strcmp(entry->d_name + len - end, ".result") == 0;
}

int results_load(struct results *r, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_result, alphasort), result = 0;
    char path[PATH_SIZE];

    *r = (struct results){.n_facts = 0};
    if (count == -1)
        return -1;
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (result == 0)
            result = read_file(r, path);
        free(entries[i]);
    }
    free(entries);
    if (result == -1) {
        int error = errno;

        results_free(r);
        errno = error;
    }
    return result;
}

void results_free(struct results *r)
{
    for (int i = 0; i < r->n_experiments; i++) {
        experiment_free(r->experiments[i]);
        free(r->experiments[i]);
    }
    r->n_experiments = r->n_facts = 0;
}
