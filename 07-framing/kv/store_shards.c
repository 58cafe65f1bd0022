/*
 * 07-framing/kv/store_shards.c - N tables, N locks. The hash of a key picks its
 * table.
 *
 *     thread A:  lock 3 [set] unlock
 *     thread B:  lock 7 [get] unlock
 *     thread C:  lock 3 ......[get] unlock
 *
 * New here: threads wait only for those who want the same part.
 * Its limit: what concerns all parts, a list, goes from lock to lock. It is
 * no picture of one moment: a pair set in part 1 after it was listed is
 * missing, and one set later still, in part 2, is there.
 */
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>

#include "store_kind.h"

enum { CACHE_LINE = 64 };

/* A CPU that takes a lock takes the memory around it too, a cache line of 64
 * bytes on most. Two locks in one line make their threads wait after all. */
struct shard {
    alignas(CACHE_LINE) pthread_mutex_t lock; /* of the table */
    struct table table;
};

struct shard_store {
    struct store store;
    struct shard *shards;
    size_t count;
};

static struct store *shards_open(struct store_limits limits)
{
    struct shard_store *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->count = (size_t)limits.shards;
    s->shards = aligned_alloc(CACHE_LINE, s->count * sizeof(s->shards[0]));
    if (s->shards == NULL) {
        free(s);
        return NULL;
    }
    for (size_t i = 0; i < s->count; i++) {
        s->shards[i].table = (struct table){.budget = &s->store.budget};
        (void)pthread_mutex_init(&s->shards[i].lock, NULL);
    }
    return &s->store;
}

static void apply_to(struct shard *shard, struct operation *operation)
{
    pthread_mutex_lock(&shard->lock);
    table_apply(&shard->table, operation);
    pthread_mutex_unlock(&shard->lock);
}

/* One lock at a time: who holds one never waits for another, so no two can
 * wait for each other. The lower half of the hash, see table.c. */
static void shards_apply(struct store *store, struct operation *operation)
{
    struct shard_store *s = (struct shard_store *)store;
    size_t i = (uint32_t)operation->name.hash % s->count;

    if (operation->action != GETALL) {
        apply_to(&s->shards[i], operation);
        return;
    }
    operation->status = STORE_OK;
    for (i = 0; i < s->count && operation->status == STORE_OK; i++)
        apply_to(&s->shards[i], operation);
}

static void shards_close(struct store *store)
{
    struct shard_store *s = (struct shard_store *)store;

    for (size_t i = 0; i < s->count; i++) {
        table_free(&s->shards[i].table);
        pthread_mutex_destroy(&s->shards[i].lock);
    }
    free(s->shards);
    free(s);
}

const struct store_kind store_shards = {"shards", shards_open, shards_apply,
                                        shards_close};
