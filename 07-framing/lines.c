/* 07-framing/lines.c - see lines.h. */
#include "lines.h"

struct stream lines_for(const struct codec *codec)
{
    struct stream lines = {.codec = codec_defaults(CODEC_LINE)};

    lines.codec.max_frame = codec_max_frame(codec);
    return lines;
}

static bool out_of_memory(struct stream *s)
{
    s->decoder.why = "ENOMEM (out of memory)";
    return false;
}

/* The payload of the next frame, NULL if none is whole; what it took must be
 * dropped then. */
static const char *next_frame(struct stream *s, struct frame *frame)
{
    const char *bytes = buffer_front(&s->begun);

    if (frame_decode(&s->codec, &s->decoder, bytes, buffer_len(&s->begun),
                     frame) == FRAME_READY) {
        s->frames++;
        return bytes + frame->offset;
    }
    buffer_consume(&s->begun, frame->used); /* frames that are skipped */
    if (s->decoder.why != NULL)
        buffer_free(&s->begun);
    return NULL;
}

bool lines_to_frames(struct stream *lines, const char *bytes, size_t len,
                     const struct codec *codec, struct buffer *out)
{
    const char *line;
    struct frame frame;

    if (len == 0 && buffer_len(&lines->begun) > 0) {
        bytes = "\n";
        len = 1;
    }
    if (!buffer_append(&lines->begun, bytes, len))
        return out_of_memory(lines);
    while ((line = next_frame(lines, &frame)) != NULL) {
        if (!frame_append(codec, line, frame.len, out)) {
            lines->frames--; /* it is not sent, so nobody answers it */
            return out_of_memory(lines);
        }
        buffer_consume(&lines->begun, frame.used);
    }
    return lines->decoder.why == NULL;
}

static void put_hex(char *out, const char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *out++ = digits[(unsigned char)bytes[i] >> 4];
        *out++ = digits[(unsigned char)bytes[i] & 15];
    }
}

static bool append_line(const char *payload, size_t len, bool hex,
                        struct buffer *out)
{
    char *room;

    if (!hex)
        return buffer_append(out, payload, len) && buffer_append(out, "\n", 1);
    room = buffer_room(out, 2 * len + 1);
    if (room == NULL)
        return false;
    put_hex(room, payload, len);
    room[2 * len] = '\n';
    buffer_grew(out, 2 * len + 1);
    return true;
}

bool frames_to_lines(struct stream *frames, const char *bytes, size_t len,
                     bool hex, struct buffer *out)
{
    const char *payload;
    struct frame frame;

    if (!buffer_append(&frames->begun, bytes, len))
        return out_of_memory(frames);
    while ((payload = next_frame(frames, &frame)) != NULL) {
        if (!append_line(payload, frame.len, hex, out))
            return out_of_memory(frames);
        buffer_consume(&frames->begun, frame.used);
    }
    return frames->decoder.why == NULL;
}
