/*
 * tests/faults/inject_server.c - the kernel says no to a running server: each
 * call, each errno. Who is concerned gets what the contract says, or is
 * closed; a bystander notices nothing; afterwards everything is back. See
 * inject_rules.h for the names.
 */
#include "faults.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inject_rules.h"

enum { WAITING = 5, TIMES = 20, LOOK_MS = 600 };

/* A scene that waits for its clients, all of it. */
static struct scene open_at_rest(struct server_spec spec)
{
    struct scene at = scene_open(spec);

    scene_wait_left(&at);
    WAIT_UNTIL(server_sleeps(at.s));
    return at;
}

static struct scene row_scene(const char *when)
{
    return open_at_rest(with_rules((struct server_spec){0}, row_rule(when)));
}

/* An accept that waits already is beyond the look for faults: one more comes in
 * before the next call fails. */
static void let_one_in(struct scene *at)
{
    int fd;

    if (!waits_in_accept())
        return;
    fd = scene_dial(at);
    ROUND_TRIP(fd, "the last one in\n");
    leave(fd);
    scene_wait_left(at);
}

static void dial_waiting(struct scene *at, int fds[WAITING])
{
    for (int i = 0; i < WAITING; i++) {
        fds[i] = scene_dial(at);
        SEND_TEXT(fds[i], "may I come in?\n");
    }
}

static void hear_waiting(const int fds[WAITING])
{
    for (int i = 0; i < WAITING; i++) {
        EXPECT_TEXT(fds[i], "may I come in?\n");
        leave(fds[i]);
    }
}

/* While something is refused again and again: the server says so once, burns
 * nothing, and asks a few times a second. */
static void expect_patience(const struct server *s, int lines_before)
{
    long long start = now_ms();
    int before = injected(""), times;

    expect_no_cpu(s, LOOK_MS, "while it is refused what it needs");
    times = injected("") - before;
    if (times > (now_ms() - start) / 20)
        CHECK_FAIL("it asked %d times in %lld ms", times, now_ms() - start);
    if (log_lines(s) - lines_before > 2)
        CHECK_FAIL("%d lines in the log", log_lines(s) - lines_before);
}

/* ---- what is refused is waited for ---- */

/* For as long as it takes: who has connected waits, who is served is served. */
static void refused_for_a_while(const char *rules, const char *fault)
{
    struct scene at = open_at_rest(with_rules((struct server_spec){0}, rules));
    int fds[WAITING], lines;

    hint("stop accepting for a moment, say so once, keep the client");
    inject_now();
    if (strcmp(row_call(), "accept") == 0)
        let_one_in(&at);
    lines = log_lines(at.s);
    dial_waiting(&at, fds);
    wait_injected(fault, 1);
    expect_patience(at.s, lines);
    if (at.bystander != -1)
        ROUND_TRIP(at.bystander, "I am still served\n");
    for (int i = 0; i < WAITING; i++)
        EXPECT_SILENCE(fds[i]);
    CHECK(process_log_has(at.s->process, row_symbol()));
    inject_no_more();
    hear_waiting(fds);
    expect_injected(fault, 2);
    scene_close(&at);
}

static void refused(void)
{
    refused_for_a_while(row_rule("@1-"), row_fault());
}

/* The loader's threads ask for memory where libc lays out a thread's own
 * variables: glibc does, and only for a stack that is not used again. */
static void no_memory_for_a_thread(void)
{
#ifdef __GLIBC__
    struct scene at;
    int fds[WAITING], lines;

    if (is_instrumented())
        check_skip("a sanitizer does not outlive a thread without memory");
    at = row_scene("@1-");
    inject_now();
    lines = log_lines(at.s);
    dial_waiting(&at, fds);
    wait_injected("malloc", 1);
    expect_no_cpu(at.s, LOOK_MS, "without memory for a thread");
    CHECK(log_lines(at.s) - lines <= 4); /* one may come in */
    ROUND_TRIP(at.bystander, "I am still served\n");
    inject_no_more();
    hear_waiting(fds);
    scene_close(&at);
#else
    check_skip("only glibc asks malloc for a thread's memory");
#endif
}

/* It can be stopped meanwhile, and says goodbye to nobody it has not met. */
static void refused_and_stopped(void)
{
    struct server *s = server_start(
        with_rules((struct server_spec){.args = {"-g", "1"}}, row_rule("@1-")));
    int fd;

    inject_now();
    fd = dial(s);
    SEND_TEXT(fd, "may I come in?\n");
    wait_injected(row_fault(), 1);
    process_signal(s->process, SIGTERM);
    EXPECT_CLOSED(fd);
    server_expect_stopped(s, SERVED_ANY);
}

/* ---- what passes is tried again ---- */

/* Of a client that left before it was accepted, the next one must not hear:
 * no pause, no word. */
static void passing_at_accept(void)
{
    struct scene at = row_scene("@1-20");

    hint("such an error concerns one client: take the next one at once");
    inject_now();
    for (int i = 0; i < 3; i++) {
        int fd = scene_dial(&at);

        ROUND_TRIP(fd, "who is next?\n");
        leave(fd);
        scene_wait_left(&at);
    }
    scene_others_served(&at);
    expect_injected(row_fault(), TIMES);
    if (process_log_has(at.s->process, "backlog"))
        CHECK_FAIL("it paused");
    scene_close(&at);
}

static void long_round_trip(int fd)
{
    char line[501];

    memset(line, 'x', 500);
    line[500] = '\n';
    SEND_BYTES(fd, line, sizeof(line));
    EXPECT_BYTES(fd, line, sizeof(line));
}

/* A client in conversation notices nothing. */
static void unnoticed(const char *when, int least)
{
    struct scene at = row_scene(when);
    int fd = scene_dial(&at);

    ROUND_TRIP(fd, "before\n");
    WAIT_UNTIL(server_sleeps(at.s));
    inject_now();
    for (int i = 0; i < 5; i++)
        long_round_trip(fd);
    scene_others_served(&at);
    half_close(fd);
    EXPECT_EOF(fd);
    inject_no_more();
    expect_injected(row_fault(), least);
    leave(fd);
    scene_close(&at);
}

static void passing(void)
{
    hint("try again, now or when the socket is said to be ready");
    unnoticed("@1-3", 3);
}

static void short_always(void)
{
    hint("a count says how much was moved, and it may be one byte");
    unnoticed("@1-", 500);
}

/* Now and then, in the middle of a megabyte. */
static void short_in_bulk(void)
{
    static char bytes[MEGABYTE];
    struct scene at = row_scene("%2");
    int fd = scene_dial(&at);

    fill_pattern(bytes, sizeof(bytes), 0);
    inject_now();
    EXCHANGE_ECHO(fd, bytes, sizeof(bytes));
    inject_no_more();
    expect_injected(row_fault(), 10);
    leave(fd);
    scene_close(&at);
}

static void wait_interrupted(void)
{
    struct scene at = row_scene("@1-20");

    hint("EINTR: wait again; what the sets hold then is not defined");
    inject_now();
    for (int i = 0; i < 3; i++)
        scene_others_served(&at);
    inject_no_more();
    expect_injected(row_fault(), TIMES);
    scene_close(&at);
}

/* Nobody can be served then, but nothing is lost and nothing burned. */
static void wait_refused(void)
{
    struct scene at = row_scene("@1-");
    int lines;

    inject_now();
    ROUND_TRIP(at.bystander, "this ends a wait\n");
    wait_injected(row_fault(), 1);
    lines = log_lines(at.s);
    SEND_TEXT(at.bystander, "I can wait\n");
    expect_patience(at.s, lines);
    EXPECT_SILENCE(at.bystander);
    inject_no_more();
    EXPECT_TEXT(at.bystander, "I can wait\n");
    expect_injected(row_fault(), 2);
    scene_close(&at);
}

static void wait_refused_and_stopped(void)
{
    struct server *s = server_start(
        with_rules((struct server_spec){.args = {"-g", "1"}}, row_rule("@1-")));
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    WAIT_UNTIL(server_sleeps(s));
    inject_now();
    SEND_TEXT(fd, "this ends a wait\n");
    wait_injected(row_fault(), 1);
    process_signal(s->process, SIGTERM);
    EXPECT_CLOSED(fd);
    server_expect_stopped(s, 1);
}

/* ---- what is lost is closed ---- */

/* One client is lost to `fault`, all others are not. */
static void lost_to(struct scene *at, const char *fault, const char *log)
{
    int fd = scene_dial(at);

    ROUND_TRIP(fd, "before\n");
    WAIT_UNTIL(server_sleeps(at->s));
    inject_now();
    SEND_TEXT(fd, "the last thing I say\n");
    EXPECT_CLOSED(fd);
    wait_injected(fault, 1);
    scene_wait_left(at);
    inject_no_more();
    if (!process_log_has(at->s->process, log))
        CHECK_FAIL("its log does not say \"%s\"", log);
    leave(fd);
    scene_others_served(at);
    CHECK_EQ(injected(fault), 1);
    scene_close(at);
}

static void lost(void)
{
    struct scene at = row_scene("@1");
    char log[64];

    hint("an error of one client closes that client and nothing else");
    snprintf(log, sizeof(log), "closed: %s (", row_symbol());
    lost_to(&at, row_fault(), log);
}

/* Where sockets block and have a time limit, EAGAIN says that it is over. */
static void time_is_up(void)
{
    struct scene at = row_scene("@1");

    lost_to(&at, row_fault(), "closed, its time was up");
}

/* A reply that the socket does not take must be stored: the one is lost whose
 * reply it is. */
static void no_memory_for_a_reply(void)
{
    struct scene at = open_at_rest(
        with_rules((struct server_spec){0}, "write=EAGAIN@1; malloc=ENOMEM@1"));

    lost_to(&at, "malloc ENOMEM", "closed: ENOMEM (");
}

/* After a farewell the server only waits for the client to hang up. */
static void while_hanging_up(void)
{
    struct scene at = row_scene("@1");
    int fd = scene_dial(&at);

    SEND_TEXT(fd, "bye\n");
    EXPECT_TEXT(fd, "bye\n");
    EXPECT_EOF(fd);
    WAIT_UNTIL(server_sleeps(at.s));
    inject_now();
    SEND_TEXT(fd, "too late\n");
    SEND_TEXT(fd, "");
    wait_injected(row_fault(), 1);
    inject_no_more();
    leave(fd);
    scene_wait_left(&at);
    scene_others_served(&at);
    scene_close(&at);
}

/* ---- epoll_ctl ---- */

/* Adding a client fails. */
static void client_not_watched(void)
{
    struct scene at = row_scene("@1");
    int fd;

    hint("who cannot be watched must be closed, or is never answered");
    inject_now();
    fd = scene_dial(&at);
    EXPECT_CLOSED(fd);
    expect_injected(row_fault(), 1);
    leave(fd);
    scene_wait_left(&at);
    scene_others_served(&at);
    inject_no_more();
    scene_close(&at);
}

/* Changing what is waited for fails. */
static void change_not_watched(void)
{
    char rules[128], log[64];
    struct scene at;

    snprintf(rules, sizeof(rules), "write=EAGAIN@1; %s", row_rule("@1"));
    snprintf(log, sizeof(log), "closed: %s (", row_symbol());
    at = open_at_rest(with_rules((struct server_spec){0}, rules));
    lost_to(&at, row_fault(), log);
}

/* Full; then a client leaves, and the listening socket cannot be added. */
static void listener_not_watched(void)
{
    struct scene at = open_at_rest(
        with_rules((struct server_spec){.args = {"-m", "2"}}, row_rule("@1-")));
    int leaving = scene_dial(&at), waiting, lines;

    hint("try again when there is a moment, and say that clients wait");
    ROUND_TRIP(leaving, "the second of two\n");
    WAIT_UNTIL(server_sleeps(at.s));
    inject_now();
    waiting = scene_dial(&at);
    SEND_TEXT(waiting, "may I come in?\n");
    leave(leaving);
    wait_injected(row_fault(), 2);
    lines = log_lines(at.s);
    expect_patience(at.s, lines);
    CHECK(process_log_has(at.s->process, row_symbol()));
    ROUND_TRIP(at.bystander, "I am still served\n");
    EXPECT_SILENCE(waiting);
    inject_no_more();
    EXPECT_TEXT(waiting, "may I come in?\n");
    leave(waiting);
    scene_wait_left(&at);
    scene_close(&at);
}

/* The very first time: who comes now waits a moment. */
static void listener_not_watched_at_first(void)
{
    struct server *s = server_start(with_rules_from_start(
        (struct server_spec){0}, row_rule("@2-4"))); /* 1: the wake pipe */
    int fd = dial(s);

    ROUND_TRIP(fd, "may I come in?\n");
    expect_injected(row_fault(), 3);
    leave(fd);
    server_stop(s, 1);
}

/* ---- rows x traits ---- */

const struct check_case inject_server_cases[] = {
    EACH("inject-accept-*", "EMFILE ENFILE ENOBUFS ENOMEM", refused, "inject"),
    EACH("inject-accept-*", "ECONNABORTED EINTR EPROTO EAGAIN ENETDOWN EPERM",
         passing_at_accept, "inject"),

    EACH("inject-*-EINTR", "read write", passing, "inject"),
    EACH("inject-*-EAGAIN", "read write", passing, "inject", 30, TRAIT_LOOP,
         .lacks = TRAIT_EDGE),
    EACH("inject-*-EAGAIN", "read write", time_is_up, "inject", 30,
         TRAIT_BLOCKING),
    EACH("inject-read-*", "ECONNRESET ETIMEDOUT EPIPE", lost, "inject"),
    EACH("inject-*-short", "read write", short_always, "inject"),
    EACH("inject-*-short-bulk", "read write", short_in_bulk, "inject", 30,
         TRAIT_BYTES),
    EACH("inject-read-*-after-bye", "EINTR EAGAIN ECONNRESET", while_hanging_up,
         "inject", 30, TRAIT_BYTES),

    EACH("inject-write-*", "ECONNRESET ETIMEDOUT EPIPE", lost, "inject"),

    EACH("inject-wait-*", "EINTR", wait_interrupted, "inject", 30, TRAIT_LOOP),
    EACH("inject-wait-*", "EINTR", wait_interrupted, "inject", 30,
         TRAIT_ACCEPTOR, .lacks = TRAIT_LOOP),
    EACH("inject-wait-*", "ENOMEM", wait_refused, "inject", 30, TRAIT_LOOP),
    EACH("inject-wait-*-stop", "ENOMEM", wait_refused_and_stopped, "inject", 30,
         TRAIT_LOOP),

    EACH("inject-fork-*", "EAGAIN ENOMEM", refused, "inject", 30,
         TRAIT_PROCESS_EACH),
    EACH("inject-fork-*-stop", "EAGAIN", refused_and_stopped, "inject", 30,
         TRAIT_PROCESS_EACH),
    EACH("inject-thread-*", "EAGAIN ENOMEM", refused, "inject", 30,
         TRAIT_THREAD_EACH),
    EACH("inject-thread-*-stop", "EAGAIN", refused_and_stopped, "inject", 30,
         TRAIT_THREAD_EACH),

    EACH("inject-malloc-*", "ENOMEM", no_memory_for_a_thread, "inject", 30,
         TRAIT_THREAD_EACH),
    EACH("inject-malloc-*", "ENOMEM", no_memory_for_a_reply, "inject", 30,
         TRAIT_LOOP),

    EACH("inject-epoll_ctl-*", "ENOSPC ENOMEM", client_not_watched, "inject",
         30, TRAIT_EPOLL),
    EACH("inject-epoll_ctl-*-change", "ENOSPC ENOMEM", change_not_watched,
         "inject", 30, TRAIT_CHANGES_INTEREST),
    EACH("inject-epoll_ctl-*-listener", "ENOSPC ENOMEM", listener_not_watched,
         "inject", 30, TRAIT_EPOLL, .lacks = TRAIT_ACCEPTOR),
    EACH("inject-epoll_ctl-*-first", "ENOSPC", listener_not_watched_at_first,
         "inject", 30, TRAIT_EPOLL, .lacks = TRAIT_ACCEPTOR),
    {0},
};
