/*
 * tests/compare/load/run.c - the load generator at work: one thread, one epoll
 * set, edge-triggered, so that no client ever needs an epoll_ctl again.
 *
 *     connect all --> send first --> [ wait --> read, check, count, send ]
 *                                     until time is up, then without send
 *
 * It must be cheaper than the servers it measures. So: one recv and one send a
 * message (they skip what read and write do for files), one look at the clock,
 * no division, nothing copied, nothing allocated; and, where many replies are
 * on their way, it does not get up for each of them (see gather()).
 */
#include "load.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "content.h"
#include "now.h"
#include "proc.h"
#include "resources.h"

enum {
    BATCH = 256,
    CONNECTING_AT_ONCE = 64, /* fits into every backlog of some size */
    RETRY_MS = 10,
    LOOK_MS = 100, /* the longest wait for events */
    MANY_ON_THE_WAY = 32,
    QUICK_NS = 20000, /* an answer each so often is quick */
    SHORTEST_PAUSE_NS = 15000,
    LONGEST_PAUSE_NS = 500000,
    SHORTEST_TICK_NS = 20000, /* of the open loop's timer */
};

static const uint64_t SECOND_NS = 1000000000, MS_NS = 1000000;

/* A client. to_send bytes are due and not yet sent, to_come bytes are sent and
 * not yet back; what they are is found by the two places in the content. */
struct client {
    int fd; /* -1: none */
    bool connecting;
    bool idle;
    bool is_full;     /* the socket takes no more until epoll says EPOLLOUT */
    bool wants_retry; /* there was no connection to be had just now */
    uint32_t send_place, check_place;
    uint64_t in_message; /* bytes of the coming message that are here */
    uint32_t oldest;     /* which of its slots in starts is the next answer's */
    uint64_t to_send, to_come;
    uint64_t answered; /* messages */
    uint64_t *starts;  /* closed loop, churn: when its messages were due */
};

enum phase { CONNECT, TALK, DRAIN };

static const struct settings *set;
static struct outcome *result;
static struct target target;
static struct content content;
static struct client *clients;
static uint64_t *starts;   /* of all clients: as many slots as depth for each */
static uint64_t n_clients; /* with the idle ones, which stand last */
static uint64_t n_opened;
static uint32_t n_connecting, n_retrying;
static uint32_t n_talking;   /* connected or about to be, and not idle */
static uint64_t connections; /* begun, ever */
static uint64_t on_the_way;  /* messages due and not yet back */
static uint64_t completed;   /* messages, ever */
static uint64_t scheduled;   /* open loop: messages that came due so far */
static enum phase phase;
static bool counting;                       /* the window has begun */
static uint64_t now;                        /* the last look at the clock */
static uint64_t talk_ns, window_ns, end_ns; /* begin to talk, count, drain */
static uint64_t progress_ns; /* when a connection last got further */
static uint64_t held_ns;     /* by who reads the marks: no time of ours */
static int epoll_fd, timer_fd;
static volatile sig_atomic_t stops;

void load_stop(void)
{
    stops++;
}

static uint64_t look_at_clock(void)
{
    return now = (uint64_t)now_ns() - held_ns;
}

/* ---- when messages are due ---- */

static uint32_t number_of(const struct client *c)
{
    return (uint32_t)(c - clients);
}

/* Open loop: message n of all. They go round: the first of each client, then
 * the second of each. */
static uint64_t due_ns(uint64_t n)
{
    return talk_ns + (uint64_t)((double)n * 1e9 / set->rate);
}

/* When the message was due that is `later` answers after the next one. */
static uint64_t start_of(const struct client *c, uint64_t later)
{
    if (set->mode == OPEN_LOOP)
        return due_ns((c->answered + later) * set->clients + number_of(c));
    return c->starts[(c->oldest + later) % set->depth];
}

/* How many messages this client still expects. */
static uint64_t owed_to(const struct client *c)
{
    return (c->to_send + c->to_come + set->size - 1) / set->size;
}

static void let_come_due(struct client *c)
{
    c->to_send += set->size;
    on_the_way++;
}

/* ---- connections come and go ---- */

static void note_error(uint64_t *counter, int error)
{
    ++*counter;
    if (result->errors.first_errno == 0)
        result->errors.first_errno = error;
}

/* Closing ends the watching as well (epoll(7)). */
static void disconnect(struct client *c)
{
    close(c->fd);
    c->fd = -1;
    n_connecting -= c->connecting;
    n_talking -= !c->idle;
    c->connecting = false;
}

static void retry_later(struct client *c)
{
    c->wants_retry = true;
    n_retrying++;
}

static void lose(struct client *c, int error)
{
    note_error(c->connecting ? &result->errors.refused
                             : &result->errors.early_closes,
               error);
    result->errors.unanswered += owed_to(c);
    on_the_way -= owed_to(c);
    c->to_send = c->to_come = 0;
    disconnect(c);
    if (set->mode == CHURN && !c->idle)
        retry_later(c);
}

/* EAGAIN is a Unix socket whose backlog is full, and not a refusal. */
static void no_connection(struct client *c, int error)
{
    if (error != EAGAIN)
        note_error(&result->errors.refused, error);
    if (error == EAGAIN || (set->mode == CHURN && !c->idle))
        retry_later(c);
}

static void open_client(struct client *c)
{
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};

    c->fd = target_connect(&target, connections);
    if (c->fd == -1) {
        no_connection(c, errno);
        return;
    }
    connections++;
    c->connecting = true;
    n_connecting++;
    n_talking += !c->idle;
    c->send_place = c->check_place = content_start(&content, number_of(c));
    c->in_message = 0;
    c->is_full = false;
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event) == -1)
        lose(c, errno);
}

/* False when it turned out not to be connected, or not yet. */
static bool settle(struct client *c, uint32_t events)
{
    int error = 0;
    socklen_t len = sizeof(error);

    (void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0) {
        lose(c, error);
        return false;
    }
    if (!(events & (EPOLLIN | EPOLLOUT)))
        return false;
    c->connecting = false;
    n_connecting--;
    progress_ns = now;
    return true;
}

/* ---- messages ---- */

/* Sends what is due, as far as the socket takes it; the rest when epoll says
 * that there is room again. */
static void send_due(struct client *c)
{
    while (c->to_send > 0) {
        size_t len = c->to_send < CONTENT_PIECE ? c->to_send : CONTENT_PIECE;
        ssize_t n =
            send(c->fd, content.bytes + c->send_place, len, MSG_NOSIGNAL);

        if (n == -1 && errno == EAGAIN)
            c->is_full = true;
        else if (n == -1)
            lose(c, errno);
        if (n == -1)
            return;
        c->send_place = content_after(&content, c->send_place, (size_t)n);
        c->to_send -= (uint64_t)n;
        c->to_come += (uint64_t)n;
    }
}

/* In the closed loop the next message is due at the moment of the answer, and
 * takes over its slot. */
static void complete(struct client *c)
{
    uint64_t *slot = &c->starts[c->oldest];
    uint64_t start = set->mode == OPEN_LOOP ? start_of(c, 0) : *slot;

    if (counting)
        histogram_add(&result->latency, now - start);
    if (counting && phase == TALK)
        result->messages++;
    completed++;
    on_the_way--;
    if (set->mode == CLOSED_LOOP && phase == TALK) {
        *slot = now;
        let_come_due(c);
    }
    c->oldest = c->oldest + 1 < set->depth ? c->oldest + 1 : 0;
    c->answered++;
}

static void take(struct client *c, const char *bytes, size_t len)
{
    size_t asked = len < c->to_come ? len : (size_t)c->to_come;

    result->errors.wrong_bytes +=
        len - asked + content_wrong(&content, c->check_place, bytes, asked);
    c->check_place = content_after(&content, c->check_place, asked);
    c->to_come -= asked;
    c->in_message += asked;
    for (; c->in_message >= set->size; c->in_message -= set->size)
        complete(c);
}

/* A stream socket that gave less than asked for is empty (epoll(7)), unless it
 * is at its end. */
static void receive(struct client *c, bool ends)
{
    static char buffer[CONTENT_PIECE];
    ssize_t n;

    do {
        n = recv(c->fd, buffer, sizeof(buffer), 0);
        if (n > 0)
            take(c, buffer, (size_t)n);
    } while (n == (ssize_t)sizeof(buffer) || (n > 0 && ends));
    if (set->mode == CHURN && !c->idle && owed_to(c) == 0)
        disconnect(c);
    else if (n == 0 || (n == -1 && errno != EAGAIN))
        lose(c, n == 0 ? 0 : errno);
}

/* A connection on the same machine often stands before connect() returns: so
 * the message is sent at once. */
static void open_for_message(struct client *c)
{
    open_client(c);
    if (c->fd == -1)
        return;
    let_come_due(c);
    send_due(c);
}

/* Churn: a connection for one message, which is due when the first attempt to
 * connect is made. */
static void churn(struct client *c)
{
    c->starts[c->oldest] = look_at_clock();
    open_for_message(c);
}

static void serve(struct client *c, uint32_t events)
{
    if (c->connecting && !settle(c, events))
        return;
    if (events & EPOLLOUT)
        c->is_full = false;
    if (c->to_send > 0 && !c->is_full)
        send_due(c);
    if (c->fd != -1 && (events & ~(uint32_t)EPOLLOUT))
        receive(c, (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    if (c->fd != -1 && c->to_send > 0 && !c->is_full)
        send_due(c);
    if (c->fd == -1 && !c->wants_retry && set->mode == CHURN && phase == TALK &&
        !c->idle)
        churn(c);
}

/* ---- time ---- */

/* Open loop: ends the wait when the next message is due; epoll_wait alone knows
 * only milliseconds. */
static void set_timer(void)
{
    uint64_t soonest = now + SHORTEST_TICK_NS, due = due_ns(scheduled);
    uint64_t ns = (due > soonest ? due : soonest) + held_ns;
    struct itimerspec when = {
        .it_value = {(time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS)}};

    (void)timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Open loop: whatever has come due by now is sent, however much is on its way.
 */
static void follow_schedule(void)
{
    for (; due_ns(scheduled) <= now && due_ns(scheduled) < end_ns;
         scheduled++) {
        struct client *c = &clients[scheduled % set->clients];

        if (c->fd == -1) {
            result->errors.unanswered++;
            continue;
        }
        let_come_due(c);
        if (!c->is_full) {
            histogram_add(&result->lateness, now - due_ns(scheduled));
            send_due(c);
        }
    }
    set_timer();
}

/* Whoever gets up for every reply while a hundred are on their way pays for a
 * change of process with each, and makes the server pay for waking him. So,
 * where replies come quickly and many are due, this sleeps while about a
 * quarter of them come in. The server has the other three quarters to go on
 * with, and no reply is seen later than by a quarter of the time it takes. */
static void gather(uint64_t completed_before)
{
    static uint64_t mark_ns, mark_completed, reply_ns;
    struct timespec pause = {0, 0};
    uint64_t ns;

    if (now - mark_ns >= MS_NS) {
        reply_ns = (now - mark_ns) / (completed - mark_completed + 1);
        mark_ns = now;
        mark_completed = completed;
    }
    ns = reply_ns * on_the_way / 4;
    if (set->prompt || on_the_way < MANY_ON_THE_WAY || reply_ns > QUICK_NS ||
        (completed - completed_before) * 4 >= on_the_way ||
        ns < SHORTEST_PAUSE_NS)
        return;
    pause.tv_nsec = ns < LONGEST_PAUSE_NS ? (long)ns : LONGEST_PAUSE_NS;
    (void)nanosleep(&pause, NULL);
}

static void retry(void)
{
    static uint64_t next_ns;

    if (n_retrying == 0 || now < next_ns || phase == DRAIN)
        return;
    next_ns = now + RETRY_MS * MS_NS;
    for (uint32_t i = 0; i < n_clients; i++) {
        struct client *c = &clients[i];

        if (!c->wants_retry)
            continue;
        c->wants_retry = false;
        n_retrying--;
        if (set->mode == CHURN && !c->idle)
            open_for_message(c);
        else
            open_client(c);
    }
}

static int timeout_ms(void)
{
    uint64_t border = phase == CONNECT ? now + LOOK_MS * MS_NS
                      : phase == DRAIN ? end_ns + LOOK_MS * MS_NS
                      : counting       ? end_ns
                                       : window_ns;
    uint64_t ms = border > now ? (border - now + MS_NS - 1) / MS_NS : 0;

    if (n_retrying > 0 && ms > RETRY_MS)
        return RETRY_MS;
    return ms < LOOK_MS ? (int)ms : LOOK_MS;
}

/* ---- the phases ---- */

/* Adds what this process has used so far, or takes it away. */
static void account(int sign)
{
    unsigned long long ran, waited = 0;
    struct rusage used;
    FILE *f = fopen("/proc/self/schedstat", "re");

    if (f != NULL) {
        if (fscanf(f, "%llu %llu", &ran, &waited) != 2)
            waited = 0;
        fclose(f);
    }
    if (getrusage(RUSAGE_SELF, &used) == -1)
        return;
    result->user_s += sign * ((double)used.ru_utime.tv_sec +
                              (double)used.ru_utime.tv_usec / 1e6);
    result->system_s += sign * ((double)used.ru_stime.tv_sec +
                                (double)used.ru_stime.tv_usec / 1e6);
    result->waited_s += sign * ((double)waited / 1e9);
    /* The most it ever was. Not getrusage's: that begins before exec. */
    result->rss_kib = proc_number(getpid(), "status", "VmHWM");
}

/* Who reads the marks holds this process up at each, so that nothing happens
 * while the server is looked at. Meanwhile time stands still. */
static void mark(const char *word)
{
    uint64_t before = look_at_clock();
    char answer;

    if (!set->marks)
        return;
    if (puts(word) == EOF || fflush(stdout) != 0)
        load_stop();
    else
        (void)!read(STDIN_FILENO, &answer, 1);
    held_ns += look_at_clock() - before;
    look_at_clock();
}

static void begin_talk(void)
{
    phase = TALK;
    result->connected = n_talking;
    talk_ns = look_at_clock();
    window_ns = talk_ns + (uint64_t)(set->warmup_s * 1e9);
    end_ns = window_ns + (uint64_t)(set->seconds * 1e9);
    for (uint32_t i = 0; i < set->clients; i++) {
        struct client *c = &clients[i];

        if (set->mode == CHURN)
            churn(c);
        if (set->mode != CLOSED_LOOP || c->fd == -1)
            continue;
        for (uint32_t k = 0; k < set->depth; k++) {
            c->starts[k] = look_at_clock();
            let_come_due(c);
        }
        send_due(c);
    }
    if (set->mode == OPEN_LOOP)
        follow_schedule();
}

static void give_up_connecting(void)
{
    for (uint32_t i = 0; i < n_clients; i++) {
        struct client *c = &clients[i];

        if (c->wants_retry)
            note_error(&result->errors.refused, ETIMEDOUT);
        else if (c->connecting)
            lose(c, ETIMEDOUT);
        c->wants_retry = false;
    }
    n_retrying = 0;
    result->errors.refused += n_clients - n_opened;
    n_opened = n_clients;
}

static void go_on_connecting(void)
{
    while (n_connecting < CONNECTING_AT_ONCE && n_opened < n_clients &&
           n_retrying == 0) {
        progress_ns = now;
        open_client(&clients[n_opened++]);
    }
    if (now - progress_ns > (uint64_t)(set->patience_s * 1e9))
        give_up_connecting();
    if (stops > 0)
        n_opened = n_clients;
    if (n_opened == n_clients &&
        (stops > 0 || (n_connecting == 0 && n_retrying == 0)))
        begin_talk();
}

/* Somebody who churns comes again, unless nobody ever got an answer. */
static bool is_nobody_left(void)
{
    return n_talking == 0 && (set->mode != CHURN || completed == 0);
}

static void go_on_talking(void)
{
    if (!counting && now >= window_ns) {
        counting = true;
        end_ns += now - window_ns;
        window_ns = now;
        mark("begin");
        account(-1);
    }
    if (now < end_ns && stops == 0 && !is_nobody_left())
        return;
    end_ns = now < end_ns ? now : end_ns;
    if (set->mode == OPEN_LOOP)
        follow_schedule(); /* what this generator itself is late with */
    phase = DRAIN;
    end_ns = now;
    if (!counting)
        return;
    account(1);
    result->seconds = (double)(end_ns - window_ns) / 1e9;
    mark("end");
    end_ns = now; /* from here patience counts */
}

static bool is_over(void)
{
    return phase == DRAIN && (on_the_way == 0 || stops > 1 ||
                              now - end_ns > (uint64_t)(set->patience_s * 1e9));
}

static void serve_ready(void)
{
    struct epoll_event events[BATCH];
    int n = epoll_wait(epoll_fd, events, BATCH, timeout_ms());

    look_at_clock();
    for (int i = 0; i < n; i++) {
        if (i > 0)
            look_at_clock();
        if (events[i].data.ptr != NULL)
            serve(events[i].data.ptr, events[i].events);
    }
}

static void run_loop(void)
{
    progress_ns = look_at_clock();
    while (!is_over()) {
        uint64_t completed_before = completed;

        if (phase == CONNECT)
            go_on_connecting();
        if (phase == TALK)
            go_on_talking();
        serve_ready();
        if (phase == TALK && set->mode == OPEN_LOOP)
            follow_schedule();
        retry();
        if (phase == TALK && set->mode == CLOSED_LOOP)
            gather(completed_before);
    }
}

/* ---- begin and end ---- */

/* A message that never came back was on its way at least until now; leaving
 * it out would hide just the worst ones. */
static void count_unanswered(void)
{
    look_at_clock();
    for (uint32_t i = 0; i < set->clients; i++) {
        const struct client *c = &clients[i];
        uint64_t owed = owed_to(c);

        result->errors.unanswered += owed;
        for (uint64_t k = 0; counting && k < owed; k++)
            histogram_add(&result->latency, now - start_of(c, k));
    }
}

static int prepare(void)
{
    enum { OTHER_DESCRIPTORS = 16 };
    struct epoll_event timer = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};

    n_clients = set->clients + set->idle;
    n_opened = set->mode == CHURN ? set->clients : 0; /* the idle ones only */
    if ((uint64_t)set_descriptor_limit(0) < n_clients + OTHER_DESCRIPTORS) {
        errno = EMFILE;
        return -1;
    }
    (void)prctl(PR_SET_TIMERSLACK, 1); /* a pause is as long as asked for */
    clients = calloc(n_clients, sizeof(clients[0]));
    starts = calloc((size_t)set->clients * set->depth, sizeof(starts[0]));
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (clients == NULL || starts == NULL || epoll_fd == -1)
        return -1;
    for (uint32_t i = 0; i < n_clients; i++)
        clients[i] = (struct client){.fd = -1, .idle = i >= set->clients};
    for (uint32_t i = 0; i < set->clients; i++)
        clients[i].starts = &starts[(size_t)i * set->depth];
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (timer_fd == -1 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &timer) == -1)
        return -1;
    return content_make(&content, (uint32_t)set->size, set->content);
}

int load_run(const struct settings *s, struct outcome *out)
{
    set = s;
    result = out;
    target = s->target;
    if (prepare() == -1)
        return -1;
    run_loop();
    count_unanswered();
    return 0;
}

bool load_failed(const struct outcome *out)
{
    const struct errors *e = &out->errors;

    return e->wrong_bytes + e->early_closes + e->refused + e->unanswered > 0;
}

bool load_was_bottleneck(const struct outcome *out)
{
    enum { LIMIT_PERCENT = 90 };
    uint64_t late = histogram_at(&out->lateness, 0.99);

    if (late > 0 && late * 2 > histogram_at(&out->latency, 0.99))
        return true;
    return out->seconds > 0 &&
           (out->user_s + out->system_s + out->waited_s) * 100 >=
               out->seconds * LIMIT_PERCENT;
}
