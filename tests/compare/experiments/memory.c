/*
 * tests/compare/experiments/memory.c - what a client costs that is connected
 * and silent (2), and what ten thousand stacks cost (3).
 */
#include "compare.h"

#include <math.h>
#include <stdio.h>

static void note_crowd(struct experiment *e)
{
    experiment_add_command(e, "build/tests/compare/load --idle N --clients 1 "
                              "--rate 1 --seconds 3600 PORT");
}

/* ---- 2: a client ------------------------------------------------------- */

/* KiB for each of so many silent clients beyond the size with none. */
static double kib_per_client(const struct entrant *server, int clients)
{
    struct memory before = memory_of(&server->program), after = {.anon = -1};
    struct program crowd;

    if (crowd_start(&crowd, server, clients))
        after = memory_of(&server->program);
    program_stop(&crowd);
    if (before.anon < 0 || after.anon < 0)
        return NAN;
    return (double)(after.anon - before.anon) / 1024 /
           (clients + 1); /* the crowd has one that talks */
}

/* Each time another server: memory that a process had once, it keeps. */
static void measure_memory(struct experiment *e, int kinds, int clients)
{
    double values[MOST_ENTRANTS][MOST_ROUNDS];
    int counts[MOST_ENTRANTS] = {0};
    struct entrant crew[MOST_ENTRANTS];
    int n = 0;

    for (int round = 0; round < rounds_wanted() && !is_interrupted(); round++) {
        n = crew_start(e, crew, kinds, NULL);
        for (int i = 0; i < n && !is_interrupted(); i++) {
            double kib = kib_per_client(&crew[i], clients);

            if (!isnan(kib))
                values[i][counts[i]++] = kib;
        }
        crew_stop(crew, n);
    }
    for (int i = 0; i < n; i++)
        add_values(e, 'a', crew[i].name, clients, values[i], counts[i],
                   crew[i].dead     ? crew[i].why
                   : counts[i] == 0 ? "it did not take them all in, or the "
                                      "kernel does not tell its memory"
                                    : "");
}

void experiment_memory(struct experiment *e)
{
    static const int counts[] = {10, 100, 1000};
    struct picture *p = add_picture(
        e, 'a', LINES, "Memory for each silent client", "clients",
        "KiB for a client (PSS of anonymous pages, beyond those without)");
    double fork, thread, loop;

    p->log_x = p->log_y = true;
    snprintf(p->column, sizeof(p->column), "KiB a client");
    p->column_x = 1000;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i] < most_clients())
            measure_memory(e, EVERYBODY & ~BLOCKING, counts[i]);
    note_crowd(e);
    fork = median_at(e, 'a', "02-fork", 1000);
    thread = median_at(e, 'a', "03-pthread", 1000);
    loop = median_at(e, 'a', "06-epoll", 1000);
    assert_kept(e, fork > thread && thread > loop,
                "at 1000 clients a process needs more than a thread, and a "
                "thread more than a place in an event loop");
    conclude(e, e->kept ? HOLDS : DOES_NOT_HOLD,
             "At 1000 silent clients one costs %.1f KiB as a process, %.1f KiB "
             "as a thread, %.2f KiB in the epoll loop. What the kernel keeps "
             "for each (page tables, kernel stacks, sockets) is not in it.",
             fork, thread, loop);
}

/* ---- 3: ten thousand stacks -------------------------------------------- */

enum { STACKS = 10000 };
#define MIB (1024.0 * 1024)

static void measure_stacks(struct experiment *e, const struct entrant *server,
                           int clients, double stack_mib)
{
    double sum = stack_mib * clients, space, resident;
    struct program crowd;
    /* A descriptor is no thread yet: ask for those. */
    bool all = crowd_start(&crowd, server, clients) &&
               usage_of(&server->program).threads > clients;
    const char *note = all ? "" : "no thread for each client was to be had";

    space = (double)address_space_of(&server->program) / MIB;
    resident = (double)memory_of(&server->program).rss / MIB;
    all = all && resident > 0;
    program_stop(&crowd);
    add_values(e, 'a', server->name, 0, &sum, 1, "");
    add_values(e, 'a', server->name, 1, &space, all, note);
    add_values(e, 'a', server->name, 2, &resident, all, note);
}

static void conclude_stacks(struct experiment *e, int clients)
{
    double resident = median_at(e, 'a', "2 MiB stacks", 2);

    assert_kept(e, resident < median_at(e, 'a', "2 MiB stacks", 0) / 10,
                "threads that sit silent are resident with less than a tenth "
                "of their stacks");
    conclude(e, e->kept ? DOES_NOT_HOLD : HOLDS,
             "%d threads with stacks of 2 MiB took %.1f GiB of address space, "
             "and %.0f MiB of memory; 03, with stacks of 64 KiB, took %.2f GiB "
             "and %.0f MiB. A stack is memory only where it was touched.",
             clients, median_at(e, 'a', "2 MiB stacks", 1) / 1024, resident,
             median_at(e, 'a', "03-pthread", 1) / 1024,
             median_at(e, 'a', "03-pthread", 2));
}

void experiment_stacks(struct experiment *e)
{
    int clients = most_clients() < STACKS ? most_clients() : STACKS;
    const char *argv[] = {beside("floor_thread"), "127.0.0.1", "0", "2048",
                          NULL};
    struct entrant crew[MOST_ENTRANTS], floor;
    struct picture *p;
    int count;

    p = add_picture(e, 'a', BARS, "Threads and their stacks", "",
                    "MiB (logarithmic)");
    p->log_y = true;
    snprintf(p->groups, sizeof(p->groups),
             "all stacks together|address space|resident");
    count = crew_start(e, crew, THREADS, NULL);
    for (int i = 0; i < count; i++)
        measure_stacks(e, &crew[i], clients, 64.0 / 1024);
    crew_stop(crew, count);
    entrant_start(&floor, "2 MiB stacks", argv);
    measure_stacks(e, &floor, clients, 2);
    crew_stop(&floor, 1);
    experiment_add_command(
        e, "build/tests/compare/floor_thread 127.0.0.1 PORT 2048");
    note_crowd(e);
    conclude_stacks(e, clients);
}
