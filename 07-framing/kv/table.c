/* 07-framing/kv/table.c - see table.h. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "resources.h"

enum {
    FEWEST_CHAINS = 16,
    /* What malloc(3) and the chains need for a pair beyond what we ask for:
     * a head and a tail for each of two allocations, and two places. */
    OVERHEAD = 2 * 24 + 2 * (int)sizeof(void *),
};

/* A pair in the chain where it belongs. */
struct entry {
    struct entry *next;
    uint64_t hash;
    size_t table_len;
    size_t key_len;
    struct kv_value value; /* its bytes are an allocation of their own */
    char names[];          /* the table's, then the key */
};

bool value_copy(struct kv_value *copy, const struct kv_value *value)
{
    bool has_bytes = value->type == KV_STRING || value->type == KV_BINARY;
    struct kv_value result = *value;

    if (has_bytes)
        result.bytes.bytes = NULL;
    if (has_bytes && value->bytes.len > 0) {
        result.bytes.bytes = copy_of(value->bytes.bytes, value->bytes.len);
        if (result.bytes.bytes == NULL)
            return false;
    }
    *copy = result;
    return true;
}

void value_free(struct kv_value *value)
{
    if (value->type == KV_STRING || value->type == KV_BINARY)
        free((char *)value->bytes.bytes);
    *value = (struct kv_value){0};
}

static size_t value_len(const struct kv_value *value)
{
    return value->type == KV_STRING || value->type == KV_BINARY
               ? value->bytes.len
               : 0;
}

static struct span table_of(const struct entry *e)
{
    return (struct span){e->names, e->table_len};
}

static struct span key_of(const struct entry *e)
{
    return (struct span){e->names + e->table_len, e->key_len};
}

static bool is_same(struct span a, struct span b)
{
    return a.len == b.len &&
           (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0);
}

static bool is_named(const struct entry *e, const struct name *name)
{
    return e->hash == name->hash && is_same(key_of(e), name->key) &&
           is_same(table_of(e), name->table);
}

static bool take_memory(struct budget *budget, size_t n)
{
    size_t used = atomic_load(&budget->used);

    do {
        if (n > budget->max - used)
            return false;
        /* Another shard was quicker: `used` is what it left. Look again. */
    } while (!atomic_compare_exchange_weak(&budget->used, &used, used + n));
    return true;
}

static void give_memory(struct budget *budget, size_t n)
{
    (void)atomic_fetch_sub(&budget->used, n);
}

static size_t entry_cost(size_t names_len, const struct kv_value *value)
{
    return sizeof(struct entry) + OVERHEAD + names_len + value_len(value);
}

/* The upper half of the hash: the lower one has chosen the shard, and all that
 * are here could have much of it in common. */
static struct entry **chain_of(const struct table *t, uint64_t hash)
{
    return &t->chains[(hash >> 32) & (t->chain_count - 1)];
}

/* Where the pointer to the entry stands; it is NULL when there is none. */
static struct entry **find(const struct table *t, const struct name *name)
{
    static struct entry *nothing;
    struct entry **at;

    if (t->chains == NULL)
        return &nothing;
    at = chain_of(t, name->hash);
    while (*at != NULL && !is_named(*at, name))
        at = &(*at)->next;
    return at;
}

/* Longer chains are slower, not wrong: without memory all stays as it is. */
static void resize(struct table *t, size_t chain_count)
{
    struct table wider = *t;

    wider.chains = calloc(chain_count, sizeof(wider.chains[0]));
    if (wider.chains == NULL)
        return;
    wider.chain_count = chain_count;
    for (size_t i = 0; i < t->chain_count; i++)
        for (struct entry *e = t->chains[i], *next; e != NULL; e = next) {
            struct entry **chain = chain_of(&wider, e->hash);

            next = e->next;
            e->next = *chain;
            *chain = e;
        }
    free(t->chains);
    *t = wider;
}

static struct entry *make_entry(const struct name *name)
{
    size_t names_len = name->table.len + name->key.len;
    struct entry *e = malloc(sizeof(*e) + names_len);

    if (e == NULL)
        return NULL;
    *e = (struct entry){.hash = name->hash,
                        .table_len = name->table.len,
                        .key_len = name->key.len};
    if (name->table.len > 0) /* else its bytes may be NULL: not for memcpy */
        memcpy(e->names, name->table.bytes, name->table.len);
    if (name->key.len > 0)
        memcpy(e->names + name->table.len, name->key.bytes, name->key.len);
    return e;
}

/* *value goes in; it is empty then. */
static enum store_status add(struct table *t, const struct name *name,
                             struct kv_value *value)
{
    size_t cost = entry_cost(name->table.len + name->key.len, value);
    struct entry *e, **chain;

    if (t->pair_count >= t->chain_count)
        resize(t, t->chains == NULL ? FEWEST_CHAINS : t->chain_count * 2);
    if (t->chains == NULL || !take_memory(t->budget, cost))
        return STORE_FULL;
    e = make_entry(name);
    if (e == NULL) {
        give_memory(t->budget, cost);
        return STORE_FULL;
    }
    e->value = *value;
    *value = (struct kv_value){0};
    chain = chain_of(t, name->hash);
    e->next = *chain;
    *chain = e;
    t->pair_count++;
    return STORE_OK;
}

/* *value goes in, the old one comes out in its place. */
static enum store_status replace(struct table *t, struct entry *e,
                                 struct kv_value *value)
{
    struct kv_value old = e->value;
    size_t before = value_len(&old), after = value_len(value);

    if (after > before && !take_memory(t->budget, after - before))
        return STORE_FULL;
    if (after < before)
        give_memory(t->budget, before - after);
    e->value = *value;
    *value = old;
    return STORE_OK;
}

static enum store_status set(struct table *t, const struct name *name,
                             struct kv_value *value)
{
    struct entry *e = *find(t, name);

    return e != NULL ? replace(t, e, value) : add(t, name, value);
}

static enum store_status get(const struct table *t, const struct name *name,
                             struct kv_value *value)
{
    const struct entry *e = *find(t, name);

    if (e == NULL)
        return STORE_ABSENT;
    return value_copy(value, &e->value) ? STORE_OK : STORE_FULL;
}

static enum store_status del(struct table *t, const struct name *name,
                             struct kv_value *old)
{
    struct entry **at = find(t, name);
    struct entry *e = *at;

    if (e == NULL)
        return STORE_ABSENT;
    *at = e->next;
    *old = e->value;
    give_memory(t->budget, entry_cost(e->table_len + e->key_len, old));
    free(e);
    t->pair_count--;
    if (t->chain_count > FEWEST_CHAINS && t->pair_count < t->chain_count / 8)
        resize(t, t->chain_count / 4);
    return STORE_OK;
}

static enum store_status list_pair(const struct entry *e, struct buffer *out,
                                   size_t limit)
{
    struct kv_pair pair = {key_of(e), e->value};
    size_t len = pair.key.len + value_len(&pair.value);

    /* Looked at before too, so that a long one is not copied to be dropped. */
    if (len > limit || buffer_len(out) > limit - len)
        return STORE_TOO_LONG;
    if (!kv_put_pair(out, &pair))
        return STORE_FULL;
    return buffer_len(out) > limit ? STORE_TOO_LONG : STORE_OK;
}

static enum store_status list(const struct table *t, struct span table,
                              struct buffer *out, size_t limit)
{
    enum store_status status = STORE_OK;

    for (size_t i = 0; i < t->chain_count && status == STORE_OK; i++)
        for (const struct entry *e = t->chains[i];
             e != NULL && status == STORE_OK; e = e->next)
            if (is_same(table_of(e), table))
                status = list_pair(e, out, limit);
    return status;
}

void table_apply(struct table *t, struct operation *op)
{
    switch (op->action) {
    case GET: op->status = get(t, &op->name, &op->value); break;
    case SET: op->status = set(t, &op->name, &op->value); break;
    case DEL: op->status = del(t, &op->name, &op->value); break;
    case EXISTS:
        op->status = *find(t, &op->name) != NULL ? STORE_OK : STORE_ABSENT;
        break;
    case GETALL:
        op->status = list(t, op->name.table, op->out, op->limit);
        break;
    }
}

void table_free(struct table *t)
{
    for (size_t i = 0; i < t->chain_count; i++)
        for (struct entry *e = t->chains[i], *next; e != NULL; e = next) {
            next = e->next;
            value_free(&e->value);
            free(e);
        }
    free(t->chains);
    *t = (struct table){.budget = t->budget};
}
