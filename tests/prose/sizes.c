/* tests/prose/sizes.c - how long server.c and its parts may be, how the file
 * begins, and in which order it stands. When a limit hurts, the stage is
 * teaching two things. */
#include <string.h>

#include "prose.h"

enum { MAX_FUNCTION = 40, MAX_MAIN = 35, MAX_NESTING = 3, MAX_HEADER = 14 };

static void check_function(const struct text *t, const struct function *f)
{
    size_t lines = f->end - f->first;
    size_t limit = strcmp(f->name, "main") == 0 ? MAX_MAIN : MAX_FUNCTION;

    check_step("%s:%zu: %s, %zu lines, nesting %d", t->path, f->first + 1,
               f->name, lines, f->nesting);
    if (lines > limit)
        CHECK_FAIL("%s() has %zu lines, the limit is %zu", f->name, lines,
                   limit);
    if (f->nesting > MAX_NESTING)
        CHECK_FAIL("%s() nests %d deep, the limit is %d", f->name, f->nesting,
                   MAX_NESTING);
}

void case_sizes(void)
{
    struct text server = read_text("%s/server.c", stage->name);
    struct function f = {.end = 0};

    while (next_function(&server, f.end, &f))
        check_function(&server, &f);
    CHECK(f.end > 0);
    if (server.count > stage->max_lines)
        CHECK_FAIL("%s has %zu lines, the limit is %zu", server.path,
                   server.count, stage->max_lines);
}

static bool header_has(const struct text *t, size_t lines, const char *text)
{
    for (size_t i = 0; i < lines; i++)
        if (strstr(t->lines[i], text) != NULL)
            return true;
    return false;
}

void case_header(void)
{
    struct text server = read_text("%s/server.c", stage->name);
    size_t lines = 0;

    CHECK(strcmp(server.lines[0], "/*") == 0);
    while (lines < server.count && !ends_with(server.lines[lines], "*/"))
        lines++;
    lines++;
    if (lines > MAX_HEADER)
        CHECK_FAIL("the comment at the top has %zu lines, the limit is %d",
                   lines, MAX_HEADER);
    if (!starts_with(server.lines[1], keep_format(" * %s - ", server.path)))
        CHECK_FAIL("line 2 must begin with \" * %s - \"", server.path);
    if (!header_has(&server, lines, "New here: "))
        CHECK_FAIL("no \"New here: \" in the comment at the top");
    if (!header_has(&server, lines, "Its limit: "))
        CHECK_FAIL("no \"Its limit: \" in the comment at the top");
}

/* Functions that two neighbours have in common come in the same order, and
 * main is the last of all. */
void case_order(void)
{
    struct text server = read_text("%s/server.c", stage->name);
    struct function f = {.end = 0}, other;
    size_t last = 0;

    while (next_function(&server, f.end, &f)) {
        struct text before;

        if (stage->neighbour == NULL)
            continue;
        before = read_text("%s/server.c", stage->neighbour);
        if (!find_function(&before, f.name, &other))
            continue;
        if (other.first < last)
            CHECK_FAIL("%s() stands elsewhere in %s", f.name, before.path);
        last = other.first;
    }
    CHECK(find_function(&server, "main", &f));
    if (f.end != server.count)
        CHECK_FAIL("main is not the last thing in %s", server.path);
}
