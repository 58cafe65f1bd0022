/* tests/prose/diff.c - how much a server changes in its neighbour. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prose.h"

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

struct change server_change(const struct server_info *s)
{
    struct text old = source_of(neighbour_of(s));
    struct text new = source_of(s);

    return count_change(&old, &new);
}

/* Whether a server that comes earlier in the list has the same function. */
static bool is_known(const struct text *t, const struct function *f)
{
    for (size_t i = 0; server_at(i) != server; i++) {
        struct text other = source_of(server_at(i));
        struct function g;
        size_t line = f->comment;

        if (!find_function(&other, f->name, &g) ||
            g.end - g.comment != f->end - f->comment)
            continue;
        while (line < f->end &&
               strcmp(t->lines[line],
                      other.lines[g.comment + line - f->comment]) == 0)
            line++;
        if (line == f->end)
            return true;
    }
    return false;
}

/* What a reader who comes by the list meets for the first time. */
static struct text new_lines(const struct text *t)
{
    struct text rest = {.path = t->path};
    struct function f = {.end = 0};
    size_t from = 0;

    rest.lines = keep(malloc(t->count * sizeof(rest.lines[0])));
    while (next_function(t, f.end, &f)) {
        if (!is_known(t, &f))
            continue;
        while (from < f.comment)
            rest.lines[rest.count++] = t->lines[from++];
        from = f.end;
    }
    while (from < t->count)
        rest.lines[rest.count++] = t->lines[from++];
    return rest;
}

void case_diff_budget(void)
{
    struct text old = source_of(neighbour_of(server));
    struct text source = source_of(server);
    struct text new = new_lines(&source);
    int added = count_change(&old, &new).added;

    printf("%s from %s: %d lines to read for the first time", server->name,
           server->after, added);
    if (server->max_added > 0)
        printf(", %d free", server->max_added - added);
    printf("\n");
    if (server->max_added > 0 && added > server->max_added)
        CHECK_FAIL("%d lines are added, the budget is %d", added,
                   server->max_added);
}
