/*
 * tests/mutants/verdict.c - see mutant.h: does a test catch a mutant?
 *
 * Only a failed expectation counts, reported as check.h reports it, with exit
 * status 1: not a test that crashes, hangs, skips, or knows no such case, and
 * not a mutant that never began to serve (then every test would "catch" it).
 */
#include "mutant.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CASE_TIMEOUT_S = 60 };

static pid_t running;

static void on_alarm(int signal_number)
{
    (void)signal_number;
    kill(running, SIGKILL);
}

static _Noreturn void be_the_test(char *const *command, int report,
                                  int deadline_ms)
{
    char deadline[16];

    snprintf(deadline, sizeof(deadline), "%d", deadline_ms);
    setenv("HARNESS_DEADLINE_MS", deadline, 1);
    dup2(report, STDERR_FILENO);
    close(report);
    execvp(command[0], command);
    fprintf(stderr, "cannot run %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

/* All that is written to the pipe, with what is beyond `size` dropped. */
static void collect(int fd, char *text, size_t size)
{
    size_t have = 0;
    ssize_t n;
    char piece[4096];

    while ((n = read(fd, piece, sizeof(piece))) > 0 ||
           (n == -1 && errno == EINTR))
        for (ssize_t i = 0; i < n && have + 1 < size; i++)
            text[have++] = piece[i];
    text[have] = '\0';
}

static int say(const char *what, const char *report)
{
    fprintf(stderr, "NOT CAUGHT: %s\n%s", what, report);
    return EXIT_FAILURE;
}

static int judge(int status, const char *report, const char *test,
                 const char *says)
{
    static const char never_began[] = "ended without announcing itself";
    char failed[256], what[128];

    snprintf(failed, sizeof(failed), "FAILED: %s (", test);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return say("the test took too long", report);
    if (WIFSIGNALED(status)) {
        snprintf(what, sizeof(what), "the test itself died of signal %d",
                 WTERMSIG(status));
        return say(what, report);
    }
    if (WEXITSTATUS(status) == 0)
        return say("the test passes", report);
    if (WEXITSTATUS(status) != 1 || strstr(report, failed) == NULL) {
        snprintf(what, sizeof(what), "exit status %d, no failed expectation",
                 WEXITSTATUS(status));
        return say(what, report);
    }
    if (says != NULL && strstr(report, says) == NULL)
        return say("it fails, but in another way than expected", report);
    if (says == NULL && strstr(report, never_began) != NULL)
        return say("the mutant never began to serve", report);
    printf("caught:\n%s", report);
    return EXIT_SUCCESS;
}

int verdict(char *const *command, const char *test, const char *says,
            int deadline_ms)
{
    static char report[256 * 1024];
    int ends[2], status;

    if (pipe(ends) == -1)
        give_up("pipe: %s", strerror(errno));
    running = fork();
    if (running == 0) {
        close(ends[0]);
        be_the_test(command, ends[1], deadline_ms);
    }
    close(ends[1]);
    if (running == -1)
        give_up("fork: %s", strerror(errno));
    signal(SIGALRM, on_alarm);
    alarm(CASE_TIMEOUT_S);
    collect(ends[0], report, sizeof(report));
    while (waitpid(running, &status, 0) == -1)
        if (errno != EINTR)
            give_up("waitpid: %s", strerror(errno));
    return judge(status, report, test, says);
}
