/* 07-framing/kv/kv_answer.c - see kv_answer.h. */
#include "kv_answer.h"

#include <stdio.h>

#include "command.h"

enum { OK = 200, BAD_REQUEST = 400, NOT_FOUND = 404, FAILED = 500 };
enum { WORDS_LEN = 128 };

/* An answer on its way. */
struct answer {
    struct store *store;
    const struct kv_request *request;
    struct buffer *out;
    size_t limit;
    size_t done; /* keys of a command with many */
};

static bool say(struct buffer *out, uint32_t status, struct span words)
{
    return kv_put_status(out, status) && kv_put_message(out, words);
}

static bool say_words(struct buffer *out, uint32_t status, const char *words)
{
    return say(out, status, (struct span){words, strlen(words)});
}

/* The names are as long as the client likes: they are not for snprintf. */
static bool say_not_found(const struct kv_request *request, struct buffer *out)
{
    struct buffer words = {0};
    bool good =
        buffer_append(&words, "Not found: table ", 17) &&
        buffer_append(&words, request->table.bytes, request->table.len) &&
        buffer_append(&words, ", key ", 6) &&
        buffer_append(&words, request->key.bytes, request->key.len) &&
        say(out, NOT_FOUND,
            (struct span){buffer_front(&words), buffer_len(&words)});

    buffer_free(&words);
    return good;
}

static bool is_for_many(enum kv_command command)
{
    enum kv_argument argument = kv_argument_of(command);

    return argument == KV_KEYS || argument == KV_PAIRS;
}

static bool say_failed(const struct answer *a, enum store_status status,
                       struct buffer *out)
{
    const char *why =
        status == STORE_FULL ? "Memory is full" : "The answer is too long";
    char words[WORDS_LEN];

    if (!is_for_many(a->request->command))
        return say_words(out, FAILED, why);
    snprintf(words, sizeof(words), "%s: done for the first %zu", why, a->done);
    return say_words(out, FAILED, words);
}

/* The value is used up. */
static enum store_status put_value(struct answer *a, struct kv_value *value)
{
    bool good = kv_put_value(a->out, value);

    value_free(value);
    a->done++;
    if (!good)
        return STORE_FULL;
    return buffer_len(a->out) > a->limit ? STORE_TOO_LONG : STORE_OK;
}

static enum store_status serve_key(struct answer *a, struct span key)
{
    struct span table = a->request->table;
    struct kv_value value = {0};
    enum store_status status;

    switch (a->request->command) {
    case KV_HGET:
    case KV_HMGET: status = store_get(a->store, table, key, &value); break;
    case KV_HDEL:
    case KV_HMDEL: status = store_del(a->store, table, key, &value); break;
    default: /* KV_HEXIST, KV_HMEXIST */
        status = store_exists(a->store, table, key);
        value = (struct kv_value){.type = KV_BOOL, .flag = status == STORE_OK};
    }
    if (status == STORE_FULL ||
        (status == STORE_ABSENT && a->request->command == KV_HGET))
        return status;
    return put_value(a, &value);
}

static enum store_status serve_pair(struct answer *a,
                                    const struct kv_pair *pair)
{
    struct kv_value old;
    enum store_status status =
        store_set(a->store, a->request->table, pair->key, &pair->value, &old);

    return status == STORE_OK ? put_value(a, &old) : status;
}

static enum store_status serve_many(struct answer *a)
{
    struct kv_walk walk = kv_walk(a->request);
    enum store_status status = STORE_OK;
    struct kv_pair pair;
    struct span key;

    if (a->request->command == KV_HMSET)
        while (status == STORE_OK && kv_next_pair(&walk, &pair))
            status = serve_pair(a, &pair);
    else
        while (status == STORE_OK && kv_next_key(&walk, &key))
            status = serve_key(a, key);
    return status;
}

static enum store_status serve(struct answer *a)
{
    if (!kv_put_status(a->out, OK))
        return STORE_FULL;
    if (is_for_many(a->request->command))
        return serve_many(a);
    if (a->request->command == KV_HGETALL)
        return store_getall(a->store, a->request->table, a->out, a->limit);
    if (a->request->command == KV_HSET)
        return serve_pair(a, &a->request->pair);
    return serve_key(a, a->request->key);
}

/* What was put into `out` for a command that then failed is dropped. */
static bool answer_request(struct store *store,
                           const struct kv_request *request, size_t limit,
                           struct buffer *out)
{
    struct answer a = {store, request, out, limit, 0};
    enum store_status status;

    if (request->command == KV_NONE)
        return say_words(out, BAD_REQUEST, "Invalid command: none is given");
    if (request->command == KV_HSET && !request->has_pair)
        return say_words(out, BAD_REQUEST,
                         "Invalid command: HSET needs a pair");
    status = serve(&a);
    if (status == STORE_OK)
        return true;
    buffer_free(out);
    if (status != STORE_ABSENT)
        return say_failed(&a, status, out);
    if (!say_not_found(request, out))
        return false;
    if (buffer_len(out) <= limit)
        return true;
    buffer_free(out); /* names as long as a message may be */
    return say_words(out, NOT_FOUND, "Not found");
}

bool kv_answer(struct store *store, struct span message, size_t limit,
               struct buffer *out)
{
    struct kv_request request;
    bool good = kv_read_request(message, &request)
                    ? answer_request(store, &request, limit, out)
                    : say_words(out, FAILED, "Malformed message");

    if (!good)
        buffer_free(out);
    return good;
}
