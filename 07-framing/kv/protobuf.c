/* 07-framing/kv/protobuf.c - see protobuf.h. */
#include "protobuf.h"

#include <string.h>

enum {
    VARINT_MAX = 10, /* bytes; 7 bits in each */
    KEY_MAX = 5,     /* a key has 32 bits */
    GROUP_DEPTH_MAX = 100,
};

/* The low 7 bits come first; all bytes but the last have the top bit set. */
static bool take_varint(struct span *rest, size_t max_len, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < rest->len && i < max_len; i++) {
        unsigned char byte = (unsigned char)rest->bytes[i];

        if (i == VARINT_MAX - 1 && byte > 1)
            return false; /* a 65th bit */
        *value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            rest->bytes += i + 1;
            rest->len -= i + 1;
            return true;
        }
    }
    return false;
}

static bool take_bytes(struct span *rest, uint64_t len, struct span *bytes)
{
    if (len > rest->len)
        return false;
    *bytes = (struct span){rest->bytes, (size_t)len};
    rest->bytes += len;
    rest->len -= (size_t)len;
    return true;
}

/* Integers of a fixed size are little-endian. */
static bool take_fixed(struct span *rest, size_t len, uint64_t *value)
{
    struct span bytes;

    if (!take_bytes(rest, len, &bytes))
        return false;
    *value = 0;
    for (size_t i = 0; i < len; i++)
        *value |= (uint64_t)(unsigned char)bytes.bytes[i] << (8 * i);
    return true;
}

static bool take_key(struct span *rest, struct pb_field *field)
{
    uint64_t key;

    *field = (struct pb_field){0};
    if (!take_varint(rest, KEY_MAX, &key) || key > UINT32_MAX)
        return false;
    field->number = (uint32_t)key >> 3;
    field->wire = (enum pb_wire)(key & 7);
    return field->number != 0;
}

/* All but groups, which hold fields. */
static bool take_value(struct span *rest, struct pb_field *field)
{
    uint64_t len;

    switch (field->wire) {
    case PB_VARINT: return take_varint(rest, VARINT_MAX, &field->value);
    case PB_64BIT: return take_fixed(rest, 8, &field->value);
    case PB_32BIT: return take_fixed(rest, 4, &field->value);
    case PB_BYTES:
        return take_varint(rest, VARINT_MAX, &len) &&
               take_bytes(rest, len, &field->bytes);
    default: return false;
    }
}

/* Groups stand one in another, each ended by its own number. The depth has a
 * bound, as in other readers: a stack is not for a peer to fill. */
static bool skip_group(struct span *rest, uint32_t number)
{
    uint32_t inside[GROUP_DEPTH_MAX] = {number};
    int depth = 1;

    while (depth > 0) {
        struct pb_field field;

        if (!take_key(rest, &field))
            return false;
        if (field.wire == PB_GROUP_END) {
            if (field.number != inside[--depth])
                return false;
        } else if (field.wire == PB_GROUP) {
            if (depth == GROUP_DEPTH_MAX)
                return false;
            inside[depth++] = field.number;
        } else if (!take_value(rest, &field)) {
            return false;
        }
    }
    return true;
}

enum pb_status pb_next(struct span *rest, struct pb_field *field)
{
    bool good;

    if (rest->len == 0)
        return PB_END;
    if (!take_key(rest, field))
        return PB_MALFORMED;
    if (field->wire == PB_GROUP)
        good = skip_group(rest, field->number);
    else
        good = take_value(rest, field);
    return good ? PB_FIELD : PB_MALFORMED;
}

/* How many bytes a character of this first byte has; 0 for one that cannot
 * begin a character. C0, C1 and F5 on would be overlong or beyond U+10FFFF. */
static size_t utf8_len(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    if (first >= 0xf0 && first <= 0xf4)
        return 4;
    return 0;
}

/* After these first bytes only part of 80..BF may follow: the rest would be
 * overlong, a surrogate, or beyond U+10FFFF. */
static bool utf8_second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0: return second >= 0xa0;
    case 0xed: return second <= 0x9f;
    case 0xf0: return second >= 0x90;
    case 0xf4: return second <= 0x8f;
    default: return true;
    }
}

bool pb_is_utf8(struct span s)
{
    for (size_t i = 0; i < s.len;) {
        unsigned char first = (unsigned char)s.bytes[i];
        size_t len = utf8_len(first);

        if (len == 0 || len > s.len - i)
            return false;
        for (size_t k = 1; k < len; k++)
            if (((unsigned char)s.bytes[i + k] & 0xc0) != 0x80)
                return false;
        if (len > 1 && !utf8_second_fits(first, (unsigned char)s.bytes[i + 1]))
            return false;
        i += len;
    }
    return true;
}

static size_t varint_len(uint64_t value)
{
    size_t len = 1;

    for (; value >= 0x80; value >>= 7)
        len++;
    return len;
}

static bool append_varint(struct buffer *out, uint64_t value)
{
    char bytes[VARINT_MAX];
    size_t len = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[len++] = (char)(value | 0x80);
    bytes[len++] = (char)value;
    return buffer_append(out, bytes, len);
}

static bool append_key(struct buffer *out, uint32_t number, enum pb_wire wire)
{
    return append_varint(out, (uint64_t)number << 3 | wire);
}

static size_t key_len(uint32_t number)
{
    return varint_len((uint64_t)number << 3);
}

bool pb_put_varint(struct buffer *out, uint32_t number, uint64_t value)
{
    return append_key(out, number, PB_VARINT) && append_varint(out, value);
}

bool pb_put_double(struct buffer *out, uint32_t number, double value)
{
    uint64_t bits;
    char bytes[8];

    memcpy(&bits, &value, sizeof(bits));
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(bits >> (8 * i) & 0xff);
    return append_key(out, number, PB_64BIT) &&
           buffer_append(out, bytes, sizeof(bytes));
}

bool pb_put_head(struct buffer *out, uint32_t number, size_t len)
{
    return append_key(out, number, PB_BYTES) && append_varint(out, len);
}

bool pb_put_bytes(struct buffer *out, uint32_t number, struct span bytes)
{
    return pb_put_head(out, number, bytes.len) &&
           buffer_append(out, bytes.bytes, bytes.len);
}

size_t pb_size_varint(uint32_t number, uint64_t value)
{
    return key_len(number) + varint_len(value);
}

size_t pb_size_double(uint32_t number)
{
    return key_len(number) + 8;
}

size_t pb_size_bytes(uint32_t number, size_t len)
{
    return key_len(number) + varint_len(len) + len;
}

double pb_double(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}
