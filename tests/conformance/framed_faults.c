/* tests/conformance/framed_faults.c - what goes wrong in the world, told in
 * frames. What a server of bytes must stand as well is asked of stage 07 by
 * the suite, for which it echoes lines. */
#include "framed.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 1000000 }; /* more messages than all buffers hold */

static struct server *length_echo(const char *const *more)
{
    return serve_with("length", "echo", more);
}

static void need_comparable_memory(void)
{
    if (is_instrumented())
        check_skip("a sanitizer or a wrapper keeps books in memory");
}

/* Once it sleeps: the last bytes of an answer are here before the server has
 * come back from its write and freed what they stood in. */
static void expect_growth_below(const struct server *s, long before_kib,
                                long most_kib)
{
    long grown;

    WAIT_UNTIL(proc_state(s->pid) == 'S');
    grown = proc_rss_kib(s->pid) - before_kib;

    check_step("the server has grown by %ld KiB", grown);
    if (grown >= most_kib)
        CHECK_FAIL("the server has grown by %ld KiB", grown);
}

/* ---- frames that do not end ---- */

struct drip {
    struct server *s;
    struct bytes frame;
    size_t sent;
    int fd;
    bool cut;
};

static struct drip drip_start(const char *codec)
{
    enum { LEN = 100 };
    struct drip d = {0};

    d.s = serve_with(codec, "echo", (const char *[]){"-t", "2", NULL});
    d.fd = dial(d.s);
    add_frame(&d.frame, codec, keep(LEN), LEN);
    return d;
}

/* One more byte, but never the last one. True when the server has closed. */
static bool drip_once(struct drip *d)
{
    char answer;

    if (d->cut)
        return true;
    if (d->sent == d->frame.len - 1)
        CHECK_FAIL("a byte now and then has kept the frame open");
    d->sent += send(d->fd, d->frame.at + d->sent, 1, MSG_NOSIGNAL) == 1;
    d->cut = recv(d->fd, &answer, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN;
    return d->cut;
}

/* A byte now and then keeps a conversation open, but not a frame. */
static void half_frame_kept_alive(void)
{
    enum { CODECS = 5 };
    long long until = now_ms() + patience_ms();
    struct drip drips[CODECS];
    int cut = 0;

    hint("a frame once begun must be whole within --idle-timeout");
    for (int i = 0; i < CODECS; i++)
        drips[i] = drip_start(codec_names[i]);
    while (cut < CODECS) {
        look_again(__FILE__, __LINE__, "the half frames are cut", until);
        nap_ms(150);
        cut = 0;
        for (int i = 0; i < CODECS; i++)
            cut += drip_once(&drips[i]);
    }
    for (int i = 0; i < CODECS; i++) {
        int fd = dial(drips[i].s);

        leave(drips[i].fd);
        echo_one(fd, codec_names[i], "next");
        leave(fd);
        server_stop(drips[i].s, 2);
        CHECK_EQ(process_log_count(drips[i].s->process, "its time was up"), 1);
    }
}

/* The end of one frame and the beginning of the next, again and again: there
 * is always half a frame, and never an old one. */
static void always_half_a_frame(void)
{
    long long until = now_ms() + 6000;
    int fd = dial_alone(length_echo((const char *[]){"-t", "2", NULL}));

    SEND_BYTES(fd, "\0\0\0\4ab", 6);
    while (now_ms() < until) {
        SEND_BYTES(fd, "cd\0\0\0\4ab", 8);
        EXPECT_BYTES(fd, "\0\0\0\4abcd", 8);
        nap_ms(300);
    }
    SEND_TEXT(fd, "cd");
    EXPECT_BYTES(fd, "\0\0\0\4abcd", 8);
    part(fd);
}

/* ---- memory ---- */

/* A length costs four bytes to say; it must not cost what it says. */
static void claims_of_300(void)
{
    enum { CLIENTS = 300 };
    struct server *s;
    struct bytes claim = {0};
    int fds[CLIENTS];
    char zeros[96] = {0};
    long before;

    need_comparable_memory();
    need_descriptors(CLIENTS + 50);
    s = length_echo(NULL);
    fds[0] = dial(s);
    echo_one(fds[0], "length", "hello");
    before = proc_rss_kib(s->pid);
    add_head(&claim, "length", 8 * MEGABYTE);
    add(&claim, zeros, sizeof(zeros));
    for (int i = 1; i < CLIENTS; i++) {
        fds[i] = dial(s);
        SEND_BYTES(fds[i], claim.at, claim.len);
    }
    echo_one(fds[0], "length", "they have all been read");
    WAIT_UNTIL(process_log_count(s->process, "connected") == CLIENTS);
    echo_one(fds[0], "length", "and now as well");
    expect_growth_below(s, before, 20 * KILOBYTE);
    for (int i = 0; i < CLIENTS; i++)
        leave(fds[i]);
    server_stop(s, CLIENTS);
}

/* Each with the beginning of another frame behind a large one: what is kept of
 * that must not keep the memory of all. */
static void memory_comes_back(void)
{
    struct server *s;
    struct bytes large = {0};
    char *payload = keep(8 * MEGABYTE), *answer = keep(8 * MEGABYTE + 4);
    int fds[10];
    long before;

    need_comparable_memory();
    s = length_echo(NULL);
    add_frame(&large, "length", payload, 8 * MEGABYTE);
    add(&large, "\0\0\0\4ab", 6);
    for (int i = 0; i < 10; i++) {
        fds[i] = dial(s);
        echo_one(fds[i], "length", "hello");
    }
    before = proc_rss_kib(s->pid);
    for (int i = 0; i < 10; i++)
        exchange(fds[i], large.at, large.len, answer, large.len - 6);
    hint("a buffer that was large once must not stay so");
    expect_growth_below(s, before, 10 * KILOBYTE);
    for (int i = 0; i < 10; i++) {
        SEND_TEXT(fds[i], "cd");
        EXPECT_BYTES(fds[i], "\0\0\0\4abcd", 8);
        leave(fds[i]);
    }
    server_stop(s, 10);
}

/* Sends frames until neither the socket nor the server takes any more. Returns
 * how many bytes went, which is seldom a whole number of frames. */
static size_t send_until_stuck(struct server *s, int fd, const struct bytes *b)
{
    long long until = now_ms() + patience_ms();
    size_t sent = 0;

    for (int full = 0; full < 20;) {
        ssize_t n =
            send(fd, b->at + sent, b->len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n > 0) {
            sent += (size_t)n;
            full = 0;
            CHECK(sent < b->len);
            continue;
        }
        full = proc_state(s->pid) == 'S' ? full + 1 : 0;
        look_again(__FILE__, __LINE__, "the server takes no more", until);
    }
    check_step("client %d: stuck after %zu bytes", fd, sent);
    return sent;
}

/* How long the message is that begins at this offset. */
static size_t frame_at(const struct bytes *b, size_t offset)
{
    return 4 + (size_t)(unsigned char)b->at[offset + 3];
}

/* How many of the first `len` bytes are whole frames. */
static size_t whole_frames(const struct bytes *b, size_t len)
{
    size_t end = 0;

    while (end + 4 <= len && end + frame_at(b, end) <= len)
        end += frame_at(b, end);
    return end;
}

/* He who does not read gets nothing lost, costs little, harms nobody. */
static void never_reads(void)
{
    struct server *s = length_echo(NULL);
    struct bytes out = {0};
    int bystander = dial(s), fd = dial_small(s, 16 * KILOBYTE);
    size_t sent, end;
    char *in;
    long before;

    echo_one(bystander, "length", "before");
    before = proc_rss_kib(s->pid);
    add_messages(&out, "length", MANY);
    sent = send_until_stuck(s, fd, &out);
    echo_one(bystander, "length", "others are served");
    if (!is_instrumented())
        expect_growth_below(s, before, 4 * KILOBYTE);
    end = whole_frames(&out, sent);
    end += end < sent ? frame_at(&out, end) : 0;
    in = keep(end);
    exchange(fd, out.at + sent, end - sent, in, end);
    CHECK_BYTES(in, end, out.at, end);
    half_close(fd);
    EXPECT_EOF(fd);
    leave(fd);
    echo_one(bystander, "length", "after");
    leave(bystander);
    server_stop(s, 2);
}

/* 4 bytes in, 18 out. */
static void answers_longer_than_frames(void)
{
    struct server *s = serve("length", "goodbye");
    struct bytes out = {0};
    int bystander = dial(s), fd = dial_small(s, 16 * KILOBYTE);
    long before;

    SEND_BYTES(bystander, "\0\0\0\0", 4);
    EXPECT_BYTES(bystander, "\0\0\0\x0egoodbye world!", 18);
    before = proc_rss_kib(s->pid);
    for (int i = 0; i < 8 * MEGABYTE; i++)
        add(&out, "\0\0\0\0", 4);
    (void)send_until_stuck(s, fd, &out);
    if (!is_instrumented())
        expect_growth_below(s, before, 4 * KILOBYTE);
    leave(fd);
    SEND_BYTES(bystander, "\0\0\0\0", 4);
    EXPECT_BYTES(bystander, "\0\0\0\x0egoodbye world!", 18);
    leave(bystander);
    server_stop(s, 2);
}

/* ---- slow ones ---- */

/* Two large frames that grow by turns, and a third client in between. */
static void slow_writers(void)
{
    enum { LEN = 300000, PIECE = 1500 };
    struct server *s = length_echo(NULL);
    struct bytes a = {0}, b = {0};
    int fd_a = dial(s), fd_b = dial(s), other = dial(s);
    char *payload = keep(LEN);

    memset(payload, 'a', LEN);
    add_frame(&a, "length", payload, LEN);
    memset(payload, 'b', LEN);
    add_frame(&b, "length", payload, LEN);
    for (size_t done = 0; done < a.len; done += PIECE) {
        size_t n = a.len - done < PIECE ? a.len - done : PIECE;

        SEND_BYTES(fd_a, a.at + done, n);
        SEND_BYTES(fd_b, b.at + done, n);
        if (done % (20 * PIECE) == 0)
            echo_one(other, "length", "in between");
    }
    EXPECT_BYTES(fd_b, b.at, b.len);
    EXPECT_BYTES(fd_a, a.at, a.len);
    leave(fd_a);
    leave(fd_b);
    leave(other);
    server_stop(s, 3);
}

/* Takes a little now and then, for longer than the timeout allows silence.
 * Nothing is read from him meanwhile, so only what he takes shows that he
 * lives. (The kernel tells the server when a third of its buffer is free, so he
 * must not be too slow.) */
static void slow_reader(void)
{
    enum { LEN = 16 * MEGABYTE, PIECE = 200 * KILOBYTE };
    struct server *s = length_echo(
        (const char *[]){"-t", "3", "--max-frame", "16777216", NULL});
    struct bytes out = {0};
    int fd = dial(s), small = 16 * KILOBYTE;
    char *payload = keep(LEN);

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    fill_pattern(payload, LEN, 0);
    add_frame(&out, "length", payload, LEN);
    SEND_BYTES(fd, out.at, out.len);
    for (size_t got = 0; got < out.len; got += PIECE) {
        size_t n = out.len - got < PIECE ? out.len - got : PIECE;

        EXPECT_BYTES(fd, out.at + got, n);
        nap_ms(100);
    }
    leave(fd);
    fd = dial(s);
    echo_one(fd, "length", "next");
    leave(fd);
    server_stop(s, 2);
}

/* ---- leaving ---- */

/* Whoever sent a bad frame may still be talking; what was owed arrives. */
static void bad_frame_and_more(void)
{
    struct server *s = length_echo(NULL);
    struct bytes out = {0};
    char *more = keep(MEGABYTE);

    hint("closing a socket with unread bytes resets it");
    add_frame(&out, "length", "good", 4);
    add_head(&out, "length", 0x7fffffff);
    add(&out, more, MEGABYTE);
    for (int i = 0; i < 20; i++) {
        int fd = dial(s);

        SEND_BYTES(fd, out.at, out.len);
        EXPECT_BYTES(fd, out.at, 8);
        EXPECT_EOF(fd);
        leave(fd);
    }
    server_stop(s, 20);
}

/* Who stays after a bad frame is not waited for. */
static void bad_frame_and_stays(void)
{
    struct server *s = length_echo(NULL);
    int fd = dial_alone(s);

    SEND_BYTES(fd, "\xff\xff\xff\xff", 4);
    EXPECT_EOF(fd);
    server_wait_log(s, "closed, its time was up");
    part(fd);
}

/* In turn: whole, half a head, half a frame, a bad frame, a reset within a
 * frame, a reset with answers unread. */
static void leave_in_turn(struct server *s, int way)
{
    static struct bytes half;
    int fd = dial(s);

    if (half.len == 0)
        add_frame(&half, "length", keep(100000), 100000);
    echo_one(fd, "length", "hello");
    if (way == 1)
        SEND_BYTES(fd, "\0\0", 2);
    else if (way == 2 || way == 4)
        SEND_BYTES(fd, half.at, half.len - 1);
    else if (way == 3)
        SEND_BYTES(fd, "\x7f\0\0\0", 4);
    else if (way == 5)
        SEND_BYTES(fd, "\0\0\0\1a\0\0\0\1b\0\0", 12);
    if (way >= 4)
        reset_connection(fd);
    else
        leave(fd);
}

static void two_hundred_leave_nothing(void)
{
    struct server *s = length_echo(NULL);
    struct footprint before;
    int fd = dial(s);
    long kib;

    echo_one(fd, "length", "first");
    before = server_footprint(s);
    kib = proc_rss_kib(s->pid);
    leave(fd);
    for (int i = 0; i < 200; i++)
        leave_in_turn(s, i % 6);
    fd = dial(s);
    echo_one(fd, "length", "last");
    WAIT_UNTIL(process_log_count(s->process, "closed") == 201);
    CHECK(server_has_footprint(s, before));
    if (!is_instrumented())
        expect_growth_below(s, kib, 2 * KILOBYTE);
    leave(fd);
    server_stop(s, 202);
}

static void reset_while_owed(void)
{
    struct server *s = length_echo(NULL);
    struct bytes out = {0};
    int bystander = dial(s);

    add_messages(&out, "length", MANY);
    for (int i = 0; i < 5; i++) {
        int fd = dial_small(s, 16 * KILOBYTE);

        (void)send_until_stuck(s, fd, &out);
        reset_connection(fd);
        echo_one(bystander, "length", "others are served");
    }
    WAIT_UNTIL(process_log_count(s->process, "closed") == 5);
    leave(bystander);
    server_stop(s, 6);
}

/* All that was owed arrives after a half-close, though it is much. */
static void half_close_with_much_owed(void)
{
    struct server *s = length_echo(NULL);
    struct bytes out = {0};
    int fd = dial_small(s, 16 * KILOBYTE);
    size_t sent, whole;

    add_messages(&out, "length", MANY);
    sent = send_until_stuck(s, fd, &out);
    half_close(fd);
    whole = whole_frames(&out, sent);
    EXPECT_BYTES(fd, out.at, whole);
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 1);
    CHECK_EQ(process_log_count(s->process, "truncated frame"), whole < sent);
}

/* ---- many ---- */

/* Forty with half a frame each: silent, they cost no CPU and harm nobody. */
static void forty_half_frames(void)
{
    struct server *s = length_echo(NULL);
    int fds[40], fd = dial(s);

    for (int i = 0; i < 40; i++) {
        fds[i] = dial(s);
        SEND_BYTES(fds[i], "\0\0\0\x08half", 8);
    }
    echo_one(fd, "length", "hello");
    if (server_cpu_share(s, 1000) > 0.15)
        CHECK_FAIL("CPU is burned while nothing can be done");
    for (int i = 39; i >= 0; i--) {
        SEND_TEXT(fds[i], "half");
        EXPECT_BYTES(fds[i], "\0\0\0\x08halfhalf", 12);
        leave(fds[i]);
    }
    leave(fd);
    server_stop(s, 41);
}

/* 16 descriptors, 30 clients: those beyond wait, and are served in turn. */
static void more_than_descriptors(void)
{
    struct server *s = server_start(
        (struct server_spec){.args = {"--service", "echo"}, .descriptors = 16});
    int fds[30];

    for (int i = 0; i < 30; i++) {
        fds[i] = dial(s);
        SEND_BYTES(fds[i], "\0\0\0\2hi", 6);
    }
    for (int i = 0; i < 30; i++) {
        EXPECT_BYTES(fds[i], "\0\0\0\2hi", 6);
        leave(fds[i]);
    }
    server_stop(s, 30);
}

static pid_t flood(const struct server *s)
{
    pid_t pid = child_fork();
    struct bytes out = {0};
    int fd;

    CHECK(pid != -1);
    if (pid > 0)
        return pid;
    fd = dial(s);
    add_messages(&out, "length", 50000);
    for (;;)
        EXCHANGE_ECHO(fd, out.at, out.len);
}

/* One who floods with frames gets its share, and no more. */
static void flood_is_fair(void)
{
    struct server *s = length_echo(NULL);
    int fd = dial(s);
    pid_t pid = flood(s);

    WAIT_UNTIL(process_log_count(s->process, "connected") == 2);
    for (int i = 0; i < 200; i++)
        echo_one(fd, "length", "my turn");
    kill(pid, SIGKILL);
    CHECK(child_wait(pid) != -1);
    leave(fd);
    server_stop(s, 2);
}

/* epoll_wait fails with EINTR each time: signal(7). */
static void stopped_and_continued(void)
{
    struct server *s = length_echo(NULL);
    int fd = dial_alone(s);

    for (int i = 0; i < 50; i++) {
        kill(s->pid, SIGSTOP);
        SEND_BYTES(fd, "\0\0\0\4ab", 6);
        kill(s->pid, SIGCONT);
        SEND_TEXT(fd, "cd");
        EXPECT_BYTES(fd, "\0\0\0\4abcd", 8);
    }
    part(fd);
}

/* ---- stopping ---- */

/* A frame that has begun may be ended and is answered. */
static void stop_within_a_frame(void)
{
    struct server *s = length_echo((const char *[]){"-g", "300", NULL});
    int fd = dial(s);

    echo_one(fd, "length", "before");
    SEND_BYTES(fd, "\0\0\0\4ab", 6);
    process_signal(s->process, SIGTERM);
    WAIT_UNTIL(!server_is_listening(s));
    SEND_TEXT(fd, "cd");
    EXPECT_BYTES(fd, "\0\0\0\4abcd", 8);
    server_expect_alive(s);
    leave(fd);
    server_expect_stopped(s, 1);
}

static void stop_with_much_owed(void)
{
    struct server *s = length_echo((const char *[]){"-g", "300", NULL});
    struct bytes out = {0};
    int fd = dial_small(s, 16 * KILOBYTE);

    add_messages(&out, "length", MANY);
    (void)send_until_stuck(s, fd, &out);
    process_signal(s->process, SIGTERM);
    WAIT_UNTIL(!server_is_listening(s));
    server_expect_alive(s);
    process_signal(s->process, SIGTERM);
    server_expect_stopped(s, 1);
    EXPECT_CLOSED(fd);
}

/* Each frame is work, though they come in one read. */
static void work_for_each_frame(void)
{
    struct server *s = length_echo((const char *[]){"-w", "50", NULL});
    struct bytes out = {0};
    long long start = now_ms();

    add_messages(&out, "length", 6);
    say_all(s, &out, &out);
    CHECK(now_ms() - start >= 6 * 50 - 1);
    server_stop(s, 1);
}

const struct check_case framed_fault_cases[] = {
    CASE(half_frame_kept_alive, "fault", 60),
    CASE(always_half_a_frame, "fault"),
    CASE(claims_of_300, "fault", 60),
    CASE(memory_comes_back, "load", 60),
    CASE(never_reads, "fault", 60, 0, ALL_TRANSPORTS),
    CASE(answers_longer_than_frames, "fault", 60),
    CASE(slow_writers, "fault", 60, 0, ALL_TRANSPORTS),
    CASE(slow_reader, "fault", 60),
    CASE(bad_frame_and_more, "fault", 60, 0, ALL_TRANSPORTS),
    CASE(bad_frame_and_stays, "fault"),
    CASE(two_hundred_leave_nothing, "fault", 60),
    CASE(reset_while_owed, "fault", 60),
    CASE(half_close_with_much_owed, "fault", 60, 0, ALL_TRANSPORTS),
    CASE(forty_half_frames, "fault"),
    CASE(more_than_descriptors, "fault"),
    CASE(flood_is_fair, "fault", 60),
    CASE(stopped_and_continued, "fault"),
    CASE(stop_within_a_frame, "fault", 30, 0, ALL_TRANSPORTS),
    CASE(stop_with_much_owed, "fault", 60),
    CASE(work_for_each_frame, "fault"),
    {0},
};
