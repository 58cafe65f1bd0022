/* tests/conformance/framed.c - runs the cases about frames. See framed.h. */
#include "framed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const codec_names[] = {"length", "line", "tlv",
                                   "grpc",   "http", NULL};

/* ---- bytes ---- */

/* What is kept hangs on a list, where a search for leaks finds it. */
struct kept {
    struct kept *next, **link;
    char bytes[];
};

static struct kept *all;

char *keep(size_t len)
{
    struct kept *k = calloc(1, sizeof(*k) + len);

    CHECK(k != NULL);
    k->next = all;
    k->link = &all;
    if (all != NULL)
        all->link = &k->next;
    all = k;
    return k->bytes;
}

void drop(char *kept)
{
    struct kept *k;

    if (kept == NULL)
        return;
    k = (struct kept *)(kept - offsetof(struct kept, bytes));
    *k->link = k->next;
    if (k->next != NULL)
        k->next->link = k->link;
    free(k);
}

void add(struct bytes *b, const void *bytes, size_t len)
{
    if (b->len + len > b->room) {
        char *old = b->at;

        b->room = 2 * (b->len + len) + 64;
        b->at = keep(b->room);
        memcpy(b->at, old == NULL ? "" : old, b->len);
        drop(old);
    }
    if (len > 0)
        memcpy(b->at + b->len, bytes, len);
    b->len += len;
}

void add_text(struct bytes *b, const char *text)
{
    add(b, text, strlen(text));
}

size_t default_max(const char *codec)
{
    if (strcmp(codec, "line") == 0)
        return 64 * KILOBYTE;
    return (strcmp(codec, "grpc") == 0 ? 4 : 8) * (size_t)MEGABYTE;
}

static void add_length(struct bytes *b, const char *before, size_t len)
{
    unsigned char bytes[4] = {(unsigned char)(len >> 24),
                              (unsigned char)(len >> 16),
                              (unsigned char)(len >> 8), (unsigned char)len};

    add(b, before, before[0] == '\0' ? 0 : 1);
    add(b, bytes, sizeof(bytes));
}

void add_head(struct bytes *b, const char *codec, size_t len)
{
    char text[160];

    if (strcmp(codec, "length") == 0) {
        add_length(b, "", len);
    } else if (strcmp(codec, "tlv") == 0) {
        add_length(b, "\x01", len);
    } else if (strcmp(codec, "grpc") == 0) {
        add(b, "\0", 1);
        add_length(b, "", len);
    } else {
        CHECK(strcmp(codec, "http") == 0);
        snprintf(text, sizeof(text),
                 "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
                 "Content-Length: %zu\r\n\r\n",
                 len);
        add_text(b, text);
    }
}

void add_frame(struct bytes *b, const char *codec, const char *payload,
               size_t len)
{
    bool is_line = strcmp(codec, "line") == 0;

    if (!is_line)
        add_head(b, codec, len);
    add(b, payload, len);
    if (is_line)
        add(b, "\n", 1);
}

void add_echo(struct bytes *b, const char *codec, const char *payload,
              size_t len)
{
    char text[160];

    if (strcmp(codec, "http") != 0) {
        add_frame(b, codec, payload, len);
        return;
    }
    snprintf(text, sizeof(text),
             "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
             "Content-Length: %zu\r\n\r\n",
             len);
    add_text(b, text);
    add(b, payload, len);
}

static void add_numbered(struct bytes *b, const char *codec, int count,
                         void (*add_one)(struct bytes *, const char *,
                                         const char *, size_t))
{
    char text[32];

    for (int i = 1; i <= count; i++) {
        snprintf(text, sizeof(text), "message %d", i);
        add_one(b, codec, text, strlen(text));
    }
}

void add_messages(struct bytes *b, const char *codec, int count)
{
    add_numbered(b, codec, count, add_frame);
}

void add_message_echoes(struct bytes *b, const char *codec, int count)
{
    add_numbered(b, codec, count, add_echo);
}

/* ---- programs ---- */

struct server *serve_with(const char *codec, const char *service,
                          const char *const *more)
{
    struct server_spec spec = {
        .args = {"--codec", codec, "--service", service}};

    for (int i = 0; more != NULL && more[i] != NULL; i++)
        spec.args[4 + i] = more[i];
    return server_start(spec);
}

struct server *serve(const char *codec, const char *service)
{
    return serve_with(codec, service, NULL);
}

struct process_spec client_at(const char *port, const char *codec)
{
    return (struct process_spec){.path = need_client(),
                                 .args = {"--codec", codec, "127.0.0.1", port}};
}

struct process_spec client_of(const struct server *s, const char *codec)
{
    static char host[160], port[16];
    size_t len = strlen(s->address);
    struct process_spec spec = {.path = need_client(),
                                .args = {"--codec", codec, host, port}};

    snprintf(host, sizeof(host), "%s", s->address);
    snprintf(port, sizeof(port), "%d", s->port);
    if (s->port == 0)
        spec.args[3] = NULL; /* unix:PATH */
    else
        *strrchr(host, ':') = '\0';
    if (host[0] == '[') { /* [::1] */
        memmove(host, host + 1, len);
        *strchr(host, ']') = '\0';
    }
    return spec;
}

void expect_usage_error(const char *program, const char *first,
                        const char *second, const char *named)
{
    struct process *p = process_start(
        (struct process_spec){.path = program, .args = {first, second}});

    EXPECT_EXIT(p, 2);
    if (!process_log_has(p, named))
        CHECK_FAIL("stderr does not name \"%s\"", named);
    CHECK(process_log_has(p, "--help"));
    process_forget(p);
}

/* ---- talking ---- */

void echo_one(int fd, const char *codec, const char *payload)
{
    struct bytes out = {0}, in = {0};

    add_frame(&out, codec, payload, strlen(payload));
    add_echo(&in, codec, payload, strlen(payload));
    SEND_BYTES(fd, out.at, out.len);
    EXPECT_BYTES(fd, in.at, in.len);
}

void say_all(const struct server *s, const struct bytes *bytes,
             const struct bytes *answer)
{
    char *got = keep(answer->len + 1);
    int fd = dial(s);

    exchange(fd, bytes->at, bytes->len, got, answer->len);
    half_close(fd);
    CHECK_BYTES(got, answer->len, answer->at, answer->len);
    EXPECT_EOF(fd);
    leave(fd);
    drop(got);
}

int main(int argc, char **argv)
{
    static const struct check_case *const tables[] = {
        framed_codec_cases,  framed_http_cases, framed_fault_cases,
        framed_client_cases, framed_peer_cases, NULL};
    static const struct test_program framed = {.tables = tables,
                                               .like = "07-framing"};

    return run_tests(argc, argv, &framed);
}
