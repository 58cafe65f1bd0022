/* tests/conformance/kv_faults.c - many at once, no memory left, clients who
 * leave or do not, signals: one fault, and nobody else notices. */
#include "kv.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char not_found[] = "Not found: table t, key k";

/* ---- many at once ---- */

enum { HANDS = 8, ROUNDS = 400 };

/* A client in a thread. Steps and failures of check.h belong to the main
 * thread; it notes what was wrong. */
struct hand {
    pthread_t thread;
    int fd;
    int number;
    const char *wrong;
};

static bool raw_send(int fd, struct wire message)
{
    struct wire frame = framed(message);
    bool good =
        send(fd, frame.bytes, frame.len, MSG_NOSIGNAL) == (ssize_t)frame.len;

    free(frame.bytes);
    free(message.bytes);
    return good;
}

/* False at the end of input. The message is at most `size` long. */
static bool raw_receive(int fd, unsigned char *bytes, size_t size, size_t *len)
{
    unsigned char head[4];

    if (recv(fd, head, 4, MSG_WAITALL) != 4)
        return false;
    *len = (size_t)head[2] << 8 | head[3];
    return head[0] == 0 && head[1] == 0 && *len <= size &&
           recv(fd, bytes, *len, MSG_WAITALL) == (ssize_t)*len;
}

static bool raw_ask(int fd, struct wire request, struct wire want)
{
    unsigned char got[256];
    size_t len = 0;
    bool good = raw_send(fd, request) &&
                raw_receive(fd, got, sizeof(got), &len) && len == want.len &&
                memcmp(got, want.bytes, len) == 0;

    free(want.bytes);
    return good;
}

/* 200 and one string "N and again N": whoever wrote it wrote all of it. */
static bool is_whole(const unsigned char *bytes, size_t len)
{
    char text[64];
    int a, b;

    if (len == 5) /* nobody has set it yet */
        return memcmp(bytes, "\x08\xc8\1\x1a\0", 5) == 0;
    if (len < 8 || len - 7 >= sizeof(text) ||
        memcmp(bytes, "\x08\xc8\1\x1a", 4) != 0 || bytes[5] != 0x0a)
        return false;
    memcpy(text, bytes + 7, len - 7);
    text[len - 7] = '\0';
    return sscanf(text, "%d and again %d", &a, &b) == 2 && a == b;
}

static bool raw_ask_shared(int fd, struct wire request)
{
    unsigned char got[256];
    size_t len = 0;

    return raw_send(fd, request) && raw_receive(fd, got, sizeof(got), &len) &&
           is_whole(got, len);
}

static const char *one_round(const struct hand *h, int round)
{
    char own[32], text[64];
    int n = h->number * ROUNDS + round;

    snprintf(own, sizeof(own), "own %d %d", h->number, round % 10);
    snprintf(text, sizeof(text), "%d and again %d", n, n);
    if (!raw_ask(h->fd, hset("t", own, text), values(1, "")))
        return "hset";
    if (!raw_ask(h->fd, hget("t", own), values(1, text)))
        return "hget";
    if (!raw_ask_shared(h->fd, hset("t", "shared", text)))
        return "hset of the shared key";
    if (!raw_ask_shared(h->fd, hget("t", "shared")))
        return "hget of the shared key";
    if (!raw_ask(h->fd, hmexist("t", own, "no", "shared", NULL),
                 bools(3, 1, 0, 1)))
        return "hmexist";
    if (!raw_ask(h->fd, hdel("t", own), values(1, text)))
        return "hdel";
    return NULL;
}

static void *hammer(void *argument)
{
    struct hand *h = argument;

    for (int round = 0; round < ROUNDS && h->wrong == NULL; round++)
        h->wrong = one_round(h, round);
    return NULL;
}

static void start_hands(struct hand hands[HANDS], const struct server *s,
                        void *(*live)(void *))
{
    for (int i = 0; i < HANDS; i++) {
        hands[i] = (struct hand){.number = i, .fd = dial(s)};
        CHECK_EQ(pthread_create(&hands[i].thread, NULL, live, &hands[i]), 0);
    }
}

static void join_hands(struct hand hands[HANDS])
{
    for (int i = 0; i < HANDS; i++)
        CHECK_EQ(pthread_join(hands[i].thread, NULL), 0);
    for (int i = 0; i < HANDS; i++)
        if (hands[i].wrong != NULL)
            CHECK_FAIL("client %d: %s", i, hands[i].wrong);
}

static void hammered(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-q"}});
    struct hand hands[HANDS];
    int fd = dial(s);

    start_hands(hands, s, hammer);
    join_hands(hands);
    for (int i = 0; i < HANDS; i++)
        leave(hands[i].fd);
    send_frame(fd, hgetall("t"));
    CHECK_EQ(count_pairs(receive_frame(fd)), 1);
    leave(fd);
    server_stop(s, HANDS + 1);
}

static void max_clients(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-m", "2"}});
    int a = dial(s), b = dial(s), c = dial(s);

    ASK(a, hget("t", "k"), refusal(404, not_found));
    ASK(b, hset("t", "k", "v"), values(1, ""));
    send_frame(c, hget("t", "k"));
    ASK(a, hget("t", "k"), values(1, "v"));
    EXPECT_SILENCE(c);
    leave(a);
    EXPECT_TEXT(c, "\0\0\0\x08\x08\xc8\1\x1a\3\x0a\1v");
    leave(b);
    leave(c);
    server_stop(s, 3);
}

enum { CROWD = 40 };

static void crowd_in_turn(struct server *s)
{
    int fds[CROWD];

    for (int i = 0; i < CROWD; i++) {
        fds[i] = dial(s);
        send_frame(fds[i], hget("t", "k"));
    }
    for (int i = 0; i < CROWD; i++) {
        CHECK_EQ(status_of(receive_frame(fds[i])), 404);
        leave(fds[i]);
    }
    server_stop(s, CROWD);
}

static void out_of_descriptors(void)
{
    crowd_in_turn(server_start((struct server_spec){.descriptors = 16}));
}

/* With these rules of INJECT; what comes of them stands in "injected". */
static struct server *start_injected(const char *rules)
{
    char preload[512], inject[512];

    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", need_preload());
    snprintf(inject, sizeof(inject), "INJECT=%s; log=%s", rules,
             harness_path("injected"));
    return server_start(
        (struct server_spec){.args = {"-q"}, .env = {preload, inject}});
}

/* The owner's own thread is the first. */
static void no_thread(void)
{
    crowd_in_turn(start_injected("thread=EAGAIN@3-5"));
}

/* ---- no memory left ---- */

enum { VALUE_LEN = 10000 };

/* Sets "0", "1", ... until it is refused; returns how many went in. */
static int fill(int fd, struct wire value)
{
    struct wire full = refusal(500, "Memory is full"), answer;
    char key[16];
    int i = -1;

    do {
        snprintf(key, sizeof(key), "%d", ++i);
        send_frame(fd, hset_value("t", key, value));
        answer = receive_frame(fd);
    } while (status_of(answer) == 200);
    CHECK_BYTES(answer.bytes, answer.len, full.bytes, full.len);
    return i;
}

static struct wire block(char c)
{
    char bytes[VALUE_LEN];

    memset(bytes, c, sizeof(bytes));
    return value_of_binary(bytes, sizeof(bytes));
}

static void memory_full(void)
{
    struct server *s =
        server_start((struct server_spec){.args = {"--max-memory", "200000"}});
    int fd = dial(s), other = dial(s), count;
    char key[16];

    count = fill(fd, block('a'));
    CHECK(count >= 18 && count < 20);
    check_step("nothing that was stored is lost, and it can be used");
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof(key), "%d", i);
        ASK(other, hget("t", key), one_value(block('a')));
    }
    ASK(other, hset_value("t", "0", block('b')), one_value(block('a')));
    ASK(other, hget("t", "0"), one_value(block('b')));
    check_step("a longer value is refused and the old one stays");
    ASK(other, hset_value("t", "0", value_of_binary(calloc(1, 30000), 30000)),
        refusal(500, "Memory is full"));
    ASK(other, hget("t", "0"), one_value(block('b')));
    check_step("room for one, for it has been given up");
    ASK(fd, hdel("t", "1"), one_value(block('a')));
    ASK(fd, hset_value("t", "new", block('c')), values(1, ""));
    ASK(fd, hset_value("t", "newer", block('c')),
        refusal(500, "Memory is full"));
    ASK(fd, hget("t", "new"), one_value(block('c')));
    ASK(fd, hget("t", "newer"), refusal(404, "Not found: table t, key newer"));
    leave(fd);
    leave(other);
    server_stop(s, 2);
}

/* Of a command with many pairs those before the refusal are done. */
static void memory_full_half_way(void)
{
    static char bytes[VALUE_LEN + 1];
    int fd = dial_alone(
        server_start((struct server_spec){.args = {"--max-memory", "30000"}}));

    memset(bytes, 'x', VALUE_LEN);
    ASK(fd, hmset("t", "a", bytes, "b", bytes, "c", bytes, "d", "", NULL),
        refusal(500, "Memory is full: done for the first 2"));
    ASK(fd, hmexist("t", "a", "b", "c", "d", NULL), bools(4, 1, 1, 0, 0));
    ASK(fd, hmdel("t", "a", "b", NULL), values(2, bytes, bytes));
    ASK(fd, hset("t", "c", bytes), values(1, ""));
    part(fd);
}

/* The process stays near what it was told: small pairs are counted with what
 * holds them together. */
static void process_stays_in_bounds(void)
{
    struct server *s = server_start((struct server_spec){
        .args = {"--max-memory", "16777216"}, .env = {"MALLOC_ARENA_MAX=1"}});
    int fd = dial(s), count;
    long before;

    if (is_instrumented())
        check_skip("memory is not comparable under a sanitizer");
    ASK(fd, hget("t", "k"), refusal(404, not_found));
    before = proc_rss_kib(s->pid);
    count = fill(fd, value_of_bool(true));
    check_step("%d pairs, %ld KiB", count, proc_rss_kib(s->pid) - before);
    CHECK(count > 50000);
    CHECK(proc_rss_kib(s->pid) - before < 17 * KILOBYTE);
    leave(fd);
    server_stop(s, 1);
}

/* Every so many allocations fail: an answer is 200, or 500 (not 404), or the
 * connection ends. Returns how long the 200 is. */
static size_t ask_though_memory_fails(struct server *s, int *fd, bool is_set,
                                      const char *key, unsigned char got[64])
{
    for (int tries = 0; tries < 1000; tries++) {
        struct wire request = is_set ? hset("t", key, key) : hget("t", key);
        size_t len;

        if (raw_send(*fd, request) && raw_receive(*fd, got, 64, &len)) {
            if (memcmp(got, "\x08\xc8\1", 3) == 0)
                return len;
            CHECK(memcmp(got, "\x08\xf4\3", 3) == 0);
        } else {
            close(*fd);
            *fd = dial(s);
        }
    }
    CHECK_FAIL("key %s: refused for ever", key);
}

/* What was answered with 200 is there. */
static void allocations_fail(void)
{
    unsigned char got[64];
    struct server *s;
    char key[16];
    int fd;

    if (is_instrumented())
        check_skip("a sanitizer does not outlive what it cannot allocate");
    s = start_injected("malloc=ENOMEM%11");
    fd = dial(s);
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof(key), "%d", i);
        (void)ask_though_memory_fails(s, &fd, true, key, got);
    }
    for (int i = 0; i < 300; i++) {
        struct wire want;
        size_t len;

        snprintf(key, sizeof(key), "%d", i);
        len = ask_though_memory_fails(s, &fd, false, key, got);
        want = values(1, key);
        CHECK_BYTES((char *)got, len, want.bytes, want.len);
    }
    CHECK(access(harness_path("injected"), F_OK) == 0); /* it did happen */
    leave(fd);
    server_stop(s, SERVED_ANY);
}

static void short_reads_and_writes(void)
{
    int fd = dial_alone(start_injected("read=short%2; write=short%3"));

    for (int i = 0; i < 200; i++) {
        ASK(fd, hset_value("t", "k", value_of_integer(i)),
            i == 0 ? values(1, "") : one_value(value_of_integer(i - 1)));
        ASK(fd, hget("t", "k"), one_value(value_of_integer(i)));
    }
    part(fd);
}

/* ---- not leaving ---- */

static void silent_client(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-t", "1"}});
    int fd = dial(s);

    EXPECT_CLOSED(fd);
    leave(fd);
    fd = dial(s);
    ASK(fd, hget("t", "k"), refusal(404, not_found));
    EXPECT_CLOSED(fd);
    leave(fd);
    CHECK_EQ(process_log_count(s->process, "its time was up"), 2);
    server_stop(s, 2);
}

static bool has_hung_up(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);

    return n == 0 || (n == -1 && errno != EAGAIN);
}

/* A frame that has begun must be whole in time, however busily it comes. */
static void byte_now_and_then(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-t", "1"}});
    int fd = dial(s), other = dial(s);
    long long end = now_ms() + patience_ms();

    SEND_TEXT(fd, "\0\0\xff\xff");
    while (!has_hung_up(fd)) {
        CHECK(now_ms() < end);
        (void)send(fd, "x", 1, MSG_NOSIGNAL);
        ASK(other, hget("t", "k"), refusal(404, not_found));
        nap_ms(50);
    }
    leave(fd);
    leave(other);
    server_stop(s, 2);
}

/* Each piece ends one frame and begins the next: there is always one that has
 * begun, and each is in time. */
static void never_at_rest(void)
{
    struct wire frame = framed(hget("t", "k"));
    long long end = now_ms() + 5000;
    int fd =
        dial_alone(server_start((struct server_spec){.args = {"-t", "2"}}));

    SEND_BYTES(fd, frame.bytes, 5);
    while (now_ms() < end) {
        struct wire piece = {0};

        wire_add(&piece, frame.bytes + 5, frame.len - 5);
        wire_add(&piece, frame.bytes, 5);
        SEND_BYTES(fd, piece.bytes, piece.len);
        CHECK_EQ(status_of(receive_frame(fd)), 404);
        nap_ms(100);
    }
    SEND_BYTES(fd, frame.bytes + 5, frame.len - 5);
    CHECK_EQ(status_of(receive_frame(fd)), 404);
    EXPECT_CLOSED(fd);
    part(fd);
}

/* What was left of the time for a frame is no limit for what comes after: 2.5
 * of the 6 seconds. Each of our naps may take as much longer. */
static void slow_frame_then_silence(void)
{
    struct server *s =
        server_start((struct server_spec){.args = {"-v", "-t", "6"}});
    struct wire frame = framed(hget("t", "k"));
    int fd = dial_alone(s);

    SEND_BYTES(fd, frame.bytes, 5);
    WAIT_UNTIL(process_log_count(s->process, ": read ") == 1);
    nap_ms(3500);
    SEND_BYTES(fd, frame.bytes + 5, 1);
    WAIT_UNTIL(process_log_count(s->process, ": read ") == 2);
    SEND_BYTES(fd, frame.bytes + 6, frame.len - 6);
    CHECK_EQ(status_of(receive_frame(fd)), 404);
    nap_ms(3000);
    ASK(fd, hget("t", "k"), refusal(404, not_found));
    part(fd);
}

static void store_a_megabyte(int fd)
{
    struct wire value = value_of_binary(calloc(1, MEGABYTE), MEGABYTE);
    struct wire set = framed(hset_value("t", "k", value));
    char answer[9];

    exchange(fd, set.bytes, set.len, answer, 9);
}

/* Asks for a megabyte a hundred times and takes nothing. */
static void takes_nothing(void)
{
    struct server *s = server_start((struct server_spec){
        .args = {"-t", "1"}, .env = {"MALLOC_ARENA_MAX=1"}});
    struct wire asks = repeated(framed(hget("t", "k")), 100);
    int fd = dial_small(s, 4096), other = dial(s);

    store_a_megabyte(other);
    SEND_BYTES(fd, asks.bytes, asks.len);
    WAIT_UNTIL(process_log_count(s->process, "its time was up") > 0 ||
               (ASK(other, hexist("t", "k"), bools(1, 1)), false));
    if (!is_instrumented())
        CHECK(proc_rss_kib(s->pid) < 16 * KILOBYTE);
    leave(fd);
    leave(other);
    server_stop(s, 2);
}

/* ---- leaving ---- */

static void gone_in_the_middle(void)
{
    struct server *s = server_start((struct server_spec){0});
    struct wire set = framed(hset("t", "k", "v"));
    struct footprint before;
    int other = dial(s);

    ASK(other, hget("t", "k"), refusal(404, not_found));
    before = server_footprint(s);
    for (size_t cut = 0; cut < set.len; cut++) {
        int fd = dial(s);

        SEND_BYTES(fd, set.bytes, cut);
        reset_connection(fd);
        ASK(other, hget("t", "k"), refusal(404, not_found));
    }
    WAIT_UNTIL(server_has_footprint(s, before));
    leave(other);
    server_stop(s, SERVED_ANY);
}

/* A reset while megabytes are owed: ECONNRESET; or EPIPE where the client had
 * half-closed before, which without care is a SIGPIPE and the end. */
static void gone_before_the_answers(void)
{
    struct server *s = server_start((struct server_spec){0});
    struct wire asks = repeated(framed(hget("t", "k")), 20);
    int other = dial(s);

    store_a_megabyte(other);
    for (int i = 0; i < 10; i++) {
        int fd = dial_small(s, 4096);

        SEND_BYTES(fd, asks.bytes, asks.len);
        ASK(other, hexist("t", "k"), bools(1, 1));
        if (i % 2 == 1)
            half_close(fd);
        reset_connection(fd);
    }
    WAIT_UNTIL(process_log_count(s->process, ": closed") == 10);
    server_expect_alive(s);
    ASK(other, hexist("t", "k"), bools(1, 1));
    leave(other);
    server_stop(s, 11);
}

/* A thread that is neither detached nor joined keeps its stack. */
static void two_hundred_leave_nothing(void)
{
    struct server *s =
        server_start((struct server_spec){.env = {"MALLOC_ARENA_MAX=1"}});
    long before = 0, growth;

    for (int i = 1; i <= 200; i++) {
        int fd = dial(s);

        ASK(fd, hget("t", "k"), refusal(404, not_found));
        leave(fd);
        WAIT_UNTIL(process_log_count(s->process, ": closed") == i);
        if (i == 20) /* what is kept for reuse is kept by now */
            before = proc_vm_kib(s->pid);
    }
    growth = proc_vm_kib(s->pid) - before;
    if (growth > 4096 && !is_instrumented())
        CHECK_FAIL("180 clients have left %ld KiB of addresses", growth);
    server_stop(s, 200);
}

static void connects_and_leaves(void)
{
    struct server *s = server_start((struct server_spec){0});
    int fd;

    for (int i = 0; i < 500; i++)
        leave(dial(s));
    fd = dial(s);
    ASK(fd, hget("t", "k"), refusal(404, not_found));
    leave(fd);
    server_stop(s, 501);
}

/* ---- stopping ---- */

/* Who is in the middle of something may end it; nobody new comes in. */
static void stop_lets_finish(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-g", "60"}});
    struct wire set = framed(hset("t", "k", "v"));
    int fd = dial(s), half = dial(s);

    ASK(fd, hset("t", "k", "old"), values(1, ""));
    SEND_BYTES(half, set.bytes, 9);
    ASK(fd, hget("t", "k"), values(1, "old"));
    WAIT_UNTIL(process_log_count(s->process, ": connected") == 2);
    process_signal(s->process, SIGTERM);
    WAIT_UNTIL(!server_is_listening(s));
    expect_refused(s);
    ASK(fd, hget("t", "k"), values(1, "old"));
    SEND_BYTES(half, set.bytes + 9, set.len - 9);
    EXPECT_TEXT(half, "\0\0\0\x0a\x08\xc8\1\x1a\5\x0a\3old");
    leave(half);
    ASK(fd, hget("t", "k"), values(1, "v"));
    leave(fd);
    server_expect_stopped(s, 2);
}

static void stop_after_the_grace(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-g", "1"}});
    int fd = dial(s), idle = dial(s);

    ASK(fd, hset("t", "k", "v"), values(1, ""));
    ASK(idle, hget("t", "k"), values(1, "v"));
    process_signal(s->process, SIGINT);
    server_expect_stopped(s, 2);
    EXPECT_CLOSED(idle);
    EXPECT_CLOSED(fd);
}

static void stop_at_once(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-g", "60"}});
    int fd = dial(s);

    ASK(fd, hset("t", "k", "v"), values(1, ""));
    process_signal(s->process, SIGTERM);
    WAIT_UNTIL(!server_is_listening(s));
    process_signal(s->process, SIGTERM);
    server_expect_stopped(s, 1);
}

static void *ask_until_the_end(void *argument)
{
    struct hand *h = argument;
    unsigned char got[256];
    size_t len;

    while (raw_send(h->fd, hset("t", "shared", "1 and again 1")) &&
           raw_receive(h->fd, got, sizeof(got), &len))
        if (!is_whole(got, len))
            h->wrong = "an answer";
    return NULL;
}

/* The grace ends while every thread is at work in the store. */
static void stop_in_full_traffic(void)
{
    struct server *s =
        server_start((struct server_spec){.args = {"-q", "-g", "0"}});
    struct hand hands[HANDS];
    int fd = dial(s);

    start_hands(hands, s, ask_until_the_end);
    for (int i = 0; i < 50; i++)
        ASK(fd, hexist("t", "k"), bools(1, 0));
    process_signal(s->process, SIGTERM);
    server_expect_stopped(s, SERVED_ANY);
    join_hands(hands);
}

const struct check_case kv_fault_cases[] = {
    CASE(hammered, "fault", 60),
    CASE(max_clients, "limits"),
    CASE(out_of_descriptors, "fault"),
    CASE(no_thread, "fault"),
    CASE(memory_full, "limits"),
    CASE(memory_full_half_way, "limits"),
    CASE(process_stays_in_bounds, "limits", 60),
    CASE(allocations_fail, "fault", 60),
    CASE(short_reads_and_writes, "fault"),
    CASE(silent_client, "limits"),
    CASE(byte_now_and_then, "limits"),
    CASE(never_at_rest, "limits", 40),
    CASE(slow_frame_then_silence, "limits"),
    CASE(takes_nothing, "fault"),
    CASE(gone_in_the_middle, "fault"),
    CASE(gone_before_the_answers, "fault"),
    CASE(connects_and_leaves, "fault"),
    CASE(two_hundred_leave_nothing, "fault"),
    CASE(stop_lets_finish, "stop"),
    CASE(stop_after_the_grace, "stop"),
    CASE(stop_at_once, "stop"),
    CASE(stop_in_full_traffic, "stop"),
    {0},
};
