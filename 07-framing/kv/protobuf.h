/*
 * 07-framing/kv/protobuf.h - the wire format of Protocol Buffers, as far as the
 * key-value messages (command.h) need it. A message is a row of fields; each is
 * a key (the field's number, and in the low 3 bits how it is stored) and a
 * value. Nothing is allocated: what is read are spans of the message itself.
 *
 *     08 96 01          field 1, varint, 150
 *     12 02 68 69       field 2, length-delimited, 2 bytes, "hi"
 */
#ifndef PROTOBUF_H
#define PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "span.h"

enum pb_wire {
    PB_VARINT = 0,
    PB_64BIT = 1,
    PB_BYTES = 2, /* length-delimited: strings, bytes, messages */
    PB_GROUP = 3, /* of old; skipped as a whole */
    PB_GROUP_END = 4,
    PB_32BIT = 5,
};

struct pb_field {
    uint32_t number;
    enum pb_wire wire;
    uint64_t value;    /* PB_VARINT, PB_64BIT, PB_32BIT */
    struct span bytes; /* PB_BYTES */
};

enum pb_status { PB_END, PB_FIELD, PB_MALFORMED };

/* Takes the next field off the front of `rest`. Every byte of it has been
 * looked at when PB_FIELD is returned; what is inside PB_BYTES has not. */
enum pb_status pb_next(struct span *rest, struct pb_field *field);

/* Whether these bytes are UTF-8 (RFC 3629), as proto3 wants of a string. */
bool pb_is_utf8(struct span s);

/* Each appends a field and returns false with ENOMEM, `out` then holding part
 * of it: the message is lost. */
bool pb_put_varint(struct buffer *out, uint32_t number, uint64_t value);
bool pb_put_double(struct buffer *out, uint32_t number, double value);
bool pb_put_bytes(struct buffer *out, uint32_t number, struct span bytes);

/* The key and the length of a message that is appended next. */
bool pb_put_head(struct buffer *out, uint32_t number, size_t len);

/* The bytes that these fields take: what pb_put_head of a message around them
 * is to announce. */
size_t pb_size_varint(uint32_t number, uint64_t value);
size_t pb_size_double(uint32_t number);
size_t pb_size_bytes(uint32_t number, size_t len);

/* The 8 bytes of PB_64BIT as the double they are. */
double pb_double(uint64_t bits);

#endif
