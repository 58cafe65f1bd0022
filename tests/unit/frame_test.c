/*
 * tests/unit/frame_test.c - the codecs length, line, tlv and grpc.
 *
 * The cases NN_... are those that tokio-util's LengthDelimitedCodec is tested
 * with, by their number in its test file; where we decided otherwise (S1 to
 * S4) the case says so.
 */
#include "frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "feed.h"

#define ABC   "abcdefghi"
#define HELLO "hello world"
#define NUM   "123"
#define THREE "\0\0\0\x09" ABC "\0\0\0\x03" NUM "\0\0\0\x0b" HELLO

/* Before what could be taken for another digit of an escape. */
#define ABCDE  "abcde"
#define ABCDEF "abcdef"
#define WORLD  "Hello world"

static struct codec with_field(int field_len)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    codec.field_len = field_len;
    return codec;
}

/* The options of the codec length, in the order of the README's table; another
 * codec has only a limit. A limit of 0 is the codec's default. */
struct shape {
    int field_len;
    size_t offset;
    int64_t adjustment;
    size_t skip;
    uint64_t max_frame;
    bool little_endian;
    enum codec_kind kind;
};

static struct codec with_shape(struct shape shape)
{
    struct codec codec = codec_defaults(shape.kind);

    if (shape.kind == CODEC_LENGTH) {
        codec.field_len = shape.field_len;
        codec.field_offset = shape.offset;
        codec.adjustment = shape.adjustment;
        codec.num_skip = shape.skip;
        codec.little_endian = shape.little_endian;
    }
    if (shape.max_frame != 0)
        codec.max_frame = shape.max_frame;
    return codec;
}

static void expect_encoded(const struct codec *codec, const char *payload,
                           size_t len, const char *want, size_t want_len)
{
    struct buffer out = {0};

    CHECK(frame_append(codec, payload, len, &out));
    EXPECT_WRITTEN(&out, want, want_len);
}

static void expect_refused(const struct codec *codec, size_t len)
{
    static const char payload[2048];
    char out[64];
    struct buffer grown = {0};

    memset(out, 'x', sizeof(out));
    CHECK_EQ(frame_encode(codec, payload, len, out, sizeof(out)), 0);
    for (size_t i = 0; i < sizeof(out); i++)
        CHECK(out[i] == 'x');
    errno = 0;
    CHECK(!frame_append(codec, payload, len, &grown));
    CHECK_EQ(errno, EMSGSIZE);
    CHECK_EQ(buffer_len(&grown), 0);
}

/* ---- what needs no more than a row ---- */

#define HEAD  NUM_SKIP_HEAD
#define PLAIN FIELD(4, 0, 0, HEAD, 0)
#define FIELD(len, before, adjust, cut, max)                                   \
    .field_len = len, .offset = before, .adjustment = adjust, .skip = cut,     \
    .max_frame = max
#define LITTLE          PLAIN, .little_endian = true
#define KIND(name, max) .kind = CODEC_##name, .max_frame = max

/* What a stream gives, and how it ends: every byte belonged to a frame, some
 * were left over, or the decoder refused. */
#define CLEAN(name, shape, bytes, want)                                        \
    {                                                                          \
        name, {shape}, BYTES(bytes), BYTES(want), END_CLEAN                    \
    }
#define CUT_OFF(name, shape, bytes, want)                                      \
    {                                                                          \
        name, {shape}, BYTES(bytes), BYTES(want), END_TRUNCATED                \
    }
#define REFUSED(name, shape, bytes, want)                                      \
    {                                                                          \
        name, {shape}, BYTES(bytes), BYTES(want), END_ERROR                    \
    }
static const struct {
    const char *name; /* the case's */
    struct shape shape;
    const char *bytes;
    size_t len;
    const char *want;
    size_t want_len;
    enum ending ending;
} streams[] = {
    CLEAN("decode-02-one", PLAIN, "\0\0\0\x09" ABC, ABC "|"),
    CLEAN("decode-03-little-endian", LITTLE, "\x09\0\0\0" ABC, ABC "|"),
    CLEAN("decode-05-three-in-one-read", PLAIN, THREE, ABC "|123|" HELLO "|"),
    CUT_OFF("decode-10-11-half-a-head", PLAIN, "\0\0", ""),
    CUT_OFF("decode-12-half-a-payload", PLAIN, "\0\0\0\x09" ABCDE, ""),
    REFUSED("decode-13-too-big", FIELD(4, 0, 0, HEAD, 5), "\0\0\0\x09" ABC, ""),
    REFUSED("decode-13-too-big", FIELD(4, 0, 0, HEAD, 5),
            "\0\0\0\x05" ABCDE "\0\0\0\x06" ABCDEF, "abcde|"),
    CLEAN("decode-16-field-1", FIELD(1, 0, 0, HEAD, 0), "\x09" ABC, ABC "|"),
    CLEAN("decode-17-offset", FIELD(2, 4, 0, HEAD, 0),
          "zzzz\0\x09" ABC "zzzz\0\x03" NUM "zzzz\0\x0b" HELLO,
          ABC "|123|" HELLO "|"),
    CLEAN("decode-18-with-head", FIELD(2, 2, 4, 0, 0),
          "xx\0\x09" ABC "yy\0\x03" NUM "zz\0\x0b" HELLO,
          "xx\0\x09" ABC "|yy\0\x03" NUM "|zz\0\x0b" HELLO "|"),
    CLEAN("decode-19-skip", FIELD(3, 0, 0, 4, 0), "\0\0\x0b\x0c" WORLD,
          WORLD "|"),
    CLEAN("decode-20-length-counts-the-head", FIELD(2, 0, -2, HEAD, 0),
          "\0\x0b" ABC "\0\x05" NUM "\0\x0d" HELLO, ABC "|123|" HELLO "|"),

    /* The original takes this for a clean end. */
    CUT_OFF("decode-S3-whole-head-then-end", PLAIN, "\0\0\0\x09", ""),

    /* The examples of the manual. */
    CLEAN("manual-examples", FIELD(2, 0, 0, HEAD, 0), "\0\x0b" WORLD,
          WORLD "|"),
    CLEAN("manual-examples", FIELD(2, 0, 2, 0, 0), "\0\x0b" WORLD,
          "\0\x0b" WORLD "|"),
    CLEAN("manual-examples", FIELD(2, 0, -2, HEAD, 0), "\0\x0d" WORLD,
          WORLD "|"),
    CLEAN("manual-examples", FIELD(3, 0, 5, 0, 0), "\0\0\x0b\xca\xfe" WORLD,
          "\0\0\x0b\xca\xfe" WORLD "|"),
    CLEAN("manual-examples", FIELD(2, 1, 1, 3, 0), "\xca\0\x0b\xfe" WORLD,
          "\xfe" WORLD "|"),
    CLEAN("manual-examples", FIELD(2, 1, -3, 3, 0), "\xca\0\x0f\xfe" WORLD,
          "\xfe" WORLD "|"),
    CLEAN("manual-examples", FIELD(3, 0, 0, 4, 0), "\0\0\x0b\xff" WORLD,
          WORLD "|"),

    CLEAN("zero-length", PLAIN, "\0\0\0\0\0\0\0\0\0\0\0\1x\0\0\0\0", "||x||"),

    /* The limit is the payload's. The original looks at the length on the wire,
     * so that the first of these is refused there and the second passes. */
    CLEAN("limit-S1-S2-is-the-payloads", FIELD(2, 0, -2, HEAD, 9), "\0\x0b" ABC,
          ABC "|"),
    REFUSED("limit-S1-S2-is-the-payloads", FIELD(2, 0, 2, HEAD, 8),
            "\0\x07" ABC, ""),

    /* With nothing skipped a length can point at no bytes at all. The original
     * then gives out empty frames for ever. */
    REFUSED("length-S4-frame-of-no-bytes", FIELD(2, 0, 0, 0, 0), "\0\0xyz", ""),

    /* A frame shorter than its own head: what is beyond it begins the next. */
    CUT_OFF("length-within-its-head", FIELD(1, 2, 0, 0, 0), "ab\1\2\2",
            "a|b\1|"),

    /* The third fits 64 bits, but not behind its head; nor does 300 - 300. */
    REFUSED("length-over-or-under", FIELD(1, 0, -2, HEAD, 0), "\2\1x", "|"),
    REFUSED("length-over-or-under", FIELD(8, 0, 1, HEAD, UINT64_MAX),
            "\xff\xff\xff\xff\xff\xff\xff\xffxyz", ""),
    REFUSED("length-over-or-under", FIELD(8, 0, 0, HEAD, UINT64_MAX),
            "\xff\xff\xff\xff\xff\xff\xff\xffxyz", ""),
    CUT_OFF("length-over-or-under", FIELD(1, 0, 300, HEAD, 0), "\1x", ""),

    CLEAN("line-ends", KIND(LINE, 0), "one\ntwo\r\n\n\r\nth\rree\n",
          "one|two|||th\rree|"),
    CUT_OFF("line-ends", KIND(LINE, 0), "one\ntw", "one|"),
    CLEAN("line-ends", KIND(LINE, 0), "a\r\r\n\0\xff\n", "a\r|\0\xff|"),
    CLEAN("line-limit", KIND(LINE, 5), "abcde\nabcde\r\n", "abcde|abcde|"),
    REFUSED("line-limit", KIND(LINE, 5), "abcdef\n", ""),
    REFUSED("line-limit", KIND(LINE, 5), "abcdef\r\n", ""),
    REFUSED("line-limit", KIND(LINE, 5), "abcdef", ""),
    CUT_OFF("line-limit", KIND(LINE, 5), "abcde\r", ""),
    REFUSED("line-limit", KIND(LINE, 5), "abcde\r\r\n", ""),
    CUT_OFF("line-limit", KIND(LINE, UINT64_MAX), "abcde\nf", "abcde|"),

    CLEAN("tlv-skips-unknown-types", KIND(TLV, 0), "\1\0\0\0\3abc\1\0\0\0\0",
          "abc||"),
    CLEAN("tlv-skips-unknown-types", KIND(TLV, 0),
          "\2\0\0\0\3xyz\0\0\0\0\0\1\0\0\0\3abc\xff\0\0\0\1z"
          "\1\0\0\0\2de\7\0\0\0\1g",
          "abc|de|"),
    CUT_OFF("tlv-skips-unknown-types", KIND(TLV, 0), "\2\0\0\0\3xy", ""),
    CUT_OFF("tlv-skips-unknown-types", KIND(TLV, 0), "\1\0\0\0", ""),
    REFUSED("tlv-limit", KIND(TLV, 3), "\1\0\0\0\3abc\1\0\0\0\4abcd", "abc|"),
    REFUSED("tlv-limit", KIND(TLV, 3), "\2\xff\xff\xff\xff", ""),
    CLEAN("grpc-flag", KIND(GRPC, 0), "\0\0\0\0\3abc\0\0\0\0\0", "abc||"),
    REFUSED("grpc-flag", KIND(GRPC, 0), "\0\0\0\0\3abc\1\0\0\0\3abc", "abc|"),
    REFUSED("grpc-flag", KIND(GRPC, 0), "\2\0\0\0\3abc", ""),
    REFUSED("grpc-flag", KIND(GRPC, 0), "\0\0\x40\0\1", ""),
    CUT_OFF("grpc-flag", KIND(GRPC, 0), "\0\0\x40\0\0", ""),
    REFUSED("grpc-flag", KIND(GRPC, 0), "\0\xff\xff\xff\xff", ""),
};

/* What a payload becomes on the wire. */
#define MAKES(name, shape, payload, wire)                                      \
    {                                                                          \
        name, {shape}, BYTES(payload), BYTES(wire)                             \
    }
static const struct {
    const char *name;
    struct shape shape;
    const char *payload;
    size_t len;
    const char *wire;
    size_t wire_len;
} encodings[] = {
    MAKES("encode-21-adjustment", FIELD(4, 0, -2, HEAD, 0), ABC,
          "\0\0\0\x0b" ABC),
    MAKES("encode-28-29-order-and-field", LITTLE, ABC, "\x09\0\0\0" ABC),
    MAKES("encode-28-29-order-and-field", FIELD(1, 0, 0, HEAD, 0), ABC,
          "\x09" ABC),
    {"zero-length", {PLAIN}, NULL, 0, BYTES("\0\0\0\0")},
    MAKES("limit-S1-S2-is-the-payloads", FIELD(2, 0, -2, HEAD, 9), ABC,
          "\0\x0b" ABC),
    MAKES("line-ends", KIND(LINE, 0), "one", "one\n"),
    {"line-ends", {KIND(LINE, 0)}, NULL, 0, BYTES("\n")},
    MAKES("tlv-skips-unknown-types", KIND(TLV, 0), "abc", "\1\0\0\0\3abc"),
    MAKES("grpc-flag", KIND(GRPC, 0), "abc", "\0\0\0\0\3abc"),
};

/* How long a payload must not be. */
static const struct {
    const char *name;
    struct shape shape;
    size_t len;
} refusals[] = {
    {"length-over-or-under", {FIELD(1, 0, -300, HEAD, 0)}, 0},
    {"length-over-or-under", {FIELD(1, 0, 5, HEAD, 0)}, 4},
    {"line-limit", {KIND(LINE, 5)}, 6},
    {"tlv-limit", {KIND(TLV, 3)}, 4},
};

/* All rows of the case that runs. */
static void case_rows(void)
{
    size_t rows = 0;

    for (size_t i = 0; i < CHECK_COUNT(streams); i++)
        if (strcmp(streams[i].name, case_name) == 0) {
            struct codec codec = with_shape(streams[i].shape);

            expect_frames(&codec, streams[i].bytes, streams[i].len,
                          streams[i].want, streams[i].want_len,
                          streams[i].ending);
            rows++;
        }
    for (size_t i = 0; i < CHECK_COUNT(encodings); i++)
        if (strcmp(encodings[i].name, case_name) == 0) {
            struct codec codec = with_shape(encodings[i].shape);

            expect_encoded(&codec, encodings[i].payload, encodings[i].len,
                           encodings[i].wire, encodings[i].wire_len);
            rows++;
        }
    for (size_t i = 0; i < CHECK_COUNT(refusals); i++)
        if (strcmp(refusals[i].name, case_name) == 0) {
            struct codec codec = with_shape(refusals[i].shape);

            expect_refused(&codec, refusals[i].len);
            rows++;
        }
    CHECK(rows > 0);
}

static void line_limit(void)
{
    struct codec codec = codec_defaults(CODEC_LINE);

    case_rows();
    codec.max_frame = 0;
    expect_frames(&codec, BYTES("\n\r\n"), BYTES("||"), END_CLEAN);
}

static const char names_of_rows[] =
    "decode-02-one decode-03-little-endian decode-05-three-in-one-read "
    "decode-10-11-half-a-head decode-12-half-a-payload decode-13-too-big "
    "decode-16-field-1 decode-17-offset decode-18-with-head decode-19-skip "
    "decode-20-length-counts-the-head decode-S3-whole-head-then-end "
    "encode-21-adjustment encode-28-29-order-and-field manual-examples "
    "zero-length limit-S1-S2-is-the-payloads length-S4-frame-of-no-bytes "
    "length-within-its-head length-over-or-under line-ends "
    "tlv-skips-unknown-types tlv-limit grpc-flag";

/* ---- decode, by number ---- */

static void decode_01_nothing(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct decoder d = {0};
    struct frame frame;

    CHECK(frame_decode(&codec, &d, NULL, 0, &frame) == FRAME_MORE);
    CHECK_EQ(frame.used, 0);
    expect_frames(&codec, BYTES(""), BYTES(""), END_CLEAN);
}

static void feed_list(struct feed *f, const char *const *pieces,
                      const size_t *lens, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_step("piece %zu, %zu bytes", i + 1, lens[i]);
        feed_piece(f, pieces[i], lens[i]);
    }
    feed_end(f);
}

/* Frames whose heads and payloads come in several pieces: 6 ends after the
 * first frame, 7 goes on with two more. */
static void decode_06_07_pieces(void)
{
    static const char *const pieces[] = {"\0\0", "\0\011abc", "defghi",
                                         "\0\0\0\00312", ("3\0\0\0\x0b" HELLO)};
    static const size_t lens[] = {2, 5, 6, 6, 16};
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct feed f;

    feed_begin(&f, &codec);
    feed_list(&f, pieces, lens, 3);
    CHECK_EQ(f.ending, END_CLEAN);
    CHECK_BUFFER(&f.said, ABC "|");
    feed_list(&f, pieces + 3, lens + 3, 2);
    CHECK_EQ(f.ending, END_CLEAN);
    CHECK_BUFFER(&f.said, ABC "|123|" HELLO "|");
    feed_free(&f);
}

static void decode_14_limit_falls_between(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct feed f;

    feed_begin(&f, &codec);
    feed_piece(&f, BYTES("\0\0\0\x09" ABC));
    codec.max_frame = 5;
    feed_piece(&f, BYTES("\0\0\0\x09" ABC));
    feed_end(&f);
    CHECK_EQ(f.frames, 1);
    CHECK_EQ(f.ending, END_ERROR);
    feed_free(&f);
}

/* The frame whose length has been read before the limit fell still passes. */
static void decode_15_limit_falls_within(void)
{
    static const char bytes[] = "\0\0\0\x09" ABC "\0\0\0\x09" ABC;
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct decoder d = {0};
    struct frame frame;

    CHECK(frame_decode(&codec, &d, bytes, 8, &frame) == FRAME_MORE);
    codec.max_frame = 5;
    CHECK(frame_decode(&codec, &d, bytes, sizeof(bytes) - 1, &frame) ==
          FRAME_READY);
    CHECK_TEXT(bytes + frame.offset, frame.len, ABC);
    CHECK(frame_decode(&codec, &d, bytes + frame.used,
                       sizeof(bytes) - 1 - frame.used, &frame) == FRAME_ERROR);
}

/* ---- encode, by number ---- */

static void encode_23_25_26_one_and_three(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct buffer out = {0};

    expect_encoded(&codec, BYTES(ABC), BYTES("\0\0\0\x09" ABC));
    CHECK(frame_append(&codec, BYTES(ABC), &out));
    CHECK(frame_append(&codec, BYTES("123"), &out));
    CHECK(frame_append(&codec, BYTES(HELLO), &out));
    EXPECT_WRITTEN(&out, BYTES(THREE));
    expect_encoded(&codec, BYTES("123"), BYTES("\0\0\0\x03" NUM));
    expect_encoded(&codec, BYTES(HELLO), BYTES("\0\0\0\x0b" HELLO));
}

/* The socket takes two bytes, then the next two: a frame waits in the buffer
 * and goes on where it stopped. */
static void encode_27_two_bytes_at_a_time(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct buffer out = {0};
    char sent[64];
    size_t len = 0;

    CHECK(frame_append(&codec, BYTES(ABC), &out));
    while (buffer_len(&out) > 0) {
        size_t n = buffer_len(&out) < 2 ? buffer_len(&out) : 2;

        memcpy(sent + len, buffer_front(&out), n);
        buffer_consume(&out, n);
        len += n;
    }
    CHECK_TEXT(sent, len, "\0\0\0\x09" ABC);
}

static void encode_30_31_too_big(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct buffer out = {0};

    codec.max_frame = 5;
    expect_refused(&codec, 6);
    CHECK(frame_append(&codec, BYTES("abcde"), &out));
    CHECK(!frame_append(&codec, BYTES("abcdef"), &out));
    EXPECT_WRITTEN(&out, BYTES("\0\0\0\x05" ABCDE));
}

static void encode_32_limit_falls_within(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct buffer out = {0};

    CHECK(frame_append(&codec, BYTES("abcdef"), &out));
    buffer_consume(&out, 6); /* half of it is on its way */
    codec.max_frame = 5;
    CHECK(!frame_append(&codec, BYTES("abcdef"), &out));
    EXPECT_WRITTEN(&out, BYTES("cdef"));
}

/* Too little room: nothing is written, and how much it takes is told. */
static void encode_34_no_room(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    for (size_t room = 0; room < 13; room++) {
        char out[16];

        memset(out, 'x', sizeof(out));
        CHECK_EQ(frame_encode(&codec, BYTES(ABC), out, room), 13);
        for (size_t i = 0; i < sizeof(out); i++)
            CHECK(out[i] == 'x');
    }
}

static void encode_34_buffer_grows(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct buffer out = {0};

    for (int i = 0; i < 10000; i++)
        CHECK(frame_append(&codec, BYTES(HELLO), &out));
    CHECK_EQ(buffer_len(&out), 150000);
    for (int i = 0; i < 10000; i++) {
        CHECK(memcmp(buffer_front(&out), "\0\0\0\x0b" HELLO, 15) == 0);
        buffer_consume(&out, 15);
    }
    CHECK(out.bytes == NULL);
}

/* ---- limits ---- */

static void clamp_35_36_field_1(void)
{
    static const uint64_t largest[] = {254, 255, 256};
    struct codec codec = with_field(1);

    codec.max_frame = 256;
    CHECK_EQ(codec_max_frame(&codec), 255);
    expect_refused(&codec, 256);
    for (int i = 0; i < 3; i++) {
        char payload[256] = "";
        char out[300];

        codec.max_frame = 1000;
        codec.adjustment = i - 1;
        CHECK_EQ(codec_max_frame(&codec), (long long)largest[i]);
        CHECK_EQ(frame_encode(&codec, payload, largest[i], out, sizeof(out)),
                 (long long)largest[i] + 1);
        CHECK_EQ((unsigned char)out[0], 255);
        expect_refused(&codec, largest[i] + 1);
    }
}

static void clamp_37_to_41_every_field(void)
{
    static const uint64_t largest[] = {
        255,           65535,           16777215,          4294967295,
        1099511627775, 281474976710655, 72057594037927935, UINT64_MAX,
    };

    for (int field_len = 1; field_len <= 8; field_len++) {
        struct codec codec = with_field(field_len);

        codec.max_frame = UINT64_MAX;
        CHECK(codec_max_frame(&codec) == largest[field_len - 1]);
        codec.adjustment = -1;
        CHECK(codec_max_frame(&codec) == largest[field_len - 1] - 1);
        codec.adjustment = 1;
        CHECK(codec_max_frame(&codec) ==
              (field_len == 8 ? UINT64_MAX : largest[field_len - 1] + 1));
        codec.adjustment = INT64_MIN;
        CHECK(codec_max_frame(&codec) ==
              (field_len == 8 ? UINT64_MAX >> 1 : 0));
        codec.adjustment = INT64_MAX;
        CHECK(
            codec_max_frame(&codec) ==
            (field_len == 8 ? UINT64_MAX : largest[field_len - 1] + INT64_MAX));
    }
}

static void golden_bytes(void)
{
    static const char golden[] = "\0\0\0\0\0\0\0\003abc";

    for (int field_len = 1; field_len <= 8; field_len++) {
        struct codec codec = with_field(field_len);
        size_t len = (size_t)field_len + 3;

        check_step("a field of %d bytes", field_len);
        expect_encoded(&codec, BYTES("abc"), golden + 8 - field_len, len);
        expect_frames(&codec, golden + 8 - field_len, len, BYTES("abc|"),
                      END_CLEAN);
    }
}

static void limit_at_the_edge(void)
{
    enum { MAX = 8 << 20 };
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct buffer out = {0};
    struct decoder d = {0};
    struct frame frame;
    char *payload = calloc(1, MAX + 1);

    CHECK(payload != NULL);
    CHECK(frame_append(&codec, payload, MAX, &out));
    CHECK_EQ(buffer_len(&out), MAX + 4);
    CHECK(frame_decode(&codec, &d, buffer_front(&out), MAX + 3, &frame) ==
          FRAME_MORE);
    CHECK(frame_decode(&codec, &d, buffer_front(&out), MAX + 4, &frame) ==
          FRAME_READY);
    CHECK_EQ(frame.len, MAX);
    CHECK(!frame_append(&codec, payload, MAX + 1, &out));
    expect_frames(&codec, BYTES("\0\x80\0\1"), BYTES(""), END_ERROR);
    expect_frames(&codec, BYTES("\xff\xff\xff\xff"), BYTES(""), END_ERROR);
    buffer_free(&out);
    free(payload);
}

/* A length of 5, 6 or 7 bytes that means more than 32 bits can hold. */
static void long_lengths(void)
{
    static const char wire[] = "\0\0\0\1\0\0\0\2";

    for (int field_len = 5; field_len <= 8; field_len++) {
        struct codec codec = with_field(field_len);
        struct decoder d = {0};
        struct frame frame;

        codec.max_frame = UINT64_MAX;
        if (SIZE_MAX > UINT32_MAX) {
            CHECK(frame_decode(&codec, &d, wire + 8 - field_len,
                               (size_t)field_len, &frame) == FRAME_MORE);
            CHECK(d.next.len == 0x100000002);
        }
        codec.max_frame = 0x100000001;
        d = (struct decoder){0};
        CHECK(frame_decode(&codec, &d, wire + 8 - field_len, (size_t)field_len,
                           &frame) == FRAME_ERROR);
    }
}

static void validity(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    CHECK(codec_is_valid(&codec));
    codec.field_len = 0;
    CHECK(!codec_is_valid(&codec));
    codec.field_len = 9;
    CHECK(!codec_is_valid(&codec));
    codec = with_field(8);
    codec.field_offset = SIZE_MAX - 7;
    CHECK(!codec_is_valid(&codec));
}

static void names(void)
{
    static const struct {
        const char *name;
        size_t max_frame;
    } want[] = {
        [CODEC_LENGTH] = {"length", 8388608}, [CODEC_LINE] = {"line", 65536},
        [CODEC_TLV] = {"tlv", 8388608},       [CODEC_GRPC] = {"grpc", 4194304},
        [CODEC_HTTP] = {"http", 8388608},
    };

    for (int i = 0; i < (int)CHECK_COUNT(want); i++) {
        struct codec codec = codec_defaults((enum codec_kind)i);

        CHECK(strcmp(codec_name(i), want[i].name) == 0);
        CHECK_EQ(codec.kind, i);
        CHECK_EQ(codec.max_frame, want[i].max_frame);
        CHECK_EQ(codec.field_len, 4);
    }
    CHECK(codec_name((int)CHECK_COUNT(want)) == NULL);
}

/* Why a delimiter does not do for any bytes at all. */
static void line_breaks_binary(void)
{
    struct codec codec = codec_defaults(CODEC_LINE);
    struct buffer out = {0};
    struct feed f;

    CHECK(frame_append(&codec, BYTES("one\ntwo"), &out));
    CHECK(frame_append(&codec, BYTES("three\r"), &out));
    feed_begin(&f, &codec);
    feed_piece(&f, buffer_front(&out), buffer_len(&out));
    CHECK_BUFFER(&f.said, "one|two|three|");
    feed_free(&f);
    buffer_free(&out);
}

/* Frames for nobody are dropped as they come, not kept until one for us. */
static void tlv_skipped_is_dropped(void)
{
    struct codec codec = codec_defaults(CODEC_TLV);
    struct feed f;

    feed_begin(&f, &codec);
    for (int i = 0; i < 1000; i++) {
        feed_piece(&f, BYTES("\2\0\0\0\3xyz"));
        CHECK_EQ(f.pending_len, 0);
    }
    feed_piece(&f, BYTES("\2\0\0\0\3xyz\1\0"));
    CHECK_EQ(f.pending_len, 2);
    feed_free(&f);
}

/* ---- no byte is looked at twice ---- */

/* A byte more for each call. What has been looked at is overwritten with
 * newlines, so that a decoder that looks at it again goes wrong. */
static void line_is_not_rescanned(void)
{
    enum { LEN = 64 * 1024 };
    struct codec codec = codec_defaults(CODEC_LINE);
    struct decoder d = {0};
    struct frame frame;
    char *bytes = malloc(LEN + 1);

    CHECK(bytes != NULL);
    memset(bytes, 'x', LEN);
    bytes[LEN] = '\n';
    for (size_t len = 1; len <= LEN; len++) {
        CHECK(frame_decode(&codec, &d, bytes, len, &frame) == FRAME_MORE);
        bytes[len - 1] = '\n';
    }
    CHECK(frame_decode(&codec, &d, bytes, LEN + 1, &frame) == FRAME_READY);
    CHECK_EQ(frame.len, LEN);
    CHECK_EQ(frame.used, LEN + 1);
    free(bytes);
}

static void head_is_read_once(void)
{
    enum { LEN = 8 << 20 };
    static const enum codec_kind kinds[] = {CODEC_LENGTH, CODEC_TLV};
    char *bytes = calloc(1, LEN + 5);

    CHECK(bytes != NULL);
    for (int i = 0; i < 2; i++) {
        struct codec codec = codec_defaults(kinds[i]);
        struct decoder d = {0};
        struct frame frame;
        size_t head = kinds[i] == CODEC_LENGTH ? 4 : 5;

        bytes[0] = 1; /* the type, as tlv has it; length overwrites it */
        memcpy(bytes + head - 4, "\0\x80\0\0", 4);
        for (size_t len = 1; len < LEN + head; len++) {
            CHECK(frame_decode(&codec, &d, bytes, len, &frame) == FRAME_MORE);
            if (len == head)
                memset(bytes, 0xff, head);
        }
        CHECK(frame_decode(&codec, &d, bytes, LEN + head, &frame) ==
              FRAME_READY);
        CHECK_EQ(frame.len, LEN);
    }
    free(bytes);
}

const struct check_case check_cases[] = {
    EACH("*", names_of_rows, case_rows, "unit"),
    CASE(decode_01_nothing, "unit"),
    CASE(decode_06_07_pieces, "unit"),
    CASE(decode_14_limit_falls_between, "unit"),
    CASE(decode_15_limit_falls_within, "unit"),
    CASE(encode_23_25_26_one_and_three, "unit"),
    CASE(encode_27_two_bytes_at_a_time, "unit"),
    CASE(encode_30_31_too_big, "unit"),
    CASE(encode_32_limit_falls_within, "unit"),
    CASE(encode_34_no_room, "unit"),
    CASE(encode_34_buffer_grows, "unit"),
    CASE(clamp_35_36_field_1, "unit"),
    CASE(clamp_37_to_41_every_field, "unit"),
    CASE(golden_bytes, "unit"),
    CASE(limit_at_the_edge, "unit"),
    CASE(long_lengths, "unit"),
    CASE(validity, "unit"),
    CASE(names, "unit"),
    CASE(line_limit, "unit"),
    CASE(line_breaks_binary, "unit"),
    CASE(line_is_not_rescanned, "unit"),
    CASE(tlv_skipped_is_dropped, "unit"),
    CASE(head_is_read_once, "unit"),
    {0},
};
