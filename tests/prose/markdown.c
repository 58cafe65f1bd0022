/* tests/prose/markdown.c - see prose.h. */
#include <string.h>

#include "prose.h"

/* A fence may be indented, inside a list. */
static const char *fence(const char *line)
{
    const char *start = line + strspn(line, " ");

    return starts_with(start, "```") ? start + 3 : NULL;
}

bool next_block(const struct text *t, size_t from, struct block *b)
{
    bool inside = false;

    *b = (struct block){.section = ""};
    for (size_t i = 0; i < t->count; i++) {
        const char *line = t->lines[i];

        if (fence(line) != NULL) {
            inside = !inside;
            if (inside) {
                b->info = fence(line);
                b->first = i + 1;
            } else if (b->first > from) {
                b->end = i;
                return true;
            }
        } else if (!inside && starts_with(line, "## ")) {
            b->section = line + 3;
        }
    }
    if (inside)
        CHECK_FAIL("%s:%zu: a fence without its end", t->path, b->first);
    return false;
}

static bool is_heading(const struct text *t, size_t line)
{
    struct block b = {0};

    if (!starts_with(t->lines[line], "#"))
        return false;
    while (next_block(t, b.end, &b))
        if (line >= b.first && line < b.end)
            return false; /* a comment of a shell */
    return true;
}

void section_lines(const struct text *t, const char *heading, size_t *first,
                   size_t *end)
{
    for (*first = 0; *first < t->count; (*first)++)
        if (starts_with(t->lines[*first], "## ") &&
            strcmp(t->lines[*first] + 3, heading) == 0)
            break;
    if (*first == t->count)
        CHECK_FAIL("%s: no heading \"## %s\"", t->path, heading);
    (*first)++;
    for (*end = *first; *end < t->count; (*end)++)
        if (starts_with(t->lines[*end], "## ") && is_heading(t, *end))
            break;
}

/* The line after the block that begins with a fence at `line`. */
static size_t skip_block(const struct text *t, size_t line)
{
    do
        line++;
    while (line < t->count && fence(t->lines[line]) == NULL);
    return line + 1;
}

/* From an opening backtick to the closing one, which may stand in the next
 * line. Goes on behind it. */
static char *take_code(const struct text *t, struct span *s, const char *open)
{
    const char *close = strchr(open + 1, '`');
    const char *next = s->line + 1 < t->count ? t->lines[s->line + 1] : "";

    s->code_line = s->line;
    if (close != NULL) {
        s->column = (size_t)(close + 1 - t->lines[s->line]);
        return keep_format("%.*s", (int)(close - open - 1), open + 1);
    }
    close = strchr(next, '`');
    if (close == NULL || fence(next) != NULL)
        CHECK_FAIL("%s:%zu: a backtick without its partner", t->path,
                   s->line + 1);
    s->line++;
    s->column = (size_t)(close + 1 - next);
    return keep_format("%s %.*s", open + 1, (int)(close - next), next);
}

bool next_code(const struct text *t, struct span *s)
{
    while (s->line < t->count) {
        const char *start = t->lines[s->line] + s->column;
        const char *open = strchr(start, '`');

        if (s->column == 0 && fence(start) != NULL) {
            s->line = skip_block(t, s->line);
        } else if (open != NULL) {
            s->code = take_code(t, s, open);
            return true;
        } else {
            s->line++;
            s->column = 0;
        }
    }
    return false;
}

char *joined_line(const struct text *t, size_t *line, size_t end)
{
    char *joined = trimmed(t->lines[(*line)++]);

    while (ends_with(joined, "\\") && *line < end) {
        joined[strlen(joined) - 1] = '\0';
        joined = keep_format("%s%s", joined, trimmed(t->lines[(*line)++]));
    }
    return joined;
}
