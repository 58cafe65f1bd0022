/* tests/conformance/framed_codecs.c - each codec and each service, to the
 * byte; where frames are cut; and frames that are none. */
#include "framed.h"

#include <ctype.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is(const char *codec, const char *name)
{
    return strcmp(codec, name) == 0;
}

/* ---- codec by service ---- */

/* Every byte that this codec can carry. */
static size_t every_byte(const char *codec, char bytes[256])
{
    size_t len = 0;

    for (int i = 0; i < 256; i++)
        if (!is(codec, "line") || (i != '\n' && i != '\r'))
            bytes[len++] = (char)i;
    return len;
}

static size_t answer_to(const char *service, char *bytes, size_t len)
{
    static const char goodbye[] = "goodbye world!";

    if (is(service, "goodbye")) {
        memcpy(bytes, goodbye, sizeof(goodbye) - 1);
        return sizeof(goodbye) - 1;
    }
    for (size_t i = 0; is(service, "upper") && i < len; i++)
        if (bytes[i] >= 'a' && bytes[i] <= 'z')
            bytes[i] = (char)(bytes[i] - 32);
    return len;
}

static void converse(const char *codec, const char *service)
{
    static const char *const words[] = {"hello world", "", "a",
                                        "\xc3\xa4 \xff"};
    struct server *s = serve(codec, service);
    struct bytes out = {0}, in = {0};
    char bytes[256];
    size_t len;

    if (is(codec, "http"))
        service = "echo"; /* POST /echo, whatever the service */
    for (size_t i = 0; i < CHECK_COUNT(words); i++) {
        len = strlen(words[i]);
        memcpy(bytes, words[i], len);
        add_frame(&out, codec, bytes, len);
        len = answer_to(service, bytes, len);
        add_echo(&in, codec, bytes, len);
    }
    len = every_byte(codec, bytes);
    add_frame(&out, codec, bytes, len);
    len = answer_to(service, bytes, len);
    add_echo(&in, codec, bytes, len);
    say_all(s, &out, &in);
    server_stop(s, 1);
    server_forget(s);
}

static void each_codec_each_service(void)
{
    static const char *const services[] = {"goodbye", "echo", "upper"};

    for (int i = 0; codec_names[i] != NULL; i++)
        for (size_t k = 0; k < CHECK_COUNT(services); k++)
            converse(codec_names[i], services[k]);
}

/* As the tokio document has it: 4 bytes of length, and goodbye. */
static void without_options(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    SEND_BYTES(fd, "\0\0\0\x0bhello world", 15);
    EXPECT_BYTES(fd, "\0\0\0\x0egoodbye world!", 18);
    half_close(fd);
    EXPECT_EOF(fd);
    part(fd);
}

/* "\r\n" ends a line as well, and what comes back ends in "\n". */
static void lines_of_telnet(void)
{
    int fd = dial_alone(serve("line", "echo"));

    SEND_TEXT(fd, "one\r\n\r\ntwo\rtwo\r\r\n");
    EXPECT_TEXT(fd, "one\n\ntwo\rtwo\r\n");
    part(fd);
}

/* ---- many in a read, a frame in many reads ---- */

static void pipelined_10000(void)
{
    hint("all frames of a read are to be answered, in order");
    for (int i = 0; codec_names[i] != NULL; i++) {
        const char *codec = codec_names[i];
        struct server *s = serve(codec, "echo");
        struct bytes out = {0}, in = {0};

        add_messages(&out, codec, 10000);
        add_message_echoes(&in, codec, 10000);
        say_all(s, &out, &in);
        server_stop(s, 1);
        server_forget(s);
    }
}

/* All of them wait when the server looks: one read, or two. Each write has a
 * line in its log. */
static void one_write_for_a_read(void)
{
    enum { FRAMES = 1500 };
    struct server *s =
        serve_with("length", "echo", (const char *[]){"-v", NULL});
    struct bytes out = {0};
    int fd = dial(s);
    int writes;

    add_messages(&out, "length", FRAMES);
    process_signal(s->process, SIGSTOP);
    SEND_BYTES(fd, out.at, out.len);
    process_signal(s->process, SIGCONT);
    EXPECT_BYTES(fd, out.at, out.len);
    leave(fd);
    server_stop(s, 1);
    writes = process_log_count(s->process, ": write ");
    check_step("%d frames, %d writes", FRAMES, writes);
    hint("a write for every frame costs more than all the rest");
    CHECK(writes > 0 && writes <= FRAMES / 50);
}

static int dial_without_delay(const struct server *s)
{
    int fd = dial(s), on = 1;

    if (server_transport != ON_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

/* The server sleeps: it has taken all that was sent. */
static void wait_until_taken(const struct server *s)
{
    WAIT_UNTIL(proc_state(s->pid) == 'S');
}

static void case_byte_by_byte(void)
{
    for (int i = 0; codec_names[i] != NULL; i++) {
        const char *codec = codec_names[i];
        struct server *s = serve(codec, "echo");
        struct bytes out = {0}, in = {0};
        int fd = dial_without_delay(s);

        add_messages(&out, codec, 3);
        add_message_echoes(&in, codec, 3);
        for (size_t at = 0; at < out.len; at++) {
            SEND_BYTES(fd, out.at + at, 1);
            wait_until_taken(s);
        }
        EXPECT_BYTES(fd, in.at, in.len);
        half_close(fd);
        EXPECT_EOF(fd);
        leave(fd);
        server_stop(s, 1);
        server_forget(s);
    }
}

/* Two frames, cut once at every place; another client in between. */
static void split_at_every_byte(void)
{
    for (int i = 0; codec_names[i] != NULL; i++) {
        const char *codec = codec_names[i];
        struct server *s = serve(codec, "echo");
        struct bytes out = {0}, in = {0};
        int other = dial(s);

        add_messages(&out, codec, 2);
        add_message_echoes(&in, codec, 2);
        for (size_t cut = 1; cut < out.len; cut++) {
            int fd = dial_without_delay(s);

            SEND_BYTES(fd, out.at, cut);
            echo_one(other, codec, "meanwhile");
            SEND_BYTES(fd, out.at + cut, out.len - cut);
            EXPECT_BYTES(fd, in.at, in.len);
            leave(fd);
        }
        leave(other);
        server_stop(s, (int)out.len);
        server_forget(s);
    }
}

/* A frame, and a second one that ends too early: the first is answered, the
 * other is not, and the log tells. */
static void truncated_at_every_byte(void)
{
    for (int i = 0; codec_names[i] != NULL; i++) {
        const char *codec = codec_names[i];
        struct server *s = serve(codec, "echo");
        struct bytes out = {0}, in = {0};
        size_t first;

        add_frame(&out, codec, "whole", 5);
        first = out.len;
        add_echo(&in, codec, "whole", 5);
        add_frame(&out, codec, "not whole", 9);
        for (size_t len = first; len < out.len; len++)
            say_all(s, &(struct bytes){.at = out.at, .len = len}, &in);
        server_stop(s, (int)(out.len - first));
        hint("an end between two frames is clean, any other is not");
        CHECK_EQ(process_log_count(s->process, "truncated frame"),
                 out.len - first - 1);
        server_forget(s);
    }
}

/* ---- how long a frame may be ---- */

static char *payload_of(size_t len)
{
    char *payload = keep(len + 1);

    fill_pattern(payload, len, 0);
    for (size_t i = 0; i < len; i++)
        if (payload[i] == '\n' || payload[i] == '\r')
            payload[i] = '.';
    return payload;
}

static void longest_frame(void)
{
    for (int i = 0; codec_names[i] != NULL; i++) {
        const char *codec = codec_names[i];
        struct server *s = serve(codec, "echo");
        struct bytes out = {0}, in = {0};
        size_t len = default_max(codec);
        char *payload = payload_of(len);

        add_frame(&out, codec, payload, len);
        add_frame(&out, codec, "and one more", 12);
        add_echo(&in, codec, payload, len);
        add_echo(&in, codec, "and one more", 12);
        say_all(s, &out, &in);
        drop(payload);
        drop(out.at);
        drop(in.at);
        server_stop(s, 1);
        server_forget(s);
    }
}

/* Sends a good frame, then `bad`; expects the answer to the good one, over
 * http a refusal, the end, and a line in the log. The bystander of the same
 * server goes on. */
static void expect_refused_frame(const char *codec, const char *const *more,
                                 const struct bytes *bad, const char *log)
{
    struct server *s = serve_with(codec, "echo", more);
    int bystander = dial(s), fd;
    struct bytes out = {0}, in = {0};
    char rest[512];
    size_t len;

    echo_one(bystander, codec, "before");
    add_frame(&out, codec, "good", 4);
    add_echo(&in, codec, "good", 4);
    add(&out, bad->at, bad->len);
    fd = dial(s);
    SEND_BYTES(fd, out.at, out.len);
    hint("what was owed before must arrive");
    EXPECT_BYTES(fd, in.at, in.len);
    len = read_to_end(fd, rest, sizeof(rest));
    if (!is(codec, "http"))
        CHECK_EQ(len, 0);
    leave(fd);
    echo_one(bystander, codec, "after");
    leave(bystander);
    server_stop(s, 2);
    CHECK_EQ(process_log_count(s->process, log), 1);
    CHECK_EQ(process_log_count(s->process, "truncated"), 0);
    server_forget(s);
}

static const char *too_long(const char *codec)
{
    return is(codec, "line")   ? "line too long"
           : is(codec, "http") ? "the body is too large"
                               : "frame size too big";
}

static void refuse_over(const char *codec, size_t max, const char *const *more)
{
    char *payload = payload_of(max + 1);
    struct bytes bad = {0};

    if (is(codec, "line"))
        add_frame(&bad, codec, payload, max + 1);
    else
        add_head(&bad, codec, max + 1);
    expect_refused_frame(codec, more, &bad, too_long(codec));
    drop(payload);
}

static void over_the_limit(void)
{
    for (int i = 0; codec_names[i] != NULL; i++)
        refuse_over(codec_names[i], default_max(codec_names[i]), NULL);
}

static void exactly_the_limit(const char *codec)
{
    struct server *s =
        serve_with(codec, "echo", (const char *[]){"--max-frame", "20", NULL});
    int fd = dial(s);

    echo_one(fd, codec, "exactly twenty bytes");
    leave(fd);
    server_stop(s, 1);
    server_forget(s);
}

static void own_limit(void)
{
    for (int i = 0; codec_names[i] != NULL; i++) {
        exactly_the_limit(codec_names[i]);
        refuse_over(codec_names[i], 20,
                    (const char *[]){"--max-frame=20", NULL});
    }
}

/* 0xffffffff is neither -1 nor, with the head added, 3. */
static void largest_length(void)
{
    static const char *const codecs[] = {"length", "tlv", "grpc"};

    for (size_t i = 0; i < CHECK_COUNT(codecs); i++) {
        struct bytes bad = {0};

        add_head(&bad, codecs[i], 0xffffffff);
        add_text(&bad, "abc");
        expect_refused_frame(codecs[i], NULL, &bad, "frame size too big");
    }
}

/* The default answer has 14 bytes. */
static void answer_over_the_limit(void)
{
    struct server *s = serve_with("length", "goodbye",
                                  (const char *[]){"--max-frame", "13", NULL});
    int fd = dial(s);

    SEND_BYTES(fd, "\0\0\0\2hi", 6);
    EXPECT_EOF(fd);
    leave(fd);
    server_wait_log(s, "EMSGSIZE");
    server_stop(s, 1);
}

/* ---- special frames ---- */

/* Zero is not the end, and not nothing. */
static void zero_length(void)
{
    for (int i = 0; codec_names[i] != NULL; i++) {
        struct server *s = serve(codec_names[i], "echo");
        struct bytes out = {0}, in = {0};

        for (int k = 0; k < 1000; k++) {
            add_frame(&out, codec_names[i], "", 0);
            add_echo(&in, codec_names[i], "", 0);
        }
        say_all(s, &out, &in);
        server_stop(s, 1);
        server_forget(s);
    }
}

static void add_tlv(struct bytes *b, char type, const char *value, size_t len)
{
    size_t at = b->len;

    add_frame(b, "tlv", value, len);
    b->at[at] = type;
}

static void unknown_types(void)
{
    struct server *s = serve("tlv", "echo");
    struct bytes out = {0}, in = {0};
    char *large = payload_of(3 * MEGABYTE);

    add_tlv(&out, 9, "\x01\0\0\0\x02hi", 7); /* looks like a frame inside */
    add_tlv(&out, 0, "", 0);
    add_frame(&out, "tlv", "known", 5);
    add_tlv(&out, '\xff', large, 3 * MEGABYTE);
    add_frame(&out, "tlv", "too", 3);
    add_tlv(&out, 2, "at the end", 10);
    add_frame(&in, "tlv", "known", 5);
    add_frame(&in, "tlv", "too", 3);
    say_all(s, &out, &in);
    server_stop(s, 1);
    CHECK_EQ(process_log_count(s->process, "truncated"), 0);
}

static void unknown_type_too_long(void)
{
    struct bytes bad = {0};

    add_head(&bad, "tlv", 8 * MEGABYTE + 1);
    bad.at[0] = 77;
    expect_refused_frame("tlv", NULL, &bad, "frame size too big");
}

static void grpc_flags(void)
{
    struct bytes compressed = {0}, strange = {0};

    add_frame(&compressed, "grpc", "packed", 6);
    compressed.at[0] = 1;
    expect_refused_frame("grpc", NULL, &compressed,
                         "compressed messages are not understood");
    add_frame(&strange, "grpc", "what?", 5);
    strange.at[0] = 2;
    expect_refused_frame("grpc", NULL, &strange,
                         "the compressed flag is neither 0 nor 1");
}

/* Whatever it says, each such client ends and others are served. */
static void garbage(const char *codec, unsigned int seed)
{
    struct server *s = serve(codec, "echo");
    int bystander = dial(s);

    check_step("seed %u", seed);
    srandom(seed);
    for (int i = 0; i < 50; i++) {
        char bytes[3000];
        int fd = dial(s);

        for (size_t k = 0; k < sizeof(bytes); k++)
            bytes[k] = (char)random();
        SEND_BYTES(fd, bytes, 1 + (size_t)random() % sizeof(bytes));
        half_close(fd);
        EXPECT_CLOSED(fd);
        leave(fd);
        echo_one(bystander, codec, "still here");
    }
    leave(bystander);
    server_stop(s, 51);
    server_forget(s);
}

static void case_garbage(void)
{
    unsigned int seed = (unsigned int)getpid();

    for (int i = 0; codec_names[i] != NULL; i++)
        garbage(codec_names[i], seed);
}

/* ---- the command line ---- */

static void wrong_words(void)
{
    static const struct {
        const char *first, *second, *word;
    } wrong[] = {
        {"--codec", "bogus", "bogus"},
        {"--codec", "", "''"},
        {"--codec", "Length", "Length"},
        {"--codec", "lengthy", "lengthy"},
        {"--codec", NULL, "codec"},
        {"--service", "hello", "hello"},
        {"-s", "greet", "greet"},
        {"--max-frame", "0", "0"},
        {"--max-frame", "-1", "-1"},
        {"--max-frame", "1e3", "1e3"},
        {"--max-frame", "", "''"},
        {"--max-frame", " 5", "' 5'"},
        {"--max-frame", "8M", "8M"},
        {"--max-frame", "99999999999999999999", "99999999999999999999"},
    };

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++)
        expect_usage_error(server_path, wrong[i].first, wrong[i].second,
                           wrong[i].word);
}

static void case_help(void)
{
    static const char *const words[] = {
        "--codec",   "length",  "line", "tlv",   "grpc",        "http",
        "--service", "goodbye", "echo", "upper", "--max-frame", "9007"};
    struct run r = run_program(
        (struct process_spec){.path = server_path, .args = {"--help"}}, NULL,
        0);

    CHECK_EQ(r.status, 0);
    for (size_t i = 0; i < CHECK_COUNT(words); i++)
        if (strstr(r.out, words[i]) == NULL)
            CHECK_FAIL("\"%s\" is not in it:\n%s", words[i], r.out);
    run_free(&r);
}

/* --max-frame holds wherever it stands. */
static void order_of_options(void)
{
    static const char *const orders[][6] = {
        {"--max-frame=5", "--codec=tlv", "--service=echo"},
        {"--service", "echo", "--codec", "tlv", "--max-frame", "5"},
    };

    for (size_t i = 0; i < CHECK_COUNT(orders); i++) {
        struct server_spec spec = {0};
        struct bytes bad = {0};
        struct server *s;
        int fd;

        memcpy(spec.args, orders[i], sizeof(orders[i]));
        s = server_start(spec);
        fd = dial(s);
        echo_one(fd, "tlv", "12345");
        add_head(&bad, "tlv", 6);
        SEND_BYTES(fd, bad.at, bad.len);
        EXPECT_EOF(fd);
        leave(fd);
        server_stop(s, 1);
    }
}

const struct check_case framed_codec_cases[] = {
    CASE(each_codec_each_service, "frames", 60, 0, ALL_TRANSPORTS),
    CASE(without_options, "frames", 30, 0, ALL_TRANSPORTS),
    CASE(lines_of_telnet, "frames"),
    CASE(pipelined_10000, "frames", 60, 0, ALL_TRANSPORTS),
    CASE(one_write_for_a_read, "frames"),
    CASE(case_byte_by_byte, "frames", 60, 0, ALL_TRANSPORTS),
    CASE(split_at_every_byte, "frames", 60),
    CASE(truncated_at_every_byte, "frames", 60, 0, ALL_TRANSPORTS),
    CASE(longest_frame, "frames", 60, 0, ALL_TRANSPORTS),
    CASE(over_the_limit, "frames", 60, 0, ALL_TRANSPORTS),
    CASE(own_limit, "frames", 60),
    CASE(largest_length, "frames"),
    CASE(answer_over_the_limit, "frames"),
    CASE(zero_length, "frames", 60),
    CASE(unknown_types, "frames"),
    CASE(unknown_type_too_long, "frames"),
    CASE(grpc_flags, "frames"),
    CASE(case_garbage, "frames", 60),
    CASE(wrong_words, "frames", 60),
    CASE(case_help, "frames"),
    CASE(order_of_options, "frames"),
    {0},
};
