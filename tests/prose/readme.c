/* tests/prose/readme.c - the README of a stage: its ten points, in order; the
 * page of a variant; what they name is there, the code they show is the code.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prose.h"

enum {
    MAX_LINES = 150,
    MAX_PAGE = 45, /* of a variant */
    EXERCISES = 3,
    MIN_POINTS = 3,
    MAX_POINTS = 5
};

static const char *const sections[] = {
    "Try it",
    "Picture",
    "What changed",
    "How it works",
    "What can go wrong",
    "Break it",
    "In the real world",
    "Exercises",
    "Next",
};

static struct text readme(void)
{
    return read_text("%s", page_of(server));
}

static void check_sections(const struct text *t)
{
    size_t first, end, last = 0;

    for (size_t i = 0; i < CHECK_COUNT(sections); i++) {
        section_lines(t, sections[i], &first, &end);
        if (first < last)
            CHECK_FAIL("\"## %s\" stands too early", sections[i]);
        last = first;
    }
    CHECK_EQ(end, t->count);
}

/* Lines of a section that begin an item: "- ", "1. " and so on. */
static bool is_item(const char *line)
{
    return starts_with(line, "- ") ||
           (isdigit((unsigned char)line[0]) && starts_with(line + 1, ". "));
}

static size_t count_items(const struct text *t, const char *heading)
{
    size_t first, end, items = 0;

    section_lines(t, heading, &first, &end);
    for (size_t i = first; i < end; i++)
        items += is_item(t->lines[i]);
    return items;
}

/* The summary of a diff reads "(+12 -3)" and must be true. */
static void check_diff_summary(const struct text *t)
{
    struct change real = server_change(server);
    const char *command = keep_format("cmake --build build --target diff-%s",
                                      short_name(server, "-"));
    size_t first, end;
    bool said = false, shown = false;

    section_lines(t, "What changed", &first, &end);
    for (size_t i = first; i < end; i++) {
        const char *at = strstr(t->lines[i], "(+");
        struct change c;

        shown = shown || strstr(t->lines[i], command) != NULL;
        if (at == NULL || sscanf(at, "(+%d -%d)", &c.added, &c.removed) != 2)
            continue;
        said = true;
        if (c.added != real.added || c.removed != real.removed)
            CHECK_FAIL("%s:%zu: the diff is (+%d -%d)", t->path, i + 1,
                       real.added, real.removed);
    }
    if (!said)
        CHECK_FAIL("What changed: no \"(+%d -%d)\"", real.added, real.removed);
    if (!shown)
        CHECK_FAIL("What changed: no \"%s\"", command);
}

void case_readme_form(void)
{
    struct text t = readme();
    size_t points;

    if (t.count > MAX_LINES)
        CHECK_FAIL("%s has %zu lines, the limit is %d", t.path, t.count,
                   MAX_LINES);
    CHECK(starts_with(t.lines[0], keep_format("# %s: ", server->name)));
    CHECK(t.lines[1][0] == '\0' && t.lines[2][0] != '\0'); /* the idea */
    check_sections(&t);
    points = count_items(&t, "How it works");
    CHECK(points >= MIN_POINTS && points <= MAX_POINTS);
    CHECK_EQ(count_items(&t, "Exercises"), EXERCISES);
    if (server->after != NULL)
        check_diff_summary(&t);
}

/* A variant's page is a section that got a file of its own. */
void case_page(void)
{
    struct text t = readme();
    struct text stage = read_text("%s/README.md", server->stage);
    const char *link = keep_format("](%s)", strrchr(t.path, '/') + 1);
    bool linked = false;

    if (t.count > MAX_PAGE)
        CHECK_FAIL("%s has %zu lines, the limit is %d", t.path, t.count,
                   MAX_PAGE);
    CHECK(starts_with(t.lines[0], keep_format("# %s: ", server->name)));
    for (size_t i = 0; i < stage.count; i++)
        linked = linked || strstr(stage.lines[i], link) != NULL;
    if (!linked)
        CHECK_FAIL("%s has no link to %s", stage.path, t.path);
}

/* "name()" gives "name", everything else NULL. */
static const char *called_name(const char *code)
{
    size_t len = 0;

    while (is_word_char(code[len]))
        len++;
    if (len == 0 || strcmp(code + len, "()") != 0)
        return NULL;
    return keep_format("%.*s", (int)len, code);
}

static bool is_defined_in(const char *path, const char *name)
{
    struct function f;
    struct text t;

    if (!exists(in_root(path)))
        return false;
    t = read_text("%s", path);
    return find_function(&t, name, &f);
}

static bool is_mentioned_in(const char *suffixes, const char *folder,
                            const char *name)
{
    struct text files = files_with(suffixes);

    for (size_t i = 0; i < files.count; i++) {
        struct text t;

        if (!starts_with(files.lines[i], folder))
            continue;
        t = read_text("%s", files.lines[i]);
        for (size_t j = 0; j < t.count; j++)
            if (find_word(t.lines[j], name) != NULL)
                return true;
    }
    return false;
}

static bool is_here(const char *name)
{
    return is_defined_in(server->source, name) ||
           is_defined_in(keep_format("%s/client.c", server->stage), name) ||
           is_mentioned_in(".h", "common/", name);
}

/* `some_name` in lower case, with an underscore: ours, or nobody's. */
static bool is_identifier(const char *code)
{
    if (strchr(code, '_') == NULL || isdigit((unsigned char)code[0]))
        return false;
    for (; *code != '\0'; code++)
        if (!islower((unsigned char)*code) && *code != '_')
            return false;
    return true;
}

static void check_point(const struct text *t, size_t line, int names)
{
    if (names == 0)
        CHECK_FAIL("%s:%zu: this point names no function of server.c", t->path,
                   line + 1);
}

/* Each point of "How it works" names a function that server.c defines. */
static void check_points(const struct text *t)
{
    size_t first, end, item = 0;
    struct span s = {0};
    int names = 1;

    section_lines(t, "How it works", &first, &end);
    for (size_t i = first; i < end; i++) {
        if (is_item(t->lines[i])) {
            check_point(t, item, names);
            item = i;
            names = 0;
        }
        s = (struct span){.line = i};
        while (next_code(t, &s) && s.code_line == i) {
            const char *name = called_name(s.code);

            names += name != NULL && is_defined_in(server->source, name);
        }
    }
    check_point(t, item, names);
}

void case_readme_names(void)
{
    struct text t = readme();
    struct span s = {0};

    while (next_code(&t, &s)) {
        const char *name = called_name(s.code);

        if (name != NULL && !is_here(name))
            CHECK_FAIL("%s:%zu: there is no %s() in this stage", t.path,
                       s.code_line + 1, name);
        if (is_identifier(s.code) &&
            !is_mentioned_in(".c .h", server->stage, s.code) &&
            !is_mentioned_in(".c .h", "common/", s.code))
            CHECK_FAIL("%s:%zu: there is no %s in this stage", t.path,
                       s.code_line + 1, s.code);
    }
    if (!server_is_variant(server))
        check_points(&t);
}

void case_functions_named(void)
{
    struct text files = files_with(".md");

    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);
        struct span s = {0};

        while (next_code(&t, &s)) {
            const char *name = called_name(s.code);

            if (name != NULL && !is_mentioned_in(".c .h .cmake .txt", "", name))
                CHECK_FAIL("%s:%zu: there is no %s() here", t.path,
                           s.code_line + 1, name);
        }
    }
}

static bool has_line(const char *path, const char *line)
{
    struct text t;

    if (!exists(in_root(path)))
        return false;
    t = read_text("%s", path);
    for (size_t i = 0; i < t.count; i++)
        if (strcmp(trimmed(t.lines[i]), line) == 0)
            return true;
    return false;
}

void case_readme_code(void)
{
    struct text t = readme();
    struct block b = {0};

    while (next_block(&t, b.end, &b)) {
        if (strcmp(b.info, "c") != 0)
            continue;
        for (size_t i = b.first; i < b.end; i++) {
            const char *line = trimmed(t.lines[i]);

            if (*line != '\0' && !has_line(server->source, line) &&
                !has_line(keep_format("%s/client.c", server->stage), line))
                CHECK_FAIL("%s:%zu: not a line of this stage: %s", t.path,
                           i + 1, line);
        }
    }
}
