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
 * several sources share a header, that is their own. */
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

        if (starts_with(t->lines[i], "#if")) /* what not every system has */
            last_rank = 0;
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

static void check_server_names(const struct server_info *s)
{
    const char *variant = strchr(s->name, '/');
    const char *what = variant != NULL ? variant + 1 : "server";

    check_step("%s", s->name);
    CHECK(strcmp(base_of(s->source), keep_format("%s.c", what)) == 0);
    CHECK(strcmp(s->target, keep_format("%s-%s", s->stage, what)) == 0);
    CHECK(s->program == NULL || strcmp(base_of(s->program), what) == 0);
    if (client_source(s) != NULL)
        CHECK(exists(in_root(client_source(s))));
}

/* The words of add_executable(NAME SOURCE ...), which may begin a new line;
 * false if CMake makes them up of others. */
static bool executable_at(const struct text *t, size_t line, char *name,
                          char *source)
{
    const char *at = strstr(t->lines[line], "add_executable(");
    const char *next = line + 1 < t->count ? t->lines[line + 1] : "";

    if (at == NULL || strchr(at, '$') != NULL)
        return false;
    at = keep_format("%s %s", at + strlen("add_executable("), next);
    return sscanf(at, "%63s %127[^ )]", name, source) == 2;
}

/* What the file says the program of a target is called. */
static const char *program_of(const struct text *t, const char *target)
{
    const char *start =
        keep_format("set_target_properties(%s PROPERTIES OUTPUT_NAME ", target);

    for (size_t i = 0; i < t->count; i++) {
        const char *line = trimmed(t->lines[i]);

        if (starts_with(line, start))
            return keep_format("%.*s", (int)strcspn(line + strlen(start), ")"),
                               line + strlen(start));
    }
    return keep_format("%s", target);
}

/* tests/compare/load_test is made of load_test.c by the target load-test. A
 * target may be called compare-program where compare is what runs it. */
static void check_program_names(const struct text *t)
{
    char target[64], source[128];

    for (size_t i = 0; i < t->count; i++) {
        const char *program, *stem;

        if (!executable_at(t, i, target, source))
            continue;
        program = program_of(t, target);
        stem = keep_format("%.*s", (int)strcspn(base_of(source), "."),
                           base_of(source));
        for (char *c = target; *c != '\0'; c++)
            *c = *c == '-' ? '_' : *c;
        if (strcmp(program, stem) != 0 ||
            (strcmp(target, stem) != 0 &&
             strcmp(target, keep_format("%s_program", stem)) != 0))
            CHECK_FAIL("%s:%zu: %s is made of %s, by the target %s", t->path,
                       i + 1, program, source, target);
    }
}

/* The program 06-epoll/edge is made of a source of that name, by the target
 * 06-epoll-edge; and so in the tests. */
void case_names_agree(void)
{
    struct text files = files_with("CMakeLists.txt .cmake");

    for (size_t i = 0; server_at(i) != NULL; i++)
        check_server_names(server_at(i));
    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);

        check_program_names(&t);
    }
}
