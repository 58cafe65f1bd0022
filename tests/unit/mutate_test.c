/*
 * tests/unit/mutate_test.c - 100,000 spoilt inputs for each decoder, the same
 * ones in every run: what a fuzzer does, without one. What must hold for every
 * input stands in fuzz/properties.h.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "feed.h"
#include "properties.h"

enum { ROUNDS = 100000, INPUT_MAX = 400 };

struct input {
    char bytes[INPUT_MAX];
    size_t len;
};

struct seed {
    const char *bytes;
    size_t len;
};

static size_t place(const struct input *in, unsigned long long *seed)
{
    return in->len == 0 ? 0 : random_below(seed, (unsigned)in->len);
}

static void cut_out(struct input *in, size_t at, size_t n)
{
    n = n < in->len - at ? n : in->len - at;
    memmove(in->bytes + at, in->bytes + at + n, in->len - at - n);
    in->len -= n;
}

static void put_in(struct input *in, size_t at, const char *bytes, size_t n)
{
    if (in->len + n > INPUT_MAX)
        return;
    memmove(in->bytes + at + n, in->bytes + at, in->len - at);
    memcpy(in->bytes + at, bytes, n);
    in->len += n;
}

/* Bytes that mean something to one decoder or another, between bars. */
static void put_in_a_word(struct input *in, unsigned long long *seed)
{
    static const char words[] =
        "\0|\xff|\xff\xff\xff\xff|\0\0\0\0|\0\0\0\1|\x7f\xff\xff\xff|"
        "\x80\0\0\0|"
        "\0\x80\0\0|\0\x80\0\1|\n|\r|\r\n|\r\n\r\n| |:|,|\t|Content-Length: "
        "3\r\n|"
        "Transfer-Encoding: chunked\r\n|Host: a\r\n|18446744073709551615|-1|"
        "Connection: close\r\n|Expect: 100-continue\r\n|\x0a|\x12\1a|\x1b|\x1c|"
        "\x80|\xff\xff\xff\xff\xff\xff\xff\xff\xff\1|";
    enum { WORDS = 30 };
    const char *word = words, *end = memchr(words, '|', sizeof(words));

    for (unsigned skip = random_below(seed, WORDS); skip > 0; skip--) {
        word = end + 1;
        end = memchr(word, '|', (size_t)(words + sizeof(words) - word));
    }
    put_in(in, place(in, seed), word, (size_t)(end - word));
}

static void spoil(struct input *in, unsigned long long *seed)
{
    size_t at = place(in, seed);
    char piece[16];

    switch (random_below(seed, 6)) {
    case 0: /* a bit */
        if (in->len > 0)
            in->bytes[at] = (char)(in->bytes[at] ^ 1 << random_below(seed, 8));
        break;
    case 1: /* a byte */
        if (in->len > 0)
            in->bytes[at] = (char)random_below(seed, 256);
        break;
    case 2: /* a few bytes less */
        cut_out(in, at, 1 + random_below(seed, 8));
        break;
    case 3: /* a few bytes twice */
        if (in->len - at >= sizeof(piece)) {
            memcpy(piece, in->bytes + at, sizeof(piece));
            put_in(in, place(in, seed), piece,
                   1 + random_below(seed, sizeof(piece)));
        }
        break;
    case 4: put_in_a_word(in, seed); break;
    case 5: /* the end is missing */
        if (random_below(seed, 4) == 0)
            in->len = at;
        break;
    }
}

/* One or two of the seeds behind each other, then spoilt up to 6 times. */
static void make_input(struct input *in, const struct seed *seeds, size_t count,
                       unsigned long long *seed)
{
    unsigned parts = 1 + random_below(seed, 2);
    unsigned wounds = random_below(seed, 7);

    in->len = 0;
    for (unsigned i = 0; i < parts; i++) {
        const struct seed *part = &seeds[random_below(seed, (unsigned)count)];

        put_in(in, in->len, part->bytes, part->len);
    }
    for (unsigned i = 0; i < wounds; i++)
        spoil(in, seed);
}

/* What is spoilt for the decoder of this name. */
static const struct {
    const char *decoder;
    struct seed seed;
} all_seeds[] = {
    {"length", {BYTES("\0\0\0\011abcdefghi")}},
    {"length", {BYTES("\0\0\0\003123\0\0\0\0")}},
    {"length", {BYTES("\0\0\0\x0bhello world\0\0\0\1x")}},
    {"length-options", {BYTES("\3\0\0\1\0\0\0\011abcdefghi")}},
    {"length-options", {BYTES("\1\4\0\1zzzz\0\003abc")}},
    {"length-options", {BYTES("\2\x48\0\1\0\0\x0b\x0cHello world")}},
    {"length-options", {BYTES("\1\x0a\4\1xx\0\011abcdefghi")}},
    {"length-options", {BYTES("\1\0\xfe\1\0\013abcdefghi")}},
    {"length-options", {BYTES("\x0f\0\0\1\3\0\0\0\0\0\0\0abc")}},
    {"line", {BYTES("one\ntwo\r\n")}},
    {"line", {BYTES("\n\r\n\r\r\n")}},
    {"line", {BYTES("a longer line\n")}},
    {"tlv", {BYTES("\1\0\0\0\3abc")}},
    {"tlv", {BYTES("\2\0\0\0\5other")}},
    {"tlv", {BYTES("\1\0\0\0\0")}},
    {"grpc", {BYTES("\0\0\0\0\3abc")}},
    {"grpc", {BYTES("\0\0\0\0\x0bhello world")}},
    {"grpc", {BYTES("\1\0\0\0\1x")}},
    {"http-requests", {BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n")}},
    {"http-requests",
     {BYTES("POST /echo HTTP/1.1\r\nHost: a\r\n"
            "Content-Length: 5\r\n\r\nhello")}},
    {"http-requests",
     {BYTES("HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")}},
    {"http-requests",
     {BYTES("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
            "Content-Length: 3\r\n\r\nabc")}},
    {"http-responses",
     {BYTES("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")}},
    {"http-responses", {BYTES("HTTP/1.1 100 Continue\r\n\r\n")}},
    {"http-responses",
     {BYTES("HTTP/1.0 404\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")}},
    {"protobuf", {BYTES("\x0a\6\x0a\1t\x12\1k")}},
    {"protobuf", {BYTES("\x1a\x0d\x0a\1t\x12\1a\x12\0\x12\3bcd")}},
    {"protobuf", {BYTES("\x22\x0d\x0a\1t\x12\x08\x0a\1k\x12\3\x0a\1v")}},
    {"protobuf",
     {BYTES("\x2a\x11\x0a\1t\x12\4\x0a\2ab\x12\6\x12\4\x18\7\x28\1")}},
    {"protobuf", {BYTES("\x1b\x08\1\x23\x24\x12\1x\x1c")}},
    {"protobuf",
     {BYTES("\x08\x94\3\x12\2no\x1a\2\x28\1\x22\x08\x0a\1k\x12\3\x0a\1v\x1a"
            "\0")}},
    {"protobuf",
     {BYTES("\x1a\4\x0a\2\xc3\xa9\x1a\x09\x21\0\0\0\0\0\0\xf8\x3f")}},
};

/* The seeds of the case that runs, 400 bytes at the most each. */
static size_t seeds_of_case(struct seed *seeds)
{
    size_t count = 0;

    for (size_t i = 0; i < CHECK_COUNT(all_seeds); i++)
        if (strcmp(all_seeds[i].decoder, case_word) == 0)
            seeds[count++] = all_seeds[i].seed;
    CHECK(count > 0);
    return count;
}

static void mutate(unsigned long long seed,
                   void (*check)(const char *bytes, size_t len))
{
    struct seed seeds[CHECK_COUNT(all_seeds)];
    size_t count = seeds_of_case(seeds);
    struct input in;

    for (int i = 0; i < ROUNDS; i++) {
        make_input(&in, seeds, count, &seed);
        check_step("input %d", i);
        check(in.bytes, in.len);
    }
}

static struct codec codec;

static void check_as_stream(const char *bytes, size_t len)
{
    check_stream(&codec, bytes, len);
}

static void stream(void)
{
    bool is_http = strncmp(case_word, "http", 4) == 0;
    int kind = CODEC_LENGTH;

    while (strcmp(codec_name(kind), is_http ? "http" : case_word) != 0)
        kind++;
    codec = codec_defaults((enum codec_kind)kind);
    codec.is_client = strcmp(case_word, "http-responses") == 0;
    if (kind == CODEC_LINE)
        codec.max_frame = 20;
    mutate(42, check_as_stream);
}

static void check_length_options(const char *bytes, size_t len)
{
    check_decoder("length", bytes, len);
}

/* The options are part of what is spoilt. */
static void length_options(void)
{
    mutate(43, check_length_options);
}

static void check_messages(const char *bytes, size_t len)
{
    check_decoder("protobuf", bytes, len);
}

static void protobuf(void)
{
    mutate(44, check_messages);
}

const struct check_case check_cases[] = {
    EACH("*", "length line tlv grpc http-requests http-responses", stream,
         "unit"),
    EACH("*", "length-options", length_options, "unit"),
    EACH("*", "protobuf", protobuf, "unit"),
    {0},
};
