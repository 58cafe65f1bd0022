/* 07-framing/span.h - a look at bytes that stand in somebody else's buffer. */
#ifndef SPAN_H
#define SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Valid as long as the buffer is; there is no '\0' at its end. */
struct span {
    const char *bytes;
    size_t len;
};

static inline bool span_is(struct span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.bytes, text, s.len) == 0;
}

#endif
