/*
 * tests/mutants/verdict.c - see mutant.h: does a test catch a mutant?
 *
 * Only a failed expectation counts, reported as check.h reports it, with exit
 * status 1: not a test that crashes, hangs, skips, or knows no such case, and
 * not a mutant that never began to serve (then every test would "catch" it),
 * but where its text says that it does not.
 */
#include "mutant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "child.h"

enum { CASE_TIMEOUT_MS = 60000 };

static int say(const char *what, const char *report)
{
    fprintf(stderr, "NOT CAUGHT: %s\n%s", what, report);
    return EXIT_FAILURE;
}

static int judge(int status, const char *report, const char *test,
                 const struct part *part)
{
    int wanted = part->never_begins ? CHECK_NEVER_BEGAN : EXIT_FAILURE;
    char failed[256], what[128];

    snprintf(failed, sizeof(failed), "FAILED: %s (", test);
    if (WIFSIGNALED(status)) {
        snprintf(what, sizeof(what), "the test itself died of signal %d",
                 WTERMSIG(status));
        return say(what, report);
    }
    if (WEXITSTATUS(status) == 0)
        return say("the test passes", report);
    if (WEXITSTATUS(status) == CHECK_NEVER_BEGAN && !part->never_begins)
        return say("the mutant never began to serve", report);
    if (WEXITSTATUS(status) == EXIT_FAILURE && part->never_begins)
        return say("the mutant began to serve", report);
    if (WEXITSTATUS(status) != wanted || strstr(report, failed) == NULL) {
        snprintf(what, sizeof(what), "exit status %d, no failed expectation",
                 WEXITSTATUS(status));
        return say(what, report);
    }
    if (part->says != NULL && strstr(report, part->says) == NULL)
        return say("it fails, but in another way than expected", report);
    printf("caught:\n%s", report);
    return EXIT_SUCCESS;
}

int verdict(char *const *command, const char *test, const struct part *part)
{
    static char report[256 * 1024];
    char deadline[64];
    const char *const env[] = {deadline, NULL};
    struct child_spec spec = {.argv = (const char *const *)command,
                              .env = env,
                              .out = STDOUT_FILENO,
                              .err = STDIO_PIPE};
    struct process p;
    bool ended;

    snprintf(deadline, sizeof(deadline), "HARNESS_DEADLINE_MS=%d",
             part->deadline_ms);
    if (child_start(&p, &spec) == -1)
        give_up("start the test: %s", strerror(errno));
    ended = child_finish(&p, p.err, report, sizeof(report), CASE_TIMEOUT_MS);
    child_kill(&p);
    if (!ended)
        return say("the test took too long", report);
    return judge(p.status, report, test, part);
}
