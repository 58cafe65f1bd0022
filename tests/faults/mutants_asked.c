/*
 * tests/faults/mutants_asked.c - cases that mutants asked for (../mutants):
 * each of them is there because a server with a bug passed all the others.
 */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* With one place, each has to be gone before the next one comes in. Sixteen
 * are over in no time, or take 32 seconds where each is slept over for two. */
static void goodbyes_take_no_time(void)
{
    enum { CLIENTS = 16 };
    struct server *s = server_start((struct server_spec){.args = {"-m", "1"}});
    long long until = now_ms() + patience_ms();

    hint("sleep() before close() is a guess, and everybody waits for it");
    for (int i = 0; i < CLIENTS; i++) {
        int fd = dial(s);

        ROUND_TRIP(fd, "bye\n");
        EXPECT_EOF(fd);
        leave(fd);
        look_again(__FILE__, __LINE__, "sixteen goodbyes", until);
    }
    server_stop(s, CLIENTS);
}

/* ---- a socket that is full to the brim ------------------------------------
 */

/* Whether the server has read all we said (unix_ioctl: what the peer has not
 * taken); or waits, without doing so, for us to take its replies. */
static bool has_settled(const struct server *s, int fd, bool *stuck)
{
    int unread = 1;

    for (int looks = 0; looks < 3; looks++) {
        CHECK(ioctl(fd, TIOCOUTQ, &unread) == 0);
        if (unread == 0)
            return true;
        if (!server_sleeps(s))
            return false;
        nap_ms(2);
    }
    *stuck = true;
    return true;
}

/* Many short replies, each a write of its own, until one finds no room at all:
 * that write is not cut short, it fails with EAGAIN, where a long reply would
 * have filled what was left. So it is on Unix sockets, which count messages. */
static void full_to_the_brim(void)
{
    enum { LINE = 100, MOST = 100 * 1000 };
    struct server *s;
    char address[160], line[LINE];
    bool stuck = false;
    int fd, said = 0;

    snprintf(address, sizeof(address), "unix:%s", harness_path("brim"));
    s = server_start(
        (struct server_spec){.bare = true, .args = {"-b", address}});
    fd = dial(s);
    memset(line, 'b', LINE);
    for (; !stuck && said < MOST; said++) {
        SEND_BYTES(fd, line, LINE);
        WAIT_UNTIL(has_settled(s, fd, &stuck));
    }
    check_step("stuck after %d lines", said);
    hint("EAGAIN means later, not never");
    half_close(fd);
    for (int i = 0; i < said; i++)
        EXPECT_BYTES(fd, line, LINE);
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 1);
}

/* ---- owed to somebody who is gone -----------------------------------------
 */

static bool nobody_is_left(const struct server *s, int clients)
{
    return process_log_count(s->process, ": closed") == clients;
}

/* Says what fills all buffers between here and there, and leaves. A Unix
 * socket's are small: two hundred can do it in the time of ten on TCP. */
static void come_and_go_owed(struct server *s)
{
    int fd = dial(s);

    (void)send_until_stuck(s, fd, 0);
    leave(fd);
}

/* Each of them is owed some of 64 KiB: kept, that would be megabytes.
 * (AddressSanitizer would keep it for a while, to catch its use.) */
static void what_was_owed_to_the_gone(void)
{
    enum { WARM_UP = 10, CLIENTS = 160 };
    char address[160];
    struct server *s;
    long before = 0, growth;

    snprintf(address, sizeof(address), "unix:%s", harness_path("owed"));
    s = server_start(
        (struct server_spec){.bare = true,
                             .args = {"-b", address},
                             .env = {"ASAN_OPTIONS=quarantine_size_mb=0:"
                                     "thread_local_quarantine_size_kb=0"}});
    for (int i = 1; i <= CLIENTS; i++) {
        come_and_go_owed(s);
        WAIT_UNTIL(nobody_is_left(s, i));
        if (i == WARM_UP)
            before = server_memory_kib(s);
    }
    growth = server_memory_kib(s) - before;
    hint("every buffer of a client that is gone must be freed");
    if (growth > 1024 * memory_factor())
        CHECK_FAIL("%d clients have left %ld KiB behind", CLIENTS - WARM_UP,
                   growth);
    server_stop(s, CLIENTS);
}

/* ---- stopped while it announces itself ----------------------------------- */

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
static void stopped_while_it_announces(void)
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

/* ---- while it stops -------------------------------------------------------
 */

static void quiet_while_it_drains(void)
{
    struct server *s =
        server_start((struct server_spec){.args = {"-g", "300"}});
    int fd = dial(s);

    ROUND_TRIP(fd, "before\n");
    process_signal(s->process, SIGTERM);
    WAIT_UNTIL(!server_is_listening(s));
    ROUND_TRIP(fd, "during\n");
    expect_no_cpu(s, 600, "while the last conversation goes on");
    ROUND_TRIP(fd, "and on\n");
    leave(fd);
    server_expect_stopped(s, 1);
}

/* Who counts signals and departures in one sum takes the second signal for
 * somebody's departure, which ends the wait for one, but not for two. */
static void stop_twice_with_several(void)
{
    enum { CLIENTS = 4 };
    struct server *s =
        server_start((struct server_spec){.args = {"-g", "300"}});
    int fds[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(s);
        ROUND_TRIP(fds[i], "before\n");
    }
    process_signal(s->process, SIGTERM);
    WAIT_UNTIL(!server_is_listening(s));
    ROUND_TRIP(fds[0], "during\n");
    process_signal(s->process, SIGTERM);
    hint("a second signal ends it at once");
    for (int i = 0; i < CLIENTS; i++)
        EXPECT_CLOSED(fds[i]);
    server_expect_stopped(s, CLIENTS);
}

const struct suite_case mutants_asked_cases[] = {
    {"owed-to-the-gone", "fault", FRAMES_TOO, 60, what_was_owed_to_the_gone, 0},
    {"full-to-the-brim", "fault", ALL_STAGES, 60, full_to_the_brim, 0},
    {"stop-twice-with-several", "stop", CONCURRENT | FRAMES, 30,
     stop_twice_with_several, ALSO_UNIX},
    {"goodbyes-take-no-time", "fault", ALL_STAGES, 60, goodbyes_take_no_time,
     0},
    {"stop-while-announcing", "stop", FRAMES_TOO, 30,
     stopped_while_it_announces, 0},
    {"quiet-while-draining", "stop", FRAMES_TOO, 30, quiet_while_it_drains,
     ALSO_UNIX},
    {0},
};
