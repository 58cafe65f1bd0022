/*
 * tests/compare/experiment_load.c - how many messages, and what one costs:
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

void experiment_silent(struct experiment *e)
{
    static const int counts[] = {0, 100, 900, 1000, 10000};
    struct entrant crew[MOST_ENTRANTS];
    int count = crew_start(crew, LOOPS | FRAMES | THREADS | FOREIGN, NULL);
    int most = 0;
    double ratio, flat;

    add_picture(e, 'a', LINES, "What a message costs among silent clients",
                "silent clients", "microseconds of CPU for a message");
    add_picture(e, 'b', LINES, "How many messages are answered",
                "silent clients", "messages a second");
    for (int i = 0; i < 2; i++)
        e->pictures[i].log_x = e->pictures[i].log_y = true;
    snprintf(e->pictures[0].column, NAME_SIZE, "us, 1000 silent");
    e->pictures[0].column_x = 1000;
    experiment_add_command(e, "build/tests/compare/load --idle N --clients 1 "
                              "--rate 1 --seconds 3600 PORT");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i] <= most_clients()) {
            measure_among(e, crew, count, counts[i]);
            most = counts[i];
        }
    crew_stop(crew, count);
    ratio = times(e, 'a', "05-poll", "06-epoll", most);
    flat =
        median_at(e, 'a', "06-epoll", most) / median_at(e, 'a', "06-epoll", 0);
    if (most < 10000) {
        conclude(e, SKIPPED,
                 "10,000 silent clients need more descriptors than a process "
                 "may have here (ulimit -Hn): at %d poll costs %.1f times "
                 "what epoll does.",
                 most, ratio);
        return;
    }
    assert_kept(e, ratio >= 5,
                "at 10,000 silent clients a message costs poll at least 5 "
                "times what it costs epoll");
    conclude(e,
             !e->kept     ? DOES_NOT_HOLD
             : flat < 1.5 ? HOLDS
                          : HOLDS_BUT,
             "At 10,000 silent clients a message costs poll %.0f times the CPU "
             "time that it costs epoll; at 900, select %.1f times. epoll "
             "itself pays %.2f times what it pays when nobody is silent.",
             ratio, times(e, 'a', "04-select", "06-epoll", 900), flat);
}

/* ---- 6: all are busy --------------------------------------------------- */

void experiment_busy(struct experiment *e)
{
    static const double counts[] = {10, 100, 900};
    static struct cell cells[MOST_CELLS];
    struct entrant crew[MOST_ENTRANTS];
    int count = crew_start(crew, LOOPS | FOREIGN, NULL);
    int n = 0;
    bool slower = false, faster = true;

    add_picture(e, 'a', LINES, "What a message costs when all clients talk",
                "clients, all busy", "microseconds of CPU for a message")
        ->log_x = true;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < count; i++) {
            char options[40];

            snprintf(options, sizeof(options), "--clients %.0f", counts[c]);
            cell_add(cells, &n, &crew[i], counts[c], options);
        }
    measure_cells(e, cells, n);
    crew_stop(crew, count);
    add_figures(e, 'a', cells, n, CPU_US);
    for (int c = 0; c < 3; c++) {
        slower = slower || is_above(e, 'a', "06-epoll", "05-poll", counts[c]) ||
                 is_above(e, 'a', "06-epoll", "04-select", counts[c]);
        faster = faster && is_above(e, 'a', "05-poll", "06-epoll", counts[c]) &&
                 is_above(e, 'a', "04-select", "06-epoll", counts[c]);
    }
    conclude(e,
             faster   ? HOLDS
             : slower ? DOES_NOT_HOLD
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

/* ---- 7: a connection for each message ---------------------------------- */

void experiment_churn(struct experiment *e)
{
    static struct cell cells[MOST_CELLS];
    struct entrant crew[MOST_ENTRANTS];
    int count = crew_start(crew, EVERYBODY, NULL);
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
    assert_kept(
        e, median_at(e, 'a', "06-epoll", 0) > median_at(e, 'a', "02-fork", 0),
        "an event loop takes in more connections a second than a "
        "server that forks for each");
    conclude(e, e->kept ? HOLDS : DOES_NOT_HOLD,
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

/* ---- 9: Unix sockets --------------------------------------------------- */

void experiment_unix(struct experiment *e)
{
    static struct cell cells[MOST_CELLS];
    struct entrant tcp[MOST_ENTRANTS], local[MOST_ENTRANTS];
    char folder[] = "/tmp/seven-compare-XXXXXX", address[64];
    const char *options[] = {"--bind", address, NULL};
    int which = OURS & ~BLOCKING, count, n = 0, above = 0, below = 0;
    double least = INFINITY, most = 0;
    struct picture *p;

    if (mkdtemp(folder) == NULL) {
        conclude(e, SKIPPED, "There is no place for a socket in /tmp.");
        return;
    }
    snprintf(address, sizeof(address), "unix:%s/%%", folder);
    count = crew_start(tcp, which, NULL);
    (void)crew_start(local, which, options);
    for (int i = 0; i < count; i++) {
        cell_add(cells, &n, &tcp[i], 0, "--clients 50");
        cell_add(cells, &n, &local[i], 1, "--clients 50");
    }
    measure_cells(e, cells, n);
    crew_stop(tcp, count);
    crew_stop(local, count);
    (void)rmdir(folder);
    p = add_picture(e, 'a', BARS, "The same load over both", "",
                    "messages a second");
    snprintf(p->groups, sizeof(p->groups), "TCP over loopback|Unix socket");
    p = add_picture(e, 'b', BARS, "What a message costs over both", "",
                    "microseconds of CPU for a message");
    snprintf(p->groups, sizeof(p->groups), "TCP over loopback|Unix socket");
    add_figures(e, 'a', cells, n, PER_SECOND);
    add_figures(e, 'b', cells, n, CPU_US);
    for (int i = 0; i < count; i++) {
        double ratio = median_at(e, 'b', tcp[i].name, 0) /
                       median_at(e, 'b', tcp[i].name, 1);

        least = fmin(least, ratio);
        most = fmax(most, ratio);
        above += ratio > 1.03;
        below += ratio < 0.97;
    }
    conclude(e,
             above == count   ? HOLDS
             : above > below  ? HOLDS_BUT
             : below == count ? DOES_NOT_HOLD
                              : NO_DIFFERENCE,
             "By CPU time a message over TCP costs %.2f to %.2f times what it "
             "costs over a Unix socket, by model.",
             least, most);
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
    snprintf(p->column, sizeof(p->column), "us of CPU");
    p->column_x = 100;
    p = add_picture(e, 'c', BARS, "Where the CPU time goes, 100 clients", "",
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

void experiment_clients(struct experiment *e)
{
    static const int counts[] = {1, 10, 100, 1000, 10000};
    static struct cell cells[MOST_CELLS], bulk[MOST_CELLS], beside[MOST_CELLS];
    struct entrant crew[MOST_ENTRANTS];
    int count = crew_start(crew, EVERYBODY, NULL);
    int n = 0, n_bulk = 0, n_beside = 0;

    for (int c = 0; c < (wishes.full ? 5 : 4); c++)
        for (int i = 0; i < count; i++) {
            char options[64];

            snprintf(options, sizeof(options), "--clients %d --patience 30",
                     counts[c]);
            if (counts[c] < most_clients() && !is_too_many(&crew[i], counts[c]))
                cell_add(cells, &n, &crew[i], counts[c], options);
        }
    measure_cells(e, cells, n);
    for (int i = 0; i < count; i++)
        if (!is_too_many(&crew[i], 10))
            cell_add(bulk, &n_bulk, &crew[i], 0, "--clients 10 --size 16384");
    measure_cells(e, bulk, n_bulk);
    crew_stop(crew, count);
    for (int i = 0; i < n; i++)
        if (cells[i].x == 100)
            beside[n_beside++] = cells[i];
    draw_clients(e);
    add_figures(e, 'a', cells, n, PER_SECOND);
    add_figures(e, 'b', cells, n, CPU_US);
    add_figures_at(e, 'c', beside, n_beside, USER_US, 0);
    add_figures_at(e, 'c', beside, n_beside, SYSTEM_US, 1);
    add_figures_at(e, 'd', beside, n_beside, VOLUNTARY, 0);
    add_figures_at(e, 'd', beside, n_beside, INVOLUNTARY, 1);
    add_figures_at(e, 'e', beside, n_beside, PROCESSES, 0);
    add_figures_at(e, 'e', beside, n_beside, THREADS_OF_ALL, 1);
    add_figures(e, 'f', bulk, n_bulk, PER_SECOND);
    conclude(e,
             is_above(e, 'b', "03-pthread", "06-epoll", 1000) &&
                     is_above(e, 'b', "02-fork", "06-epoll", 1000)
                 ? HOLDS
             : is_above(e, 'b', "06-epoll", "03-pthread", 1000) ? DOES_NOT_HOLD
                                                                : NO_DIFFERENCE,
             "At 10, 100 and 1000 clients a message costs a thread for each "
             "%.1f, %.1f, %.1f times the CPU time that it costs the epoll "
             "loop, and a process for each %.1f, %.1f, %.1f times.",
             times(e, 'b', "03-pthread", "06-epoll", 10),
             times(e, 'b', "03-pthread", "06-epoll", 100),
             times(e, 'b', "03-pthread", "06-epoll", 1000),
             times(e, 'b', "02-fork", "06-epoll", 10),
             times(e, 'b', "02-fork", "06-epoll", 100),
             times(e, 'b', "02-fork", "06-epoll", 1000));
}
