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
#include "codec.h"

/* The codec as it is unless told otherwise. `length` is what tokio-util's
 * LengthDelimitedCodec is by default: 4 bytes, big-endian, 8 MiB at most. */
struct codec codec_defaults(enum codec_kind kind);

/* What the codec of this kind is called; NULL behind the last. */
const char *codec_name(int kind);

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
