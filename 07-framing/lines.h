/*
 * 07-framing/lines.h - what the client says and prints: a line of text becomes
 * a frame, a frame becomes a line. Pure functions: bytes in, bytes out, as they
 * come.
 *
 * A line is what CODEC_LINE cuts, so it ends with "\n" or "\r\n", and neither
 * is sent.
 */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>

#include "buffer.h"
#include "frame.h"

/* One direction: bytes that come in, and frames that are cut off their front.
 * All zeros but for the codec at its start. */
struct stream {
    struct codec codec;
    struct decoder decoder;
    struct buffer begun; /* the beginning of a frame that is not whole yet */
    long frames;         /* so far */
};

/* The stream of lines whose frames `codec` can carry. */
struct stream lines_for(const struct codec *codec);

/* Takes `len` bytes of text and appends to `out` a frame of `codec` for each
 * line that is whole now. No bytes mean the end of the text, where the last
 * line may lack its newline. Returns false when a line is too long, or memory
 * too short: lines->decoder.why says it. `out` has the lines before. */
bool lines_to_frames(struct stream *lines, const char *bytes, size_t len,
                     const struct codec *codec, struct buffer *out);

/* The reverse: appends to `out` a line for each frame, its payload as it is or
 * as hex digits. Returns false likewise. */
bool frames_to_lines(struct stream *frames, const char *bytes, size_t len,
                     bool hex, struct buffer *out);

#endif
