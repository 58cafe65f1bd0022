/* tests/compare/results/read.c - see results.h: the files of a folder, as
 * results.c writes them. */
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIELDS = 16 };

/* A line in its fields, unescaped. */
struct fields {
    const char *at[MOST_FIELDS];
    int count;
};

static struct fields split(char *line)
{
    struct fields f = {.count = 0};
    char *next;

    for (; line != NULL && f.count < MOST_FIELDS; line = next) {
        next = strchr(line, '\t');
        if (next != NULL)
            *next++ = '\0';
        unescape(line);
        f.at[f.count++] = line;
    }
    return f;
}

/* What does not fit is cut off, though results.c writes nothing that long. */
static bool take_text(char *to, size_t size, const struct fields *f, int at)
{
    if (at >= f->count)
        return false;
    snprintf(to, size, "%s", f->at[at]);
    return true;
}

static bool take_number(double *to, const struct fields *f, int at)
{
    char *end;

    if (at >= f->count)
        return false;
    *to = strtod(f->at[at], &end);
    return end != f->at[at] && *end == '\0';
}

static bool take_int(int *to, const struct fields *f, int at)
{
    double number;

    if (!take_number(&number, f, at) || !(number >= 0 && number <= 1e9))
        return false;
    *to = (int)number;
    return true;
}

static bool take_bool(bool *to, const struct fields *f, int at)
{
    int number = 0;

    if (!take_int(&number, f, at))
        return false;
    *to = number != 0;
    return true;
}

static bool take_letter(char *to, const struct fields *f, int at)
{
    if (at >= f->count || strlen(f->at[at]) != 1)
        return false;
    *to = f->at[at][0];
    return true;
}

static bool take_shape(enum shape *to, const struct fields *f, int at)
{
    if (at >= f->count)
        return false;
    if (strcmp(f->at[at], "lines") == 0)
        *to = LINES;
    else if (strcmp(f->at[at], "bars") == 0)
        *to = BARS;
    else if (strcmp(f->at[at], "shares") == 0)
        *to = SHARES;
    else
        return false;
    return true;
}

static bool take_verdict(enum verdict *to, const struct fields *f)
{
    for (enum verdict v = NOT_RUN; f->count > 1 && v <= SKIPPED; v++)
        if (strcmp(f->at[1], verdict_text(v)) == 0) {
            *to = v;
            return true;
        }
    return false;
}

static bool take_picture(struct experiment *e, const struct fields *f)
{
    struct picture p = {.shape = LINES};

    if (e->n_pictures == MOST_PICTURES || !take_letter(&p.letter, f, 1) ||
        !take_shape(&p.shape, f, 2) || !take_bool(&p.log_x, f, 3) ||
        !take_bool(&p.log_y, f, 4) ||
        !take_text(p.title, sizeof(p.title), f, 5) ||
        !take_text(p.x_title, sizeof(p.x_title), f, 6) ||
        !take_text(p.y_title, sizeof(p.y_title), f, 7) ||
        !take_text(p.groups, sizeof(p.groups), f, 8) ||
        !take_text(p.column, sizeof(p.column), f, 9) ||
        !take_number(&p.column_x, f, 10))
        return false;
    e->pictures[e->n_pictures++] = p;
    return true;
}

static bool take_figure(struct experiment *e, const struct fields *f)
{
    struct figure figure = {.rounds = 0};

    return take_letter(&figure.picture, f, 1) &&
           take_text(figure.series, sizeof(figure.series), f, 2) &&
           take_number(&figure.x, f, 3) && take_number(&figure.median, f, 4) &&
           take_number(&figure.low, f, 5) && take_number(&figure.high, f, 6) &&
           take_int(&figure.rounds, f, 7) &&
           take_text(figure.note, sizeof(figure.note), f, 8) &&
           experiment_add(e, &figure) == 0;
}

/* ---- a file ------------------------------------------------------------ */

static bool take_text_line(struct experiment *e, const struct fields *f,
                           bool *known)
{
    const struct {
        const char *kind;
        char *to;
        size_t size;
    } texts[] = {{"claim", e->claim, sizeof(e->claim)},
                 {"source", e->source, sizeof(e->source)},
                 {"says", e->says, sizeof(e->says)},
                 {"asserted", e->asserted, sizeof(e->asserted)},
                 {"repeat", e->repeat, sizeof(e->repeat)}};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(f->at[0], texts[i].kind) == 0)
            return take_text(texts[i].to, texts[i].size, f, 1);
    *known = false;
    return true;
}

static bool take_line(struct experiment *e, struct results *r,
                      const struct fields *f)
{
    const char *kind = f->at[0];
    bool known = true, good = take_text_line(e, f, &known);

    if (known)
        return good;
    if (strcmp(kind, "experiment") == 0)
        return take_int(&e->number, f, 1) && e->number > 0 &&
               take_text(e->name, sizeof(e->name), f, 2);
    if (strcmp(kind, "verdict") == 0)
        return take_verdict(&e->verdict, f);
    if (strcmp(kind, "kept") == 0)
        return take_bool(&e->kept, f, 1);
    if (strcmp(kind, "seconds") == 0)
        return take_number(&e->seconds, f, 1);
    if (strcmp(kind, "command") == 0 && f->count > 1)
        experiment_add_command(e, f->at[1]);
    if (strcmp(kind, "picture") == 0)
        return take_picture(e, f);
    if (strcmp(kind, "figure") == 0)
        return take_figure(e, f);
    if (strcmp(kind, "fact") == 0 && r->n_facts < MOST_FACTS) {
        struct fact *fact = &r->facts[r->n_facts++];

        return take_text(fact->name, sizeof(fact->name), f, 1) &&
               take_text(fact->value, sizeof(fact->value), f, 2);
    }
    return true;
}

/* Until the line "end": a file without it was cut off. */
static bool take_file(struct experiment *e, struct results *r, FILE *in)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    bool good = true, ended = false;

    while (good && !ended && (len = getline(&line, &size, in)) > 0) {
        struct fields f;

        good = line[len - 1] == '\n' && strlen(line) == (size_t)len;
        line[len - 1] = '\0';
        ended = strcmp(line, "end") == 0;
        f = split(line);
        if (good && !ended)
            good = take_line(e, r, &f);
    }
    free(line);
    return good && ended;
}

static int read_file(struct results *r, const char *path)
{
    struct experiment *e = calloc(1, sizeof(*e));
    FILE *in = e != NULL ? fopen(path, "re") : NULL;
    int error = errno, at = r->n_experiments;

    if (in != NULL) {
        error = take_file(e, r, in) ? 0 : ferror(in) ? EIO : EPROTO;
        fclose(in);
    }
    if (in != NULL && error == 0 && e->number > 0 && at == MOST_EXPERIMENTS)
        error = EPROTO;
    if (in == NULL || error != 0 || e->number == 0) {
        if (e != NULL)
            experiment_free(e);
        free(e);
        errno = error;
        return error == 0 ? 0 : -1;
    }
    for (; at > 0 && r->experiments[at - 1]->number > e->number; at--)
        r->experiments[at] = r->experiments[at - 1];
    r->experiments[at] = e;
    r->n_experiments++;
    return 0;
}

/* ---- the folder -------------------------------------------------------- */

/* The hidden ones are drafts that nobody has kept. */
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
