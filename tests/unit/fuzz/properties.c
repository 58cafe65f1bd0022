/* tests/unit/fuzz/properties.c - see properties.h. */
#include "properties.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "command.h"
#include "feed.h"

enum { BYTEWISE_MAX = 300 }; /* longer inputs are cut into larger pieces only */

/* Pieces of 1 to `most` bytes. */
static void feed_in_pieces(struct feed *f, const struct codec *codec,
                           const char *bytes, size_t len, unsigned most)
{
    unsigned long long seed = len;

    feed_begin(f, codec);
    for (size_t at = 0; at < len;) {
        size_t n = 1 + random_below(&seed, most);

        n = n < len - at ? n : len - at;
        feed_piece(f, bytes + at, n);
        at += n;
    }
    feed_end(f);
}

static void check_same(struct feed *f, struct feed *whole)
{
    CHECK_BYTES(buffer_front(&f->said), buffer_len(&f->said),
                buffer_front(&whole->said), buffer_len(&whole->said));
    CHECK_EQ(f->frames, whole->frames);
    CHECK_EQ(f->ending, whole->ending);
    CHECK_EQ(f->dropped, whole->dropped);
    CHECK_EQ(f->decoder.http_status, whole->decoder.http_status);
    CHECK(f->decoder.why == whole->decoder.why); /* the same words */
    feed_free(f);
}

/* A line that ends with CR loses it. */
static bool can_come_back(const struct codec *codec, const char *payload,
                          size_t len)
{
    return codec->kind != CODEC_LINE || len == 0 || payload[len - 1] != '\r';
}

/* What would decode what `codec` encodes. */
static struct codec reverse_of(const struct codec *codec)
{
    struct codec reverse = *codec;

    reverse.is_client = !codec->is_client;
    reverse.field_offset = 0;
    reverse.num_skip = NUM_SKIP_HEAD;
    return reverse;
}

static void check_comes_back(const struct codec *codec, const char *payload,
                             size_t len)
{
    struct codec reverse = reverse_of(codec);
    struct buffer out = {0};
    struct decoder d = {0};
    struct frame frame;

    if (!can_come_back(codec, payload, len) ||
        !frame_append(codec, payload, len, &out))
        return;
    CHECK(frame_decode(&reverse, &d, buffer_front(&out), buffer_len(&out),
                       &frame) == FRAME_READY);
    CHECK_EQ(frame.used, buffer_len(&out));
    CHECK_BYTES(buffer_front(&out) + frame.offset, frame.len, payload, len);
    buffer_free(&out);
}

/* A codec that has one way only to write a frame. */
static bool is_canonical(const struct codec *codec)
{
    return codec->kind == CODEC_GRPC ||
           (codec->kind == CODEC_LENGTH && codec->field_offset == 0 &&
            codec->num_skip == NUM_SKIP_HEAD);
}

static void check_frames(const struct codec *codec, const char *bytes,
                         size_t len)
{
    struct decoder d = {0};
    struct buffer again = {0};
    struct frame frame;
    size_t at = 0;

    while (frame_decode(codec, &d, bytes + at, len - at, &frame) ==
           FRAME_READY) {
        check_comes_back(codec, bytes + at + frame.offset, frame.len);
        if (is_canonical(codec))
            CHECK(frame_append(codec, bytes + at + frame.offset, frame.len,
                               &again));
        at += frame.used;
        if (len - at == 0)
            break;
    }
    if (is_canonical(codec))
        CHECK_BYTES(buffer_front(&again), buffer_len(&again), bytes, at);
    buffer_free(&again);
}

void check_stream(const struct codec *codec, const char *bytes, size_t len)
{
    struct feed whole, pieces;

    feed_begin(&whole, codec);
    feed_piece(&whole, bytes, len);
    feed_end(&whole);
    feed_in_pieces(&pieces, codec, bytes, len, (unsigned)(len / 4 % 4096) + 2);
    check_same(&pieces, &whole);
    if (len <= BYTEWISE_MAX) {
        feed_in_pieces(&pieces, codec, bytes, len, 1);
        check_same(&pieces, &whole);
    }
    feed_free(&whole);
    if (len > 0)
        check_frames(codec, bytes, len);
}

/* Options of the codec `length` out of the first bytes of an input; returns
 * how many were taken. */
static size_t take_options(struct codec *codec, const char *bytes, size_t len)
{
    enum { TAKEN = 4 };

    *codec = codec_defaults(CODEC_LENGTH);
    if (len < TAKEN)
        return 0;
    codec->field_len = 1 + (bytes[0] & 7);
    codec->little_endian = (bytes[0] & 8) != 0;
    codec->field_offset = (size_t)(bytes[1] & 7);
    codec->num_skip =
        (bytes[1] & 8) != 0 ? (size_t)(bytes[1] >> 4 & 15) : NUM_SKIP_HEAD;
    codec->adjustment = (signed char)bytes[2];
    codec->max_frame =
        (bytes[3] & 1) != 0 ? UINT64_MAX : (uint64_t)(bytes[3] & 0xff);
    return TAKEN;
}

/* ---- the key-value messages ---- */

static char *exact_copy(const char *bytes, size_t len)
{
    char *copy = malloc(len);

    CHECK(copy != NULL || len == 0);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

static void check_within(struct span s, struct span message)
{
    if (s.len == 0)
        return;
    CHECK(s.bytes >= message.bytes);
    CHECK(s.bytes + s.len <= message.bytes + message.len);
}

static void check_pair_within(const struct kv_pair *pair, struct span message)
{
    check_within(pair->key, message);
    if (pair->value.type == KV_STRING || pair->value.type == KV_BINARY)
        check_within(pair->value.bytes, message);
}

enum { LIST_MAX = 64 }; /* of a list, so many are written again */

/* Reads a request and writes it again; false when it is malformed. */
static bool rewrite_request(struct span message, struct buffer *out)
{
    struct kv_request r;
    struct kv_walk walk;
    struct span keys[LIST_MAX];
    struct kv_pair pairs[LIST_MAX];
    size_t count = 0;

    if (!kv_read_request(message, &r))
        return false;
    check_within(r.table, message);
    walk = kv_walk(&r);
    switch (r.command) {
    case KV_NONE: return true;
    case KV_HSET:
        check_pair_within(&r.pair, message);
        return kv_put_pairs_request(out, r.command, r.table, &r.pair,
                                    r.has_pair);
    case KV_HMSET:
        for (; count < LIST_MAX && kv_next_pair(&walk, &pairs[count]); count++)
            check_pair_within(&pairs[count], message);
        return kv_put_pairs_request(out, r.command, r.table, pairs, count);
    case KV_HGET:
    case KV_HDEL:
    case KV_HEXIST: keys[count++] = r.key; break;
    default:
        while (count < LIST_MAX && kv_next_key(&walk, &keys[count]))
            count++;
    }
    for (size_t i = 0; i < count; i++)
        check_within(keys[i], message);
    return kv_put_keys_request(out, r.command, r.table, keys, count);
}

static bool rewrite_response(struct span message, struct buffer *out)
{
    struct kv_response r;
    struct kv_value value;
    struct kv_pair pair;
    struct span lists;

    if (!kv_read_response(message, &r))
        return false;
    check_within(r.message, message);
    CHECK(kv_put_status(out, r.status) && kv_put_message(out, r.message));
    for (lists = r.lists; kv_next_value(&lists, &value);)
        CHECK(kv_put_value(out, &value));
    for (lists = r.lists; kv_next_answer_pair(&lists, &pair);) {
        check_pair_within(&pair, message);
        CHECK(kv_put_pair(out, &pair));
    }
    return true;
}

static void check_rewriting(bool rewrite(struct span, struct buffer *),
                            const char *bytes, size_t len)
{
    struct span message = {exact_copy(bytes, len), len};
    struct buffer once = {0}, twice = {0};

    if (rewrite(message, &once)) {
        struct span again = {buffer_front(&once), buffer_len(&once)};

        CHECK(rewrite(again, &twice));
        CHECK_BYTES(buffer_front(&twice), buffer_len(&twice), again.bytes,
                    again.len);
    }
    buffer_free(&once);
    buffer_free(&twice);
    free((char *)message.bytes);
}

void check_decoder(const char *name, const char *bytes, size_t len)
{
    size_t taken = 0;
    struct codec codec;
    int kind = 0;

    if (strcmp(name, "protobuf") == 0) {
        check_rewriting(rewrite_request, bytes, len);
        check_rewriting(rewrite_response, bytes, len);
        return;
    }
    while (strcmp(codec_name(kind), name) != 0)
        kind++;
    codec = codec_defaults((enum codec_kind)kind);
    if (kind == CODEC_LENGTH)
        taken = take_options(&codec, bytes, len);
    check_stream(&codec, bytes + taken, len - taken);
    if (kind == CODEC_HTTP) {
        codec.is_client = true;
        check_stream(&codec, bytes, len);
    }
}
