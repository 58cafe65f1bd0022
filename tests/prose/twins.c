/*
 * tests/prose/twins.c - a function of one name in two servers, or in two
 * clients, is the same to the byte, its comment included; so is a static of the
 * file, but for how its line is broken. Then the diff between neighbours is the
 * lesson.
 *
 * Where it is not the same the tables below say who shares which text, and
 * why. A server in none of the groups has the text of its neighbour, so a new
 * variant needs no entry. main() is nobody's twin.
 */
#include <stdio.h>
#include <string.h>

#include "prose.h"

struct exception {
    const char *name;
    const char *groups; /* servers as in "06/edge"; "|" between the groups */
    const char *reason;
};

static const struct exception in_servers[] = {
    {"on_stop", "01 | 03 07/kv-server", "03 has a wait for a place to end"},
    {"converse", "01 02 03 | 07/kv-server", "kv-server's is in kv_talk.c"},
    {"serve_client", "04 | 05 | 06 07", "what follows a step: the wait's own"},
    {"wants_write", "04 05 06 | 07", "a buffer holds what 07 owes"},
    {"conn_write", "04 05 06 | 07", "a buffer holds what 07 owes"},
    {"conn_read", "04 05 06 | 07", "07 keeps the beginning of a frame"},
    {"conn_open", "04 05 06 | 07", "no service of 07 speaks first"},
    {"conn_close", "04 05 06 | 07", "07 has two buffers to free"},
    {"add_client", "04 | 05 | 06 07", "how the kernel is told of a client"},
    {"serve_ready", "04 | 05 | 06 07", "what the kernel says of who is ready"},
    {"serve_round", "04 | 05 | 06 07", "the call that waits"},
    {"close_overdue", "04 06 07 | 05", "05 has a list without gaps"},
    {"conns", "04 | 05 | 06 07", "what a client's place is the number of"},
    {"max_fd", "04 | 06 07", "select looks at more than the clients"},
};

static const struct exception in_clients[] = {
    {"read_input", "01 | 04 05 06 | 07", "lines, what comes, frames"},
    {"sender", "02 | 03", "a process, or a thread"},
    {"start_sender", "02 | 03", "a process, or a thread"},
    {"live_as_sender", "02 | 03", "a process, or a thread"},
    {"end_sender", "02 | 03", "a process, or a thread"},
    {"wants_input", "04 05 06 | 07", "07 reads lines"},
    {"wants_write", "04 05 06 | 07", "a buffer holds what 07 owes"},
    {"conn_write", "04 05 06 | 07", "a buffer holds what 07 owes"},
    {"conn_read", "04 05 06 | 07", "07 shows frames"},
    {"conn_close", "04 05 06 | 07", "07 has buffers to free"},
    {"serve_round", "04 | 05 | 06 07", "the call that waits"},
};

/* All servers, or all clients. */
struct kind {
    const char *what;
    const struct exception *exceptions;
    size_t count;
    const char *(*source)(const struct server_info *s); /* NULL: it has none */
};

static const char *server_source(const struct server_info *s)
{
    return s->source;
}

static const struct kind kinds[] = {
    {"servers", in_servers, CHECK_COUNT(in_servers), server_source},
    {"clients", in_clients, CHECK_COUNT(in_clients), client_source},
};

static const struct exception *exception_of(const struct kind *k,
                                            const char *name)
{
    for (size_t i = 0; i < k->count; i++)
        if (strcmp(k->exceptions[i].name, name) == 0)
            return &k->exceptions[i];
    return NULL;
}

/* A function or a static, and where it stands. */
struct twin {
    struct text file;
    size_t first, end;
    bool is_variable;
};

static bool find_variable(const struct text *t, const char *name,
                          struct variable *v)
{
    *v = (struct variable){.end = 0};
    while (next_variable(t, v->end, v))
        if (strcmp(v->name, name) == 0)
            return true;
    return false;
}

static bool find_twin(const struct kind *k, const struct server_info *s,
                      const char *name, struct twin *found)
{
    struct function f;
    struct variable v;

    if (k->source(s) == NULL)
        return false;
    *found = (struct twin){.file = read_text("%s", k->source(s))};
    if (find_function(&found->file, name, &f)) {
        found->first = f.comment;
        found->end = f.end;
        return true;
    }
    if (find_variable(&found->file, name, &v)) {
        found->first = v.first;
        found->end = v.end;
        found->is_variable = true;
        return true;
    }
    return false;
}

/* A static and its comment without columns and breaks: those depend on the
 * lines around it. */
static char *in_one_line(const struct twin *v)
{
    char *line = keep_format("%s", "");

    for (size_t i = v->first; i < v->end; i++) {
        char *words = keep_format("%s", v->file.lines[i]);

        for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
            line = keep_format("%s %s", line, w);
    }
    return line;
}

/* The first line in which they differ, counted from their beginnings, or -1. */
static int difference(const struct twin *a, const struct twin *b)
{
    size_t lines = a->end - a->first;

    if (a->is_variable && b->is_variable)
        return strcmp(in_one_line(a), in_one_line(b)) == 0 ? -1 : 0;
    if (b->end - b->first < lines)
        lines = b->end - b->first;
    for (size_t i = 0; i < lines; i++)
        if (strcmp(a->file.lines[a->first + i], b->file.lines[b->first + i]) !=
            0)
            return (int)i;
    return a->end - a->first == b->end - b->first ? -1 : (int)lines;
}

static const char *line_of(const struct twin *t, int line)
{
    size_t at = t->first + (size_t)line;

    return keep_format("%s:%zu: %s", t->file.path, at + 1,
                       at < t->end ? t->file.lines[at] : "");
}

/* The group of `groups` that names the server, "04 05 06", or NULL. */
static const char *group_of(const char *groups, const struct server_info *s)
{
    while (*groups != '\0') {
        size_t len = strcspn(groups, "|");
        char *group = keep_format("%.*s", (int)len, groups);
        char *words = keep_format("%s", group);

        for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
            if (server_named(w) == s)
                return group;
        groups += len + (groups[len] == '|');
    }
    return NULL;
}

/* The first of a group: the others are compared with it. */
static const struct server_info *first_of(const char *group)
{
    return server_named(strtok(keep_format("%s", group), " "));
}

/* The first server of the list that has it. */
static const struct server_info *first_with(const struct kind *k,
                                            const char *name)
{
    struct twin found;
    size_t i = 0;

    while (server_at(i) != NULL && !find_twin(k, server_at(i), name, &found))
        i++;
    return server_at(i);
}

/* Whose text the server's must be; itself, if it is the one to follow. */
static const struct server_info *model_of(const struct kind *k,
                                          const struct server_info *s,
                                          const char *name)
{
    const struct exception *e = exception_of(k, name);
    const struct server_info *model = s;
    struct twin found;

    if (e == NULL)
        return first_with(k, name);
    if (group_of(e->groups, s) != NULL)
        return first_of(group_of(e->groups, s));
    do
        model = neighbour_of(model);
    while (model != NULL && !find_twin(k, model, name, &found));
    if (model == NULL)
        CHECK_FAIL("%s of %s is in no group (\"%s\"), and no neighbour has it",
                   name, s->name, e->groups);
    return model;
}

static void check_twin(const struct kind *k, const char *name)
{
    const struct server_info *model = model_of(k, server, name);
    struct twin mine, other;
    int line;

    check_step("%s, as in %s", name, model->name);
    CHECK(find_twin(k, server, name, &mine));
    if (!find_twin(k, model, name, &other))
        CHECK_FAIL("%s has no %s, but twins.c names it", model->name, name);
    line = difference(&other, &mine);
    if (line != -1)
        CHECK_FAIL("%s is not the same in these %s:\n  %s\n  %s\n  If both are "
                   "right, say why in tests/prose/twins.c",
                   name, k->what, line_of(&other, line), line_of(&mine, line));
}

static void check_twins(const struct kind *k)
{
    struct function f = {.end = 0};
    struct variable v = {.end = 0};
    struct text t;

    if (k->source(server) == NULL)
        return;
    t = read_text("%s", k->source(server));
    while (next_function(&t, f.end, &f))
        if (strcmp(f.name, "main") != 0)
            check_twin(k, f.name);
    while (next_variable(&t, v.end, &v))
        check_twin(k, v.name);
}

void case_twins(void)
{
    for (size_t i = 0; i < CHECK_COUNT(kinds); i++)
        check_twins(&kinds[i]);
}

/* All that the groups name have it. */
static void check_names(const struct kind *k, const struct exception *e)
{
    char *words = keep_format("%s", e->groups);
    struct twin found;

    for (char *w = strtok(words, " |"); w != NULL; w = strtok(NULL, " |")) {
        if (server_named(w) == NULL)
            CHECK_FAIL("%s: there is no server %s", e->name, w);
        if (k->source(server_named(w)) != NULL && /* else: not built here */
            !find_twin(k, server_named(w), e->name, &found))
            CHECK_FAIL("%s of \"%s\" has no %s", w, e->groups, e->name);
    }
}

/* What is the same again is no exception any longer. */
static void check_differ(const struct kind *k, const struct exception *e,
                         const struct server_info *a,
                         const struct server_info *b)
{
    const char *of_a = group_of(e->groups, a), *of_b = group_of(e->groups, b);
    struct twin first, second;

    if (of_a == NULL || of_b == NULL || strcmp(of_a, of_b) == 0)
        return;
    if (find_twin(k, a, e->name, &first) && find_twin(k, b, e->name, &second) &&
        difference(&first, &second) == -1)
        CHECK_FAIL("%s of %s and of %s are the same: one group", e->name,
                   a->name, b->name);
}

/* The tables say nothing that is not so. */
void case_twins_table(void)
{
    for (size_t i = 0; i < CHECK_COUNT(kinds); i++)
        for (size_t j = 0; j < kinds[i].count; j++) {
            const struct exception *e = &kinds[i].exceptions[j];

            check_step("%s: %s", e->name, e->groups);
            CHECK(e->reason[0] != '\0' && strchr(e->groups, '|') != NULL);
            check_names(&kinds[i], e);
            for (size_t a = 0; server_at(a) != NULL; a++)
                for (size_t b = 0; b < a; b++)
                    check_differ(&kinds[i], e, server_at(b), server_at(a));
        }
}
