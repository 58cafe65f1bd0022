/*
 * 07-framing/kv/kv_answer.h - what the key-value server says to a command: a
 * message in (command.h), a message out. No I/O; what is remembered is the
 * store's.
 *
 *     HGET                  status 200 and the value, or 404
 *     HSET, HDEL            200 and the old value, empty if there was none
 *     HMGET, HMSET, HMDEL   200 and a value for each key, in order; empty
 *                           where there was none
 *     HGETALL               200 and the pairs of the table, in no order
 *     HEXIST, HMEXIST       200 and a bool for each key
 *     no command in it, HSET without a pair: 400; whatever else fails: 500
 *
 * A command with many keys is carried out key by key; others may come in
 * between. When one fails, those before it are done, and the message with
 * status 500 says how many they are.
 */
#ifndef KV_ANSWER_H
#define KV_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "span.h"
#include "store.h"

/* Carries the command out and puts the response into `out`, which must be
 * empty: at most `limit` bytes, which must be enough for an error message
 * (256). Returns false with ENOMEM when not even an error can be said; `out`
 * is empty then. */
bool kv_answer(struct store *store, struct span message, size_t limit,
               struct buffer *out);

#endif
