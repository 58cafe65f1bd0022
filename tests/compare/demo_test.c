/*
 * tests/compare/demo_test.c - the demo itself: that it says what happened, is
 * plain where nobody looks at it, notices a server that serves otherwise than
 * its stage should, and leaves nothing behind.
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "servers.h"

static void expect_plain_lines(char *text)
{
    for (char *line = strtok(text, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        size_t len = strlen(line);

        check_step("%s", line);
        CHECK(len <= 80);
        CHECK(len == 0 || line[len - 1] != ' ');
        for (size_t i = 0; i < len; i++)
            CHECK(isprint((unsigned char)line[i]));
    }
}

/* Runs the stage `name` with this server instead, and the client of `other`:
 * it must end with this status and say both texts. */
static void expect_demo(const char *name, const char *server, const char *other,
                        int status, const char *says, const char *order)
{
    struct run r =
        run_program((struct process_spec){.path = DEMO_PATH,
                                          .args = {name, server,
                                                   server_named(other)->client},
                                          .unwrapped = true},
                    NULL, 0);

    CHECK(WIFEXITED(r.status));
    CHECK_EQ(WEXITSTATUS(r.status), status);
    CHECK(strstr(r.out, says) != NULL);
    CHECK(strstr(r.out, order) != NULL);
    expect_plain_lines(r.out);
    run_free(&r);
}

static void blocking_lets_others_wait(void)
{
    expect_demo("01-blocking", server_named("01")->program, "01", 0,
                "B and C wait until A", "A | ");
}

static void fork_serves_all(void)
{
    expect_demo("02-fork", server_named("02")->program, "02", 0,
                "B and C are answered while A", "  A B C\n");
}

static void a_stage_that_does_not_wait(void)
{
    expect_demo("01-blocking", server_named("02")->program, "02", 1,
                "should be answered after A has left", "  A B C\n");
}

static void a_stage_that_waits(void)
{
    expect_demo("02-fork", server_named("01")->program, "01", 1,
                "should be answered before A has left", "A | ");
}

static void no_server(void)
{
    expect_demo("02-fork", "/nonexistent", "02", 1, "did not start", "");
}

/* How many processes run a program whose path has this text in it. */
static int processes_of(const char *text)
{
    DIR *d = proc_folder(0, "");
    int count = 0;
    long pid;

    while (proc_next(d, &pid)) {
        char path[64], line[300] = "";
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
        f = fopen(path, "re");
        if (f != NULL && fread(line, 1, sizeof(line) - 1, f) > 0)
            count += strstr(line, text) != NULL;
        if (f != NULL)
            fclose(f);
    }
    return count;
}

/* In the middle of it, with A at least connected. */
static void interrupted(void)
{
    const char *server = harness_path("server"),
               *client = harness_path("client");
    struct process *p;

    CHECK(symlink(server_named("02")->program, server) == 0 &&
          symlink(server_named("02")->client, client) == 0);
    p = process_start((struct process_spec){.path = DEMO_PATH,
                                            .args = {"02-fork", server, client},
                                            .unwrapped = true});
    WAIT_UNTIL(processes_of(client) > 0);
    process_signal(p, SIGINT);
    CHECK(WIFSIGNALED(process_wait(p)));
    CHECK_EQ(WTERMSIG(p->status), SIGINT);
    WAIT_UNTIL(processes_of(server) == 0);
    WAIT_UNTIL(processes_of(client) == 0);
}

const struct check_case check_cases[] = {
    CASE(blocking_lets_others_wait, "measure"),
    CASE(fork_serves_all, "measure"),
    CASE(a_stage_that_does_not_wait, "measure"),
    CASE(a_stage_that_waits, "measure"),
    CASE(no_server, "measure"),
    CASE(interrupted, "measure"),
    {0},
};
