/* tests/prose/same.c - what two stages share is the same to the byte, so that
 * the diff between neighbours is the lesson; and that diff is small. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prose.h"

static const struct {
    const char *from; /* the stage that shows the function first */
    const char *also; /* the others that have it */
    const char *names;
} shared[] = {
    {"01-blocking", "02-fork 03-pthread", "converse accept_client"},
    {"04-select", "05-poll 06-epoll",
     "on_stop wants_accept wants_write conn_write conn_say conn_open conn_read "
     "conn_close accept_clients"},
};

static void must_find(const struct text *t, const char *name,
                      struct function *f)
{
    if (!find_function(t, name, f))
        CHECK_FAIL("%s has no function %s()", t->path, name);
}

/* The comment above a function belongs to it. */
static void check_same(const struct text *a, const struct text *b,
                       const char *name)
{
    struct function f, g;

    must_find(a, name, &f);
    must_find(b, name, &g);
    for (size_t i = 0; f.comment + i < f.end; i++) {
        const char *got = g.comment + i < g.end ? b->lines[g.comment + i] : "";

        if (strcmp(a->lines[f.comment + i], got) != 0)
            CHECK_FAIL("%s() is not the same:\n  %s:%zu: %s\n  %s:%zu: %s",
                       name, a->path, f.comment + i + 1,
                       a->lines[f.comment + i], b->path, g.comment + i + 1,
                       got);
    }
    CHECK_EQ(g.end - g.comment, f.end - f.comment);
}

bool shares_functions(void)
{
    for (size_t i = 0; i < CHECK_COUNT(shared); i++)
        if (find_word(shared[i].also, stage->name) != NULL)
            return true;
    return false;
}

void case_shared(void)
{
    struct text server = read_text("%s/server.c", stage->name);

    for (size_t i = 0; i < CHECK_COUNT(shared); i++) {
        struct text first = read_text("%s/server.c", shared[i].from);
        char *names = keep_format("%s", shared[i].names);

        if (find_word(shared[i].also, stage->name) == NULL)
            continue;
        for (char *n = strtok(names, " "); n != NULL; n = strtok(NULL, " ")) {
            check_step("%s() of %s and %s", n, first.path, server.path);
            check_same(&first, &server, n);
        }
    }
}

/* The length of the longest common sequence, row by row: two files of 250
 * lines are small enough for the plain table. */
static size_t common_lines(const struct text *a, const struct text *b)
{
    size_t *above = keep(calloc(b->count + 1, sizeof(above[0])));
    size_t *row = keep(calloc(b->count + 1, sizeof(row[0])));

    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++)
            if (strcmp(a->lines[i], b->lines[j]) == 0)
                row[j + 1] = above[j] + 1;
            else
                row[j + 1] = row[j] > above[j + 1] ? row[j] : above[j + 1];
        memcpy(above, row, (b->count + 1) * sizeof(row[0]));
    }
    return above[b->count];
}

struct change count_change(const struct text *old, const struct text *new)
{
    size_t common = common_lines(old, new);

    return (struct change){(int)(new->count - common),
                           (int)(old->count - common)};
}

struct change stage_change(const struct stage *s)
{
    struct text old = read_text("%s/server.c", s->neighbour);
    struct text new = read_text("%s/server.c", s->name);

    return count_change(&old, &new);
}

void case_diff_budget(void)
{
    struct change change = stage_change(stage);

    check_step("%s from %s: +%d -%d", stage->name, stage->neighbour,
               change.added, change.removed);
    if (stage->max_added > 0 && change.added > stage->max_added)
        CHECK_FAIL("%d lines are added, the budget is %d", change.added,
                   stage->max_added);
    printf("%s from %s: +%d -%d\n", stage->name, stage->neighbour, change.added,
           change.removed);
}
