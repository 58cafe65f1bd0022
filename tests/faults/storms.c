/*
 * tests/faults/storms.c - signals that mean nothing to a server, or mean only
 * "stand still" and "go on"; and children killed by somebody else.
 */
#include "faults.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct server_spec plain = {0};

/* ---- a storm in traffic ---- */

static volatile long *strikes; /* shared with the process that storms */

/* Each of them is ignored by default, or stops and continues (signal(7)). */
static void storm(struct server *s, int number)
{
    static const int signals[] = {SIGCHLD, SIGWINCH, SIGURG, SIGCONT,
                                  SIGSTOP, SIGCONT,  SIGCHLD};

    (void)number;
    for (size_t i = 0;; i = (i + 1) % CHECK_COUNT(signals)) {
        if (kill(-s->pid, signals[i]) == -1)
            return;
        nap_us(100);
        ++*strikes;
    }
}

static pid_t storm_start(struct server *s)
{
    void *page = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    CHECK(page != MAP_FAILED);
    strikes = page;
    return background_start(storm, s, 0);
}

/* It may have ended between a stop and its continuation. */
static void storm_end(pid_t pid, struct server *s)
{
    background_end(pid);
    check_step("after %ld signals", *strikes);
    thaw(s);
}

/* Every byte, of several at once, until enough signals have struck. */
static void storm_in_traffic(void)
{
    enum { CLIENTS = 3, PIECE = 512 * KILOBYTE, STRIKES = 3000 };
    const int clients = serves_one_at_a_time() ? 1 : CLIENTS;
    struct scene at = scene_open(plain);
    char *bytes = malloc(PIECE);
    int fds[CLIENTS];
    pid_t pid;

    CHECK(bytes != NULL);
    for (int i = 0; i < clients; i++)
        fds[i] = scene_dial(&at);
    pid = storm_start(at.s);
    for (size_t round = 0; round < 16 || *strikes < STRIKES; round++) {
        for (int i = 0; i < clients; i++) {
            fill_pattern(bytes, PIECE, round * PIECE + (size_t)i);
            EXCHANGE_ECHO(fds[i], bytes, PIECE);
        }
        scene_others_served(&at);
    }
    storm_end(pid, at.s);
    for (int i = 0; i < clients; i++)
        leave(fds[i]);
    free(bytes);
    scene_close(&at);
}

/* Who comes and goes meanwhile: accept, fork and the farewell are interrupted,
 * too. */
static void storm_come_and_go(void)
{
    enum { STRIKES = 1500 };
    struct scene at = scene_open(plain);
    pid_t pid = storm_start(at.s);

    for (int i = 0; i < 60 || *strikes < STRIKES; i++) {
        int fd = scene_dial(&at);

        ROUND_TRIP(fd, "in the storm\n");
        if (i % 3 == 0) {
            ROUND_TRIP(fd, "bye\n");
            EXPECT_EOF(fd);
        }
        leave(fd);
    }
    storm_end(pid, at.s);
    scene_close(&at);
}

/* ---- Ctrl-Z and fg ---- */

/* Several times: a write that was interrupted with some bytes gone returns
 * their number, and the next one, with none gone, EINTR. */
static void stop_and_continue(struct server *s)
{
    for (int i = 0; i < 4; i++) {
        freeze(s);
        thaw(s);
        WAIT_UNTIL(server_sleeps(s));
    }
    server_expect_alive(s);
}

static void stopped_while_waiting(void)
{
    struct scene at = scene_open(plain);
    int fd;

    stop_and_continue(at.s);
    fd = scene_dial(&at);
    ROUND_TRIP(fd, "hi\n");
    stop_and_continue(at.s);
    ROUND_TRIP(fd, "still here?\n");
    ROUND_TRIP(fd, "bye\n");
    EXPECT_EOF(fd);
    stop_and_continue(at.s);
    leave(fd);
    scene_others_served(&at);
    scene_close(&at);
}

static void stopped_while_writing(void)
{
    struct scene at = scene_open(plain);
    int fd = scene_dial_narrow(&at);
    size_t sent = send_until_stuck(at.s, fd, 0);

    hint("EINTR is no error, and what was written is written");
    stop_and_continue(at.s);
    scene_others_served(&at);
    half_close(fd);
    expect_pattern(fd, 0, sent);
    EXPECT_EOF(fd);
    leave(fd);
    scene_close(&at);
}

/* Of many who wait for a place none is forgotten. */
static void stopped_while_full(void)
{
    enum { CLIENTS = 6 };
    struct server *s = server_start((struct server_spec){.args = {"-m", "1"}});
    int fds[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(s);
        SEND_TEXT(fds[i], "hi\n");
    }
    EXPECT_TEXT(fds[0], "hi\n");
    stop_and_continue(s);
    for (int i = 0; i < CLIENTS; i++) {
        if (i > 0)
            EXPECT_TEXT(fds[i], "hi\n");
        leave(fds[i]);
    }
    server_stop(s, CLIENTS);
}

/* ---- children (02) ---- */

enum { CHILDREN = 12 };

static int children_of(const struct server *s, pid_t *pids, int max)
{
    pid_t all[CHILDREN + 1];
    int count = server_members(s, all, CHILDREN + 1), n = 0;

    for (int i = 0; i < count && n < max; i++)
        if (all[i] != s->pid)
            pids[n++] = all[i];
    return n;
}

static bool has_ended(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static int count_ended(const int *fds, int count)
{
    int n = 0;

    for (int i = 0; i < count; i++)
        n += has_ended(fds[i]);
    return n;
}

static void dial_children(struct scene *at, int *fds, int count)
{
    for (int i = 0; i < count; i++) {
        fds[i] = scene_dial(at);
        ROUND_TRIP(fds[i], "my own process\n");
    }
}

/* Its client sees the end; the others, and the parent, go on. */
static void child_killed(void)
{
    static const int by[] = {SIGKILL, SIGUSR1, SIGQUIT};
    struct server *s = server_start((struct server_spec){.args = {"-m", "5"}});
    struct scene at = {.s = s, .bystander = -1};
    pid_t pids[CHILDREN];
    int fds[5], new;

    for (size_t i = 0; i < CHECK_COUNT(by); i++) {
        dial_children(&at, fds, 5);
        CHECK_EQ(children_of(s, pids, CHILDREN), 5);
        check_step("kill a child with signal %d", by[i]);
        CHECK(kill(pids[i], by[i]) == 0);
        WAIT_UNTIL(count_ended(fds, 5) == 1);
        WAIT_UNTIL(proc_children(s->pid) == 4); /* zombies count, too */
        for (int k = 0; k < 5; k++)
            if (!has_ended(fds[k]))
                ROUND_TRIP(fds[k], "mine lives\n");
        hint("the place of a child that was killed is free again");
        dial_children(&at, &new, 1);
        leave(new);
        for (int k = 0; k < 5; k++)
            leave(fds[k]);
        WAIT_UNTIL(proc_children(s->pid) == 0);
    }
    server_stop(s, at.clients);
}

/* The parent stands still until all have ended: one SIGCHLD stands for all. */
static void children_end_together(bool killed)
{
    struct server *s = server_start((struct server_spec){.args = {"-m", "12"}});
    struct scene at = {.s = s, .bystander = -1};
    pid_t pids[CHILDREN];
    int fds[CHILDREN];

    hint("reap in a loop: one SIGCHLD may stand for many");
    for (int round = 0; round < 3; round++) {
        dial_children(&at, fds, CHILDREN);
        WAIT_UNTIL(children_of(s, pids, CHILDREN) == CHILDREN);
        process_signal(s->process, SIGSTOP);
        WAIT_UNTIL(proc_state(s->pid) == 'T');
        for (int i = 0; i < CHILDREN && killed; i++)
            CHECK(kill(pids[i], SIGKILL) == 0);
        for (int i = 0; i < CHILDREN; i++)
            leave(fds[i]);
        WAIT_UNTIL(proc_zombies(s->pid) == CHILDREN);
        process_signal(s->process, SIGCONT);
        WAIT_UNTIL(proc_children(s->pid) == 0);
    }
    server_stop(s, 3 * CHILDREN);
}

static void children_leave_together(void)
{
    children_end_together(false);
}

static void children_killed_together(void)
{
    children_end_together(true);
}

/* SIGTERM to a child is not for it to obey: its parent decides. */
static void child_told_to_stop(void)
{
    struct server *s = server_start(plain);
    pid_t pids[1];
    int fd = dial(s);

    ROUND_TRIP(fd, "hi\n");
    CHECK_EQ(children_of(s, pids, 1), 1);
    kill(pids[0], SIGTERM);
    kill(pids[0], SIGINT);
    ROUND_TRIP(fd, "still here\n");
    leave(fd);
    server_stop(s, 1);
}

const struct check_case storms_cases[] = {
    CASE(storm_in_traffic, "fault", 60, TRAIT_BYTES, ALSO_UNIX),
    CASE(storm_come_and_go, "fault", 60, TRAIT_BYTES, ALSO_UNIX),
    CASE(stopped_while_waiting, "fault", 60, TRAIT_BYTES, ALSO_UNIX),
    CASE(stopped_while_writing, "fault", 60, TRAIT_BYTES, ALSO_UNIX),
    CASE(stopped_while_full, "fault", 60, 0, ALSO_UNIX),
    CASE(child_killed, "fault", 60, TRAIT_PROCESS_EACH),
    CASE(child_told_to_stop, "fault", 60, TRAIT_PROCESS_EACH),
    CASE(children_leave_together, "fault", 60, TRAIT_PROCESS_EACH),
    CASE(children_killed_together, "fault", 60, TRAIT_PROCESS_EACH),
    {0},
};
