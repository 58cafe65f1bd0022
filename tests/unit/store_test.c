/*
 * tests/unit/store_test.c - the store of the key-value server: the same cases
 * against each of the three ways to share it, and the hash below them.
 */
#include "store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "feed.h"
#include "table.h"

#define SPAN(literal) ((struct span){BYTES(literal)})

enum { KIB = 1024, MIB = 1024 * KIB };

static struct store *store;

static void open_store(size_t max_memory, int shards)
{
    store = store_open(store_named(case_word),
                       (struct store_limits){max_memory, shards});
    CHECK(store != NULL);
}

static void close_store(void)
{
    store_close(store);
}

static struct span text(const char *s)
{
    return (struct span){s, strlen(s)};
}

static struct kv_value string(const char *s)
{
    return (struct kv_value){.type = KV_STRING, .bytes = text(s)};
}

static struct kv_value integer(int64_t i)
{
    return (struct kv_value){.type = KV_INTEGER, .integer = i};
}

static void check_same(const struct kv_value *got, const struct kv_value *want)
{
    CHECK_EQ(got->type, want->type);
    switch (got->type) {
    case KV_EMPTY: break;
    case KV_STRING:
    case KV_BINARY:
        CHECK_BYTES(got->bytes.bytes, got->bytes.len, want->bytes.bytes,
                    want->bytes.len);
        break;
    case KV_INTEGER: CHECK_EQ(got->integer, want->integer); break;
    case KV_FLOAT:
        CHECK(memcmp(&got->number, &want->number, sizeof(double)) == 0);
        break;
    case KV_BOOL: CHECK_EQ(got->flag, want->flag); break;
    }
}

/* "key 000007"; the text is good until the next call. */
static const char *numbered(int i)
{
    static char key[32];

    snprintf(key, sizeof(key), "key %06d", i);
    return key;
}

static enum store_status set(const char *table, const char *key,
                             struct kv_value value)
{
    struct kv_value old;
    enum store_status status =
        store_set(store, text(table), text(key), &value, &old);

    if (status != STORE_OK)
        CHECK_EQ(old.type, KV_EMPTY);
    value_free(&old);
    return status;
}

static enum store_status del(const char *table, const char *key)
{
    struct kv_value old;
    enum store_status status = store_del(store, text(table), text(key), &old);

    value_free(&old);
    return status;
}

static void expect(const char *table, const char *key, struct kv_value want)
{
    struct kv_value value;

    check_step("get %s %.20s", table, key);
    CHECK_EQ(store_get(store, text(table), text(key), &value), STORE_OK);
    check_same(&value, &want);
    value_free(&value);
}

static void expect_absent(const char *table, const char *key)
{
    struct kv_value value;

    check_step("get %s %.20s: absent", table, key);
    CHECK_EQ(store_get(store, text(table), text(key), &value), STORE_ABSENT);
    CHECK_EQ(value.type, KV_EMPTY);
    CHECK_EQ(store_exists(store, text(table), text(key)), STORE_ABSENT);
}

static size_t count_pairs(const char *table)
{
    struct buffer out = {0};
    struct kv_response response;
    struct kv_pair pair;
    size_t count = 0;

    CHECK_EQ(store_getall(store, text(table), &out, SIZE_MAX), STORE_OK);
    CHECK(kv_read_response((struct span){buffer_front(&out), buffer_len(&out)},
                           &response));
    while (kv_next_answer_pair(&response.lists, &pair))
        count++;
    buffer_free(&out);
    return count;
}

/* ---- one thread ---- */

static void empty(void)
{
    open_store(MIB, 16);
    expect_absent("t", "k");
    expect_absent("", "");
    CHECK_EQ(del("t", "k"), STORE_ABSENT);
    CHECK_EQ(count_pairs("t"), 0);
    close_store();
}

static void every_type(void)
{
    static const double number = -0.0;
    const struct kv_value values[] = {
        {.type = KV_EMPTY},
        {.type = KV_STRING, .bytes = SPAN("a string")},
        {.type = KV_STRING, .bytes = SPAN("")},
        {.type = KV_BINARY, .bytes = SPAN("\0\xff\0")},
        {.type = KV_BINARY, .bytes = SPAN("")},
        {.type = KV_INTEGER, .integer = INT64_MIN},
        {.type = KV_FLOAT, .number = number},
        {.type = KV_BOOL, .flag = true},
        {.type = KV_BOOL, .flag = false},
    };
    struct kv_value before = {0};

    open_store(MIB, 16);
    for (size_t i = 0; i < CHECK_COUNT(values); i++) {
        struct kv_value old;

        check_step("value %zu", i);
        CHECK_EQ(store_set(store, SPAN("t"), SPAN("k"), &values[i], &old),
                 STORE_OK);
        check_same(&old, &before);
        value_free(&old);
        expect("t", "k", values[i]);
        CHECK_EQ(store_exists(store, SPAN("t"), SPAN("k")), STORE_OK);
        before = values[i];
    }
    CHECK_EQ(count_pairs("t"), 1);
    close_store();
}

static void deletes(void)
{
    struct kv_value old, want = string("v");

    open_store(MIB, 16);
    CHECK_EQ(set("t", "k", want), STORE_OK);
    CHECK_EQ(set("t", "other", integer(1)), STORE_OK);
    CHECK_EQ(store_del(store, SPAN("t"), SPAN("k"), &old), STORE_OK);
    check_same(&old, &want);
    value_free(&old);
    expect_absent("t", "k");
    expect("t", "other", integer(1));
    CHECK_EQ(del("t", "k"), STORE_ABSENT);
    close_store();
}

/* Where the table's name ends and the key begins is part of the name. */
static void names(void)
{
    static const char *const pairs[][2] = {
        {"ab", "c"}, {"a", "bc"}, {"", "abc"}, {"abc", ""}, {"", ""}};

    open_store(MIB, 16);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(set(pairs[i][0], pairs[i][1], integer(i)), STORE_OK);
    for (int i = 0; i < 5; i++)
        expect(pairs[i][0], pairs[i][1], integer(i));
    expect_absent("c", "ab");
    CHECK_EQ(count_pairs("ab"), 1);
    CHECK_EQ(count_pairs(""), 2);
    CHECK_EQ(count_pairs("nobody"), 0);
    close_store();
}

/* What went in may change, and what came out stays. */
static void copies(void)
{
    char key[] = "key", bytes[] = "value";
    struct kv_value value = {.type = KV_BINARY, .bytes = {bytes, 5}};
    struct kv_value old, got;

    open_store(MIB, 16);
    CHECK_EQ(store_set(store, SPAN("t"), text(key), &value, &old), STORE_OK);
    memset(key, 'x', 3);
    memset(bytes, 'x', 5);
    CHECK_EQ(store_get(store, SPAN("t"), SPAN("key"), &got), STORE_OK);
    CHECK_EQ(del("t", "key"), STORE_OK);
    CHECK_TEXT(got.bytes.bytes, got.bytes.len, "value");
    value_free(&got);
    close_store();
}

static void many_pairs(void)
{
    enum { MANY = 20000 };

    open_store(64 * MIB, 16);
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(set(i % 10 == 0 ? "tenth" : "t", numbered(i), integer(i)),
                 STORE_OK);
    CHECK_EQ(count_pairs("tenth"), MANY / 10);
    CHECK_EQ(count_pairs("t"), MANY - MANY / 10);
    for (int i = 0; i < MANY; i++)
        expect(i % 10 == 0 ? "tenth" : "t", numbered(i), integer(i));
    for (int i = 0; i < MANY; i++)
        if (i % 100 != 0)
            CHECK_EQ(del(i % 10 == 0 ? "tenth" : "t", numbered(i)), STORE_OK);
    CHECK_EQ(count_pairs("t"), 0);
    CHECK_EQ(count_pairs("tenth"), MANY / 100);
    expect("tenth", numbered(100), integer(100));
    expect_absent("tenth", numbered(10));
    close_store();
}

/* Appended to what the buffer holds, of which nothing is kept. */
static enum store_status list_behind(const char *before, size_t limit,
                                     size_t *len)
{
    struct buffer out = {0};
    enum store_status status;

    CHECK(buffer_append(&out, before, strlen(before)));
    status = store_getall(store, SPAN("t"), &out, limit);
    *len = buffer_len(&out);
    buffer_free(&out);
    return status;
}

static void list_to_the_limit(void)
{
    size_t len, got;

    open_store(MIB, 16);
    CHECK_EQ(set("t", "a", string("one")), STORE_OK);
    CHECK_EQ(set("t", "b", string("two")), STORE_OK);
    CHECK_EQ(list_behind("", SIZE_MAX, &len), STORE_OK);
    CHECK_EQ(list_behind("", len, &got), STORE_OK);
    for (size_t limit = 0; limit < len; limit++)
        CHECK_EQ(list_behind("", limit, &got), STORE_TOO_LONG);
    /* What stands there counts. */
    CHECK_EQ(list_behind("before", len + 5, &got), STORE_TOO_LONG);
    CHECK_EQ(list_behind("before", len + 6, &got), STORE_OK);
    CHECK_EQ(got, len + 6);
    close_store();
}

/* ---- no memory left ---- */

static int fill(struct kv_value value)
{
    int i = 0;

    while (set("t", numbered(i), value) == STORE_OK)
        i++;
    check_step("%d pairs went in", i);
    return i;
}

static void empty_again(int count)
{
    for (int i = 0; i < count; i++)
        CHECK_EQ(del("t", numbered(i)), STORE_OK);
}

static void full(void)
{
    static char bytes[4096];
    struct kv_value value = {.type = KV_BINARY, .bytes = {bytes, 4096}};
    struct kv_value longer = value, shorter = value;
    int count;

    open_store(256 * KIB, 16);
    count = fill(value);
    CHECK(count > 50 && count < 64); /* 256 KiB hold 64 values and no names */
    CHECK_EQ(count_pairs("t"), (size_t)count);
    expect("t", numbered(0), value);

    check_step("a longer value is refused, the old one stays");
    longer.bytes = (struct span){calloc(1, 8192), 8192};
    CHECK(longer.bytes.bytes != NULL);
    CHECK_EQ(set("t", numbered(0), longer), STORE_FULL);
    expect("t", numbered(0), value);
    value_free(&longer);

    check_step("one of the same length is not");
    bytes[0] = 'x';
    CHECK_EQ(set("t", numbered(0), value), STORE_OK);
    expect("t", numbered(0), value);

    check_step("a shorter one makes room");
    shorter.bytes.len = 1;
    CHECK_EQ(set("t", numbered(0), shorter), STORE_OK);
    CHECK_EQ(set("t", "new", (struct kv_value){0}), STORE_OK);
    expect("t", "new", (struct kv_value){0});
    CHECK_EQ(del("t", "new"), STORE_OK);

    check_step("and so does a deletion: as much as there was");
    empty_again(count);
    CHECK_EQ(count_pairs("t"), 0);
    bytes[0] = 0;
    CHECK_EQ(fill(value), count);
    close_store();
}

static void small_ones_count_too(void)
{
    int count;

    open_store(256 * KIB, 16);
    count = fill((struct kv_value){.type = KV_BOOL});
    CHECK(count > 256 * KIB / 256 && count < 256 * KIB / 64);
    empty_again(count);
    CHECK_EQ(fill((struct kv_value){.type = KV_BOOL}), count);
    close_store();
}

static void larger_than_all(void)
{
    struct kv_value value = {.type = KV_BINARY};
    struct span name;

    open_store(64 * KIB, 16);
    value.bytes = (struct span){calloc(1, 64 * KIB), 64 * KIB};
    CHECK(value.bytes.bytes != NULL);
    CHECK_EQ(set("t", "k", value), STORE_FULL);
    expect_absent("t", "k");
    check_step("a name counts as well");
    name = value.bytes;
    for (int i = 0; i < 2; i++) {
        struct kv_value one = integer(1), old;

        CHECK_EQ(store_set(store, i == 0 ? name : SPAN("t"),
                           i == 1 ? name : SPAN("k"), &one, &old),
                 STORE_FULL);
    }
    CHECK_EQ(set("t", "k", integer(1)), STORE_OK);
    value_free(&value);
    close_store();
}

/* ---- many threads ---- */

enum { WORKERS = 8, ROUNDS = 2000, CROWD = 200, CROWD_ROUNDS = 20 };

/* A thread does not end a case: it says that something was wrong. */
struct worker {
    pthread_t thread;
    int number;
    const char *wrong;
};

static void run_threads(int count, void *(*live)(void *))
{
    struct worker *workers = calloc((size_t)count, sizeof(*workers));
    pthread_attr_t attr;

    CHECK(workers != NULL);
    CHECK_EQ(pthread_attr_init(&attr), 0);
    CHECK_EQ(pthread_attr_setstacksize(&attr, 256 * KIB), 0);
    for (int i = 0; i < count; i++) {
        workers[i].number = i;
        CHECK_EQ(pthread_create(&workers[i].thread, &attr, live, &workers[i]),
                 0);
    }
    for (int i = 0; i < count; i++)
        CHECK_EQ(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < count; i++)
        if (workers[i].wrong != NULL)
            CHECK_FAIL("thread %d: %s", i, workers[i].wrong);
    pthread_attr_destroy(&attr);
    free(workers);
}

/* The value says who wrote it, twice: half of one and half of another shows. */
static bool is_from_a_worker(const struct kv_value *value)
{
    unsigned a, b;
    char copy[64];

    if (value->type != KV_STRING || value->bytes.len >= sizeof(copy))
        return false;
    memcpy(copy, value->bytes.bytes, value->bytes.len);
    copy[value->bytes.len] = '\0';
    return sscanf(copy, "%u and again %u", &a, &b) == 2 && a == b;
}

static bool is_string(const struct kv_value *value, const char *want)
{
    return value->type == KV_STRING && span_is(value->bytes, want);
}

static bool write_shared(int number, int round)
{
    struct kv_value value, old;
    char bytes[64];
    bool good;

    snprintf(bytes, sizeof(bytes), "%d and again %d", number * ROUNDS + round,
             number * ROUNDS + round);
    value = string(bytes);
    good =
        store_set(store, SPAN("t"), SPAN("shared"), &value, &old) == STORE_OK &&
        (old.type == KV_EMPTY || is_from_a_worker(&old));
    value_free(&old);
    if (!good ||
        store_get(store, SPAN("t"), SPAN("shared"), &value) != STORE_OK)
        return false;
    good = is_from_a_worker(&value);
    value_free(&value);
    return good;
}

/* Set, look, change, look, delete, look: as if it were alone. */
static const char *use_own_key(const char *key, const char *words)
{
    struct kv_value value = string(words), number = integer(7), old, got;
    bool good;

    if (store_set(store, SPAN("t"), text(key), &value, &old) != STORE_OK ||
        old.type != KV_EMPTY)
        return "set";
    if (store_get(store, SPAN("t"), text(key), &got) != STORE_OK)
        return "get";
    good = is_string(&got, words);
    value_free(&got);
    if (!good)
        return "what it got";
    if (store_set(store, SPAN("t"), text(key), &number, &old) != STORE_OK)
        return "second set";
    good = is_string(&old, words);
    value_free(&old);
    if (!good)
        return "old value";
    if (store_exists(store, SPAN("t"), text(key)) != STORE_OK)
        return "exists";
    if (store_del(store, SPAN("t"), text(key), &old) != STORE_OK ||
        old.type != KV_INTEGER || old.integer != 7)
        return "del";
    if (store_get(store, SPAN("t"), text(key), &got) != STORE_ABSENT)
        return "get after del";
    return NULL;
}

static void *hammer(void *argument)
{
    struct worker *w = argument;
    struct buffer out = {0};
    char key[64];

    for (int round = 0; round < ROUNDS && w->wrong == NULL; round++) {
        snprintf(key, sizeof(key), "own %d %d", w->number, round % 10);
        w->wrong = use_own_key(key, key);
        if (w->wrong == NULL && !write_shared(w->number, round))
            w->wrong = "the shared key";
        if (round % 100 == 0) {
            if (store_getall(store, SPAN("t"), &out, MIB) != STORE_OK)
                w->wrong = "getall";
            buffer_free(&out);
        }
    }
    return NULL;
}

static void threads(void)
{
    struct kv_value value;

    open_store(16 * MIB, 4);
    run_threads(WORKERS, hammer);
    CHECK_EQ(count_pairs("t"), 1);
    CHECK_EQ(store_get(store, SPAN("t"), SPAN("shared"), &value), STORE_OK);
    CHECK(is_from_a_worker(&value));
    value_free(&value);
    close_store();
}

static void *join_crowd(void *argument)
{
    struct worker *w = argument;
    char key[64];

    for (int i = 0; i < CROWD_ROUNDS && w->wrong == NULL; i++) {
        snprintf(key, sizeof(key), "crowd %d", w->number);
        w->wrong = use_own_key(key, key);
    }
    return NULL;
}

/* More threads than the owner's channel has places: who finds it full waits,
 * and none is lost or answered twice. */
static void crowd(void)
{
    open_store(16 * MIB, 16);
    run_threads(CROWD, join_crowd);
    CHECK_EQ(count_pairs("t"), 0);
    close_store();
}

static void *fill_up(void *argument)
{
    struct worker *w = argument;
    unsigned long long state = (unsigned long long)w->number + 1;
    static const char bytes[2048];
    char key[32];

    for (int i = 0; i < ROUNDS; i++) {
        struct kv_value value = {.type = KV_BINARY, .bytes.bytes = bytes};
        struct kv_value old;

        value.bytes.len = random_below(&state, sizeof(bytes));
        snprintf(key, sizeof(key), "key %06u", random_below(&state, 200));
        if (random_below(&state, 3) == 0)
            (void)store_del(store, SPAN("t"), text(key), &old);
        else
            (void)store_set(store, SPAN("t"), text(key), &value, &old);
        value_free(&old);
    }
    return NULL;
}

/* What is taken is given back, to the byte, whoever was refused meanwhile. */
static void full_with_threads(void)
{
    struct kv_value value = integer(1);
    int alone;

    open_store(64 * KIB, 4);
    alone = fill(value);
    empty_again(alone);
    run_threads(WORKERS, fill_up);
    for (int i = 0; i < 200; i++)
        (void)del("t", numbered(i));
    CHECK_EQ(count_pairs("t"), 0);
    CHECK_EQ(fill(value), alone);
    close_store();
}

/* Which numbers of shards there are. Of the others it asks nothing. */
static void any_number(void)
{
    static const int counts[] = {1, 2, 3, 16, 17, 4096};

    for (size_t i = 0; i < CHECK_COUNT(counts); i++) {
        check_step("%d shards", counts[i]);
        open_store(16 * MIB, counts[i]);
        for (int j = 0; j < 1000; j++)
            CHECK_EQ(set("t", numbered(j), integer(j)), STORE_OK);
        CHECK_EQ(count_pairs("t"), 1000);
        for (int j = 0; j < 1000; j++)
            expect("t", numbered(j), integer(j));
        close_store();
    }
}

/* ---- the hash ---- */

/* Without a secret these are what hash() of CPython 3.11 gives for bytes when
 * PYTHONHASHSEED=0: a second hand wrote SipHash-1-3 there. */
static void hash_vectors(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        uint64_t hash;
    } table[] = {
        {BYTES("a"), 0x407448d2b89b1813},
        {BYTES("abc"), 0xc03bc3a0042630f2},
        {BYTES("abcdefgh"), 0x3f7b849c0b8e35ea},
        {BYTES("abcdefghi"), 0xf89b34a3d11eb6e5},
        {BYTES("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"
               "\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d"
               "\x1e\x1f"),
         0x31ef8061c910629b},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct span bytes = {table[i].bytes, table[i].len};

        CHECK(hash_of((struct hash_secret){0, 0}, bytes) == table[i].hash);
        CHECK(hash_of((struct hash_secret){1, 0}, bytes) != table[i].hash);
        CHECK(hash_of((struct hash_secret){0, 1}, bytes) != table[i].hash);
    }
    (void)hash_of((struct hash_secret){0, 0}, (struct span){NULL, 0});
}

static void case_hash_secret(void)
{
    struct hash_secret a = hash_secret_make(), b = hash_secret_make();

    CHECK(a.a != b.a && a.b != b.b);
}

/* The lower half of a hash picks the shard and the upper half the chain, so a
 * shard uses all its chains. With the same bits for both, 1 in 16 of them
 * would hold everything. */
static void shards_use_all_chains(void)
{
    struct budget budget = {.max = MIB};
    struct table table = {.budget = &budget};
    struct hash_secret secret = hash_secret_make();
    size_t used = 0;

    for (int i = 0; table.pair_count < 256; i++) {
        struct span key = text(numbered(i));
        struct operation op = {.action = SET};

        op.name = (struct name){SPAN("t"), key, hash_of(secret, key)};
        if ((uint32_t)op.name.hash % 16 != 3)
            continue; /* another shard's */
        table_apply(&table, &op);
        CHECK_EQ(op.status, STORE_OK);
    }
    CHECK_EQ(table.chain_count, 256);
    for (size_t i = 0; i < table.chain_count; i++)
        used += table.chains[i] != NULL;
    CHECK(used > 100); /* 162 are to be expected, 16 otherwise */
    table_free(&table);
}

static void kinds_by_name(void)
{
    CHECK(store_named("lock") == &store_lock);
    CHECK(store_named("shards") == &store_shards);
    CHECK(store_named("owner") == &store_owner);
    CHECK(store_named(store_name(2)) == &store_owner && store_name(3) == NULL);
    CHECK(store_named("") == NULL);
    CHECK(store_named("locks") == NULL);
}

/* ---- the table of cases ---- */

static const char kinds[] = "lock shards owner";

const struct check_case check_cases[] = {
    CASE(hash_vectors, "unit"),
    CASE(case_hash_secret, "unit"),
    CASE(kinds_by_name, "unit"),
    CASE(shards_use_all_chains, "unit"),
    CASE(any_number, "unit", .each = "shards"),
    CASE(empty, "unit", .each = kinds),
    CASE(every_type, "unit", .each = kinds),
    CASE(deletes, "unit", .each = kinds),
    CASE(names, "unit", .each = kinds),
    CASE(copies, "unit", .each = kinds),
    CASE(many_pairs, "unit", .each = kinds),
    CASE(list_to_the_limit, "unit", .each = kinds),
    CASE(full, "unit", .each = kinds),
    CASE(small_ones_count_too, "unit", .each = kinds),
    CASE(larger_than_all, "unit", .each = kinds),
    CASE(threads, "unit", .each = kinds),
    CASE(crowd, "unit", .each = kinds),
    CASE(full_with_threads, "unit", .each = kinds),
    {0},
};
