/*
 * tests/faults/soak.c - everything at once. Every other read and write of the
 * server falls short, waits are interrupted, calls are refused now and then,
 * and 200 clients do as they like; or each allocation in turn fails, from the
 * first of the start on.
 *
 * The seed is 1, or SOAK_SEED; a failure prints it. `cmake --build BUILD
 * --target soak` runs these and the cases of kind "inject" again and again
 * with other seeds (soak.cmake).
 */
#include "faults.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject_rules.h"
#include "soak_traffic.h"

enum { CLIENTS = 200, AT_ONCE = 64 };

static unsigned long soak_seed(void)
{
    const char *text = getenv("SOAK_SEED");
    unsigned long seed = text != NULL ? strtoul(text, NULL, 10) : 1;

    if (seed == 0)
        seed = 1;
    check_repeat_with("SOAK_SEED=%lu", seed);
    check_step("SOAK_SEED=%lu", seed);
    return seed;
}

/* ---- short counts and interruptions ---- */

/* What passes at once. EAGAIN means nothing to who never blocks, and the end
 * to who does. */
static const char *passing_rules(unsigned long seed)
{
    static char rules[300];

    snprintf(rules, sizeof(rules),
             "seed=%lu; read=EINTR~10; write=EINTR~10; %s"
             "read=short~50; write=short~50; wait=EINTR~50",
             seed, is_told_again() ? "read=EAGAIN~10; write=EAGAIN~10; " : "");
    return rules;
}

/* And what makes a server pause, seldom. */
static const char *server_rules(unsigned long seed)
{
    static char rules[480];

    snprintf(rules, sizeof(rules),
             "%s; accept=ECONNABORTED~20; accept=EMFILE~1%s",
             passing_rules(seed),
             is_a(TRAIT_PROCESS_EACH)  ? "; fork=EAGAIN~2"
             : is_a(TRAIT_THREAD_EACH) ? "; thread=EAGAIN~2"
                                       : "");
    return rules;
}

static void soak_short(void)
{
    unsigned long seed = soak_seed();
    struct traffic traffic = {.seed = seed,
                              .count = CLIENTS,
                              .at_once = serves_one_at_a_time() ? 4 : AT_ONCE,
                              .farewells = is_a(TRAIT_BYTES)};
    struct server *s = server_start(with_rules_from_start(
        with_places((struct server_spec){0}, AT_ONCE), server_rules(seed)));

    run_traffic(s, traffic);
    expect_injected("read short", 100);
    expect_injected("read EINTR", 10);
    expect_injected("write short", 100);
    expect_injected("write EINTR", 10);
    expect_injected("accept", 10);
    if (is_loop())
        expect_injected("wait EINTR", 10); /* fewer where many are ready */
    server_stop(s, CLIENTS);
}

/* ---- a client's copy ---- */

static char *random_lines(uint64_t seed, size_t len)
{
    char *text = malloc(len);

    CHECK(text != NULL);
    for (size_t i = 0; i < len; i++)
        text[i] = random_below(&seed, 200) == 0
                      ? '\n'
                      : (char)('0' + random_below(&seed, 10));
    text[len - 1] = '\n';
    return text;
}

static void soak_client_short(void)
{
    unsigned long seed = soak_seed();
    const size_t len = serves_one_at_a_time() ? 200 * KILOBYTE : 8 * MEGABYTE;
    char *text = random_lines(seed, len);
    struct server *s = server_start((struct server_spec){.on_tcp = true});
    struct run r;

    r = run_program(process_with_rules_from_start(client_of(port_of(s)),
                                                  passing_rules(seed)),
                    text, len);
    if (r.status != 0)
        CHECK_FAIL("it ended with status %#x: %s", (unsigned)r.status, r.err);
    CHECK_BYTES(r.out, r.out_len, text, len);
    run_free(&r);
    free(text);
    expect_injected("read short", 5);
    expect_injected("write short", 5);
    server_stop(s, 1);
}

/* ---- the n-th allocation ---- */

/* One line that says why, and no other end than exit(1). */
static void expect_clean_failure(struct process *p)
{
    EXPECT_EXIT(p, 1);
    if (process_log_count(p, "\n") != 1 || !process_log_has(p, "]: ") ||
        !process_log_has(p, " (") || !process_log_has(p, ": E"))
        CHECK_FAIL("no clean message");
}

static bool is_answered(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

/* Hears all of it, or the end of the connection. */
static bool is_served(int fd)
{
    static const char line[] = "is there memory for me?\n";
    char heard[sizeof(line)];
    size_t len = 0;
    ssize_t n = 1;

    while (len < sizeof(line) - 1 && n > 0) {
        n = recv(fd, heard + len, sizeof(line) - 1 - len, 0);
        len += n > 0 ? (size_t)n : 0;
    }
    if (n == -1 && errno != ECONNRESET)
        CHECK_FAIL("recv: %s", strerror(errno));
    CHECK_BYTES(heard, len, line, n > 0 ? sizeof(line) - 1 : len);
    return n > 0;
}

static void ask(int fd)
{
    SEND_TEXT(fd, "is there memory for me?\n");
}

/* A server that must store replies, for it is always told to wait. */
static struct server *launch_without_allocation(int n, const char *behind)
{
    char rules[128];

    snprintf(rules, sizeof(rules), "malloc=ENOMEM@%d%s;%s", n, behind,
             is_told_again() ? "write=EAGAIN%2" : "");
    unlink(harness_path("injected"));
    return server_launch(with_rules_from_start(
        (struct server_spec){.args = {"-g", "1"}}, rules));
}

/* One allocation fails: so at most one client is closed. All come at once,
 * so that nothing is used a second time. */
static void talk_though_one_fails(struct server *s)
{
    const int count = serves_one_at_a_time() ? 1 : 3;
    int fds[3], served = 0;

    for (int i = 0; i < count; i++) {
        fds[i] = dial(s);
        ask(fds[i]);
    }
    for (int i = 0; i < count; i++)
        served += is_served(fds[i]);
    for (int i = 0; i < count; i++)
        leave(fds[i]);
    if (served < count - 1)
        CHECK_FAIL("%d of %d were served", served, count);
    fds[0] = dial(s);
    ask(fds[0]);
    served += is_served(fds[0]);
    leave(fds[0]);
    if (served < count)
        CHECK_FAIL("%d of %d were served", served, count + 1);
    server_stop(s, count + 1);
}

/* A sanitizer ends the process whose new thread finds no memory for the
 * sanitizer's own books. */
static void skip_sanitized_threads(void)
{
    if (is_a(TRAIT_TSAN) && is_instrumented())
        check_skip("a sanitizer does not outlive a thread without memory");
}

/* Returns whether the failure was reached. */
static bool run_without_allocation(struct server *none, int n)
{
    struct server *s = launch_without_allocation(n, "");
    bool reached;

    (void)none;
    if (announces(s->process)) {
        server_wait_announced(s);
        talk_though_one_fails(s);
    } else {
        expect_clean_failure(s->process);
    }
    reached = injected("malloc") > 0;
    server_forget(s);
    return reached;
}

static void soak_each_allocation(void)
{
    skip_sanitized_threads();
    hint("no memory: say so and end, or close that client");
    fail_each_allocation(run_without_allocation, NULL);
}

/* From the n-th on, none succeeds: nobody needs to be served, or only who is
 * already; it stands, waits, and stops when asked. */
static bool run_without_allocations(struct server *none, int n)
{
    struct server *s = launch_without_allocation(n, "-");
    bool reached;
    int fd;

    (void)none;
    if (announces(s->process)) {
        server_wait_announced(s);
        fd = dial(s);
        ask(fd);
        WAIT_UNTIL(is_answered(fd) || process_log_has(s->process, "backlog"));
        leave(fd);
        server_stop(s, SERVED_ANY);
    } else {
        expect_clean_failure(s->process);
    }
    reached = injected("malloc") > 0;
    server_forget(s);
    return reached;
}

static void soak_no_allocation_from_one_on(void)
{
    skip_sanitized_threads();
    fail_each_allocation(run_without_allocations, NULL);
}

static bool run_client_without_allocation(struct server *s, int n)
{
    static const char text[] = "one\ntwo\n";
    struct process_spec spec = client_of(port_of(s));
    struct process *p;
    char rules[64], line[64];
    bool said;

    snprintf(rules, sizeof(rules), "malloc=ENOMEM@%d", n);
    unlink(harness_path("injected"));
    spec.in = STDIO_PIPE;
    p = process_start(process_with_rules_from_start(spec, rules));
    (void)!write(p->in, text, sizeof(text) - 1); /* it may have ended */
    child_close_in(p);
    said = process_read_line(p, line, sizeof(line));
    if (said) {
        CHECK(strcmp(line, "one") == 0);
        CHECK(process_read_line(p, line, sizeof(line)));
        CHECK(strcmp(line, "two") == 0);
        EXPECT_EXIT(p, 0);
    } else {
        expect_clean_failure(p);
    }
    said = injected("malloc") > 0;
    process_forget(p);
    return said;
}

static void soak_client_each_allocation(void)
{
    struct server *s;

    skip_sanitized_threads();
    s = server_start((struct server_spec){.on_tcp = true});
    fail_each_allocation(run_client_without_allocation, s);
    server_stop(s, SERVED_ANY);
}

const struct check_case soak_cases[] = {
    CASE(soak_short, "soak", 60),
    CASE(soak_client_short, "soak", 60, NEEDS_CLIENT),
    CASE(soak_each_allocation, "soak", 60),
    CASE(soak_no_allocation_from_one_on, "soak", 60),
    CASE(soak_client_each_allocation, "soak", 60, NEEDS_CLIENT),
    {0},
};
