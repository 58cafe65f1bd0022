/* tests/conformance/service.c - what is said and answered, to the byte. */
#include "suite.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AGAIN = 20 };

static struct server *serving(const char *service)
{
    return server_start((struct server_spec){.args = {"-s", service}});
}

/* ---- echo ---- */

static void echo_every_byte(void)
{
    struct server *s = serving("echo");
    int fd = dial(s);
    char all[256];

    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    hint("bytes are bytes: NUL, newlines and 0xff too");
    EXCHANGE_ECHO(fd, all, sizeof(all));
    for (int i = 0; i < 256; i++)
        EXCHANGE_ECHO(fd, &all[i], 1);
    EXCHANGE_ECHO(fd, "\0\0\0", 3);
    leave(fd);
    server_stop(s, 1);
}

static void echo_exact_lengths(void)
{
    struct server *s = serving("echo");
    int fd = dial(s);
    char bytes[600];

    hint("2 bytes in must be 2 bytes out, not the whole buffer");
    fill_pattern(bytes, sizeof(bytes), 0);
    for (size_t len = 1; len <= sizeof(bytes); len += 7)
        EXCHANGE_ECHO(fd, bytes, len);
    half_close(fd);
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 1);
}

static void echo_megabyte(void)
{
    struct server *s = serving("echo");
    char *bytes = malloc(MEGABYTE);
    int fd = dial(s);

    CHECK(bytes != NULL);
    memset(bytes, 'm', MEGABYTE); /* without any newline */
    EXCHANGE_ECHO(fd, bytes, MEGABYTE);
    fill_pattern(bytes, MEGABYTE, 0);
    for (size_t i = 0; i < MEGABYTE; i++)
        if (bytes[i] == '\n')
            bytes[i] = 'n'; /* so that no line of it is a farewell */
    EXCHANGE_ECHO(fd, bytes, MEGABYTE);
    half_close(fd);
    EXPECT_EOF(fd);
    leave(fd);
    free(bytes);
    server_stop(s, 1);
}

static void echo_lines(void)
{
    struct server *s = serving("echo");
    int fd = dial(s);

    ROUND_TRIP(fd, "one\ntwo\n");
    ROUND_TRIP(fd, "a line");
    ROUND_TRIP(fd, " over three");
    ROUND_TRIP(fd, " segments\n");
    ROUND_TRIP(fd, "\n");
    ROUND_TRIP(fd, "\r\n\r\n");
    leave(fd);
    server_stop(s, 1);
}

static void nothing_at_all(void)
{
    struct server *s = serving("echo");
    int fd = dial(s);

    half_close(fd);
    EXPECT_EOF(fd);
    leave(fd);
    fd = dial(s);
    leave(fd);
    fd = dial(s);
    ROUND_TRIP(fd, "something\n");
    leave(fd);
    server_stop(s, 3);
}

/* ---- farewells ---- */

static const char *const farewells[] = {"bye\n",   "exit\n",   "quit\n",
                                        "bye\r\n", "exit\r\n", "quit\r\n"};

/* The first part comes back before the second goes out, so the server has
 * read them apart. */
static void say_split(struct server *s, const char *text, size_t at)
{
    size_t len = strlen(text);
    int fd = dial(s);

    check_step("\"%.*s\", split after %zu bytes", (int)(len - 1), text, at);
    EXCHANGE_ECHO(fd, text, at);
    EXCHANGE_ECHO(fd, text + at, len - at);
    EXPECT_EOF(fd);
    leave(fd);
}

static void farewell_split_anywhere(void)
{
    struct server *s = serving("echo");
    int said = 0;

    hint("b, y, e and the newline may come one by one");
    for (size_t i = 0; i < CHECK_COUNT(farewells); i++)
        for (size_t at = 0; at < strlen(farewells[i]); at++, said++)
            say_split(s, farewells[i], at);
    server_stop(s, said);
}

static void farewell_byte_by_byte(void)
{
    struct server *s = serving("echo");

    for (size_t i = 0; i < CHECK_COUNT(farewells); i++) {
        int fd = dial(s);

        for (const char *c = farewells[i]; *c != '\0'; c++)
            EXCHANGE_ECHO(fd, c, 1);
        EXPECT_EOF(fd);
        leave(fd);
    }
    server_stop(s, CHECK_COUNT(farewells));
}

/* Says all of `text`, is answered with its first `kept` bytes, then the server
 * hangs up. */
static void say_cut(struct server *s, const char *text, size_t len, size_t kept)
{
    int fd = dial(s);

    SEND_BYTES(fd, text, len);
    EXPECT_BYTES(fd, text, kept);
    EXPECT_EOF(fd);
    leave(fd);
}

struct cut {
    const char *said, *heard;
};

static const struct cut cuts[] = {
    {"bye\n", "bye\n"},
    {"hello\r\nbye\r\n", "hello\r\nbye\r\n"},
    {"hello\nexit\n", "hello\nexit\n"},
    {"\nquit\n", "\nquit\n"},
    {"\r\nbye\n", "\r\nbye\n"},
    {"one\nbye\nthree\n", "one\nbye\n"},
    {"exit\nexit\n", "exit\n"},
    {"bye\r\nmore\r\n", "bye\r\n"},
    {"bye\nbye", "bye\n"},
    {"xbye\nbye \nbye\nno\n", "xbye\nbye \nbye\n"},
    {"a long line before it, longer than every farewell\nquit\nno",
     "a long line before it, longer than every farewell\nquit\n"},
};

static void farewell_within_read(void)
{
    struct server *s = serving("echo");

    hint("what follows a farewell is dropped, what precedes it is not");
    for (size_t i = 0; i < CHECK_COUNT(cuts); i++)
        say_cut(s, cuts[i].said, strlen(cuts[i].said), strlen(cuts[i].heard));
    server_stop(s, CHECK_COUNT(cuts));
}

/* A line that ends just where a server's buffer may end. */
static void farewell_at_buffer_ends(void)
{
    static const size_t sizes[] = {1024, 4096, 8192, 16384, 65536};
    static char text[65536 + 64];
    struct server *s = serving("echo");
    int said = 0;

    for (size_t i = 0; i < CHECK_COUNT(sizes); i++)
        for (size_t start = sizes[i] - 6; start <= sizes[i] + 1; start++) {
            memset(text, 'x', start);
            text[start - 1] = '\n';
            strcpy(text + start, "quit\r\nnot this\n");
            check_step("a farewell at offset %zu", start);
            say_cut(s, text, start + 15, start + 6);
            said++;
        }
    server_stop(s, said);
}

/* Each of these is said in one piece and byte by byte; the conversation must
 * outlive them all. */
static void no_farewells(void)
{
    static const char *const lines[] = {
        "xbye\n",      "bye \n",        " bye\n",    "goodbye\n",  "byebye\n",
        "Bye\n",       "BYE\n",         "by\ne\n",   "bye\r\r\n",  "\rbye\n",
        "bye.\n",      "exit now\n",    "exitt\n",   "exi\n",      "qui\nt\n",
        "quit quit\n", "please quit\n", "bye bye\n", "bye\rbye\n", "bye\t\n"};
    struct server *s = serving("echo");
    int fd = dial(s);

    hint("only a line that is exactly the word is a farewell");
    for (size_t i = 0; i < CHECK_COUNT(lines); i++) {
        EXCHANGE_ECHO(fd, lines[i], strlen(lines[i]));
        for (const char *c = lines[i]; *c != '\0'; c++)
            EXCHANGE_ECHO(fd, c, 1);
    }
    EXCHANGE_ECHO(fd, "\0bye\n", 5);
    EXCHANGE_ECHO(fd, "bye\0\n", 5);
    EXCHANGE_ECHO(fd, "b\0ye\n", 5);
    ROUND_TRIP(fd, "still here\n");
    leave(fd);
    server_stop(s, 1);
}

/* A long line is no farewell because it ends like one. */
static void long_line_like_farewell(void)
{
    static char line[100000];
    struct server *s = serving("echo");
    int fd = dial(s);

    memset(line, 'x', sizeof(line));
    memcpy(line + sizeof(line) - 4, "bye\n", 4);
    EXCHANGE_ECHO(fd, line, sizeof(line));
    ROUND_TRIP(fd, "still here\n");
    ROUND_TRIP(fd, "bye\n");
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 1);
}

static void last_line_without_newline(void)
{
    struct server *s = serving("echo");
    int fd = dial(s);

    ROUND_TRIP(fd, "bye");
    ROUND_TRIP(fd, " for now\n");
    ROUND_TRIP(fd, "bye");
    half_close(fd);
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 1);
}

/* Many bytes are still on their way when the server hangs up. If it closed at
 * once, the kernel would send a reset, which destroys the reply now and then:
 * hence many times. */
static void farewell_and_more(void)
{
    static char text[256 * 1024];
    struct server *s = serving("echo");

    hint("half-close, read and drop, then close");
    memset(text, 'x', sizeof(text));
    memcpy(text, "bye\n", 4);
    for (int i = 0; i < AGAIN; i++)
        say_cut(s, text, sizeof(text), 4);
    server_stop(s, AGAIN);
}

/* The client neither closes nor says anything: the server waits a few seconds
 * for it, not for ever. Then it has given everything back. */
static void farewell_to_one_who_stays(void)
{
    struct server *s = serving("echo");
    struct footprint before;
    int first = dial(s), fd;

    ROUND_TRIP(first, "hi\n");
    before = server_footprint(s);
    leave(first);
    fd = dial(s);
    ROUND_TRIP(fd, "bye\n");
    EXPECT_EOF(fd);
    first = dial(s); /* the same number of clients as before */
    ROUND_TRIP(first, "next\n");
    WAIT_UNTIL(server_has_footprint(s, before));
    leave(first);
    leave(fd);
    server_stop(s, 3);
}

/* Nor does it listen for ever to one who goes on talking. */
static void farewell_to_one_who_talks_on(void)
{
    struct server *s = serving("echo");
    long long until = now_ms() + patience_ms();
    int fd = dial(s);

    ROUND_TRIP(fd, "bye\n");
    EXPECT_EOF(fd);
    hint("the few seconds begin at the farewell, not at the last byte");
    while (send(fd, "and another thing\n", 18, MSG_NOSIGNAL) > 0)
        look_again(__FILE__, __LINE__, "the server closes", until);
    CHECK(errno == ECONNRESET || errno == EPIPE);
    leave(fd);
    server_stop(s, 1);
}

/* ---- upper ---- */

static void upper_every_byte(void)
{
    struct server *s = serving("upper");
    char all[256], want[256], got[256];
    int fd = dial(s);

    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
        want[i] = (char)(i >= 'a' && i <= 'z' ? i - 32 : i);
    }
    exchange(fd, all, sizeof(all), got, sizeof(got));
    CHECK_BYTES(got, sizeof(got), want, sizeof(want));
    for (int i = 0; i < 256; i++) {
        SEND_BYTES(fd, &all[i], 1);
        EXPECT_BYTES(fd, &want[i], 1);
    }
    leave(fd);
    server_stop(s, 1);
}

static void upper_farewells(void)
{
    struct server *s = serving("upper");
    int fd = dial(s);

    hint("the words match as they were sent, not as they are answered");
    ROUND_TRIP(fd, "BYE\n");
    SEND_TEXT(fd, "Exit\n");
    EXPECT_TEXT(fd, "EXIT\n");
    for (const char *c = "bye\r\n"; *c != '\0'; c++) {
        char upper = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);

        SEND_BYTES(fd, c, 1);
        EXPECT_BYTES(fd, &upper, 1);
    }
    EXPECT_EOF(fd);
    leave(fd);
    fd = dial(s);
    SEND_TEXT(fd, "one\nquit\nthree\n");
    EXPECT_TEXT(fd, "ONE\nQUIT\n");
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 2);
}

/* Letters of more than one byte, also when a read ends within one. */
static void upper_utf8(void)
{
    struct server *s = serving("upper");
    int fd = dial(s);

    SEND_TEXT(fd, "gr\xc3\xbc\xc3\x9f dich \xe2\x82\xac\n");
    EXPECT_TEXT(fd, "GR\xc3\xbc\xc3\x9f DICH \xe2\x82\xac\n");
    ROUND_TRIP(fd, "\xc3");
    ROUND_TRIP(fd, "\xbc");
    ROUND_TRIP(fd, "\xe2\x82");
    ROUND_TRIP(fd, "\xac");
    leave(fd);
    server_stop(s, 1);
}

static void upper_megabyte(void)
{
    struct server *s = serving("upper");
    char *bytes = malloc(MEGABYTE), *got = malloc(MEGABYTE);
    int fd = dial(s);

    CHECK(bytes != NULL && got != NULL);
    memset(bytes, 'm', MEGABYTE);
    exchange(fd, bytes, MEGABYTE, got, MEGABYTE);
    memset(bytes, 'M', MEGABYTE);
    CHECK_BYTES(got, MEGABYTE, bytes, MEGABYTE);
    half_close(fd);
    EXPECT_EOF(fd);
    leave(fd);
    free(bytes);
    free(got);
    server_stop(s, 1);
}

/* ---- hello ---- */

static void hello_once(void)
{
    struct server *s = serving("hello");
    int fd = dial(s);

    EXPECT_TEXT(fd, "hello world\n");
    hint("once on connect, not once for each byte or writable event");
    for (int i = 0; i < 10; i++)
        SEND_TEXT(fd, "x");
    SEND_TEXT(fd, "bye\nexit\nquit\n");
    half_close(fd);
    EXPECT_EOF(fd);
    leave(fd);
    fd = dial(s);
    half_close(fd);
    EXPECT_TEXT(fd, "hello world\n");
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 2);
}

/* What nobody reads fills the socket after some megabytes. */
static void hello_reads_and_drops(void)
{
    struct server *s = serving("hello");
    char *bytes = calloc(1, MEGABYTE);
    int fd = dial(s);

    CHECK(bytes != NULL);
    EXPECT_TEXT(fd, "hello world\n");
    hint("the server must read what it has no use for");
    for (int i = 0; i < 16; i++)
        SEND_BYTES(fd, bytes, MEGABYTE);
    half_close(fd);
    EXPECT_EOF(fd);
    leave(fd);
    free(bytes);
    server_stop(s, 1);
}

/* ---- greet ---- */

static void greet_twelve_bytes(void)
{
    struct server *s = serving("greet");

    for (int i = 0; i < AGAIN; i++) {
        int fd = dial(s);

        SEND_TEXT(fd, "hello, hello");
        EXPECT_TEXT(fd, "glad to meet you!");
        EXPECT_EOF(fd);
        leave(fd);
    }
    server_stop(s, AGAIN);
}

static void greet_too_few(void)
{
    struct server *s = serving("greet");
    int fd = dial(s);

    SEND_TEXT(fd, "hello, hell");
    half_close(fd);
    EXPECT_EOF(fd);
    leave(fd);
    fd = dial(s);
    half_close(fd);
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 2);
}

/* What follows the 12 bytes is still unread when the server hangs up. */
static void greet_ignores_the_rest(void)
{
    static char much[256 * 1024];
    struct server *s = serving("greet");

    hint(
        "a close with unread bytes sends a reset, which can destroy the reply");
    for (int i = 0; i < AGAIN; i++) {
        int fd = dial(s);

        SEND_BYTES(fd, much, i % 2 == 0 ? 24 : sizeof(much));
        EXPECT_TEXT(fd, "glad to meet you!");
        EXPECT_EOF(fd);
        leave(fd);
    }
    server_stop(s, AGAIN);
}

static void greet_in_pieces(void)
{
    struct server *s = serving("greet");
    int fd = dial(s);

    for (int i = 0; i < 12; i++)
        SEND_TEXT(fd, "\n");
    EXPECT_TEXT(fd, "glad to meet you!");
    EXPECT_EOF(fd);
    leave(fd);
    fd = dial(s);
    SEND_BYTES(fd, "bye\n\0\0", 6);
    SEND_BYTES(fd, "\0\0\0\0\0\0\0", 7);
    EXPECT_TEXT(fd, "glad to meet you!");
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 2);
}

/* Whether 11 bytes have been read for sure is told by the log. */
static void greet_waits_for_twelfth(void)
{
    struct server *s =
        server_start((struct server_spec){.args = {"-s", "greet", "-v"}});
    int fd = dial(s);

    SEND_TEXT(fd, "elevenbytes");
    server_wait_log(s, "elevenbytes");
    if (!serves_one_at_a_time()) {
        int other = dial(s);

        SEND_TEXT(other, "twelve bytes");
        EXPECT_TEXT(other, "glad to meet you!");
        leave(other);
    }
    EXPECT_SILENCE(fd);
    SEND_TEXT(fd, "!");
    EXPECT_TEXT(fd, "glad to meet you!");
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, serves_one_at_a_time() ? 1 : 2);
}

/* ---- leaving ---- */

static void case_half_close(void)
{
    struct server *s = serving("echo");

    for (int i = 0; i < AGAIN; i++) {
        int fd = dial(s);

        SEND_TEXT(fd, "hi\nand a line without an end");
        half_close(fd);
        EXPECT_TEXT(fd, "hi\nand a line without an end");
        EXPECT_EOF(fd);
        leave(fd);
    }
    server_stop(s, AGAIN);
}

/* All that was sent is owed; most of it waits in buffers when the end of
 * input comes. */
static void half_close_in_the_middle(void)
{
    enum { BEFORE = 4 * MEGABYTE };
    struct server *s = serving("echo");
    char *bytes = malloc(BEFORE), *got = malloc(BEFORE);
    int fd = dial(s);
    size_t sent;

    CHECK(bytes != NULL && got != NULL);
    fill_pattern(bytes, BEFORE, 0);
    exchange(fd, bytes, BEFORE, got, BEFORE);
    CHECK_BYTES(got, BEFORE, bytes, BEFORE);
    sent = send_until_full(fd, BEFORE, 64 * MEGABYTE);
    half_close(fd);
    hint("end of input does not cancel what is owed");
    expect_pattern(fd, BEFORE, sent);
    EXPECT_EOF(fd);
    leave(fd);
    free(bytes);
    free(got);
    server_stop(s, 1);
}

static bool nc_knows_n(void)
{
    struct run r = run_program(
        (struct process_spec){.path = "nc", .args = {"-h"}, .unwrapped = true},
        NULL, 0);
    bool knows = strstr(r.err, "-N") != NULL || strstr(r.out, "-N") != NULL;

    run_free(&r);
    return knows;
}

/* The contract's own example. */
static void case_nc(void)
{
    struct process_spec nc = {.path = "nc", .unwrapped = true};
    char host[160];
    struct server *s;
    struct run r;

    if (!nc_knows_n())
        check_skip("no nc with -N (netcat-openbsd)");
    s = serving("echo");
    snprintf(host, sizeof(host), "%d", s->port);
    nc.args[0] = server_transport == ON_UNIX ? "-NU" : "-N";
    nc.args[1] = server_transport == ON_UNIX   ? s->address + 5
                 : server_transport == ON_TCP6 ? "::1"
                                               : "127.0.0.1";
    nc.args[2] = server_transport == ON_UNIX ? NULL : host;
    r = run_program(nc, "hi\n", 3);
    CHECK(WIFEXITED(r.status));
    CHECK_EQ(WEXITSTATUS(r.status), 0);
    CHECK_BYTES(r.out, r.out_len, "hi\n", 3);
    run_free(&r);
    server_stop(s, 1);
}

/* ---- several clients ---- */

/* Stage 01's limit, asserted: B waits as long as A stays, then is served. */
static void one_at_a_time(void)
{
    struct server *s = serving("echo");
    int a = dial(s), b, c;

    ROUND_TRIP(a, "a\n");
    b = dial(s);
    c = dial(s);
    SEND_TEXT(b, "b\n");
    SEND_TEXT(c, "c\n");
    ROUND_TRIP(a, "a again\n");
    EXPECT_SILENCE(b);
    EXPECT_SILENCE(c);
    leave(a);
    EXPECT_TEXT(b, "b\n");
    ROUND_TRIP(b, "b again\n");
    EXPECT_SILENCE(c);
    half_close(b);
    EXPECT_EOF(b);
    EXPECT_TEXT(c, "c\n");
    leave(c);
    leave(b);
    server_stop(s, 3);
}

static void others_served_meanwhile(void)
{
    struct server *s = serving("echo");
    int silent = dial(s), half = dial(s);

    hint("a client that says nothing must not make others wait");
    SEND_TEXT(half, "half a line");
    for (int i = 0; i < 10; i++) {
        int fd = dial(s);

        ROUND_TRIP(fd, "hi\n");
        leave(fd);
    }
    EXPECT_TEXT(half, "half a line");
    ROUND_TRIP(half, " and the rest\n");
    ROUND_TRIP(silent, "at last\n");
    leave(silent);
    leave(half);
    server_stop(s, 12);
}

/* Each hears its own words, whatever the others say in between. */
static void conversations_do_not_mix(void)
{
    enum { CLIENTS = 10, ROUNDS = 20 };
    struct server *s = serving("echo");
    int fds[CLIENTS];
    char line[64];

    for (int i = 0; i < CLIENTS; i++)
        fds[i] = dial(s);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CLIENTS; i++) {
            int len =
                snprintf(line, sizeof(line), "client %d round %d\n", i, round);

            SEND_BYTES(fds[i], line, (size_t)len);
        }
        for (int i = CLIENTS; i-- > 0;) {
            int len =
                snprintf(line, sizeof(line), "client %d round %d\n", i, round);

            EXPECT_BYTES(fds[i], line, (size_t)len);
        }
    }
    for (int i = 0; i < CLIENTS; i++)
        leave(fds[i]);
    server_stop(s, CLIENTS);
}

/* A word in pieces, said by two at once: each conversation has its own line. */
static void farewells_do_not_mix(void)
{
    struct server *s = serving("echo");
    int a = dial(s), b = dial(s);

    ROUND_TRIP(a, "by");
    ROUND_TRIP(b, "qu");
    ROUND_TRIP(a, "x");
    ROUND_TRIP(b, "it");
    ROUND_TRIP(a, "\n");
    ROUND_TRIP(b, "\n");
    EXPECT_EOF(b);
    ROUND_TRIP(a, "still here\n");
    leave(a);
    leave(b);
    server_stop(s, 2);
}

static void leave_in_turn(struct server *s, int way)
{
    int fd = dial(s);

    ROUND_TRIP(fd, "hi\n");
    if (way == 1) {
        half_close(fd);
        EXPECT_EOF(fd);
    } else if (way == 2) {
        ROUND_TRIP(fd, "quit\n");
        EXPECT_EOF(fd);
    }
    if (way == 3)
        reset_connection(fd);
    else
        leave(fd);
}

/* However they left: descriptors, threads and children are as before. */
static void clients_leave_nothing(void)
{
    struct server *s = serving("echo");
    struct footprint before;
    int fd = dial(s);

    ROUND_TRIP(fd, "first\n");
    before = server_footprint(s);
    leave(fd);
    for (int i = 0; i < 40; i++)
        leave_in_turn(s, i % 4);
    fd = dial(s);
    ROUND_TRIP(fd, "last\n");
    WAIT_UNTIL(server_has_footprint(s, before));
    CHECK_EQ(proc_zombies(s->pid), 0);
    leave(fd);
    server_stop(s, 42);
}

const struct check_case service_cases[] = {
    CASE(echo_every_byte, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(echo_exact_lengths, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(echo_megabyte, "service", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(echo_lines, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(nothing_at_all, "service", 30, 0, ALL_TRANSPORTS),
    CASE(farewell_split_anywhere, "service", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(farewell_byte_by_byte, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(farewell_within_read, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(farewell_at_buffer_ends, "service", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(no_farewells, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(long_line_like_farewell, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(last_line_without_newline, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(farewell_and_more, "service", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(farewell_to_one_who_stays, "service", 30, TRAIT_BYTES, ALSO_UNIX),
    CASE(farewell_to_one_who_talks_on, "service", 30, TRAIT_BYTES),
    CASE(upper_every_byte, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(upper_farewells, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(upper_utf8, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(upper_megabyte, "service", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(hello_once, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(hello_reads_and_drops, "service", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(greet_twelve_bytes, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(greet_too_few, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(greet_ignores_the_rest, "service", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(greet_in_pieces, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(greet_waits_for_twelfth, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(case_half_close, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(half_close_in_the_middle, "service", 60, TRAIT_BYTES, ALL_TRANSPORTS),
    CASE(case_nc, "service", 30, 0, ALL_TRANSPORTS),
    CASE(one_at_a_time, "service", 30, TRAIT_ONE_AT_A_TIME, ALL_TRANSPORTS),
    CASE(others_served_meanwhile, "service", 30, TRAIT_BYTES | TRAIT_CONCURRENT,
         ALL_TRANSPORTS),
    CASE(conversations_do_not_mix, "service", 30, TRAIT_CONCURRENT,
         ALL_TRANSPORTS),
    CASE(farewells_do_not_mix, "service", 30, TRAIT_BYTES | TRAIT_CONCURRENT,
         ALL_TRANSPORTS),
    CASE(clients_leave_nothing, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
    {0},
};
