/*
 * 07-framing/frame_tlv.c - type, length, value: 1 byte, 4 bytes (big-endian),
 * the value.
 *
 * The type lets a protocol grow: who does not know one still knows where it
 * ends, and skips it.
 */
#include "codec.h"

enum { TLV_DATA = 1 }; /* the one type we know; others are skipped whole */
enum { TYPE_LEN = 1, LENGTH_LEN = 4, TLV_HEAD = TYPE_LEN + LENGTH_LEN };

static enum frame_status tlv_find_end(const struct codec *codec,
                                      struct decoder *d, const char *bytes,
                                      size_t len, struct frame *frame)
{
    if (len < TLV_HEAD)
        return FRAME_MORE;
    d->skip = bytes[0] != TLV_DATA;
    return frame_found(codec, d, TLV_HEAD,
                       read_uint(bytes + TYPE_LEN, LENGTH_LEN, false), frame);
}

static int tlv_put_head(const struct codec *codec, size_t len, char *head)
{
    (void)codec;
    head[0] = TLV_DATA;
    write_uint(head + TYPE_LEN, LENGTH_LEN, false, len);
    return TLV_HEAD;
}

const struct codec_form tlv_form = {"tlv", 8 * 1024 * 1024, tlv_find_end,
                                    tlv_put_head, ""};
