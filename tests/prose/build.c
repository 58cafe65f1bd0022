/* tests/prose/build.c - what the documents say about building is done: the cc
 * lines, a stage alone, the exercise, the targets, presets and tests named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "prose.h"

static void must_run(const char *command)
{
    char *output;

    if (run_command(command, &output) != 0)
        CHECK_FAIL("%s\n%s", command, output);
}

/* The commands of the ```sh blocks that begin with `start`, one after the
 * other; `*line` is where to go on. NULL: no more. */
static const char *next_shell_line(const struct text *t, size_t *line,
                                   const char *start)
{
    struct block b = {0};

    while (next_block(t, b.end, &b)) {
        if (strcmp(b.info, "sh") != 0 || b.end <= *line)
            continue;
        if (*line < b.first)
            *line = b.first;
        while (*line < b.end) {
            const char *command = joined_line(t, line, b.end);

            if (starts_with(command, start))
                return command;
        }
    }
    return NULL;
}

/* The word behind `option` in a command, quotes taken off, or NULL. */
static const char *argument_of(const char *command, const char *option)
{
    const char *at = strstr(command, keep_format(" %s ", option));
    char quote;

    if (at == NULL)
        return NULL;
    at += strlen(option) + 2;
    quote = *at == '\'' || *at == '"' ? *at : ' ';
    if (quote != ' ')
        at++;
    return keep_format("%.*s", (int)strcspn(at, (char[]){quote, '\0'}), at);
}

/* The cc line of the README that compiles stage/`file`. */
static const char *cc_line(const struct text *t, const char *file)
{
    const char *source = keep_format("%s/%s", server->name, file);
    const char *command;
    size_t line = 0;

    while ((command = next_shell_line(t, &line, "cc ")) != NULL)
        if (strstr(command, source) != NULL)
            return command;
    CHECK_FAIL("%s: no cc line for %s", t->path, source);
}

static void check_cc_line(const char *command, const char *program)
{
    char *output;

    check_step("%s", command);
    if (run_command(command, &output) != 0 || output[0] != '\0')
        CHECK_FAIL("%s\n%s", command, output);
    if (run_command(keep_format("./%s --version", program), &output) != 0 ||
        !starts_with(output, "Seven Servers"))
        CHECK_FAIL("./%s --version says \"%s\"", program, output);
}

void case_cc_lines(void)
{
    struct text t = read_text("%s/README.md", server->name);

    enter_mirror(false);
    if (!have_program("cc"))
        check_skip("no cc here");
    check_cc_line(cc_line(&t, "server.c"), "server");
    check_cc_line(cc_line(&t, "client.c"), "client");
}

void case_built_alone(void)
{
    struct text t = read_text("%s/README.md", server->name);
    size_t line = 0;
    const char *command = next_shell_line(
        &t, &line, keep_format("cmake -S %s -B build", server->name));
    const char *dir;
    char *output;

    if (command == NULL)
        CHECK_FAIL("%s: no line \"cmake -S %s -B build ...\"", t.path,
                   server->name);
    dir = argument_of(command, "-B");
    enter_mirror(false);
    must_run(keep_format("PATH=\"$(dirname '%s')\":$PATH\n%s", PROSE_CMAKE,
                         command));
    CHECK_EQ(run_command(keep_format("%s/server --version", dir), &output), 0);
    CHECK_EQ(run_command(keep_format("%s/client --version", dir), &output), 0);
}

/* ---- the first exercise: remove a line, and a test must fail ---- */

/* The line in the first ```c block of the section "Exercises". */
static const char *line_to_remove(const struct text *t)
{
    struct block b = {0};

    while (next_block(t, b.end, &b))
        if (strcmp(b.section, "Exercises") == 0 && strcmp(b.info, "c") == 0) {
            CHECK_EQ(b.end - b.first, 1);
            return trimmed(t->lines[b.first]);
        }
    CHECK_FAIL("%s: no line to remove in \"Exercises\"", t->path);
}

/* The first test that "ctest ... -R '^04-select\.name$'" of the section names,
 * without the stage. */
static const char *test_to_run(const struct text *t)
{
    const char *start = keep_format("'^%s\\.", server->name);
    size_t first, end;

    section_lines(t, "Exercises", &first, &end);
    for (size_t i = first; i < end; i++) {
        const char *at = strstr(t->lines[i], start);

        if (at != NULL) {
            at += strlen(start);
            return keep_format("%.*s", (int)strcspn(at, "$'"), at);
        }
    }
    CHECK_FAIL("%s: no test %s... in \"Exercises\"", t->path, start);
}

static void write_without(const char *removed, const char *path)
{
    struct text source = source_of(server);
    FILE *f = fopen(path, "we");
    int found = 0;

    CHECK(f != NULL);
    for (size_t i = 0; i < source.count; i++)
        if (strcmp(trimmed(source.lines[i]), removed) == 0)
            found++;
        else
            fprintf(f, "%s\n", source.lines[i]);
    CHECK(fclose(f) == 0);
    if (found != 1)
        CHECK_FAIL("%d lines of %s are \"%s\"", found, source.path, removed);
}

/* A command with the first `old` in it replaced. */
static const char *replaced(const char *command, const char *old,
                            const char *new)
{
    const char *at = strstr(command, old);

    CHECK(at != NULL);
    return keep_format("%.*s%s%s", (int)(at - command), command, new,
                       at + strlen(old));
}

/* The program that has the test. */
static const char *suite_of_stage(void)
{
    return server_has(server, TRAIT_FRAMES) ? PROSE_FRAMED : PROSE_SUITE;
}

void case_exercise(void)
{
    struct text t = read_text("%s/README.md", server->name);
    const char *test = test_to_run(&t);
    const char *command = cc_line(&t, "server.c");
    char *output;
    int status;

    enter_mirror(false);
    if (!have_program("cc"))
        check_skip("no cc here");
    write_without(line_to_remove(&t), "exercise.c");
    must_run(replaced(command, server->source, "exercise.c"));
    check_step("the test \"%s\" of a server without \"%s\"", test,
               line_to_remove(&t));
    status = run_command(keep_format("HARNESS_DEADLINE_MS=4000 '%s' --stage %s "
                                     "--server ./server '%s'",
                                     suite_of_stage(), server->name, test),
                         &output);
    if (status != 1)
        CHECK_FAIL("the test must fail without this line, and ended with "
                   "status %d:\n%s",
                   status, output);
}

/* ---- commands that are named anywhere ---- */

static bool file_has(const char *path, const char *what)
{
    struct text t = read_text("%s", path);

    for (size_t i = 0; i < t.count; i++)
        if (strstr(t.lines[i], what) != NULL)
            return true;
    return false;
}

static bool has_tests(const char *option, const char *pattern)
{
    char *output;

    CHECK_EQ(run_command(keep_format("cd '%s' && ctest -N %s '%s'", PROSE_BUILD,
                                     option, pattern),
                         &output),
             0);
    return strstr(output, "Total Tests:") != NULL &&
           strstr(output, "Total Tests: 0\n") == NULL;
}

static const char *all_targets(void)
{
    static char *output;

    if (output == NULL)
        run_command(keep_format("'%s' --build '%s' --target help", PROSE_CMAKE,
                                PROSE_BUILD),
                    &output);
    return output;
}

static void check_named(const struct text *t, size_t line, const char *command)
{
    const char *target = argument_of(command, "--target");
    const char *preset = argument_of(command, "--preset");
    const char *regex = argument_of(command, "-R");
    const char *label = argument_of(command, "-L");

    check_step("%s:%zu: %s", t->path, line + 1, command);
    if (starts_with(command, "cmake") && target != NULL)
        CHECK(find_word(all_targets(), target) != NULL);
    if (starts_with(command, "cmake") && preset != NULL)
        CHECK(file_has("CMakePresets.json",
                       keep_format("\"name\": \"%s\"", preset)));
    if (strstr(command, "ctest") != NULL && regex != NULL)
        CHECK(has_tests("-R", regex));
    if (strstr(command, "ctest") != NULL && label != NULL)
        CHECK(has_tests("-L", label));
}

/* Targets, presets and tests that the documents name exist. */
void case_commands_named(void)
{
    struct text files = files_with(".md");

    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);
        struct span s = {0};
        const char *command;
        size_t line = 0;

        while (next_code(&t, &s))
            check_named(&t, s.code_line, s.code);
        while ((command = next_shell_line(&t, &line, "")) != NULL)
            check_named(&t, line - 1, command);
    }
}

/* What the cc lines of the documents make, runs. */
void case_docs_cc_lines(void)
{
    struct text files = files_with(".md");

    enter_mirror(false);
    if (!have_program("cc"))
        check_skip("no cc here");
    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);
        const char *command;
        size_t line = 0;

        if (!starts_with(files.lines[i], "docs/"))
            continue;
        while ((command = next_shell_line(&t, &line, "cc ")) != NULL)
            check_cc_line(command, argument_of(command, "-o"));
    }
}

static int count_lines(const char *text, char sign)
{
    int n = 0;

    for (const char *at = text; at != NULL; at = strchr(at + 1, '\n')) {
        const char *line = *at == '\n' ? at + 1 : at;

        n += line[0] == sign && line[1] != sign;
    }
    return n;
}

/* Each succeeds, and shows what the stage table counts. */
void case_diff_targets(void)
{
    if (!have_program("diff"))
        check_skip("no diff here");
    for (size_t i = 0; server_at(i) != NULL; i++) {
        const struct server_info *s = server_at(i);
        struct change change;
        char *output;

        if (s->after == NULL)
            continue;
        change = server_change(s);
        check_step("diff-%s", short_name(s, "-"));
        CHECK_EQ(run_command(keep_format("'%s' --build '%s' --target diff-%s",
                                         PROSE_CMAKE, PROSE_BUILD,
                                         short_name(s, "-")),
                             &output),
                 0);
        CHECK_EQ(count_lines(output, '+'), change.added);
        CHECK_EQ(count_lines(output, '-'), change.removed);
    }
}

/* One answer to every question of form: .clang-format. */
void case_format(void)
{
    struct text files = files_with(".c .h");
    char *command =
        keep_format("cd '%s' && clang-format --dry-run -Werror", PROSE_ROOT);
    char *output, *version;

    if (!have_program("clang-format"))
        check_skip("no clang-format here");
    run_command("clang-format --version", &version);
    for (size_t i = 0; i < files.count; i++)
        command = keep_format("%s '%s'", command, files.lines[i]);
    command = keep_format("(%s) 2>&1 | sed -n 's/:.*: error: .*//p' | sort -u",
                          command);
    run_command(command, &output);
    if (output[0] != '\0')
        CHECK_FAIL("%s would have these otherwise:\n%s", trimmed(version),
                   output);
}
