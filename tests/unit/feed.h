/*
 * tests/unit/feed.h - for the tests of the codecs: a stream goes through a
 * decoder in pieces, and what came out is written down, so that two readings of
 * the same stream can be compared.
 */
#ifndef FEED_H
#define FEED_H

#include <stddef.h>

#include "check.h"
#include "frame.h"

enum ending {
    END_CLEAN,     /* every byte belonged to a frame */
    END_TRUNCATED, /* bytes were left over */
    END_ERROR,
};

struct feed {
    const struct codec *codec;
    struct decoder decoder;
    struct buffer said; /* each frame: its payload, then '|' */
    char *pending;      /* as large as its content: a sanitizer sees a read
                         * beyond it */
    size_t pending_len;
    size_t dropped; /* bytes of the stream that came before `pending` */
    size_t frames;
    size_t asked; /* http: frames that stand for "100 Continue" */
    enum ending ending;
};

/* A literal and its length, the NUL at its end not counted. */
#define BYTES(literal) (literal), sizeof(literal) - 1

/* Macros, as in check.h: a failure must name its line. */
#define CHECK_TEXT(got, got_len, literal)                                      \
    CHECK_BYTES((got), (got_len), (literal), sizeof(literal) - 1)
#define CHECK_BUFFER(buffer, literal)                                          \
    CHECK_TEXT(buffer_front(buffer), buffer_len(buffer), literal)

/* The same of all that was written into a buffer, which is freed then. */
#define EXPECT_WRITTEN(buffer, ...)                                            \
    expect_written(__FILE__, __LINE__, (buffer), __VA_ARGS__)
void expect_written(const char *file, int line, struct buffer *b,
                    const char *want, size_t want_len);

void feed_begin(struct feed *f, const struct codec *codec);

/* The next piece of the stream. Fails the case where the decoder breaks its
 * word: a frame beyond what was handed over, no progress, an error that does
 * not stay. */
void feed_piece(struct feed *f, const char *bytes, size_t len);

/* The end of input: sets f->ending. feed_free when all has been looked at. */
void feed_end(struct feed *f);
void feed_free(struct feed *f);

/* Fails the case unless the stream gives these frames and this ending, given
 * as a whole, in two pieces cut at every byte, and a byte at a time. */
void expect_frames(const struct codec *codec, const char *bytes, size_t len,
                   const char *want, size_t want_len, enum ending ending);

/* A generator with a seed, the same on every machine. */
unsigned random_below(unsigned long long *state, unsigned limit);

#endif
