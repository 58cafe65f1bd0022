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

/* "static struct conn *conns;" of the file, as one line up to its ";" or the
 * "=" of its first value, in line *end - 1: clang-format breaks what is long.
 * NULL: a function, a pointer to one, or a struct that has no name. */
static char *declaration(const struct text *t, size_t at, size_t *end)
{
    char *code = keep_format("%s", t->lines[at]);

    if (!starts_with(code, "static "))
        return NULL;
    for (*end = at + 1; strpbrk(code, ";={(") == NULL; ++*end) {
        if (*end == t->count)
            return NULL;
        code = keep_format("%s %s", code, trimmed(t->lines[*end]));
    }
    at = strcspn(code, ";={(");
    return strchr(";=", code[at]) != NULL ? code : NULL;
}

bool next_variable(const struct text *t, size_t from, struct variable *v)
{
    char *code = NULL;
    const char *start, *end;

    *v = (struct variable){.first = from};
    while (v->first < t->count) {
        code = declaration(t, v->first, &v->end);
        if (code != NULL)
            break;
        v->first++;
    }
    if (code == NULL)
        return false;
    v->is_const = find_word(code, "const") != NULL;
    if (strstr(code, "/*") != NULL)
        while (!ends_with(t->lines[v->end - 1], "*/"))
            v->end++;
    end = code + strcspn(code, "[;=");
    while (end[-1] == ' ')
        end--;
    for (start = end; is_word_char(start[-1]);)
        start--;
    snprintf(v->name, sizeof(v->name), "%.*s", (int)(end - start), start);
    return true;
}

/* Where the literal or the comment that begins at `at` ends, and how. */
static const char *end_of_literal(const char *at)
{
    const char quote = *at++;

    while (*at != '\0' && *at != quote)
        at += *at == '\\' && at[1] != '\0' ? 2 : 1;
    return *at == '\0' ? at : at + 1;
}

struct text without_comments(const struct text *t)
{
    struct text code = {.path = t->path, .count = t->count};
    bool comment = false;

    code.lines = keep(malloc(t->count * sizeof(code.lines[0])));
    for (size_t i = 0; i < t->count; i++) {
        char *line = code.lines[i] = keep_format("%s", t->lines[i]);

        while (*line != '\0') {
            const char *end = line + 1;

            if (!comment && (*line == '"' || *line == '\'')) {
                end = end_of_literal(line);
            } else if (comment || starts_with(line, "/*")) {
                end = strstr(comment ? line : line + 2, "*/");
                comment = end == NULL;
                end = comment ? line + strlen(line) : end + 2;
            } else {
                line++;
                continue;
            }
            while (line < end)
                *line++ = ' ';
        }
        while (line > code.lines[i] && line[-1] == ' ')
            *--line = '\0';
    }
    return code;
}

struct text source_of(const struct server_info *s)
{
    return read_text("%s", s->source);
}

const struct server_info *neighbour_of(const struct server_info *s)
{
    return s->after != NULL ? server_named(s->after) : NULL;
}

const char *client_source(const struct server_info *s)
{
    const struct server_info *of_stage = server_named(s->stage);

    if (of_stage != s && s->client_source != NULL &&
        of_stage->client_source != NULL &&
        strcmp(of_stage->client_source, s->client_source) == 0)
        return NULL;
    return s->client_source;
}

const char *page_of(const struct server_info *s)
{
    if (server_is_variant(s))
        return keep_format("%s.md", s->name);
    return keep_format("%s/README.md", s->name);
}

const char *short_name(const struct server_info *s, const char *joint)
{
    const char *variant = strchr(s->name, '/');

    if (variant == NULL)
        return keep_format("%.2s", s->name);
    return keep_format("%.2s%s%s", s->name, joint, variant + 1);
}
