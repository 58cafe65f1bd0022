/*
 * 07-framing/frame_length.c - a length, then the payload.
 *
 *     |<- field_offset ->|<- field_len ->|
 *     |<--------- num_skip bytes, dropped --------->|<- wire + adjustment ->|
 *
 * The field and its options are those of tokio-util's LengthDelimitedCodec.
 * Where that holds the limit against the length as it stands on the wire, here
 * it is the payload's on both sides: what can be encoded can be decoded, and
 * no adjustment lifts a frame over the limit.
 */
#include "codec.h"

/* Sets *sum; returns false when it is below zero or needs more than 64 bits. */
static bool add(uint64_t value, int64_t adjustment, uint64_t *sum)
{
    *sum = value + (uint64_t)adjustment; /* modulo 2^64, in both directions */
    return adjustment < 0 ? *sum < value : *sum >= value;
}

/* The reverse; not add(-adjustment), which the smallest int64_t has not. */
static bool subtract(uint64_t value, int64_t adjustment, uint64_t *difference)
{
    *difference = value - (uint64_t)adjustment;
    return adjustment < 0 ? *difference > value : *difference <= value;
}

static uint64_t field_max(const struct codec *codec)
{
    return UINT64_MAX >> (64 - 8 * codec->field_len);
}

uint64_t length_field_max(const struct codec *codec)
{
    uint64_t max;

    if (add(field_max(codec), codec->adjustment, &max))
        return max;
    return codec->adjustment < 0 ? 0 : UINT64_MAX;
}

static enum frame_status length_find_end(const struct codec *codec,
                                         struct decoder *d, const char *bytes,
                                         size_t len, struct frame *frame)
{
    size_t head = codec->field_offset + (size_t)codec->field_len;
    size_t skip = codec->num_skip == NUM_SKIP_HEAD ? head : codec->num_skip;
    uint64_t wire, payload;

    if (len < head || len < skip)
        return FRAME_MORE;
    wire = read_uint(bytes + codec->field_offset, codec->field_len,
                     codec->little_endian);
    if (!add(wire, codec->adjustment, &payload))
        return frame_fail(d, "the length, adjusted, is no length");
    return frame_found(codec, d, skip, payload, frame);
}

static int length_put_head(const struct codec *codec, size_t len, char *head)
{
    uint64_t wire;

    if (!subtract(len, codec->adjustment, &wire) || wire > field_max(codec))
        return -1;
    write_uint(head, codec->field_len, codec->little_endian, wire);
    return codec->field_len;
}

const struct codec_form length_form = {"length", 8 * 1024 * 1024,
                                       length_find_end, length_put_head, ""};
