/*
 * 07-framing/kv/store_kind.h - what a store is made of: for those who
 * implement one. Whoever uses a store calls store.h.
 */
#ifndef STORE_KIND_H
#define STORE_KIND_H

#include <stddef.h>

#include "table.h"
#include "table_hash.h"

struct store_limits {
    size_t max_memory; /* in bytes: names, values, what holds them together */
    int shards;        /* how many locks; for "shards" */
};

/* The part of every store that is the same. */
struct store {
    const struct store_kind *kind;
    struct hash_secret secret;
    struct budget budget;
};

/* A store's first member is a struct store; its other members are its own. */
struct store_kind {
    const char *name;
    struct store *(*open)(struct store_limits limits); /* NULL: errno */
    void (*apply)(struct store *store, struct operation *operation);
    void (*close)(struct store *store); /* and free it */
};

extern const struct store_kind store_lock, store_shards, store_owner;

#endif
