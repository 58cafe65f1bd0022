/* tests/conformance/kv_wire.c - the messages of the key-value server, written
 * and read by hand. See kv.h. It must not use anything of 07-framing. */
#include "kv.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void wire_add(struct wire *w, const void *bytes, size_t len)
{
    if (w->room - w->len < len) {
        w->room = (w->room + len) * 2;
        w->bytes = realloc(w->bytes, w->room);
        CHECK(w->bytes != NULL);
    }
    if (len > 0)
        memcpy(w->bytes + w->len, bytes, len);
    w->len += len;
}

void wire_varint(struct wire *w, unsigned long long value)
{
    do {
        unsigned char byte = value & 127;

        value >>= 7;
        if (value > 0)
            byte |= 128;
        wire_add(w, &byte, 1);
    } while (value > 0);
}

void wire_bytes(struct wire *w, int number, const void *bytes, size_t len)
{
    wire_varint(w, (unsigned)number * 8 + 2);
    wire_varint(w, len);
    wire_add(w, bytes, len);
}

void wire_text(struct wire *w, int number, const char *text)
{
    if (text[0] != '\0') /* an empty string is not sent */
        wire_bytes(w, number, text, strlen(text));
}

void wire_message(struct wire *w, int number, struct wire inside)
{
    wire_bytes(w, number, inside.bytes, inside.len);
}

struct wire framed(struct wire message)
{
    struct wire frame = {0};
    unsigned char head[4] = {
        (unsigned char)(message.len >> 24), (unsigned char)(message.len >> 16),
        (unsigned char)(message.len >> 8), (unsigned char)message.len};

    wire_add(&frame, head, 4);
    wire_add(&frame, message.bytes, message.len);
    return frame;
}

struct wire repeated(struct wire w, int times)
{
    struct wire all = {0};

    for (int i = 0; i < times; i++)
        wire_add(&all, w.bytes, w.len);
    return all;
}

struct wire value_of_string(const char *bytes, size_t len)
{
    struct wire value = {0};

    wire_bytes(&value, 1, bytes, len);
    return value;
}

struct wire value_of_text(const char *text)
{
    return text[0] == '\0' ? (struct wire){0}
                           : value_of_string(text, strlen(text));
}

struct wire value_of_binary(const char *bytes, size_t len)
{
    struct wire value = {0};

    wire_bytes(&value, 2, bytes, len);
    return value;
}

struct wire value_of_integer(long long integer)
{
    struct wire value = {0};

    wire_varint(&value, 3 * 8 + 0);
    wire_varint(&value, (unsigned long long)integer);
    return value;
}

struct wire value_of_float(double number)
{
    struct wire value = {0};
    unsigned char bytes[8];
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(bits >> (8 * i));
    wire_varint(&value, 4 * 8 + 1);
    wire_add(&value, bytes, sizeof(bytes));
    return value;
}

struct wire value_of_bool(bool flag)
{
    struct wire value = {0};

    wire_varint(&value, 5 * 8 + 0);
    wire_varint(&value, flag);
    return value;
}

/* ---- requests ---- */

enum { HGET = 1, HGETALL, HMGET, HSET, HMSET, HDEL, HMDEL, HEXIST, HMEXIST };

static struct wire request(int command, struct wire body)
{
    struct wire message = {0};

    wire_message(&message, command, body);
    return message;
}

static struct wire with_table(const char *table)
{
    struct wire body = {0};

    wire_text(&body, 1, table);
    return body;
}

static struct wire of_key(int command, const char *table, const char *key)
{
    struct wire body = with_table(table);

    wire_text(&body, 2, key);
    return request(command, body);
}

static struct wire of_keys(int command, const char *table, va_list keys)
{
    struct wire body = with_table(table);
    const char *key;

    while ((key = va_arg(keys, const char *)) != NULL)
        wire_bytes(&body, 2, key, strlen(key)); /* repeated: "" too is sent */
    return request(command, body);
}

static struct wire pair_of(const char *key, struct wire value)
{
    struct wire pair = {0};

    wire_text(&pair, 1, key);
    wire_message(&pair, 2, value);
    return pair;
}

struct wire hget(const char *table, const char *key)
{
    return of_key(HGET, table, key);
}

struct wire hdel(const char *table, const char *key)
{
    return of_key(HDEL, table, key);
}

struct wire hexist(const char *table, const char *key)
{
    return of_key(HEXIST, table, key);
}

struct wire hgetall(const char *table)
{
    return request(HGETALL, with_table(table));
}

struct wire hset_value(const char *table, const char *key, struct wire value)
{
    struct wire body = with_table(table);

    wire_message(&body, 2, pair_of(key, value));
    return request(HSET, body);
}

struct wire hset(const char *table, const char *key, const char *value)
{
    return hset_value(table, key, value_of_text(value));
}

#define OF_KEYS(name, command)                                                 \
    struct wire name(const char *table, ...)                                   \
    {                                                                          \
        struct wire message;                                                   \
        va_list keys;                                                          \
                                                                               \
        va_start(keys, table);                                                 \
        message = of_keys(command, table, keys);                               \
        va_end(keys);                                                          \
        return message;                                                        \
    }

OF_KEYS(hmget, HMGET)
OF_KEYS(hmdel, HMDEL)
OF_KEYS(hmexist, HMEXIST)

struct wire hmset(const char *table, ...)
{
    struct wire body = with_table(table);
    const char *key;
    va_list pairs;

    va_start(pairs, table);
    while ((key = va_arg(pairs, const char *)) != NULL)
        wire_message(&body, 2,
                     pair_of(key, value_of_text(va_arg(pairs, const char *))));
    va_end(pairs);
    return request(HMSET, body);
}

/* ---- responses ---- */

static struct wire with_status(int status)
{
    struct wire message = {0};

    wire_varint(&message, 1 * 8 + 0);
    wire_varint(&message, (unsigned)status);
    return message;
}

struct wire one_value(struct wire value)
{
    struct wire message = with_status(200);

    wire_message(&message, 3, value);
    return message;
}

struct wire values(int count, ...)
{
    struct wire message = with_status(200);
    va_list texts;

    va_start(texts, count);
    for (int i = 0; i < count; i++)
        wire_message(&message, 3, value_of_text(va_arg(texts, const char *)));
    va_end(texts);
    return message;
}

struct wire bools(int count, ...)
{
    struct wire message = with_status(200);
    va_list flags;

    va_start(flags, count);
    for (int i = 0; i < count; i++)
        wire_message(&message, 3, value_of_bool(va_arg(flags, int) != 0));
    va_end(flags);
    return message;
}

struct wire refusal(int status, const char *words)
{
    struct wire message = with_status(status);

    wire_text(&message, 2, words);
    return message;
}

/* ---- reading responses ---- */

static unsigned long long read_varint(struct wire *rest)
{
    unsigned long long value = 0;
    unsigned char byte = 128;

    for (int shift = 0; (byte & 128) != 0; shift += 7) {
        CHECK(rest->len > 0 && shift < 64);
        byte = (unsigned char)*rest->bytes++;
        rest->len--;
        value |= (unsigned long long)(byte & 127) << shift;
    }
    return value;
}

/* The next field, which must be of wire type 0 or 2; its number. */
static int read_field(struct wire *rest, unsigned long long *value,
                      struct wire *bytes)
{
    unsigned long long key = read_varint(rest);

    *bytes = (struct wire){0};
    *value = read_varint(rest);
    if ((key & 7) == 2) {
        CHECK(*value <= rest->len);
        *bytes = (struct wire){rest->bytes, (size_t)*value, 0};
        rest->bytes += *value;
        rest->len -= (size_t)*value;
    } else {
        CHECK_EQ(key & 7, 0);
    }
    return (int)(key >> 3);
}

int status_of(struct wire response)
{
    unsigned long long value;
    struct wire bytes;

    CHECK(response.len > 0);
    CHECK_EQ(read_field(&response, &value, &bytes), 1);
    return (int)value;
}

bool says(struct wire response, const char *words)
{
    size_t len = strlen(words);
    unsigned long long value;
    struct wire bytes;

    while (response.len > 0)
        if (read_field(&response, &value, &bytes) == 2)
            for (size_t i = 0; i + len <= bytes.len; i++)
                if (memcmp(bytes.bytes + i, words, len) == 0)
                    return true;
    return false;
}

int count_pairs(struct wire response)
{
    unsigned long long value;
    struct wire bytes;
    int count = 0;

    CHECK_EQ(status_of(response), 200);
    while (response.len > 0)
        count += read_field(&response, &value, &bytes) == 4;
    return count;
}

bool has_pair(struct wire response, const char *key, const char *text)
{
    struct wire want = pair_of(key, value_of_text(text));
    unsigned long long value;
    struct wire bytes;

    while (response.len > 0)
        if (read_field(&response, &value, &bytes) == 4 &&
            bytes.len == want.len &&
            memcmp(bytes.bytes, want.bytes, want.len) == 0)
            return true;
    return false;
}

/* ---- asking ---- */

void send_frame(int fd, struct wire message)
{
    struct wire frame = framed(message);

    SEND_BYTES(fd, frame.bytes, frame.len);
    free(frame.bytes);
}

struct wire receive_frame(int fd)
{
    unsigned char head[4];
    struct wire message = {0};

    exchange(fd, NULL, 0, (char *)head, sizeof(head));
    message.len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
                  (size_t)head[2] << 8 | head[3];
    CHECK(message.len <= MAX_FRAME);
    message.room = message.len + 1;
    message.bytes = malloc(message.room);
    CHECK(message.bytes != NULL);
    exchange(fd, NULL, 0, message.bytes, message.len);
    return message;
}

void ask_at(const char *file, int line, int fd, struct wire ask,
            struct wire response)
{
    struct wire got;

    send_frame(fd, ask);
    got = receive_frame(fd);
    check_bytes(file, line, got.bytes, got.len, response.bytes, response.len);
    free(got.bytes);
    free(ask.bytes);
    free(response.bytes);
}
