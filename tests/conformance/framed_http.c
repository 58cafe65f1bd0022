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

/* A request in HTTP/1.1 without a body. */
#define ASKS(start)          start " HTTP/1.1\r\nHost: a\r\n\r\n"
#define TO_ECHO              "POST /echo HTTP/1.1\r\nHost: a\r\n"
#define LENGTH(n)            "Content-Length: " n "\r\n"
#define GOES_ON(status, has) status, has, false
#define HANGS_UP(status)     status, NULL, true

static void http_requests(void)
{
    static const struct exchange_row rows[] = {
        {ASKS("GET /nothing"), GOES_ON("404 Not Found", NULL)},
        {ASKS("GET /?x=1"), GOES_ON("200 OK", "Tyr")},
        {ASKS("GET http://a/"), GOES_ON("200 OK", "Tyr")},
        {"POST / HTTP/1.1\r\nHost: a\r\n" LENGTH("2") "\r\nhi",
         GOES_ON("405 Method Not Allowed", "Allow: GET, HEAD\r\n")},
        {ASKS("GET /echo"),
         GOES_ON("405 Method Not Allowed", "Allow: POST\r\n")},
        {TO_ECHO LENGTH("5") "\r\nhello", GOES_ON("200 OK", "\r\n\r\nhello")},
        {TO_ECHO "\r\n", GOES_ON("200 OK", LENGTH("0"))},
        {"PUT /echo HTTP/1.1\r\nHost: a\r\n" LENGTH("1") "\r\nx",
         GOES_ON("405 Method Not Allowed", NULL)},
        {ASKS("BREW /"), GOES_ON("501 Not Implemented", NULL)},
        {ASKS("get /"), GOES_ON("501 Not Implemented", NULL)},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200 OK",
         "Tyr", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nconnection: Keep-Alive, CLOSE\r\n\r\n",
         "200 OK", "Tyr", true},
        {"GET / HTTP/1.0\r\n\r\n", "200 OK", "Tyr", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
         GOES_ON("200 OK", "Connection: keep-alive\r\n")},
    };

    run_rows(rows, CHECK_COUNT(rows));
}

/* Each is read in two ways by two readers: a request is hidden in another. */
static void http_smuggling(void)
{
#define BAD       HANGS_UP("400 Bad Request")
#define TOO_LARGE HANGS_UP("413 Content Too Large")
#define NOT_DONE  HANGS_UP("501 Not Implemented")
#define CHUNKED   "Transfer-Encoding: chunked\r\n"
    static const struct exchange_row rows[] = {
        {TO_ECHO LENGTH("3") LENGTH("4") "\r\nabc", BAD},
        {TO_ECHO LENGTH("3") LENGTH("3") "\r\nabc", BAD},
        {TO_ECHO LENGTH("3, 3") "\r\nabc", BAD},
        {TO_ECHO LENGTH("-1") "\r\n", BAD},
        {TO_ECHO LENGTH("+3") "\r\nabc", BAD},
        {TO_ECHO LENGTH("0x3") "\r\nabc", BAD},
        {TO_ECHO LENGTH("") "\r\n", BAD},
        {TO_ECHO LENGTH("18446744073709551616") "\r\n", BAD},
        {TO_ECHO LENGTH("18446744073709551615") "\r\n", TOO_LARGE},
        {TO_ECHO LENGTH("8388609") "\r\n", TOO_LARGE},
        {TO_ECHO LENGTH("3") CHUNKED "\r\nabc", BAD},
        {TO_ECHO CHUNKED LENGTH("3") "\r\nabc", BAD},
        {TO_ECHO CHUNKED "\r\n0\r\n\r\n", NOT_DONE},
        {TO_ECHO "Transfer-Encoding: identity\r\n\r\n", NOT_DONE},
        {TO_ECHO "Content-Length : 3\r\n\r\nabc", BAD},
        {TO_ECHO " " LENGTH("3") "\r\nabc", BAD},
        {TO_ECHO "X: a\r\n b\r\n\r\n", BAD},
        {TO_ECHO "X: a\r" LENGTH("3") "\r\nabc", BAD},
        {TO_ECHO "X: a\n" LENGTH("3") "\r\nabc", BAD},
        {"GET / HTTP/1.1\nHost: a\n\n", BAD},
        {"GET / HTTP/1.1\r\n\r\n", BAD},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", BAD},
        {ASKS("GET  /"), BAD},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", BAD},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
         HANGS_UP("505 HTTP Version Not Supported")},
        {"GET /\r\nHost: a\r\n\r\n", BAD},
        {"hello\r\n\r\n", BAD},
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
