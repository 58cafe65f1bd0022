/*
 * tests/compare/compare_test.c - the comparison itself: that it writes what it
 * says, takes in a foreign server, goes on when one dies or answers wrongly,
 * and leaves nothing behind when it is interrupted. Rounds are short here: what
 * the figures are does not matter.
 */
#include <ctype.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "plain.h"
#include "scripted.h"

static char own_path[256];
static rlim_t most_descriptors; /* 0: as many as there are */

/* One short round, files in the case's own folder; options that say otherwise
 * come later and so win. */
static struct process_spec spec_of(const char *const *options, int count)
{
    struct process_spec spec = {.path = COMPARE_PATH,
                                .args = {"--rounds", "1", "--seconds", "0.2",
                                         "--out", harness_path("found")},
                                .descriptors = most_descriptors,
                                .unwrapped = true};
    int n = 0;

    while (spec.args[n] != NULL)
        n++;
    CHECK(n + count < SPEC_ARGS);
    for (int i = 0; i < count; i++)
        spec.args[n + i] = options[i];
    return spec;
}

static struct run last_run; /* what it said, until it is run again */

static int compare_with(const char *const *options, int count)
{
    run_free(&last_run);
    last_run = run_program(spec_of(options, count), NULL, 0);
    check_step("it said: %.600s", last_run.out);
    return WIFEXITED(last_run.status) ? WEXITSTATUS(last_run.status) : -1;
}

static bool said(const char *text)
{
    return strstr(last_run.out, text) != NULL;
}

/* Its exit status. */
#define COMPARE(...)                                                           \
    compare_with((const char *const[]){__VA_ARGS__},                           \
                 CHECK_COUNT(((const char *const[]){__VA_ARGS__})))

static bool is_there(const char *name)
{
    char path[300];
    struct stat st;

    snprintf(path, sizeof(path), "%s/%s", harness_path("found"), name);
    return stat(path, &st) == 0 && st.st_size > 0;
}

/* Whatever its number is. */
static bool has_result(const char *experiment)
{
    char pattern[300];
    glob_t found;
    bool is_one;

    snprintf(pattern, sizeof(pattern), "%s/[0-9]*-%s.result",
             harness_path("found"), experiment);
    is_one = glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1;
    globfree(&found);
    return is_one;
}

/* The rest of the first line of the output that begins so. */
static const char *row(const char *start)
{
    size_t len = strlen(start);

    for (const char *line = last_run.out; line != NULL;
         line = strchr(line, '\n')) {
        line += line != last_run.out;
        if (strncmp(line, start, len) == 0)
            return line + len;
    }
    CHECK_FAIL("no line begins with %s", start);
}

static bool row_has(const char *start, const char *text)
{
    const char *rest = row(start), *found = strstr(rest, text);

    return found != NULL && found < rest + strcspn(rest, "\n");
}

static void expect_figure(const char *server)
{
    const char *figure = row(server);

    figure += strspn(figure, " ");
    check_step("%s: %.200s", server, figure);
    CHECK(isdigit((unsigned char)figure[0]));
}

/* ---- what it writes ---- */

static void writes_what_it_found(void)
{
    static const char *const files[] = {"machine.result", "results.json",
                                        "report.html"};

    CHECK_EQ(COMPARE("--only", "stall"), 0);
    CHECK(said("\nholds: "));
    CHECK(has_result("stall"));
    for (size_t i = 0; i < CHECK_COUNT(files); i++) {
        check_step("%s", files[i]);
        CHECK(is_there(files[i]));
    }
}

/* What was found before is in the files and in the table with it. */
static void keeps_what_was_found_before(void)
{
    CHECK_EQ(COMPARE("--only", "stall"), 0);
    CHECK_EQ(COMPARE("--only", "delimiter"), 0);
    CHECK_EQ(COMPARE("--table"), 1); /* the others are missing */
    CHECK(said("  A blocking server cannot serve B"));
    CHECK(said("  A delimiter breaks on binary data"));
    CHECK(said("\nNot all were run: 2 of "));
}

static void several_make_a_table(void)
{
    CHECK_EQ(COMPARE("--only", "1,setsize"), 0);
    CHECK(said("The report: "));
}

/* ---- what the documents say of it ---- */

/* The tables in docs/comparison.md are those of the run that is kept here. An
 * experiment that is younger than that run is missing in both. */
static void documented_run(void)
{
    char *document = read_file(SOURCE_PATH "/docs/comparison.md", NULL), *end;
    struct run r;
    int status;

    r = run_program(
        (struct process_spec){.path = "cp",
                              .args = {"-r",
                                       SOURCE_PATH "/tests/compare/full-run",
                                       harness_path("found")},
                              .unwrapped = true},
        NULL, 0);
    CHECK_EQ(r.status, 0);
    run_free(&r);
    status = COMPARE("--table");
    end = strstr(last_run.out, "\nNot all were run: ");
    if (end == NULL) {
        CHECK_EQ(status, 0);
        end = strstr(last_run.out, "\nThe report: ");
    }
    CHECK(end != NULL);
    *end = '\0';
    if (strstr(document, last_run.out) == NULL)
        CHECK_FAIL("docs/comparison.md does not show this:\n%s", last_run.out);
    free(document);
}

/* ---- foreign servers ---- */

static void churn_against(const char *name, const char *behaviour)
{
    char server[400];

    snprintf(server, sizeof(server), "%s=%s --serve %s", name, own_path,
             behaviour);
    COMPARE("--only", "churn", "--server", server);
}

static void a_foreign_server(void)
{
    churn_against("mine", "echo");
    expect_figure("mine");
}

/* It need not say where it is, if the person who enters it does. */
static void a_foreign_server_at_a_port(void)
{
    char server[400], port[8];

    close(peer_listen(port)); /* nobody has it now */
    snprintf(server, sizeof(server), "bare=%s 127.0.0.1 %s >/dev/null",
             FLOOR_PATH, port);
    COMPARE("--only", "churn", "--server", server, "--port", port);
    expect_figure("bare");
}

/* Its row has a note, and the others have their figures all the same. */
static void expect_noted(const char *name, const char *note)
{
    CHECK(row_has(name, "["));
    CHECK(said(note));
    expect_figure("06-epoll");
}

static void one_that_does_not_start(void)
{
    COMPARE("--only", "churn", "--server", "gone=false");
    expect_noted("gone", "it ended before it listened");
}

static void one_that_dies(void)
{
    churn_against("dies", "die 1000");
    expect_noted("dies", "it died under this load");
}

static void one_that_answers_wrongly(void)
{
    churn_against("liar", "flip 100");
    expect_noted("liar", "1 of 1 rounds had wrong or no answers");
}

/* ---- one of ours that is bad ---- */

/* A server in the place of 06 that changes every hundredth byte. The experiment
 * fails, and so does the table that is made of its file. */
static void one_of_ours_answers_wrongly(void)
{
    static const char sentence[] = " no server of ours dies or answers";
    char instead[400];

    snprintf(instead, sizeof(instead), "06-epoll=%s", own_path);
    CHECK_EQ(setenv("COMPARE_INSTEAD", instead, 1), 0);
    CHECK_EQ(COMPARE("--only", "churn"), 1);
    CHECK(said("06-epoll at 0: 1 of 1 rounds had wrong"));
    CHECK(said("FAILED: "));
    CHECK(said(sentence));
    CHECK_EQ(unsetenv("COMPARE_INSTEAD"), 0);
    CHECK_EQ(COMPARE("--table"), 1);
    CHECK(said("FAILED: "));
    CHECK(said(sentence));
}

/* ---- a machine that has too little ---- */

/* Few descriptors: what cannot be measured is said, in words. */
static void few_descriptors(void)
{
    static const char *const names[] = {"memory", "stacks", "setsize", "busy",
                                        "clients"};

    most_descriptors = 600;
    for (size_t i = 0; i < CHECK_COUNT(names); i++) {
        int status = COMPARE("--only", names[i], "--seconds", "0.05");

        check_step("%s: %.2000s", names[i], last_run.out);
        CHECK(!said("nan") && !said("inf"));
        if (strcmp(names[i], "stacks") == 0)
            continue; /* 500 threads are enough to see what a stack takes */
        CHECK_EQ(status, CHECK_SKIPPED);
        CHECK(said("\nskipped: "));
    }
}

/* ---- Ctrl-C ---- */

/* In the middle of it, with servers and a load running. */
static void interrupted(void)
{
    const char *options[] = {"--only", "stall,busy", "--rounds", "30"};
    struct process *p = process_start(spec_of(options, CHECK_COUNT(options)));
    struct proc_stat *children = NULL;
    int count = 0;

    WAIT_UNTIL(process_log_has(p, "busy") && proc_children(p->pid) >= 4);
    children = proc_family(p->pid, &count);
    process_signal(p, SIGINT);
    EXPECT_EXIT(p, 130);
    for (int i = 0; i < count; i++)
        WAIT_UNTIL(proc_threads_are(children[i].pid, "Z")); /* or gone */
    free(children);
    CHECK(has_result("stall"));
    CHECK(has_result("busy"));
    CHECK(is_there("report.html"));
}

/* ---- command line ---- */

static void help_and_list(void)
{
    int lines = 0;

    CHECK_EQ(COMPARE("--help"), 0);
    CHECK(expect_plain_lines(last_run.out) > 0);
    CHECK_EQ(COMPARE("--list"), 0);
    for (char *line = strtok(last_run.out, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        check_step("%s", line);
        CHECK_EQ(atoi(line), ++lines);
        CHECK(strstr(line, "  ") != NULL); /* for discover.cmake */
    }
    CHECK(lines > 0);
}

static void wrong_words(void)
{
    static const char *const words[][2] = {
        {"--only", "nothing"}, {"--only", "stall,bsuy"}, {"--rounds", "0"},
        {"--seconds", "x"},    {"--server", "name"},     {"--port", "70000"},
        {"--port", "80"},
    };

    for (size_t i = 0; i < CHECK_COUNT(words); i++) {
        int status = COMPARE(words[i][0], words[i][1]);

        check_step("%s %s: %s", words[i][0], words[i][1], last_run.err);
        CHECK_EQ(status, 2);
        CHECK(strstr(last_run.err, "compare --help'.\n") != NULL);
        CHECK_EQ(last_run.out_len, 0);
    }
}

static const struct check_case cases[] = {
    CASE(writes_what_it_found, "measure"),
    CASE(keeps_what_was_found_before, "measure"),
    CASE(several_make_a_table, "measure"),
    CASE(documented_run, "measure"),
    CASE(a_foreign_server, "measure"),
    CASE(a_foreign_server_at_a_port, "measure"),
    CASE(one_that_does_not_start, "measure"),
    CASE(one_that_dies, "measure"),
    CASE(one_that_answers_wrongly, "measure"),
    CASE(one_of_ours_answers_wrongly, "measure"),
    CASE(few_descriptors, "measure"),
    CASE(interrupted, "measure"),
    CASE(help_and_list, "measure"),
    CASE(wrong_words, "measure"),
};

int main(int argc, char **argv)
{
    ssize_t n = readlink("/proc/self/exe", own_path, sizeof(own_path) - 1);

    own_path[n > 0 ? n : 0] = '\0';
    if (argc > 1 && strcmp(argv[1], "--serve") == 0)
        return scripted_main(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "-q") == 0) /* in the place of a server */
        return scripted_main(3, (char *[]){"--serve", "flip", "100"});
    return check_main(argc, argv, cases, CHECK_COUNT(cases));
}
