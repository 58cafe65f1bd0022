/* tests/conformance/stop.c - SIGINT and SIGTERM, whenever they come. */
#include "suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MEGABYTE = 1024 * 1024 };

/* With a grace far beyond the harness's patience: who waits for its end
 * without need fails. */
static struct server *patient(void)
{
    return server_start((struct server_spec){.args = {"-g", "300"}});
}

static void wait_until_deaf(struct server *s)
{
    hint("it must stop accepting at once");
    WAIT_UNTIL(!server_is_listening(s));
}

static void stop_idle(void)
{
    struct server *s = patient();

    server_stop(s, 0);
    s = patient();
    process_signal(s->process, SIGINT);
    server_expect_stopped(s, 0);
}

static void stop_after_clients(void)
{
    struct server *s = patient();

    for (int i = 0; i < 3; i++) {
        int fd = dial(s);

        ROUND_TRIP(fd, "hi\n");
        leave(fd);
    }
    process_signal(s->process, SIGINT);
    server_expect_stopped(s, 3);
}

/* The conversation goes on, new clients are refused, and the server ends with
 * its last client rather than with the grace. */
static void stop_in_conversation(int signal_number)
{
    struct server *s = patient();
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    process_signal(s->process, signal_number);
    wait_until_deaf(s);
    expect_refused(s);
    for (int i = 0; i < 5; i++)
        ROUND_TRIP(fd, "during\n");
    server_expect_alive(s);
    leave(fd);
    hint("it must end with its last client");
    server_expect_stopped(s, 1);
}

static void terminated_in_conversation(void)
{
    stop_in_conversation(SIGTERM);
}

static void interrupted_in_conversation(void)
{
    stop_in_conversation(SIGINT);
}

/* Ctrl-C in a terminal reaches every process of the group. */
static void signal_to_the_group(int signal_number)
{
    struct server *s = patient();
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    process_signal_group(s->process, signal_number);
    wait_until_deaf(s);
    ROUND_TRIP(fd, "during\n");
    ROUND_TRIP(fd, "and on\n");
    leave(fd);
    server_expect_stopped(s, 1);
}

static void interrupt_to_the_group(void)
{
    signal_to_the_group(SIGINT);
}

static void termination_of_the_group(void)
{
    signal_to_the_group(SIGTERM);
}

static void several_in_conversation(void)
{
    enum { CLIENTS = 6 };
    struct server *s = patient();
    int fds[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(s);
        ROUND_TRIP(fds[i], "before\n");
    }
    process_signal(s->process, SIGTERM);
    wait_until_deaf(s);
    for (int i = 0; i < CLIENTS; i++) {
        for (int k = i; k < CLIENTS; k++)
            ROUND_TRIP(fds[k], "during\n");
        server_expect_alive(s);
        leave(fds[i]);
    }
    server_expect_stopped(s, CLIENTS);
}

/* A farewell, a half-close, the end of the file: all as at any other time. */
static void conversations_end_well(void)
{
    struct server *s = patient();
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    process_signal(s->process, SIGTERM);
    wait_until_deaf(s);
    if (!serves_one_at_a_time())
        ROUND_TRIP(fd, "during\n");
    SEND_TEXT(fd, "bye\nmore");
    EXPECT_TEXT(fd, "bye\n");
    EXPECT_EOF(fd);
    leave(fd);
    server_expect_stopped(s, 1);
    s = patient();
    fd = dial(s);
    ROUND_TRIP(fd, "before\n");
    process_signal(s->process, SIGTERM);
    wait_until_deaf(s);
    SEND_TEXT(fd, "the last");
    half_close(fd);
    EXPECT_TEXT(fd, "the last");
    EXPECT_EOF(fd);
    leave(fd);
    server_expect_stopped(s, 1);
}

/* ---- when the grace is over --------------------------------------------- */

static void grace_ends(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-g", "3"}});
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    process_signal(s->process, SIGTERM);
    wait_until_deaf(s);
    ROUND_TRIP(fd, "during\n");
    EXPECT_CLOSED(fd);
    leave(fd);
    server_expect_stopped(s, 1);
}

static void grace_ends_for_several(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-g", "1"}});
    int fds[5];

    for (int i = 0; i < 5; i++) {
        fds[i] = dial(s);
        ROUND_TRIP(fds[i], "before\n");
    }
    process_signal(s->process, SIGTERM);
    for (int i = 0; i < 5; i++)
        EXPECT_CLOSED(fds[i]);
    server_expect_stopped(s, 5);
}

static void no_grace(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-g", "0"}});
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    process_signal(s->process, SIGTERM);
    EXPECT_CLOSED(fd);
    server_expect_stopped(s, 1);
}

/* One who talks all the time cannot keep the server alive. */
static void grace_ends_for_a_talker(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-g", "1"}});
    long long until = now_ms() + patience_ms();
    int fd = dial(s);
    char bytes[64];

    ROUND_TRIP(fd, "before\n");
    process_signal(s->process, SIGTERM);
    hint("the grace is for all of the conversation, not for each message");
    while (send(fd, "and on\n", 7, MSG_NOSIGNAL) == 7 &&
           recv(fd, bytes, sizeof(bytes), 0) > 0)
        look_again(__FILE__, __LINE__, "the grace ends", until);
    server_expect_stopped(s, 1);
}

/* Nothing can be sent to him, so nothing ends by itself. */
static void grace_ends_for_one_who_never_reads(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-g", "1"}});
    int fd = dial(s);

    send_until_full(fd, 0, 64 * MEGABYTE);
    server_wait_log(s, "connected");
    process_signal(s->process, SIGTERM);
    server_expect_stopped(s, 1);
    EXPECT_CLOSED(fd);
}

/* But all that is owed arrives if he reads within the grace. */
static void slow_reader_gets_all(void)
{
    struct server *s = patient();
    int fd = dial(s);
    size_t sent;

    sent = send_until_full(fd, 0, 64 * MEGABYTE);
    server_wait_log(s, "connected");
    process_signal(s->process, SIGTERM);
    wait_until_deaf(s);
    half_close(fd);
    expect_pattern(fd, 0, sent);
    EXPECT_EOF(fd);
    leave(fd);
    server_expect_stopped(s, 1);
}

/* A signal in the middle of the work of a reply costs nobody the reply. */
static void stop_during_work(void)
{
    struct server *s = server_start(
        (struct server_spec){.args = {"-g", "300", "-w", "300", "-v"}});
    int fd = dial(s);

    SEND_TEXT(fd, "work\n");
    server_wait_log(s, "work");
    process_signal(s->process, SIGTERM);
    EXPECT_TEXT(fd, "work\n");
    leave(fd);
    server_expect_stopped(s, 1);
}

/* ---- a second signal ---------------------------------------------------- */

static void second_signal(int first, int second)
{
    struct server *s = patient();
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    process_signal(s->process, first);
    wait_until_deaf(s);
    ROUND_TRIP(fd, "during\n");
    process_signal(s->process, second);
    hint("a second signal ends it at once");
    EXPECT_CLOSED(fd);
    server_expect_stopped(s, 1);
}

static void stop_twice(void)
{
    second_signal(SIGTERM, SIGTERM);
    second_signal(SIGINT, SIGINT);
    second_signal(SIGTERM, SIGINT);
}

static void stop_twice_with_a_slow_reader(void)
{
    struct server *s = patient();
    int fd = dial(s);

    send_until_full(fd, 0, 64 * MEGABYTE);
    server_wait_log(s, "connected");
    process_signal(s->process, SIGTERM);
    wait_until_deaf(s);
    process_signal(s->process, SIGTERM);
    server_expect_stopped(s, 1);
    EXPECT_CLOSED(fd);
}

/* Ctrl-C twice, as impatient people do. */
static void group_interrupted_twice(void)
{
    struct server *s = patient();
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    process_signal_group(s->process, SIGINT);
    wait_until_deaf(s);
    ROUND_TRIP(fd, "during\n");
    process_signal_group(s->process, SIGINT);
    EXPECT_CLOSED(fd);
    server_expect_stopped(s, 1);
}

/* ---- whoever was not accepted yet --------------------------------------- */

/* Closing a listening socket ends the connections in its backlog; they were
 * not served and do not count. */
static void backlog_at_stop(void)
{
    struct server *s =
        server_start((struct server_spec){.args = {"-g", "300", "-m", "1"}});
    int served = dial(s), waiting;

    ROUND_TRIP(served, "before\n");
    waiting = dial(s);
    SEND_TEXT(waiting, "me too\n");
    ROUND_TRIP(served, "meanwhile\n");
    process_signal(s->process, SIGTERM);
    wait_until_deaf(s);
    hint("new clients are accepted while stopping?");
    EXPECT_CLOSED(waiting);
    ROUND_TRIP(served, "during\n");
    leave(served);
    server_expect_stopped(s, 1);
}

/* A client that connects in the very moment is served or is not; the server
 * ends well in any case. */
static void stop_while_connecting(void)
{
    for (int i = 0; i < 12; i++) {
        struct server *s =
            server_start((struct server_spec){.args = {"-g", "0"}});
        int fd = dial(s);

        process_signal(s->process, i % 2 == 0 ? SIGTERM : SIGINT);
        EXPECT_CLOSED(fd);
        leave(fd);
        server_expect_stopped(s, SERVED_ANY);
        server_forget(s);
    }
}

/* ---- at any moment of the start ----------------------------------------- */

static long long time_a_start(void)
{
    long long start = now_ms();
    struct server *s = server_start((struct server_spec){0});
    long long took = now_ms() - start + 1;

    server_stop(s, 0);
    server_forget(s);
    return took;
}

static void nap_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};

    nanosleep(&t, NULL);
}

/* Announced: it is a server, and stops like one. Not yet: it may as well die
 * of the signal, but must not leave its socket file. */
static void expect_good_end(struct server *s, const char *path)
{
    char line[160];
    bool announced = process_read_line(s->process, line, sizeof(line));
    int status = process_wait(s->process);

    if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0) &&
        (announced || !WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM))
        CHECK_FAIL("%s, wait status 0x%04x", announced ? line : "not announced",
                   (unsigned int)status);
    if (access(path, F_OK) == 0)
        CHECK_FAIL("its socket file outlived it: %s", path);
}

static void stop_at_any_moment(void)
{
    char path[128]; /* of the server in the first slot: forgotten each time */
    long long longest_us = time_a_start() * 1500;
    unsigned int seed = (unsigned int)now_ms();
    int announced = 0;

    snprintf(path, sizeof(path), "%s/socket.1", harness_dir());
    check_step("starts last up to %lld us, seed %u", longest_us, seed);
    srandom(seed);
    for (int i = 0; i < 40; i++) {
        struct server *s = server_launch((struct server_spec){0});
        long delay_us = random() % (long)longest_us;

        nap_us(delay_us);
        check_step("%ld us later", delay_us);
        process_signal(s->process, SIGTERM);
        expect_good_end(s, path);
        announced += process_log_has(s->process, "served 0 clients");
        server_forget(s);
    }
    check_step("%d of 40 stopped as servers", announced);
}

/* In the very moment of the announcement, and twice. */
static void stop_at_the_announcement(void)
{
    for (int i = 0; i < 20; i++) {
        struct server *s = server_start((struct server_spec){0});

        process_signal(s->process, SIGTERM);
        server_expect_stopped(s, 0);
        server_forget(s);
    }
}

/* ---- between the look and the wait --------------------------------------- */

static struct server *patient_with_late_signal(const char *file)
{
    static char preload[512], late_signal[160];

    if (is_instrumented())
        check_skip(
            "a sanitizer or wrapper does not go together with LD_PRELOAD");
    hint("a signal between the last look and the wait is lost");
    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", LATE_SIGNAL_LIBRARY);
    snprintf(late_signal, sizeof(late_signal), "LATE_SIGNAL=%s", file);
    return server_start((struct server_spec){.args = {"-g", "300"},
                                             .env = {preload, late_signal}});
}

static void create(const char *file)
{
    FILE *f = fopen(file, "we");

    check_step("the signal comes before the next wait");
    CHECK(f != NULL && fclose(f) == 0);
}

static void stop_before_the_first_wait(void)
{
    const char *file = harness_path("late");
    struct server *s;

    create(file);
    s = patient_with_late_signal(file);
    server_expect_stopped(s, 0);
    CHECK(access(file, F_OK) != 0);
}

/* What ends the wait before: the last client leaves. 03 does not notice that
 * where it waits, but does notice a new one; which may come too late, for the
 * wait that is met may be the one that was about to begin. */
static void stop_before_another_wait(void)
{
    const char *file = harness_path("late");
    struct server *s = patient_with_late_signal(file);
    int fd = dial(s);

    ROUND_TRIP(fd, "hi\n");
    if ((stage_bit() & PTHREAD) != 0) {
        leave(fd);
        create(file);
        fd = try_dial(s);
    } else {
        create(file);
    }
    if (fd != -1)
        leave(fd);
    server_expect_stopped(s, SERVED_ANY);
    CHECK(access(file, F_OK) != 0);
}

/* In one batch the loop learns that it is to stop and that somebody waits at
 * the listening socket, which it closes for the first of the two. Who talks
 * meanwhile must not notice. */
static void stop_with_a_knock(void)
{
    const char *file = harness_path("late");
    struct server *s = patient_with_late_signal(file);
    int fd = dial(s);
    FILE *f;

    hint("a listening socket that was closed in its own batch is no client");
    ROUND_TRIP(fd, "before\n");
    f = fopen(file, "we");
    CHECK(f != NULL && fprintf(f, "%d", s->port) > 0 && fclose(f) == 0);
    ROUND_TRIP(fd, "the next wait\n");
    WAIT_UNTIL(access(file, F_OK) != 0);
    ROUND_TRIP(fd, "after\n");
    leave(fd);
    server_expect_stopped(s, SERVED_ANY);
}

/* However often they come, no signal may find the default action or be lost. */
static void many_signals(void)
{
    struct server *s = patient();
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    for (int i = 0; i < 100 && !process_has_ended(s->process); i++)
        kill(s->pid, i % 2 == 0 ? SIGTERM : SIGINT);
    EXPECT_CLOSED(fd);
    server_expect_stopped(s, 1);
}

static void count_is_exact(void)
{
    struct server *s = patient();
    int open_ones[3];

    for (int i = 0; i < 20; i++) {
        int fd = dial(s);

        ROUND_TRIP(fd, "hi\n");
        if (i % 4 == 0)
            reset_connection(fd);
        else
            leave(fd);
    }
    for (int i = 0; i < 3; i++)
        open_ones[i] = dial(s);
    if (serves_one_at_a_time()) {
        for (int i = 0; i < 3; i++) {
            ROUND_TRIP(open_ones[i], "still here\n");
            leave(open_ones[i]);
        }
        server_stop(s, 23);
        return;
    }
    for (int i = 0; i < 3; i++)
        ROUND_TRIP(open_ones[i], "still here\n");
    process_signal(s->process, SIGTERM);
    for (int i = 0; i < 3; i++)
        leave(open_ones[i]);
    server_expect_stopped(s, 23);
}

const struct suite_case stop_cases[] = {
    {"stop-idle", "stop", FRAMES_TOO, 30, stop_idle, ALL_TRANSPORTS},
    {"stop-after-clients", "stop", FRAMES_TOO, 30, stop_after_clients,
     ALL_TRANSPORTS},
    {"stop-in-conversation", "stop", FRAMES_TOO, 30, terminated_in_conversation,
     ALL_TRANSPORTS},
    {"interrupt-in-conversation", "stop", FRAMES_TOO, 30,
     interrupted_in_conversation, ALL_TRANSPORTS},
    {"interrupt-to-group", "stop", FRAMES_TOO, 30, interrupt_to_the_group,
     ALL_TRANSPORTS},
    {"terminate-group", "stop", FRAMES_TOO, 30, termination_of_the_group,
     ALL_TRANSPORTS},
    {"stop-with-several", "stop", CONCURRENT | FRAMES, 30,
     several_in_conversation, ALL_TRANSPORTS},
    {"stop-conversations-end-well", "stop", ALL_STAGES, 30,
     conversations_end_well, ALL_TRANSPORTS},
    {"grace-ends", "stop", FRAMES_TOO, 30, grace_ends, ALL_TRANSPORTS},
    {"grace-ends-for-several", "stop", CONCURRENT | FRAMES, 30,
     grace_ends_for_several, ALSO_UNIX},
    {"grace-of-zero", "stop", FRAMES_TOO, 30, no_grace, ALL_TRANSPORTS},
    {"grace-ends-for-talker", "stop", FRAMES_TOO, 30, grace_ends_for_a_talker,
     ALSO_UNIX},
    {"grace-ends-never-reads", "stop", FRAMES_TOO, 60,
     grace_ends_for_one_who_never_reads, ALL_TRANSPORTS},
    {"stop-slow-reader-gets-all", "stop", ALL_STAGES, 60, slow_reader_gets_all,
     ALL_TRANSPORTS},
    {"stop-during-work", "stop", FRAMES_TOO, 30, stop_during_work, ALSO_UNIX},
    {"stop-twice", "stop", FRAMES_TOO, 30, stop_twice, ALL_TRANSPORTS},
    {"stop-twice-slow-reader", "stop", FRAMES_TOO, 60,
     stop_twice_with_a_slow_reader, ALL_TRANSPORTS},
    {"interrupt-group-twice", "stop", FRAMES_TOO, 30, group_interrupted_twice,
     ALL_TRANSPORTS},
    {"stop-with-backlog", "stop", FRAMES_TOO, 30, backlog_at_stop,
     ALL_TRANSPORTS},
    {"stop-while-connecting", "stop", FRAMES_TOO, 60, stop_while_connecting,
     ALL_TRANSPORTS},
    {"stop-at-any-moment", "stop", FRAMES_TOO, 60, stop_at_any_moment,
     ALL_TRANSPORTS},
    {"stop-at-announcement", "stop", FRAMES_TOO, 60, stop_at_the_announcement,
     ALL_TRANSPORTS},
    {"stop-before-first-wait", "stop", FRAMES_TOO, 30,
     stop_before_the_first_wait, ALSO_UNIX},
    {"stop-before-another-wait", "stop", FRAMES_TOO, 30,
     stop_before_another_wait, ALSO_UNIX},
    {"stop-with-a-knock", "stop", EVENT_LOOPS | FRAMES, 30, stop_with_a_knock,
     TCP_ONLY},
    {"stop-many-signals", "stop", FRAMES_TOO, 30, many_signals, ALL_TRANSPORTS},
    {"stop-count-is-exact", "stop", FRAMES_TOO, 30, count_is_exact,
     ALL_TRANSPORTS},
    {0},
};
