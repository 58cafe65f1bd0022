/* tests/prose/source.c - see prose.h. It reads C by its columns: .clang-format
 * puts the braces of a function, and nothing else, alone into column 0. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prose.h"

/* What stands left of the first parenthesis. */
static void copy_name(struct function *f, const char *signature)
{
    const char *end = strchr(signature, '(');
    const char *start = end;

    if (end == NULL)
        CHECK_FAIL("no function: %s", signature);
    while (start > signature && is_word_char(start[-1]))
        start--;
    snprintf(f->name, sizeof(f->name), "%.*s", (int)(end - start), start);
}

static size_t first_line_of(const struct text *t, size_t brace)
{
    size_t line = brace;

    while (line > 0 && t->lines[line - 1][0] != '\0' &&
           !ends_with(t->lines[line - 1], "*/") &&
           !ends_with(t->lines[line - 1], ";"))
        line--;
    return line;
}

static size_t comment_above(const struct text *t, size_t first)
{
    size_t line = first;

    if (line == 0 || !ends_with(t->lines[line - 1], "*/"))
        return first;
    do
        line--;
    while (line > 0 && !starts_with(t->lines[line], "/*"));
    return line;
}

/* How deep a line's control statement stands: 1 in the body of the function.
 * 0: the line begins with none. */
static int control_depth(const char *line)
{
    static const char *const words[] = {"if", "for", "while", "do", "switch"};
    const char *start = line + strspn(line, " ");
    size_t len = 0;

    while (islower((unsigned char)start[len]))
        len++;
    for (size_t i = 0; i < CHECK_COUNT(words); i++)
        if (len == strlen(words[i]) && strncmp(start, words[i], len) == 0)
            return (int)(start - line) / 4;
    return 0;
}

bool next_function(const struct text *t, size_t from, struct function *f)
{
    size_t brace = from;

    while (brace < t->count && strcmp(t->lines[brace], "{") != 0)
        brace++;
    if (brace == t->count)
        return false;
    *f = (struct function){.first = first_line_of(t, brace)};
    f->comment = comment_above(t, f->first);
    copy_name(f, t->lines[f->first]);
    for (f->end = brace; strcmp(t->lines[f->end], "}") != 0; f->end++) {
        int depth = control_depth(t->lines[f->end]);

        CHECK(f->end + 1 < t->count);
        if (depth > f->nesting)
            f->nesting = depth;
    }
    f->end++;
    return true;
}

bool find_function(const struct text *t, const char *name, struct function *f)
{
    *f = (struct function){.end = 0};
    while (next_function(t, f->end, f))
        if (strcmp(f->name, name) == 0)
            return true;
    return false;
}
