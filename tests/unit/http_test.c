/*
 * tests/unit/http_test.c - the codec http, and what is answered. Section
 * numbers are those of RFC 9112 unless RFC 9110 is named.
 */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "check.h"
#include "feed.h"

#define HOST                "Host: a\r\n"
#define ASKS(first, fields) first " HTTP/1.1\r\n" HOST fields "\r\n"
#define GET                 ASKS("GET /", "")
#define POST(n)             "POST /echo HTTP/1.1\r\n" HOST "Content-Length: " #n "\r\n\r\n"

static struct codec for_server(void)
{
    return codec_defaults(CODEC_HTTP);
}

static struct codec for_client(void)
{
    struct codec codec = codec_defaults(CODEC_HTTP);

    codec.is_client = true;
    return codec;
}

static void bodies(void)
{
    struct codec codec = for_server();

    expect_frames(&codec, BYTES(GET), BYTES("|"), END_CLEAN);
    expect_frames(&codec, BYTES(POST(3) "abc"), BYTES("abc|"), END_CLEAN);
    expect_frames(&codec, BYTES(POST(0)), BYTES("|"), END_CLEAN);
    expect_frames(&codec, BYTES(POST(0003) "a\r\n"), BYTES("a\r\n|"),
                  END_CLEAN);
    expect_frames(&codec, BYTES(POST(3) "ab"), BYTES(""), END_TRUNCATED);
    expect_frames(&codec, BYTES("GET / HTTP/1.1\r\nHost"), BYTES(""),
                  END_TRUNCATED);
    expect_frames(&codec, BYTES(POST(3) "abc" GET POST(5) "hello"),
                  BYTES("abc||hello|"), END_CLEAN);
}

static void empty_lines_before_a_request(void)
{
    struct codec codec = for_server();

    expect_frames(&codec, BYTES("\r\n\r\n" GET "\r\n" POST(1) "x\r\n"),
                  BYTES("|x|"), END_CLEAN);
    expect_frames(&codec, BYTES("\r"), BYTES(""), END_TRUNCATED);
}

/* The status a stream is refused with, however it is cut; 0: it is not. */
static int refusal(const struct codec *codec, const char *bytes, size_t len)
{
    int status = -1;

    for (size_t cut = 0; cut <= len; cut++) {
        struct feed f;

        feed_begin(&f, codec);
        feed_piece(&f, bytes, cut);
        feed_piece(&f, bytes + cut, len - cut);
        check_step("cut at %zu: %d, %s", cut, f.decoder.http_status,
                   f.decoder.why == NULL ? "accepted" : f.decoder.why);
        if (status == -1)
            status = f.decoder.http_status;
        CHECK_EQ(f.decoder.http_status, status);
        CHECK((f.decoder.why != NULL) == (status != 0));
        feed_free(&f);
    }
    return status;
}

struct refused {
    const char *what;
    int status;
    const char *bytes;
    size_t len;
};

static void check_refusals(const struct refused *table, size_t count)
{
    struct codec codec = for_server();

    for (size_t i = 0; i < count; i++) {
        check_step("%s", table[i].what);
        CHECK_EQ(refusal(&codec, table[i].bytes, table[i].len),
                 table[i].status);
    }
}

#define LENGTH(n)    "Content-Length: " n "\r\n"
#define CHUNKED      "Transfer-Encoding: chunked\r\n"
#define WITH(fields) BYTES("POST /echo HTTP/1.1\r\n" HOST fields "\r\n")

static void smuggling(void)
{
    static const struct refused table[] = {
        {"two lengths", 400, WITH(LENGTH("5") LENGTH("6"))},
        {"the same twice", 400, WITH(LENGTH("5") LENGTH("5"))},
        {"a list of lengths", 400, WITH(LENGTH("5, 5"))},
        {"two, another case", 400, WITH(LENGTH("5") "content-LENGTH: 6\r\n")},
        {"negative", 400, WITH(LENGTH("-1"))},
        {"a plus sign", 400, WITH(LENGTH("+5"))},
        {"no digits", 400, WITH(LENGTH(""))},
        {"hexadecimal", 400, WITH(LENGTH("0x10"))},
        {"a blank within", 400, WITH(LENGTH("1 0"))},
        {"a letter behind", 400, WITH(LENGTH("10b"))},
        {"2^64", 400, WITH(LENGTH("18446744073709551616"))},
        {"2^64 + 5", 400, WITH(LENGTH("18446744073709551621"))},
        {"30 digits", 400, WITH(LENGTH("100000000000000000000000000000"))},
        {"2^64 - 1", 413, WITH(LENGTH("18446744073709551615"))},
        {"a byte too many", 413, WITH(LENGTH("8388609"))},
        {"length, chunked", 400, WITH(LENGTH("5") CHUNKED)},
        {"chunked, length", 400, WITH(CHUNKED LENGTH("5"))},
        {"chunked", 501, WITH(CHUNKED)},
        {"disguised as chunked", 501, WITH("Transfer-Encoding: xchunked\r\n")},
        {"identity", 501, WITH("Transfer-Encoding:\tidentity\r\n")},
        {"blank before colon", 400, WITH("Content-Length : 5\r\n")},
        {"tab before colon", 400, WITH("Transfer-Encoding\t: chunked\r\n")},
        {"continued line", 400, WITH("X: a\r\n b\r\n")},
        {"continued length", 400, WITH("Content-Length:\r\n 5\r\n")},
        {"bare CR in a value", 400, WITH("X: a\r" LENGTH("5"))},
        {"bare CR at the end", 400, WITH("X: a\r\r\n")},
        {"NUL in a value", 400, WITH("X: a\0b\r\n")},
        {"NUL in a name", 400, WITH("X\0: a\r\n")},
        {"DEL", 400, WITH("X: \x7f\r\n")},
        {"vertical tab", 400, WITH("Content-Length: 5\v\r\n")},
        {"no name", 400, WITH(": a\r\n")},
        {"no colon", 400, WITH("Content-Length\r\n")},
        {"a name with a quote", 400, WITH("\"X\": a\r\n")},
        {"a name beyond ASCII", 400, WITH("\xc3\xa9: a\r\n")},
        {"two hosts", 400, WITH(HOST)},
    };

    check_refusals(table, CHECK_COUNT(table));
}

static void first_lines(void)
{
    static const struct refused table[] = {
        {"HTTP/0.9", 400, BYTES("GET /\r\n" HOST "\r\n")},
        {"no target", 400, BYTES(ASKS("GET", ""))},
        {"empty target", 400, BYTES(ASKS("GET ", ""))},
        {"two blanks", 400, BYTES(ASKS("GET  /", ""))},
        {"a tab", 400, BYTES(ASKS("GET\t/", ""))},
        {"blank in front", 400, BYTES(ASKS(" GET /", ""))},
        {"blank behind", 400, BYTES("GET / HTTP/1.1 \r\n" HOST "\r\n")},
        {"blank in target", 400, BYTES(ASKS("GET /a b", ""))},
        {"CR in target", 400, BYTES(ASKS("GET /a\rb", ""))},
        {"NUL in target", 400, BYTES(ASKS("GET /\0", ""))},
        {"8 bits in target", 400, BYTES(ASKS("GET /\xff", ""))},
        {"NUL in the method", 400, BYTES(ASKS("G\0T /", ""))},
        {"no version", 400, BYTES("GET / \r\n" HOST "\r\n")},
        {"http in small", 400, BYTES("GET / http/1.1\r\n" HOST "\r\n")},
        {"HTTP/1", 400, BYTES("GET / HTTP/1\r\n" HOST "\r\n")},
        {"HTTP/1.11", 400, BYTES("GET / HTTP/1.11\r\n" HOST "\r\n")},
        {"HTTP/2.0", 505, BYTES("PRI * HTTP/2.0\r\n\r\n")},
        {"no host", 400, BYTES("GET / HTTP/1.1\r\n\r\n")},
        {"LF alone", 400, BYTES("GET / HTTP/1.1\n" HOST "\r\n")},
        {"LF alone later", 400, BYTES("GET / HTTP/1.1\r\nHost: a\n\r\n")},
        {"only LF", 400, BYTES("\n")},
        {"a method in parentheses", 400, BYTES(ASKS("(GET) /", ""))},
        {"a tls hello", 400, BYTES("\x16\x03\x01\x02\0\x01\0\n")},
    };

    check_refusals(table, CHECK_COUNT(table));
}

static void accepted(void)
{
    static const struct refused table[] = {
        {"an empty value", 0, BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n")},
        {"blanks around", 0, WITH("Content-Length:\t 2 \t\r\n")},
        {"8 bits in a value", 0, WITH("X: \xc3\xa9\r\n")},
        {"HTTP/1.0 without host", 0, BYTES("GET / HTTP/1.0\r\n\r\n")},
        {"HTTP/1.2", 0, BYTES("GET / HTTP/1.2\r\n" HOST "\r\n")},
        {"any method", 0, BYTES("M-SEARCH * HTTP/1.1\r\n" HOST "\r\n")},
        {"odd but proper name", 0, WITH("!#$%&'*+-.^_`|~09Az: x\r\n")},
        {"a colon in the value", 0, WITH("X: a:b\r\n")},
    };

    check_refusals(table, CHECK_COUNT(table));
}

/* A head of exactly `len` bytes. */
static char *long_head(size_t len)
{
    static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    char *head = malloc(len);

    CHECK(head != NULL);
    memset(head, 'x', len);
    memcpy(head, start, sizeof(start) - 1);
    memcpy(head + len - 4, "\r\n\r\n", 4);
    return head;
}

/* 8 KiB, the empty line included, are read; a byte more is refused as soon as
 * 8 KiB are there. */
static void absurd_heads(void)
{
    struct codec codec = for_server();

    for (size_t len = 8190; len <= 8194; len++) {
        char *head = long_head(len);

        check_step("a head of %zu bytes", len);
        for (size_t first = 8180; first <= len; first++) {
            struct feed f;

            feed_begin(&f, &codec);
            feed_piece(&f, head, first);
            CHECK_EQ(f.decoder.http_status,
                     len > 8192 && first >= 8192 ? 431 : 0);
            feed_piece(&f, head + first, len - first);
            CHECK_EQ(f.decoder.http_status, len > 8192 ? 431 : 0);
            CHECK_EQ(f.frames, len <= 8192);
            feed_free(&f);
        }
        free(head);
    }
}

static void body_limit(void)
{
    struct codec codec = for_server();

    codec.max_frame = 3;
    CHECK_EQ(refusal(&codec, BYTES(POST(3) "abc")), 0);
    CHECK_EQ(refusal(&codec, BYTES(POST(4) "abcd")), 413);
    CHECK_EQ(refusal(&codec, BYTES(POST(3) "abc" POST(4) "abcd")), 413);
}

/* ---- what a head says ---- */

static struct frame read_one(const struct codec *codec, struct decoder *d,
                             const char *bytes, size_t len)
{
    struct frame frame;

    check_step("%.*s", (int)len, bytes);
    CHECK(frame_decode(codec, d, bytes, len, &frame) == FRAME_READY);
    return frame;
}

static void targets(void)
{
    static const char bytes[] = "\r\n\r\nGET /a?b=c HTTP/1.0\r\n\r\n";
    struct codec codec = for_server();
    struct decoder d = {0};
    struct frame frame = read_one(&codec, &d, BYTES(bytes));

    CHECK_TEXT(bytes + frame.offset - d.http.target, d.http.target_len,
               "/a?b=c");
    CHECK_EQ(d.http.method, HTTP_GET);
    CHECK_EQ(d.http.minor, 0);
    CHECK_EQ(frame.used, sizeof(bytes) - 1);
}

static void last_requests(void)
{
    static const struct {
        bool last;
        const char *head;
    } table[] = {
        {false, GET},
        {true, ASKS("GET /", "Connection: close\r\n")},
        {true, ASKS("GET /", "Connection: Upgrade , CLOSE\r\n")},
        {false, ASKS("GET /", "Connection: closed\r\n")},
        {false, ASKS("GET /", "Connection: keep-alive\r\n")},
        {true, "GET / HTTP/1.0\r\n\r\n"},
        {false, "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"},
        {true, "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"},
        {true, "GET / HTTP/1.0\r\nConnection: ,\r\n\r\n"},
    };
    struct codec codec = for_server();

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct decoder d = {0};

        CHECK_EQ(
            read_one(&codec, &d, table[i].head, strlen(table[i].head)).last,
            table[i].last);
    }
}

#define EXPECT(n)                                                              \
    "POST /echo HTTP/1.1\r\n" HOST                                             \
    "Expect: 100-Continue\r\nContent-Length: " #n "\r\n\r\n"

/* RFC 9110 section 10.1.1: asked once, and not when the body is there. */
static void expects(void)
{
    struct codec codec = for_server();
    struct feed f;

    feed_begin(&f, &codec);
    feed_piece(&f, BYTES(EXPECT(3)));
    CHECK_EQ(f.asked, 1);
    feed_piece(&f, BYTES("ab"));
    feed_piece(&f, BYTES("c" EXPECT(2) "xy"));
    CHECK_EQ(f.asked, 1);
    CHECK_BUFFER(&f.said, "abc|xy|");
    feed_free(&f);
    CHECK_EQ(refusal(&codec, BYTES(EXPECT(8388609))), 413);
    feed_begin(&f, &codec);
    feed_piece(&f, BYTES("POST / HTTP/1.0\r\nExpect: 100-continue\r\n"
                         "Content-Length: 3\r\n\r\n"));
    CHECK_EQ(f.asked, 0);
    feed_free(&f);
}

/* What has been looked at is overwritten; the head is put right again for the
 * one time that it is read, then spoilt while the body comes. */
static void head_is_read_once(void)
{
    enum { LEN = 8192, BODY = 1 << 20 };
    static const char length[] = "Content-Length: 1048576\r\n\r\n";
    struct codec codec = for_server();
    struct decoder d = {0};
    struct frame frame;
    char *head = long_head(LEN);
    char *bytes = calloc(1, LEN + BODY);

    CHECK(bytes != NULL);
    memcpy(head + LEN - 2 - (sizeof(length) - 1), "\r\n", 2);
    memcpy(head + LEN - (sizeof(length) - 1), length, sizeof(length) - 1);
    for (size_t len = 1; len < LEN; len++) {
        bytes[len - 1] = head[len - 1];
        CHECK(frame_decode(&codec, &d, bytes, len, &frame) == FRAME_MORE);
        if (len >= 3 && bytes[len - 3] != '\r') /* two may be looked back at */
            bytes[len - 3] = '\n';
    }
    memcpy(bytes, head, LEN);
    for (size_t len = LEN; len < LEN + BODY; len++) {
        CHECK(frame_decode(&codec, &d, bytes, len, &frame) == FRAME_MORE);
        memset(bytes, '\n', len == LEN ? LEN : 1);
    }
    CHECK(frame_decode(&codec, &d, bytes, LEN + BODY, &frame) == FRAME_READY);
    CHECK_EQ(frame.offset, LEN);
    CHECK_EQ(frame.len, BODY);
    free(bytes);
    free(head);
}

/* ---- the client's side ---- */

#define RESPONSE(status, len, body)                                            \
    "HTTP/1.1 " status "\r\n" LENGTH(len) "\r\n" body

static void responses(void)
{
    struct codec codec = for_client();
    struct decoder d = {0};
    static const char missing[] = RESPONSE("404 Not Found", "2", "no");

    expect_frames(&codec, BYTES(RESPONSE("200 OK", "3", "abc")), BYTES("abc|"),
                  END_CLEAN);
    expect_frames(&codec,
                  BYTES(RESPONSE("200", "1", "x") RESPONSE("200 ", "1", "y")),
                  BYTES("x|y|"), END_CLEAN);
    expect_frames(
        &codec,
        BYTES("HTTP/1.1 100 Continue\r\n\r\n"
              "HTTP/1.1 204 Nothing\r\n\r\n" RESPONSE("304 Same", "9", "")),
        BYTES("||"), END_CLEAN);
    CHECK_EQ(read_one(&codec, &d, BYTES(missing)).http->status, 404);
    CHECK(refusal(&codec, BYTES("HTTP/1.1 200 OK\r\n\r\n")) != 0);
    CHECK(refusal(&codec, BYTES(RESPONSE("2000 OK", "0", ""))) != 0);
    CHECK(refusal(&codec, BYTES(RESPONSE("099 OK", "0", ""))) != 0);
    CHECK(refusal(&codec, BYTES(RESPONSE("2x0 OK", "0", ""))) != 0);
    CHECK(refusal(&codec, BYTES("SSH-2.0-x y z\r\n\r\n")) != 0);
    CHECK(refusal(&codec, BYTES("HTTP/1.1 200 OK\r\n" CHUNKED "\r\n")) != 0);
}

/* What one side encodes the other decodes. */
static void both_ways(void)
{
    struct codec sides[] = {for_client(), for_server()};
    struct buffer out = {0};

    for (int i = 0; i < 2; i++) {
        CHECK(frame_append(&sides[i], BYTES("a\r\n\r\nb"), &out));
        CHECK(frame_append(&sides[i], BYTES(""), &out));
        expect_frames(&sides[1 - i], buffer_front(&out), buffer_len(&out),
                      BYTES("a\r\n\r\nb||"), END_CLEAN);
        buffer_free(&out);
    }
}

/* ---- what is answered ---- */

static void expect_answers(const char *bytes, const char *want)
{
    struct codec codec = for_server();
    struct decoder d = {0};
    struct buffer in = {0}, out = {0};
    enum frame_status status;
    struct frame frame;

    check_step("%s", bytes);
    CHECK(buffer_append(&in, bytes, strlen(bytes)));
    do {
        status = frame_decode(&codec, &d, buffer_front(&in), buffer_len(&in),
                              &frame);
        if (status == FRAME_READY)
            CHECK(answer_frame(&codec, ANSWER_GOODBYE, buffer_front(&in),
                               &frame, &out));
        buffer_consume(&in, frame.used);
    } while (status == FRAME_READY);
    if (status == FRAME_ERROR)
        CHECK(answer_error(&codec, &d, &out));
    EXPECT_WRITTEN(&out, want, strlen(want));
    buffer_free(&in);
}

/* An answer: its head up to the length, then more fields, then the body. */
#define ANSWER(status, type, n, fields, body)                                  \
    "HTTP/1.1 " status "\r\nContent-Type: " type "\r\nContent-Length: " #n     \
    "\r\n" fields "\r\n" body
#define JSON             "{\"name\":\"Tyr\"}"
#define TYR_WITH(fields) ANSWER("200 OK", "application/json", 14, fields, JSON)
#define TYR              TYR_WITH("")
#define PLAIN(status, n, fields, body)                                         \
    ANSWER(status, "text/plain", n, fields, body)
#define ECHOED(n, body)                                                        \
    ANSWER("200 OK", "application/octet-stream", n, "", body)
#define NOT_ALLOWED(allow)                                                     \
    PLAIN("405 Method Not Allowed\r\nAllow: " allow, 30, "",                   \
          "another method is needed here\n")

static void pages(void)
{
    expect_answers(GET, TYR);
    expect_answers(ASKS("GET /?a=b", ""), TYR);
    expect_answers(ASKS("GET http://a", ""), TYR);
    expect_answers(ASKS("HEAD /", ""),
                   ANSWER("200 OK", "application/json", 14, "", ""));
    expect_answers(POST(5) "hello", ECHOED(5, "hello"));
    expect_answers(POST(0), ECHOED(0, ""));
    expect_answers(ASKS("POST http://a:1/echo?x", LENGTH("1")) "x",
                   ECHOED(1, "x"));
    expect_answers(ASKS("GET /nothing", ""),
                   PLAIN("404 Not Found", 13, "", "nothing here\n"));
    expect_answers(ASKS("HEAD /nothing", ""),
                   PLAIN("404 Not Found", 13, "", ""));
    expect_answers(ASKS("DELETE /", ""), NOT_ALLOWED("GET, HEAD"));
    expect_answers(ASKS("GET /echo", ""), NOT_ALLOWED("POST"));
    expect_answers(ASKS("get /", ""),
                   PLAIN("501 Not Implemented", 15, "", "no such method\n"));
}

static void pipelined(void)
{
#define THREE GET POST(2) "hi\r\n" GET
    expect_answers(THREE, TYR ECHOED(2, "hi") TYR);
}

#define CLOSE      "Connection: close\r\n"
#define KEEP_ALIVE "Connection: keep-alive\r\n"

static void connections(void)
{
    expect_answers(ASKS("GET /", CLOSE), TYR_WITH(CLOSE));
    expect_answers("GET / HTTP/1.0\r\n\r\n", TYR_WITH(CLOSE));
    expect_answers("GET / HTTP/1.0\r\n" KEEP_ALIVE "\r\n",
                   TYR_WITH(KEEP_ALIVE));
    expect_answers(EXPECT(3), "HTTP/1.1 100 Continue\r\n\r\n");
}

static void errors(void)
{
    expect_answers(GET "GET / HTTP/1.1\r\n\r\n",
                   TYR PLAIN("400 Bad Request", 35, CLOSE,
                             "not one Host, as HTTP/1.1 must have"));
    expect_answers("GET / HTTP/1.1\r\n" CHUNKED "\r\n",
                   PLAIN("501 Not Implemented", 35, CLOSE,
                         "Transfer-Encoding is not understood"));
}

/* The services of the other codecs. */
static void services(void)
{
    static const char *const want[] = {"\0\0\0\x0egoodbye world!",
                                       "\0\0\0\007aBc[\xc3\xa9z",
                                       "\0\0\0\007ABC[\xc3\xa9Z"};
    static const char *const names[] = {"goodbye", "echo", "upper"};
    struct codec codec = codec_defaults(CODEC_LENGTH);

    for (int i = 0; i < (int)CHECK_COUNT(names); i++) {
        char bytes[] = "\0\0\0\007aBc[\xc3\xa9z";
        struct decoder d = {0};
        struct frame frame = read_one(&codec, &d, bytes, sizeof(bytes) - 1);
        struct buffer out = {0};
        enum answer_kind kind = (enum answer_kind)i;

        CHECK(strcmp(answer_name(i), names[i]) == 0);
        CHECK(answer_frame(&codec, kind, bytes, &frame, &out));
        EXPECT_WRITTEN(&out, want[i], i == 0 ? 18 : 11);
        codec.max_frame = 6;
        CHECK(!answer_frame(&codec, kind, bytes, &frame, &out));
        CHECK_EQ(buffer_len(&out), 0);
        codec.max_frame = 100;
    }
    CHECK(answer_name((int)CHECK_COUNT(names)) == NULL);
}

const struct check_case check_cases[] = {
    CASE(bodies, "unit"),
    CASE(empty_lines_before_a_request, "unit"),
    CASE(smuggling, "unit"),
    CASE(first_lines, "unit"),
    CASE(accepted, "unit"),
    CASE(absurd_heads, "unit"),
    CASE(body_limit, "unit"),
    CASE(targets, "unit"),
    CASE(last_requests, "unit"),
    CASE(expects, "unit"),
    CASE(head_is_read_once, "unit"),
    CASE(responses, "unit"),
    CASE(both_ways, "unit"),
    CASE(pages, "unit"),
    CASE(pipelined, "unit"),
    CASE(connections, "unit"),
    CASE(errors, "unit"),
    CASE(services, "unit"),
    {0},
};
