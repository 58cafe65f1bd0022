/* 07-framing/frame.c - what the codecs have in common. See frame.h. */
#include "frame.h"

#include <errno.h>
#include <string.h>

#include "codecs.h"

enum { KIB = 1024, MIB = 1024 * KIB };

static const struct {
    const char *name;
    enum codec_kind kind;
    uint64_t max_frame;
} codecs[] = {
    {"length", CODEC_LENGTH, 8 * MIB}, {"line", CODEC_LINE, 64 * KIB},
    {"tlv", CODEC_TLV, 8 * MIB},       {"grpc", CODEC_GRPC, 4 * MIB},
    {"http", CODEC_HTTP, 8 * MIB},
};

struct codec codec_defaults(enum codec_kind kind)
{
    return (struct codec){
        .kind = kind,
        .max_frame = codecs[kind].max_frame,
        .field_len = 4,
        .num_skip = NUM_SKIP_HEAD,
    };
}

bool codec_named(const char *name, struct codec *codec)
{
    for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        if (strcmp(codecs[i].name, name) == 0) {
            *codec = codec_defaults(codecs[i].kind);
            return true;
        }
    }
    return false;
}

bool codec_is_valid(const struct codec *codec)
{
    return codec->field_len >= 1 && codec->field_len <= 8 &&
           codec->field_offset <= SIZE_MAX - 8;
}

uint64_t codec_max_frame(const struct codec *codec)
{
    uint64_t most = UINT64_MAX;

    if (codec->kind == CODEC_LENGTH)
        most = length_field_max(codec);
    else if (codec->kind == CODEC_TLV || codec->kind == CODEC_GRPC)
        most = UINT32_MAX;
    return codec->max_frame < most ? codec->max_frame : most;
}

enum frame_status frame_fail(struct decoder *d, const char *why)
{
    d->why = why;
    return FRAME_ERROR;
}

static enum frame_status find_end(const struct codec *codec, struct decoder *d,
                                  const char *bytes, size_t len,
                                  struct frame *frame)
{
    switch (codec->kind) {
    case CODEC_LENGTH: return length_find_end(codec, d, bytes, len, frame);
    case CODEC_LINE: return line_find_end(codec, d, bytes, len, frame);
    case CODEC_TLV: return tlv_find_end(codec, d, bytes, len, frame);
    case CODEC_GRPC: return grpc_find_end(codec, d, bytes, len, frame);
    case CODEC_HTTP: return http_find_end(codec, d, bytes, len, frame);
    }
    return frame_fail(d, "no such codec");
}

/* The frame's end is known, but it has not come yet. */
static enum frame_status wait_for_rest(struct decoder *d, struct frame *frame)
{
    bool expects = d->http.expects;

    d->next = *frame;
    d->http.expects = false; /* the peer is told once */
    *frame = (struct frame){.expects = expects};
    return expects ? FRAME_READY : FRAME_MORE;
}

/* One frame, be it one to skip: d->skip tells. */
static enum frame_status decode_one(const struct codec *codec,
                                    struct decoder *d, const char *bytes,
                                    size_t len, struct frame *frame)
{
    enum frame_status status = FRAME_READY;

    if (d->why != NULL)
        return FRAME_ERROR;
    if (len == 0)
        return FRAME_MORE;
    if (d->next.used > 0)
        *frame = d->next;
    else
        status = find_end(codec, d, bytes, len, frame);
    if (status != FRAME_READY)
        return status;
    if (len < frame->used)
        return wait_for_rest(d, frame);
    d->next.used = 0;
    d->scanned = 0;
    return FRAME_READY;
}

enum frame_status frame_decode(const struct codec *codec, struct decoder *d,
                               const char *bytes, size_t len,
                               struct frame *frame)
{
    enum frame_status status;
    size_t skipped = 0;

    for (;;) {
        *frame = (struct frame){0};
        status = decode_one(codec, d, bytes, len, frame);
        if (status != FRAME_READY || !d->skip)
            break;
        skipped += frame->used;
        bytes += frame->used;
        len -= frame->used;
    }
    frame->offset += skipped;
    frame->used += skipped;
    frame->http = &d->http;
    return status;
}

static int put_head(const struct codec *codec, size_t len, char *head)
{
    switch (codec->kind) {
    case CODEC_LENGTH: return length_put_head(codec, len, head);
    case CODEC_LINE: return 0;
    case CODEC_TLV: return tlv_put_head(len, head);
    case CODEC_GRPC: return grpc_put_head(len, head);
    case CODEC_HTTP: return http_put_head(codec, len, head);
    }
    return -1;
}

size_t frame_encode(const struct codec *codec, const char *payload, size_t len,
                    char *out, size_t room)
{
    char head[HEAD_MAX];
    size_t tail_len = codec->kind == CODEC_LINE ? 1 : 0;
    size_t head_len, need;
    int put;

    if (len > codec_max_frame(codec) || len > SIZE_MAX - HEAD_MAX)
        return 0;
    put = put_head(codec, len, head);
    if (put == -1)
        return 0;
    head_len = (size_t)put;
    need = head_len + len + tail_len;
    if (need > room)
        return need;
    memcpy(out, head, head_len);
    if (len > 0) /* else payload may be NULL, which memcpy may not be given */
        memcpy(out + head_len, payload, len);
    if (tail_len > 0)
        out[need - 1] = '\n';
    return need;
}

/* The room is measured generously: to measure it exactly, the frame would have
 * to be encoded twice. */
bool frame_append(const struct codec *codec, const char *payload, size_t len,
                  struct buffer *out)
{
    size_t most = len + HEAD_MAX + 1;
    char *room;
    size_t n;

    if (len > codec_max_frame(codec) || most < len) {
        errno = EMSGSIZE;
        return false;
    }
    room = buffer_room(out, most);
    if (room == NULL)
        return false;
    n = frame_encode(codec, payload, len, room, most);
    buffer_grew(out, n);
    if (n == 0)
        errno = EMSGSIZE;
    return n > 0;
}
