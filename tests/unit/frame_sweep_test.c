/*
 * tests/unit/frame_sweep_test.c - the codec length, all options combined: each
 * combination against a second decoder, which is written to be plain and not
 * to be good.
 */
#include "frame.h"

#include <string.h>

#include "check.h"
#include "feed.h"

__extension__ typedef __int128 wide;

/* Written to be plain, not to be good: it takes the whole stream and numbers
 * that cannot overflow. Appends the frames; returns how the stream ends. */
static enum ending read_plainly(const struct codec *c, const char *bytes,
                                size_t len, struct buffer *said)
{
    wide at = 0, end = (wide)len;
    wide head = (wide)c->field_offset + c->field_len;
    wide skip = c->num_skip == NUM_SKIP_HEAD ? head : (wide)c->num_skip;

    while (at < end) {
        wide wire = 0, weight = 1, n;

        if (end - at < head || end - at < skip)
            return END_TRUNCATED;
        for (int i = 0; i < c->field_len; i++, weight *= 256) {
            wide where = c->little_endian ? i : c->field_len - 1 - i;

            wire += weight *
                    (unsigned char)bytes[at + (wide)c->field_offset + where];
        }
        n = wire + c->adjustment;
        if (n < 0 || n > (wide)UINT64_MAX || n > (wide)c->max_frame ||
            n + skip > (wide)SIZE_MAX || n + skip == 0)
            return END_ERROR;
        if (end - at < skip + n)
            return END_TRUNCATED;
        CHECK(buffer_append(said, bytes + at + skip, (size_t)n));
        CHECK(buffer_append(said, "|", 1));
        at += skip + n;
    }
    return END_CLEAN;
}

static void expect_as_plainly(const struct codec *codec, const char *bytes,
                              size_t len, unsigned long long *seed)
{
    struct buffer want = {0};
    enum ending ending = read_plainly(codec, bytes, len, &want);

    for (int way = 0; way < 3; way++) {
        struct feed f;

        feed_begin(&f, codec);
        for (size_t at = 0; at < len;) {
            size_t n = way == 0   ? len
                       : way == 1 ? 1
                                  : 1 + random_below(seed, 9);

            n = n < len - at ? n : len - at;
            feed_piece(&f, bytes + at, n);
            at += n;
        }
        feed_end(&f);
        CHECK_BYTES(buffer_front(&f.said), buffer_len(&f.said),
                    buffer_front(&want), buffer_len(&want));
        CHECK_EQ(f.ending, ending);
        feed_free(&f);
    }
    buffer_free(&want);
}

/* A stream that mostly makes sense to this codec. */
static size_t make_stream(const struct codec *c, char *bytes, size_t room,
                          unsigned long long *seed)
{
    size_t head = c->field_offset + (size_t)c->field_len;
    size_t skip = c->num_skip == NUM_SKIP_HEAD ? head : c->num_skip;
    size_t len = 0;

    for (int frames = 0; frames < 3; frames++) {
        size_t n = random_below(seed, 12);
        uint64_t wire = n - (uint64_t)c->adjustment;
        size_t total = skip + n > head ? skip + n : head;

        if (len + total > room)
            break;
        for (size_t i = 0; i < total; i++)
            bytes[len + i] = (char)random_below(seed, 256);
        for (int i = 0; i < c->field_len; i++) {
            int shift = 8 * (c->little_endian ? i : c->field_len - 1 - i);

            bytes[len + c->field_offset + (size_t)i] = (char)(wire >> shift);
        }
        len += skip + n;
    }
    return len - (random_below(seed, 3) == 0 && len > 0 ? 1 : 0);
}

/* What is encoded decodes to itself, unless it is over the limit. */
static void check_round_trip(const struct codec *codec,
                             unsigned long long *seed)
{
    struct codec back = *codec;
    struct buffer out = {0};
    char payload[16];
    size_t len = random_below(seed, sizeof(payload));

    back.field_offset = 0; /* encode writes the field and the payload */
    back.num_skip = NUM_SKIP_HEAD;
    for (size_t i = 0; i < len; i++)
        payload[i] = (char)random_below(seed, 256);
    if (len > codec_max_frame(codec)) {
        CHECK_EQ(frame_encode(codec, payload, len, NULL, 0), 0);
        return;
    }
    if (frame_append(codec, payload, len, &out)) {
        struct decoder d = {0};
        struct frame frame;

        CHECK(frame_decode(&back, &d, buffer_front(&out), buffer_len(&out),
                           &frame) == FRAME_READY);
        CHECK_EQ(frame.used, buffer_len(&out));
        CHECK_BYTES(buffer_front(&out) + frame.offset, frame.len, payload, len);
    } else { /* then the wire's length would be below zero, or not fit */
        wide wire = (wide)len - codec->adjustment;

        CHECK(wire < 0 || wire >> (8 * codec->field_len) > 0);
    }
    buffer_free(&out);
}

static void sweep_codec(const struct codec *codec, unsigned long long *seed)
{
    char bytes[256];

    check_step("field %d, %s, offset %zu, adjustment %lld, skip %lld, max %llu",
               codec->field_len, codec->little_endian ? "little" : "big",
               codec->field_offset, (long long)codec->adjustment,
               (long long)codec->num_skip,
               (unsigned long long)codec->max_frame);
    CHECK(codec_is_valid(codec));
    for (int i = 0; i < 3; i++) {
        size_t len = make_stream(codec, bytes, sizeof(bytes), seed);

        expect_as_plainly(codec, bytes, len, seed);
        check_round_trip(codec, seed);
    }
}

/* One digit of a number whose digits are choices. */
static unsigned choose(unsigned *rest, size_t choices)
{
    unsigned choice = *rest % (unsigned)choices;

    *rest /= (unsigned)choices;
    return choice;
}

static void every_combination(void)
{
    static const size_t offsets[] = {0, 1, 2, 5};
    static const int64_t adjustments[] = {-300, -9, -2, -1, 0, 1, 2, 9, 300};
    static const size_t skips[] = {NUM_SKIP_HEAD, 0, 1, 3, 8, 20};
    static const uint64_t limits[] = {0, 5, 10, UINT64_MAX};
    unsigned long long seed = 7;

    for (unsigned i = 0;; i++) {
        struct codec codec = codec_defaults(CODEC_LENGTH);
        unsigned rest = i;

        codec.little_endian = choose(&rest, 2) == 1;
        codec.field_len = 1 + (int)choose(&rest, 8);
        codec.field_offset = offsets[choose(&rest, CHECK_COUNT(offsets))];
        codec.adjustment = adjustments[choose(&rest, CHECK_COUNT(adjustments))];
        codec.num_skip = skips[choose(&rest, CHECK_COUNT(skips))];
        codec.max_frame = limits[choose(&rest, CHECK_COUNT(limits))];
        if (rest > 0) /* all digits have gone round */
            break;
        sweep_codec(&codec, &seed);
    }
}

const struct check_case check_cases[] = {
    CASE(every_combination, "unit"),
    {0},
};
