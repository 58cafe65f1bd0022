/*
 * 07-framing/frame.h - where does a message end? Five answers. Each is a codec:
 * bytes in, and out comes "need more", "a frame: from here, so long" or an
 * error; and the reverse. No I/O, and no memory is asked for: a length that a
 * peer claims is compared with a limit and with what has arrived, nothing else.
 *
 *     struct codec codec = codec_defaults(CODEC_LENGTH);    one for all
 *     struct decoder decoder = {0};                         one a connection
 *
 * With all that has arrived and not been dropped yet in `bytes`:
 *
 *     do {
 *         status = frame_decode(&codec, &decoder, bytes, len, &frame);
 *         if (status == FRAME_READY)
 *             ... the payload is bytes + frame.offset, frame.len long ...
 *         ... drop frame.used bytes from the front ...
 *     } while (status == FRAME_READY);
 *
 * After FRAME_MORE wait for input, append it, and begin again. The end of
 * input is clean when all bytes have been dropped; if one is left over, the
 * last frame was truncated.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "http.h"

enum codec_kind {
    CODEC_LENGTH, /* a length, then the payload */
    CODEC_LINE,   /* the payload, then "\n" or "\r\n" */
    CODEC_TLV,    /* a type of 1 byte, a length of 4, the value */
    CODEC_GRPC,   /* a flag of 1 byte, a length of 4, the message */
    CODEC_HTTP,   /* a head up to an empty line; it says how long the body is */
};

enum { TLV_DATA = 1 }; /* the one type we know; others are skipped whole */

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

/* The codec as it is unless told otherwise. `length` is what tokio-util's
 * LengthDelimitedCodec is by default: 4 bytes, big-endian, 8 MiB at most. */
struct codec codec_defaults(enum codec_kind kind);

/* Puts the defaults of the codec with this name (length, line, tlv, grpc,
 * http) into *codec; returns false when there is none. */
bool codec_named(const char *name, struct codec *codec);

bool codec_is_valid(const struct codec *codec);

/* The longest payload that can be encoded: max_frame, or less where the length
 * field cannot say so much. */
uint64_t codec_max_frame(const struct codec *codec);

/* Looks for a frame in the `len` bytes at `bytes`: those of the call before
 * but for what it said could be dropped, and what has come since. FRAME_ERROR
 * is for ever: the stream cannot be read any further; d->why says why, and
 * d->http_status what to tell an HTTP client. An HTTP client that waits for
 * "100 Continue" makes a frame of its own: expects is set, used is 0. */
enum frame_status frame_decode(const struct codec *codec, struct decoder *d,
                               const char *bytes, size_t len,
                               struct frame *frame);

/* Writes the frame around `len` bytes of payload to `out` if there is `room`
 * for it, else nothing. Returns how many bytes the frame takes, which may be
 * more than `room`; or 0 when this codec cannot carry such a payload: it is
 * over the limit. The payload of CODEC_LINE is not searched for newlines:
 * whoever receives it will find them. */
size_t frame_encode(const struct codec *codec, const char *payload, size_t len,
                    char *out, size_t room);

/* The same, appended to `out`. Returns false with EMSGSIZE (over the limit) or
 * ENOMEM, `out` being as it was. */
bool frame_append(const struct codec *codec, const char *payload, size_t len,
                  struct buffer *out);

#endif
