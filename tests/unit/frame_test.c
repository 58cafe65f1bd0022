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

static struct codec with_field(int field_len)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    codec.field_len = field_len;
    return codec;
}

/* Its options, in the order of the README's table. */
static struct codec with_options(int field_len, size_t offset,
                                 int64_t adjustment, size_t skip)
{
    struct codec codec = with_field(field_len);

    codec.field_offset = offset;
    codec.adjustment = adjustment;
    codec.num_skip = skip;
    return codec;
}

static void expect_encoded(const struct codec *codec, const char *payload,
                           size_t len, const char *want, size_t want_len)
{
    struct buffer out = {0};

    CHECK(frame_append(codec, payload, len, &out));
    CHECK_BYTES(buffer_front(&out), buffer_len(&out), want, want_len);
    buffer_free(&out);
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

static void decode_02_one(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    expect_frames(&codec, BYTES("\0\0\0\x09" ABC), BYTES(ABC "|"), END_CLEAN);
}

static void decode_03_little_endian(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    codec.little_endian = true;
    expect_frames(&codec, BYTES("\x09\0\0\0" ABC), BYTES(ABC "|"), END_CLEAN);
}

#define THREE                                                                  \
    "\0\0\0\x09" ABC "\0\0\0\x03"                                              \
    "123"                                                                      \
    "\0\0\0\x0b" HELLO

static void decode_05_three_in_one_read(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    expect_frames(&codec, BYTES(THREE), BYTES(ABC "|123|" HELLO "|"),
                  END_CLEAN);
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
    static const char *const pieces[] = {
        "\0\0",
        "\0\x09"
        "abc",
        "defghi",
        "\0\0\0\x03"
        "12",
        "3\0\0\0\x0b" HELLO,
    };
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

static void decode_10_11_half_a_head(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    expect_frames(&codec, BYTES("\0\0"), BYTES(""), END_TRUNCATED);
}

static void decode_12_half_a_payload(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    expect_frames(&codec,
                  BYTES("\0\0\0\x09"
                        "abcd"),
                  BYTES(""), END_TRUNCATED);
}

/* S3: the original takes this for a clean end. */
static void decode_S3_whole_head_then_end(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    expect_frames(&codec, BYTES("\0\0\0\x09"), BYTES(""), END_TRUNCATED);
}

static void decode_13_too_big(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    codec.max_frame = 5;
    expect_frames(&codec, BYTES("\0\0\0\x09" ABC), BYTES(""), END_ERROR);
    expect_frames(&codec,
                  BYTES("\0\0\0\x05"
                        "abcde"
                        "\0\0\0\x06"
                        "abcdef"),
                  BYTES("abcde|"), END_ERROR);
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

static void decode_16_field_1(void)
{
    struct codec codec = with_field(1);

    expect_frames(&codec, BYTES("\x09" ABC), BYTES(ABC "|"), END_CLEAN);
}

static void decode_17_offset(void)
{
    struct codec codec = with_options(2, 4, 0, NUM_SKIP_HEAD);

    expect_frames(&codec,
                  BYTES("zzzz\0\x09" ABC "zzzz\0\x03"
                        "123"
                        "zzzz\0\x0b" HELLO),
                  BYTES(ABC "|123|" HELLO "|"), END_CLEAN);
}

static void decode_18_with_head(void)
{
    struct codec codec = with_options(2, 2, 4, 0);

    expect_frames(&codec,
                  BYTES("xx\0\x09" ABC "yy\0\x03"
                        "123"
                        "zz\0\x0b" HELLO),
                  BYTES("xx\0\x09" ABC "|yy\0\x03"
                        "123|zz\0\x0b" HELLO "|"),
                  END_CLEAN);
}

static void decode_19_skip(void)
{
    struct codec codec = with_options(3, 0, 0, 4);

    expect_frames(&codec,
                  BYTES("\0\0\x0b\x0c"
                        "Hello world"),
                  BYTES("Hello world|"), END_CLEAN);
}

static void decode_20_length_counts_the_head(void)
{
    struct codec codec = with_options(2, 0, -2, NUM_SKIP_HEAD);

    expect_frames(&codec,
                  BYTES("\0\x0b" ABC "\0\x05"
                        "123"
                        "\0\x0d" HELLO),
                  BYTES(ABC "|123|" HELLO "|"), END_CLEAN);
}

/* ---- encode, by number ---- */

static void encode_21_adjustment(void)
{
    struct codec codec = with_options(4, 0, -2, NUM_SKIP_HEAD);

    expect_encoded(&codec, BYTES(ABC), BYTES("\0\0\0\x0b" ABC));
}

static void encode_23_25_26_one_and_three(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct buffer out = {0};

    expect_encoded(&codec, BYTES(ABC), BYTES("\0\0\0\x09" ABC));
    CHECK(frame_append(&codec, BYTES(ABC), &out));
    CHECK(frame_append(&codec, BYTES("123"), &out));
    CHECK(frame_append(&codec, BYTES(HELLO), &out));
    CHECK_BUFFER(&out, THREE);
    buffer_free(&out);
    expect_encoded(&codec, BYTES("123"),
                   BYTES("\0\0\0\x03"
                         "123"));
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

static void encode_28_29_order_and_field(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    codec.little_endian = true;
    expect_encoded(&codec, BYTES(ABC), BYTES("\x09\0\0\0" ABC));
    codec = with_field(1);
    expect_encoded(&codec, BYTES(ABC), BYTES("\x09" ABC));
}

static void encode_30_31_too_big(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct buffer out = {0};

    codec.max_frame = 5;
    expect_refused(&codec, 6);
    CHECK(frame_append(&codec, BYTES("abcde"), &out));
    CHECK(!frame_append(&codec, BYTES("abcdef"), &out));
    CHECK_BUFFER(&out, "\0\0\0\x05"
                       "abcde");
    buffer_free(&out);
}

static void encode_32_limit_falls_within(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct buffer out = {0};

    CHECK(frame_append(&codec, BYTES("abcdef"), &out));
    buffer_consume(&out, 6); /* half of it is on its way */
    codec.max_frame = 5;
    CHECK(!frame_append(&codec, BYTES("abcdef"), &out));
    CHECK_BUFFER(&out, "cdef");
    buffer_free(&out);
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
    static const char golden[] = "\0\0\0\0\0\0\0\3"
                                 "abc";

    for (int field_len = 1; field_len <= 8; field_len++) {
        struct codec codec = with_field(field_len);
        size_t len = (size_t)field_len + 3;

        check_step("a field of %d bytes", field_len);
        expect_encoded(&codec, BYTES("abc"), golden + 8 - field_len, len);
        expect_frames(&codec, golden + 8 - field_len, len, BYTES("abc|"),
                      END_CLEAN);
    }
}

static void manual_examples(void)
{
    struct codec codec = with_options(2, 0, 0, NUM_SKIP_HEAD);

    expect_frames(&codec,
                  BYTES("\0\x0b"
                        "Hello world"),
                  BYTES("Hello world|"), END_CLEAN);
    codec = with_options(2, 0, 2, 0);
    expect_frames(&codec,
                  BYTES("\0\x0b"
                        "Hello world"),
                  BYTES("\0\x0b"
                        "Hello world|"),
                  END_CLEAN);
    codec = with_options(2, 0, -2, NUM_SKIP_HEAD);
    expect_frames(&codec,
                  BYTES("\0\x0d"
                        "Hello world"),
                  BYTES("Hello world|"), END_CLEAN);
    codec = with_options(3, 0, 5, 0);
    expect_frames(&codec,
                  BYTES("\0\0\x0b\xca\xfe"
                        "Hello world"),
                  BYTES("\0\0\x0b\xca\xfe"
                        "Hello world|"),
                  END_CLEAN);
    codec = with_options(2, 1, 1, 3);
    expect_frames(&codec,
                  BYTES("\xca\0\x0b\xfe"
                        "Hello world"),
                  BYTES("\xfe"
                        "Hello world|"),
                  END_CLEAN);
    codec = with_options(2, 1, -3, 3);
    expect_frames(&codec,
                  BYTES("\xca\0\x0f\xfe"
                        "Hello world"),
                  BYTES("\xfe"
                        "Hello world|"),
                  END_CLEAN);
    codec = with_options(3, 0, 0, 4);
    expect_frames(&codec,
                  BYTES("\0\0\x0b\xff"
                        "Hello world"),
                  BYTES("Hello world|"), END_CLEAN);
}

static void zero_length(void)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);

    expect_frames(&codec, BYTES("\0\0\0\0\0\0\0\0\0\0\0\1x\0\0\0\0"),
                  BYTES("||x||"), END_CLEAN);
    expect_encoded(&codec, NULL, 0, BYTES("\0\0\0\0"));
}

/* S1, S2: the limit is the payload's. The original looks at the length on the
 * wire, so that the first of these is refused there and the second passes. */
static void limit_S1_S2_is_the_payloads(void)
{
    struct codec codec = with_options(2, 0, -2, NUM_SKIP_HEAD);

    codec.max_frame = 9;
    expect_frames(&codec, BYTES("\0\x0b" ABC), BYTES(ABC "|"), END_CLEAN);
    expect_encoded(&codec, BYTES(ABC), BYTES("\0\x0b" ABC));
    codec.adjustment = 2;
    codec.max_frame = 8;
    expect_frames(&codec, BYTES("\0\x07" ABC), BYTES(""), END_ERROR);
}

/* S4: with nothing skipped a length can point at no bytes at all. The original
 * then gives out empty frames for ever. */
static void length_S4_frame_of_no_bytes(void)
{
    struct codec codec = with_options(2, 0, 0, 0);

    expect_frames(&codec, BYTES("\0\0xyz"), BYTES(""), END_ERROR);
}

/* A frame shorter than its own head: what is beyond it begins the next. */
static void length_within_its_head(void)
{
    struct codec codec = with_options(1, 2, 0, 0);

    expect_frames(&codec, BYTES("ab\1\2\2"), BYTES("a|b\1|"), END_TRUNCATED);
}

static void length_over_or_under(void)
{
    struct codec codec = with_options(1, 0, -2, NUM_SKIP_HEAD);

    expect_frames(&codec, BYTES("\2\1x"), BYTES("|"), END_ERROR);
    codec = with_options(8, 0, 1, NUM_SKIP_HEAD);
    codec.max_frame = UINT64_MAX;
    expect_frames(&codec, BYTES("\xff\xff\xff\xff\xff\xff\xff\xffxyz"),
                  BYTES(""), END_ERROR);
    codec.adjustment = 0; /* fits 64 bits, but not behind its head */
    expect_frames(&codec, BYTES("\xff\xff\xff\xff\xff\xff\xff\xffxyz"),
                  BYTES(""), END_ERROR);
    codec = with_options(1, 0, 300, NUM_SKIP_HEAD); /* nor does 300 - 300 */
    expect_frames(&codec, BYTES("\1x"), BYTES(""), END_TRUNCATED);
    codec = with_options(1, 0, -300, NUM_SKIP_HEAD);
    expect_refused(&codec, 0);
    codec = with_options(1, 0, 5, NUM_SKIP_HEAD);
    expect_refused(&codec, 4);
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
    codec = with_options(8, SIZE_MAX - 7, 0, 0);
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

/* ---- line ---- */

static void line_ends(void)
{
    struct codec codec = codec_defaults(CODEC_LINE);

    expect_frames(&codec, BYTES("one\ntwo\r\n\n\r\nth\rree\n"),
                  BYTES("one|two|||th\rree|"), END_CLEAN);
    expect_frames(&codec, BYTES("one\ntw"), BYTES("one|"), END_TRUNCATED);
    expect_frames(&codec, BYTES("a\r\r\n\0\xff\n"), BYTES("a\r|\0\xff|"),
                  END_CLEAN);
    expect_encoded(&codec, BYTES("one"), BYTES("one\n"));
    expect_encoded(&codec, NULL, 0, BYTES("\n"));
}

static void line_limit(void)
{
    struct codec codec = codec_defaults(CODEC_LINE);

    codec.max_frame = 5;
    expect_frames(&codec, BYTES("abcde\nabcde\r\n"), BYTES("abcde|abcde|"),
                  END_CLEAN);
    expect_frames(&codec, BYTES("abcdef\n"), BYTES(""), END_ERROR);
    expect_frames(&codec, BYTES("abcdef\r\n"), BYTES(""), END_ERROR);
    expect_frames(&codec, BYTES("abcdef"), BYTES(""), END_ERROR);
    expect_frames(&codec, BYTES("abcde\r"), BYTES(""), END_TRUNCATED);
    expect_frames(&codec, BYTES("abcde\r\r\n"), BYTES(""), END_ERROR);
    expect_refused(&codec, 6);
    codec.max_frame = UINT64_MAX;
    expect_frames(&codec, BYTES("abcde\nf"), BYTES("abcde|"), END_TRUNCATED);
    codec.max_frame = 0;
    expect_frames(&codec, BYTES("\n\r\n"), BYTES("||"), END_CLEAN);
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

/* ---- tlv, grpc ---- */

static void tlv_skips_unknown_types(void)
{
    struct codec codec = codec_defaults(CODEC_TLV);

    expect_encoded(&codec, BYTES("abc"), BYTES("\1\0\0\0\3abc"));
    expect_frames(&codec, BYTES("\1\0\0\0\3abc\1\0\0\0\0"), BYTES("abc||"),
                  END_CLEAN);
    expect_frames(&codec,
                  BYTES("\2\0\0\0\3xyz\0\0\0\0\0\1\0\0\0\3abc\xff\0\0\0\1z"
                        "\1\0\0\0\2de\7\0\0\0\1g"),
                  BYTES("abc|de|"), END_CLEAN);
    expect_frames(&codec, BYTES("\2\0\0\0\3xy"), BYTES(""), END_TRUNCATED);
    expect_frames(&codec, BYTES("\1\0\0\0"), BYTES(""), END_TRUNCATED);
}

static void tlv_limit(void)
{
    struct codec codec = codec_defaults(CODEC_TLV);

    codec.max_frame = 3;
    expect_frames(&codec, BYTES("\1\0\0\0\3abc\1\0\0\0\4abcd"), BYTES("abc|"),
                  END_ERROR);
    expect_frames(&codec, BYTES("\2\xff\xff\xff\xff"), BYTES(""), END_ERROR);
    expect_refused(&codec, 4);
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

static void grpc_flag(void)
{
    struct codec codec = codec_defaults(CODEC_GRPC);

    expect_encoded(&codec, BYTES("abc"), BYTES("\0\0\0\0\3abc"));
    expect_frames(&codec, BYTES("\0\0\0\0\3abc\0\0\0\0\0"), BYTES("abc||"),
                  END_CLEAN);
    expect_frames(&codec, BYTES("\0\0\0\0\3abc\1\0\0\0\3abc"), BYTES("abc|"),
                  END_ERROR);
    expect_frames(&codec, BYTES("\2\0\0\0\3abc"), BYTES(""), END_ERROR);
    expect_frames(&codec, BYTES("\0\0\x40\0\1"), BYTES(""), END_ERROR);
    expect_frames(&codec, BYTES("\0\0\x40\0\0"), BYTES(""), END_TRUNCATED);
    expect_frames(&codec, BYTES("\0\xff\xff\xff\xff"), BYTES(""), END_ERROR);
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

static const struct check_case cases[] = {
    CASE(decode_01_nothing, "unit"),
    CASE(decode_02_one, "unit"),
    CASE(decode_03_little_endian, "unit"),
    CASE(decode_05_three_in_one_read, "unit"),
    CASE(decode_06_07_pieces, "unit"),
    CASE(decode_10_11_half_a_head, "unit"),
    CASE(decode_12_half_a_payload, "unit"),
    CASE(decode_13_too_big, "unit"),
    CASE(decode_14_limit_falls_between, "unit"),
    CASE(decode_15_limit_falls_within, "unit"),
    CASE(decode_16_field_1, "unit"),
    CASE(decode_17_offset, "unit"),
    CASE(decode_18_with_head, "unit"),
    CASE(decode_19_skip, "unit"),
    CASE(decode_20_length_counts_the_head, "unit"),
    CASE(decode_S3_whole_head_then_end, "unit"),
    CASE(encode_21_adjustment, "unit"),
    CASE(encode_23_25_26_one_and_three, "unit"),
    CASE(encode_27_two_bytes_at_a_time, "unit"),
    CASE(encode_28_29_order_and_field, "unit"),
    CASE(encode_30_31_too_big, "unit"),
    CASE(encode_32_limit_falls_within, "unit"),
    CASE(encode_34_no_room, "unit"),
    CASE(encode_34_buffer_grows, "unit"),
    CASE(clamp_35_36_field_1, "unit"),
    CASE(clamp_37_to_41_every_field, "unit"),
    CASE(golden_bytes, "unit"),
    CASE(manual_examples, "unit"),
    CASE(zero_length, "unit"),
    CASE(limit_S1_S2_is_the_payloads, "unit"),
    CASE(length_S4_frame_of_no_bytes, "unit"),
    CASE(length_within_its_head, "unit"),
    CASE(length_over_or_under, "unit"),
    CASE(limit_at_the_edge, "unit"),
    CASE(long_lengths, "unit"),
    CASE(validity, "unit"),
    CASE(names, "unit"),
    CASE(line_ends, "unit"),
    CASE(line_limit, "unit"),
    CASE(line_breaks_binary, "unit"),
    CASE(line_is_not_rescanned, "unit"),
    CASE(tlv_skips_unknown_types, "unit"),
    CASE(tlv_limit, "unit"),
    CASE(tlv_skipped_is_dropped, "unit"),
    CASE(grpc_flag, "unit"),
    CASE(head_is_read_once, "unit"),
};

int main(int argc, char **argv)
{
    return check_main(argc, argv, cases, CHECK_COUNT(cases));
}
