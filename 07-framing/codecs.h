/*
 * 07-framing/codecs.h - what each codec is made of. Only frame.c calls these.
 *
 * X_find_end looks for the end of the frame that begins at bytes[0] (len > 0).
 * FRAME_READY: it is in *frame (offset, len, used > 0; last), though not all
 * of it need have come yet; a codec that has frames to skip says in d->skip
 * of each whether it is one. FRAME_MORE: the end cannot be told yet.
 *
 * X_put_head writes what stands before a payload of `len` bytes, which the
 * caller has held against the limit, and returns its length, or -1 when it
 * cannot be written.
 */
#ifndef CODECS_H
#define CODECS_H

#include "frame.h"

enum {
    HEAD_MAX = 128,       /* what a put_head writes at most */
    HTTP_HEAD_MAX = 8192, /* what an HTTP head may have, its empty line too */
};

enum frame_status length_find_end(const struct codec *codec, struct decoder *d,
                                  const char *bytes, size_t len,
                                  struct frame *frame);
enum frame_status line_find_end(const struct codec *codec, struct decoder *d,
                                const char *bytes, size_t len,
                                struct frame *frame);
enum frame_status tlv_find_end(const struct codec *codec, struct decoder *d,
                               const char *bytes, size_t len,
                               struct frame *frame);
enum frame_status grpc_find_end(const struct codec *codec, struct decoder *d,
                                const char *bytes, size_t len,
                                struct frame *frame);
enum frame_status http_find_end(const struct codec *codec, struct decoder *d,
                                const char *bytes, size_t len,
                                struct frame *frame);

int length_put_head(const struct codec *codec, size_t len, char *head);
int tlv_put_head(size_t len, char *head);
int grpc_put_head(size_t len, char *head);
int http_put_head(const struct codec *codec, size_t len, char *head);

/* The longest payload that a length field with this adjustment can announce. */
uint64_t length_field_max(const struct codec *codec);

/* Ends the stream: notes why, returns FRAME_ERROR. */
enum frame_status frame_fail(struct decoder *d, const char *why);

/* A frame of `skip` bytes, then `len` of payload; refused when `len` is over
 * the limit. In the header because it is called for every frame. */
static inline enum frame_status frame_found(const struct codec *codec,
                                            struct decoder *d, size_t skip,
                                            uint64_t len, struct frame *frame)
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

/* An unsigned integer of `len` bytes, 1..8. */
uint64_t read_uint(const char *bytes, int len, bool little_endian);
void write_uint(char *bytes, int len, bool little_endian, uint64_t value);

#endif
