/* tests/conformance/stop.c - SIGINT and SIGTERM, whenever they come. */
#include "suite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void case_stop_in_conversation(void)
{
    stop_in_conversation(SIGTERM);
}

static void interrupt_in_conversation(void)
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

static void interrupt_to_group(void)
{
    signal_to_the_group(SIGINT);
}

static void terminate_group(void)
{
    signal_to_the_group(SIGTERM);
}

static void stop_with_several(void)
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
static void stop_conversations_end_well(void)
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

static void quiet_while_draining(void)
{
    struct server *s = patient();
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    process_signal(s->process, SIGTERM);
    wait_until_deaf(s);
    ROUND_TRIP(fd, "during\n");
    hint("while the last conversation goes on there is nothing to do");
    CHECK(server_cpu_share(s, 600) <= 0.15);
    ROUND_TRIP(fd, "and on\n");
    leave(fd);
    server_expect_stopped(s, 1);
}

/* ---- when the grace is over ---- */

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

static void grace_of_zero(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-g", "0"}});
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    process_signal(s->process, SIGTERM);
    EXPECT_CLOSED(fd);
    server_expect_stopped(s, 1);
}

/* One who talks all the time cannot keep the server alive. */
static void grace_ends_for_talker(void)
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
static void grace_ends_never_reads(void)
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
static void stop_slow_reader_gets_all(void)
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

/* ---- a second signal ---- */

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

static void stop_twice_slow_reader(void)
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
static void interrupt_group_twice(void)
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

/* Who counts signals and departures in one sum takes the second signal for
 * somebody's departure, which ends the wait for one, but not for two. */
static void stop_twice_with_several(void)
{
    enum { CLIENTS = 4 };
    struct server *s = patient();
    int fds[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(s);
        ROUND_TRIP(fds[i], "before\n");
    }
    process_signal(s->process, SIGTERM);
    wait_until_deaf(s);
    ROUND_TRIP(fds[0], "during\n");
    process_signal(s->process, SIGTERM);
    hint("a second signal ends it at once");
    for (int i = 0; i < CLIENTS; i++)
        EXPECT_CLOSED(fds[i]);
    server_expect_stopped(s, CLIENTS);
}

/* ---- whoever was not accepted yet ---- */

/* Closing a listening socket ends the connections in its backlog; they were
 * not served and do not count. */
static void stop_with_backlog(void)
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

/* ---- at any moment of the start ---- */

static long long time_a_start(void)
{
    long long start = now_ms();
    struct server *s = server_start((struct server_spec){0});
    long long took = now_ms() - start + 1;

    server_stop(s, 0);
    server_forget(s);
    return took;
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
static void stop_at_announcement(void)
{
    for (int i = 0; i < 20; i++) {
        struct server *s = server_start((struct server_spec){0});

        process_signal(s->process, SIGTERM);
        server_expect_stopped(s, 0);
        server_forget(s);
    }
}

/* A pipe that takes nothing more: who writes to it waits. */
static void full_pipe(int ends[2])
{
    char bytes[4096] = "";
    int flags;

    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    flags = fcntl(ends[1], F_GETFL);
    CHECK(fcntl(ends[1], F_SETFL, flags | O_NONBLOCK) == 0);
    while (write(ends[1], bytes, sizeof(bytes)) > 0 ||
           write(ends[1], bytes, 1) > 0)
        continue;
    CHECK(fcntl(ends[1], F_SETFL, flags) == 0);
}

/* Waits in write(2) for the pipe, some looks long: it is not on its way. */
static bool waits_in_write(const struct process *p)
{
    for (int i = 0; i < 5; i++) {
        if (proc_state(p->pid) != 'S')
            return false;
        nap_ms(2);
    }
    return true;
}

/* What it says once there is room; the NULs that filled the pipe left out. */
static void read_rest(int fd, char *text, size_t size)
{
    size_t len = 0;
    char byte;

    while (read(fd, &byte, 1) == 1)
        if (byte != '\0' && len + 1 < size)
            text[len++] = byte;
    text[len] = '\0';
}

/* It is about to say that it is ready, which is as good as ready: the signal
 * must find a server that stops as it should. */
static void stop_while_announcing(void)
{
    char address[160], said[160];
    struct process *p;
    int ends[2];

    full_pipe(ends);
    snprintf(address, sizeof(address), "unix:%s", harness_path("announcing"));
    p = process_start((struct process_spec){
        .path = server_path, .args = {"-b", address}, .out = ends[1]});
    close(ends[1]);
    WAIT_UNTIL(access(harness_path("announcing"), F_OK) == 0 ||
               process_has_ended(p));
    WAIT_UNTIL(waits_in_write(p));
    process_signal(p, SIGTERM);
    hint("the handlers, or at least a mask, must come before the line");
    read_rest(ends[0], said, sizeof(said));
    EXPECT_EXIT(p, 0);
    CHECK(strncmp(said, "listening on unix:", 18) == 0);
    CHECK(process_log_has(p, "served 0 clients"));
    CHECK(access(harness_path("announcing"), F_OK) != 0);
    close(ends[0]);
}

/* ---- between the look and the wait ---- */

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

static void stop_before_first_wait(void)
{
    const char *file = harness_path("late");
    struct server *s;

    create(file);
    s = patient_with_late_signal(file);
    server_expect_stopped(s, 0);
    CHECK(access(file, F_OK) != 0);
}

/* What ends the wait before: the last client leaves. an acceptor does not
 * notice that where it waits, but does notice a new one; which may come too
 * late, for the wait that is met may be the one that was about to begin. */
static void stop_before_another_wait(void)
{
    const char *file = harness_path("late");
    struct server *s = patient_with_late_signal(file);
    int fd = dial(s);

    ROUND_TRIP(fd, "hi\n");
    if (is_a(TRAIT_ACCEPTOR)) {
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
static void stop_many_signals(void)
{
    struct server *s = patient();
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    for (int i = 0; i < 100 && !process_has_ended(s->process); i++)
        kill(s->pid, i % 2 == 0 ? SIGTERM : SIGINT);
    EXPECT_CLOSED(fd);
    server_expect_stopped(s, 1);
}

static void stop_count_is_exact(void)
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

const struct check_case stop_cases[] = {
    CASE(stop_idle, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(stop_after_clients, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(case_stop_in_conversation, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(interrupt_in_conversation, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(interrupt_to_group, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(terminate_group, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(stop_with_several, "stop", 30, TRAIT_CONCURRENT, ALL_TRANSPORTS),
    CASE(quiet_while_draining, "stop", 30, 0, ALSO_UNIX),
    CASE(stop_conversations_end_well, "stop", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(grace_ends, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(grace_ends_for_several, "stop", 30, TRAIT_CONCURRENT, ALSO_UNIX),
    CASE(grace_of_zero, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(grace_ends_for_talker, "stop", 30, 0, ALSO_UNIX),
    CASE(grace_ends_never_reads, "stop", 60, 0, ALL_TRANSPORTS),
    CASE(stop_slow_reader_gets_all, "stop", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(stop_during_work, "stop", 30, 0, ALSO_UNIX),
    CASE(stop_twice, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(stop_twice_with_several, "stop", 30, TRAIT_CONCURRENT, ALSO_UNIX),
    CASE(stop_twice_slow_reader, "stop", 60, 0, ALL_TRANSPORTS),
    CASE(interrupt_group_twice, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(stop_with_backlog, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(stop_while_connecting, "stop", 60, 0, ALL_TRANSPORTS),
    CASE(stop_at_any_moment, "stop", 60, 0, ALL_TRANSPORTS),
    CASE(stop_at_announcement, "stop", 60, 0, ALL_TRANSPORTS),
    CASE(stop_while_announcing, "stop"),
    CASE(stop_before_first_wait, "stop", 30, 0, ALSO_UNIX),
    CASE(stop_before_another_wait, "stop", 30, 0, ALSO_UNIX),
    CASE(stop_with_a_knock, "stop", 30, TRAIT_LOOP, .lacks = TRAIT_ACCEPTOR),
    CASE(stop_many_signals, "stop", 30, 0, ALL_TRANSPORTS),
    CASE(stop_count_is_exact, "stop", 30, 0, ALL_TRANSPORTS),
    {0},
};
