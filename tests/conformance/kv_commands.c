/* tests/conformance/kv_commands.c - every command and what is said to it, to
 * the byte. */
#include "kv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the rows of the table ---- */

static void hget_hset(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hget("t", "k"), refusal(404, "Not found: table t, key k"));
    ASK(fd, hset("t", "k", "one"), values(1, ""));
    ASK(fd, hget("t", "k"), values(1, "one"));
    ASK(fd, hset("t", "k", "two"), values(1, "one"));
    ASK(fd, hget("t", "k"), values(1, "two"));
    ASK(fd, hget("t", "K"), refusal(404, "Not found: table t, key K"));
    ASK(fd, hget("T", "k"), refusal(404, "Not found: table T, key k"));
    part(fd);
}

static void case_hdel(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hdel("t", "k"), values(1, ""));
    ASK(fd, hset("t", "k", "v"), values(1, ""));
    ASK(fd, hdel("t", "k"), values(1, "v"));
    ASK(fd, hdel("t", "k"), values(1, ""));
    ASK(fd, hget("t", "k"), refusal(404, "Not found: table t, key k"));
    part(fd);
}

static void many_keys(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hmset("t", "a", "1", "b", "2", "c", "3", NULL),
        values(3, "", "", ""));
    ASK(fd, hmset("t", "d", "4", "b", "two", NULL), values(2, "", "2"));
    ASK(fd, hmget("t", "c", "none", "b", "a", "b", NULL),
        values(5, "3", "", "two", "1", "two"));
    ASK(fd, hmexist("t", "c", "none", "b", NULL), bools(3, 1, 0, 1));
    ASK(fd, hmdel("t", "a", "none", "b", "a", NULL),
        values(4, "1", "", "two", ""));
    ASK(fd, hmget("t", "a", "b", "c", "d", NULL), values(4, "", "", "3", "4"));
    part(fd);
}

/* Later pairs of one command see what the earlier ones did. */
static void the_same_key_twice(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hmset("t", "k", "1", "k", "2", "k", "3", NULL),
        values(3, "", "1", "2"));
    ASK(fd, hget("t", "k"), values(1, "3"));
    part(fd);
}

static void no_keys(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hmget("t", NULL), values(0));
    ASK(fd, hmset("t", NULL), values(0));
    ASK(fd, hmdel("t", NULL), values(0));
    ASK(fd, hmexist("t", NULL), values(0));
    part(fd);
}

static void case_hgetall(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));
    struct wire all;

    ASK(fd, hgetall("t"), values(0));
    ASK(fd, hmset("t", "a", "1", "b", "2", "", "no key", "e", "", NULL),
        values(4, "", "", "", ""));
    ASK(fd, hset("other", "c", "3"), values(1, ""));
    send_frame(fd, hgetall("t"));
    all = receive_frame(fd);
    CHECK_EQ(count_pairs(all), 4);
    CHECK(has_pair(all, "a", "1"));
    CHECK(has_pair(all, "b", "2"));
    CHECK(has_pair(all, "", "no key"));
    CHECK(has_pair(all, "e", ""));
    part(fd);
}

static void case_hexist(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hexist("t", "k"), bools(1, 0));
    ASK(fd, hset("t", "k", "v"), values(1, ""));
    ASK(fd, hexist("t", "k"), bools(1, 1));
    ASK(fd, hdel("t", "k"), values(1, "v"));
    ASK(fd, hexist("t", "k"), bools(1, 0));
    part(fd);
}

/* ---- values and names ---- */

static void every_type(void)
{
    const struct wire types[] = {
        value_of_text("a string"),
        value_of_string("", 0), /* set, though it is empty */
        value_of_string("\0\n\x7f\xc3\xa9", 5),
        value_of_binary("\0\xff\xfe", 3),
        value_of_binary("", 0),
        value_of_integer(0),
        value_of_integer(42),
        value_of_integer(-1),
        value_of_integer(9223372036854775807LL),
        value_of_integer(-9223372036854775807LL - 1),
        value_of_float(0),
        value_of_float(-1.5),
        value_of_float(1e308),
        value_of_bool(false),
        value_of_bool(true),
        {0}, /* a Value in which nothing is set */
    };
    struct wire before = {0};
    int fd = dial_alone(server_start((struct server_spec){0}));

    for (size_t i = 0; i < CHECK_COUNT(types); i++) {
        check_step("type %zu", i);
        ASK(fd, hset_value("t", "k", types[i]), one_value(before));
        ASK(fd, hget("t", "k"), one_value(types[i]));
        ASK(fd, hexist("t", "k"), bools(1, 1));
        before = types[i];
    }
    part(fd);
}

/* A pair without a value: its value is the empty one. */
static void pair_without_value(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    SEND_TEXT(fd, "\0\0\0\x0a\x22\x08\x0a\1t\x12\3\x0a\1k");
    EXPECT_TEXT(fd, "\0\0\0\5\x08\xc8\1\x1a\0");
    ASK(fd, hget("t", "k"), values(1, ""));
    ASK(fd, hset("t", "k", "v"), values(1, ""));
    SEND_TEXT(fd, "\0\0\0\x07\x22\5\x0a\1t\x12\0");
    EXPECT_TEXT(fd, "\0\0\0\5\x08\xc8\1\x1a\0");
    ASK(fd, hexist("t", ""), bools(1, 1));
    part(fd);
}

static void empty_names(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hget("", ""), refusal(404, "Not found: table , key "));
    ASK(fd, hset("", "", "v"), values(1, ""));
    ASK(fd, hget("", ""), values(1, "v"));
    ASK(fd, hset("a", "bc", "1"), values(1, ""));
    ASK(fd, hset("ab", "c", "2"), values(1, ""));
    ASK(fd, hget("a", "bc"), values(1, "1"));
    ASK(fd, hget("ab", "c"), values(1, "2"));
    part(fd);
}

static void names_in_utf8(void)
{
#define STREET "Stra\303\237e"
#define EURO   "\342\202\254"
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hget(STREET, EURO),
        refusal(404, "Not found: table " STREET ", key " EURO));
    ASK(fd, hset(STREET, EURO, "v"), values(1, ""));
    ASK(fd, hget(STREET, EURO), values(1, "v"));
    part(fd);
}

/* A table of which nobody has heard is an empty one, whatever is asked. */
static void missing_table(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hgetall("t1"), values(0));
    ASK(fd, hmget("t2", "a", "b", NULL), values(2, "", ""));
    ASK(fd, hdel("t3", "a"), values(1, ""));
    ASK(fd, hmdel("t4", "a", NULL), values(1, ""));
    ASK(fd, hexist("t5", "a"), bools(1, 0));
    ASK(fd, hmexist("t6", "a", NULL), bools(1, 0));
    ASK(fd, hset("t7", "a", "v"), values(1, ""));
    ASK(fd, hmset("t8", "a", "v", NULL), values(1, ""));
    ASK(fd, hget("t9", "a"), refusal(404, "Not found: table t9, key a"));
    part(fd);
}

static void clients_share(void)
{
    struct server *s = server_start((struct server_spec){0});
    int a = dial(s), b = dial(s);

    ASK(a, hset("t", "k", "from a"), values(1, ""));
    ASK(b, hset("t", "k", "from b"), values(1, "from a"));
    ASK(a, hdel("t", "k"), values(1, "from b"));
    ASK(b, hexist("t", "k"), bools(1, 0));
    ASK(a, hset("t", "k", "stays"), values(1, ""));
    leave(a);
    leave(b);
    a = dial(s);
    ASK(a, hget("t", "k"), values(1, "stays"));
    leave(a);
    server_stop(s, 3);
}

/* ---- requests that are odd or wrong ---- */

static const char no_command[] = "Invalid command: none is given";
static const char no_pair[] = "Invalid command: HSET needs a pair";

static struct wire raw(const char *bytes, size_t len)
{
    struct wire message = {0};

    wire_add(&message, bytes, len);
    return message;
}
#define RAW(literal) raw((literal), sizeof(literal) - 1)

static void nothing_asked(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    SEND_TEXT(fd, "\0\0\0\0");
    CHECK_EQ(status_of(receive_frame(fd)), 400);
    ASK(fd, RAW(""), refusal(400, no_command));
    ASK(fd, RAW("\x52\0"), refusal(400, no_command)); /* field 10: unknown */
    ASK(fd, RAW("\x08\1"), refusal(400, no_command)); /* hget as a varint */
    ASK(fd, RAW("\x22\3\x0a\1t"), refusal(400, no_pair));
    ASK(fd, RAW("\x22\0"), refusal(400, no_pair));
    ASK(fd, hset("t", "k", "v"), values(1, ""));
    part(fd);
}

/* Where the frame ends is known, so nothing but this command is lost. */
static void malformed(void)
{
    const struct wire wrong[] = {
        RAW("\x0a"),                 /* a field without its length */
        RAW("\x0a\5"),               /* longer than what is there */
        RAW("\x0a\6\x0a\1t\x12\2k"), /* likewise, one level down */
        RAW("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        RAW("\x07"),              /* no such wire type */
        RAW("\0\0"),              /* field 0 */
        RAW("\x0a\4\x0a\2\xc3("), /* not UTF-8 */
        RAW("\x0c"),              /* the end of a group that has none */
        RAW("hget t k"),
    };
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hset("t", "k", "v"), values(1, ""));
    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        check_step("malformed %zu", i);
        ASK(fd, wrong[i], refusal(500, "Malformed message"));
    }
    ASK(fd, hget("t", "k"), values(1, "v"));
    part(fd);
}

/* What a client of a later version might send. */
static void unknown_fields(void)
{
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hset("t", "k", "v"), values(1, ""));
    ASK(fd,
        RAW("\x98\6\x2a\x0a\x13\x0a\1t\x12\1k\x1a\2hi\04112345678\xa5\0061234"
            "\xa2\6\3abc"),
        values(1, "v"));
    part(fd);
}

/* Of a oneof the last member counts; of a field, the last value. */
static void the_last_one_counts(void)
{
    struct wire both = hdel("t", "k"), get = hget("t", "k");
    int fd = dial_alone(server_start((struct server_spec){0}));

    ASK(fd, hset("t", "k", "v"), values(1, ""));
    wire_add(&both, get.bytes, get.len);
    ASK(fd, both, values(1, "v"));
    ASK(fd, RAW("\x0a\x0c\x0a\1x\x12\1x\x0a\1t\x12\1k"), values(1, "v"));
    part(fd);
}

/* ---- a real Protocol Buffers library ---- */

static void real_protobuf(void)
{
    struct server *s = server_start((struct server_spec){0});
    struct process_spec spec = {.path = "/usr/bin/python3", .unwrapped = true};
    struct run r;
    char port[8];

    snprintf(port, sizeof(port), "%d", s->port);
    spec.args[0] = KV_PEER;
    spec.args[1] = port;
    spec.args[2] = harness_dir();
    r = run_program(spec, NULL, 0);
    if (r.status == CHECK_SKIPPED << 8)
        check_skip("%s", r.out);
    if (r.status != 0)
        CHECK_FAIL("%s", r.err);
    check_step("%s", r.out);
    run_free(&r);
    server_stop(s, 1);
}

const struct check_case kv_command_cases[] = {
    CASE(hget_hset, "service"),
    CASE(case_hdel, "service"),
    CASE(many_keys, "service"),
    CASE(the_same_key_twice, "service"),
    CASE(no_keys, "service"),
    CASE(case_hgetall, "service"),
    CASE(case_hexist, "service"),
    CASE(every_type, "service"),
    CASE(pair_without_value, "service"),
    CASE(empty_names, "service"),
    CASE(names_in_utf8, "service"),
    CASE(missing_table, "service"),
    CASE(clients_share, "service"),
    CASE(nothing_asked, "service"),
    CASE(malformed, "service"),
    CASE(unknown_fields, "service"),
    CASE(the_last_one_counts, "service"),
    CASE(real_protobuf, "service", 60),
    {0},
};
