/* tests/compare/load/content.c - see content.h. */
#include "content.h"

#include <stdlib.h>
#include <string.h>

/* Marsaglia's xorshift: the same bytes in every run. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static char byte_at(const struct content *c, enum content_kind kind,
                    uint32_t place, uint32_t random)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    uint32_t at = place % c->message_size;

    if (kind == FRAMED && at < FRAME_HEAD)
        return (char)((c->message_size - FRAME_HEAD) >>
                      8 * (FRAME_HEAD - 1 - at));
    if (kind == BINARY)
        return (char)(random & 255);
    return at == c->message_size - 1 ? '\n' : letters[random & 31];
}

static void fill(struct content *c, enum content_kind kind)
{
    uint32_t state = 2463534242u;

    for (uint32_t i = 0; i < c->period; i++)
        c->bytes[i] = byte_at(c, kind, i, next_random(&state) >> 7);
}

/* An odd number of messages, so that a power of two of them is no period. */
int content_make(struct content *c, uint32_t message_size,
                 enum content_kind kind)
{
    uint32_t messages = (CONTENT_PIECE / message_size + 1) | 1;

    c->message_size = message_size;
    c->period = messages * message_size;
    c->bytes = malloc((size_t)c->period + CONTENT_PIECE);
    if (c->bytes == NULL)
        return -1;
    fill(c, kind);
    memcpy(c->bytes + c->period, c->bytes, CONTENT_PIECE);
    return 0;
}

uint32_t content_start(const struct content *c, uint32_t client)
{
    uint32_t messages = c->period / c->message_size;

    return (uint32_t)((uint64_t)client * 7 % messages) * c->message_size;
}

size_t content_wrong(const struct content *c, uint32_t place, const char *bytes,
                     size_t len)
{
    const char *want = c->bytes + place;
    size_t wrong = 0;

    if (memcmp(bytes, want, len) == 0)
        return 0;
    for (size_t i = 0; i < len; i++)
        wrong += bytes[i] != want[i];
    return wrong;
}
