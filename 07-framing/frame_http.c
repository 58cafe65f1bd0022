/*
 * 07-framing/frame_http.c - the mixed form: a delimiter, then a length. The
 * head goes up to an empty line and says, in its Content-Length, how long the
 * body is. The payload is the body; what the head said stands in frame.http.
 */
#include <stdio.h>
#include <string.h>

#include "codec.h"

/* What a head may have, its empty line too. */
enum { HTTP_HEAD_MAX = 8192 };

static enum frame_status refuse(struct decoder *d, int status, const char *why)
{
    d->http_status = status;
    return frame_fail(d, why);
}

/* Interim responses announce another one: not an answer yet. */
static bool is_interim(int status)
{
    return status >= 100 && status < 200;
}

/* RFC 9112 section 6.3: these have no body, whatever their head says. */
static bool has_no_body(int status)
{
    return is_interim(status) || status == 204 || status == 304;
}

static enum frame_status read_head(const struct codec *codec, struct decoder *d,
                                   const char *head, size_t len,
                                   struct frame *frame)
{
    struct http_framing framing;
    const char *why;
    int refused;

    if (codec->is_client)
        refused = http_read_response(head, len, &d->http, &framing, &why);
    else
        refused = http_read_request(head, len, &d->http, &framing, &why);
    if (refused != 0)
        return refuse(d, refused, why);
    if (codec->is_client && has_no_body(d->http.status))
        framing.content_length = 0;
    else if (codec->is_client && !framing.has_length)
        return refuse(d, 400, "a response without a Content-Length");
    frame->last = framing.last;
    d->skip = codec->is_client && is_interim(d->http.status);
    if (framing.content_length > codec->max_frame)
        return refuse(d, 413, "the body is too large");
    return frame_found(codec, d, len, framing.content_length, frame);
}

/* An empty line before a request: some clients send one after a body, and we
 * are to overlook it (RFC 9112 section 2.2). */
static enum frame_status skip_empty_line(const struct codec *codec,
                                         struct decoder *d, struct frame *frame)
{
    d->skip = true;
    return frame_found(codec, d, 2, 0, frame);
}

static enum frame_status http_find_end(const struct codec *codec,
                                       struct decoder *d, const char *bytes,
                                       size_t len, struct frame *frame)
{
    size_t window = len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;
    const char *newline;

    while ((newline = memchr(bytes + d->scanned, '\n', window - d->scanned))) {
        size_t at = (size_t)(newline - bytes);

        if (at == 0 || bytes[at - 1] != '\r')
            return refuse(d, 400, "a line that ends without CR");
        if (at == 1)
            return skip_empty_line(codec, d, frame);
        if (bytes[at - 2] == '\n')
            return read_head(codec, d, bytes, at + 1, frame);
        d->scanned = at + 1;
    }
    d->scanned = window;
    if (window == HTTP_HEAD_MAX)
        return refuse(d, 431, "the head is too long");
    return FRAME_MORE;
}

static int http_put_head(const struct codec *codec, size_t len, char *head)
{
    const char *first = codec->is_client
                            ? "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
                            : "HTTP/1.1 200 OK\r\n";

    return snprintf(head, HEAD_MAX, "%sContent-Length: %zu\r\n\r\n", first,
                    len);
}

const struct codec_form http_form = {"http", 8 * 1024 * 1024, http_find_end,
                                     http_put_head, ""};
