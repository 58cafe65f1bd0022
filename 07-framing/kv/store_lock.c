/*
 * 07-framing/kv/store_lock.c - one table, one lock.
 *
 *     thread A:  lock [set] unlock
 *     thread B:  lock ......[get] unlock
 *     thread C:  lock ............[get] unlock
 *
 * New here: a mutex. Who holds it is alone with the table.
 * Its limit: all wait for each other, even those who want different keys.
 * store_shards.c has a lock for each part; store_owner.c has none.
 */
#include <pthread.h>
#include <stdlib.h>

#include "store_kind.h"

struct lock_store {
    struct store store;
    pthread_mutex_t lock; /* of the table */
    struct table table;
};

static struct store *lock_open(struct store_limits limits)
{
    struct lock_store *s = calloc(1, sizeof(*s));

    (void)limits;
    if (s == NULL)
        return NULL;
    (void)pthread_mutex_init(&s->lock, NULL); /* cannot fail on Linux */
    s->table.budget = &s->store.budget;
    return &s->store;
}

static void lock_apply(struct store *store, struct operation *operation)
{
    struct lock_store *s = (struct lock_store *)store;

    pthread_mutex_lock(&s->lock);
    table_apply(&s->table, operation);
    pthread_mutex_unlock(&s->lock);
}

static void lock_close(struct store *store)
{
    struct lock_store *s = (struct lock_store *)store;

    table_free(&s->table);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

const struct store_kind store_lock = {"lock", lock_open, lock_apply,
                                      lock_close};
