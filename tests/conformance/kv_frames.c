/* tests/conformance/kv_frames.c - commands as they come over a stream: in
 * pieces, in crowds, too long, cut short. */
#include "kv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char not_found[] = "Not found: table t, key k";

static struct wire of_zeros(size_t len)
{
    struct wire w = {calloc(1, len), len, len};

    CHECK(w.bytes != NULL);
    return w;
}

/* Sends and receives at the same time, as it must be with megabytes. */
static struct wire ask_large(int fd, struct wire request, size_t answer_len)
{
    struct wire frame = framed(request), answer = of_zeros(answer_len + 4);

    exchange(fd, frame.bytes, frame.len, answer.bytes, answer.len);
    free(frame.bytes);
    answer.bytes += 4;
    answer.len -= 4;
    return answer;
}

/* ---- where the segments split ---- */

static void byte_at_a_time(void)
{
    struct wire set = framed(hset("t", "k", "v")), get = framed(hget("t", "k"));
    int fd = dial_alone(server_start((struct server_spec){0}));

    wire_add(&set, get.bytes, get.len);
    for (size_t i = 0; i < set.len; i++)
        SEND_BYTES(fd, set.bytes + i, 1);
    CHECK_EQ(status_of(receive_frame(fd)), 200);
    ASK(fd, hget("t", "k"), values(1, "v")); /* the answer to the first get */
    CHECK_EQ(status_of(receive_frame(fd)), 200);
    part(fd);
}

/* In two pieces, cut at every byte; the first is known to have been read. */
static void cut_at_every_byte(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-v"}});
    struct wire set = framed(hset("table", "key", "value"));
    int fd = dial_alone(s);

    ASK(fd, hset("table", "key", "value"), values(1, ""));
    for (size_t cut = 1; cut < set.len; cut++) {
        int reads = process_log_count(s->process, ": read ");

        check_step("cut at %zu", cut);
        SEND_BYTES(fd, set.bytes, cut);
        WAIT_UNTIL(process_log_count(s->process, ": read ") > reads);
        SEND_BYTES(fd, set.bytes + cut, set.len - cut);
        CHECK_EQ(status_of(receive_frame(fd)), 200);
    }
    ASK(fd, hget("table", "key"), values(1, "value"));
    part(fd);
}

/* Ten thousand commands before an answer is read, answered in order. */
static void pipelined(void)
{
    enum { MANY = 10000 };
    struct wire out = {0}, want = {0};
    char *got, key[16], text[16];
    int fd = dial_alone(server_start((struct server_spec){0}));

    for (int i = 0; i < MANY; i++) {
        struct wire ask, answer;

        snprintf(key, sizeof(key), "%d", i % 7);
        snprintf(text, sizeof(text), "%d", i - 7);
        ask = framed(hset_value("t", key, value_of_integer(i)));
        answer =
            framed(i < 7 ? values(1, "") : one_value(value_of_integer(i - 7)));
        wire_add(&out, ask.bytes, ask.len);
        wire_add(&want, answer.bytes, answer.len);
    }
    got = malloc(want.len);
    CHECK(got != NULL);
    exchange(fd, out.bytes, out.len, got, want.len);
    CHECK_BYTES(got, want.len, want.bytes, want.len);
    part(fd);
}

/* What came in one read is answered in one write. */
static void one_write_for_one_read(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-v"}});
    struct wire out = repeated(framed(hset("t", "k", "v")), 100);
    int fd = dial_alone(s);

    SEND_BYTES(fd, out.bytes, out.len);
    for (int i = 0; i < 100; i++)
        CHECK_EQ(status_of(receive_frame(fd)), 200);
    CHECK_EQ(process_log_count(s->process, ": write "),
             process_log_count(s->process, ": read "));
    part(fd);
}

static void case_half_close(void)
{
    struct wire out = repeated(framed(hset("t", "k", "v")), 1000);
    int fd = dial_alone(server_start((struct server_spec){0}));

    SEND_BYTES(fd, out.bytes, out.len);
    half_close(fd);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(status_of(receive_frame(fd)), 200);
    EXPECT_EOF(fd);
    part(fd);
}

/* ---- long ones ---- */

/* The longest value whose request is a frame: it can be had back as well. */
static void longest_value(void)
{
    struct server *s = server_start((struct server_spec){0});
    /* Its names, types and lengths take the rest, which a value of about this
     * length tells. */
    struct wire bytes = of_zeros(MAX_FRAME), request, got;
    size_t len = MAX_FRAME - 64;
    int fd = dial(s), other = dial(s);

    fill_pattern(bytes.bytes, bytes.len, 0);
    len +=
        MAX_FRAME - hset_value("t", "k", value_of_binary(bytes.bytes, len)).len;
    request = hset_value("t", "k", value_of_binary(bytes.bytes, len));
    CHECK_EQ(request.len, MAX_FRAME);
    got = ask_large(fd, request, 5);
    CHECK_BYTES(got.bytes, got.len, "\x08\xc8\1\x1a\0", 5);
    request = one_value(value_of_binary(bytes.bytes, len));
    got = ask_large(fd, hget("t", "k"), request.len);
    CHECK_BYTES(got.bytes, got.len, request.bytes, request.len);

    check_step("what would be longer than a frame is refused");
    ASK(fd, hmget("t", "k", "k", NULL),
        refusal(500, "The answer is too long: done for the first 2"));
    ASK(fd, hset("t", "l", "v"), values(1, ""));
    ASK(fd, hexist("t", "l"), bools(1, 1));
    ASK(other, hset_value("t", "m", value_of_integer(1)), values(1, ""));
    leave(fd);
    leave(other);
    server_stop(s, 2);
}

static void table_longer_than_a_frame(void)
{
    struct wire bytes = of_zeros(3 * MEGABYTE);
    const char *keys[] = {"a", "b", "c"};
    int fd = dial_alone(server_start((struct server_spec){0}));

    for (int i = 0; i < 3; i++)
        (void)ask_large(
            fd,
            hset_value("t", keys[i], value_of_binary(bytes.bytes, bytes.len)),
            5);
    ASK(fd, hgetall("t"), refusal(500, "The answer is too long"));
    (void)ask_large(fd, hdel("t", "b"), 3 + 5 + 5 + bytes.len);
    send_frame(fd, hgetall("t"));
    CHECK_EQ(count_pairs(receive_frame(fd)), 2);
    part(fd);
}

/* Names as long as a message may be do not fit into "Not found". */
static void longest_name(void)
{
    struct wire name = of_zeros(MAX_FRAME - 15), request, got;
    int fd = dial_alone(server_start((struct server_spec){0}));

    memset(name.bytes, 'n', name.len);
    name.bytes[name.len - 1] = '\0';
    request = hget("t", name.bytes);
    CHECK(request.len <= MAX_FRAME && request.len + 20 > MAX_FRAME);
    got = ask_large(fd, request, 3 + 2 + 9);
    CHECK(says(got, "Not found"));
    CHECK_EQ(status_of(got), 404);
    ASK(fd, hget("t", "k"), refusal(404, not_found));
    part(fd);
}

/* ---- bad ones ---- */

/* What is owed arrives, then the end; nobody else notices. */
static void frame_too_long(void)
{
    static const struct {
        const char *head;
        size_t len;
    } heads[] = {
        {"\0\x80\0\1", 4}, /* 8 MiB and 1 */
        {"\xff\xff\xff\xff", 4},
        {"GET / HTTP/1.1\r\n\r\n", 18},
        {"\x80\0\0\0 and more of it that nobody reads", 38},
    };
    struct server *s = server_start((struct server_spec){0});
    int other = dial(s);

    ASK(other, hset("t", "k", "v"), values(1, ""));
    for (size_t i = 0; i < CHECK_COUNT(heads); i++) {
        int fd = dial(s);
        struct wire out = framed(hget("t", "k"));

        check_step("head %zu", i);
        wire_add(&out, heads[i].head, heads[i].len);
        SEND_BYTES(fd, out.bytes, out.len);
        EXPECT_TEXT(fd, "\0\0\0\x08\x08\xc8\1\x1a\3\x0a\1v");
        EXPECT_EOF(fd);
        ASK(other, hget("t", "k"), values(1, "v"));
        leave(fd);
    }
    CHECK_EQ(process_log_count(s->process, "too big"), 4);
    leave(other);
    server_stop(s, 5);
}

/* Closing a socket with unread bytes in it sends a reset, which can destroy
 * the answer on its way: the server drops what still comes first. */
static void frame_too_long_and_all_of_it(void)
{
    struct wire out = framed(hget("t", "k")), rest = of_zeros(MEGABYTE);
    struct wire want = framed(refusal(404, not_found));
    int fd = dial_alone(server_start((struct server_spec){0}));

    wire_add(&out, "\x7f\xff\xff\xff", 4);
    wire_add(&out, rest.bytes, rest.len);
    SEND_BYTES(fd, out.bytes, out.len);
    EXPECT_BYTES(fd, want.bytes, want.len);
    EXPECT_EOF(fd);
    part(fd);
}

static void cut_short_at_every_byte(void)
{
    struct server *s = server_start((struct server_spec){0});
    struct wire set = framed(hset("t", "k", "v"));
    int other = dial(s);

    for (size_t cut = 0; cut <= set.len; cut++) {
        int fd = dial(s);

        check_step("the first %zu of %zu bytes", cut, set.len);
        SEND_BYTES(fd, set.bytes, cut);
        half_close(fd);
        if (cut == set.len)
            EXPECT_TEXT(fd, "\0\0\0\5\x08\xc8\1\x1a\0");
        EXPECT_EOF(fd);
        leave(fd);
        if (cut < set.len)
            ASK(other, hexist("t", "k"), bools(1, 0));
    }
    ASK(other, hget("t", "k"), values(1, "v"));
    CHECK_EQ(process_log_count(s->process, "truncated frame"),
             (int)set.len - 1);
    leave(other);
    server_stop(s, SERVED_ANY);
}

/* Memory grows with what has come, not with what is said to come. */
static void claims_cost_nothing(void)
{
    enum { CLIENTS = 100 };
    struct server *s =
        server_start((struct server_spec){.env = {"MALLOC_ARENA_MAX=1"}});
    static const char claim[104] = "\0\x80\0\0";
    int fds[CLIENTS], other = dial(s);
    long before;

    if (is_instrumented())
        check_skip("memory is not comparable under a sanitizer");
    ASK(other, hset("t", "k", "v"), values(1, ""));
    before = proc_rss_kib(s->pid);
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(s);
        SEND_BYTES(fds[i], claim, sizeof(claim));
    }
    WAIT_UNTIL(proc_threads(s->pid) >= CLIENTS + 2);
    ASK(other, hget("t", "k"), values(1, "v"));
    CHECK(proc_rss_kib(s->pid) - before < CLIENTS * 64);
    for (int i = 0; i < CLIENTS; i++)
        leave(fds[i]);
    leave(other);
    server_stop(s, CLIENTS + 1);
}

static void other_addresses(void)
{
    static const enum transport transports[] = {ON_UNIX, ON_TCP6};

    for (int i = 0; i < 2; i++) {
        int fd;

        if (transports[i] == ON_TCP6)
            need_ipv6();
        server_transport = transports[i];
        fd = dial_alone(server_start((struct server_spec){0}));
        ASK(fd, hget("t", "k"), refusal(404, not_found));
        part(fd);
    }
}

/* ---- the command line ---- */

/* Runs it with these words; `word` must be in what it says. */
static void expect_run(const char *a, const char *b, int status,
                       const char *word)
{
    struct run r = run_program(
        (struct process_spec){.path = server_path, .args = {a, b}}, NULL, 0);

    check_step("kv-server %s %s", a, b != NULL ? b : "");
    CHECK_EQ(r.status, status << 8);
    CHECK(strstr(status == 0 ? r.out : r.err, word) != NULL);
    if (status == 2)
        CHECK(strstr(r.err, "--help") != NULL);
    CHECK_EQ(status == 0 ? r.err_len : r.out_len, 0);
    run_free(&r);
}

static void case_options(void)
{
    static const struct {
        const char *a, *b;
        int status;
        const char *word;
    } table[] = {
        {"--help", NULL, 0, "9527"},
        {"--help", NULL, 0, "--store"},
        {"--help", NULL, 0, "--shards"},
        {"--help", NULL, 0, "--max-memory"},
        {"-V", NULL, 0, "Seven Servers "},
        {"--store", "locks", 2, "locks"},
        {"--shards", "0", 2, "'0'"},
        {"--shards", "4097", 2, "4097"},
        {"--shards", "x", 2, "'x'"},
        {"--max-memory", "0", 2, "'0'"},
        {"--max-memory", "-1", 2, "-1"},
        {"--max-memory", "1k", 2, "1k"},
        {"--max-memory", "99999999999999999999", 2, "9999"},
        {"--service", "echo", 2, "echo"},
        {"--no-such", NULL, 2, "no-such"},
        {"word", NULL, 2, "word"},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++)
        expect_run(table[i].a, table[i].b, table[i].status, table[i].word);
}

static void case_announces(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-q"}});
    int fd = dial(s);

    CHECK(strncmp(s->announced, "listening on 127.0.0.1:", 23) == 0);
    ASK(fd, hget("t", "k"), refusal(404, not_found));
    leave(fd);
    server_stop(s, 1);
    CHECK_EQ(process_log_count(s->process, "\n"), 1); /* quiet */
}

static void port_in_use(void)
{
    struct server *s = server_start((struct server_spec){0});
    char port[16];

    snprintf(port, sizeof(port), "%d", s->port);
    expect_run("-p", port, 1, "EADDRINUSE");
    server_stop(s, 0);
}

const struct check_case kv_frame_cases[] = {
    CASE(byte_at_a_time, "frames"),
    CASE(cut_at_every_byte, "frames"),
    CASE(pipelined, "frames"),
    CASE(one_write_for_one_read, "frames"),
    CASE(case_half_close, "frames"),
    CASE(longest_value, "frames", 60),
    CASE(table_longer_than_a_frame, "frames"),
    CASE(longest_name, "frames"),
    CASE(frame_too_long, "frames"),
    CASE(frame_too_long_and_all_of_it, "frames"),
    CASE(cut_short_at_every_byte, "frames"),
    CASE(claims_cost_nothing, "frames"),
    CASE(other_addresses, "start"),
    CASE(case_options, "options"),
    CASE(case_announces, "start"),
    CASE(port_in_use, "start"),
    {0},
};
