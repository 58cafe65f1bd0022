/*
 * 07-framing/frame_grpc.c - gRPC's Length-Prefixed-Message: a flag of 1 byte
 * that says whether the message is compressed, its length in 4 (big-endian),
 * the message (gRPC over HTTP2, "Length-Prefixed-Message"). HTTP/2 is not part
 * of this.
 */
#include "codec.h"

enum { FLAG_LEN = 1, LENGTH_LEN = 4, GRPC_HEAD = FLAG_LEN + LENGTH_LEN };

static enum frame_status grpc_find_end(const struct codec *codec,
                                       struct decoder *d, const char *bytes,
                                       size_t len, struct frame *frame)
{
    if (len < GRPC_HEAD)
        return FRAME_MORE;
    /* We could cut a compressed message out, but would hand on bytes that
     * nobody here can read. */
    if (bytes[0] != 0)
        return frame_fail(d, bytes[0] == 1
                                 ? "compressed messages are not understood"
                                 : "the compressed flag is neither 0 nor 1");
    return frame_found(codec, d, GRPC_HEAD,
                       read_uint(bytes + FLAG_LEN, LENGTH_LEN, false), frame);
}

static int grpc_put_head(const struct codec *codec, size_t len, char *head)
{
    (void)codec;
    head[0] = 0;
    write_uint(head + FLAG_LEN, LENGTH_LEN, false, len);
    return GRPC_HEAD;
}

const struct codec_form grpc_form = {"grpc", 4 * 1024 * 1024, grpc_find_end,
                                     grpc_put_head, ""};
