/* 07-framing/buffer.c - see buffer.h. */
#include "buffer.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    SMALLEST = 256,
    KEPT = 16384, /* a buffer of this size is not worth shrinking */
};

size_t buffer_len(const struct buffer *b)
{
    return b->end - b->start;
}

char *buffer_front(const struct buffer *b)
{
    return b->bytes == NULL ? NULL : b->bytes + b->start;
}

void buffer_free(struct buffer *b)
{
    free(b->bytes);
    *b = (struct buffer){0};
}

static void move_to_front(struct buffer *b)
{
    if (b->start == 0)
        return;
    memmove(b->bytes, b->bytes + b->start, buffer_len(b));
    b->end -= b->start;
    b->start = 0;
}

static bool resize(struct buffer *b, size_t capacity)
{
    char *bytes = realloc(b->bytes, capacity);

    if (bytes == NULL)
        return false;
    b->bytes = bytes;
    b->capacity = capacity;
    return true;
}

char *buffer_room(struct buffer *b, size_t n)
{
    size_t capacity = b->capacity < SMALLEST ? SMALLEST : b->capacity;

    if (n > SIZE_MAX / 8 || buffer_len(b) > SIZE_MAX / 8) {
        errno = ENOMEM;
        return NULL;
    }
    /* Moving is paid for by the bytes dropped since the last move: there are
     * as many of them at least. Otherwise it would be done for every append
     * to a long queue, and that is the square. */
    if (b->capacity - b->end < n && b->start >= buffer_len(b))
        move_to_front(b);
    if (b->capacity - b->end >= n)
        return b->bytes + b->end;
    while (capacity - b->end < n)
        capacity *= 2;
    return resize(b, capacity) ? b->bytes + b->end : NULL;
}

void buffer_grew(struct buffer *b, size_t n)
{
    assert(n <= b->capacity - b->end);
    b->end += n;
    if (b->start == b->end)
        buffer_free(b);
}

bool buffer_append(struct buffer *b, const char *bytes, size_t n)
{
    char *room;

    if (n == 0) /* and bytes may be NULL, which memcpy may not be given */
        return true;
    room = buffer_room(b, n);
    if (room == NULL)
        return false;
    memcpy(room, bytes, n);
    buffer_grew(b, n);
    return true;
}

void buffer_consume(struct buffer *b, size_t n)
{
    assert(n <= buffer_len(b));
    b->start += n;
    if (b->start == b->end) {
        buffer_free(b);
    } else if (b->capacity > KEPT && buffer_len(b) < b->capacity / 4) {
        /* A long frame has gone; the first bytes of the next must not keep
         * its memory. A refusal to shrink loses nothing. */
        move_to_front(b);
        (void)resize(b, b->end * 2);
    }
}
