/*
 * tests/faults/starving.c - the server runs out of descriptors, threads or
 * processes, for real: limits are lowered under it while it runs (prlimit(2)).
 * It stays alive, burns no CPU, says so once rather than a million times, drops
 * nobody, and serves all when it can again.
 */
#include "faults.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What names a limit has a type of its own in glibc, and is an int elsewhere.
 */
#ifdef __GLIBC__
typedef __rlimit_resource_t limit_kind;
#else
typedef int limit_kind;
#endif

enum { CLIENTS = 30, NOBODY = 65534 };

static void dial_all(const struct server *s, int *fds)
{
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(s);
        SEND_TEXT(fds[i], "may I come in?\n");
    }
}

static void hear_in_turn(const int *fds, int from, int to)
{
    for (int i = from; i < to; i++) {
        EXPECT_TEXT(fds[i], "may I come in?\n");
        leave(fds[i]);
    }
}

/* Two lines a client, and a few more. */
static void expect_no_flood(const struct server *s)
{
    int lines = log_lines(s);

    if (lines > 2 * CLIENTS + 12)
        CHECK_FAIL("%d lines in the log", lines);
}

/* ---- from the start ---- */

static void few_descriptors(struct server_spec spec)
{
    struct server *s = server_start(spec);
    int fds[CLIENTS];

    dial_all(s, fds);
    WAIT_UNTIL(server_sleeps(s));
    expect_no_cpu(s, 600, "with more clients than descriptors");
    server_expect_alive(s);
    hear_in_turn(fds, 0, CLIENTS);
    expect_no_flood(s);
    server_stop(s, CLIENTS);
}

static void descriptors_16(void)
{
    few_descriptors((struct server_spec){.descriptors = 16});
}

/* The soft limit is a default that a program may raise up to the hard one. */
static void descriptors_soft_16(void)
{
    struct server *s =
        server_start((struct server_spec){.soft_descriptors = 16});
    int fds[CLIENTS];

    dial_all(s, fds);
    if (serves_one_at_a_time()) {
        hear_in_turn(fds, 0, CLIENTS);
    } else {
        hint("the soft limit is to be raised to the hard one");
        for (int i = CLIENTS; i-- > 0;)
            EXPECT_TEXT(fds[i], "may I come in?\n");
        for (int i = 0; i < CLIENTS; i++)
            leave(fds[i]);
    }
    expect_no_flood(s);
    server_stop(s, CLIENTS);
}

/* ---- while it runs ---- */

/* Whose it is may set a process's limits: as root without CAP_SYS_RESOURCE we
 * must be nobody for a moment to set those of nobody's server (prlimit(2)). */
static int set_limit_as_nobody(pid_t pid, limit_kind resource,
                               const struct rlimit *limit)
{
    pid_t helper = child_fork();

    if (helper == 0)
        _exit(setresuid(NOBODY, NOBODY, NOBODY) == -1 ||
              prlimit(pid, resource, limit, NULL) == -1);
    return helper != -1 && child_wait(helper) == 0 ? 0 : -1;
}

/* Sets the soft limit of a running server. */
static void set_limit(const struct server *s, limit_kind resource, rlim_t soft)
{
    struct rlimit limit;

    CHECK(getrlimit(resource, &limit) == 0); /* the server has our hard ones */
    limit.rlim_cur = soft;
    check_step("limit %d is %llu now", (int)resource, (unsigned long long)soft);
    if (prlimit(s->pid, resource, &limit, NULL) == -1 &&
        set_limit_as_nobody(s->pid, resource, &limit) == -1)
        CHECK_FAIL("prlimit: %s", strerror(errno));
}

static rlim_t hard_limit(limit_kind resource)
{
    struct rlimit limit;

    CHECK(getrlimit(resource, &limit) == 0);
    return limit.rlim_max;
}

static void expect_patient(struct server *s, const char *symbol)
{
    server_wait_log(s, symbol);
    expect_no_cpu(s, 1000, "while it lacks something");
    server_expect_alive(s);
    CHECK(process_log_count(s->process, symbol) <= 2);
}

/* No descriptor beyond those in use. An accept that waits already has its
 * descriptor (Linux takes one first), so one more may come in, and goes. */
static void allow_no_more_descriptors(struct server *s)
{
    int fd;

    WAIT_UNTIL(server_sleeps(s));
    set_limit(s, RLIMIT_NOFILE, (rlim_t)proc_descriptors(s->pid));
    if (!waits_in_accept())
        return;
    fd = dial(s);
    ROUND_TRIP(fd, "the last one in\n");
    leave(fd);
}

static bool have_left(const struct server *s, int count)
{
    return process_log_count(s->process, ": closed") == count;
}

/* Descriptors that leaving clients free serve half of those who wait, one
 * after the other. (02 has none in the parent to free, 01 none at all.) */
static void descriptors_run_out(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-g", "1"}});
    const bool frees = is_a(TRAIT_CONCURRENT) && !is_a(TRAIT_PROCESS_EACH);
    const int extra = waits_in_accept() ? 1 : 0;
    int stays = dial(s), leaves, fds[CLIENTS], left = 0;

    ROUND_TRIP(stays, "hi\n");
    if (serves_one_at_a_time()) {
        leave(stays);
        left++;
    }
    leaves = dial(s);
    ROUND_TRIP(leaves, "hi\n");
    if (!frees) {
        leave(leaves);
        left++;
    }
    WAIT_UNTIL(have_left(s, left));
    allow_no_more_descriptors(s);
    dial_all(s, fds);
    expect_patient(s, "EMFILE");
    if (!serves_one_at_a_time())
        ROUND_TRIP(stays, "still served\n");
    if (frees) {
        leave(leaves);
        hear_in_turn(fds, 0, CLIENTS / 2);
    }
    set_limit(s, RLIMIT_NOFILE, hard_limit(RLIMIT_NOFILE));
    hear_in_turn(fds, frees ? CLIENTS / 2 : 0, CLIENTS);
    expect_no_flood(s);
    if (!serves_one_at_a_time())
        leave(stays);
    server_stop(s, CLIENTS + 2 + extra);
}

/* It can be stopped meanwhile. (A search for leaks at its end would need a
 * descriptor itself.) */
static void descriptors_run_out_and_stop(void)
{
    struct server *s = server_start(
        (struct server_spec){.env = {"LSAN_OPTIONS=detect_leaks=0"}});
    int waiting;

    allow_no_more_descriptors(s);
    waiting = dial(s);
    server_wait_log(s, "EMFILE");
    process_signal(s->process, SIGTERM);
    EXPECT_CLOSED(waiting);
    server_expect_stopped(s, waits_in_accept() ? 1 : 0);
    leave(waiting);
}

/* No address space is left for another stack. */
static void threads_run_out(void)
{
    struct server *s =
        server_start((struct server_spec){.env = {"MALLOC_ARENA_MAX=1"}});
    int stays, fds[CLIENTS];

    if (is_instrumented())
        check_skip("sanitizers and valgrind need address space themselves");
    stays = dial(s);
    ROUND_TRIP(stays, "hi\n");
    set_limit(s, RLIMIT_AS, (rlim_t)proc_vm_kib(s->pid) * 1024);
    dial_all(s, fds);
    hint("a refused thread: wait, try again, keep the client");
    expect_patient(s, "pthread_create: ");
    ROUND_TRIP(stays, "still served\n");
    set_limit(s, RLIMIT_AS, hard_limit(RLIMIT_AS));
    hear_in_turn(fds, 0, CLIENTS);
    leave(stays);
    expect_no_flood(s);
    server_stop(s, CLIENTS + 1);
}

/* The limit on processes does not bind root: then the server runs as nobody,
 * if setpriv can arrange that. */
static struct server *start_as_common_user(void)
{
    struct run r;

    if (geteuid() != 0)
        return server_start((struct server_spec){0});
    r = run_program(
        (struct process_spec){.path = "setpriv",
                              .args = {"--reuid=65534", "--clear-groups",
                                       server_path, "--version"},
                              .unwrapped = true},
        NULL, 0);
    if (!WIFEXITED(r.status) || WEXITSTATUS(r.status) != 0)
        check_skip("as root it needs setpriv, and a server that nobody may "
                   "execute");
    run_free(&r);
    return server_start((struct server_spec){
        .bare = true,
        .path = "setpriv",
        .args = {"--reuid=65534", "--clear-groups", server_path, "-p", "0"}});
}

static void processes_run_out(void)
{
    struct server *s = start_as_common_user();
    int stays = dial(s), fds[CLIENTS];

    ROUND_TRIP(stays, "hi\n");
    set_limit(s, RLIMIT_NPROC, 1);
    dial_all(s, fds);
    hint("a refused fork: wait, try again, keep the client");
    expect_patient(s, "fork: ");
    ROUND_TRIP(stays, "still served\n");
    set_limit(s, RLIMIT_NPROC, hard_limit(RLIMIT_NPROC));
    hear_in_turn(fds, 0, CLIENTS);
    leave(stays);
    expect_no_flood(s);
    server_stop(s, CLIENTS + 1);
}

const struct check_case starving_cases[] = {
    CASE(descriptors_16, "fault", 60, 0, ALSO_UNIX),
    CASE(descriptors_soft_16, "fault", 60),
    CASE(descriptors_run_out, "fault", 60, 0, ALSO_UNIX, TRAIT_PROCESS_POOL),
    CASE(descriptors_run_out_and_stop, "fault", 60,
         .lacks = TRAIT_PROCESS_POOL),
    CASE(threads_run_out, "fault", 60, TRAIT_THREAD_EACH),
    CASE(processes_run_out, "fault", 60, TRAIT_PROCESS_EACH),
    {0},
};
