/*
 * tests/faults/inject_kv.c - the kernel says no to the key-value server, whose
 * clients have threads: as inject_server.c, in short. See inject_rules.h for
 * the names.
 */
#include "inject_rules.h"
#include "kv.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAITING = 5, ALLOCATIONS = 1000 };

/* A server, and a client of it that must not notice anything. */
struct scene {
    struct server *s;
    int other;
};

static bool all_threads_sleep(const struct server *s)
{
    char path[64];
    bool all = true;
    struct dirent *entry;
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%ld/task", (long)s->pid);
    d = opendir(path);
    while (d != NULL && (entry = readdir(d)) != NULL)
        if (entry->d_name[0] != '.' &&
            proc_state((pid_t)atol(entry->d_name)) != 'S')
            all = false;
    if (d != NULL)
        closedir(d);
    return all;
}

static struct scene open_scene(const char *when)
{
    struct scene at;

    at.s = kv_start_spec(with_rules((struct server_spec){0}, row_rule(when)));
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
    int fds[WAITING];

    inject_now();
    for (int i = 0; i < WAITING; i++) {
        fds[i] = dial(at.s);
        SEND_BYTES(fds[i], question.bytes, question.len);
    }
    wait_injected(row_fault(), 1);
    share = server_cpu_share(at.s, 500);
    if (share > 0.15)
        CHECK_FAIL("%.0f %% CPU while it is refused what it needs",
                   share * 100);
    if (injected("") > 40)
        CHECK_FAIL("it asked %d times", injected(""));
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
    WAIT_UNTIL(all_threads_sleep(at.s));
    inject_now();
    SEND_BYTES(fd, question.bytes, question.len);
    EXPECT_CLOSED(fd);
    wait_injected(row_fault(), 1);
    inject_no_more();
    leave(fd);
    CHECK_EQ(injected(row_fault()), 1);
    close_scene(&at);
}

/* ---- the n-th allocation ------------------------------------------------- */

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

static bool announces(const struct process *p)
{
    struct pollfd out = {.fd = p->out, .events = POLLIN};
    int waiting = 0;

    WAIT_UNTIL(poll(&out, 1, 0) == 1);
    CHECK(ioctl(p->out, FIONREAD, &waiting) == 0);
    return waiting > 0;
}

static bool run_without_allocation(int n)
{
    struct server_spec spec = {.args = {"--store", store_kind}};
    struct server *s;
    char rules[64];
    bool reached;

    snprintf(rules, sizeof(rules), "malloc=ENOMEM@%d", n);
    unlink(harness_path("injected"));
    s = server_launch(with_rules_from_start(spec, rules));
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

static void each_allocation(void)
{
    int n = 1;

    if (is_instrumented())
        check_skip("a sanitizer does not outlive a thread without memory");
    while (run_without_allocation(n)) {
        n++;
        if (n > ALLOCATIONS)
            CHECK_FAIL("there is no end of allocations");
    }
    check_step("%d allocations failed in turn", n - 1);
    CHECK(n > 1);
}

const struct kv_case kv_inject_cases[] = {
    {"inject-accept-EMFILE", "inject", 30, refused},
    {"inject-accept-ENFILE", "inject", 30, refused},
    {"inject-accept-ENOBUFS", "inject", 30, refused},
    {"inject-accept-ENOMEM", "inject", 30, refused},
    {"inject-accept-ECONNABORTED", "inject", 30, passing},
    {"inject-accept-EINTR", "inject", 30, passing},
    {"inject-accept-EPROTO", "inject", 30, passing},
    {"inject-read-EINTR", "inject", 30, passing},
    {"inject-read-short", "inject", 30, short_always},
    {"inject-read-EAGAIN", "inject", 30, lost},
    {"inject-read-ECONNRESET", "inject", 30, lost},
    {"inject-read-ETIMEDOUT", "inject", 30, lost},
    {"inject-write-EINTR", "inject", 30, passing},
    {"inject-write-short", "inject", 30, short_always},
    {"inject-write-EAGAIN", "inject", 30, lost},
    {"inject-write-ECONNRESET", "inject", 30, lost},
    {"inject-write-EPIPE", "inject", 30, lost},
    {"inject-thread-EAGAIN", "inject", 30, refused},
    {"soak-each-allocation", "soak", 60, each_allocation},
    {0},
};
