/*
 * 07-framing/codec.h - what a codec is told, what it remembers of a stream,
 * and what it is made of. Whoever uses codecs calls frame.h; whoever writes
 * one (frame_length.c and the like) needs this alone.
 */
#ifndef CODEC_H
#define CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http.h"

enum codec_kind {
    CODEC_LENGTH, /* a length, then the payload */
    CODEC_LINE,   /* the payload, then "\n" or "\r\n" */
    CODEC_TLV,    /* a type of 1 byte, a length of 4, the value */
    CODEC_GRPC,   /* a flag of 1 byte, a length of 4, the message */
    CODEC_HTTP,   /* a head up to an empty line; it says how long the body is */
};

/* num_skip's default: the bytes before the field and the field itself. */
#define NUM_SKIP_HEAD SIZE_MAX

/* What the wire looks like. Start from codec_defaults, then change what is to
 * differ; codec_is_valid says whether that can work. Only max_frame may be
 * changed once frames have been decoded: it holds from the next frame on, and
 * one whose length is known already still passes. */
struct codec {
    enum codec_kind kind;
    uint64_t max_frame; /* of the payload, both ways; see codec_max_frame */

    /* CODEC_LENGTH */
    bool little_endian;  /* byte order of the length field */
    int field_len;       /* its size in bytes, 1..8 */
    size_t field_offset; /* decode: bytes before the field */
    int64_t adjustment;  /* payload = wire + adjustment, and the reverse */
    size_t num_skip;     /* decode: bytes dropped before the payload is cut */

    /* CODEC_HTTP */
    bool is_client; /* decode responses and encode requests, not the reverse */
};

enum frame_status { FRAME_MORE, FRAME_READY, FRAME_ERROR };

/* A frame in the bytes handed over, or (after FRAME_MORE and FRAME_ERROR) just
 * what can be dropped: frames that are skipped. */
struct frame {
    size_t offset; /* of the payload */
    size_t len;    /* of the payload */
    size_t used;   /* bytes to drop from the front now */
    bool last;     /* http: the peer asks for the connection to be closed */
    bool expects;  /* http: no message; the peer waits for "100 Continue" */
    const struct http_head *http; /* http: what the head said; the decoder's */
};

/* How far one stream has been read. All zeros at its start. */
struct decoder {
    struct frame next; /* used == 0: where this frame ends is not known yet */
    size_t scanned;    /* line, http: bytes of it that hold no end; never
                        * looked at again */
    bool skip;         /* this frame is not for us */
    struct http_head http; /* of this frame */
    const char *why; /* what is wrong with the stream, for the log; stays */
    int http_status; /* http: the status code that says so; else 0 */
};

/* What differs between the codecs: frame_length.c and the like are one each. */
struct codec_form {
    const char *name;
    uint64_t max_frame; /* unless told otherwise */

    /* Looks for the end of the frame that begins at bytes[0] (len > 0).
     * FRAME_READY: it is in *frame (offset, len, used > 0; last), though not
     * all of it need have come yet; a codec that has frames to skip says in
     * d->skip of each whether it is one. FRAME_MORE: the end cannot be told
     * yet. */
    enum frame_status (*find_end)(const struct codec *codec, struct decoder *d,
                                  const char *bytes, size_t len,
                                  struct frame *frame);

    /* Writes what stands before a payload of `len` bytes, which has been held
     * against the limit, and returns its length, HEAD_MAX at most; or -1 when
     * it cannot be written. NULL: nothing stands there. */
    int (*put_head)(const struct codec *codec, size_t len, char *head);
    const char *tail; /* what stands behind the payload */
};

enum { HEAD_MAX = 128 };

extern const struct codec_form length_form, line_form, tlv_form, grpc_form,
    http_form;

/* The longest payload that a length field with this adjustment can announce. */
uint64_t length_field_max(const struct codec *codec);

/* Ends the stream: notes why, returns FRAME_ERROR. */
enum frame_status frame_fail(struct decoder *d, const char *why);

/* A frame of `skip` bytes, then `len` of payload; refused when `len` is over
 * the limit. */
enum frame_status frame_found(const struct codec *codec, struct decoder *d,
                              size_t skip, uint64_t len, struct frame *frame);

/* An unsigned integer of `len` bytes, 1..8. */
uint64_t read_uint(const char *bytes, int len, bool little_endian);
void write_uint(char *bytes, int len, bool little_endian, uint64_t value);

#endif
