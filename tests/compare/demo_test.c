/*
 * tests/compare/demo_test.c - the demo itself: that it says what happened, is
 * plain where nobody looks at it, notices a server that serves otherwise than
 * its stage should, and leaves nothing behind.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "harness.h"
#include "plain.h"
#include "servers.h"

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

    CHECK(WIFEXITED(r.status) && WEXITSTATUS(r.status) == status);
    CHECK(strstr(r.out, says) != NULL);
    CHECK(strstr(r.out, order) != NULL);
    CHECK(expect_plain_lines(r.out) > 0);
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

/* All of it; or only not yet reaped by whoever inherited them. */
static bool is_gone(pid_t group)
{
    int count, living = 0;
    struct proc_stat *members = proc_group(group, &count);

    for (int i = 0; i < count; i++)
        living += members[i].state != 'Z';
    free(members);
    return living == 0;
}

/* In the middle of it, with a server and a client at least. */
static void interrupted(void)
{
    struct process *p = process_start((struct process_spec){
        .path = DEMO_PATH, .args = {"02-fork"}, .unwrapped = true});
    struct proc_stat *children;
    int count = 0;

    WAIT_UNTIL(proc_children(p->pid) >= 2);
    children = proc_family(p->pid, &count);
    CHECK(count >= 2);
    process_signal(p, SIGINT);
    CHECK(WIFSIGNALED(process_wait(p)));
    CHECK_EQ(WTERMSIG(p->status), SIGINT);
    for (int i = 0; i < count; i++)
        WAIT_UNTIL(is_gone(children[i].pid)); /* each leads a group */
    free(children);
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
