/*
 * 07-framing/frame_line.c - the payload, then "\n" or "\r\n".
 *
 * It can be typed and read, and it costs a look at every byte. A payload with
 * a newline in it arrives as two.
 */
#include <string.h>

#include "codec.h"

static enum frame_status line_find_end(const struct codec *codec,
                                       struct decoder *d, const char *bytes,
                                       size_t len, struct frame *frame)
{
    /* The search goes on where the last call ended: looking at the whole line
     * again for each byte that comes would cost the square of its length. */
    const char *newline = memchr(bytes + d->scanned, '\n', len - d->scanned);
    size_t end = newline != NULL ? (size_t)(newline - bytes) : len;
    size_t payload = end > 0 && bytes[end - 1] == '\r' ? end - 1 : end;

    if (payload > codec->max_frame)
        return frame_fail(d, "line too long");
    if (newline == NULL) {
        d->scanned = len;
        return FRAME_MORE;
    }
    frame->offset = 0;
    frame->len = payload;
    frame->used = end + 1;
    return FRAME_READY;
}

const struct codec_form line_form = {"line", 64 * 1024, line_find_end, NULL,
                                     "\n"};
