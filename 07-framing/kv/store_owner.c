/*
 * 07-framing/kv/store_owner.c - one thread owns the table. The others send it
 * what they want done, through a channel, and wait for the answer.
 *
 *     thread A:  send ......................... answer
 *     thread B:    send ...............................answer
 *     owner:           receive [set for A] receive [get for B]
 *
 * New here: the table is not shared at all, so it needs no lock. What is
 * shared is a channel: a queue of CHANNEL_SIZE places. When it is full, who
 * sends waits, so that a slow owner cannot be buried in messages.
 * Its limit: a trip to another thread and back for every operation, and one
 * CPU does all the work.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "store_kind.h"

enum { CHANNEL_SIZE = 64 };

/* Stands on the sender's stack: it waits until it is done. */
struct message {
    struct operation *operation; /* NULL: end */
    sem_t done;
};

struct channel {
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t not_empty, not_full;
    struct message *queue[CHANNEL_SIZE]; /* a ring */
    size_t first;
    size_t count;
};

struct owner_store {
    struct store store;
    struct channel channel;
    pthread_t owner;
    struct table table; /* the owner's alone */
};

static void channel_send(struct channel *c, struct message *message)
{
    pthread_mutex_lock(&c->lock);
    while (c->count == CHANNEL_SIZE)
        pthread_cond_wait(&c->not_full, &c->lock);
    c->queue[(c->first + c->count) % CHANNEL_SIZE] = message;
    c->count++;
    pthread_cond_signal(&c->not_empty);
    pthread_mutex_unlock(&c->lock);
}

static struct message *channel_receive(struct channel *c)
{
    struct message *message;

    pthread_mutex_lock(&c->lock);
    while (c->count == 0)
        pthread_cond_wait(&c->not_empty, &c->lock);
    message = c->queue[c->first];
    c->first = (c->first + 1) % CHANNEL_SIZE;
    c->count--;
    pthread_cond_signal(&c->not_full);
    pthread_mutex_unlock(&c->lock);
    return message;
}

/* Once the message is done it is its sender's, and may be gone. */
static void *live_as_owner(void *argument)
{
    struct owner_store *s = argument;

    for (;;) {
        struct message *message = channel_receive(&s->channel);
        bool end = message->operation == NULL;

        if (!end)
            table_apply(&s->table, message->operation);
        sem_post(&message->done);
        if (end)
            return NULL;
    }
}

static void owner_apply(struct store *store, struct operation *operation)
{
    struct owner_store *s = (struct owner_store *)store;
    struct message message = {.operation = operation};

    (void)sem_init(&message.done, 0, 0); /* 0: nothing to fail */
    channel_send(&s->channel, &message);
    while (sem_wait(&message.done) == -1) /* EINTR: not done yet */
        continue;
    (void)sem_destroy(&message.done);
}

static struct store *owner_open(struct store_limits limits)
{
    struct owner_store *s = calloc(1, sizeof(*s));
    int error;

    (void)limits;
    if (s == NULL)
        return NULL;
    (void)pthread_mutex_init(&s->channel.lock, NULL); /* cannot fail */
    (void)pthread_cond_init(&s->channel.not_empty, NULL);
    (void)pthread_cond_init(&s->channel.not_full, NULL);
    s->table.budget = &s->store.budget;
    error = pthread_create(&s->owner, NULL, live_as_owner, s);
    if (error != 0) {
        free(s);
        errno = error;
        return NULL;
    }
    return &s->store;
}

static void owner_close(struct store *store)
{
    struct owner_store *s = (struct owner_store *)store;

    owner_apply(store, NULL);
    pthread_join(s->owner, NULL);
    table_free(&s->table);
    pthread_cond_destroy(&s->channel.not_full);
    pthread_cond_destroy(&s->channel.not_empty);
    pthread_mutex_destroy(&s->channel.lock);
    free(s);
}

const struct store_kind store_owner = {"owner", owner_open, owner_apply,
                                       owner_close};
