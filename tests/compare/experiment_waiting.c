/*
 * tests/compare/experiment_waiting.c - who waits for whom: behind a client that
 * is silent (1), for a place (4), for a handler that blocks (8).
 */
#include "compare.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What a client says: a line, or a frame of four bytes. */
static const char line[] = "12345678";
static const char frame[] = "\0\0\0\4abcd";
enum { MESSAGE = sizeof(line) - 1, PATIENCE_MS = 20000 };

static bool say(int fd, bool framed)
{
    return send(fd, framed ? frame : line, MESSAGE, MSG_NOSIGNAL) == MESSAGE;
}

/* Did the answer come within this time? */
static bool hears(int fd, int timeout_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char answer[MESSAGE];

    return poll(&ready, 1, timeout_ms) == 1 &&
           recv(fd, answer, MESSAGE, MSG_WAITALL) == MESSAGE;
}

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* "01": that stage; "0": any of ours. */
static bool is_stage(const struct entrant *server, const char *prefix)
{
    return strncmp(server->name, prefix, strlen(prefix)) == 0;
}

static void close_if_open(int fd)
{
    if (fd != -1)
        close(fd);
}

/* ---- 1: behind a silent client ----------------------------------------- */

/* How long A stays if B gets no answer. That nothing comes can only be seen by
 * waiting; that something comes is waited for as long as it takes. */
static int a_stays_ms(const struct entrant *server)
{
    if (is_stage(server, "01"))
        return 250;
    return is_stage(server, "0") ? PATIENCE_MS : 2000;
}

/* Milliseconds until B got its answer, NAN: never, even when A had left. */
static double wait_of_b(const struct entrant *server, bool *stalled)
{
    int a = program_connect(&server->program);
    int b = program_connect(&server->program);
    double start = now_ms(), waited = NAN;

    *stalled = false;
    if (a != -1 && b != -1 && say(b, server->framed)) {
        *stalled = !hears(b, a_stays_ms(server));
        close(a);
        a = -1;
        if (!*stalled || hears(b, PATIENCE_MS))
            waited = now_ms() - start;
    }
    close_if_open(a);
    close_if_open(b);
    return waited;
}

/* Returns whether it did what its model says. */
static bool stall_one(struct experiment *e, const struct entrant *server)
{
    enum { ROUNDS = 3 };
    double waits[ROUNDS];
    int stalls = 0, rounds = 0;
    char note[LINE_SIZE] = "";

    progress(server->name);
    for (int i = 0; i < ROUNDS && !server->dead && !is_interrupted(); i++) {
        bool stalled;

        waits[rounds] = wait_of_b(server, &stalled);
        stalls += stalled;
        rounds += !isnan(waits[rounds]);
    }
    if (server->dead)
        snprintf(note, sizeof(note), "%s", server->why);
    else if (stalls > 0)
        snprintf(note, sizeof(note), "until A left, after %d ms",
                 a_stays_ms(server));
    add_values(e, 'a', server->name, 0, waits, rounds, note);
    return rounds == ROUNDS && stalls == (is_stage(server, "01") ? ROUNDS : 0);
}

void experiment_stall(struct experiment *e)
{
    struct entrant crew[MOST_ENTRANTS];
    int count = crew_start(crew, EVERYBODY, NULL);
    struct picture *p =
        add_picture(e, 'a', BARS, "B's wait while A is connected and silent",
                    "", "milliseconds");
    bool kept = true;

    p->log_y = true;
    snprintf(p->column, sizeof(p->column), "B waits, ms");
    for (int i = 0; i < count; i++) {
        bool as_it_should = stall_one(e, &crew[i]);

        kept = kept && (as_it_should || !is_stage(&crew[i], "0"));
    }
    crew_stop(crew, count);
    assert_kept(e, kept,
                "01 answers B only when A has left; all others answer B while "
                "A is there");
    conclude(e, kept ? HOLDS : HOLDS_BUT,
             "B got nothing from 01 until A left, after %.0f ms; 06 answered "
             "after %.2f ms.",
             median_at(e, 'a', "01-blocking", 0),
             median_at(e, 'a', "06-epoll", 0));
}

/* ---- 4: for a place in a set ------------------------------------------- */

enum { SELECT_CLIENTS = 1100, QUIET_MS = 400 };

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
    if (poll(list, (nfds_t)many->connected, QUIET_MS) <= 0)
        return;
    for (int i = 0; i < many->connected; i++)
        if (list[i].revents != 0 &&
            recv(many->fds[i], answer, MESSAGE, MSG_WAITALL) == MESSAGE) {
            many->answered[i] = true;
            many->answers++;
        }
}

/* Until nothing more came for a while, or for as long as `wanted` takes. */
static void hear_until(struct many *many, int wanted)
{
    double end = now_ms() + (wanted > 0 ? PATIENCE_MS : 0);
    int before;

    do {
        before = many->answers;
        hear_all(many);
    } while (!is_interrupted() && (many->answers > before ||
                                   (many->answers < wanted && now_ms() < end)));
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

        if (fd == -1 || !say(fd, server->framed))
            break;
        many.fds[many.connected++] = fd;
    }
    hear_until(&many, 0);
    at_once = many.answers;
    part(&many, true);
    hear_until(&many, many.connected);
    part(&many, true);
    part(&many, false);
    later = many.answers - at_once;
    lost = SELECT_CLIENTS - many.answers;
    add_values(e, 'a', server->name, 0, &at_once, 1, server->why);
    add_values(e, 'a', server->name, 1, &later, 1, server->why);
    add_values(e, 'a', server->name, 2, &lost, 1, server->why);
    return (int)lost;
}

void experiment_setsize(struct experiment *e)
{
    struct entrant crew[MOST_ENTRANTS];
    int count, lost = 0;
    struct picture *p;

    if (most_clients() < SELECT_CLIENTS) {
        conclude(e, SKIPPED,
                 "%d clients need more descriptors than the %d that a process "
                 "may have here (ulimit -Hn).",
                 SELECT_CLIENTS, most_clients());
        return;
    }
    count = crew_start(crew, LOOPS, NULL);
    p = add_picture(e, 'a', BARS, "1100 clients say a line at once", "",
                    "clients");
    snprintf(p->groups, sizeof(p->groups),
             "answered at once|when others had left|never");
    for (int i = 0; i < count; i++)
        lost += serve_many(e, &crew[i]);
    crew_stop(crew, count);
    assert_kept(e, lost == 0 && median_at(e, 'a', "04-select", 0) < FD_SETSIZE,
                "04 serves fewer than FD_SETSIZE at once and loses nobody");
    conclude(e, e->kept ? HOLDS : DOES_NOT_HOLD,
             "04 answered %.0f of %d at once, the other %.0f when those had "
             "left, and lost %.0f; 05 and 06 answered %.0f and %.0f at once.",
             median_at(e, 'a', "04-select", 0), SELECT_CLIENTS,
             median_at(e, 'a', "04-select", 1),
             median_at(e, 'a', "04-select", 2), median_at(e, 'a', "05-poll", 0),
             median_at(e, 'a', "06-epoll", 0));
}

/* ---- 8: for a handler that blocks -------------------------------------- */

enum { WORK_CLIENTS = 20 };

static void add_latencies(struct experiment *e, char picture,
                          const struct cell *cells, int count)
{
    static const struct {
        double share;
        enum metric metric;
    } points[] = {
        {0.5, P50_MS}, {0.9, P90_MS}, {0.99, P99_MS}, {0.999, P999_MS}};

    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        add_figures_at(e, picture, cells, count, points[i].metric,
                       points[i].share);
}

void experiment_work(struct experiment *e)
{
    static const char *const options[] = {"--work-ms", "5", NULL};
    static struct cell cells[MOST_CELLS];
    struct entrant crew[MOST_ENTRANTS];
    int count = crew_start(crew, OURS & ~BLOCKING, options);
    int n = 0;
    struct picture *p;
    double times;

    p = add_picture(e, 'a', BARS,
                    "Messages a second, each 5 ms of blocking work", "",
                    "messages a second");
    snprintf(p->column, sizeof(p->column), "with 5 ms of work");
    add_picture(e, 'b', SHARES, "How long the 20 clients wait", "of messages",
                "milliseconds")
        ->log_y = true;
    for (int i = 0; i < count; i++)
        cell_add(cells, &n, &crew[i], WORK_CLIENTS, "--clients 20");
    experiment_add_command(e, "build/NN-model/server -q -p PORT --work-ms 5");
    measure_cells(e, cells, n);
    crew_stop(crew, count);
    add_figures_at(e, 'a', cells, n, PER_SECOND, 0);
    add_latencies(e, 'b', cells, n);
    times =
        median_at(e, 'a', "03-pthread", 0) / median_at(e, 'a', "06-epoll", 0);
    assert_kept(e, times > 5,
                "20 threads serve more than 5 times as many as "
                "one event loop");
    conclude(e, times > 0.7 * WORK_CLIENTS ? HOLDS : HOLDS_BUT,
             "Threads served %.1f times as many messages as the epoll loop; "
             "half of the loop's messages took longer than %.0f ms, half of "
             "the threads' longer than %.1f ms.",
             times, median_at(e, 'b', "06-epoll", 0.5),
             median_at(e, 'b', "03-pthread", 0.5));
}
