/*
 * tests/compare/load/content.h - what the clients of load say: messages of one
 * size, one after the other without end, so that every byte that comes back
 * can be checked without storing what was sent.
 *
 * The messages repeat after some 64 KiB, and each client begins at another one:
 * a byte changed, lost, doubled or given to the wrong client shows. A message
 * is capital letters and digits and ends with a newline, so that servers that
 * wait for a line answer too, and no farewell occurs. BINARY: all 256 values,
 * anywhere. FRAMED: the first 4 bytes of a message are the length of the rest,
 * big-endian.
 */
#ifndef CONTENT_H
#define CONTENT_H

#include <stddef.h>
#include <stdint.h>

enum { CONTENT_PIECE = 64 * 1024 }; /* what is read or written at once */

enum content_kind { LINES, BINARY, FRAMED };
enum { FRAME_HEAD = 4 };

struct content {
    char *bytes;     /* one period, and its first CONTENT_PIECE bytes again */
    uint32_t period; /* a whole number of messages, at least CONTENT_PIECE */
    uint32_t message_size;
};

/* -1 and errno when there is no memory. It is kept until the program ends. */
int content_make(struct content *c, uint32_t message_size,
                 enum content_kind kind);

/* Where the client of this number begins. */
uint32_t content_start(const struct content *c, uint32_t client);

/* The place `len` bytes, at most CONTENT_PIECE, further on. Here and not in
 * content.c because load calls it twice for each message. */
static inline uint32_t content_after(const struct content *c, uint32_t place,
                                     size_t len)
{
    uint32_t next = place + (uint32_t)len;

    return next < c->period ? next : next - c->period;
}

/* How many of these `len` bytes, at most CONTENT_PIECE, are not what stands at
 * `place`. */
size_t content_wrong(const struct content *c, uint32_t place, const char *bytes,
                     size_t len);

#endif
