/*
 * tests/faults/inject_client.c - the kernel says no to a client: it goes on
 * where that is possible, and otherwise ends with a message, errno's symbol
 * and exit status 1. The server it talks to is not concerned. See
 * inject_rules.h for the names.
 */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject_rules.h"

enum { LINES = 400, LINE = 64 };

/* Its stdout is a pipe or a file: what it does with its only socket is what
 * the rules mean. */
static struct process_spec spec_for(const char *port)
{
    struct process_spec spec = client_of(port);

    spec.in = STDIO_PIPE;
    return spec;
}

static void type(struct process *p, const char *text)
{
    check_step("stdin: %s", text);
    CHECK(write(p->in, text, strlen(text)) == (ssize_t)strlen(text));
}

static void hear(struct process *p, const char *want)
{
    char line[256];

    check_step("stdout: expect a line");
    if (!process_read_line(p, line, sizeof(line)))
        CHECK_FAIL("stdout has ended");
    CHECK_BYTES(line, strlen(line), want, strlen(want));
}

static void expect_nothing_more(struct process *p)
{
    char line[256];

    if (process_read_line(p, line, sizeof(line)))
        CHECK_FAIL("one line more on stdout: %s", line);
}

/* The message: one line, with what failed and why. */
static void expect_message(struct process *p, const char *what)
{
    char text[64];

    snprintf(text, sizeof(text), ": %s (", row_symbol());
    if (process_log_count(p, text) != 1 || !process_log_has(p, what))
        CHECK_FAIL("its stderr does not say \"%s\" and%s", what, text);
    CHECK_EQ(process_log_count(p, "\n"), 1);
}

static bool sleeps(const struct process *p)
{
    struct server traced = {.process = (struct process *)p, .pid = p->pid};

    return server_sleeps(&traced);
}

static bool nobody_left(const struct process *p)
{
    struct server traced = {.process = (struct process *)p, .pid = p->pid};

    return server_living(&traced) == 0;
}

static void end(struct process *p, int status)
{
    EXPECT_EXIT(p, status);
    WAIT_UNTIL(nobody_left(p)); /* 02: the sender was killed a moment ago */
}

/* ---- it cannot even begin ---- */

static void refused_at_start(const char *what)
{
    struct server *s = server_start((struct server_spec){.on_tcp = true});
    struct process *p = process_start(
        process_with_rules_from_start(spec_for(port_of(s)), row_rule("@1-")));

    expect_nothing_more(p);
    end(p, 1);
    expect_injected(row_fault(), 1);
    expect_message(p, what);
    server_stop(s, SERVED_ANY);
}

static void not_connected(void)
{
    refused_at_start("cannot connect to 127.0.0.1, port ");
}

static void no_sender(void)
{
    refused_at_start(is_a(TRAIT_PROCESS_EACH) ? "cannot start a sender"
                                              : "pthread_create");
}

static void nothing_watched(void)
{
    refused_at_start("epoll_ctl");
}

static void no_wait(void)
{
    refused_at_start(is_a(TRAIT_SELECT) ? "select"
                     : is_a(TRAIT_POLL) ? "poll"
                                        : "epoll_wait");
}

/* ---- it goes on ---- */

static char *many_lines(size_t *len)
{
    char *text = malloc(LINES * LINE + 1), *end = text;

    CHECK(text != NULL);
    for (int i = 0; i < LINES; i++)
        end += sprintf(end, "line %d of what is to come back unchanged\n", i);
    *len = (size_t)(end - text);
    return text;
}

/* What goes in comes out, to the byte. */
static void copies(const char *when, int least)
{
    struct server *s = server_start((struct server_spec){.on_tcp = true});
    size_t len;
    char *text = many_lines(&len);
    struct run r;

    r = run_program(
        process_with_rules_from_start(spec_for(port_of(s)), row_rule(when)),
        text, len);
    if (r.status != 0)
        CHECK_FAIL("it ended with status %#x: %s", (unsigned)r.status, r.err);
    CHECK_BYTES(r.out, r.out_len, text, len);
    CHECK_BYTES(r.err, r.err_len, "", 0);
    run_free(&r);
    free(text);
    expect_injected(row_fault(), least);
    server_stop(s, 1);
}

static void goes_on(void)
{
    hint("try again");
    copies("@1-3", 3);
}

static void goes_on_short(void)
{
    hint("a count says how much was moved, and it may be one byte");
    copies("@1-", LINES);
}

/* ---- it gives up ---- */

/* While it waits for the server. */
static void cannot_receive(void)
{
    struct server *s = server_start((struct server_spec){.on_tcp = true});
    struct process *p =
        process_start(process_with_rules(spec_for(port_of(s)), row_rule("@1")));

    type(p, "one\n");
    hear(p, "one");
    WAIT_UNTIL(sleeps(p));
    inject_now();
    type(p, "two\n");
    if (is_a(TRAIT_CONCURRENT | TRAIT_BLOCKING))
        hear(p, "two"); /* that read waits already: the next one */
    expect_nothing_more(p);
    end(p, 1);
    CHECK_EQ(injected(row_fault()), 1);
    expect_message(p, "receive");
    server_stop(s, 1);
}

/* What the server said last is printed first; then the error counts, or that
 * the server has closed. */
static void cannot_send(void)
{
    char port[8];
    int listen_fd = peer_listen(port), peer;
    struct process *p =
        process_start(process_with_rules(spec_for(port), row_rule("@1")));

    peer = peer_accept(listen_fd);
    type(p, "one\n");
    EXPECT_TEXT(peer, "one\n");
    SEND_TEXT(peer, "one\n");
    hear(p, "one");
    WAIT_UNTIL(sleeps(p));
    inject_now();
    type(p, "two\n");
    wait_injected(row_fault(), 1);
    SEND_TEXT(peer, "my last words\n");
    leave(peer);
    hear(p, "my last words");
    expect_nothing_more(p);
    end(p, 1);
    if (strcmp(row_symbol(), "EPIPE") != 0)
        expect_message(p, "send");
    else if (!process_log_has(p, "server closed the connection"))
        CHECK_FAIL("it does not say that the server closed");
    CHECK_EQ(process_log_count(p, "\n"), 1);
}

/* ---- rows x traits ---- */

const struct check_case inject_client_cases[] = {
    EACH("inject-client-socket-*", "EMFILE ENFILE ENOBUFS ENOMEM",
         not_connected, "inject", 30, NEEDS_CLIENT),
    EACH("inject-client-connect-*", "ECONNREFUSED ETIMEDOUT EHOSTUNREACH EINTR",
         not_connected, "inject", 30, NEEDS_CLIENT),

    EACH("inject-client-*-EINTR", "read write", goes_on, "inject", 30,
         NEEDS_CLIENT),
    EACH("inject-client-*-EAGAIN", "read write", goes_on, "inject", 30,
         NEEDS_CLIENT | TRAIT_LOOP),
    EACH("inject-client-read-*", "EAGAIN", cannot_receive, "inject", 30,
         NEEDS_CLIENT | TRAIT_BLOCKING),
    EACH("inject-client-*-short", "read write", goes_on_short, "inject", 30,
         NEEDS_CLIENT),
    EACH("inject-client-read-*", "ECONNRESET ETIMEDOUT EPIPE", cannot_receive,
         "inject", 30, NEEDS_CLIENT),

    EACH("inject-client-write-*", "EAGAIN", cannot_send, "inject", 30,
         NEEDS_CLIENT | TRAIT_BLOCKING),
    EACH("inject-client-write-*", "ECONNRESET ETIMEDOUT EPIPE", cannot_send,
         "inject", 30, NEEDS_CLIENT),

    EACH("inject-client-wait-*", "EINTR", goes_on, "inject", 30,
         NEEDS_CLIENT | TRAIT_LOOP),
    EACH("inject-client-wait-*", "ENOMEM", no_wait, "inject", 30,
         NEEDS_CLIENT | TRAIT_LOOP),
    EACH("inject-client-fork-*", "EAGAIN ENOMEM", no_sender, "inject", 30,
         NEEDS_CLIENT | TRAIT_PROCESS_EACH),
    EACH("inject-client-thread-*", "EAGAIN", no_sender, "inject", 30,
         NEEDS_CLIENT | TRAIT_THREAD_EACH),
    EACH("inject-client-epoll_ctl-*", "ENOSPC ENOMEM", nothing_watched,
         "inject", 30, NEEDS_CLIENT | TRAIT_EPOLL),
    {0},
};
