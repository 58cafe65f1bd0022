/* tests/prose/form.c - questions of form that have one answer everywhere: how
 * a file begins, what it includes and in which order, the line between its
 * parts, what a program is called. .clang-format answers the rest. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "prose.h"

static void check_head(const struct text *t)
{
    bool cmake = ends_with(t->path, ".cmake");
    bool tall = !cmake && t->count > 1 && strcmp(t->lines[0], "/*") == 0;
    const char *start = cmake ? "#" : tall ? " *" : "/*";

    if (t->count == 0 || !starts_with(t->lines[tall ? 1 : 0],
                                      keep_format("%s %s - ", start, t->path)))
        CHECK_FAIL("%s must begin with \"%s %s - \"", t->path, start, t->path);
}

void case_file_heads(void)
{
    struct text files = files_with(".c .h .cmake");

    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);

        check_head(&t);
    }
}

/* What is included, with its quotes or brackets, or NULL. */
static const char *included(const char *line)
{
    const char *name = line + strlen("#include ");

    if (!starts_with(line, "#include ") ||
        strstr(name, ".h") == NULL) /* a piece that CMake writes */
        return NULL;
    return keep_format("%.*s", (int)strcspn(name, " "), name);
}

/* Own, system, ours: what is included first must need nothing before it. Where
 * several sources share a header (codecs.h), that is their own. */
static int rank(const struct text *t, const char *name, bool is_first)
{
    const char *base = strrchr(t->path, '/') + 1;
    const char *own = keep_format("%.*sh", (int)strlen(base) - 1, base);

    if (name[0] == '<')
        return 1;
    if (strcmp(name, keep_format("\"%s\"", own)) == 0)
        return 0;
    return is_first && ends_with(t->path, ".c") ? 0 : 2;
}

static void check_includes(const struct text *t)
{
    const char *seen[64], *last = "";
    size_t count = 0;
    int now, last_rank = 0;

    for (size_t i = 0; i < t->count; i++) {
        const char *name = included(t->lines[i]);

        if (name == NULL)
            continue;
        check_step("%s:%zu: %s", t->path, i + 1, t->lines[i]);
        for (size_t j = 0; j < count; j++)
            if (strcmp(seen[j], name) == 0)
                CHECK_FAIL("%s:%zu: %s is included twice", t->path, i + 1,
                           name);
        CHECK(count < CHECK_COUNT(seen));
        seen[count++] = name;
        now = rank(t, name, count == 1);
        if (now < last_rank)
            CHECK_FAIL("%s:%zu: the own header first, then the system's, then "
                       "ours: %s",
                       t->path, i + 1, name);
        if (now == 1 && last_rank == 1 && strcmp(name, last) < 0)
            CHECK_FAIL("%s:%zu: %s stands behind %s", t->path, i + 1, name,
                       last);
        last_rank = now;
        last = name;
    }
}

void case_includes(void)
{
    struct text files = files_with(".c .h");

    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);

        check_includes(&t);
    }
}

/* A line between the parts of a file has one form, without a column to fill,
 * which a formatter would break. */
void case_rulers(void)
{
    struct text files = files_with(".c .h .cmake .txt");

    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);

        for (size_t j = 0; j < t.count; j++) {
            const char *line = t.lines[j];
            const char *start = line + strspn(line, "/*# ");

            if (!starts_with(start, "----") || start > line + 3)
                continue;
            if (!starts_with(line, "/* ---- ") || !ends_with(line, " ---- */"))
                CHECK_FAIL("%s:%zu: a ruler reads \"/* ---- what ---- */\": %s",
                           t.path, j + 1, line);
        }
    }
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* build/06-epoll/edge is made of 06-epoll/edge.c, by the target
 * 06-epoll-edge. */
void case_names_agree(void)
{
    for (size_t i = 0; server_at(i) != NULL; i++) {
        const struct server_info *s = server_at(i);
        const char *variant = strchr(s->name, '/');
        const char *what = variant != NULL ? variant + 1 : "server";

        check_step("%s", s->name);
        CHECK(strcmp(s->source, keep_format("%s/%s.c", s->stage, what)) == 0);
        CHECK(strcmp(s->target, keep_format("%s-%s", s->stage, what)) == 0);
        CHECK(s->program == NULL || strcmp(base_of(s->program), what) == 0);
        if (client_source(s) != NULL)
            CHECK(exists(in_root(client_source(s))));
    }
}
