/* tests/prose/sizes.c - how long a server and its parts may be, how the file
 * begins, and in which order it stands. When a limit hurts, the stage is
 * teaching two things. */
#include <stdio.h>
#include <string.h>

#include "prose.h"

/* What holds for every server; its lines are limited in the one list. */
enum {
    MAX_FUNCTION = 40,
    MAX_MAIN = 35,
    MAX_NESTING = 3,
    MAX_HEADER = 16,
    MAX_VARIABLES = 8
};

/* The longest of all, and the deepest nesting: what is left under the limits.
 */
static struct {
    size_t in_main, elsewhere;
    int nesting;
} most;

static void check_function(const struct text *t, const struct function *f)
{
    size_t lines = f->end - f->first;
    size_t limit = strcmp(f->name, "main") == 0 ? MAX_MAIN : MAX_FUNCTION;

    if (limit == MAX_MAIN)
        most.in_main = lines;
    else if (lines > most.elsewhere)
        most.elsewhere = lines;
    if (f->nesting > most.nesting)
        most.nesting = f->nesting;
    check_step("%s:%zu: %s, %zu lines, nesting %d", t->path, f->first + 1,
               f->name, lines, f->nesting);
    if (lines > limit)
        CHECK_FAIL("%s() has %zu lines, the limit is %zu", f->name, lines,
                   limit);
    if (f->nesting > MAX_NESTING)
        CHECK_FAIL("%s() nests %d deep, the limit is %d", f->name, f->nesting,
                   MAX_NESTING);
}

/* "frame_decode(&codec" changes nothing if a header says that the first
 * parameter of frame_decode() is const. */
static bool promises_const(const char *code, const char *address)
{
    const char *name = address - 1;
    struct text headers = files_with(".h");
    const char *wanted;

    if (name <= code || *name != '(')
        return false;
    while (name > code && is_word_char(name[-1]))
        name--;
    wanted = keep_format("%.*s(const ", (int)(address - 1 - name), name);
    for (size_t i = 0; i < headers.count; i++) {
        struct text t = read_text("%s", headers.lines[i]);

        for (size_t j = 0; j < t.count; j++)
            if (strstr(t.lines[j], wanted) != NULL)
                return true;
    }
    return false;
}

static bool hands_address(const char *code, const char *at)
{
    return at > code && at[-1] == '&' && (at < code + 2 || at[-2] != '&') &&
           !promises_const(code, at - 1);
}

/* Whether code assigns to `name`, counts it, or hands its address, or that of
 * an element, to somebody who may. */
static bool changes(const char *code, const char *name)
{
    static const char *const writes[] = {"= ",  "+= ", "-= ", "++", "--",
                                         "*= ", "/= ", "|= ", "&= "};

    for (const char *at = find_word(code, name); at != NULL;
         at = find_word(at + 1, name)) {
        const char *after = at + strlen(name);

        if (hands_address(code, at))
            return true;
        if (at >= code + 2 &&
            (strncmp(at - 2, "++", 2) == 0 || strncmp(at - 2, "--", 2) == 0))
            return true;
        if (*after == '[')
            after += strcspn(after, "]") + 1;
        after += strspn(after, " ");
        for (size_t i = 0; i < CHECK_COUNT(writes); i++)
            if (starts_with(after, writes[i]))
                return true;
    }
    return false;
}

/* Whether the server changes it once it has begun to serve: anywhere but in
 * main before it announces itself. What only main sets is as good as const. */
static bool changes_later(const struct text *code, const char *name)
{
    struct function f = {.end = 0};

    while (next_function(code, f.end, &f)) {
        bool serves = strcmp(f.name, "main") != 0;

        for (size_t i = f.first; i < f.end; i++) {
            if (serves && changes(code->lines[i], name))
                return true;
            serves = serves || strstr(code->lines[i], "announce(") != NULL;
        }
    }
    return false;
}

/* A variable of the whole file that anybody may change is something to keep
 * in mind in every line. */
static void check_variables(const struct text *t)
{
    struct text code = without_comments(t);
    struct variable v = {.end = 0};
    const char *names = "";
    int count = 0;

    while (next_variable(&code, v.end, &v)) {
        for (size_t i = v.first; i < v.end; i++)
            if (strchr(code.lines[i], ',') != NULL)
                CHECK_FAIL("%s:%zu: one variable a line", t->path, i + 1);
        if (!v.is_const && changes_later(&code, v.name)) {
            names = keep_format("%s %s", names, v.name);
            count++;
        }
    }
    printf("%s: %d of %d variables change while it serves:%s\n", t->path, count,
           MAX_VARIABLES, names);
    if (count > MAX_VARIABLES)
        CHECK_FAIL("%d variables of the file change while it serves, the limit "
                   "is %d:%s",
                   count, MAX_VARIABLES, names);
}

/* 20 lines free are the aim, no limit: ctest -V shows them. */
void case_sizes(void)
{
    struct text source = source_of(server);
    struct function f = {.end = 0};

    while (next_function(&source, f.end, &f))
        check_function(&source, &f);
    CHECK(f.end > 0);
    printf("%s: %zu of %d lines; main %zu of %d, functions %zu of %d, nesting "
           "%d of %d\n",
           source.path, source.count, server->max_lines, most.in_main, MAX_MAIN,
           most.elsewhere, MAX_FUNCTION, most.nesting, MAX_NESTING);
    if (source.count > (size_t)server->max_lines)
        CHECK_FAIL("%s has %zu lines, the limit is %d", source.path,
                   source.count, server->max_lines);
    check_variables(&source);
}

static bool header_has(const struct text *t, size_t lines, const char *text)
{
    for (size_t i = 0; i < lines; i++)
        if (starts_with(t->lines[i], text))
            return true;
    return false;
}

void case_header(void)
{
    static const char *const parts[] = {
        " * New here: ", " * From common/: ", " * Its limit: "};
    struct text source = source_of(server);
    size_t lines = 0;

    CHECK(strcmp(source.lines[0], "/*") == 0);
    while (lines < source.count && !ends_with(source.lines[lines], "*/"))
        lines++;
    lines++;
    if (lines > MAX_HEADER)
        CHECK_FAIL("the comment at the top has %zu lines, the limit is %d",
                   lines, MAX_HEADER);
    if (!starts_with(source.lines[1], keep_format(" * %s - ", source.path)))
        CHECK_FAIL("line 2 must begin with \" * %s - \"", source.path);
    for (size_t i = 0; i < CHECK_COUNT(parts); i++)
        if (!header_has(&source, lines, parts[i]))
            CHECK_FAIL("no line \"%s\" in the comment at the top", parts[i]);
}

/* Functions that two neighbours have in common come in the same order, and
 * main is the last of all. */
void case_order(void)
{
    struct text source = source_of(server);
    struct function f = {.end = 0}, other;
    size_t last = 0;

    while (next_function(&source, f.end, &f)) {
        struct text before;

        if (server->after == NULL)
            continue;
        before = source_of(neighbour_of(server));
        if (!find_function(&before, f.name, &other))
            continue;
        if (other.first < last)
            CHECK_FAIL("%s() stands elsewhere in %s", f.name, before.path);
        last = other.first;
    }
    CHECK(find_function(&source, "main", &f));
    if (f.end != source.count)
        CHECK_FAIL("main is not the last thing in %s", source.path);
}
