/*
 * tests/compare/experiments/load.c - how many messages, and what one costs:
 * among silent clients (5), when all are busy (6), with a connection for each
 * (7), over a Unix socket (9), with more and more clients (14).
 */
#include "compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The figures of the one over those of the other. */
static double times(const struct experiment *e, char picture, const char *more,
                    const char *less, double x)
{
    return median_at(e, picture, more, x) / median_at(e, picture, less, x);
}

/* ---- 5: among silent clients ------------------------------------------- */

/* How many this model can hold at all, for what is to be seen here. */
static int most_silent(const struct entrant *entrant)
{
    if (strncmp(entrant->name, "04", 2) == 0)
        return 900;
    if (strncmp(entrant->name, "03", 2) == 0)
        return 1000;
    return most_clients();
}

static void measure_among(struct experiment *e, struct entrant *crew, int count,
                          int silent)
{
    static struct cell cells[MOST_CELLS];
    struct program crowds[MOST_ENTRANTS];
    int n = 0;

    for (int i = 0; i < count; i++) {
        crowds[i] = (struct program){.pid = 0};
        if (silent > most_silent(&crew[i]))
            continue;
        if (silent == 0 || crowd_start(&crowds[i], &crew[i], silent))
            cell_add(cells, &n, &crew[i], silent, "--clients 10");
        else
            add_values(e, 'a', crew[i].name, silent, NULL, 0,
                       crew[i].dead ? crew[i].why
                                    : "it did not take them all in");
    }
    measure_cells(e, cells, n);
    add_figures(e, 'a', cells, n, CPU_US);
    add_figures(e, 'b', cells, n, PER_SECOND);
    for (int i = 0; i < count; i++)
        program_stop(&crowds[i]);
}

static void draw_silent(struct experiment *e)
{
    add_picture(e, 'a', LINES, "What a message costs among silent clients",
                "silent clients", "microseconds of CPU for a message");
    add_picture(e, 'b', LINES, "How many messages are answered",
                "silent clients", "messages a second");
    for (int i = 0; i < 2; i++)
        e->pictures[i].log_x = e->pictures[i].log_y = true;
    snprintf(e->pictures[0].column, NAME_SIZE, "us, 1000 silent");
    e->pictures[0].column_x = 1000;
}

enum { MOST_SILENT = 10000 };

static void conclude_silent(struct experiment *e)
{
    double ratio = times(e, 'a', "05-poll", "06-epoll", MOST_SILENT);
    double flat = median_at(e, 'a', "06-epoll", MOST_SILENT) /
                  median_at(e, 'a', "06-epoll", 0);

    assert_kept(e, ratio >= 5,
                "at 10,000 silent clients a message costs poll at least 5 "
                "times what it costs epoll");
    conclude(e,
             ratio < 5    ? DOES_NOT_HOLD
             : flat < 1.5 ? HOLDS
                          : HOLDS_BUT,
             "At 10,000 silent clients a message costs poll %.0f times the CPU "
             "time that it costs epoll; at 900, select %.1f times. epoll pays "
             "%.1f us when nobody is silent, and %.1f us at 10,000.",
             ratio, times(e, 'a', "04-select", "06-epoll", 900),
             median_at(e, 'a', "06-epoll", 0),
             median_at(e, 'a', "06-epoll", MOST_SILENT));
}

void experiment_silent(struct experiment *e)
{
    static const int counts[] = {0, 100, 900, 1000, MOST_SILENT};
    struct entrant crew[MOST_ENTRANTS];
    int count = crew_start(e, crew, LOOPS | FRAMES | THREADS | FOREIGN, NULL);

    draw_silent(e);
    experiment_add_command(e, "build/tests/compare/load --idle N --clients 1 "
                              "--rate 1 --seconds 3600 PORT");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i] <= most_clients())
            measure_among(e, crew, count, counts[i]);
    crew_stop(crew, count);
    conclude_silent(e);
}

/* ---- 6: all are busy --------------------------------------------------- */

static const double busy_counts[] = {10, 100, 900};

/* At how many of these counts does a message cost the one more? */
static int times_above(const struct experiment *e, const char *more,
                       const char *less)
{
    int count = 0;

    for (int i = 0; i < 3; i++)
        count += is_above(e, 'a', more, less, busy_counts[i]);
    return count;
}

static void conclude_busy(struct experiment *e)
{
    int cheaper = times_above(e, "04-select", "06-epoll") +
                  times_above(e, "05-poll", "06-epoll");
    int dearer = times_above(e, "06-epoll", "04-select") +
                 times_above(e, "06-epoll", "05-poll");

    conclude(e,
             cheaper == 6  ? HOLDS
             : dearer >= 2 ? DOES_NOT_HOLD
             : cheaper > 0 ? HOLDS_BUT
                           : NO_DIFFERENCE,
             "epoll's cost is 1. At 10, 100 and 900 busy clients select costs "
             "%.2f, %.2f, %.2f and poll %.2f, %.2f, %.2f.",
             times(e, 'a', "04-select", "06-epoll", 10),
             times(e, 'a', "04-select", "06-epoll", 100),
             times(e, 'a', "04-select", "06-epoll", 900),
             times(e, 'a', "05-poll", "06-epoll", 10),
             times(e, 'a', "05-poll", "06-epoll", 100),
             times(e, 'a', "05-poll", "06-epoll", 900));
}

void experiment_busy(struct experiment *e)
{
    static struct cell cells[MOST_CELLS];
    struct entrant crew[MOST_ENTRANTS];
    int count = crew_start(e, crew, LOOPS | FOREIGN, NULL);
    int n = 0;

    add_picture(e, 'a', LINES, "What a message costs when all clients talk",
                "clients, all busy", "microseconds of CPU for a message")
        ->log_x = true;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < count; i++) {
            char options[40];

            snprintf(options, sizeof(options), "--clients %.0f",
                     busy_counts[c]);
            if (busy_counts[c] < most_clients())
                cell_add(cells, &n, &crew[i], busy_counts[c], options);
        }
    measure_cells(e, cells, n);
    crew_stop(crew, count);
    add_figures(e, 'a', cells, n, CPU_US);
    conclude_busy(e);
}

/* ---- 7: a connection for each message ---------------------------------- */

static void conclude_churn(struct experiment *e)
{
    static const char *const loops[] = {"04-select", "05-poll", "06-epoll"};
    bool ahead = true;

    for (int i = 0; i < 3; i++)
        ahead = ahead && median_at(e, 'a', loops[i], 0) >
                             median_at(e, 'a', "02-fork", 0);
    assert_kept(e, ahead,
                "event loops take in more connections a second than a server "
                "that forks for each");
    conclude(e,
             !is_above(e, 'a', "06-epoll", "02-fork", 0)     ? DOES_NOT_HOLD
             : is_above(e, 'a', "06-epoll", "03-pthread", 0) ? HOLDS
                                                             : HOLDS_BUT,
             "A process for each connection: %.0f a second; a thread: %.0f; "
             "the epoll loop: %.0f, %.1f and %.1f times as many; and 01, which "
             "does nothing but accept and serve: %.0f.",
             median_at(e, 'a', "02-fork", 0),
             median_at(e, 'a', "03-pthread", 0),
             median_at(e, 'a', "06-epoll", 0),
             times(e, 'a', "06-epoll", "02-fork", 0),
             times(e, 'a', "06-epoll", "03-pthread", 0),
             median_at(e, 'a', "01-blocking", 0));
}

void experiment_churn(struct experiment *e)
{
    static struct cell cells[MOST_CELLS];
    struct entrant crew[MOST_ENTRANTS];
    int count = crew_start(e, crew, EVERYBODY, NULL);
    struct picture *p;
    int n = 0;

    p = add_picture(e, 'a', BARS, "Connect, one message, close", "",
                    "connections a second");
    snprintf(p->column, sizeof(p->column), "connects a second");
    for (int i = 0; i < count; i++)
        cell_add(cells, &n, &crew[i], 0, "--churn --clients 10");
    measure_cells(e, cells, n);
    crew_stop(crew, count);
    add_figures(e, 'a', cells, n, PER_SECOND);
    conclude_churn(e);
}

/* ---- 9: Unix sockets --------------------------------------------------- */

enum { OVER_TCP, OVER_UNIX }; /* x of the pictures */

static void conclude_unix(struct experiment *e, const struct entrant *crew,
                          int count)
{
    double least = INFINITY, most = -INFINITY;
    int cheaper = 0, dearer = 0;

    for (int i = 0; i < count; i++) {
        const struct figure *tcp = figure_of(e, 'b', crew[i].name, OVER_TCP);
        const struct figure *local = figure_of(e, 'b', crew[i].name, OVER_UNIX);

        least = fmin(least, tcp->median / local->median);
        most = fmax(most, tcp->median / local->median);
        cheaper += is_figure_above(tcp, local);
        dearer += is_figure_above(local, tcp);
    }
    conclude(e,
             cheaper == count ? HOLDS
             : cheaper > 0    ? HOLDS_BUT
             : dearer > 0     ? DOES_NOT_HOLD
                              : NO_DIFFERENCE,
             "By CPU time a message over TCP costs %.2f to %.2f times what it "
             "costs over a Unix socket, by model.",
             least, most);
}

static void draw_unix(struct experiment *e)
{
    static const char groups[] = "TCP over loopback|Unix socket";
    struct picture *p;

    p = add_picture(e, 'a', BARS, "The same load over both", "",
                    "messages a second");
    snprintf(p->groups, sizeof(p->groups), groups);
    p = add_picture(e, 'b', BARS, "What a message costs over both", "",
                    "microseconds of CPU for a message");
    snprintf(p->groups, sizeof(p->groups), groups);
}

/* A server that is killed, by Ctrl-C, leaves its socket. */
static void remove_sockets(const char *folder, const struct entrant *crew,
                           int count)
{
    char path[ADDRESS_TEXT + NAME_SIZE];

    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%.*s", folder, NAME_SIZE,
                 crew[i].name);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

void experiment_unix(struct experiment *e)
{
    static struct cell cells[MOST_CELLS];
    struct entrant tcp[MOST_ENTRANTS], local[MOST_ENTRANTS];
    char folder[] = "/tmp/seven-compare-XXXXXX", address[64];
    const char *options[] = {"--bind", address, NULL};
    int count, n = 0;

    if (mkdtemp(folder) == NULL) {
        conclude(e, SKIPPED, "There is no place for a socket in /tmp.");
        return;
    }
    snprintf(address, sizeof(address), "unix:%s/%%", folder);
    count = crew_start(e, tcp, OURS & ~BLOCKING, NULL);
    (void)crew_start(e, local, OURS & ~BLOCKING, options);
    for (int i = 0; i < count; i++) {
        cell_add(cells, &n, &tcp[i], OVER_TCP, "--clients 50");
        cell_add(cells, &n, &local[i], OVER_UNIX, "--clients 50");
    }
    measure_cells(e, cells, n);
    crew_stop(tcp, count);
    crew_stop(local, count);
    remove_sockets(folder, local, count);
    draw_unix(e);
    add_figures(e, 'a', cells, n, PER_SECOND);
    add_figures(e, 'b', cells, n, CPU_US);
    conclude_unix(e, tcp, count);
}

/* ---- 14: more and more clients ----------------------------------------- */

static void draw_clients(struct experiment *e)
{
    struct picture *p;

    p = add_picture(e, 'a', LINES, "Messages a second against clients",
                    "clients, all busy", "messages a second");
    p->log_x = true;
    snprintf(p->column, sizeof(p->column), "messages a second");
    p->column_x = 100;
    p = add_picture(e, 'b', LINES, "What a message costs against clients",
                    "clients, all busy", "microseconds of CPU for a message");
    p->log_x = true;
    snprintf(p->column, sizeof(p->column), "us, 100 busy");
    p->column_x = 100;
    p = add_picture(e, 'c', BARS,
                    "Where the CPU time goes, 100 clients (in ticks)", "",
                    "microseconds of CPU for a message");
    snprintf(p->groups, sizeof(p->groups), "user|system");
    p = add_picture(e, 'd', BARS, "Context switches, 100 clients", "",
                    "switches of the server for a message");
    snprintf(p->groups, sizeof(p->groups),
             "voluntary: it waits|involuntary: it has to give way");
    p = add_picture(e, 'e', BARS, "What serves 100 clients", "",
                    "processes and threads");
    snprintf(p->groups, sizeof(p->groups), "processes|threads of all of them");
    add_picture(e, 'f', BARS, "Bulk: 10 clients, messages of 16 KiB", "",
                "messages a second");
}

static bool is_too_many(const struct entrant *entrant, int clients)
{
    static const struct {
        const char *prefix;
        int most;
    } limits[] = {{"01", 1}, {"02", 1000}, {"03", 10000}, {"04", 1000}};

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (strncmp(entrant->name, limits[i].prefix, 2) == 0)
            return clients > limits[i].most;
    return false;
}

static void measure_clients(struct experiment *e, struct entrant *crew,
                            int count, struct cell *cells, int *n)
{
    static const int counts[] = {1, 10, 100, 1000, 10000};

    for (int c = 0; c < (wishes.full ? 5 : 4); c++)
        for (int i = 0; i < count; i++) {
            char options[64];

            snprintf(options, sizeof(options), "--patience 30 --clients %d",
                     counts[c]);
            if (counts[c] < most_clients() && !is_too_many(&crew[i], counts[c]))
                cell_add(cells, n, &crew[i], counts[c], options);
        }
    measure_cells(e, cells, *n);
}

static void add_beside(struct experiment *e, const struct cell *cells, int n)
{
    static const struct {
        char picture;
        enum metric first, second;
    } pairs[] = {{'c', USER_US, SYSTEM_US},
                 {'d', VOLUNTARY, INVOLUNTARY},
                 {'e', PROCESSES, THREADS_OF_ALL}};

    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3 && cells[i].x == 100; k++) {
            add_figures_at(e, pairs[k].picture, &cells[i], 1, pairs[k].first,
                           0);
            add_figures_at(e, pairs[k].picture, &cells[i], 1, pairs[k].second,
                           1);
        }
}

static void conclude_clients(struct experiment *e)
{
    bool above = is_above(e, 'b', "03-pthread", "06-epoll", 1000) &&
                 is_above(e, 'b', "02-fork", "06-epoll", 1000);
    bool below = is_above(e, 'b', "06-epoll", "03-pthread", 1000) ||
                 is_above(e, 'b', "06-epoll", "02-fork", 1000);

    conclude(e,
             above   ? HOLDS
             : below ? DOES_NOT_HOLD
                     : NO_DIFFERENCE,
             "At 10, 100 and 1000 clients a message costs a thread for each "
             "%.1f, %.1f, %.1f times the CPU time that it costs the epoll "
             "loop, and a process for each %.1f, %.1f, %.1f times. One client "
             "alone is dear for all: after each message there is nothing to "
             "do but to go to sleep.",
             times(e, 'b', "03-pthread", "06-epoll", 10),
             times(e, 'b', "03-pthread", "06-epoll", 100),
             times(e, 'b', "03-pthread", "06-epoll", 1000),
             times(e, 'b', "02-fork", "06-epoll", 10),
             times(e, 'b', "02-fork", "06-epoll", 100),
             times(e, 'b', "02-fork", "06-epoll", 1000));
}

void experiment_clients(struct experiment *e)
{
    static struct cell cells[MOST_CELLS], bulk[MOST_CELLS];
    struct entrant crew[MOST_ENTRANTS];
    int count = crew_start(e, crew, EVERYBODY, NULL);
    int n = 0, n_bulk = 0;

    draw_clients(e);
    measure_clients(e, crew, count, cells, &n);
    for (int i = 0; i < count; i++)
        if (!is_too_many(&crew[i], 10))
            cell_add(bulk, &n_bulk, &crew[i], 0, "--clients 10 --size 16384");
    measure_cells(e, bulk, n_bulk);
    crew_stop(crew, count);
    add_figures(e, 'a', cells, n, PER_SECOND);
    add_figures(e, 'b', cells, n, CPU_US);
    add_beside(e, cells, n);
    add_figures(e, 'f', bulk, n_bulk, PER_SECOND);
    conclude_clients(e);
}
