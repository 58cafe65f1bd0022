/*
 * 07-framing/server.c - the loop of stage 06; what it serves are messages.
 *
 *     one read:   [..ame 1][frame 2][frame 3][fra..]   the rest is kept
 *     one write:  [answer 1][answer 2][answer 3]
 *
 * New here: a codec (frame.h) finds where a message ends; an input buffer.
 * From common/: as 04-select/server.c. Here: frame_decode(), answer_frame().
 * Its limit: one thread. A handler that works long holds up everyone.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "clock.h"
#include "frame.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "resources.h"
#include "setup.h"
#include "signals.h"

enum { BUFFER_SIZE = 64 * 1024, BATCH = 256, ACCEPTS = 64 }; /* a round */

/* A client. It is read from only while nothing is owed to it. */
struct conn {
    int fd;                 /* 0: nobody */
    bool leaving;           /* we have said the last reply: drop what comes */
    struct buffer in;       /* the beginning of a frame that is not whole yet */
    struct buffer out;      /* what is owed */
    long long deadline_ms;  /* when its time is up */
    struct decoder decoder; /* what is known of that frame */
};

static struct options options;
static struct codec codec;      /* how a frame is cut out of the stream */
static enum answer_kind answer; /* what is said to a frame */
static int listen_fd = -1;
static int stop_fd; /* a pipe: has input when a signal came */
static int epoll_fd;
static bool listening;     /* whether listen_fd is being watched */
static struct conn *conns; /* by descriptor */
static int max_fd;         /* the highest descriptor of a client so far */
static int n_clients;
static long served;
static long long now_ms; /* when the last wait, or work(), ended */

static bool wants_accept(void)
{
    return stop_level() == 0 && n_clients < options.max_clients && !is_short();
}

/* A close could destroy the last reply: see hang_up() in blocking.h. */
static int conn_half_close(struct conn *c)
{
    c->deadline_ms = deadline_ms(now_ms, LINGER_S);
    return shutdown(c->fd, SHUT_WR) == 0 ? 0 : errno;
}

static bool wants_write(const struct conn *c)
{
    return buffer_len(&c->out) > 0;
}

/* Each conn_ step returns 0, or why the connection is to be closed: an errno,
 * or END_OF_INPUT. */
static int conn_write(struct conn *c)
{
    ssize_t n = send(c->fd, buffer_front(&c->out), buffer_len(&c->out), 0);

    if (n == -1)
        return is_not_now(errno) ? 0 : errno;
    log_bytes(c->fd, "write", buffer_front(&c->out), (size_t)n);
    c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
    buffer_consume(&c->out, (size_t)n);
    if (wants_write(c) || !c->leaving)
        return 0;
    return conn_half_close(c);
}

/* Its answer goes behind what is owed. Returns what went wrong, or NULL. */
static const char *answer_one(struct conn *c, const struct frame *frame)
{
    if (options.work_ms > 0) {
        work(options.work_ms);
        now_ms = clock_ms();
    }
    c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
    c->leaving = frame->last;
    if (!answer_frame(&codec, answer, buffer_front(&c->in), frame, &c->out))
        return errno_symbol(errno);
    return NULL;
}

/* Answers all frames that are whole; after a bad one, hangs up. */
static void conn_answer(struct conn *c)
{
    enum frame_status status = FRAME_READY;

    while (status == FRAME_READY && !c->leaving && stop_level() < 2) {
        const char *wrong = NULL;
        struct frame frame;

        status = frame_decode(&codec, &c->decoder, buffer_front(&c->in),
                              buffer_len(&c->in), &frame);
        if (status == FRAME_READY)
            wrong = answer_one(c, &frame);
        else if (status == FRAME_ERROR)
            wrong = c->decoder.why;
        buffer_consume(&c->in, frame.used);
        if (wrong != NULL) {
            log_info("fd %d: %s", c->fd, wrong);
            c->leaving = true;
            (void)answer_error(&codec, &c->decoder, &c->out); /* if it can */
        }
    }
}

/* Counts the client, also one that is to be closed at once. */
static int conn_open(struct conn *c, int fd)
{
    *c = (struct conn){.fd = fd};
    n_clients++;
    served++;
    log_connected(fd);
    c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
    return set_nonblocking(fd) == 0 ? 0 : errno;
}

static int conn_read(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n = recv(c->fd, buffer, sizeof(buffer), 0);

    if (n == -1)
        return is_not_now(errno) ? 0 : errno;
    if (n == 0 && buffer_len(&c->in) > 0 && !c->leaving)
        log_info("fd %d: truncated frame", c->fd);
    if (n == 0)
        return END_OF_INPUT;
    if (c->leaving)
        return 0; /* dropped */
    log_bytes(c->fd, "read", buffer, (size_t)n);
    if (buffer_len(&c->in) == 0) /* so a frame must be whole in time */
        c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
    if (!buffer_append(&c->in, buffer, (size_t)n))
        return ENOMEM;
    conn_answer(c);
    if (wants_write(c))
        return conn_write(c);
    if (c->leaving)
        return conn_half_close(c);
    return 0;
}

static void conn_close(struct conn *c, int why)
{
    log_closed(c->fd, why);
    close(c->fd);
    buffer_free(&c->in);
    buffer_free(&c->out);
    *c = (struct conn){.fd = 0};
    n_clients--;
}

/* Returns epoll_ctl(2)'s errno, or 0. */
static int watch(int operation, int fd, bool writable)
{
    struct epoll_event event = {.events = writable ? EPOLLOUT : EPOLLIN,
                                .data.fd = fd};

    return epoll_ctl(epoll_fd, operation, fd, &event) == 0 ? 0 : errno;
}

static void add_client(int fd)
{
    struct conn *c = &conns[fd];
    int error = conn_open(c, fd);

    if (error == 0)
        error = watch(EPOLL_CTL_ADD, fd, wants_write(c));
    if (error != 0)
        conn_close(c, error);
    else if (fd > max_fd)
        max_fd = fd;
}

/* Not all at once: clients that are served must not wait for a flood. */
static void accept_clients(void)
{
    for (int i = 0; i < ACCEPTS && wants_accept(); i++) {
        int fd = accept(listen_fd, NULL, NULL);

        switch (accept_verdict(fd)) {
        case ACCEPT_CLIENT: add_client(fd); break;
        case ACCEPT_NOBODY: return;
        case ACCEPT_RETRY: break;
        case ACCEPT_PAUSE: note_shortage("accept", errno); break;
        case ACCEPT_BROKEN: die("accept");
        }
    }
}

/* What it waits for changes when a reply is taken in part, and when the rest of
 * it is taken. A close ends the watching as well: epoll(7). */
static void serve_client(struct conn *c)
{
    bool writing = wants_write(c);
    int error = writing ? conn_write(c) : conn_read(c);

    if (error == 0 && wants_write(c) != writing)
        error = watch(EPOLL_CTL_MOD, c->fd, !writing);
    if (error != 0)
        conn_close(c, error);
}

/* A batch holds at most one event of a client, which alone can close it. So no
 * event of it is left when its descriptor becomes a new client's. */
static void serve_ready(int fd)
{
    if (fd == stop_fd)
        empty_pipe(fd);
    else if (fd == listen_fd)
        accept_clients();
    else
        serve_client(&conns[fd]);
}

static void close_overdue(void)
{
    for (int fd = 0; fd <= max_fd; fd++)
        if (conns[fd].fd != 0 && conns[fd].deadline_ms <= now_ms)
            conn_close(&conns[fd], ETIME);
}

/* The listener is watched only while a client would be let in. */
static void watch_listener(void)
{
    bool wanted = wants_accept();
    int error;

    if (wanted == listening)
        return;
    error = watch(wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listen_fd, false);
    if (error == 0)
        listening = wanted;
    else
        note_shortage("epoll_ctl", error);
}

static void serve_round(void)
{
    struct epoll_event events[BATCH];
    long long before_ms = now_ms;
    int n;

    if (stop_level() == 0) /* else it is closed */
        watch_listener();
    n = epoll_wait(epoll_fd, events, BATCH, longest_wait_ms(n_clients > 0));
    end_shortage(); /* which leaves errno alone */
    if (n == -1) {
        wait_failed("epoll_wait", errno);
        return;
    }
    now_ms = clock_ms();
    for (int i = 0; i < n; i++)
        serve_ready(events[i].data.fd);
    if (is_new_second(before_ms, now_ms))
        close_overdue();
}

int main(int argc, char **argv)
{
    int limit;

    hold_signals();           /* until release_signals() */
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    parse_framed_server(&options, &codec, &answer, argc, argv);
    listen_fd = listen_nonblocking(options.address, options.port);
    if (listen_fd == -1)
        die("cannot serve on %s, port %s", options.address, options.port);
    stop_fd = open_stop_pipe(options.grace_s);
    if (stop_fd == -1)
        die("cannot make a pipe");
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd == -1 || watch(EPOLL_CTL_ADD, stop_fd, false) != 0)
        die("cannot wait for events");
    limit = set_descriptor_limit(0); /* every descriptor is below it */
    fit_clients(&options.max_clients, limit);
    conns = calloc((size_t)limit, sizeof(conns[0]));
    if (conns == NULL)
        die("cannot serve %d clients", options.max_clients);
    if (announce(listen_fd) == -1)
        die("cannot announce");
    release_signals();

    while (stop_level() == 0) /* then 1, and 2 after the grace */
        serve_round();
    close(listen_fd); /* which ends the watching as well: epoll(7) */
    while (stop_level() == 1 && n_clients > 0)
        serve_round();
    remove_socket();
    log_served(served);
    return 0;
}
