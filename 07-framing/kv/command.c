/* 07-framing/kv/command.c - see command.h. */
#include "command.h"

#include "protobuf.h"

/* The numbers of the fields: of every command; of Kvpair; of
 * CommandResponse. */
enum { TABLE = 1, ARGUMENT = 2 };
enum { KEY = 1, VALUE = 2 };
enum { STATUS = 1, MESSAGE = 2, VALUES = 3, PAIRS = 4 };

enum kv_argument kv_argument_of(enum kv_command command)
{
    static const enum kv_argument arguments[] = {
        [KV_HGET] = KV_ONE_KEY,   [KV_HMGET] = KV_KEYS,
        [KV_HSET] = KV_ONE_PAIR,  [KV_HMSET] = KV_PAIRS,
        [KV_HDEL] = KV_ONE_KEY,   [KV_HMDEL] = KV_KEYS,
        [KV_HEXIST] = KV_ONE_KEY, [KV_HMEXIST] = KV_KEYS,
    };

    return arguments[command];
}

static bool is_bytes(const struct pb_field *field, uint32_t number)
{
    return field->number == number && field->wire == PB_BYTES;
}

static bool read_string(struct span bytes, struct span *string)
{
    *string = bytes;
    return pb_is_utf8(bytes);
}

/* Whether the field is a member of Value's oneof, of the type it should be. */
static bool is_member(const struct pb_field *field)
{
    switch (field->number) {
    case KV_STRING:
    case KV_BINARY: return field->wire == PB_BYTES;
    case KV_INTEGER:
    case KV_BOOL: return field->wire == PB_VARINT;
    case KV_FLOAT: return field->wire == PB_64BIT;
    default: return false;
    }
}

static bool set_member(const struct pb_field *field, struct kv_value *value)
{
    value->type = (enum kv_type)field->number;
    switch (value->type) {
    case KV_STRING: return read_string(field->bytes, &value->bytes);
    case KV_BINARY: value->bytes = field->bytes; break;
    case KV_INTEGER: value->integer = (int64_t)field->value; break;
    case KV_FLOAT: value->number = pb_double(field->value); break;
    case KV_BOOL: value->flag = field->value != 0; break;
    case KV_EMPTY: break;
    }
    return true;
}

/* The merge_ functions read a message into what was read before of the same
 * message: what is not mentioned stays. */
static bool merge_value(struct span body, struct kv_value *value)
{
    struct pb_field field;
    enum pb_status status;

    while ((status = pb_next(&body, &field)) == PB_FIELD)
        if (is_member(&field) && !set_member(&field, value))
            return false;
    return status == PB_END;
}

static bool merge_pair(struct span body, struct kv_pair *pair)
{
    struct pb_field field;
    enum pb_status status;

    while ((status = pb_next(&body, &field)) == PB_FIELD) {
        if (is_bytes(&field, KEY) && !read_string(field.bytes, &pair->key))
            return false;
        if (is_bytes(&field, VALUE) && !merge_value(field.bytes, &pair->value))
            return false;
    }
    return status == PB_END;
}

static bool merge_argument(struct span body, struct kv_request *request)
{
    struct kv_pair pair = {0};

    switch (kv_argument_of(request->command)) {
    case KV_ONE_KEY:
    case KV_KEYS: /* the walk will find them; here they are only looked at */
        return read_string(body, &request->key);
    case KV_ONE_PAIR:
        request->has_pair = true;
        return merge_pair(body, &request->pair);
    case KV_PAIRS: return merge_pair(body, &pair);
    case KV_NOTHING: break;
    }
    return true;
}

static bool merge_command(struct span body, struct kv_request *request)
{
    struct pb_field field;
    enum pb_status status;

    while ((status = pb_next(&body, &field)) == PB_FIELD) {
        if (is_bytes(&field, TABLE) &&
            !read_string(field.bytes, &request->table))
            return false;
        if (is_bytes(&field, ARGUMENT) && !merge_argument(field.bytes, request))
            return false;
    }
    return status == PB_END;
}

bool kv_read_request(struct span message, struct kv_request *request)
{
    struct span before = message;
    struct span rest = message;
    struct pb_field field;
    enum pb_status status;

    *request = (struct kv_request){0};
    for (; (status = pb_next(&rest, &field)) == PB_FIELD; before = rest) {
        if (field.wire != PB_BYTES || field.number > KV_HMEXIST)
            continue;
        if (field.number != request->command) {
            /* Another member of the oneof: what was read is forgotten, and
             * lists begin here. */
            *request = (struct kv_request){0};
            request->command = (enum kv_command)field.number;
            request->lists = before;
        }
        if (!merge_command(field.bytes, request))
            return false;
    }
    return status == PB_END;
}

struct kv_walk kv_walk(const struct kv_request *request)
{
    return (struct kv_walk){request->lists, {0}, request->command};
}

/* The next field of this number that is length-delimited. */
static bool next_bytes(struct span *rest, uint32_t number, struct span *bytes)
{
    struct pb_field field;

    while (pb_next(rest, &field) == PB_FIELD) {
        if (is_bytes(&field, number)) {
            *bytes = field.bytes;
            return true;
        }
    }
    return false;
}

/* A command may come in several messages of the same number. */
static bool next_argument(struct kv_walk *walk, struct span *bytes)
{
    while (!next_bytes(&walk->body, ARGUMENT, bytes))
        if (!next_bytes(&walk->rest, walk->command, &walk->body))
            return false;
    return true;
}

bool kv_next_key(struct kv_walk *walk, struct span *key)
{
    return kv_argument_of(walk->command) == KV_KEYS && next_argument(walk, key);
}

bool kv_next_pair(struct kv_walk *walk, struct kv_pair *pair)
{
    struct span body;

    *pair = (struct kv_pair){0};
    return kv_argument_of(walk->command) == KV_PAIRS &&
           next_argument(walk, &body) && merge_pair(body, pair);
}

static bool read_answer_field(const struct pb_field *field,
                              struct kv_response *response)
{
    struct kv_value value = {0};
    struct kv_pair pair = {0};

    if (field->number == STATUS && field->wire == PB_VARINT)
        response->status = (uint32_t)field->value;
    if (is_bytes(field, MESSAGE))
        return read_string(field->bytes, &response->message);
    if (is_bytes(field, VALUES))
        return merge_value(field->bytes, &value);
    if (is_bytes(field, PAIRS))
        return merge_pair(field->bytes, &pair);
    return true;
}

bool kv_read_response(struct span message, struct kv_response *response)
{
    struct span rest = message;
    struct pb_field field;
    enum pb_status status;

    *response = (struct kv_response){.lists = message};
    while ((status = pb_next(&rest, &field)) == PB_FIELD)
        if (!read_answer_field(&field, response))
            return false;
    return status == PB_END;
}

bool kv_next_value(struct span *lists, struct kv_value *value)
{
    struct span body;

    *value = (struct kv_value){0};
    return next_bytes(lists, VALUES, &body) && merge_value(body, value);
}

bool kv_next_answer_pair(struct span *lists, struct kv_pair *pair)
{
    struct span body;

    *pair = (struct kv_pair){0};
    return next_bytes(lists, PAIRS, &body) && merge_pair(body, pair);
}

static size_t value_size(const struct kv_value *value)
{
    switch (value->type) {
    case KV_STRING:
    case KV_BINARY: return pb_size_bytes(value->type, value->bytes.len);
    case KV_INTEGER:
        return pb_size_varint(value->type, (uint64_t)value->integer);
    case KV_FLOAT: return pb_size_double(value->type);
    case KV_BOOL: return pb_size_varint(value->type, value->flag);
    case KV_EMPTY: break;
    }
    return 0;
}

/* A member of a oneof is written though it is 0 or empty: that it is there is
 * what it says. */
static bool put_value_body(struct buffer *out, const struct kv_value *value)
{
    switch (value->type) {
    case KV_STRING:
    case KV_BINARY: return pb_put_bytes(out, value->type, value->bytes);
    case KV_INTEGER:
        return pb_put_varint(out, value->type, (uint64_t)value->integer);
    case KV_FLOAT: return pb_put_double(out, value->type, value->number);
    case KV_BOOL: return pb_put_varint(out, value->type, value->flag);
    case KV_EMPTY: break;
    }
    return true;
}

/* A string of its own is not written when it is empty: nothing says the same
 * (proto3 has no other way to be without one). */
static size_t string_size(uint32_t number, struct span string)
{
    return string.len == 0 ? 0 : pb_size_bytes(number, string.len);
}

static bool put_string(struct buffer *out, uint32_t number, struct span string)
{
    return string.len == 0 || pb_put_bytes(out, number, string);
}

static size_t pair_size(const struct kv_pair *pair)
{
    return string_size(KEY, pair->key) +
           pb_size_bytes(VALUE, value_size(&pair->value));
}

static bool put_value(struct buffer *out, uint32_t number,
                      const struct kv_value *value)
{
    return pb_put_head(out, number, value_size(value)) &&
           put_value_body(out, value);
}

static bool put_pair(struct buffer *out, uint32_t number,
                     const struct kv_pair *pair)
{
    return pb_put_head(out, number, pair_size(pair)) &&
           put_string(out, KEY, pair->key) &&
           put_value(out, VALUE, &pair->value);
}

bool kv_put_status(struct buffer *out, uint32_t status)
{
    return status == 0 || pb_put_varint(out, STATUS, status);
}

bool kv_put_message(struct buffer *out, struct span message)
{
    return put_string(out, MESSAGE, message);
}

bool kv_put_value(struct buffer *out, const struct kv_value *value)
{
    return put_value(out, VALUES, value);
}

bool kv_put_pair(struct buffer *out, const struct kv_pair *pair)
{
    return put_pair(out, PAIRS, pair);
}

bool kv_put_keys_request(struct buffer *out, enum kv_command command,
                         struct span table, const struct span *keys,
                         size_t count)
{
    bool repeated = kv_argument_of(command) == KV_KEYS;
    size_t size = string_size(TABLE, table);
    bool good;

    for (size_t i = 0; i < count; i++)
        if (repeated || keys[i].len > 0)
            size += pb_size_bytes(ARGUMENT, keys[i].len);
    good = pb_put_head(out, command, size) && put_string(out, TABLE, table);
    for (size_t i = 0; i < count; i++)
        if (repeated || keys[i].len > 0)
            good = good && pb_put_bytes(out, ARGUMENT, keys[i]);
    return good;
}

bool kv_put_pairs_request(struct buffer *out, enum kv_command command,
                          struct span table, const struct kv_pair *pairs,
                          size_t count)
{
    size_t size = string_size(TABLE, table);
    bool good;

    for (size_t i = 0; i < count; i++)
        size += pb_size_bytes(ARGUMENT, pair_size(&pairs[i]));
    good = pb_put_head(out, command, size) && put_string(out, TABLE, table);
    for (size_t i = 0; i < count; i++)
        good = good && put_pair(out, ARGUMENT, &pairs[i]);
    return good;
}
