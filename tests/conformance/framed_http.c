/* tests/conformance/framed_http.c - HTTP on the wire, and what must not pass
 * for it. */
#include "framed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define TYR                                                                    \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"                    \
    "Content-Length: 14\r\n\r\n{\"name\":\"Tyr\"}"

static void http_get(void)
{
    int fd = dial_alone(serve("http", "goodbye"));

    SEND_TEXT(fd, GET);
    EXPECT_TEXT(fd, TYR);
    SEND_TEXT(fd, "\r\n" GET GET GET); /* an empty line is overlooked */
    EXPECT_TEXT(fd, TYR TYR TYR);
    SEND_TEXT(fd, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" GET);
    EXPECT_TEXT(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    "Content-Length: 14\r\n\r\n" TYR);
    half_close(fd);
    EXPECT_EOF(fd);
    part(fd);
}

/* One exchange after which the server hangs up, or does not. */
struct exchange_row {
    const char *request;
    const char *status; /* how the answer begins */
    const char *has;    /* what is in it, or NULL */
    bool last;          /* the server hangs up then */
};

static void check_answer(const struct exchange_row *row, const char *got)
{
    char start[64];

    snprintf(start, sizeof(start), "HTTP/1.1 %s", row->status);
    if (strncmp(got, start, strlen(start)) != 0 ||
        (row->has != NULL && strstr(got, row->has) == NULL)) {
        check_show("request", row->request, strlen(row->request));
        check_show("answer", got, strlen(got));
        CHECK_FAIL("expected %s with %s", start, row->has);
    }
}

/* The second answer; the text of a refusal may name HTTP as well. */
static const char *second_answer(const char *got)
{
    const char *at = got;

    do
        at = strstr(at + 1, "HTTP/1.1 ");
    while (at != NULL && (at[9] < '1' || at[9] > '5'));
    return at;
}

/* A request that must not be answered stands behind one that ends the
 * conversation, and one that must be behind any other. */
static void run_row(struct server *s, const struct exchange_row *row)
{
    char got[4096];
    int fd = dial(s);
    const char *next;
    size_t len;

    SEND_BYTES(fd, row->request, strlen(row->request));
    SEND_TEXT(fd, GET);
    half_close(fd);
    len = read_to_end(fd, got, sizeof(got) - 1);
    got[len] = '\0';
    check_answer(row, got);
    next = second_answer(got);
    if (row->last && next != NULL)
        CHECK_FAIL("answered twice:\n%s", got);
    if (!row->last && (next == NULL || strcmp(next, TYR) != 0))
        CHECK_FAIL("what followed was not answered:\n%s", got);
    if (row->last != (strstr(got, "Connection: close\r\n") != NULL))
        CHECK_FAIL("does the server hang up, and say so?\n%s", got);
    leave(fd);
}

static void run_rows(const struct exchange_row *rows, size_t count)
{
    struct server *s = serve("http", "goodbye");

    for (size_t i = 0; i < count; i++)
        run_row(s, &rows[i]);
    server_stop(s, (int)count);
}

static void http_requests(void)
{
    static const struct exchange_row rows[] = {
        {"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found", NULL,
         false},
        {"GET /?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK", "Tyr", false},
        {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK", "Tyr", false},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
         "405 Method Not Allowed", "Allow: GET, HEAD\r\n", false},
        {"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed",
         "Allow: POST\r\n", false},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
         "200 OK", "\r\n\r\nhello", false},
        {"POST /echo HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK",
         "Content-Length: 0\r\n", false},
        {"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
         "405 Method Not Allowed", NULL, false},
        {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501 Not Implemented", NULL,
         false},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", "501 Not Implemented", NULL,
         false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200 OK",
         "Tyr", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nconnection: Keep-Alive, CLOSE\r\n\r\n",
         "200 OK", "Tyr", true},
        {"GET / HTTP/1.0\r\n\r\n", "200 OK", "Tyr", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 OK",
         "Connection: keep-alive\r\n", false},
    };

    run_rows(rows, CHECK_COUNT(rows));
}

/* Each is read in two ways by two readers: a request is hidden in another. */
static void http_smuggling(void)
{
#define TO_ECHO "POST /echo HTTP/1.1\r\nHost: a\r\n"
    static const struct exchange_row rows[] = {
        {TO_ECHO "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
         "400 Bad Request", NULL, true},
        {TO_ECHO "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
         "400 Bad Request", NULL, true},
        {TO_ECHO "Content-Length: 3, 3\r\n\r\nabc", "400 Bad Request", NULL,
         true},
        {TO_ECHO "Content-Length: -1\r\n\r\n", "400 Bad Request", NULL, true},
        {TO_ECHO "Content-Length: +3\r\n\r\nabc", "400 Bad Request", NULL,
         true},
        {TO_ECHO "Content-Length: 0x3\r\n\r\nabc", "400 Bad Request", NULL,
         true},
        {TO_ECHO "Content-Length: \r\n\r\n", "400 Bad Request", NULL, true},
        {TO_ECHO "Content-Length: 18446744073709551616\r\n\r\n",
         "400 Bad Request", NULL, true},
        {TO_ECHO "Content-Length: 18446744073709551615\r\n\r\n",
         "413 Content Too Large", NULL, true},
        {TO_ECHO "Content-Length: 8388609\r\n\r\n", "413 Content Too Large",
         NULL, true},
        {TO_ECHO "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
         "400 Bad Request", NULL, true},
        {TO_ECHO "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
         "400 Bad Request", NULL, true},
        {TO_ECHO "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "501 Not Implemented", NULL, true},
        {TO_ECHO "Transfer-Encoding: identity\r\n\r\n", "501 Not Implemented",
         NULL, true},
        {TO_ECHO "Content-Length : 3\r\n\r\nabc", "400 Bad Request", NULL,
         true},
        {TO_ECHO " Content-Length: 3\r\n\r\nabc", "400 Bad Request", NULL,
         true},
        {TO_ECHO "X: a\r\n b\r\n\r\n", "400 Bad Request", NULL, true},
        {TO_ECHO "X: a\rContent-Length: 3\r\n\r\nabc", "400 Bad Request", NULL,
         true},
        {TO_ECHO "X: a\nContent-Length: 3\r\n\r\nabc", "400 Bad Request", NULL,
         true},
        {"GET / HTTP/1.1\nHost: a\n\n", "400 Bad Request", NULL, true},
        {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request", NULL, true},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request",
         NULL, true},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request", NULL, true},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400 Bad Request", NULL, true},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 HTTP Version Not Supported",
         NULL, true},
        {"GET /\r\nHost: a\r\n\r\n", "400 Bad Request", NULL, true},
        {"hello\r\n\r\n", "400 Bad Request", NULL, true},
    };

    hint("where two readers could disagree, refuse and hang up");
    run_rows(rows, CHECK_COUNT(rows));
}

/* The good request before a bad one is answered all the same. */
static void http_good_before_bad(void)
{
    static const char bad[] = "HTTP/1.1 400 Bad Request\r\n";
    char got[512];
    int fd = dial_alone(serve("http", "goodbye"));

    SEND_TEXT(fd, GET GET "GET / HTTP/1.1\r\n\r\n" GET);
    EXPECT_TEXT(fd, TYR TYR);
    got[read_to_end(fd, got, sizeof(got) - 1)] = '\0';
    CHECK(strncmp(got, bad, sizeof(bad) - 1) == 0);
    CHECK(second_answer(got) == NULL);
    part(fd);
}

static void http_absurd_head(void)
{
    static const char refusal[] = "HTTP/1.1 431 ";
    struct bytes out = {0};
    char got[512];
    int fd = dial_alone(serve("http", "goodbye"));

    add_text(&out, "GET / HTTP/1.1\r\nHost: a\r\n");
    while (out.len < 8192)
        add_text(&out, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
    add_text(&out, "\r\n");
    SEND_BYTES(fd, out.at, out.len);
    got[read_to_end(fd, got, sizeof(got) - 1)] = '\0';
    CHECK(strncmp(got, refusal, sizeof(refusal) - 1) == 0);
    part(fd);
}

/* A client that waits for a word before it sends the body gets it once. */
static void http_expect_continue(void)
{
    int fd = dial_alone(serve("http", "goodbye"));

    for (int i = 0; i < 2; i++) {
        SEND_TEXT(fd,
                  "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                  "Content-Length: 5\r\n\r\n");
        EXPECT_TEXT(fd, "HTTP/1.1 100 Continue\r\n\r\n");
        EXPECT_SILENCE(fd);
        SEND_TEXT(fd, "he");
        SEND_TEXT(fd, "llo");
        EXPECT_TEXT(fd, "HTTP/1.1 200 OK\r\n"
                        "Content-Type: application/octet-stream\r\n"
                        "Content-Length: 5\r\n\r\nhello");
    }
    /* Too much is refused before it is sent. */
    SEND_TEXT(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                  "Content-Length: 9000000\r\n\r\n");
    EXPECT_TEXT(fd, "HTTP/1.1 413 ");
    EXPECT_CLOSED(fd);
    part(fd);
}

const struct check_case framed_http_cases[] = {
    CASE(http_get, "frames", 30, 0, ALL_TRANSPORTS),
    CASE(http_requests, "frames"),
    CASE(http_smuggling, "frames"),
    CASE(http_good_before_bad, "frames"),
    CASE(http_absurd_head, "frames"),
    CASE(http_expect_continue, "frames"),
    {0},
};
