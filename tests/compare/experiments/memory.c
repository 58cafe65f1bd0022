/*
 * tests/compare/experiments/memory.c - what a client costs that is connected
 * and silent (2), and what ten thousand stacks cost (3).
 */
#include "experiments.h"

#include <math.h>

/* ---- memory: a client ---- */

/* Each time another server: memory that a process had once, it keeps. */
static void measure_memory(struct experiment *e, int clients)
{
    double values[MOST_ENTRANTS][MOST_ROUNDS];
    int counts[MOST_ENTRANTS] = {0};
    struct crew crew = {.count = 0};

    for (int round = 0; round < rounds_wanted() && !is_interrupted(); round++) {
        crew.count = 0;
        crew_add(e, &crew, TRAIT_CONCURRENT | ENTERED, NULL);
        for (int i = 0; i < crew.count && !is_interrupted(); i++) {
            double kib = kib_per_client(&crew.all[i], clients);

            if (!isnan(kib))
                values[i][counts[i]++] = kib;
        }
        crew_stop(&crew);
    }
    for (int i = 0; i < crew.count; i++)
        add_values(e, 'a', crew.all[i].name, clients, values[i], counts[i],
                   crew.all[i].dead ? crew.all[i].why
                   : counts[i] == 0 ? "it did not take them all in, or the "
                                      "kernel does not tell its memory"
                                    : "");
}

void experiment_memory(struct experiment *e)
{
    double fork, thread, loop;

    ADD_PICTURE(
        e, .title = "Memory for each silent client", .x_title = "clients",
        .y_title =
            "KiB for a client (PSS of anonymous pages, beyond those without)",
        .log_x = true, .log_y = true, .column = "KiB a client",
        .column_x = 1000);
    for (int clients = 10; clients <= 1000; clients *= 10)
        if (clients < most_clients())
            measure_memory(e, clients);
    note_crowd(e);
    fork = take_median(e, 'a', models.fork, 1000);
    thread = take_median(e, 'a', models.thread, 1000);
    loop = take_median(e, 'a', models.epoll, 1000);
    assert_kept(e, fork > thread && thread > loop,
                "at 1000 clients a process needs more than a thread, and a "
                "thread more than a place in an event loop");
    conclude(e, e->kept ? HOLDS : DOES_NOT_HOLD,
             "At 1000 silent clients one costs %.1f KiB as a process, %.1f KiB "
             "as a thread, %.2f KiB in the epoll loop. What the kernel keeps "
             "for each (page tables, kernel stacks, sockets) is not in it.",
             fork, thread, loop);
}

/* ---- stacks: ten thousand stacks ---- */

enum { STACKS = 10000 };
#define MIB (1024.0 * 1024)

static void measure_stacks(struct experiment *e, const struct entrant *server,
                           int clients, double stack_mib)
{
    double sum = stack_mib * clients, space, resident;
    struct process crowd;
    /* A descriptor is no thread yet: ask for those. */
    bool all = crowd_start(&crowd, server, clients) &&
               usage_of(&server->program).threads > clients;
    const char *note = all ? "" : "no thread for each client was to be had";

    space = (double)proc_vm_kib(server->program.pid) * 1024 / MIB;
    resident = (double)memory_of(&server->program).rss / MIB;
    all = all && resident > 0;
    program_stop(&crowd);
    add_values(e, 'a', server->name, 0, &sum, 1, "");
    add_values(e, 'a', server->name, 1, &space, all, note);
    add_values(e, 'a', server->name, 2, &resident, all, note);
}

static const char large[] = "2 MiB stacks";

static void conclude_stacks(struct experiment *e, int clients)
{
    double resident = take_median(e, 'a', large, 2);

    assert_kept(e, resident < take_median(e, 'a', large, 0) / 10,
                "threads that sit silent are resident with less than a tenth "
                "of their stacks");
    conclude(e, e->kept ? DOES_NOT_HOLD : HOLDS,
             "%d threads with stacks of 2 MiB took %.1f GiB of address space, "
             "and %.0f MiB of memory; %.2s, with stacks of 64 KiB, took %.2f "
             "GiB and %.0f MiB. A stack is memory only where it was touched.",
             clients, take_median(e, 'a', large, 1) / 1024, resident,
             models.thread, take_median(e, 'a', models.thread, 1) / 1024,
             take_median(e, 'a', models.thread, 2));
}

void experiment_stacks(struct experiment *e)
{
    int clients = most_clients() < STACKS ? most_clients() : STACKS;
    const char *argv[] = {PROGRAMS "/floor_thread", "127.0.0.1", "0", "2048",
                          NULL};
    struct crew crew = {.count = 0}, bare = {.count = 0};

    ADD_PICTURE(e, .shape = BARS, .title = "Threads and their stacks",
                .y_title = "MiB (logarithmic)", .log_y = true,
                .groups = "all stacks together|address space|resident");
    crew_add(e, &crew, TRAIT_THREAD_EACH, NULL);
    for (int i = 0; i < crew.count; i++)
        measure_stacks(e, &crew.all[i], clients, 64.0 / 1024);
    crew_stop(&crew);
    measure_stacks(e, crew_add_program(&bare, large, argv), clients, 2);
    crew_stop(&bare);
    note_crowd(e);
    experiment_add_command(
        e, "build/tests/compare/floor_thread 127.0.0.1 PORT 2048");
    conclude_stacks(e, clients);
}
