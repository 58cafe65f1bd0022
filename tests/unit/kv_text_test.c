/*
 * tests/unit/kv_text_test.c - what kv-client makes of the words it is given,
 * and what it makes of the answers.
 */
#include "kv_text.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "feed.h"

/* ---- lines into words ---- */

/* The words that come out, each followed by '|'; "!" when it is wrong. */
static void expect_words(const char *line, const char *want)
{
    char copy[256], got[512] = "";
    char *words[MOST_WORDS];
    const char *why = NULL;
    int count;

    check_step("line: %s", line);
    snprintf(copy, sizeof(copy), "%s", line);
    count = split_line(copy, words, &why);
    for (int i = 0; i < count; i++) {
        strcat(got, words[i]);
        strcat(got, "|");
    }
    if (count == -1) {
        CHECK(why != NULL);
        strcpy(got, "!");
    }
    CHECK_BYTES(got, strlen(got), want, strlen(want));
}

static void words(void)
{
    expect_words("", "");
    expect_words(" \t\r\n", "");
    expect_words("hget t k\n", "hget|t|k|");
    expect_words("hget t k\r\n", "hget|t|k|");
    expect_words("  hget\t\tt  k ", "hget|t|k|");
    expect_words("a\"b c", "a\"b|c|");
    expect_words("a\\nb", "a\\nb|");
}

static void quoted_words(void)
{
    expect_words("\"two words\" three", "two words|three|");
    expect_words("\"\"", "|");
    expect_words("a \"\" b", "a||b|");
    expect_words("\"\\\"\\\\\\n\\t\\x41\\xfF\"", "\"\\\n\tA\xff|");
    expect_words("\"open", "!");
    expect_words("\"open\\", "!");
    expect_words("\"open\\\"", "!");
    expect_words("\"more\"after", "!");
    expect_words("\"\\q\"", "!");
    expect_words("\"\\x4\"", "!");
    expect_words("\"\\x\"", "!");
    expect_words("\"\\xg0\"", "!");
    expect_words("\"\\x00\"", "!"); /* a NUL would end the word unseen */
}

static void too_many_words(void)
{
    static char line[2 * MOST_WORDS + 8];
    char *list[MOST_WORDS];
    const char *why;

    for (int i = 0; i < MOST_WORDS; i++)
        strcpy(line + 2 * i, "a ");
    CHECK_EQ(split_line(line, list, &why), MOST_WORDS);
    for (int i = 0; i <= MOST_WORDS; i++)
        strcpy(line + 2 * i, "a ");
    CHECK_EQ(split_line(line, list, &why), -1);
}

/* ---- words into requests ---- */

static enum words_status request_of(const char *line, struct buffer *out,
                                    char why[WHY_LEN])
{
    static char copy[256];
    char *list[MOST_WORDS];
    const char *wrong;
    int count;

    check_step("request: %s", line);
    snprintf(copy, sizeof(copy), "%s", line);
    count = split_line(copy, list, &wrong);
    CHECK(count > 0);
    return request_from_words(list, count, out, why);
}

#define REQUEST(line, bytes) expect_request((line), BYTES(bytes))
static void expect_request(const char *line, const char *want, size_t len)
{
    struct buffer out = {0};
    char why[WHY_LEN];

    CHECK_EQ(request_of(line, &out, why), WORDS_OK);
    EXPECT_WRITTEN(&out, want, len);
}

static void requests(void)
{
    REQUEST("hget t k", "\x0a\6\x0a\1t\x12\1k");
    REQUEST("hgetall t", "\x12\3\x0a\1t");
    REQUEST("hmget t k l", "\x1a\x09\x0a\1t\x12\1k\x12\1l");
    REQUEST("hset t k v", "\x22\x0d\x0a\1t\x12\x08\x0a\1k\x12\3\x0a\1v");
    REQUEST("hmset t k b:true l b:false", "\x2a\x15\x0a\1t"
                                          "\x12\7\x0a\1k\x12\2\x28\1"
                                          "\x12\7\x0a\1l\x12\2\x28\0");
    REQUEST("hdel t k", "\x32\6\x0a\1t\x12\1k");
    REQUEST("hmdel t k", "\x3a\6\x0a\1t\x12\1k");
    REQUEST("hexist t k", "\x42\6\x0a\1t\x12\1k");
    REQUEST("hmexist t k", "\x4a\6\x0a\1t\x12\1k");
}

#define VALUE(word, bytes) expect_value((word), BYTES(bytes))
static void expect_value(const char *word, const char *want, size_t len)
{
    struct buffer out = {0};
    char line[128], why[WHY_LEN];

    snprintf(line, sizeof(line), "hset \"\" \"\" %s", word);
    CHECK_EQ(request_of(line, &out, why), WORDS_OK);
    CHECK(buffer_len(&out) > 4);
    /* 22 len, 12 len, 12 len, then the value. */
    CHECK_BYTES(buffer_front(&out) + 6, buffer_len(&out) - 6, want, len);
    buffer_free(&out);
}

static void values(void)
{
    VALUE("v", "\x0a\1v");
    VALUE("\"\"", "\x0a\0");
    VALUE("s:i:42", "\x0a\4i:42");
    VALUE("s:", "\x0a\0");
    VALUE("q:1", "\x0a\3q:1");
    VALUE("i", "\x0a\1i");
    VALUE("in:1", "\x0a\4in:1");
    VALUE("i:42", "\x18\x2a");
    VALUE("i:-1", "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\1");
    VALUE("i:9223372036854775807", "\x18\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
    VALUE("f:1.5", "\x21\0\0\0\0\0\0\xf8\x3f");
    VALUE("f:-0", "\x21\0\0\0\0\0\0\0\x80");
    VALUE("b:true", "\x28\1");
    VALUE("b:false", "\x28\0");
    VALUE("x:00fFa0", "\x12\3\0\xff\xa0");
    VALUE("x:", "\x12\0");
    VALUE("n:", "");
}

/* Between bars. */
static const char wrong_lines[] =
    "hgett t k|HGET t k|hget|hget t|hget t k l|hgetall|hgetall t k|hmget t|"
    "hset t k|hset t k v w|hmset t|hmset t k|hmset t k v l|hdel t|hmdel t|"
    "hexist t|hmexist t|hset t k i:|hset t k i:4x|hset t k i:1.5|"
    "hset t k \"i: 4\"|hset t k i:9223372036854775808|hset t k f:|"
    "hset t k f:x|hset t k b:|hset t k b:yes|hset t k x:0|hset t k x:0g|"
    "hset t k n:1|hmset t k v l i:";

static void wrong_words(void)
{
    char lines[sizeof(wrong_lines)];

    strcpy(lines, wrong_lines);
    for (char *l = strtok(lines, "|"); l != NULL; l = strtok(NULL, "|")) {
        struct buffer out = {0};
        char why[WHY_LEN] = "";

        CHECK_EQ(request_of(l, &out, why), WORDS_WRONG);
        CHECK(why[0] != '\0');
        CHECK_EQ(buffer_len(&out), 0);
    }
}

/* ---- responses as text ---- */

static void expect_text(struct buffer *message, const char *want)
{
    struct kv_response response;
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);

    CHECK(file != NULL);
    CHECK(kv_read_response(
        (struct span){buffer_front(message), buffer_len(message)}, &response));
    print_response(file, &response);
    CHECK_EQ(fclose(file), 0);
    CHECK_BYTES(text, len, want, strlen(want));
    free(text);
    buffer_free(message);
}

static void expect_printed(struct kv_value value, const char *want)
{
    struct buffer message = {0};

    check_step("as text: %s", want);
    CHECK(kv_put_status(&message, 200));
    CHECK(kv_put_value(&message, &value));
    expect_text(&message, want);
}

static void expect_string(const char *bytes, const char *want)
{
    expect_printed(
        (struct kv_value){.type = KV_STRING, .bytes = {bytes, strlen(bytes)}},
        want);
}

static void expect_number(double number, const char *want)
{
    expect_printed((struct kv_value){.type = KV_FLOAT, .number = number}, want);
}

static void text_of_values(void)
{
    expect_printed((struct kv_value){0}, "(none)\n");
    expect_printed((struct kv_value){.type = KV_INTEGER, .integer = INT64_MIN},
                   "-9223372036854775808\n");
    expect_printed((struct kv_value){.type = KV_BOOL, .flag = true}, "true\n");
    expect_printed((struct kv_value){.type = KV_BOOL}, "false\n");
    expect_printed(
        (struct kv_value){.type = KV_BINARY, .bytes = {BYTES("\0\xff\x0a")}},
        "x:00ff0a\n");
    expect_number(1, "1.0\n");
    expect_number(0.1, "0.1\n");
    expect_number(-1e300, "-1e+300\n");
    expect_number(0.1 + 0.2, "0.30000000000000004\n");
    expect_number(INFINITY, "inf\n");
}

/* A terminal must not obey what somebody stored. */
static void text_of_strings(void)
{
    expect_string("", "\"\"\n");
    expect_string("two words", "\"two words\"\n");
    expect_string("\"\\", "\"\\\"\\\\\"\n");
    expect_string("\n\t\r\x1b[2J\x7f", "\"\\n\\t\\x0d\\x1b[2J\\x7f\"\n");
    expect_string("\xc3\xa9\xe2\x82\xac", "\"\xc3\xa9\xe2\x82\xac\"\n");
    expect_string("\302\2332J\xc2\xa0", "\"\\xc2\\x9b2J\xc2\xa0\"\n");
}

static void text_of_pairs(void)
{
    struct buffer message = {0};
    struct kv_pair pair = {{BYTES("a\n")}, {.type = KV_BOOL, .flag = true}};

    CHECK(kv_put_status(&message, 200));
    CHECK(kv_put_pair(&message, &pair));
    pair = (struct kv_pair){{BYTES("")}, {0}};
    CHECK(kv_put_pair(&message, &pair));
    expect_text(&message, "\"a\\n\": true\n\"\": (none)\n");
}

const struct check_case check_cases[] = {
    CASE(words, "unit"),          CASE(quoted_words, "unit"),
    CASE(too_many_words, "unit"), CASE(requests, "unit"),
    CASE(values, "unit"),         CASE(wrong_words, "unit"),
    CASE(text_of_values, "unit"), CASE(text_of_strings, "unit"),
    CASE(text_of_pairs, "unit"),  {0},
};
