/*
 * 07-framing/http.h - the head of an HTTP/1.1 message (RFC 9112), once it is
 * there as a whole. It is read strictly: where two readers of a head could
 * disagree about where the message ends, an attacker hides a second request in
 * the first (request smuggling), so every doubtful form is refused, not guessed
 * at.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_method {
    HTTP_UNKNOWN, /* a word that HTTP does not define */
    HTTP_OTHER,   /* defined, but nothing here answers to it */
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
};

/* What a reader of the body, or of the whole message, has to know. */
struct http_head {
    unsigned short target;     /* request: its target begins so many bytes
                                * before the body, */
    unsigned short target_len; /* and is so long */
    unsigned short status;     /* response: its status code */
    unsigned char method;      /* request: an enum http_method */
    unsigned char minor;       /* of the version, HTTP/1.minor */
    bool expects;              /* request: waits for "100 Continue" */
};

/* Where the body ends, and what comes after it. */
struct http_framing {
    uint64_t content_length; /* 0 without a Content-Length */
    bool has_length;
    bool last; /* no other message comes on this connection */
};

/* Reads a head of `len` bytes, its empty line included (the caller has looked
 * for that: every '\n' stands behind a '\r'). Returns 0, or the status code to
 * refuse it with, and then *why in words. */
int http_read_request(const char *head, size_t len, struct http_head *out,
                      struct http_framing *framing, const char **why);

/* The same for the head of a response. */
int http_read_response(const char *head, size_t len, struct http_head *out,
                       struct http_framing *framing, const char **why);

/* "Not Found" for 404; "Error" for a code that is not used here. */
const char *http_reason(int status);

#endif
