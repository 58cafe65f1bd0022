/* 07-framing/codec.c - see codec.h. */
#include "codec.h"

enum frame_status frame_fail(struct decoder *d, const char *why)
{
    d->why = why;
    return FRAME_ERROR;
}

enum frame_status frame_found(const struct codec *codec, struct decoder *d,
                              size_t skip, uint64_t len, struct frame *frame)
{
    if (len > codec->max_frame)
        return frame_fail(d, "frame size too big");
    if (len > SIZE_MAX - skip)
        return frame_fail(d, "frame size beyond this machine's memory");
    if (skip + len == 0)
        return frame_fail(d, "a frame of no bytes would come again for ever");
    frame->offset = skip;
    frame->len = (size_t)len;
    frame->used = skip + (size_t)len;
    return FRAME_READY;
}

uint64_t read_uint(const char *bytes, int len, bool little_endian)
{
    int at = little_endian ? len - 1 : 0;
    int step = little_endian ? -1 : 1;
    uint64_t value = 0;

    for (int i = 0; i < len; i++, at += step)
        value = value << 8 | (unsigned char)bytes[at];
    return value;
}

void write_uint(char *bytes, int len, bool little_endian, uint64_t value)
{
    for (int i = len - 1; i >= 0; i--) {
        bytes[little_endian ? len - 1 - i : i] = (char)(value & 0xff);
        value >>= 8;
    }
}
