/*
 * tests/compare/experiments/waiting.c - who waits for whom: behind a client
 * that is silent (1), for a place (4), for a handler that blocks (8).
 */
#include "experiments.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a client says: a line, or a frame of four bytes. */
static const char line[] = "12345678";
static const char frame[] = "\0\0\0\4abcd";
enum { MESSAGE = sizeof(line) - 1, PATIENCE_MS = 20000 };

static bool say(int fd, bool framed)
{
    return send(fd, framed ? frame : line, MESSAGE, MSG_NOSIGNAL) == MESSAGE;
}

/* False: no answer within this time. */
static bool hear(int fd, int timeout_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char answer[MESSAGE];

    return poll(&ready, 1, timeout_ms) == 1 &&
           recv(fd, answer, MESSAGE, MSG_WAITALL) == MESSAGE;
}

static void close_if_open(int fd)
{
    if (fd != -1)
        close(fd);
}

/* ---- stall: behind a silent client ---- */

static bool is_one_at_a_time(const struct entrant *server)
{
    return server->server != NULL &&
           server_has(server->server, TRAIT_ONE_AT_A_TIME);
}

/* How long A stays if B gets no answer. That nothing comes can only be seen by
 * waiting; that something comes is waited for as long as it takes. */
static int a_stays_ms(const struct entrant *server)
{
    if (is_one_at_a_time(server))
        return 250;
    return server->server != NULL ? PATIENCE_MS : 2000;
}

/* Milliseconds until B got its answer, NAN: never, even when A had left. */
static double wait_of_b(const struct entrant *server, bool *stalled)
{
    int a = program_connect(&server->program);
    int b = program_connect(&server->program);
    double start = moment_ms(), waited = NAN;

    *stalled = false;
    if (a != -1 && b != -1 && say(b, server->framed)) {
        *stalled = !hear(b, a_stays_ms(server));
        close(a);
        a = -1;
        if (!*stalled || hear(b, PATIENCE_MS))
            waited = moment_ms() - start;
    }
    close_if_open(a);
    close_if_open(b);
    return waited;
}

struct waits {
    double ms[MOST_ROUNDS];
    int rounds, stalls;
};

static void measure_wait(const struct entrant *server, struct waits *w)
{
    bool stalled;
    double ms;

    if (server->dead || is_interrupted())
        return;
    progress(server->name);
    ms = wait_of_b(server, &stalled);
    if (isnan(ms))
        return;
    w->ms[w->rounds++] = ms;
    w->stalls += stalled;
}

static void add_wait(struct experiment *e, const struct entrant *server,
                     struct waits *w)
{
    char note[LINE_SIZE] = "";

    if (server->dead)
        snprintf(note, sizeof(note), "%s", server->why);
    else if (w->stalls > 0)
        snprintf(note, sizeof(note), "until A left, after %d ms",
                 a_stays_ms(server));
    add_values(e, 'a', server->name, 0, w->ms, w->rounds, note);
}

/* Does it do what its model says? */
static bool is_as_it_should(const struct entrant *server, const struct waits *w)
{
    return w->rounds == rounds_wanted() &&
           w->stalls == (is_one_at_a_time(server) ? w->rounds : 0);
}

static void conclude_stall(struct experiment *e, bool kept)
{
    double one = take_median(e, 'a', models.blocking, 0);
    double many = take_median(e, 'a', models.epoll, 0);

    assert_kept(e, kept,
                "01 answers B only when A has left; all others answer B while "
                "A is there");
    if (kept)
        conclude(e, HOLDS,
                 "B got nothing from %.2s until A left, after %.0f ms; %.2s "
                 "answered after %.2f ms.",
                 models.blocking, one, models.epoll, many);
    else
        conclude(e, DOES_NOT_HOLD,
                 "%.2s answered B after %.2f ms, %.2s after %.2f ms.",
                 models.blocking, one, models.epoll, many);
}

void experiment_stall(struct experiment *e)
{
    struct crew crew = {.count = 0};
    struct waits waits[MOST_ENTRANTS] = {{.rounds = 0}};
    bool kept = true;

    ADD_PICTURE(e, .shape = BARS,
                .title = "B's wait while A is connected and silent",
                .y_title = "milliseconds (logarithmic)", .log_y = true,
                .column = "B waits, ms");
    crew_add(e, &crew, ENTERED, NULL);
    for (int round = 0; round < rounds_wanted(); round++)
        for (int i = 0; i < crew.count; i++)
            measure_wait(&crew.all[i], &waits[i]);
    for (int i = 0; i < crew.count; i++) {
        add_wait(e, &crew.all[i], &waits[i]);
        kept = kept && (!crew.all[i].is_ours ||
                        is_as_it_should(&crew.all[i], &waits[i]));
    }
    crew_stop(&crew);
    conclude_stall(e, kept);
}

/* ---- setsize: for a place in a set ---- */

enum { SELECT_CLIENTS = 1100, LOOK_MS = 20, QUIET_LOOKS = 3 };

struct many {
    int fds[SELECT_CLIENTS];
    bool answered[SELECT_CLIENTS];
    int connected, answers;
};

static void hear_all(struct many *many)
{
    struct pollfd list[SELECT_CLIENTS];
    char answer[MESSAGE];

    for (int i = 0; i < many->connected; i++)
        list[i] = (struct pollfd){.fd = many->answered[i] ? -1 : many->fds[i],
                                  .events = POLLIN};
    if (poll(list, (nfds_t)many->connected, LOOK_MS) <= 0)
        return;
    for (int i = 0; i < many->connected; i++)
        if (list[i].revents != 0 &&
            recv(many->fds[i], answer, MESSAGE, MSG_WAITALL) == MESSAGE) {
            many->answered[i] = true;
            many->answers++;
        }
}

/* Until the server has gone to sleep and stays there: all that it can answer
 * now is answered. */
static void hear_until_asleep(struct many *many, const struct entrant *server)
{
    int quiet = 0;

    while (quiet < QUIET_LOOKS && !is_interrupted()) {
        int before = many->answers;

        hear_all(many);
        quiet =
            many->answers == before && proc_state(server->program.pid) == 'S'
                ? quiet + 1
                : 0;
    }
}

static void hear_everybody(struct many *many)
{
    double end = moment_ms() + PATIENCE_MS;

    while (many->answers < many->connected && moment_ms() < end &&
           !is_interrupted())
        hear_all(many);
}

/* Who was answered leaves; the others stay. */
static void part(struct many *many, bool answered)
{
    for (int i = 0; i < many->connected; i++)
        if (many->answered[i] == answered && many->fds[i] != -1) {
            close(many->fds[i]);
            many->fds[i] = -1;
        }
}

/* Returns how many were never answered. */
static int serve_many(struct experiment *e, const struct entrant *server)
{
    static struct many many;
    double at_once, later, lost;

    progress(server->name);
    many = (struct many){.connected = 0};
    while (many.connected < SELECT_CLIENTS && !server->dead) {
        int fd = program_connect(&server->program);

        if (fd == -1)
            break;
        many.fds[many.connected++] = fd;
        if (!say(fd, server->framed))
            break;
    }
    hear_until_asleep(&many, server);
    at_once = many.answers;
    part(&many, true);
    hear_everybody(&many);
    part(&many, true);
    part(&many, false);
    later = many.answers - at_once;
    lost = SELECT_CLIENTS - many.answers;
    add_values(e, 'a', server->name, 0, &at_once, 1, server->why);
    add_values(e, 'a', server->name, 1, &later, 1, server->why);
    add_values(e, 'a', server->name, 2, &lost, 1, server->why);
    return (int)lost;
}

static void conclude_setsize(struct experiment *e, int lost)
{
    double at_once = take_median(e, 'a', models.select, 0);

    assert_kept(e, lost == 0 && at_once < FD_SETSIZE,
                "04 serves fewer than FD_SETSIZE at once, and nobody is lost");
    conclude(e, at_once < FD_SETSIZE ? HOLDS : DOES_NOT_HOLD,
             "%.2s answered %.0f of %d at once, the other %.0f when those had "
             "left, and lost %.0f; %.2s and %.2s answered %.0f and %.0f at "
             "once.",
             models.select, at_once, SELECT_CLIENTS,
             take_median(e, 'a', models.select, 1),
             take_median(e, 'a', models.select, 2), models.poll, models.epoll,
             take_median(e, 'a', models.poll, 0),
             take_median(e, 'a', models.epoll, 0));
}

void experiment_setsize(struct experiment *e)
{
    struct crew crew = {.count = 0};
    int lost = 0;

    if (most_clients() < SELECT_CLIENTS) {
        conclude(e, SKIPPED,
                 "%d clients need more descriptors than a process may have "
                 "here: %d (ulimit -Hn).",
                 SELECT_CLIENTS, most_clients());
        return;
    }
    crew_add(e, &crew, TRAIT_LOOP | TRAIT_BYTES, NULL);
    ADD_PICTURE(e, .shape = BARS, .title = "1100 clients say a line at once",
                .y_title = "clients",
                .groups = "answered at once|when others had left|never");
    for (int i = 0; i < crew.count; i++)
        lost += serve_many(e, &crew.all[i]);
    crew_stop(&crew);
    conclude_setsize(e, lost);
}

/* ---- work: for a handler that blocks ---- */

enum { WORK_CLIENTS = 20 };

static void add_latencies(struct experiment *e, char picture,
                          const struct cells *cells)
{
    static const struct {
        double share;
        enum metric metric;
    } points[] = {
        {0.5, P50_MS}, {0.9, P90_MS}, {0.99, P99_MS}, {0.999, P999_MS}};

    /* A percentile needs at least one message beyond it. */
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        for (int k = 0; k < cells->count; k++) {
            const struct cell *c = &cells->all[k];

            if (c->count == 0 ||
                c->rounds[0].messages * (1.001 - points[i].share) >= 1)
                add_figure_at(e, picture, c, points[i].metric, points[i].share);
        }
}

void experiment_work(struct experiment *e)
{
    static const char *const options[] = {"--work-ms", "5", NULL};
    static struct cells cells;
    struct crew crew = {.count = 0};
    double times;

    ADD_PICTURE(e, .shape = BARS,
                .title = "Messages a second, each 5 ms of blocking work",
                .y_title = "messages a second",
                .column = "5 ms work, messages a second");
    ADD_PICTURE(e, .shape = SHARES, .title = "How long the 20 clients wait",
                .x_title = "share of messages", .y_title = "milliseconds",
                .log_y = true);
    crew_add(e, &crew, TRAIT_CONCURRENT, options);
    for (int i = 0; i < crew.count; i++)
        cell_add_for(&cells, &crew.all[i], 0, "--clients 20",
                     wishes.full ? "2" : "0.6");
    measure_cells(e, &cells);
    crew_stop(&crew);
    add_figures(e, 'a', &cells, PER_SECOND);
    add_latencies(e, 'b', &cells);
    times = take_ratio(e, 'a', models.thread, models.epoll, 0);
    assert_kept(e, times > 5,
                "20 threads serve more than 5 times as many as "
                "one event loop");
    conclude(e, times > 0.7 * WORK_CLIENTS ? HOLDS : HOLDS_BUT,
             "Threads served %.1f times as many messages as the epoll loop. "
             "Half of the loop's messages took longer than %.0f ms, one in a "
             "hundred longer than %.0f ms; of the threads', %.1f and %.1f ms.",
             times, take_median(e, 'b', models.epoll, 0.5),
             take_median(e, 'b', models.epoll, 0.99),
             take_median(e, 'b', models.thread, 0.5),
             take_median(e, 'b', models.thread, 0.99));
}
