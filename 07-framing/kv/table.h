/*
 * 07-framing/kv/table.h - a hash table from (table's name, key) to a value. It
 * knows nothing of threads: whoever calls must be alone with it. How to be
 * alone is what the three stores differ in.
 *
 * There is one hash table for all the tables that clients speak of. So a
 * table exists as soon as a key is in it, costs nothing when it is empty, and
 * asking for a thousand tables that nobody filled leaves no trace. The price:
 * to list one table, all pairs are looked at.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "command.h"
#include "span.h"

/* The memory of a store, which its tables use up together. Atomic, because the
 * locks of two shards do not keep their threads apart here. */
struct budget {
    atomic_size_t used;
    size_t max;
};

/* What a pair is called, and where it therefore belongs. Made before any lock
 * is taken: what can be done outside of it should be. */
struct name {
    struct span table;
    struct span key;
    uint64_t hash;
};

/* How a call ends. */
enum store_status {
    STORE_OK,
    STORE_ABSENT,   /* no such key */
    STORE_FULL,     /* max_memory, or the machine's; nothing has changed */
    STORE_TOO_LONG, /* more than the caller can take */
};

enum action { GET, SET, DEL, EXISTS, GETALL };

/* One call, for the table to carry out. It goes to whoever is alone with the
 * table, and comes back with the answer in it. */
struct operation {
    enum action action;
    struct name name;
    struct kv_value value; /* SET: the new one, the table's if it is OK; and
                            * what comes out: the value, or the old one */
    struct buffer *out;    /* GETALL */
    size_t limit;          /* GETALL */
    enum store_status status;
};

/* All zeros but for the budget is an empty table. */
struct table {
    struct entry **chains; /* NULL until there is a pair */
    size_t chain_count;    /* a power of two */
    size_t pair_count;
    struct budget *budget;
};

/* Carries it out. Sets operation->status, and what comes out. */
void table_apply(struct table *table, struct operation *operation);

/* Drops all pairs. */
void table_free(struct table *table);

/* A copy with bytes of its own; false: ENOMEM, *copy is as it was. */
bool value_copy(struct kv_value *copy, const struct kv_value *value);

/* Frees the bytes of a copy, or of a value that came out of a store; it is
 * empty then. */
void value_free(struct kv_value *value);

#endif
