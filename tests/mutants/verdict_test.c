/*
 * tests/mutants/verdict_test.c - which ends of a test count as "caught": a
 * shell stands for the test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "check.h"
#include "programs.h"

static const char reported[] = "echo \"FAILED: $0 (\" >&2;",
                  says_why[] = "echo \"FAILED: $0 (\" EADDRINUSE >&2;";

static void expect_verdict(const char *text, const char *report, int status,
                           int verdict)
{
    char script[128];
    struct run r;

    snprintf(script, sizeof(script), "%s exit %d", report, status);
    check_step("%s, %s", text, script);
    r = run_program(
        (struct process_spec){.path = MUTATE,
                              .args = {"verdict", text, "01-blocking",
                                       "/bin/sh", "-c", script, "a-case"},
                              .unwrapped = true},
        NULL, 0);
    CHECK(WIFEXITED(r.status));
    CHECK_EQ(WEXITSTATUS(r.status), verdict);
    run_free(&r);
}

static void failed_expectation(void)
{
    static const char text[] = TEXTS "/leaving/eof-ignored.mutant";

    expect_verdict(text, reported, EXIT_FAILURE, 0);
    expect_verdict(text, "", EXIT_FAILURE, 1);
    expect_verdict(text, reported, EXIT_SUCCESS, 1);
    expect_verdict(text, reported, CHECK_SKIPPED, 1);
    expect_verdict(text, reported, CHECK_TOO_LONG, 1);
    expect_verdict(text, "kill -9 $$;", 0, 1);
}

/* Every test would catch what does not serve at all. */
static void never_began(void)
{
    static const char serves[] = TEXTS "/leaving/eof-ignored.mutant",
                      never[] = TEXTS "/stopping/announced-unflushed.mutant";

    expect_verdict(serves, reported, CHECK_NEVER_BEGAN, 1);
    expect_verdict(never, reported, CHECK_NEVER_BEGAN, 0);
    expect_verdict(never, reported, EXIT_FAILURE, 1);
}

static void other_words(void)
{
    static const char text[] = TEXTS "/stopping/no-reuseaddr.mutant";

    expect_verdict(text, says_why, CHECK_NEVER_BEGAN, 0);
    expect_verdict(text, reported, CHECK_NEVER_BEGAN, 1);
}

const struct check_case check_cases[] = {
    CASE(failed_expectation, "unit"),
    CASE(never_began, "unit"),
    CASE(other_words, "unit"),
    {0},
};
