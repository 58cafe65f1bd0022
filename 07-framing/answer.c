/* 07-framing/answer.c - see answer.h. */
#include "answer.h"

#include <stdio.h>
#include <string.h>

#include "span.h"

enum { RESPONSE_HEAD_MAX = 256 };

/* An HTTP response but for what is the same in all of them. */
struct response {
    int status;
    const char *type;
    const char *allow; /* 405: the field that says what would do; else "" */
    struct span body;
};

const char *answer_name(int kind)
{
    static const char *const names[] = {"goodbye", "echo", "upper"};

    return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}

/* What differs from what the version means by itself is said. */
static const char *connection_field(const struct http_head *request, bool last)
{
    if (last)
        return "Connection: close\r\n";
    return request->minor == 0 ? "Connection: keep-alive\r\n" : "";
}

/* Appends a response. Without a clock there is no Date, as RFC 9110 section
 * 6.6.1 allows. */
static bool respond(const struct response *r, const struct http_head *request,
                    bool last, struct buffer *out)
{
    static const char form[] = "HTTP/1.1 %d %s\r\n"
                               "%s"
                               "Content-Type: %s\r\n"
                               "Content-Length: %zu\r\n"
                               "%s\r\n";
    size_t body_len = request->method == HTTP_HEAD ? 0 : r->body.len;
    char head[RESPONSE_HEAD_MAX];
    size_t head_len;
    char *room;

    head_len = (size_t)snprintf(head, sizeof(head), form, r->status,
                                http_reason(r->status), r->allow, r->type,
                                r->body.len, connection_field(request, last));
    room = buffer_room(out, head_len + body_len); /* both or neither */
    if (room == NULL)
        return false;
    memcpy(room, head, head_len);
    if (body_len > 0)
        memcpy(room + head_len, r->body.bytes, body_len);
    buffer_grew(out, head_len + body_len);
    return true;
}

static struct response plain(int status, const char *text)
{
    return (struct response){status, "text/plain", "", {text, strlen(text)}};
}

static struct response not_allowed(const char *allow)
{
    struct response r = plain(405, "another method is needed here\n");

    r.allow = allow;
    return r;
}

/* "/echo" of "/echo?x=1" and of "http://host/echo", which RFC 9112 section
 * 3.2.2 wants understood. */
static struct span path_of(struct span target)
{
    static const char scheme[] = "http://";
    size_t len = sizeof(scheme) - 1;
    const char *end;

    if (target.len > len && memcmp(target.bytes, scheme, len) == 0) {
        const char *slash = memchr(target.bytes + len, '/', target.len - len);

        if (slash == NULL)
            return (struct span){"/", 1};
        target.len -= (size_t)(slash - target.bytes);
        target.bytes = slash;
    }
    end = memchr(target.bytes, '?', target.len);
    if (end != NULL)
        target.len = (size_t)(end - target.bytes);
    return target;
}

static struct response tyr(void)
{
    static const char json[] = "{\"name\":\"Tyr\"}";
    struct span body = {json, sizeof(json) - 1};

    return (struct response){200, "application/json", "", body};
}

static struct response page(const struct http_head *request, struct span path,
                            struct span body)
{
    unsigned char method = request->method;

    if (method == HTTP_UNKNOWN)
        return plain(501, "no such method\n");
    if (span_is(path, "/") && (method == HTTP_GET || method == HTTP_HEAD))
        return tyr();
    if (span_is(path, "/"))
        return not_allowed("Allow: GET, HEAD\r\n");
    if (span_is(path, "/echo") && method == HTTP_POST)
        return (struct response){200, "application/octet-stream", "", body};
    if (span_is(path, "/echo"))
        return not_allowed("Allow: POST\r\n");
    return plain(404, "nothing here\n");
}

static bool answer_http(const char *bytes, const struct frame *frame,
                        struct buffer *out)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const struct http_head *head = frame->http;
    struct span body = {bytes + frame->offset, frame->len};
    struct span target;
    struct response r;

    if (frame->expects) /* there is no whole message, and no target, yet */
        return buffer_append(out, go_on, sizeof(go_on) - 1);
    target = (struct span){body.bytes - head->target, head->target_len};
    r = page(head, path_of(target), body);
    return respond(&r, head, frame->last, out);
}

static void to_upper(char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] >= 'a' && bytes[i] <= 'z')
            bytes[i] = (char)(bytes[i] - 'a' + 'A');
}

bool answer_frame(const struct codec *codec, enum answer_kind kind, char *bytes,
                  const struct frame *frame, struct buffer *out)
{
    static const char goodbye[] = "goodbye world!";
    char *payload = bytes + frame->offset;

    if (codec->kind == CODEC_HTTP)
        return answer_http(bytes, frame, out);
    if (kind == ANSWER_GOODBYE)
        return frame_append(codec, goodbye, sizeof(goodbye) - 1, out);
    if (kind == ANSWER_UPPER)
        to_upper(payload, frame->len);
    return frame_append(codec, payload, frame->len, out);
}

bool answer_error(const struct codec *codec, const struct decoder *d,
                  struct buffer *out)
{
    static const struct http_head nobody = {.minor = 1};
    struct response r;

    if (codec->kind != CODEC_HTTP || d->http_status == 0)
        return true;
    r = plain(d->http_status, d->why);
    return respond(&r, &nobody, true, out);
}
