/*
 * tests/faults/inject_kv.c - the kernel says no to the key-value server, whose
 * clients have threads: as inject_server.c, in short. See inject_rules.h for
 * the names.
 */
#include "inject_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kv.h"

enum { WAITING = 5 };

/* A server, and a client of it that must not notice anything. */
struct scene {
    struct server *s;
    int other;
};

static struct scene open_scene(const char *when)
{
    struct scene at;

    at.s = server_start(with_rules((struct server_spec){0}, row_rule(when)));
    at.other = dial(at.s);
    ASK(at.other, hset("t", "mine", "as it was"), values(1, ""));
    return at;
}

static void close_scene(struct scene *at)
{
    int next;

    ASK(at->other, hget("t", "mine"), values(1, "as it was"));
    next = dial(at->s);
    ASK(next, hget("t", "mine"), values(1, "as it was"));
    leave(next);
    leave(at->other);
    server_stop(at->s, SERVED_ANY);
}

/* Who has connected waits; nobody is dropped. */
static void refused(void)
{
    struct scene at = open_scene("@1-");
    struct wire question = framed(hget("t", "mine"));
    struct wire answer = framed(values(1, "as it was"));
    double share;
    int fds[WAITING], before;
    long long start;

    inject_now();
    for (int i = 0; i < WAITING; i++) {
        fds[i] = dial(at.s);
        SEND_BYTES(fds[i], question.bytes, question.len);
    }
    wait_injected(row_fault(), 1);
    start = now_ms();
    before = injected("");
    share = server_cpu_share(at.s, 500);
    if (share > 0.15)
        CHECK_FAIL("%.0f %% CPU while it is refused what it needs",
                   share * 100);
    if (injected("") - before > (now_ms() - start) / 20)
        CHECK_FAIL("it asked %d times in %lld ms", injected("") - before,
                   now_ms() - start);
    ASK(at.other, hget("t", "mine"), values(1, "as it was"));
    inject_no_more();
    for (int i = 0; i < WAITING; i++) {
        EXPECT_BYTES(fds[i], answer.bytes, answer.len);
        leave(fds[i]);
    }
    if (process_log_count(at.s->process, "backlog") > 2)
        CHECK_FAIL("it says so again and again");
    close_scene(&at);
}

static void talk(const struct scene *at)
{
    int fd = dial(at->s);
    char text[400];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ASK(fd, hset("t", text, "y"), values(1, ""));
    for (int i = 0; i < 3; i++)
        ASK(fd, hget("t", text), values(1, "y"));
    ASK(fd, hdel("t", text), values(1, "y"));
    leave(fd);
}

static void unnoticed(const char *when, int least)
{
    struct scene at = open_scene(when);

    inject_now();
    for (int i = 0; i < 3; i++)
        talk(&at);
    ASK(at.other, hget("t", "mine"), values(1, "as it was"));
    inject_no_more();
    expect_injected(row_fault(), least);
    close_scene(&at);
}

static void passing(void)
{
    unnoticed("@1-20", 2);
}

static void short_always(void)
{
    unnoticed("@1-", 50);
}

/* One client is lost, the other one is not. */
static void lost(void)
{
    struct scene at = open_scene("@1");
    struct wire question = framed(hget("t", "mine"));
    int fd = dial(at.s);

    ASK(fd, hget("t", "mine"), values(1, "as it was"));
    WAIT_UNTIL(proc_threads_are(at.s->pid, "S"));
    inject_now();
    SEND_BYTES(fd, question.bytes, question.len);
    EXPECT_CLOSED(fd);
    wait_injected(row_fault(), 1);
    inject_no_more();
    leave(fd);
    CHECK_EQ(injected(row_fault()), 1);
    close_scene(&at);
}

/* ---- the n-th allocation ---- */

/* The status of the answer, or 0 if the connection has ended. */
static int status_or_lost(struct server *s, struct wire message)
{
    struct wire request = framed(message), answer = {0};
    unsigned char bytes[256];
    int fd = dial(s);
    ssize_t n;

    SEND_BYTES(fd, request.bytes, request.len);
    (void)shutdown(fd, SHUT_WR); /* it may be lost already */
    while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
        wire_add(&answer, bytes, (size_t)n);
    leave(fd);
    if (answer.len < 5)
        return 0;
    answer.bytes += 4;
    answer.len -= 4;
    return status_of(answer);
}

static void talk_though_one_fails(struct server *s)
{
    int failed = 0, status;

    for (int i = 0; i < 8; i++) {
        char key[16];

        snprintf(key, sizeof(key), "%d", i);
        status = status_or_lost(s, hset("t", key, key));
        failed += status != 200;
        CHECK(status == 200 || status == 500 || status == 0);
        if (status != 200)
            CHECK_EQ(status_or_lost(s, hset("t", key, key)), 200);
        status = status_or_lost(s, hget("t", key));
        failed += status != 200;
        CHECK(status == 200 || status == 500 || status == 0);
    }
    if (failed > 1)
        CHECK_FAIL("one allocation failed, and %d requests", failed);
    server_stop(s, SERVED_ANY);
}

static bool run_without_allocation(struct server *none, int n)
{
    struct server *s;
    char rules[64];
    bool reached;

    (void)none;
    snprintf(rules, sizeof(rules), "malloc=ENOMEM@%d", n);
    unlink(harness_path("injected"));
    s = server_launch(with_rules_from_start((struct server_spec){0}, rules));
    if (announces(s->process)) {
        server_wait_announced(s);
        talk_though_one_fails(s);
    } else {
        EXPECT_EXIT(s->process, 1);
        CHECK_EQ(process_log_count(s->process, "\n"), 1);
        CHECK(process_log_has(s->process, ": E"));
    }
    reached = injected("malloc") > 0;
    server_forget(s);
    return reached;
}

static void soak_each_allocation(void)
{
    if (is_instrumented())
        check_skip("a sanitizer does not outlive a thread without memory");
    fail_each_allocation(run_without_allocation, NULL);
}

/* ---- the client ---- */

static const char answered[] = "(none)\n\"v\"\n\"v\"\n";

/* Its commands come on stdin. Each table is asked of once: what a client has
 * sent before it gave up may be carried out later. */
static struct run run_client(const struct server *s, const char *rules,
                             int table)
{
    char port[8], asked[96];
    struct process_spec spec = {.path = need_client(),
                                .args = {"127.0.0.1", port}};

    snprintf(port, sizeof(port), "%d", s->port);
    snprintf(asked, sizeof(asked), "hset %d k v\nhget %d k\nhget %d \"k\"\n",
             table, table, table);
    unlink(harness_path("injected"));
    return run_program(process_with_rules_from_start(spec, rules), asked,
                       strlen(asked));
}

static void expect_answered(const struct run *r)
{
    CHECK_BYTES(r->out, r->out_len, answered, sizeof(answered) - 1);
    CHECK_BYTES(r->err, r->err_len, "", 0);
    CHECK_EQ(r->status, 0);
}

/* One message, with errno's symbol; what was answered before is printed. */
static void expect_given_up(const struct run *r, const char *symbol)
{
    CHECK_EQ(r->status, 1 << 8);
    if (strstr(r->err, symbol) == NULL ||
        strchr(r->err, '\n') != r->err + r->err_len - 1)
        CHECK_FAIL("no clean message: %s", r->err);
    CHECK(strncmp(r->out, answered, r->out_len) == 0);
}

static void client_goes_on(const char *when, int least)
{
    struct server *s = server_start((struct server_spec){0});
    struct run r = run_client(s, row_rule(when), 1);

    expect_answered(&r);
    expect_injected(row_fault(), least);
    run_free(&r);
    server_stop(s, 1);
}

static void client_tries_again(void)
{
    client_goes_on("@1-3", 3);
}

static void client_short(void)
{
    client_goes_on("@1-", 10);
}

static void client_gives_up(void)
{
    struct server *s = server_start((struct server_spec){0});
    struct run r = run_client(s, row_rule("@1"), 1);

    expect_given_up(&r, row_symbol());
    CHECK_EQ(injected(row_fault()), 1);
    run_free(&r);
    server_stop(s, SERVED_ANY);
}

/* Either all is answered, or it says that it was not. */
static bool run_client_without_allocation(struct server *s, int n)
{
    char rules[64];
    struct run r;

    snprintf(rules, sizeof(rules), "malloc=ENOMEM@%d", n);
    r = run_client(s, rules, n);
    if (r.status == 0)
        CHECK_BYTES(r.err, r.err_len, "", 0);
    else
        expect_given_up(&r, ": E");
    if (r.status == 0 && r.out_len < sizeof(answered) - 1)
        CHECK_FAIL("not all was answered, and it did not say so: %s", r.out);
    run_free(&r);
    return injected("malloc") > 0;
}

static void soak_client_each_allocation(void)
{
    struct server *s = server_start((struct server_spec){0});

    hint("no memory: say so and end");
    fail_each_allocation(run_client_without_allocation, s);
    server_stop(s, SERVED_ANY);
}

const struct check_case kv_inject_cases[] = {
    EACH("inject-accept-*", "EMFILE ENFILE ENOBUFS ENOMEM", refused, "inject"),
    EACH("inject-accept-*", "ECONNABORTED EINTR EPROTO EAGAIN ENETDOWN EPERM",
         passing, "inject"),
    EACH("inject-*-EINTR", "read write wait", passing, "inject"),
    EACH("inject-*-short", "read write", short_always, "inject"),
    EACH("inject-read-*", "EAGAIN ECONNRESET ETIMEDOUT EPIPE", lost, "inject"),
    EACH("inject-write-*", "EAGAIN ECONNRESET ETIMEDOUT EPIPE", lost, "inject"),
    EACH("inject-thread-*", "EAGAIN ENOMEM", refused, "inject"),
    EACH("inject-client-socket-*", "EMFILE", client_gives_up, "inject", 30,
         NEEDS_CLIENT),
    EACH("inject-client-connect-*", "ECONNREFUSED ETIMEDOUT", client_gives_up,
         "inject", 30, NEEDS_CLIENT),
    EACH("inject-client-*-EINTR", "read write", client_tries_again, "inject",
         30, NEEDS_CLIENT),
    EACH("inject-client-*-short", "read write", client_short, "inject", 30,
         NEEDS_CLIENT),
    EACH("inject-client-read-*", "EAGAIN ECONNRESET ETIMEDOUT", client_gives_up,
         "inject", 30, NEEDS_CLIENT),
    EACH("inject-client-write-*", "EAGAIN ECONNRESET EPIPE", client_gives_up,
         "inject", 30, NEEDS_CLIENT),
    CASE(soak_client_each_allocation, "soak", 60, NEEDS_CLIENT),
    CASE(soak_each_allocation, "soak", 60),
    {0},
};
