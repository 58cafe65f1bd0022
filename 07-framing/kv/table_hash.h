/*
 * 07-framing/kv/table_hash.h - where in a table a key belongs. The keys come
 * from clients, and who knows the hash function can choose a thousand keys that
 * all belong in the same place: every look-up then walks past all of them. So
 * the function has a secret in it. It is SipHash-1-3 (Aumasson and Bernstein).
 */
#ifndef TABLE_HASH_H
#define TABLE_HASH_H

#include <stdint.h>

#include "span.h"

struct hash_secret {
    uint64_t a, b;
};

/* A secret of this process's own. */
struct hash_secret hash_secret_make(void);

uint64_t hash_of(struct hash_secret secret, struct span bytes);

#endif
