/* tests/prose/repo.c - what holds for all documents and sources at once. */
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prose.h"

enum { CELLS = 6 };

/* Cells of a table's row, without the blanks around them. */
static bool split_row(const char *line, char *cells[CELLS])
{
    const char *at = line + 1;

    if (line[0] != '|')
        return false;
    for (int i = 0; i < CELLS; i++) {
        const char *end = strchr(at, '|');

        if (end == NULL)
            return false;
        cells[i] = trimmed(keep_format("%.*s", (int)(end - at), at));
        at = end + 1;
    }
    return true;
}

static bool calls(const struct text *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++) {
        const char *at = find_word(t->lines[i], name);

        if (at != NULL && at[strlen(name)] == '(')
            return true;
    }
    return false;
}

/* Each call named as new is made here, and not in the neighbour. */
static void check_new_calls(const struct server_info *s, const char *cell)
{
    struct text here = source_of(s);
    char *names = keep_format("%s", cell);

    for (char *n = strtok(names, "`, "); n != NULL; n = strtok(NULL, "`, ")) {
        if (!calls(&here, n))
            CHECK_FAIL("%s does not call %s", here.path, n);
        if (s->after != NULL) {
            struct text before = source_of(neighbour_of(s));

            if (calls(&before, n))
                CHECK_FAIL("%s calls %s too", before.path, n);
        }
    }
}

static void check_table_row(const struct server_info *s, char *cells[CELLS])
{
    const char *lines = keep_format("%zu", source_of(s).count), *diff = "";

    if (s->after != NULL)
        diff = keep_format("+%d -%d", server_change(s).added,
                           server_change(s).removed);
    if (strcmp(cells[3], lines) != 0 || strcmp(cells[4], diff) != 0)
        CHECK_FAIL("README.md: the row of %s must say \"%s | %s\", and says "
                   "\"%s | %s\"",
                   s->name, lines, diff, cells[3], cells[4]);
    check_new_calls(s, cells[2]);
}

/* The line of the row that begins with the server's link, in the lines from
 * `first` to `end`, or `end`. */
static size_t find_row(const struct text *t, const struct server_info *s,
                       size_t first, size_t end, char *cells[CELLS])
{
    const char *link = keep_format("[%s](%s/", s->name, s->stage);

    while (first < end &&
           !(split_row(t->lines[first], cells) && starts_with(cells[0], link)))
        first++;
    return first;
}

/* A row for each server of the list, in its order: the stages in one table,
 * what stands beside them in another; and no row for anything else. */
static void check_tables(const struct text *t, const char *heading,
                         bool variants)
{
    size_t first, end, row, rows = 0, known = 0;
    char *cells[CELLS];

    section_lines(t, heading, &first, &end);
    for (size_t i = first; i < end; i++)
        rows += starts_with(t->lines[i], "| [");
    for (size_t i = 0; server_at(i) != NULL; i++) {
        const struct server_info *s = server_at(i);

        if (server_is_variant(s) != variants)
            continue;
        row = find_row(t, s, first, end, cells);
        if (row == end)
            CHECK_FAIL("README.md, \"%s\": after line %zu no row for %s",
                       heading, first, s->name);
        check_table_row(s, cells);
        first = row + 1;
        known++;
    }
    CHECK_EQ(rows, known);
}

static bool any_variant(void)
{
    size_t i = 0;

    while (server_at(i) != NULL && !server_is_variant(server_at(i)))
        i++;
    return server_at(i) != NULL;
}

void case_stage_table(void)
{
    struct text t = read_text("README.md");

    check_tables(&t, "The stages", false);
    if (any_variant())
        check_tables(&t, "Beside the seven", true);
    else
        for (size_t i = 0; i < t.count; i++)
            CHECK(strcmp(t.lines[i], "## Beside the seven") != 0);
}

/* As web pages of repositories name a heading: small letters, blanks as
 * hyphens, no punctuation. */
static char *anchor_of(const char *heading)
{
    char *anchor = keep_format("%s", heading), *to = anchor;

    for (const char *c = heading; *c != '\0'; c++)
        if (*c == ' ')
            *to++ = '-';
        else if (isalnum((unsigned char)*c) || *c == '-' || *c == '_')
            *to++ = (char)tolower((unsigned char)*c);
    *to = '\0';
    return anchor;
}

static bool has_anchor(const char *path, const char *anchor)
{
    struct text t = read_text("%s", path);

    for (size_t i = 0; i < t.count; i++) {
        const char *heading = t.lines[i] + strspn(t.lines[i], "#");

        if (heading > t.lines[i] &&
            strcmp(anchor_of(trimmed(heading)), anchor) == 0)
            return true;
    }
    return false;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return keep_format("%.*s", slash == NULL ? 0 : (int)(slash + 1 - path),
                       path);
}

static void check_link(const struct text *t, size_t line, const char *target)
{
    const char *hash = strchr(target, '#');
    int len = hash != NULL ? (int)(hash - target) : (int)strlen(target);
    const char *path = keep_format("%s%.*s", folder_of(t->path), len, target);

    if (starts_with(target, "http"))
        return;
    if (len == 0)
        path = t->path;
    if (!exists(in_root(path)))
        CHECK_FAIL("%s:%zu: no such file: %s", t->path, line + 1, target);
    if (hash != NULL && !has_anchor(path, hash + 1))
        CHECK_FAIL("%s:%zu: no such heading: %s", t->path, line + 1, target);
}

void case_links(void)
{
    struct text files = files_with(".md");

    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);

        for (size_t j = 0; j < t.count; j++)
            for (const char *at = strstr(t.lines[j], "]("); at != NULL;
                 at = strstr(at + 1, "](")) {
                const char *end = strchr(at, ')');

                CHECK(end != NULL);
                check_link(&t, j,
                           keep_format("%.*s", (int)(end - at - 2), at + 2));
            }
    }
}

static void check_words(const char *suffixes, const char *forbidden)
{
    struct text files = files_with(suffixes);

    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);

        if (ends_with(t.path, "prose/repo.c"))
            continue; /* the list of the words themselves */
        for (size_t j = 0; j < t.count; j++) {
            char *list = keep_format("%s", forbidden);

            for (char *w = strtok(list, " "); w; w = strtok(NULL, " "))
                if (find_word(t.lines[j], w) != NULL)
                    CHECK_FAIL("%s:%zu: \"%s\": %s", t.path, j + 1, w,
                               t.lines[j]);
        }
    }
}

/* What is easy for its author is not for its reader; and what is to be done
 * is done, or in nobody's way. */
void case_words(void)
{
    check_words(".md", "simply just obviously");
    check_words(".md .c .h .cmake .txt", "TODO FIXME");
}

/* A blank alone is an empty line in a diff, which a document may show. */
static bool ends_in_blank(const struct text *t, size_t line)
{
    const char *text = t->lines[line];

    if (strcmp(text, " ") == 0 && ends_with(t->path, ".md"))
        return false;
    return ends_with(text, " ") || ends_with(text, "\t") ||
           strchr(text, '\r') != NULL;
}

static bool ends_with_newline(const char *path)
{
    FILE *f = fopen(in_root(path), "re");
    bool is_one;

    CHECK(f != NULL);
    is_one = fseek(f, -1, SEEK_END) == 0 && getc(f) == '\n';
    fclose(f);
    return is_one;
}

void case_white_space(void)
{
    struct text files = files_with(".md .c .h .cmake .txt .json");

    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);

        for (size_t j = 0; j < t.count; j++)
            if (ends_in_blank(&t, j))
                CHECK_FAIL("%s:%zu: white space at the end of the line", t.path,
                           j + 1);
        if (!ends_with_newline(t.path))
            CHECK_FAIL("%s: no newline at the end", t.path);
    }
}

/* ---- files that are named ---- */

static bool is_path_char(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("_./*-%", c));
}

static bool any_match(const char *pattern)
{
    glob_t found;
    bool any = glob(pattern, 0, NULL, &found) == 0;

    globfree(&found);
    return any;
}

/* A path may be meant from the root, from where it is named, or, without its
 * folder, anywhere. */
static bool is_there(const char *path, const char *named_in,
                     const struct text *all)
{
    const char *end = keep_format("/%s", path);

    if (any_match(in_root(path)) ||
        any_match(in_root(keep_format("%s%s", folder_of(named_in), path))))
        return true;
    for (size_t i = 0; i < all->count; i++)
        if (ends_with(keep_format("/%s", all->lines[i]), end))
            return true;
    return false;
}

static bool looks_like_source(const char *word)
{
    const char *dot = strrchr(word, '.');

    return dot != NULL && dot > word && isalnum((unsigned char)dot[-1]) &&
           !starts_with(word, "/") && strstr(word, "..") == NULL &&
           strchr(word, '%') == NULL && /* a format */
           !starts_with(word, "sys/") &&
           (strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0 ||
            strcmp(dot, ".md") == 0 || strcmp(dot, ".cmake") == 0);
}

static void check_paths_in_line(const struct text *t, size_t line,
                                const struct text *all)
{
    const char *at = t->lines[line];

    while (*at != '\0') {
        size_t len = 0;
        char *word;

        while (is_path_char(at[len]))
            len++;
        word = keep_format("%.*s", (int)len, at);
        if (len > 0 && word[len - 1] == '.')
            word[len - 1] = '\0'; /* the end of a sentence */
        if (looks_like_source(word) && !is_there(word, t->path, all))
            CHECK_FAIL("%s:%zu: there is no %s", t->path, line + 1, word);
        at += len > 0 ? len : 1;
    }
}

/* Headers are the compiler's to check, sources of a target are CMake's. */
static bool is_exempt(const struct text *t, size_t line)
{
    return strstr(t->lines[line], "#include") != NULL ||
           strstr(t->lines[line], "__has_include") != NULL ||
           strstr(t->lines[line], "06-epoll/mine") != NULL || /* variant.c */
           ends_with(t->path, "Lists.txt") || ends_with(t->path, ".cmake");
}

/* Files that documents and comments name are there. */
void case_files_named(void)
{
    struct text all = files_with(".c .h .md .cmake .txt .json .mutant");

    for (size_t i = 0; i < all.count; i++) {
        struct text t = read_text("%s", all.lines[i]);

        for (size_t j = 0; j < t.count; j++)
            if (!is_exempt(&t, j))
                check_paths_in_line(&t, j, &all);
    }
}

/* ---- errors ---- */

static bool mentions(const struct text *t, const char *word)
{
    for (size_t i = 0; i < t->count; i++)
        if (find_word(t->lines[i], word) != NULL)
            return true;
    return false;
}

static const char *row_symbol(const char *line)
{
    size_t len = 0;

    if (!starts_with(line, "| `E"))
        return NULL;
    while (is_word_char(line[3 + len]))
        len++;
    return keep_format("%.*s", (int)len, line + 3);
}

/* The dictionary explains every error that the code sorts, and none that a
 * server could not name. */
void case_errno_dictionary(void)
{
    struct text t = read_text("docs/errors.md");
    struct text log = read_text("common/log.c");
    struct text net = read_text("common/net.c");
    int rows = 0;

    for (size_t i = 0; i < t.count; i++) {
        const char *symbol = row_symbol(t.lines[i]);

        if (symbol != NULL && !mentions(&log, symbol))
            CHECK_FAIL("%s:%zu: common/log.c does not know %s", t.path, i + 1,
                       symbol);
        rows += symbol != NULL;
    }
    CHECK(rows > 0);
    for (size_t i = 0; i < net.count; i++) {
        char symbol[32];

        if (sscanf(net.lines[i], " case %31[A-Z]:", symbol) == 1 &&
            symbol[0] == 'E' && !mentions(&t, symbol))
            CHECK_FAIL("docs/errors.md does not explain %s (%s:%zu)", symbol,
                       net.path, i + 1);
    }
}
