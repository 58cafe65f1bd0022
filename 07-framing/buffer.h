/*
 * 07-framing/buffer.h - bytes that wait: appended at the end, taken from the
 * front. Memory grows with what is put in (256 bytes at least, and at most four
 * times of it), never with what a peer says will come. An empty buffer holds no
 * memory at all, so that a client who is silent costs a struct and no more.
 *
 *     struct buffer in = {0};
 *     buffer_append(&in, bytes, n);
 *     ... buffer_front(&in), buffer_len(&in) ...
 *     buffer_consume(&in, used);
 *     buffer_free(&in);
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* All zeros is an empty buffer. start <= end <= capacity; start == end only
 * while bytes is NULL. Look at it through the functions below. */
struct buffer {
    char *bytes;
    size_t start;    /* the first byte that still waits */
    size_t end;      /* behind the last one */
    size_t capacity; /* of the allocation */
};

size_t buffer_len(const struct buffer *b);

/* The first waiting byte; NULL when none waits. Valid until the buffer is
 * changed. */
char *buffer_front(const struct buffer *b);

/* Returns room for `n` more bytes (n > 0) behind the last one, to be filled
 * and then counted by buffer_grew; or NULL with ENOMEM, the content being as
 * it was. A room that is not filled must not be left behind in an empty
 * buffer: say buffer_grew(b, 0). */
char *buffer_room(struct buffer *b, size_t n);
void buffer_grew(struct buffer *b, size_t n);

/* Appends a copy. Returns false with ENOMEM, the content being as it was. */
bool buffer_append(struct buffer *b, const char *bytes, size_t n);

/* Drops the first `n` bytes, n <= buffer_len. Dropping a buffer's content in
 * many small pieces costs time in proportion to the content, not to its
 * square. The memory is given back as the buffer empties. */
void buffer_consume(struct buffer *b, size_t n);

/* Drops everything; the buffer is empty and may be used again. */
void buffer_free(struct buffer *b);

#endif
