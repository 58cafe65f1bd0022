/* 07-framing/frame.c - what the codecs have in common. See frame.h. */
#include "frame.h"

#include <errno.h>
#include <string.h>

static const struct codec_form *const forms[] = {
    [CODEC_LENGTH] = &length_form, [CODEC_LINE] = &line_form,
    [CODEC_TLV] = &tlv_form,       [CODEC_GRPC] = &grpc_form,
    [CODEC_HTTP] = &http_form,
};

struct codec codec_defaults(enum codec_kind kind)
{
    return (struct codec){
        .kind = kind,
        .max_frame = forms[kind]->max_frame,
        .field_len = 4,
        .num_skip = NUM_SKIP_HEAD,
    };
}

const char *codec_name(int kind)
{
    return (size_t)kind < sizeof(forms) / sizeof(forms[0]) ? forms[kind]->name
                                                           : NULL;
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
        status = forms[codec->kind]->find_end(codec, d, bytes, len, frame);
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

size_t frame_encode(const struct codec *codec, const char *payload, size_t len,
                    char *out, size_t room)
{
    const struct codec_form *form = forms[codec->kind];
    char head[HEAD_MAX];
    int head_len = 0;
    size_t need;

    if (len > codec_max_frame(codec) || len > SIZE_MAX - HEAD_MAX)
        return 0;
    if (form->put_head != NULL)
        head_len = form->put_head(codec, len, head);
    if (head_len == -1)
        return 0;
    need = (size_t)head_len + len + strlen(form->tail);
    if (need > room)
        return need;
    memcpy(out, head, (size_t)head_len);
    if (len > 0) /* else payload may be NULL, which memcpy may not be given */
        memcpy(out + head_len, payload, len);
    memcpy(out + head_len + len, form->tail, strlen(form->tail));
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
