/* 07-framing/kv/store.c - what the three stores have in common: a call becomes
 * an operation, and the store's kind carries it out. See store.h. */
#include "store.h"

#include <string.h>

static const struct store_kind *const kinds[] = {&store_lock, &store_shards,
                                                 &store_owner};

const char *store_name(int i)
{
    return (size_t)i < sizeof(kinds) / sizeof(kinds[0]) ? kinds[i]->name : NULL;
}

const struct store_kind *store_named(const char *name)
{
    for (int i = 0; store_name(i) != NULL; i++)
        if (strcmp(store_name(i), name) == 0)
            return kinds[i];
    return NULL;
}

struct store *store_open(const struct store_kind *kind,
                         struct store_limits limits)
{
    struct store *store = kind->open(limits);

    if (store == NULL)
        return NULL;
    store->kind = kind;
    store->secret = hash_secret_make();
    store->budget.max = limits.max_memory;
    return store;
}

void store_close(struct store *store)
{
    store->kind->close(store);
}

/* The hash of the table's name goes into that of the key: ("ab", "c") and
 * ("a", "bc") are two names. */
static struct name name_of(const struct store *store, struct span table,
                           struct span key)
{
    struct hash_secret secret = store->secret;

    secret.a ^= hash_of(secret, table);
    return (struct name){table, key, hash_of(secret, key)};
}

static struct operation begin(const struct store *store, enum action action,
                              struct span table, struct span key)
{
    return (struct operation){.action = action,
                              .name = name_of(store, table, key)};
}

static enum store_status carry_out(struct store *store, enum action action,
                                   struct span table, struct span key,
                                   struct kv_value *value)
{
    struct operation op = begin(store, action, table, key);

    store->kind->apply(store, &op);
    *value = op.value;
    return op.status;
}

enum store_status store_get(struct store *store, struct span table,
                            struct span key, struct kv_value *value)
{
    return carry_out(store, GET, table, key, value);
}

enum store_status store_del(struct store *store, struct span table,
                            struct span key, struct kv_value *old)
{
    return carry_out(store, DEL, table, key, old);
}

enum store_status store_exists(struct store *store, struct span table,
                               struct span key)
{
    struct kv_value nothing;

    return carry_out(store, EXISTS, table, key, &nothing);
}

/* The copy is made before anybody waits for it, and freed after. */
enum store_status store_set(struct store *store, struct span table,
                            struct span key, const struct kv_value *value,
                            struct kv_value *old)
{
    struct operation op = begin(store, SET, table, key);

    *old = (struct kv_value){0};
    if (!value_copy(&op.value, value))
        return STORE_FULL;
    store->kind->apply(store, &op);
    if (op.status == STORE_OK)
        *old = op.value;
    else
        value_free(&op.value);
    return op.status;
}

enum store_status store_getall(struct store *store, struct span table,
                               struct buffer *out, size_t limit)
{
    struct operation op = {
        .action = GETALL, .name = {.table = table}, .out = out, .limit = limit};

    store->kind->apply(store, &op);
    return op.status;
}
