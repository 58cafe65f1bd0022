/* tests/mutants/museum.c - see mutant.h: the bugs as a page to read. */
#include "mutant.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80 };

static const char introduction[] =
    "# A museum of bugs\n"
    "\n"
    "Every server of this kind that was ever written has had some of these. "
    "Each of them is put into ours, one at a time, and a test must notice: "
    "from outside, as a client or a keeper would. `cmake --workflow --preset "
    "mutants` builds all of them and runs, for each, the test that is named "
    "here; it passes when that test fails.\n"
    "\n"
    "This page is made from the texts beside it by `mutate museum` and checked "
    "by the test `mutants.texts`. A text says which lines change: what it "
    "names must be found exactly once in the current source, so it cannot "
    "drift away from it. [mutant.h](mutant.h) has its form. To add a bug, "
    "write a text, then a new page: `build/tests/mutants/mutate museum . > "
    "tests/mutants/README.md`.\n";

static const struct {
    const char *name, *title;
} groups[] = {
    {"bytes", "Bytes"},
    {"leaving", "Clients that leave"},
    {"many", "Many clients, and too little of everything"},
    {"processes", "Processes"},
    {"threads", "Threads"},
    {"loops", "Event loops"},
    {"stopping", "Starting and stopping"},
    {"frames", "Frames"},
    {"clients", "The other side: clients"},
};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

struct page {
    char *text;
    size_t len, room;
};

static void add(struct page *p, const char *bytes, size_t len)
{
    if (p->len + len + 1 > p->room) {
        p->room = (p->len + len + 1) * 2;
        p->text = realloc(p->text, p->room);
        if (p->text == NULL)
            give_up("no memory");
    }
    memcpy(p->text + p->len, bytes, len);
    p->len += len;
    p->text[p->len] = '\0';
}

static void say(struct page *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct page *p, const char *format, ...)
{
    char text[4096];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(text))
        give_up("too long for the museum: %s", text);
    add(p, text, (size_t)n);
}

/* A paragraph, broken into lines; those after the first begin with `indent`. */
static void wrap(struct page *p, const char *indent, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, " \n");
        bool breaks = text[len] == '\n';

        if (column > 0 && column + 1 + len > WIDTH) {
            say(p, "\n%s", indent);
            column = strlen(indent);
        } else if (column > 0) {
            say(p, " ");
            column++;
        }
        add(p, text, len);
        column += len;
        text += len;
        if (breaks) {
            say(p, "\n");
            column = 0;
        }
        text += *text != '\0';
    }
    if (column > 0)
        say(p, "\n");
}

static void list_tests(struct page *p, const struct part *part)
{
    for (int i = 0; part->tests[i] != NULL; i++)
        say(p, "%s`%s`", i == 0 ? "" : " and ", part->tests[i]);
}

/* ---- by stage ------------------------------------------------------------ */

static void list_bug(struct page *p, const struct mutant *m,
                     const struct part *part)
{
    struct page line = {0};

    say(&line, "- [%s](#%s): %s Caught by ", m->name, m->name, m->bug);
    list_tests(&line, part);
    say(&line, ".");
    wrap(p, "  ", line.text);
    free(line.text);
}

static void list_stage(struct page *p, const char *stage,
                       const struct mutant *mutants, size_t count)
{
    say(p, "\n### %s\n\n", stage);
    for (int g = 0; g < GROUPS; g++)
        for (size_t i = 0; i < count; i++) {
            const struct part *part = mutant_part(&mutants[i], stage);

            if (part != NULL && strcmp(mutants[i].group, groups[g].name) == 0)
                list_bug(p, &mutants[i], part);
        }
}

static int count_in_stage(const char *stage, const struct mutant *mutants,
                          size_t count)
{
    int n = 0;

    for (size_t i = 0; i < count; i++)
        n += mutant_part(&mutants[i], stage) != NULL;
    return n;
}

/* ---- by kind --------------------------------------------------------------
 */

static void show_part(struct page *p, const struct part *part)
{
    struct page line = {0};

    say(&line, "In ");
    for (int i = 0; part->stages[i] != NULL; i++)
        say(&line, "%s%s", i == 0 ? "" : ", ", part->stages[i]);
    say(&line, ", `%s`; caught by ", part->source);
    list_tests(&line, part);
    say(&line, ":");
    say(p, "\n");
    wrap(p, "", line.text);
    free(line.text);
    say(p, "\n```diff\n");
    for (int i = 0; i < part->n_changes; i++) {
        if (i > 0)
            say(p, "\n");
        add(p, part->changes[i].text, strlen(part->changes[i].text));
    }
    say(p, "```\n");
}

static void show_bug(struct page *p, const struct mutant *m)
{
    struct page line = {0};

    say(p, "\n### %s\n\n", m->name);
    say(&line, "%s What is seen: %s (From: %s.)", m->bug, m->seen, m->from);
    wrap(p, "", line.text);
    free(line.text);
    for (int i = 0; i < m->n_parts; i++)
        show_part(p, &m->parts[i]);
}

static void check_group(const struct mutant *m)
{
    for (int g = 0; g < GROUPS; g++)
        if (strcmp(m->group, groups[g].name) == 0)
            return;
    give_up("the folder %s of %s has no title in museum.c", m->group, m->name);
}

char *museum(const struct mutant *mutants, size_t count)
{
    static const char *const stages[] = {"01-blocking", "02-fork", "03-pthread",
                                         "04-select",   "05-poll", "06-epoll",
                                         "07-framing"};
    struct page p = {0};

    for (size_t i = 0; i < count; i++)
        check_group(&mutants[i]);
    wrap(&p, "", introduction);
    say(&p, "\n## By stage\n");
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
        if (count_in_stage(stages[i], mutants, count) > 0)
            list_stage(&p, stages[i], mutants, count);
    for (int g = 0; g < GROUPS; g++) {
        say(&p, "\n## %s\n", groups[g].title);
        for (size_t i = 0; i < count; i++)
            if (strcmp(mutants[i].group, groups[g].name) == 0)
                show_bug(&p, &mutants[i]);
    }
    return p.text;
}
