/*
 * tests/compare/experiments/messages.c - how many messages, and what one costs:
 * among silent clients (5), when all are busy (6), with a connection for each
 * (7), over a Unix socket (9), with more and more clients (14).
 */
#include "experiments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- silent: among silent clients ---- */

static void measure_among(struct experiment *e, struct crew *crew, int silent)
{
    static struct cells cells;
    struct process crowds[MOST_ENTRANTS] = {{.pid = 0}};

    cells.count = 0;
    for (int i = 0; i < crew->count; i++) {
        struct entrant *s = &crew->all[i];

        if (silent > most_for(s))
            continue;
        if (silent == 0 || crowd_start(&crowds[i], s, silent))
            cell_add(&cells, s, silent, "--clients 10");
        else
            add_values(e, 'a', s->name, silent, NULL, 0,
                       s->dead ? s->why : "it did not take them all in");
    }
    measure_cells(e, &cells);
    add_figures(e, 'a', &cells, CPU_US);
    add_figures(e, 'b', &cells, PER_SECOND);
    for (int i = 0; i < crew->count; i++)
        program_stop(&crowds[i]);
}

enum { MOST_SILENT = 10000 };

static void conclude_silent(struct experiment *e)
{
    double ratio = take_ratio(e, 'a', models.poll, models.epoll, MOST_SILENT);
    double alone = take_median(e, 'a', models.epoll, 0);
    double among = take_median(e, 'a', models.epoll, MOST_SILENT);

    assert_kept(e, ratio >= 5,
                "at 10,000 silent clients a message costs poll at least 5 "
                "times what it costs epoll");
    conclude(e,
             ratio < 5             ? DOES_NOT_HOLD
             : among / alone < 1.5 ? HOLDS
                                   : HOLDS_BUT,
             "At 10,000 silent clients a message costs poll %.0f times the CPU "
             "time that it costs epoll; at 900, select %.1f times. epoll pays "
             "%.1f us when nobody is silent, and %.1f us at 10,000.",
             ratio, take_ratio(e, 'a', models.select, models.epoll, 900), alone,
             among);
}

void experiment_silent(struct experiment *e)
{
    static const int counts[] = {0, 100, 900, 1000, MOST_SILENT};
    struct crew crew = {.count = 0};

    ADD_PICTURE(e, .title = "What a message costs among silent clients",
                .x_title = "silent clients", .y_title = CPU_TITLE,
                .log_x = true, .log_y = true, .column = "us, 1000 silent",
                .column_x = 1000);
    ADD_PICTURE(e, .title = "How many messages are answered",
                .x_title = "silent clients", .y_title = "messages a second",
                .log_x = true, .log_y = true);
    crew_add(e, &crew, TRAIT_LOOP, NULL);
    crew_add(e, &crew, TRAIT_THREAD_EACH | ENTERED, NULL);
    note_crowd(e);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        measure_among(e, &crew, counts[i]);
    crew_stop(&crew);
    conclude_silent(e);
}

/* ---- busy: all are busy ---- */

static const int busy_counts[] = {10, 100, 900};
enum { BUSY_COUNTS = sizeof(busy_counts) / sizeof(busy_counts[0]) };

/* At how many of these counts does a message cost the one more? */
static int times_above(const struct experiment *e, const char *more,
                       const char *less)
{
    int count = 0;

    for (int i = 0; i < BUSY_COUNTS; i++)
        count += is_above(e, 'a', more, less, busy_counts[i]);
    return count;
}

static void conclude_busy(struct experiment *e)
{
    const char *const others[] = {models.select, models.poll};
    double costs[2][BUSY_COUNTS];
    int cheaper = 0, dearer = 0;

    for (int i = 0; i < 2; i++) {
        cheaper += times_above(e, others[i], models.epoll);
        dearer += times_above(e, models.epoll, others[i]);
        for (int k = 0; k < BUSY_COUNTS; k++)
            costs[i][k] =
                take_ratio(e, 'a', others[i], models.epoll, busy_counts[k]);
    }
    conclude(e,
             cheaper == 6  ? HOLDS
             : dearer >= 2 ? DOES_NOT_HOLD
             : cheaper > 0 ? HOLDS_BUT
                           : NO_DIFFERENCE,
             "epoll's cost is 1. At 10, 100 and 900 busy clients select costs "
             "%.2f, %.2f, %.2f and poll %.2f, %.2f, %.2f.",
             costs[0][0], costs[0][1], costs[0][2], costs[1][0], costs[1][1],
             costs[1][2]);
}

void experiment_busy(struct experiment *e)
{
    static struct cells cells;
    struct crew crew = {.count = 0};

    ADD_PICTURE(e, .title = "What a message costs when all clients talk",
                .x_title = "clients, all busy", .y_title = CPU_TITLE,
                .log_x = true);
    crew_add(e, &crew, TRAIT_LOOP | TRAIT_BYTES | ENTERED, NULL);
    for (int i = 0; i < BUSY_COUNTS; i++)
        cells_add_clients(&cells, &crew, busy_counts[i]);
    measure_cells(e, &cells);
    crew_stop(&crew);
    add_figures(e, 'a', &cells, CPU_US);
    conclude_busy(e);
}

/* ---- churn: a connection for each message ---- */

static void conclude_churn(struct experiment *e)
{
    const char *const loops[] = {models.select, models.poll, models.epoll};
    double fork = take_median(e, 'a', models.fork, 0);
    bool ahead = true;

    /* Rounds that another program disturbed say nothing against it. */
    for (int i = 0; i < 3; i++)
        if (is_above(e, 'a', models.fork, loops[i], 0))
            ahead = false;
    assert_kept(e, ahead,
                "event loops take in more connections a second than a server "
                "that forks for each");
    conclude(e,
             !is_above(e, 'a', models.epoll, models.fork, 0)    ? DOES_NOT_HOLD
             : is_above(e, 'a', models.epoll, models.thread, 0) ? HOLDS
                                                                : HOLDS_BUT,
             "A process for each connection: %.0f a second; a thread: %.0f; "
             "the epoll loop: %.0f, %.1f and %.1f times as many; and %.2s, "
             "which does nothing but accept and serve: %.0f.",
             fork, take_median(e, 'a', models.thread, 0),
             take_median(e, 'a', models.epoll, 0),
             take_ratio(e, 'a', models.epoll, models.fork, 0),
             take_ratio(e, 'a', models.epoll, models.thread, 0),
             models.blocking, take_median(e, 'a', models.blocking, 0));
}

void experiment_churn(struct experiment *e)
{
    static struct cells cells;
    struct crew crew = {.count = 0};

    ADD_PICTURE(e, .shape = BARS, .title = "Connect, one message, close",
                .y_title = "connections a second",
                .column = "connects a second");
    crew_add(e, &crew, ENTERED, NULL);
    cells_add_crew(&cells, &crew, 0, "--churn --clients 10");
    measure_cells(e, &cells);
    crew_stop(&crew);
    add_figures(e, 'a', &cells, PER_SECOND);
    conclude_churn(e);
}

/* ---- unix: Unix sockets ---- */

enum { OVER_TCP, OVER_UNIX }; /* x of the pictures */

static void conclude_unix(struct experiment *e, const struct crew *crew)
{
    double least = INFINITY, most = -INFINITY;
    int cheaper = 0, dearer = 0;

    for (int i = 0; i < crew->count; i++) {
        const char *name = crew->all[i].name;
        double times = take_median(e, 'b', name, OVER_TCP) /
                       take_median(e, 'b', name, OVER_UNIX);
        const struct figure *tcp = figure_of(e, 'b', name, OVER_TCP);
        const struct figure *local = figure_of(e, 'b', name, OVER_UNIX);

        least = fmin(least, times);
        most = fmax(most, times);
        cheaper += is_figure_above(tcp, local);
        dearer += is_figure_above(local, tcp);
    }
    conclude(e,
             cheaper == crew->count ? HOLDS
             : cheaper > 0          ? HOLDS_BUT
             : dearer > 0           ? DOES_NOT_HOLD
                                    : NO_DIFFERENCE,
             "By CPU time a message over TCP costs %.2f to %.2f times what it "
             "costs over a Unix socket, by model.",
             least, most);
}

void experiment_unix(struct experiment *e)
{
    static struct cells cells;
    struct crew tcp = {.count = 0}, local = {.count = 0};
    char folder[] = "/tmp/seven-compare-XXXXXX", address[64];
    char paths[MOST_ENTRANTS][ADDRESS_TEXT];
    const char *options[] = {"--bind", address, NULL};

    if (mkdtemp(folder) == NULL) {
        conclude(e, SKIPPED, "There is no place for a socket in /tmp.");
        return;
    }
    snprintf(address, sizeof(address), "unix:%s/%%", folder);
    crew_add(e, &tcp, TRAIT_CONCURRENT, NULL);
    crew_add(e, &local, TRAIT_CONCURRENT, options);
    for (int i = 0; i < tcp.count; i++) {
        cell_add(&cells, &tcp.all[i], OVER_TCP, "--clients 50");
        cell_add(&cells, &local.all[i], OVER_UNIX, "--clients 50");
        strcpy(paths[i], local.all[i].program.address);
    }
    measure_cells(e, &cells);
    crew_stop(&tcp);
    crew_stop(&local);
    for (int i = 0; i < local.count; i++) /* killed, by Ctrl-C, they leave it */
        if (strncmp(paths[i], "unix:", 5) == 0)
            (void)unlink(paths[i] + 5);
    (void)rmdir(folder);
    ADD_PICTURE(e, .shape = BARS, .title = "The same load over both",
                .y_title = "messages a second",
                .groups = "TCP over loopback|Unix socket");
    ADD_PICTURE(e, .shape = BARS, .title = "What a message costs over both",
                .y_title = CPU_TITLE,
                .groups = "TCP over loopback|Unix socket");
    add_figures(e, 'a', &cells, PER_SECOND);
    add_figures(e, 'b', &cells, CPU_US);
    conclude_unix(e, &tcp);
}

/* ---- clients: more and more clients ---- */

enum { BESIDE = 100 }; /* clients of the pictures with two groups */

/* Two figures of each, side by side. */
static void draw_beside(struct experiment *e, const struct cells *cells,
                        struct picture *p, enum metric first,
                        enum metric second)
{
    for (int i = 0; i < cells->count; i++)
        if (cells->all[i].x == BESIDE) {
            add_figure_at(e, p->letter, &cells->all[i], first, 0);
            add_figure_at(e, p->letter, &cells->all[i], second, 1);
        }
}

static void draw_clients(struct experiment *e, const struct cells *cells,
                         const struct cells *bulk)
{
    struct picture *p;

    ADD_PICTURE(e, .title = "Messages a second against clients",
                .x_title = "clients, all busy", .y_title = "messages a second",
                .log_x = true, .column = "messages a second", .column_x = 100);
    ADD_PICTURE(e, .title = "What a message costs against clients",
                .x_title = "clients, all busy", .y_title = CPU_TITLE,
                .log_x = true, .column = "us, 100 busy", .column_x = 100);
    add_figures(e, 'a', cells, PER_SECOND);
    add_figures(e, 'b', cells, CPU_US);
    p = ADD_PICTURE(e, .shape = BARS,
                    .title = "Where the CPU time goes, 100 clients (in ticks)",
                    .y_title = CPU_TITLE, .groups = "user|system");
    draw_beside(e, cells, p, USER_US, SYSTEM_US);
    p = ADD_PICTURE(e, .shape = BARS, .title = "Context switches, 100 clients",
                    .y_title = "switches of the server for a message",
                    .groups =
                        "voluntary: it waits|involuntary: it has to give way");
    draw_beside(e, cells, p, VOLUNTARY, INVOLUNTARY);
    p = ADD_PICTURE(e, .shape = BARS, .title = "What serves 100 clients",
                    .y_title = "processes and threads",
                    .groups = "processes|threads of all of them");
    draw_beside(e, cells, p, PROCESSES, THREADS_OF_ALL);
    ADD_PICTURE(e, .shape = BARS,
                .title = "Bulk: 10 clients, messages of 16 KiB",
                .y_title = "messages a second");
    add_figures(e, 'f', bulk, PER_SECOND);
}

static void conclude_clients(struct experiment *e)
{
    static const int counts[] = {10, 100, 1000};
    const char *const dearer[] = {models.thread, models.fork};
    double costs[2][3];
    int above = 0, below = 0;

    for (int i = 0; i < 2; i++) {
        above += is_above(e, 'b', dearer[i], models.epoll, 1000);
        below += is_above(e, 'b', models.epoll, dearer[i], 1000);
        for (int k = 0; k < 3; k++)
            costs[i][k] =
                take_ratio(e, 'b', dearer[i], models.epoll, counts[k]);
    }
    conclude(e,
             above == 2  ? HOLDS
             : below > 0 ? DOES_NOT_HOLD
                         : NO_DIFFERENCE,
             "At 10, 100 and 1000 clients a message costs a thread for each "
             "%.1f, %.1f, %.1f times the CPU time that it costs the epoll "
             "loop, and a process for each %.1f, %.1f, %.1f times. One client "
             "alone is dear for all: after each message there is nothing to "
             "do but to go to sleep.",
             costs[0][0], costs[0][1], costs[0][2], costs[1][0], costs[1][1],
             costs[1][2]);
}

void experiment_clients(struct experiment *e)
{
    static struct cells cells, bulk;
    struct crew crew = {.count = 0};

    crew_add(e, &crew, ENTERED, NULL);
    for (int clients = 1; clients <= (wishes.full ? 10000 : 1000);
         clients *= 10)
        cells_add_clients(&cells, &crew, clients);
    measure_cells(e, &cells);
    for (int i = 0; i < crew.count; i++)
        if (most_for(&crew.all[i]) >= 10)
            cell_add(&bulk, &crew.all[i], 0, "--clients 10 --size 16384");
    measure_cells(e, &bulk);
    crew_stop(&crew);
    draw_clients(e, &cells, &bulk);
    conclude_clients(e);
}
