/*
 * 07-framing/answer.h - what the server of stage 07 says: one frame in, one
 * frame out. Pure functions: the answer is appended to a buffer, nothing is
 * sent.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>

#include "buffer.h"
#include "frame.h"

enum answer_kind {
    ANSWER_GOODBYE, /* "goodbye world!", whatever the frame says */
    ANSWER_ECHO,    /* the payload */
    ANSWER_UPPER,   /* the payload with ASCII a-z as A-Z */
};

/* What this kind is called; NULL behind the last. */
const char *answer_name(int kind);

/* Appends the answer to the frame that frame_decode found in `bytes`, which
 * may be rewritten within the payload. Returns false, `out` being as it was,
 * with EMSGSIZE (the answer is longer than the codec's frames may be) or
 * ENOMEM. Over CODEC_HTTP the answer is a page's, whatever `kind` says:
 * GET / gives {"name":"Tyr"}, POST /echo its body. When frame->last is set,
 * hang up once it is sent. */
bool answer_frame(const struct codec *codec, enum answer_kind kind, char *bytes,
                  const struct frame *frame, struct buffer *out);

/* Appends what a client is told whose stream cannot be read any further
 * (FRAME_ERROR): over CODEC_HTTP a response with d->http_status, else nothing.
 * Returns false with ENOMEM. */
bool answer_error(const struct codec *codec, const struct decoder *d,
                  struct buffer *out);

#endif
