/*
 * 07-framing/kv/command.h - the messages of the key-value server, to and from
 * the bytes of Protocol Buffers (proto3). Whoever has this schema can talk to
 * it:
 *
 *     message CommandRequest {
 *         oneof request_data {
 *             Hget hget = 1;
 *             Hgetall hgetall = 2;
 *             Hmget hmget = 3;
 *             Hset hset = 4;
 *             Hmset hmset = 5;
 *             Hdel hdel = 6;
 *             Hmdel hmdel = 7;
 *             Hexist hexist = 8;
 *             Hmexist hmexist = 9;
 *         }
 *     }
 *     message Hget    { string table = 1; string key = 2; }
 *     message Hgetall { string table = 1; }
 *     message Hmget   { string table = 1; repeated string keys = 2; }
 *     message Hset    { string table = 1; Kvpair pair = 2; }
 *     message Hmset   { string table = 1; repeated Kvpair pairs = 2; }
 *     // Hdel, Hexist as Hget; Hmdel, Hmexist as Hmget
 *     message Kvpair { string key = 1; Value value = 2; }
 *     message Value {
 *         oneof value {
 *             string string = 1;
 *             bytes binary = 2;
 *             int64 integer = 3;
 *             double float = 4;
 *             bool bool = 5;
 *         }
 *     }
 *     message CommandResponse {
 *         uint32 status = 1;
 *         string message = 2;
 *         repeated Value values = 3;
 *         repeated Kvpair pairs = 4;
 *     }
 *
 * Reading allocates nothing: every span points into the message, and lists
 * are walked, not copied (an empty key takes 2 bytes of a message: a list of
 * what it says could be many times as long as what was sent).
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "span.h"

/* The numbers of the fields in CommandRequest. */
enum kv_command {
    KV_NONE,
    KV_HGET,
    KV_HGETALL,
    KV_HMGET,
    KV_HSET,
    KV_HMSET,
    KV_HDEL,
    KV_HMDEL,
    KV_HEXIST,
    KV_HMEXIST,
};

/* The numbers of the fields in Value. */
enum kv_type {
    KV_EMPTY,
    KV_STRING,
    KV_BINARY,
    KV_INTEGER,
    KV_FLOAT,
    KV_BOOL,
};

/* What a command is about, beyond its table. */
enum kv_argument {
    KV_NOTHING,
    KV_ONE_KEY,
    KV_KEYS,
    KV_ONE_PAIR,
    KV_PAIRS,
};

struct kv_value {
    enum kv_type type;
    union {
        struct span bytes; /* KV_STRING (UTF-8), KV_BINARY */
        int64_t integer;
        double number; /* KV_FLOAT */
        bool flag;     /* KV_BOOL */
    };
};

struct kv_pair {
    struct span key;
    struct kv_value value; /* KV_EMPTY where none was sent */
};

struct kv_request {
    enum kv_command command; /* KV_NONE: no request_data */
    struct span table;
    struct span key;     /* HGET, HDEL, HEXIST */
    struct kv_pair pair; /* HSET */
    bool has_pair;
    struct span lists; /* for kv_next_key and kv_next_pair */
};

struct kv_response {
    uint32_t status;
    struct span message;
    struct span lists; /* for kv_next_value and kv_next_answer_pair */
};

/* A walk over a repeated field. Begin with kv_walk(&request). */
struct kv_walk {
    struct span rest; /* of the message */
    struct span body; /* of the command that is being walked */
    enum kv_command command;
};

enum kv_argument kv_argument_of(enum kv_command command);

/* Read a whole message, which may be empty. Return false when it is malformed.
 * As in every Protocol Buffers library: unknown fields are skipped, so is a
 * known one of another wire type; of a field sent twice the last counts;
 * messages sent twice are merged; of a oneof the last member counts. */
bool kv_read_request(struct span message, struct kv_request *request);
bool kv_read_response(struct span message, struct kv_response *response);

/* The keys of HMGET, HMDEL, HMEXIST and the pairs of HMSET, in order, until
 * false. The request must have been read. */
struct kv_walk kv_walk(const struct kv_request *request);
bool kv_next_key(struct kv_walk *walk, struct span *key);
bool kv_next_pair(struct kv_walk *walk, struct kv_pair *pair);

/* The values and the pairs of a response, until false: start with a copy of
 * its `lists`. */
bool kv_next_value(struct span *lists, struct kv_value *value);
bool kv_next_answer_pair(struct span *lists, struct kv_pair *pair);

/* Append parts of a response, one after the other: the status first, then the
 * message or the values or the pairs. Return false with ENOMEM: the response
 * is then lost. */
bool kv_put_status(struct buffer *out, uint32_t status);
bool kv_put_message(struct buffer *out, struct span message);
bool kv_put_value(struct buffer *out, const struct kv_value *value);
bool kv_put_pair(struct buffer *out, const struct kv_pair *pair);

/* Append a whole request: HSET and HMSET with `pairs`, the others with `keys`
 * (HGETALL with none). Return false with ENOMEM. */
bool kv_put_keys_request(struct buffer *out, enum kv_command command,
                         struct span table, const struct span *keys,
                         size_t count);
bool kv_put_pairs_request(struct buffer *out, enum kv_command command,
                          struct span table, const struct kv_pair *pairs,
                          size_t count);

#endif
