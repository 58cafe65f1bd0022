/*
 * tests/unit/protobuf_test.c - the wire format, and the key-value messages.
 * The bytes that are expected are written out by hand, field by field.
 */
#include "protobuf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "command.h"
#include "feed.h"

#define SPAN(literal) ((struct span){BYTES(literal)})

/* A copy of exactly its size, so that a sanitizer sees a read beyond it. */
static struct span exact(const char *bytes, size_t len)
{
    char *copy = malloc(len);

    CHECK(copy != NULL || len == 0);
    if (len > 0)
        memcpy(copy, bytes, len);
    return (struct span){copy, len};
}

static void drop(struct span s)
{
    free((char *)s.bytes);
}

#define CHECK_SPAN(span, literal) CHECK_TEXT((span).bytes, (span).len, literal)

/* ---- the wire format ---- */

static struct pb_field one_field(const char *bytes, size_t len)
{
    struct span rest = {bytes, len};
    struct pb_field field;

    CHECK(pb_next(&rest, &field) == PB_FIELD);
    CHECK(rest.len == 0);
    CHECK(pb_next(&rest, &field) == PB_END);
    rest = (struct span){bytes, len};
    (void)pb_next(&rest, &field);
    return field;
}

static void varints(void)
{
    static const struct {
        uint64_t value;
        const char *bytes;
        size_t len;
    } table[] = {
        {0, BYTES("\x08\0")},
        {1, BYTES("\x08\1")},
        {127, BYTES("\x08\x7f")},
        {128, BYTES("\x08\x80\1")},
        {150, BYTES("\x08\x96\1")},
        {16383, BYTES("\x08\xff\x7f")},
        {16384, BYTES("\x08\x80\x80\1")},
        {UINT32_MAX, BYTES("\x08\xff\xff\xff\xff\x0f")},
        {UINT64_MAX >> 1, BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f")},
        {UINT64_MAX, BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\1")},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct buffer out = {0};

        check_step("%llu", (unsigned long long)table[i].value);
        CHECK(one_field(table[i].bytes, table[i].len).value == table[i].value);
        CHECK(pb_put_varint(&out, 1, table[i].value));
        EXPECT_WRITTEN(&out, table[i].bytes, table[i].len);
        CHECK_EQ(pb_size_varint(1, table[i].value), table[i].len);
    }
    /* longer than needed */
    CHECK_EQ(one_field(BYTES("\x08\x81\x80\0")).value, 1);
    CHECK_EQ(one_field(BYTES("\x88\x80\0\5")).number, 1);
}

static void other_fields(void)
{
    struct pb_field field = one_field(BYTES("\x12\2hi"));

    CHECK(field.number == 2 && field.wire == PB_BYTES);
    CHECK_SPAN(field.bytes, "hi");
    field = one_field(BYTES("\x12\0"));
    CHECK_EQ(field.bytes.len, 0);
    field = one_field(BYTES("\x21\0\0\0\0\0\0\xf0\x3f"));
    CHECK(field.number == 4 && field.wire == PB_64BIT);
    CHECK(pb_double(field.value) == 1.0);
    field = one_field(BYTES("\x25\1\2\3\4"));
    CHECK(field.wire == PB_32BIT && field.value == 0x04030201);
    field = one_field(BYTES("\xf8\xff\xff\xff\x0f\1"));
    CHECK_EQ(field.number, (1 << 29) - 1);
    field = one_field(BYTES("\x1b\x08\1\x23\x24\x12\1x\x1c"));
    CHECK(field.number == 3 && field.wire == PB_GROUP);
}

struct message {
    const char *what;
    const char *bytes;
    size_t len;
};

static const struct message malformed[] = {
    {"a key cut off", BYTES("\x88")},
    {"a key of 6 bytes", BYTES("\x88\x80\x80\x80\x80\0\1")},
    {"a key beyond 32 bits", BYTES("\xf8\xff\xff\xff\x1f\1")},
    {"field 0", BYTES("\0\1")},
    {"wire type 6", BYTES("\x0e\1")},
    {"wire type 7", BYTES("\x0f\1")},
    {"no value", BYTES("\x08")},
    {"a varint cut off", BYTES("\x08\x80")},
    {"a varint of 11 bytes",
     BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\0")},
    {"a varint of 65 bits",
     BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\2")},
    {"7 of 8 bytes", BYTES("\x09\0\0\0\0\0\0\0")},
    {"3 of 4 bytes", BYTES("\x0d\0\0\0")},
    {"a length beyond the end", BYTES("\x7a\2x")},
    {"a length cut off", BYTES("\x7a\x80")},
    {"a length of 2^64 - 1",
     BYTES("\x7a\xff\xff\xff\xff\xff\xff\xff\xff\xff\1x")},
    {"the end of no group", BYTES("\x1c")},
    {"a group without end", BYTES("\x1b\x08\1")},
    {"another group's end", BYTES("\x1b\x24")},
    {"garbage in a group", BYTES("\x1b\x08")},
};

static void malformed_fields(void)
{
    for (size_t i = 0; i < CHECK_COUNT(malformed); i++) {
        struct span all = exact(malformed[i].bytes, malformed[i].len);
        struct span rest = all;
        struct kv_response response;
        struct kv_request request;
        struct pb_field field;

        check_step("%s", malformed[i].what);
        CHECK(pb_next(&rest, &field) == PB_MALFORMED);
        CHECK(!kv_read_request(all, &request));
        CHECK(!kv_read_response(all, &response));
        drop(all);
    }
}

static void deep_groups(void)
{
    for (size_t depth = 99; depth <= 101; depth++) {
        char bytes[202];
        struct span rest = {bytes, 2 * depth};
        struct pb_field field;

        memset(bytes, 0x1b, depth);
        memset(bytes + depth, 0x1c, depth);
        CHECK_EQ(pb_next(&rest, &field),
                 depth <= 100 ? PB_FIELD : PB_MALFORMED);
    }
}

/* Against a list of all that is UTF-8: every code point, written by a second
 * hand, and each with one bit turned. */
static size_t put_utf8(char *out, unsigned long c)
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(first[len] | c);
    return len;
}

static void utf8_every_code_point(void)
{
    for (unsigned long c = 0; c < 0x200000; c++) {
        char bytes[4];
        struct span s = {bytes, put_utf8(bytes, c)};
        bool good = c < 0xd800 || (c > 0xdfff && c <= 0x10ffff);

        if (pb_is_utf8(s) != good)
            CHECK_FAIL("U+%lX: %s", c, good ? "refused" : "accepted");
    }
}

static void utf8_table(void)
{
    static const struct message bad[] = {
        {"a lone continuation", BYTES("a\x80")},
        {"cut off", BYTES("\xe2\x82")},
        {"not continued", BYTES("\xe2\x82z")},
        {"overlong 2", BYTES("\xc0\x80")},
        {"overlong 2 too", BYTES("\xc1\xbf")},
        {"overlong 3", BYTES("\xe0\x9f\xbf")},
        {"overlong 4", BYTES("\xf0\x8f\xbf\xbf")},
        {"surrogate", BYTES("\xed\xa0\x80")},
        {"beyond the last", BYTES("\xf4\x90\x80\x80")},
        {"f5", BYTES("\xf5\x80\x80\x80")},
        {"ff", BYTES("\xff")},
    };

    for (size_t i = 0; i < CHECK_COUNT(bad); i++) {
        struct span s = exact(bad[i].bytes, bad[i].len);

        check_step("%s", bad[i].what);
        CHECK(!pb_is_utf8(s));
        drop(s);
    }
    CHECK(pb_is_utf8(SPAN("")));
    CHECK(pb_is_utf8(SPAN("a\0b \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80")));
}

/* ---- requests ---- */

static struct kv_request read_request(const char *bytes, size_t len)
{
    struct kv_request request;

    check_step("a request of %zu bytes", len);
    CHECK(kv_read_request((struct span){bytes, len}, &request));
    return request;
}

static void empty_request(void)
{
    CHECK_EQ(read_request(BYTES("")).command, KV_NONE);
    CHECK_EQ(read_request(NULL, 0).command, KV_NONE);
    CHECK_EQ(read_request(BYTES("\x52\1x\x0a\0")).command, KV_HGET);
    CHECK_EQ(read_request(BYTES("\x08\1")).command, KV_NONE); /* as a varint */
}

/* Of each command: read, and written again. One key is `key`, of many it is a
 * walk. */
static void expect_keys(const enum kv_command commands[3], const char *want,
                        size_t len, const struct span *keys, size_t count)
{
    for (int i = 0; i < 3; i++) {
        struct buffer out = {0};
        struct kv_request r;
        struct kv_walk walk;
        struct span key;
        char bytes[16];

        memcpy(bytes, want, len);
        bytes[0] = (char)(commands[i] << 3 | 2);
        r = read_request(bytes, len);
        CHECK_EQ(r.command, commands[i]);
        CHECK_SPAN(r.table, "t");
        walk = kv_walk(&r);
        if (count == 1)
            CHECK_BYTES(r.key.bytes, r.key.len, keys->bytes, keys->len);
        for (size_t k = 0; count > 1 && k < count; k++) {
            CHECK(kv_next_key(&walk, &key));
            CHECK_BYTES(key.bytes, key.len, keys[k].bytes, keys[k].len);
        }
        CHECK(!kv_next_key(&walk, &key));
        CHECK(!kv_next_key(&walk, &key));
        CHECK(kv_put_keys_request(&out, commands[i], r.table, keys, count));
        EXPECT_WRITTEN(&out, bytes, len);
    }
}

static void key_requests(void)
{
    static const enum kv_command commands[] = {KV_HGET, KV_HDEL, KV_HEXIST};

    expect_keys(commands, BYTES("?\6\x0a\1t\x12\1k"), &SPAN("k"), 1);
}

static void keys_requests(void)
{
    static const enum kv_command commands[] = {KV_HMGET, KV_HMDEL, KV_HMEXIST};
    static const struct span keys[] = {{"a", 1}, {"", 0}, {"bcd", 3}};

    expect_keys(commands, BYTES("?\x0d\x0a\1t\x12\1a\x12\0\x12\3bcd"), keys, 3);
}

static void table_request(void)
{
    struct kv_request r = read_request(BYTES("\x12\3\x0a\1t"));
    struct buffer out = {0};

    CHECK_EQ(r.command, KV_HGETALL);
    CHECK_SPAN(r.table, "t");
    CHECK(kv_put_keys_request(&out, KV_HGETALL, r.table, NULL, 0));
    EXPECT_WRITTEN(&out, BYTES("\x12\3\x0a\1t"));
    /* what is empty is not written */
    CHECK(kv_put_keys_request(&out, KV_HGETALL, SPAN(""), NULL, 0));
    EXPECT_WRITTEN(&out, BYTES("\x12\0"));
    CHECK(kv_put_keys_request(&out, KV_HGET, SPAN(""), &SPAN(""), 1));
    EXPECT_WRITTEN(&out, BYTES("\x0a\0"));
}

static void set_requests(void)
{
    struct kv_request r =
        read_request(BYTES("\x22\x0d\x0a\1t\x12\x08\x0a\1k\x12\3\x0a\1v"));
    struct buffer out = {0};

    CHECK_EQ(r.command, KV_HSET);
    CHECK(r.has_pair);
    CHECK_SPAN(r.pair.key, "k");
    CHECK_EQ(r.pair.value.type, KV_STRING);
    CHECK_SPAN(r.pair.value.bytes, "v");
    CHECK(kv_put_pairs_request(&out, KV_HSET, r.table, &r.pair, 1));
    EXPECT_WRITTEN(&out, BYTES("\x22\x0d\x0a\1t\x12\x08\x0a\1k\x12\3\x0a\1v"));
    CHECK(!read_request(BYTES("\x22\3\x0a\1t")).has_pair);
    r = read_request(BYTES("\x22\2\x12\0")); /* a pair of nothing is a pair */
    CHECK(r.has_pair);
    CHECK_EQ(r.pair.value.type, KV_EMPTY);
}

static void many_pairs(void)
{
    static const char bytes[] =
        "\x2a\x11\x0a\1t\x12\4\x0a\2ab\x12\6\x12\4\x18\7\x28\1";
    struct kv_request r = read_request(BYTES(bytes));
    struct kv_walk walk = kv_walk(&r);
    struct kv_pair pair;
    struct span key;

    CHECK_EQ(r.command, KV_HMSET);
    CHECK(!kv_next_key(&walk, &key));
    CHECK(kv_next_pair(&walk, &pair));
    CHECK_SPAN(pair.key, "ab");
    CHECK_EQ(pair.value.type, KV_EMPTY);
    CHECK(kv_next_pair(&walk, &pair));
    CHECK_EQ(pair.key.len, 0);
    CHECK_EQ(pair.value.type, KV_BOOL); /* the last member counts */
    CHECK(pair.value.flag);
    CHECK(!kv_next_pair(&walk, &pair));
}

static void unknown_fields_are_skipped(void)
{
    /* fields 15 and 100 of every kind, at every level, and known numbers with
     * another wire type */
    struct kv_request r = read_request(BYTES(
        "\x78\5\x22\x26\x7a\2zz\x0a\1t\x08\7\x12\x17\x79\0\0\0\0\0\0\0\0"
        "\x0a\1k\x12\x09\x7d\1\2\3\4\x18\2\x10\1\x7b\x08\1\x7c\xa2\6\1q"));

    CHECK_EQ(r.command, KV_HSET);
    CHECK_SPAN(r.table, "t");
    CHECK_SPAN(r.pair.key, "k");
    CHECK_EQ(r.pair.value.type, KV_INTEGER);
    CHECK_EQ(r.pair.value.integer, 2);
}

/* A Value's members, each stored as it should not be: they are unknown. */
static void wrong_wire_types(void)
{
    static const struct message table[] = {
        {"string as a varint", BYTES("\x1a\2\x08\1")},
        {"binary as a varint", BYTES("\x1a\2\x10\1")},
        {"integer as bytes", BYTES("\x1a\3\x1a\1x")},
        {"integer as 32 bits", BYTES("\x1a\5\x1d\1\2\3\4")},
        {"float as a varint", BYTES("\x1a\2\x20\1")},
        {"float as 32 bits", BYTES("\x1a\5\x25\1\2\3\4")},
        {"bool as bytes", BYTES("\x1a\3\x2a\1x")},
        {"a member that there is not", BYTES("\x1a\2\x30\1")},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct kv_response response;
        struct kv_value value;

        check_step("%s", table[i].what);
        CHECK(kv_read_response((struct span){table[i].bytes, table[i].len},
                               &response));
        CHECK(kv_next_value(&response.lists, &value));
        CHECK_EQ(value.type, KV_EMPTY);
    }
}

/* Of the same member, messages are merged; of another, the last counts and
 * the others are as if they had never been. */
static void merging(void)
{
    struct kv_request r = read_request(BYTES("\x0a\3\x0a\1t\x0a\3\x12\1k"));
    struct kv_walk walk;
    struct kv_pair pair;
    struct span key;

    CHECK_SPAN(r.table, "t");
    CHECK_SPAN(r.key, "k");
    r = read_request(BYTES("\x0a\6\x0a\1t\x12\1k\x32\0\x0a\3\x12\1z"));
    CHECK_EQ(r.command, KV_HGET);
    CHECK_EQ(r.table.len, 0);
    CHECK_SPAN(r.key, "z");
    /* HSET: pair {key k}, pair {value {7}}, pair {value {}} */
    r = read_request(
        BYTES("\x22\5\x12\3\x0a\1k\x22\x0a\x12\4\x12\2\x18\7\x12\2\x12\0"));
    CHECK_SPAN(r.pair.key, "k");
    CHECK_EQ(r.pair.value.type, KV_INTEGER);
    CHECK_EQ(r.pair.value.integer, 7);
    /* HMGET a, b; HGET; HMGET c, d, HMGET e */
    r = read_request(
        BYTES("\x1a\6\x12\1a\x12\1b\x0a\0\x1a\6\x12\1c\x12\1d\x78\1"
              "\x1a\6\x12\1e\x0a\1t"));
    CHECK_SPAN(r.table, "t");
    walk = kv_walk(&r);
    CHECK(kv_next_key(&walk, &key) && key.bytes[0] == 'c');
    CHECK(kv_next_key(&walk, &key) && key.bytes[0] == 'd');
    CHECK(kv_next_key(&walk, &key) && key.bytes[0] == 'e');
    CHECK(!kv_next_key(&walk, &key));
    /* HMSET {k}, then {value 1}: two pairs, not one */
    r = read_request(BYTES("\x2a\5\x12\3\x0a\1k\x2a\6\x12\4\x12\2\x18\1"));
    walk = kv_walk(&r);
    CHECK(kv_next_pair(&walk, &pair) && pair.value.type == KV_EMPTY);
    CHECK(kv_next_pair(&walk, &pair) && pair.value.type == KV_INTEGER);
    CHECK(!kv_next_pair(&walk, &pair));
}

static void malformed_requests(void)
{
    static const struct message table[] = {
        {"a table that is not UTF-8", BYTES("\x0a\3\x0a\1\xff")},
        {"a key that is not UTF-8", BYTES("\x0a\3\x12\1\xff")},
        {"one of many keys", BYTES("\x1a\6\x12\1a\x12\1\xff")},
        {"a pair's key", BYTES("\x22\5\x12\3\x0a\1\xff")},
        {"one of many pairs' keys", BYTES("\x2a\5\x12\3\x0a\1\xff")},
        {"a value's string", BYTES("\x22\7\x12\5\x12\3\x0a\1\xff")},
        {"garbage in a member that is replaced", BYTES("\x0a\1\x08\x12\0")},
        {"an inner message longer than the outer", BYTES("\x22\3\x12\2\x0a")},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct span all = exact(table[i].bytes, table[i].len);
        struct kv_request request;

        check_step("%s", table[i].what);
        CHECK(!kv_read_request(all, &request));
        drop(all);
    }
    /* bytes may be any */
    CHECK_EQ(
        read_request(BYTES("\x22\7\x12\5\x12\3\x12\1\xff")).pair.value.type,
        KV_BINARY);
}

/* Whole messages cut short are malformed, or shorter messages; never read
 * beyond their end. */
static void every_prefix(void)
{
    static const char whole[] = "\x2a\x17\x0a\1t\x12\x08\x0a\1k\x12\3\x0a\1v"
                                "\x12\x08\x0a\1l\x12\3\x18\xff\1";

    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        struct span all = exact(whole, len);
        struct kv_request request;
        struct kv_response response;

        CHECK_EQ(kv_read_request(all, &request), len == 0);
        (void)kv_read_response(all, &response);
        drop(all);
    }
    CHECK_EQ(read_request(BYTES(whole)).command, KV_HMSET);
}

/* ---- responses ---- */

#define OF(kind, member, ...)                                                  \
    {                                                                          \
        .type = KV_##kind, .member = __VA_ARGS__                               \
    }

static void values(void)
{
    static const struct {
        struct kv_value value;
        const char *bytes;
        size_t len;
    } table[] = {
        {{.type = KV_EMPTY}, BYTES("\x1a\0")},
        {OF(STRING, bytes, {"", 0}), BYTES("\x1a\2\x0a\0")},
        {OF(STRING, bytes, {"\xc3\xa9", 2}), BYTES("\x1a\4\x0a\2\xc3\xa9")},
        {OF(BINARY, bytes, {"\0\xff", 2}), BYTES("\x1a\4\x12\2\0\xff")},
        {OF(INTEGER, integer, 0), BYTES("\x1a\2\x18\0")},
        {OF(INTEGER, integer, 300), BYTES("\x1a\3\x18\xac\2")},
        {OF(INTEGER, integer, -1),
         BYTES("\x1a\x0b\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\1")},
        {OF(INTEGER, integer, INT64_MIN),
         BYTES("\x1a\x0b\x18\x80\x80\x80\x80\x80\x80\x80\x80\x80\1")},
        {OF(FLOAT, number, 1.5), BYTES("\x1a\x09\x21\0\0\0\0\0\0\xf8\x3f")},
        {OF(FLOAT, number, -0.0), BYTES("\x1a\x09\x21\0\0\0\0\0\0\0\x80")},
        {OF(FLOAT, number, (double)INFINITY),
         BYTES("\x1a\x09\x21\0\0\0\0\0\0\xf0\x7f")},
        {OF(BOOL, flag, false), BYTES("\x1a\2\x28\0")},
        {OF(BOOL, flag, true), BYTES("\x1a\2\x28\1")},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct buffer out = {0}, again = {0};
        struct kv_response response;
        struct kv_value value;

        check_step("value %zu", i);
        CHECK(kv_put_value(&out, &table[i].value));
        CHECK_BYTES(buffer_front(&out), buffer_len(&out), table[i].bytes,
                    table[i].len);
        CHECK(kv_read_response((struct span){table[i].bytes, table[i].len},
                               &response));
        CHECK(kv_next_value(&response.lists, &value));
        CHECK_EQ(value.type, table[i].value.type);
        CHECK(kv_put_value(&again, &value));
        CHECK_BYTES(buffer_front(&again), buffer_len(&again), table[i].bytes,
                    table[i].len);
        CHECK(!kv_next_value(&response.lists, &value));
        buffer_free(&out);
        buffer_free(&again);
    }
}

static void responses(void)
{
    static const char bytes[] = "\x08\x94\3\x12\2no\x1a\2\x28\1\x22\x08\x0a\1k"
                                "\x12\3\x0a\1v\x1a\0\x22\2\x12\0";
    static const struct kv_value yes = {.type = KV_BOOL, .flag = true}, none;
    struct kv_pair k = {{"k", 1}, {.type = KV_STRING, .bytes = {"v", 1}}};
    struct kv_pair empty = {0};
    struct buffer out = {0};
    struct kv_response r;
    struct span lists;

    CHECK(kv_put_status(&out, 404) && kv_put_message(&out, SPAN("no")) &&
          kv_put_value(&out, &yes) && kv_put_pair(&out, &k) &&
          kv_put_value(&out, &none) && kv_put_pair(&out, &empty));
    CHECK_BUFFER(&out, bytes);
    CHECK(kv_read_response((struct span){BYTES(bytes)}, &r));
    CHECK_EQ(r.status, 404);
    CHECK_SPAN(r.message, "no");
    lists = r.lists;
    CHECK(kv_next_answer_pair(&lists, &k));
    CHECK_SPAN(k.key, "k");
    CHECK_SPAN(k.value.bytes, "v");
    CHECK(kv_next_answer_pair(&lists, &k));
    CHECK_EQ(k.key.len, 0);
    CHECK(!kv_next_answer_pair(&lists, &k));
    CHECK(kv_read_response((struct span){NULL, 0}, &r));
    CHECK_EQ(r.status, 0);
    buffer_free(&out);
    CHECK(kv_put_status(&out, 0) && kv_put_message(&out, SPAN("")));
    CHECK_EQ(buffer_len(&out), 0);
}

static void bad_responses(void)
{
    struct kv_response r;

    CHECK(!kv_read_response(SPAN("\x12\1\xff"), &r));
    CHECK(!kv_read_response(SPAN("\x1a\3\x0a\1\xff"), &r));
    CHECK(!kv_read_response(SPAN("\x22\3\x0a\1\xff"), &r));
    CHECK(kv_read_response(
        SPAN("\x08\1\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"), &r));
    CHECK(r.status == UINT32_MAX); /* the last, and its low 32 bits */
}

const struct check_case check_cases[] = {
    CASE(varints, "unit"),
    CASE(other_fields, "unit"),
    CASE(malformed_fields, "unit"),
    CASE(deep_groups, "unit"),
    CASE(utf8_every_code_point, "unit"),
    CASE(utf8_table, "unit"),
    CASE(empty_request, "unit"),
    CASE(key_requests, "unit"),
    CASE(keys_requests, "unit"),
    CASE(table_request, "unit"),
    CASE(set_requests, "unit"),
    CASE(many_pairs, "unit"),
    CASE(unknown_fields_are_skipped, "unit"),
    CASE(wrong_wire_types, "unit"),
    CASE(merging, "unit"),
    CASE(malformed_requests, "unit"),
    CASE(every_prefix, "unit"),
    CASE(values, "unit"),
    CASE(responses, "unit"),
    CASE(bad_responses, "unit"),
    {0},
};
