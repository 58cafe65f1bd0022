/* tests/conformance/limits.c - how long, how many, how much: idle timeout,
 * --max-clients, --work-ms, and how much is logged. */
#include "suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- idle timeout ---- */

/* Talks a little, for `ms`. */
static void chat(int fd, int ms)
{
    long long end = now_ms() + ms;

    check_step("client %d: chat for %d ms", fd, ms);
    while (now_ms() < end) {
        ROUND_TRIP(fd, "still here\n");
        nap_ms(100);
    }
}

static void idle_is_closed(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-t", "1"}});
    int fd = dial(s);

    EXPECT_CLOSED(fd); /* having said nothing at all */
    leave(fd);
    fd = dial(s);
    ROUND_TRIP(fd, "half a line");
    EXPECT_CLOSED(fd);
    leave(fd);
    fd = dial(s);
    ROUND_TRIP(fd, "hi\n");
    leave(fd);
    server_stop(s, 3);
}

/* The limit is on silence, not on the conversation. */
static void idle_but_active(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-t", "2"}});
    int active = dial(s), silent;

    chat(active, 5000);
    if (serves_one_at_a_time())
        leave(active);
    silent = dial(s);
    if (!serves_one_at_a_time()) {
        chat(active, 3000);
        leave(active);
    }
    EXPECT_CLOSED(silent);
    leave(silent);
    server_stop(s, 2);
}

/* A client of another server shows how long to wait. */
static void idle_zero_is_never(void)
{
    struct server *zero =
        server_start((struct server_spec){.args = {"-t", "0"}});
    struct server *one =
        server_start((struct server_spec){.args = {"-t", "1"}});
    int patient = dial(zero);

    for (int i = 0; i < 2; i++) {
        int fd = dial(one);

        EXPECT_CLOSED(fd);
        leave(fd);
    }
    EXPECT_SILENCE(patient);
    ROUND_TRIP(patient, "still there?\n");
    leave(patient);
    server_stop(zero, 1);
    server_stop(one, 2);
}

static void idle_greeting(void)
{
    struct server *s =
        server_start((struct server_spec){.args = {"-s", "greet", "-t", "1"}});
    int fd = dial(s);
    char byte;

    SEND_TEXT(fd, "hello");
    hint("a read of exactly 12 bytes waits for ever");
    CHECK_EQ(read_to_end(fd, &byte, 0), 0);
    leave(fd);
    server_stop(s, 1);
}

/* Says all that can be said and takes nothing, until it is closed. It does not
 * stop when the socket is full for the first time: a server that then read all
 * of it would wait for input, and not in a write. */
static void talk_until_closed(struct server *s, int fd)
{
    long long until = now_ms() + patience_ms();
    char lines[16 * KILOBYTE];

    fill_pattern(lines, sizeof(lines), 0);
    while (process_log_count(s->process, "closed") < 2) {
        (void)!send(fd, lines, sizeof(lines), MSG_DONTWAIT | MSG_NOSIGNAL);
        look_again(__FILE__, __LINE__, "the server closes it", until);
    }
}

static void idle_never_reads(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-t", "1"}});
    struct footprint before;
    int fd = dial(s), stuck;

    ROUND_TRIP(fd, "hi\n");
    before = server_footprint(s);
    leave(fd);
    stuck = dial(s);
    hint("a write that is owed must have an end too");
    talk_until_closed(s, stuck);
    fd = dial(s);
    ROUND_TRIP(fd, "next\n");
    WAIT_UNTIL(server_has_footprint(s, before));
    EXPECT_CLOSED(stuck);
    leave(fd);
    server_stop(s, 3);
}

/* Takes some of what is owed now and then; nothing is read from it meanwhile,
 * so only what it takes can show that it lives. On a busy machine "now and
 * then" may be seconds. */
static void idle_but_reads_slowly(void)
{
    enum { PIECE = 256 * KILOBYTE };
    struct server *s = server_start((struct server_spec){.args = {"-t", "5"}});
    size_t sent = 0, got = 0;
    int fd = dial(s);

    for (long long end = now_ms() + 8000; now_ms() < end;) {
        sent += send_until_full(fd, sent, 64 * MEGABYTE);
        expect_pattern(fd, got, PIECE);
        got += PIECE;
        nap_ms(100);
    }
    half_close(fd);
    expect_pattern(fd, got, sent - got);
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 1);
}

/* ---- how many at once ---- */

/* Who finds no place waits in the backlog, where the kernel shows him. */
static void max_clients_wait(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-m", "2"}});
    int a = dial(s), b = dial(s), c, d;

    ROUND_TRIP(a, "a\n");
    ROUND_TRIP(b, "b\n");
    c = dial(s);
    d = dial(s);
    SEND_TEXT(c, "c\n");
    SEND_TEXT(d, "d\n");
    ROUND_TRIP(a, "a again\n");
    if (server_transport != ON_UNIX)
        WAIT_UNTIL(server_backlog(s) == 2);
    EXPECT_SILENCE(c);
    EXPECT_SILENCE(d);
    leave(b);
    EXPECT_TEXT(c, "c\n");
    ROUND_TRIP(a, "a once more\n");
    EXPECT_SILENCE(d);
    reset_connection(c);
    EXPECT_TEXT(d, "d\n");
    ROUND_TRIP(d, "d again\n");
    leave(a);
    leave(d);
    server_stop(s, 4);
}

/* Backlogs are served in their order, so the oldest is always being served. */
static void max_clients_burst(void)
{
    enum { CLIENTS = 40 };
    struct server *s = server_start((struct server_spec){.args = {"-m", "3"}});
    int fds[CLIENTS];

    for (int i = 0; i < CLIENTS; i++)
        fds[i] = dial(s);
    hint("who finds no place must not be dropped");
    for (int i = 0; i < CLIENTS; i++) {
        ROUND_TRIP(fds[i], "hi\n");
        leave(fds[i]);
    }
    server_stop(s, CLIENTS);
}

static void max_clients_one(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-m", "1"}});
    int a = dial(s), b;

    ROUND_TRIP(a, "a\n");
    b = dial(s);
    SEND_TEXT(b, "b\n");
    ROUND_TRIP(a, "a again\n");
    EXPECT_SILENCE(b);
    SEND_TEXT(a, "bye\n");
    EXPECT_TEXT(a, "bye\n");
    EXPECT_EOF(a);
    leave(a);
    EXPECT_TEXT(b, "b\n");
    leave(b);
    server_stop(s, 2);
}

/* A wait for a place burns no CPU, however many wait. */
static void max_clients_quiet(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-m", "1"}});
    int a = dial(s), others[8];
    double share;

    ROUND_TRIP(a, "a\n");
    for (int i = 0; i < 8; i++)
        others[i] = dial(s);
    share = server_cpu_share(s, 1000);
    hint("the listening socket stays readable: do not ask for it when full");
    if (share > 0.15)
        CHECK_FAIL("%.0f %% CPU while nothing can be done", share * 100);
    leave(a);
    for (int i = 0; i < 8; i++) {
        ROUND_TRIP(others[i], "hi\n");
        leave(others[i]);
    }
    server_stop(s, 9);
}

/* More than the descriptors allow: said, and done as far as it goes. */
static void max_clients_beyond_descriptors(void)
{
    struct server *s = server_start(
        (struct server_spec){.args = {"-m", "1000000"}, .descriptors = 40});
    int fd = dial(s);

    ROUND_TRIP(fd, "hi\n");
    leave(fd);
    server_stop(s, 1);
}

/* ---- work ---- */

static long long round_trip_ms(int fd)
{
    long long start = now_ms();

    ROUND_TRIP(fd, "work\n");
    return now_ms() - start;
}

/* Each reply takes at least so long: nanosleep never wakes early. */
static void work_costs(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-w", "60"}});
    int fd = dial(s);

    for (int i = 0; i < 3; i++) {
        long long took = round_trip_ms(fd);

        if (took < 59)
            CHECK_FAIL("a reply came after %lld ms, its work takes 60", took);
    }
    leave(fd);
    server_stop(s, 1);
}

/* The lesson of --work-ms: a handler that blocks stops everyone in an event
 * loop, and only its own client where each has a process or a thread. */
static void work_of_many(void)
{
    enum { CLIENTS = 8, WORK_MS = 150 };
    struct server *s =
        server_start((struct server_spec){.args = {"-w", "150"}});
    char words[CLIENTS]
              [8]; /* each its own: no buffer may be shared meanwhile */
    int fds[CLIENTS];
    long long start, took;

    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(s);
        ROUND_TRIP(fds[i], "hi\n");
        snprintf(words[i], sizeof(words[i]), "work %c\n", 'A' + i);
    }
    start = now_ms();
    for (int i = 0; i < CLIENTS; i++)
        SEND_BYTES(fds[i], words[i], 7);
    for (int i = 0; i < CLIENTS; i++)
        EXPECT_BYTES(fds[i], words[i], 7);
    took = now_ms() - start;
    check_step("%d replies took %lld ms", CLIENTS, took);
    if (is_a(TRAIT_WORK_HOLDS_ALL) && took < (CLIENTS - 1) * WORK_MS)
        CHECK_FAIL("a loop did the work of several at once: %lld ms", took);
    if (!is_a(TRAIT_WORK_HOLDS_ALL) && took >= (CLIENTS - 1) * WORK_MS)
        CHECK_FAIL("one waited for the work of others: %lld ms", took);
    for (int i = 0; i < CLIENTS; i++)
        leave(fds[i]);
    server_stop(s, CLIENTS);
}

/* ---- the log ---- */

static int count_lines(const struct process *p)
{
    return process_log_count(p, "\n");
}

static void talk_about_it(struct server *s, int clients)
{
    for (int i = 0; i < clients; i++) {
        int fd = dial(s);

        ROUND_TRIP(fd, "a \x1b[31msecret\x07 \xff\n");
        half_close(fd);
        EXPECT_EOF(fd);
        leave(fd);
    }
}

static void log_quiet(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-q"}});

    talk_about_it(s, 3);
    server_stop(s, 3);
    CHECK_EQ(count_lines(s->process), 1);
}

/* Each connect and each disconnect once, even though the log is a file, where
 * a buffer that is shared by fork would be written twice. */
static void log_once(void)
{
    struct server *s = server_start((struct server_spec){0});

    talk_about_it(s, 5);
    server_stop(s, 5);
    CHECK_EQ(process_log_count(s->process, "connected"), 5);
    CHECK_EQ(process_log_count(s->process, "closed"), 5);
    CHECK_EQ(process_log_count(s->process, "served 5 clients"), 1);
    CHECK_EQ(process_log_count(s->process, "secret"), 0);
}

/* Every byte of the log but the newline is printable ASCII. */
static void expect_printable(const struct process *p)
{
    char *log = process_log(p);

    for (size_t i = 0; log[i] != '\0'; i++)
        if (log[i] != '\n' && (log[i] < ' ' || log[i] > '~')) {
            check_show("log", log, strlen(log));
            CHECK_FAIL("byte 0x%02x in the log", (unsigned char)log[i]);
        }
    free(log);
}

/* A client that writes an escape sequence must not rewrite the terminal of
 * whoever reads the log. */
static void log_verbose_escapes(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-v"}});
    char all[256];
    int fd = dial(s);

    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    for (size_t i = 0; i < sizeof(all); i += 16)
        EXCHANGE_ECHO(fd, all + i, 16);
    ROUND_TRIP(fd, "\x1b]0;title\x07\x1b[2J visible\r\n");
    leave(fd);
    server_stop(s, 1);
    expect_printable(s->process);
    hint("--verbose logs every read and write");
    CHECK(process_log_count(s->process, "\\x1b[2J visible") >= 2);
    CHECK(process_log_has(s->process, "\\xff"));
    CHECK(process_log_has(s->process, "\\x00"));
}

static void log_printable(void)
{
    struct server *s = server_start((struct server_spec){0});

    talk_about_it(s, 1);
    server_stop(s, 1);
    expect_printable(s->process);
}

/* stderr cannot be written: no reason to stop serving. */
static void log_on_full_disk(void)
{
    struct server *s;
    int fd;

    if (access("/dev/full", W_OK) != 0)
        check_skip("no /dev/full");
    s = server_start((struct server_spec){.log = "/dev/full"});
    for (int i = 0; i < 3; i++) {
        fd = dial(s);
        ROUND_TRIP(fd, "hi\n");
        leave(fd);
    }
    process_signal(s->process, SIGTERM);
    EXPECT_EXIT(s->process, 0);
}

const struct check_case limits_cases[] = {
    CASE(idle_is_closed, "limits", 30, TRAIT_BYTES, ALSO_UNIX),
    CASE(idle_but_active, "limits", 40),
    CASE(idle_zero_is_never, "limits"),
    CASE(idle_greeting, "limits", 30, TRAIT_BYTES),
    CASE(idle_never_reads, "limits", 60),
    CASE(idle_but_reads_slowly, "limits", 60, TRAIT_BYTES),
    CASE(max_clients_wait, "limits", 30, TRAIT_CONCURRENT, ALL_TRANSPORTS),
    CASE(max_clients_burst, "limits", 30, 0, ALL_TRANSPORTS),
    CASE(max_clients_one, "limits", 30, TRAIT_BYTES),
    CASE(max_clients_quiet, "limits"),
    CASE(max_clients_beyond_descriptors, "limits"),
    CASE(work_costs, "limits"),
    CASE(work_of_many, "limits", 30, TRAIT_CONCURRENT),
    CASE(log_quiet, "limits"),
    CASE(log_once, "limits", 30, 0, ALSO_UNIX),
    CASE(log_verbose_escapes, "limits", 30, TRAIT_BYTES),
    CASE(log_printable, "limits"),
    CASE(log_on_full_disk, "limits"),
    {0},
};
