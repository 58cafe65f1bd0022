/* tests/mutants/mutant.c - see mutant.h: texts are read and applied. */
#include "mutant.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "servers.h"

void give_up(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "mutate: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    exit(EXIT_FAILURE);
}

static void *must(void *memory)
{
    if (memory == NULL)
        give_up("no memory");
    return memory;
}

static char *copy(const char *text, size_t len)
{
    char *made = must(malloc(len + 1));

    memcpy(made, text, len);
    made[len] = '\0';
    return made;
}

/* Text that grows. */
static void append(char **text, const char *more, size_t len)
{
    size_t have = *text == NULL ? 0 : strlen(*text);

    *text = must(realloc(*text, have + len + 1));
    memcpy(*text + have, more, len);
    (*text)[have + len] = '\0';
}

void text_begin(struct text *t)
{
    t->out = must(open_memstream(&t->bytes, &t->len));
}

void text_end(struct text *t)
{
    if (fclose(t->out) == EOF)
        give_up("no memory");
}

char *file_read(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = copy("", 0);
    char piece[4096];
    size_t n;

    if (f == NULL)
        give_up("%s: %s", path, strerror(errno));
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        append(&text, piece, n);
    fclose(f);
    return text;
}

/* ---- reading ---- */

struct reader {
    const char *path;
    int line;
    struct mutant m;
    struct part *part; /* NULL before the first "in" */
    bool in_change;    /* the line above belonged to one */
    char **continued;  /* what a line with two blanks goes on with */
};

static _Noreturn void reject(const struct reader *r, const char *why)
{
    give_up("%s:%d: %s", r->path, r->line, why);
}

/* "in 01-blocking 02-fork: server.c" */
static void begin_part(struct reader *r, const char *rest)
{
    const char *colon = strchr(rest, ':');
    char *words;
    int n = 0;

    if (colon == NULL || colon[1] != ' ' || colon[2] == '\0')
        reject(r, "expected \"in SERVER...: SOURCE\"");
    if (r->m.n_parts == MAX_PARTS)
        reject(r, "too many parts");
    r->part = &r->m.parts[r->m.n_parts++];
    r->part->source = copy(colon + 2, strlen(colon + 2));
    r->part->deadline_ms = DEADLINE_MS;
    r->continued = NULL;

    words = copy(rest, (size_t)(colon - rest));
    for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " ")) {
        const struct server_info *server = server_named(w);

        if (server == NULL || strcmp(server->name, w) != 0)
            reject(r, "a server that is not in the list");
        if (n == MAX_SERVERS - 1)
            reject(r, "too many servers");
        r->part->servers[n++] = w;
    }
    if (n == 0)
        reject(r, "no server");
}

static void read_key_of_part(struct reader *r, const char *key,
                             const char *value)
{
    if (strcmp(key, "test") == 0)
        r->part->test = copy(value, strlen(value));
    else if (strcmp(key, "says") == 0)
        r->part->says = copy(value, strlen(value));
    else if (strcmp(key, "begins") == 0 && strcmp(value, "never") == 0)
        r->part->never_begins = true;
    else if (strcmp(key, "deadline") == 0)
        r->part->deadline_ms = atoi(value);
    else
        reject(r, "no such key");
}

/* What the key of a text fills, NULL if there is no such key. */
static char **field_of(struct mutant *m, const char *key)
{
    if (strcmp(key, "bug") == 0)
        return &m->bug;
    if (strcmp(key, "seen") == 0)
        return &m->seen;
    if (strcmp(key, "from") == 0)
        return &m->from;
    return NULL;
}

static void read_key(struct reader *r, const char *line)
{
    const char *colon = strstr(line, ": ");
    char *key;

    if (colon == NULL)
        reject(r, "neither a key nor a change");
    key = copy(line, (size_t)(colon - line));
    colon += 2;
    if (r->part != NULL) {
        read_key_of_part(r, key, colon);
        free(key);
        return;
    }
    r->continued = field_of(&r->m, key);
    free(key);
    if (r->continued == NULL || *r->continued != NULL)
        reject(r, "no such key, or twice");
    *r->continued = copy(colon, strlen(colon));
}

static void append_line(char **text, const char *line)
{
    append(text, line, strlen(line));
    append(text, "\n", 1);
}

static void read_change(struct reader *r, const char *line)
{
    struct change *c;

    if (!r->in_change) {
        if (r->part->n_changes == MAX_CHANGES)
            reject(r, "too many changes");
        r->part->n_changes++;
    }
    c = &r->part->changes[r->part->n_changes - 1];
    if (line[0] != '+')
        append_line(&c->old_lines, line + 1);
    if (line[0] != '-')
        append_line(&c->new_lines, line + 1);
    r->in_change = true;
}

static void read_line(struct reader *r, const char *line)
{
    bool is_change = r->part != NULL && strchr("+- ", line[0]) != NULL;

    if (line[0] == '\0')
        r->in_change = false;
    else if (is_change)
        read_change(r, line);
    else if (strncmp(line, "  ", 2) == 0 && r->continued != NULL)
        append(r->continued, line + 1, strlen(line + 1));
    else if (strncmp(line, "in ", 3) == 0)
        begin_part(r, line + 3);
    else
        read_key(r, line);
}

static void check_whole(const struct reader *r)
{
    const struct mutant *m = &r->m;

    if (m->bug == NULL || m->seen == NULL || m->from == NULL)
        give_up("%s: bug, seen and from must be said", r->path);
    if (m->n_parts == 0)
        give_up("%s: no source", r->path);
    for (int i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];

        if (p->test == NULL || p->n_changes == 0)
            give_up("%s: a test and a change for %s", r->path, p->source);
        for (int k = 0; k < p->n_changes; k++)
            if (p->changes[k].old_lines == NULL)
                give_up("%s: nothing to be found in a change", r->path);
    }
}

/* ".../leaving/eof-ignored.mutant" */
static void name_mutant(struct reader *r)
{
    const char *file = strrchr(r->path, '/');
    const char *folder = file;

    if (file == NULL || strlen(file) < strlen("/x.mutant"))
        give_up("%s: expected FOLDER/NAME.mutant", r->path);
    while (folder > r->path && folder[-1] != '/')
        folder--;
    r->m.group = copy(folder, (size_t)(file - folder));
    r->m.name = copy(file + 1, strlen(file + 1) - strlen(".mutant"));
}

struct mutant mutant_read(const char *path)
{
    struct reader r = {.path = path};
    char *text = file_read(path), *next;

    name_mutant(&r);
    for (char *line = text; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        r.line++;
        read_line(&r, line);
    }
    free(text);
    check_whole(&r);
    return r.m;
}

static void free_part(struct part *part)
{
    free(part->servers[0]); /* all of them stand in one string */
    free(part->test);
    free(part->source);
    free(part->says);
    for (int i = 0; i < part->n_changes; i++) {
        free(part->changes[i].old_lines);
        free(part->changes[i].new_lines);
    }
}

void mutant_free(struct mutant *m)
{
    for (int i = 0; i < m->n_parts; i++)
        free_part(&m->parts[i]);
    free(m->group);
    free(m->name);
    free(m->bug);
    free(m->seen);
    free(m->from);
}

void mutants_free(struct mutant *mutants, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mutant_free(&mutants[i]);
    free(mutants);
}

/* ---- all of them ---- */

struct mutant *mutants_read(const char *root, size_t *count)
{
    struct mutant *list;
    char pattern[1024];
    glob_t found;

    snprintf(pattern, sizeof(pattern), "%s/tests/mutants/*/*.mutant", root);
    if (glob(pattern, 0, NULL, &found) != 0)
        give_up("%s: none found", pattern);
    list = must(calloc(found.gl_pathc, sizeof(*list)));
    for (size_t i = 0; i < found.gl_pathc; i++)
        list[i] = mutant_read(found.gl_pathv[i]);
    *count = found.gl_pathc;
    globfree(&found);
    return list;
}

const struct part *mutant_part(const struct mutant *m, const char *server)
{
    for (int i = 0; i < m->n_parts; i++)
        for (int k = 0; m->parts[i].servers[k] != NULL; k++)
            if (strcmp(m->parts[i].servers[k], server) == 0)
                return &m->parts[i];
    return NULL;
}

const char *part_source(const struct part *part, const char *server)
{
    static char path[256];
    const struct server_info *info = server_named(server);
    int folder_len = (int)(strrchr(info->source, '/') + 1 - info->source);

    if (strcmp(part->source, "server.c") == 0)
        return info->source;
    if (strchr(part->source, '/') != NULL)
        return part->source;
    snprintf(path, sizeof(path), "%.*s%s", folder_len, info->source,
             part->source);
    return path;
}

/* ---- applying ---- */

/* Where the lines stand as whole lines; *times is how often. */
static const char *find_lines(const char *source, const char *lines, int *times)
{
    const char *found = NULL;
    const char *at = strstr(source, lines);

    *times = 0;
    while (at != NULL) {
        if (at == source || at[-1] == '\n') {
            found = at;
            *times += 1;
        }
        at = strstr(at + 1, lines);
    }
    return found;
}

static char *apply(const struct change *change, const char *source,
                   const char **why)
{
    static char message[2048];
    char *result = NULL;
    const char *at;
    int times;

    at = find_lines(source, change->old_lines, &times);
    if (times != 1) {
        snprintf(message, sizeof(message), "found %d times, not once:\n%s",
                 times, change->old_lines);
        *why = message;
        return NULL;
    }
    append(&result, source, (size_t)(at - source));
    if (change->new_lines != NULL)
        append(&result, change->new_lines, strlen(change->new_lines));
    at += strlen(change->old_lines);
    append(&result, at, strlen(at));
    return result;
}

char *part_apply(const struct part *part, const char *source, const char **why)
{
    char *text = copy(source, strlen(source));

    for (int i = 0; i < part->n_changes && text != NULL; i++) {
        char *changed = apply(&part->changes[i], text, why);

        free(text);
        text = changed;
    }
    return text;
}
