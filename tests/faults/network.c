/*
 * tests/faults/network.c - a network that is no loopback: packets are lost, or
 * overtake each other, and the cable is pulled. TCP mends what it can, late
 * and in pieces; what it cannot mend the server is not told. No byte may be
 * missing for it, and nobody be kept for ever.
 */
#include "cable.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "faults.h"

enum {
    LINE = 64,
    PIECE = 16 * KILOBYTE,
    STUCK_LIMIT = 4 * MEGABYTE, /* far more than all buffers hold here */
    ENOUGH = 20 /* packets lost or late: then the case has shown something */
};

static const char *const no_options[] = {NULL};

/* ---- a conversation ---- */

/* Both ways at once: what it has said, and heard of that. */
struct talk {
    int fd;
    size_t sent, got;
};

/* Lines, for stage 07 would not echo anything else; and like pattern_at() a
 * stream in which a lost, doubled or swapped piece shows. */
static char text_at(size_t offset)
{
    if (offset % LINE == LINE - 1)
        return '\n';
    return (char)('!' + (pattern_at(offset) & 63));
}

static void fill_text(char *bytes, size_t len, size_t start)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = text_at(start + i);
}

/* What will have come when all is said: of stage 07 whole lines. */
static size_t due(const struct talk *t)
{
    return is_a(TRAIT_FRAMES) ? t->sent - t->sent % LINE : t->sent;
}

/* As much as the socket takes now, and not beyond `end`. */
static void say(struct talk *t, size_t end)
{
    char bytes[PIECE];
    ssize_t n = 1;

    while (n > 0 && t->sent < end) {
        size_t len = end - t->sent < PIECE ? end - t->sent : PIECE;

        fill_text(bytes, len, t->sent);
        n = send(t->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        t->sent += n > 0 ? (size_t)n : 0;
    }
    if (n == -1 && errno != EAGAIN)
        CHECK_FAIL("send, after %zu bytes: %s", t->sent, strerror(errno));
}

/* What has come, at most so much of it. */
static void hear(struct talk *t, size_t most)
{
    char got[PIECE], want[PIECE];
    ssize_t n = recv(t->fd, got, most < PIECE ? most : PIECE, MSG_DONTWAIT);

    if (n == -1 && errno == EAGAIN)
        return;
    if (n <= 0)
        CHECK_FAIL("%s after %zu of %zu bytes",
                   n == 0 ? "end of input" : strerror(errno), t->got, due(t));
    fill_text(want, (size_t)n, t->got);
    CHECK_BYTES(got, (size_t)n, want, (size_t)n);
    t->got += (size_t)n;
}

/* Goes on until all before `say_to` is said and all before `hear_to` heard. */
static void talk_to(struct talk *t, size_t say_to, size_t hear_to)
{
    check_step("client %d: say to byte %zu, hear to byte %zu", t->fd, say_to,
               hear_to);
    while (t->sent < say_to || t->got < hear_to) {
        struct pollfd p = {t->fd, 0, 0};

        p.events = (short)((t->sent < say_to ? POLLOUT : 0) |
                           (t->got < hear_to ? POLLIN : 0));
        if (poll(&p, 1, patience_ms()) == 0)
            CHECK_FAIL("stuck: %zu of %zu sent, %zu of %zu received", t->sent,
                       say_to, t->got, hear_to);
        say(t, say_to);
        if (t->got < hear_to)
            hear(t, hear_to - t->got);
    }
}

/* It has said all; all that is owed arrives, then the end. */
static void end_talk(struct talk *t)
{
    half_close(t->fd);
    talk_to(t, t->sent, due(t));
    EXPECT_EOF(t->fd);
    leave(t->fd);
}

/* The server sleeps over replies that this client does not take, while more of
 * his waits to be read. */
static bool waits_for(struct server *s, const struct talk *t)
{
    struct queues q;
    bool waits;

    go_to(SERVERS_END);
    waits = server_queues(s, t->fd, &q) && q.unsent > 0 && q.unread > 0 &&
            server_sleeps(s);
    go_to(CLIENTS_END);
    return waits;
}

static void say_until_stuck(struct server *s, struct talk *t)
{
    long long until = now_ms() + patience_ms();

    for (int looks = 0; looks < 3; looks = waits_for(s, t) ? looks + 1 : 0) {
        say(t, STUCK_LIMIT);
        CHECK(t->sent < STUCK_LIMIT);
        look_again(__FILE__, __LINE__, "the server waits for its client",
                   until);
    }
    check_step("client %d: stuck after %zu bytes", t->fd, t->sent);
}

/* ---- packets lost, packets late ---- */

/* Of "lossy-echo" LOSSY. */
static struct server *serve_over_cable(const char *const *options)
{
    bool lossy = strncmp(case_name, "lossy-", 6) == 0;

    cable_lay(lossy ? LOSSY : DELAYED);
    hint("TCP mends it: at the socket there are only other counts, later");
    return cable_serve(options);
}

/* Whether `clients` so far have met enough for the case to mean something. */
static bool have_met_faults(int clients)
{
    CHECK(clients < 400);
    return clients > 0 && cable_faults() >= ENOUGH;
}

static void echo(void)
{
    struct server *s = serve_over_cable(no_options);
    int clients = 0;

    for (; !have_met_faults(clients); clients++) {
        struct talk t = {.fd = dial(s)};

        talk_to(&t, MEGABYTE, MEGABYTE);
        end_talk(&t);
    }
    server_stop(s, clients);
}

static void half_close_while_owed(void)
{
    struct server *s = serve_over_cable(no_options);
    int clients = 0;

    for (; !have_met_faults(clients); clients++) {
        struct talk t = {.fd = dial(s)};

        say_until_stuck(s, &t);
        end_talk(&t);
    }
    server_stop(s, clients);
}

/* Says much, takes a little now and then; `other` has a line each time. */
static void read_slowly(struct server *s, struct talk *slow, struct talk *other)
{
    say_until_stuck(s, slow);
    while (slow->got < MEGABYTE / 2) {
        say(slow, STUCK_LIMIT);
        talk_to(slow, slow->sent, slow->got + PIECE);
        if (other->fd != -1)
            talk_to(other, other->sent + LINE, other->got + LINE);
    }
}

static void slow_reader(void)
{
    struct server *s = serve_over_cable(no_options);
    struct talk other = {.fd = serves_one_at_a_time() ? -1 : dial(s)};
    int clients = 0;

    for (; !have_met_faults(clients); clients++) {
        struct talk slow = {.fd = dial(s)};

        read_slowly(s, &slow, &other);
        end_talk(&slow);
    }
    if (other.fd != -1) {
        end_talk(&other);
        clients++;
    }
    server_stop(s, clients);
}

/* ---- farewells ---- */

/* What follows the farewell is more than the server's socket holds: whoever
 * closes without reading on leaves some of it unread. */
enum { BODY = 16 * KILOBYTE, MORE = 80 * KILOBYTE, HEAD = KILOBYTE };

/* Stage 07 takes no leave of those who say lines: it does where HTTP says so.
 * The body of its reply is the same; a head stands before it. */
static size_t write_farewell(char text[HEAD + BODY + MORE], const char **body)
{
    size_t head = 0;

    if (is_a(TRAIT_FRAMES))
        head = (size_t)snprintf(text, HEAD,
                                "POST /echo HTTP/1.1\r\nHost: cable\r\n"
                                "Connection: close\r\n"
                                "Content-Length: %d\r\n\r\n",
                                BODY);
    *body = text + head;
    fill_text(text + head, BODY + MORE, 0);
    memcpy(text + head + BODY - 5, "\nbye\n", 5);
    return head + BODY + MORE;
}

static void say_farewell(struct server *s)
{
    static char said[HEAD + BODY + MORE], heard[HEAD + BODY];
    size_t head = 0, len, got;
    const char *body;
    int fd = dial(s);

    len = write_farewell(said, &body);
    SEND_BYTES(fd, said, len);
    got = read_to_end(fd, heard, sizeof(heard));
    leave(fd);
    if (is_a(TRAIT_FRAMES) && got > BODY)
        head = got - BODY;
    CHECK_BYTES(heard + head, got - head, body, BODY);
}

static void farewell(void)
{
    static const char *const http[] = {"--codec", "http", NULL};
    struct server *s = serve_over_cable(is_a(TRAIT_FRAMES) ? http : no_options);
    int clients = 0;

    hint("a close with unread bytes makes a reset, and it may overtake");
    for (; !have_met_faults(clients); clients += 12)
        for (int i = 0; i < 12; i++)
            say_farewell(s);
    server_stop(s, clients);
}

/* ---- the cable pulled ---- */

/* Who needs no cable: it talks to the server from the server's own end. */
static int dial_without_cable(struct server *s)
{
    int fd;

    go_to(SERVERS_END);
    fd = dial(s);
    go_to(CLIENTS_END);
    ROUND_TRIP(fd, "I need no cable\n");
    return fd;
}

/* Three seconds in which nothing arrives, try as one may. */
static void talk_into_the_void(struct talk *t)
{
    for (long long end = now_ms() + 3000; now_ms() < end; nap_ms(20)) {
        say(t, STUCK_LIMIT);
        if (t->got < due(t))
            hear(t, PIECE);
    }
    check_step("client %d: heard up to byte %zu meanwhile", t->fd, t->got);
    if (t->got == due(t))
        CHECK_FAIL("the cable has not been pulled: all %zu bytes came", t->got);
}

static void out_for_three_seconds(enum end end)
{
    struct talk t = {0};
    struct server *s;

    cable_lay(SOUND);
    s = cable_serve(no_options);
    t.fd = dial(s);
    say_until_stuck(s, &t);
    cable_pull(end);
    talk_into_the_void(&t);
    if (!serves_one_at_a_time())
        leave(dial_without_cable(s));
    hint("a connection lives as long as its ends want it");
    cable_plug(end);
    talk_to(&t, t.sent + MEGABYTE / 2, t.got + MEGABYTE / 2);
    end_talk(&t);
    server_stop(s, serves_one_at_a_time() ? 1 : 2);
}

static void cable_out_3_s(void)
{
    out_for_three_seconds(CLIENTS_END);
}

static void cable_out_3_s_server(void)
{
    out_for_three_seconds(SERVERS_END);
}

/* One client beside `other`, who is -1 in 01: there others come next. Gives
 * the footprint that one client makes. */
static struct footprint one_client(struct server *s, int *other, struct talk *t)
{
    struct footprint of_one;

    *other = -1;
    if (!serves_one_at_a_time()) {
        *other = dial_without_cable(s);
        WAIT_UNTIL(server_sleeps(s)); /* 02: the parent has closed its copy */
        of_one = server_footprint(s);
    }
    *t = (struct talk){.fd = dial(s)};
    talk_to(t, LINE, LINE);
    if (serves_one_at_a_time())
        of_one = server_footprint(s);
    return of_one;
}

/* He at the dead cable is given up in his two seconds, and `other` is served
 * all the while. Nobody has told the server anything. */
static void cut(bool owed)
{
    static const char *const two_seconds[] = {"-t", "2", NULL};
    struct footprint before;
    struct server *s;
    struct talk t;
    int other;

    cable_lay(SOUND);
    s = cable_serve(two_seconds);
    before = one_client(s, &other, &t);
    if (owed)
        say_until_stuck(s, &t);
    cable_pull(CLIENTS_END);
    hint("without a word from the other end only the server's own clock ends a "
         "connection");
    if (other == -1)
        other = dial_without_cable(s); /* it gets its turn */
    for (long long until = now_ms() + patience_ms();
         !server_has_footprint(s, before) ||
         process_log_count(s->process, ": closed") != 1;
         look_again(__FILE__, __LINE__, "the other one is given up", until))
        ROUND_TRIP(other, "still here\n");
    leave(other);
    leave(t.fd);
    server_stop(s, 2);
}

static void cable_cut_idle(void)
{
    cut(false);
}

static void cable_cut_owed(void)
{
    cut(true);
}

/* Its conversation cannot end any more. The server can. */
static void cable_cut_at_stop(void)
{
    static const char *const a_second[] = {"-g", "1", NULL};
    struct server *s;
    struct talk t;
    int other;

    cable_lay(SOUND);
    s = cable_serve(a_second);
    one_client(s, &other, &t);
    say_until_stuck(s, &t);
    cable_pull(CLIENTS_END);
    if (other != -1)
        leave(other);
    server_stop(s, other == -1 ? 1 : 2);
    leave(t.fd);
}

const struct check_case network_cases[] = {
    EACH("*-echo", "lossy delayed", echo, "network", 120),
    EACH("*-farewell", "lossy delayed", farewell, "network", 120),
    EACH("*-half-close", "lossy delayed", half_close_while_owed, "network",
         120),
    EACH("*-slow-reader", "lossy delayed", slow_reader, "network", 120),
    CASE(cable_out_3_s, "network", 120),
    CASE(cable_out_3_s_server, "network", 120),
    CASE(cable_cut_idle, "network", 120),
    CASE(cable_cut_owed, "network", 120),
    CASE(cable_cut_at_stop, "network", 120),
    {0},
};
