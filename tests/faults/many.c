/*
 * tests/faults/many.c - many clients: at once, one after the other, and more
 * than the model holds. What a model cannot hold waits in the backlog.
 */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct server_spec plain = {0};

/* ---- a burst ---- */

static int longest_backlog(void)
{
    FILE *f = fopen("/proc/sys/net/core/somaxconn", "re");
    int n = 128;

    if (f != NULL && fscanf(f, "%d", &n) != 1)
        n = 128;
    if (f != NULL)
        fclose(f);
    return n;
}

/* All of them connect while the server has no chance to accept one. With a
 * short backlog some of them wait for seconds to be let in (TCP tries again),
 * or are told EAGAIN (Unix). */
static void burst_500(void)
{
    int backlog = longest_backlog(), count = backlog < 500 ? backlog : 500;
    struct crowd c = {count, calloc((size_t)count, sizeof(int))};
    struct server *s = server_start(with_places(plain, count));

    need_descriptors((rlim_t)count + 64);
    freeze(s);
    hint("listen() with the longest backlog there is");
    for (int i = 0; i < count; i++)
        c.fds[i] = dial_at_once(s);
    if (server_transport != ON_UNIX)
        WAIT_UNTIL(server_backlog(s) == count);
    thaw(s);
    crowd_say(&c, 0, count);
    if (serves_one_at_a_time())
        for (int i = 0; i < count; i++) {
            crowd_hear(&c, i, i + 1);
            crowd_leave(&c, i, i + 1);
        }
    else {
        crowd_hear(&c, 0, count);
        crowd_leave(&c, 0, count);
    }
    crowd_free(&c);
    server_stop(s, count);
}

/* ---- one after the other ---- */

static void leave_somehow(int fd, int way)
{
    if (way % 4 == 1) {
        half_close(fd);
        EXPECT_EOF(fd);
    } else if (way % 4 == 2 && is_a(TRAIT_BYTES)) {
        ROUND_TRIP(fd, "exit\r\n");
        EXPECT_EOF(fd);
    }
    if (way % 4 == 3)
        reset_connection(fd);
    else
        leave(fd);
}

/* Twenty at once, then the next twenty: stacks and memory come back as well as
 * descriptors, threads and children. One malloc arena (mallopt(3)): which ones
 * glibc makes for its threads is a matter of luck. */
static void two_hundred_leave_nothing(void)
{
    struct scene at =
        scene_open((struct server_spec){.env = {"MALLOC_ARENA_MAX=1"}});
    const int at_once = serves_one_at_a_time() ? 1 : 20;
    long memory = 0, space = 0, growth;
    int fds[20];

    for (int i = 0; i < 220; i += at_once) {
        for (int k = 0; k < at_once; k++)
            fds[k] = scene_dial(&at);
        for (int k = 0; k < at_once; k++)
            ROUND_TRIP(fds[k], "one of many\n");
        for (int k = 0; k < at_once; k++)
            leave_somehow(fds[k], i + k);
        scene_wait_left(&at);
        if (i < 20) { /* what is kept for reuse is kept by now */
            memory = server_memory_kib(at.s);
            space = proc_vm_kib(at.s->pid);
        }
    }
    growth = server_memory_kib(at.s) - memory;
    hint("a thread that is neither detached nor joined keeps its stack");
    if (growth > 1024 * memory_factor())
        CHECK_FAIL("200 clients have left %ld KiB behind", growth);
    growth = proc_vm_kib(at.s->pid) - space;
    if (growth > 4096 && !is_instrumented())
        CHECK_FAIL("200 clients have left %ld KiB of addresses", growth);
    WAIT_UNTIL(proc_zombies(at.s->pid) == 0);
    scene_close(&at);
}

/* Three places and five who want one: each who leaves, however, makes room. */
static void places_are_given_back(void)
{
    enum { ALL = 80, AT_ONCE = 5 };
    struct server *s = server_start((struct server_spec){.args = {"-m", "3"}});
    int fds[ALL];

    for (int i = 0; i < ALL + AT_ONCE; i++) {
        int oldest = i - AT_ONCE;

        if (i < ALL)
            fds[i] = dial(s);
        if (oldest < 0)
            continue;
        ROUND_TRIP(fds[oldest], "my turn\n");
        leave_somehow(fds[oldest], oldest);
    }
    server_stop(s, ALL);
}

/* With one place, each has to be gone before the next one comes in. Sixteen
 * are over in no time, or take 32 seconds where each is slept over for two. */
static void goodbyes_take_no_time(void)
{
    enum { CLIENTS = 16 };
    struct server *s = server_start((struct server_spec){.args = {"-m", "1"}});
    long long until = now_ms() + patience_ms();

    hint("sleep() before close() is a guess, and everybody waits for it");
    for (int i = 0; i < CLIENTS; i++) {
        int fd = dial(s);

        ROUND_TRIP(fd, "bye\n");
        EXPECT_EOF(fd);
        leave(fd);
        look_again(__FILE__, __LINE__, "sixteen goodbyes", until);
    }
    server_stop(s, CLIENTS);
}

/* ---- a crowd ---- */

static int scaled(int count, int instrumented)
{
    return is_instrumented() ? instrumented : count;
}

static void crowd_400(void)
{
    const int count = scaled(400, 50);
    struct server *s;
    struct crowd c;

    need_processes(count + 20);
    s = server_start(plain);
    c = crowd_dial(s, count);
    crowd_say(&c, 0, count);
    crowd_hear(&c, 0, count);
    CHECK_EQ(proc_children(s->pid), count);
    expect_no_cpu(s, 500, "with that many silent children");
    crowd_leave(&c, 0, count / 2);
    WAIT_UNTIL(proc_children(s->pid) == count - count / 2);
    crowd_say(&c, count / 2, count);
    crowd_hear(&c, count / 2, count);
    crowd_leave(&c, count / 2, count);
    WAIT_UNTIL(proc_children(s->pid) == 0);
    crowd_free(&c);
    server_stop(s, count);
}

/* Each with a stack of its own, small enough that 10,000 would fit. */
static void crowd_1500(void)
{
    const int count = scaled(1500, 200);
    struct server *s;
    struct crowd c;
    long space;

    need_processes(count + 20);
    s = server_start((struct server_spec){.env = {"MALLOC_ARENA_MAX=1"}});
    space = proc_vm_kib(s->pid);
    c = crowd_dial(s, count);
    crowd_say(&c, 0, count);
    crowd_hear(&c, 0, count);
    hint("8 MB of address space for each thread, by default");
    if (!is_instrumented() && proc_vm_kib(s->pid) - space > 256L * count)
        CHECK_FAIL("%ld KiB of addresses for %d threads",
                   proc_vm_kib(s->pid) - space, count);
    CHECK(proc_threads(s->pid) > count);
    expect_no_cpu(s, 500, "with that many silent threads");
    crowd_leave(&c, 0, count / 2);
    WAIT_UNTIL(proc_threads(s->pid) <= count - count / 2 + 2);
    crowd_say(&c, count / 2, count);
    crowd_hear(&c, count / 2, count);
    crowd_leave(&c, count / 2, count);
    WAIT_UNTIL(proc_threads(s->pid) <= 2); /* a sanitizer may have its own */
    crowd_free(&c);
    server_stop(s, count);
}

/* A descriptor of FD_SETSIZE or more must not get into a set: who does not
 * fit waits, and is served when somebody leaves. */
static void crowd_1100(void)
{
    enum { COUNT = 1100, FIT = 1000 };
    struct server *s = server_start(plain);
    struct crowd c = crowd_dial(s, COUNT);

    crowd_say(&c, 0, COUNT);
    hint("nothing beyond FD_SETSIZE, and nobody dropped");
    crowd_hear(&c, 0, FIT);
    WAIT_UNTIL(process_log_count(s->process, ": connected") +
                   server_backlog(s) ==
               COUNT);
    CHECK(proc_descriptors(s->pid) <= 1024);
    expect_no_cpu(s, 500, "while some wait for a place");
    EXPECT_SILENCE(c.fds[COUNT - 1]);
    crowd_say(&c, 0, FIT);
    crowd_hear(&c, 0, FIT);
    crowd_leave(&c, 0, FIT);
    crowd_hear(&c, FIT, COUNT);
    crowd_say(&c, FIT, COUNT);
    crowd_hear(&c, FIT, COUNT);
    crowd_leave(&c, FIT, COUNT);
    crowd_free(&c);
    server_stop(s, COUNT);
}

/* Those with even numbers leave: a list with a gap at every other place. */
static void leave_every_other(const struct crowd *c)
{
    for (int i = 0; i < c->count; i += 2)
        close(c->fds[i]);
    check_step("every other client has left");
}

static bool has_descriptors(const struct server *s, int count)
{
    return proc_descriptors(s->pid) == count;
}

static void crowd_10000(void)
{
    const int count = scaled(10000, 2000);
    struct server *s;
    long memory, each;
    struct crowd c;
    int before;

    need_descriptors((rlim_t)count + 200);
    s = server_start((struct server_spec){.args = {"-q"}});
    memory = server_memory_kib(s);
    before = proc_descriptors(s->pid);
    c = crowd_dial(s, count);
    crowd_say(&c, 0, count);
    crowd_hear(&c, 0, count);
    each = (server_memory_kib(s) - memory) * 1024 / count;
    hint("an idle client costs a struct, or a small stack, and nothing else");
    if (each > (is_a(TRAIT_IDLE_IS_A_STRUCT) ? 1 : 16) * 1024 * memory_factor())
        CHECK_FAIL("an idle client costs %ld bytes", each);
    expect_no_cpu(s, 500, "while nobody says anything");
    leave_every_other(&c);
    WAIT_UNTIL(has_descriptors(s, before + count / 2));
    for (int i = 1; i < count; i += 2)
        crowd_say(&c, i, i + 1);
    for (int i = 1; i < count; i += 2)
        crowd_hear(&c, i, i + 1);
    for (int i = 0; i < count; i += 2)
        c.fds[i] = dial(s);
    crowd_say(&c, 0, count);
    crowd_hear(&c, 0, count);
    crowd_leave(&c, 0, count);
    WAIT_UNTIL(has_descriptors(s, before));
    crowd_free(&c);
    server_stop(s, count + (count + 1) / 2);
}

const struct check_case many_cases[] = {
    CASE(burst_500, "load", 60, 0, ALSO_UNIX),
    CASE(two_hundred_leave_nothing, "fault", 60, TRAIT_BYTES, ALSO_UNIX),
    CASE(places_are_given_back, "fault", 60, 0, ALSO_UNIX),
    CASE(goodbyes_take_no_time, "fault", 60, TRAIT_BYTES),
    CASE(crowd_400, "load", 60, TRAIT_PROCESS_EACH),
    CASE(crowd_1500, "load", 60, TRAIT_THREAD_EACH),
    CASE(crowd_1100, "load", 60, TRAIT_SELECT),
    CASE(crowd_10000, "load", 60, TRAIT_ANY_DESCRIPTOR),
    {0},
};
