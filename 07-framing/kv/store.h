/*
 * 07-framing/kv/store.h - what the key-value server remembers, shared by all
 * its clients' threads. A pair has a table's name, a key and a typed value.
 *
 *     struct store *store = store_open(store_named("lock"), limits);
 *     store_set(store, table, key, &value, &old);
 *     value_free(&old);
 *     store_close(store);
 *
 * How it is shared is the lesson, and there are three answers to read side by
 * side: store_lock.c, store_shards.c, store_owner.c. All hold a table.h, and
 * whoever calls the functions here need not know which it is.
 *
 * Who owns what: names and values that go in stay the caller's, the store
 * makes copies; a value that comes out is the caller's to free. Nobody outside
 * ever holds a pointer into the store: what it points to could be gone, deleted
 * by another thread, before it is looked at.
 *
 * One call, one step: no thread sees half of a set. Two calls are two steps,
 * and others may come in between.
 */
#ifndef STORE_H
#define STORE_H

#include <stddef.h>

#include "store_kind.h"

/* The name of kind 0, 1, ...; NULL behind the last. */
const char *store_name(int i);

/* The kind of this name, or NULL. */
const struct store_kind *store_named(const char *name);

/* An empty store; NULL with errno when there is no memory or no thread for
 * it. A thread that it makes has the caller's signal mask. */
struct store *store_open(const struct store_kind *kind,
                         struct store_limits limits);

/* Nobody may be using it any more. */
void store_close(struct store *store);

/* STORE_OK: a copy of the value is in *value. Else *value is empty:
 * STORE_ABSENT, or STORE_FULL when there is no memory for the copy. */
enum store_status store_get(struct store *store, struct span table,
                            struct span key, struct kv_value *value);

/* STORE_OK: the key has this value, and *old is what it had, empty if it is
 * new. STORE_FULL: it has what it had, *old is empty. */
enum store_status store_set(struct store *store, struct span table,
                            struct span key, const struct kv_value *value,
                            struct kv_value *old);

/* STORE_OK: the key is gone, and *old is what it had. STORE_ABSENT. */
enum store_status store_del(struct store *store, struct span table,
                            struct span key, struct kv_value *old);

/* STORE_OK or STORE_ABSENT. */
enum store_status store_exists(struct store *store, struct span table,
                               struct span key);

/* Appends a copy of every pair of the table to `out`, as a response lists them
 * (kv_put_pair), until `out` would grow beyond `limit` bytes: STORE_TOO_LONG.
 * STORE_FULL: no memory. After these two drop `out`. A table of which nobody
 * has heard is an empty one. */
enum store_status store_getall(struct store *store, struct span table,
                               struct buffer *out, size_t limit);

#endif
