/*
 * tests/faults/leaving.c - clients that leave in every way there is. The one
 * concerned gets what it is owed, if it can still take it; nobody else notices
 * (scene_close).
 *
 * Most cases freeze the server while the client acts: what would happen now
 * and then, when one was quick and the other slow, happens every time.
 */
#include "faults.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AGAIN = 5 };

static const struct server_spec plain = {0};

/* ---- resets ---- */

static void reset_idle(void)
{
    struct scene at = scene_open(plain);

    for (int i = 0; i < AGAIN; i++) {
        int fd = scene_dial(&at);

        ROUND_TRIP(fd, "hi\n");
        reset_connection(fd);
        scene_others_served(&at);
    }
    scene_close(&at);
}

/* The client is gone before accept returns it. Linux returns it all the same,
 * and the first read or even getpeername says what has happened. */
static void reset_before_accept(void)
{
    struct scene at = scene_open(plain);

    freeze(at.s);
    for (int i = 0; i < AGAIN; i++) {
        reset_connection(scene_dial(&at));
        int fd = scene_dial(&at);

        SEND_TEXT(fd, "is anybody there?\n");
        wait_unread(at.s, fd, 18);
        reset_connection(fd);
    }
    thaw(at.s);
    scene_others_served(&at);
    scene_close(&at);
}

/* Some has been read, some waits to be read, and the reset is behind it. */
static void reset_while_reading(void)
{
    static char text[48 * KILOBYTE];
    struct scene at = scene_open(plain);

    memset(text, 'r', sizeof(text));
    for (int i = 0; i < AGAIN; i++) {
        int fd = scene_dial(&at);

        ROUND_TRIP(fd, "hi\n");
        freeze(at.s);
        SEND_BYTES(fd, text, sizeof(text));
        wait_unread(at.s, fd, sizeof(text));
        reset_connection(fd);
        thaw(at.s);
        scene_others_served(&at);
    }
    scene_close(&at);
}

static void reset_while_owed(void)
{
    struct scene at = scene_open(plain);

    for (int i = 0; i < AGAIN; i++) {
        int fd = scene_dial_narrow(&at);

        send_until_stuck(at.s, fd, 0);
        scene_others_served(&at);
        reset_connection(fd);
    }
    scene_close(&at);
}

/* With ordinary buffers several megabytes are owed, and the server has seen the
 * end of input too when the reset comes. */
static void reset_while_much_is_owed(void)
{
    struct scene at = scene_open(plain);

    for (int i = 0; i < AGAIN; i++) {
        int fd = scene_dial(&at);

        send_until_stuck(at.s, fd, 0);
        half_close(fd);
        scene_others_served(&at);
        reset_connection(fd);
    }
    scene_close(&at);
}

/* After a half-close a reset is EPIPE for the one who writes, and SIGPIPE if
 * nobody ignores that; without it, ECONNRESET. */
static void reset_after_half_close(void)
{
    struct scene at = scene_open(plain);

    hint("SIGPIPE must be ignored: one client's leaving must not end all");
    for (int i = 0; i < AGAIN; i++) {
        int fd;

        freeze(at.s);
        fd = scene_dial(&at);
        SEND_TEXT(fd, "do not answer\n");
        wait_unread(at.s, fd, 14);
        half_close(fd);
        reset_connection(fd);
        thaw(at.s);
        scene_others_served(&at);
    }
    scene_close(&at);
}

/* ---- closes ---- */

/* On a Unix socket the write fails with EPIPE at once. */
static void gone_before_reply(void)
{
    struct scene at = scene_open(plain);

    hint("SIGPIPE must be ignored: one client's leaving must not end all");
    for (int i = 0; i < AGAIN; i++) {
        int fd;

        freeze(at.s);
        fd = scene_dial(&at);
        SEND_TEXT(fd, "I cannot wait\n");
        leave(fd);
        thaw(at.s);
        scene_others_served(&at);
    }
    scene_close(&at);
}

/* As above, while the server works on the reply. */
static void gone_during_work(void)
{
    static const char read_line[] = "read 9 bytes: patience";
    struct scene at =
        scene_open((struct server_spec){.args = {"-w", "50", "-v"}});

    for (int i = 0; i < AGAIN; i++) {
        int fd = scene_dial(&at);

        SEND_TEXT(fd, "patience\n");
        WAIT_UNTIL(process_log_count(at.s->process, read_line) == i + 1);
        half_close(fd);
        if (i % 2 == 0)
            leave(fd);
        else
            reset_connection(fd);
        scene_others_served(&at);
    }
    scene_close(&at);
}

static int waiting_bytes(int fd)
{
    int n = 0;

    CHECK(ioctl(fd, FIONREAD, &n) == 0);
    return n;
}

/* A close with the reply unread is a reset (RFC 1122, 4.2.2.13). */
static void leaves_reply_unread(void)
{
    struct scene at = scene_open(plain);

    for (int i = 0; i < AGAIN; i++) {
        int fd = scene_dial(&at);

        SEND_TEXT(fd, "never mind\n");
        WAIT_UNTIL(waiting_bytes(fd) == 11);
        leave(fd);
        scene_others_served(&at);
    }
    scene_close(&at);
}

static void leaves_while_owed(void)
{
    struct scene at = scene_open(plain);

    for (int i = 0; i < AGAIN; i++) {
        int fd = scene_dial_narrow(&at);

        send_until_stuck(at.s, fd, 0);
        scene_others_served(&at);
        leave(fd);
    }
    scene_close(&at);
}

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
static void owed_to_the_gone(void)
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

static void leaves_mid_word(void)
{
    struct scene at = scene_open(plain);

    for (int i = 0; i < AGAIN; i++) {
        int fd = scene_dial(&at);

        ROUND_TRIP(fd, "exi");
        if (i % 2 == 0)
            reset_connection(fd);
        else
            leave(fd);
        scene_others_served(&at);
    }
    scene_close(&at);
}

/* Talks without end, as fast as it can, and takes what comes. */
static void talk_for_ever(struct server *s, int number)
{
    int fd = dial(s);
    char bytes[8 * KILOBYTE];

    (void)number;
    for (size_t at = 0;; at += sizeof(bytes)) {
        fill_pattern(bytes, sizeof(bytes), at);
        EXCHANGE_ECHO(fd, bytes, sizeof(bytes));
    }
}

static void killed_in_traffic(void)
{
    struct scene at = scene_open(plain);

    for (int i = 0; i < AGAIN; i++) {
        int came = process_log_count(at.s->process, ": connected");
        pid_t talker = background_start(talk_for_ever, at.s, 0);

        at.clients++;
        WAIT_UNTIL(process_log_count(at.s->process, ": connected") > came);
        scene_others_served(&at);
        background_end(talker);
    }
    scene_close(&at);
}

/* Nobody says anything, and there are many of them. */
static void connect_and_close_1000(void)
{
    const int times = is_instrumented() ? 200 : 1000;
    struct scene at = scene_open(plain);

    for (int i = 0; i < times; i++) {
        int fd = dial(at.s);

        if (i % 3 == 0)
            reset_connection(fd);
        else
            close(fd);
    }
    at.clients += times;
    scene_close(&at);
}

/* ---- half-closes ---- */

/* The pattern as lines, which stage 07 wants whole and ends its own way. */
static void fill_lines(char *bytes, size_t len)
{
    fill_pattern(bytes, len, 0);
    for (size_t i = 0; i < len; i++)
        if (bytes[i] == '\r')
            bytes[i] = 'r';
    bytes[len - 1] = '\n';
}

/* The end of input is there before the first read. */
static void end_with_reply_owed(void)
{
    enum { LEN = 48 * KILOBYTE };
    struct scene at = scene_open(plain);
    char bytes[LEN];

    fill_lines(bytes, LEN);
    for (int i = 0; i < AGAIN; i++) {
        int fd;

        freeze(at.s);
        fd = scene_dial(&at);
        SEND_BYTES(fd, bytes, LEN);
        half_close(fd);
        thaw(at.s);
        EXPECT_BYTES(fd, bytes, LEN);
        EXPECT_EOF(fd);
        leave(fd);
    }
    scene_close(&at);
}

/* All that can be owed is, and more waits to be read; the end is behind it. */
static void end_with_buffers_full(void)
{
    struct scene at = scene_open(plain);
    int fd = scene_dial_narrow(&at);
    size_t sent = send_until_stuck(at.s, fd, 0);

    half_close(fd);
    hint("end of input does not cancel what is owed");
    scene_others_served(&at);
    expect_no_cpu(at.s, 500, "with a half-closed client that reads nothing");
    expect_pattern(fd, 0, sent);
    EXPECT_EOF(fd);
    leave(fd);
    scene_close(&at);
}

/* The end of input is all there is to be read; what is owed comes first. */
static void end_with_reply_stuck(void)
{
    struct scene at = scene_open(plain);
    int fd = scene_dial_narrow(&at);
    size_t sent = send_until_owed(at.s, fd);

    half_close(fd);
    hint("end of input does not cancel what is owed");
    scene_others_served(&at);
    expect_no_cpu(at.s, 500, "with a half-closed client that reads nothing");
    expect_pattern(fd, 0, sent);
    EXPECT_EOF(fd);
    leave(fd);
    scene_close(&at);
}

static void reset_with_reply_stuck(void)
{
    struct scene at = scene_open(plain);
    int fd = scene_dial_narrow(&at);

    send_until_owed(at.s, fd);
    reset_connection(fd);
    scene_others_served(&at);
    scene_close(&at);
}

static size_t own_start; /* of what this process says: no two say the same */

static void send_8_mb(struct server *s, int fd)
{
    char chunk[64 * KILOBYTE];

    (void)s;
    for (size_t done = 0; done < 8 * MEGABYTE; done += sizeof(chunk)) {
        fill_pattern(chunk, sizeof(chunk), own_start + done);
        SEND_BYTES(fd, chunk, sizeof(chunk));
    }
    half_close(fd);
}

/* One process sends and half-closes as soon as its kernel has taken the last
 * byte, which is long before the last one has come back to the other. */
static void half_close_in_8_mb(struct server *s, int number)
{
    int fd = dial(s);
    pid_t sender;

    own_start = (size_t)number * 1000003;
    sender = background_start(send_8_mb, s, fd);
    expect_pattern(fd, own_start, 8 * MEGABYTE);
    EXPECT_EOF(fd);
    background_wait(sender);
    leave(fd);
}

static void case_half_close_in_8_mb(void)
{
    struct scene at = scene_open(plain);

    half_close_in_8_mb(at.s, 0);
    at.clients++;
    scene_close(&at);
}

/* 01 serves them one after the other, and nobody need know. */
static void half_close_in_8_mb_several(void)
{
    struct scene at = scene_open(plain);

    in_processes(4, half_close_in_8_mb, at.s);
    at.clients += 4;
    scene_close(&at);
}

/* ---- all at once ---- */

enum { BATCH = 24 };

/* What member `i` of the batch does while the server stands still. */
static void act(const struct scene *at, int fd, int i)
{
    char line[64];
    int len = snprintf(line, sizeof(line), "number %d of the batch\n", i);

    if (i % 4 != 3) {
        SEND_BYTES(fd, line, (size_t)len);
        wait_unread(at->s, fd, (unsigned int)len);
    }
    if (i % 4 == 1)
        reset_connection(fd);
    if (i % 4 == 2)
        half_close(fd);
    if (i % 4 == 3)
        leave(fd);
}

static void expect_after(int fd, int i)
{
    char line[64];
    int len = snprintf(line, sizeof(line), "number %d of the batch\n", i);

    if (i % 4 == 0 || i % 4 == 2)
        EXPECT_BYTES(fd, line, (size_t)len);
    if (i % 4 == 0)
        ROUND_TRIP(fd, "and then?\n");
    if (i % 4 == 2)
        EXPECT_EOF(fd);
    if (i % 4 == 0 || i % 4 == 2)
        leave(fd);
}

static void shuffle(int *numbers, int count)
{
    for (int i = 0; i < count; i++)
        numbers[i] = i;
    for (int i = count - 1; i > 0; i--) {
        int other = (int)(random() % (i + 1)), kept = numbers[i];

        numbers[i] = numbers[other];
        numbers[other] = kept;
    }
}

/* In one round of a loop: clients who speak, who are gone, who have said all,
 * and who are new. Descriptors are closed and opened again in the round, and a
 * list is walked while it shrinks and grows. */
static void everything_in_one_batch(void)
{
    struct scene at = scene_open(plain);
    int fds[BATCH], late[4], order[BATCH];

    srandom(7);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < BATCH; i++) {
            fds[i] = scene_dial(&at);
            ROUND_TRIP(fds[i], "here\n");
        }
        shuffle(order, BATCH);
        freeze(at.s);
        for (int i = 0; i < BATCH; i++)
            act(&at, fds[order[i]], order[i]);
        for (int i = 0; i < 4; i++) {
            late[i] = scene_dial(&at);
            SEND_TEXT(late[i], "I am late\n");
        }
        thaw(at.s);
        for (int i = 0; i < BATCH; i++)
            expect_after(fds[i], i);
        for (int i = 0; i < 4; i++) {
            EXPECT_TEXT(late[i], "I am late\n");
            leave(late[i]);
        }
    }
    scene_close(&at);
}

const struct check_case leaving_cases[] = {
    CASE(reset_idle, "fault", 60, 0, ALSO_IP6),
    CASE(reset_before_accept, "fault", 60, 0, ALSO_IP6),
    CASE(reset_while_reading, "fault", 60),
    CASE(reset_while_owed, "fault", 60, TRAIT_BYTES),
    CASE(reset_while_much_is_owed, "fault", 60),
    CASE(reset_after_half_close, "fault", 60),
    CASE(gone_before_reply, "fault", 60, 0, ALSO_UNIX),
    CASE(gone_during_work, "fault", 60, 0, ALSO_UNIX),
    CASE(leaves_reply_unread, "fault", 60, 0, ALSO_UNIX),
    CASE(leaves_while_owed, "fault", 60, TRAIT_BYTES, ALSO_UNIX),
    CASE(owed_to_the_gone, "fault", 60),
    CASE(leaves_mid_word, "fault", 60, TRAIT_BYTES),
    CASE(killed_in_traffic, "fault", 60, 0, ALSO_UNIX),
    CASE(connect_and_close_1000, "fault", 60, 0, ALSO_UNIX),
    CASE(end_with_reply_owed, "fault", 60, 0, ALSO_UNIX),
    CASE(end_with_buffers_full, "fault", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(end_with_reply_stuck, "fault", 60, TRAIT_BYTES | TRAIT_LOOP),
    CASE(reset_with_reply_stuck, "fault", 60, TRAIT_BYTES | TRAIT_LOOP),
    CASE(case_half_close_in_8_mb, "fault", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(half_close_in_8_mb_several, "fault", 60, TRAIT_BYTES),
    CASE(everything_in_one_batch, "fault", 60, TRAIT_CONCURRENT),
    {0},
};
