/* tests/conformance/kv_clients.c - kv-client: what it prints for people, what
 * it says in its exit status, and what a bad server can do to it. */
#include "kv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DONE = 0, FAILED = 1, USAGE = 2 };

static char port_text[8];

static struct server *start(void)
{
    struct server *s = server_start((struct server_spec){0});

    (void)need_client();
    snprintf(port_text, sizeof(port_text), "%d", s->port);
    return s;
}

/* Runs kv-client 127.0.0.1 PORT and the words. */
#define CLIENT(status, out, ...)                                               \
    expect_client(__FILE__, __LINE__, NULL, (status), (out), "",               \
                  (const char *[]){__VA_ARGS__, NULL})
#define CLIENT_SAYS(status, out, err, ...)                                     \
    expect_client(__FILE__, __LINE__, NULL, (status), (out), (err),            \
                  (const char *[]){__VA_ARGS__, NULL})
#define CLIENT_READS(in, status, out, err)                                     \
    expect_client(__FILE__, __LINE__, (in), (status), (out), (err),            \
                  (const char *[]){NULL})

/* `out` is all of stdout, `err` must be somewhere in stderr. */
static void expect_client(const char *file, int line, const char *in,
                          int status, const char *out, const char *err,
                          const char *const *words)
{
    struct process_spec spec = {.path = need_client(),
                                .args = {"127.0.0.1", port_text}};
    struct run r;

    for (int i = 0; words[i] != NULL; i++) {
        spec.args[i + 2] = words[i];
        check_step("word: %s", words[i]);
    }
    r = run_program(spec, in, in != NULL ? strlen(in) : 0);
    check_bytes(file, line, r.out, r.out_len, out, strlen(out));
    check_equal(file, line, "the exit status", r.status, status << 8);
    if (strstr(r.err, err) == NULL)
        check_fail(file, line, "stderr should have \"%s\", it is: %s", err,
                   r.err);
    if (err[0] == '\0' && r.err_len > 0)
        check_fail(file, line, "stderr should be empty, it is: %s", r.err);
    run_free(&r);
}

static void client_commands(void)
{
    struct server *s = start();

    CLIENT(DONE, "(none)\n", "hset", "t", "k", "one");
    CLIENT(DONE, "\"one\"\n", "hset", "t", "k", "two words");
    CLIENT(DONE, "\"two words\"\n", "hget", "t", "k");
    CLIENT(DONE, "true\n", "hexist", "t", "k");
    CLIENT(DONE, "\"two words\"\n", "hdel", "t", "k");
    CLIENT(DONE, "(none)\n", "hdel", "t", "k");
    CLIENT(DONE, "false\n", "hexist", "t", "k");
    CLIENT(DONE, "", "hgetall", "t");
    CLIENT(DONE, "(none)\n(none)\n", "hmset", "t", "a", "i:1", "b", "f:1");
    CLIENT(DONE, "1\n(none)\n1.0\n", "hmget", "t", "a", "c", "b");
    CLIENT(DONE, "true\nfalse\n", "hmexist", "t", "a", "c");
    CLIENT(DONE, "1\n(none)\n", "hmdel", "t", "a", "c");
    CLIENT(DONE, "\"b\": 1.0\n", "hgetall", "t");
    server_stop(s, SERVED_ANY);
}

/* On the command line a word is a value as it stands, on stdin it may be
 * quoted. */
static void client_values(void)
{
    struct server *s = start();

    CLIENT(DONE, "(none)\n", "hset", "t", "k", "-5");
    CLIENT(DONE, "\"-5\"\n", "hset", "t", "k", "--help");
    CLIENT(DONE, "\"--help\"\n", "hset", "t", "k", "");
    CLIENT(DONE, "\"\"\n", "hset", "t", "k", "a\nb\x1b");
    CLIENT(DONE, "\"a\\nb\\x1b\"\n", "hset", "t", "k", "i:42");
    CLIENT_READS("hset t k i:-9223372036854775808\nhset t k f:1.5\n"
                 "hset t k f:1e100\nhset t k b:true\nhset t k b:false\n"
                 "hset t k x:00ff\nhset t k x:\nhset t k s:i:42\n"
                 "hset t k n:\nhset t k \"\"\nhset t k \"i:7\"\nhget t k\n",
                 DONE,
                 "42\n-9223372036854775808\n1.5\n1e+100\ntrue\nfalse\n"
                 "x:00ff\nx:\n\"i:42\"\n(none)\n\"\"\n7\n",
                 "");
    server_stop(s, 6);
}

static void client_refused(void)
{
    struct server *s = start();
    char *big = malloc(2 * KILOBYTE + 1);
    int fd = dial(s);

    CLIENT_SAYS(FAILED, "", "404 Not found: table t, key k", "hget", "t", "k");
    CLIENT_SAYS(FAILED, "", "404 Not found: table \\x1b[2J, key k", "hget",
                "\x1b[2J", "k");
    CLIENT_SAYS(FAILED, "", "500 Malformed message", "hget", "\xff", "k");
    ASK(fd, hset("t", "k", "v"), values(1, ""));
    leave(fd);
    server_stop(s, SERVED_ANY);

    CHECK(big != NULL);
    memset(big, 'x', 2 * KILOBYTE);
    big[2 * KILOBYTE] = '\0';
    s = server_start((struct server_spec){.args = {"--max-memory", "1024"}});
    snprintf(port_text, sizeof(port_text), "%d", s->port);
    CLIENT_SAYS(FAILED, "", "500 Memory is full", "hset", "t", "k", big);
    server_stop(s, 1);
}

static void client_wrong_words(void)
{
    snprintf(port_text, sizeof(port_text), "1"); /* nobody is asked */
    CLIENT_SAYS(USAGE, "", "hset TABLE KEY VALUE", "hset", "t", "k");
    CLIENT_SAYS(USAGE, "", "'i:x'", "hset", "t", "k", "i:x");
    CLIENT_SAYS(USAGE, "", "'gets' is not a command", "gets", "t", "k");
    CLIENT_SAYS(FAILED, "", "ECONNREFUSED", "hget", "t", "k");
}

static void client_options(void)
{
    static const struct {
        const char *words[2];
        int status;
        const char *says;
    } table[] = {
        {{"--help"}, DONE, "9527"},
        {{"--help"}, DONE, "hmexist"},
        {{"-V"}, DONE, "Seven Servers "},
        {{"--nonsense"}, USAGE, "nonsense"},
        {{"--nonsense"}, USAGE, "--help"},
        {{"localhost", "65536"}, USAGE, "65536"},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct process_spec spec = {
            .path = need_client(),
            .args = {table[i].words[0], table[i].words[1]}};
        struct run r = run_program(spec, NULL, 0);

        CHECK_EQ(r.status, table[i].status << 8);
        CHECK(strstr(table[i].status == DONE ? r.out : r.err, table[i].says));
        run_free(&r);
    }
}

static void client_stdin(void)
{
    struct server *s = start();

    CLIENT_READS("hset t k v\n\n  \nhget t k\r\nhset t \"two words\" "
                 "\"a\\n\\x42\"\nhget t \"two words\"", /* no newline */
                 DONE, "(none)\n\"v\"\n(none)\n\"a\\nB\"\n", "");
    CLIENT_READS("", DONE, "", "");
    check_step("the worst of all lines is the exit status");
    CLIENT_READS("hget t nobody\nhget t k\n", FAILED, "\"v\"\n",
                 "404 Not found");
    CLIENT_READS("hgett t k\nhget t nobody\nhget t k\n", USAGE, "\"v\"\n",
                 "'hgett' is not a command");
    CLIENT_READS("hget t \"k\nhget t k\n", USAGE, "\"v\"\n", "quoted");
    server_stop(s, 5);
}

static void client_stdin_thousands(void)
{
    enum { LINES = 5000 };
    struct server *s = start();
    char *in = malloc(LINES * 32), *out = malloc(LINES * 32);
    char *at = in, *want = out;

    CHECK(in != NULL && out != NULL);
    for (int i = 0; i < LINES; i++) {
        at += sprintf(at, "hset t k i:%d\n", i);
        want +=
            i == 0 ? sprintf(want, "(none)\n") : sprintf(want, "%d\n", i - 1);
    }
    CLIENT_READS(in, DONE, out, "");
    free(in);
    free(out);
    server_stop(s, 1);
}

/* A person types a line and sees its answer before typing the next. */
static void client_line_by_line(void)
{
    struct server *s = start();
    struct process *p =
        process_start((struct process_spec){.path = need_client(),
                                            .args = {"127.0.0.1", port_text},
                                            .in = STDIO_PIPE});
    char line[64];

    for (int i = 0; i < 3; i++) {
        CHECK_EQ(write(p->in, "hset t k v\n", 11), 11);
        CHECK(process_read_line(p, line, sizeof(line)));
        CHECK(strcmp(line, i == 0 ? "(none)" : "\"v\"") == 0);
    }
    child_close_in(p);
    EXPECT_EXIT(p, DONE);
    server_stop(s, 1);
}

/* ---- a bad server ---- */

/* Says `answer` to the first thing it is told, and hangs up. */
static void bad_server(const char *answer, size_t len, const char *complaint)
{
    char *port = malloc(8);
    int listen_fd, fd;
    struct process *p;

    CHECK(port != NULL);
    listen_fd = peer_listen(port);
    check_step("a server that is to cause: %s", complaint);
    p = process_start((struct process_spec){
        .path = need_client(), .args = {"127.0.0.1", port, "hget", "t", "k"}});
    fd = peer_accept(listen_fd);
    EXPECT_TEXT(fd, "\0\0\0\x08\x0a\6\x0a\1t\x12\1k");
    SEND_BYTES(fd, answer, len);
    half_close(fd);
    EXPECT_EXIT(p, FAILED);
    CHECK(process_log_has(p, complaint));
    close(fd);
    close(listen_fd);
    process_forget(p);
}

static void client_bad_servers(void)
{
    bad_server("", 0, "hung up");
    bad_server("\0\0", 2, "hung up");
    bad_server("\0\0\0\5\x08\xc8\1", 7, "hung up");
    bad_server("\xff\xff\xff\xff", 4, "too big");
    bad_server("HTTP/1.1 400 Bad Request\r\n\r\n", 28, "too big");
    bad_server("\0\0\0\3\x1a\5x", 7, "malformed");
    bad_server("\0\0\0\0", 4, "client: 0 "); /* status 0: not a success */
}

const struct check_case kv_client_cases[] = {
    CASE(client_commands, "client", 30, NEEDS_CLIENT),
    CASE(client_values, "client", 30, NEEDS_CLIENT),
    CASE(client_refused, "client", 30, NEEDS_CLIENT),
    CASE(client_wrong_words, "client", 30, NEEDS_CLIENT),
    CASE(client_options, "client", 30, NEEDS_CLIENT),
    CASE(client_stdin, "client", 30, NEEDS_CLIENT),
    CASE(client_stdin_thousands, "client", 30, NEEDS_CLIENT),
    CASE(client_line_by_line, "client", 30, NEEDS_CLIENT),
    CASE(client_bad_servers, "client", 30, NEEDS_CLIENT),
    {0},
};
