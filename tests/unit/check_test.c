/* tests/unit/check_test.c - the runner of all tests, run on a table of cases
 * that end in every way there is; and a limit of time that holds without
 * CTest. */
#include "runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *own_path;

/* ---- the table: check --table ---- */

static void it_passes(void)
{
    CHECK(case_word[0] == '\0' || strstr(case_name, case_word) != NULL);
}

static void it_fails(void)
{
    check_step("one, two");
    CHECK_EQ(1 + 1, 3);
}

static void it_skips(void)
{
    check_skip("not today");
}

static void it_dies(void)
{
    raise(SIGKILL);
}

static void it_hangs(void)
{
    check_step("wait for nothing");
    for (;;)
        pause();
}

static void case_links(void)
{
    it_passes();
}

static const struct check_case table[] = {
    CASE(it_passes, "good"),
    CASE(it_passes, "good", .each = "red blue"),
    EACH("pass-*-EAGAIN", "read write", it_passes, "good"),
    CASE(case_links, "good", 7),
    CASE(it_passes, "good", 30, TRAIT_SELECT),
    CASE(it_passes, "client", 30, NEEDS_CLIENT),
    CASE(it_fails, "bad"),
    CASE(it_skips, "bad"),
    CASE(it_dies, "bad"),
    CASE(it_hangs, "bad", 1),
};

/* ---- the cases ---- */

static struct run run_table(const char *word, const char *value)
{
    return run_program((struct process_spec){.path = own_path,
                                             .args = {"--table", word, value},
                                             .unwrapped = true},
                       NULL, 0);
}

static int count_lines(const char *text)
{
    int count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static void expect_status(const struct run *r, int status)
{
    CHECK(WIFEXITED(r->status));
    CHECK_EQ(WEXITSTATUS(r->status), status);
}

static void expect_said(const char *text, const char *words)
{
    if (strstr(text, words) == NULL)
        CHECK_FAIL("expected \"%s\" in:\n%s", words, text);
}

/* A case is called as its function, or with a word of its row. */
static void names(void)
{
    static const char *const lines[] = {
        "it-passes good ", "red-it-passes good ",    "blue-it-passes good ",
        "links good ",     "pass-read-EAGAIN good ", "pass-write-EAGAIN good "};
    struct run r = run_table("--list", NULL);

    expect_status(&r, 0);
    for (size_t i = 0; i < CHECK_COUNT(lines); i++)
        expect_said(r.out, lines[i]);
    CHECK_EQ(count_lines(r.out), 10);
    run_free(&r);
    r = run_table("--stage", "04");
    expect_said(r.out, "7 passed, 3 failed, 1 skipped\n");
    run_free(&r);
}

/* What needs a client is no case where there is none: 70 skips that nobody can
 * help would hide one that matters. */
static void needs_a_client(void)
{
    struct run r = run_table("--kind=client", "--list");

    CHECK_EQ(r.out_len, 0);
    run_free(&r);
    r = run_table("--client=/bin/true", "--list");
    expect_said(r.out, "it-passes client ");
    CHECK_EQ(count_lines(r.out), 11);
    run_free(&r);
}

/* Exit status 2, and the word is named. */
static void wrong_words(void)
{
    static const char *const wrong[][2] = {
        {"--limit", "abc"},      {"--limit", "1h"},
        {"--limit", "-1"},       {"--deadline", "abc"},
        {"--deadline", "0"},     {"--port", "70000"},
        {"--stage", "08"},       {"--kind", "god"},
        {"--transport", "tcq"},  {"--case", "nothing-like-that"},
        {"it-passes", "it-too"}, {"--wrong", NULL},
        {"--kind", "client"},
    };

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        const char *word = wrong[i][wrong[i][1] == NULL ? 0 : 1];
        struct run r = run_table(wrong[i][0], wrong[i][1]);

        expect_status(&r, 2);
        expect_said(r.err, word);
        run_free(&r);
    }
}

static void too_many_words_for_the_server(void)
{
    struct process_spec spec = {.path = "/bin/sh", .unwrapped = true};
    char command[1024];
    size_t n = (size_t)snprintf(command, sizeof(command), "exec %s", SUITE);
    struct run r;

    for (int i = 0; i < SPEC_ARGS; i++)
        n +=
            (size_t)snprintf(command + n, sizeof(command) - n, " --arg w%d", i);
    spec.args[0] = "-c";
    spec.args[1] = command;
    r = run_program(spec, NULL, 0);
    expect_status(&r, 2);
    expect_said(r.err, "'w23'");
    run_free(&r);
}

/* Whatever is in the list can be named. */
static void help_names_the_servers(void)
{
    struct run r = run_program((struct process_spec){.path = SUITE,
                                                     .args = {"--help"},
                                                     .unwrapped = true},
                               NULL, 0);
    char line[64];

    expect_status(&r, 0);
    for (size_t i = 0; server_at(i) != NULL; i++) {
        snprintf(line, sizeof(line), "\n  %s ", server_at(i)->name);
        expect_said(r.out, line);
    }
    run_free(&r);
}

static void sums(void)
{
    struct run r = run_table(NULL, NULL);

    expect_status(&r, 1);
    expect_said(r.out, "skipped  it-skips\n");
    expect_said(r.out, "FAILED   it-fails\nFAILED   it-dies\n"
                       "FAILED   it-hangs\n");
    expect_said(r.out, "6 passed, 3 failed, 1 skipped\n");
    expect_said(r.err, "FAILED: it-dies died of signal 9\n");
    run_free(&r);
    r = run_table("--kind", "good");
    expect_status(&r, 0);
    expect_said(r.out, "6 passed, 0 failed, 0 skipped\n");
    run_free(&r);
}

static void reports(void)
{
    struct run r = run_table("--case", "it-fails");
    char repeat[512];

    expect_status(&r, 1);
    expect_said(r.err, "FAILED: it-fails (");
    expect_said(r.err, "  ---> 1 + 1: expected 3, got 2\n    1. one, two\n");
    snprintf(repeat, sizeof(repeat), "  repeat it with: %s --case it-fails\n",
             own_path);
    expect_said(r.err, repeat);
    run_free(&r);
    r = run_table("--case", "it-skips");
    expect_status(&r, CHECK_SKIPPED);
    run_free(&r);
    r = run_table("--case", "it-hangs");
    expect_status(&r, CHECK_TOO_LONG);
    expect_said(r.err, "FAILED: it-hangs took more than ");
    expect_said(r.err, "    1. wait for nothing\n");
    run_free(&r);
}

static const char *write_script(const char *line)
{
    const char *path = harness_path("server");
    FILE *f = fopen(path, "we");

    CHECK(f != NULL && fprintf(f, "#!/bin/sh\n%s\n", line) > 0);
    CHECK(fchmod(fileno(f), 0700) == 0 && fclose(f) == 0);
    return path;
}

/* One that ends before, that says something else, or a place where nobody can
 * be, or nothing: no case is to be thought to have seen it serve. */
static void server_that_never_begins(void)
{
    static const char *const scripts[] = {
        "exit 1", "echo hello; exec sleep 300",
        "echo listening on nowhere; exec sleep 300",
        "printf 'listening on 127.0.0.1:1'", "exec sleep 300"};

    for (size_t i = 0; i < CHECK_COUNT(scripts); i++) {
        struct process_spec spec = {
            .path = SUITE,
            .args = {"--server", write_script(scripts[i]), "--deadline", "500",
                     "--case", "half-close"},
            .unwrapped = true};
        struct run r = run_program(spec, NULL, 0);

        check_step("%s", scripts[i]);
        expect_status(&r, CHECK_NEVER_BEGAN);
        expect_said(r.err, "FAILED: half-close (");
        run_free(&r);
    }
}

/* A server that never says that it is ready, and a case whose own waits would
 * go on for ever or longer than its limit. */
static void server_that_never_announces(void)
{
    static const char *const waiting[] = {"stop-while-announcing", "announces"};
    const char *script = write_script("exec sleep 300");

    for (size_t i = 0; i < CHECK_COUNT(waiting); i++) {
        struct run r = run_program(
            (struct process_spec){.path = SUITE,
                                  .args = {"--server", script, "--limit", "1",
                                           "--case", waiting[i]},
                                  .unwrapped = true},
            NULL, 0);

        expect_status(&r, CHECK_TOO_LONG);
        expect_said(r.err, " took more than 1 s\n");
        expect_said(r.err, "  repeat it with: ");
        run_free(&r);
    }
}

/* ---- ended from outside ---- */

/* The server says who and where it is: its process, the case's, the script that
 * runs its command, and its socket in the case's directory. */
struct traces {
    int server, its_case;
    char script[64], dir[64];
};

static struct traces read_traces(const char *path)
{
    struct traces t;
    char *text;

    WAIT_UNTIL(access(path, F_OK) == 0);
    text = read_file(path, NULL);
    if (sscanf(text, "%d %d %63s -b unix:%63[^.].1", &t.server, &t.its_case,
               t.script, t.dir) != 4)
        CHECK_FAIL("the server says: %s", text);
    *strrchr(t.dir, '/') = '\0';
    free(text);
    return t;
}

static void end_suite(const char *name, int signal_number)
{
    const char *path = harness_path("traces"), *new = harness_path("new");
    char line[300], command[200];
    struct process *suite;
    struct traces t;

    snprintf(line, sizeof(line),
             "echo $$ $PPID \"$@\" > %s; mv %s %s; exec sleep 300", new, new,
             path);
    snprintf(command, sizeof(command), "/bin/sh %s $0", write_script(line));
    suite = process_start(
        (struct process_spec){.path = SUITE,
                              .args = {"--server", command, "--case", name},
                              .unwrapped = true});
    t = read_traces(path);
    CHECK(access(t.script, F_OK) == 0 && access(t.dir, F_OK) == 0);
    process_signal(suite, signal_number);
    EXPECT_EXIT(suite, 128 + signal_number);
    CHECK(kill(t.server, 0) == -1 && kill(t.its_case, 0) == -1);
    CHECK(access(t.script, F_OK) == -1 && access(t.dir, F_OK) == -1);
    unlink(path);
}

static void ended_leaves_nothing(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < CHECK_COUNT(signals); i++) {
        end_suite("announces.unix", signals[i]); /* in its own process */
        end_suite("announces.uni?", signals[i]); /* in a child */
    }
}

static const struct check_case cases[] = {
    CASE(ended_leaves_nothing, "unit"),
    CASE(names, "unit"),
    CASE(needs_a_client, "unit"),
    CASE(wrong_words, "unit"),
    CASE(too_many_words_for_the_server, "unit"),
    CASE(help_names_the_servers, "unit"),
    CASE(sums, "unit"),
    CASE(reports, "unit"),
    CASE(server_that_never_begins, "unit"),
    CASE(server_that_never_announces, "unit"),
};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--table") == 0) {
        argv[1] = argv[0];
        return check_main(argc - 1, argv + 1, table, CHECK_COUNT(table));
    }
    own_path = argv[0];
    return check_main(argc, argv, cases, CHECK_COUNT(cases));
}
