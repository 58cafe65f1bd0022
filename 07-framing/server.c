/*
 * 07-framing/server.c - the loop of stage 06; what it serves are messages.
 *
 *     one read:   [..ame 1][frame 2][frame 3][fra..]   the rest is kept
 *     one write:  [answer 1][answer 2][answer 3]
 *
 * New here: a codec (frame.h) finds where a message ends; an input buffer.
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
#include "setup.h"
#include "signals.h"

enum { BUFFER_SIZE = 64 * 1024, TICK_MS = 1000, BATCH = 256 };

/* A client. It is read from only while nothing is owed to it. */
struct conn {
    int fd;                 /* 0: nobody */
    bool leaving;           /* the last reply was said: drop what still comes */
    struct buffer in;       /* the beginning of a frame that is not whole yet */
    struct buffer out;      /* what is owed */
    long long deadline_ms;  /* when its time is up */
    struct decoder decoder; /* what is known of that frame */
};

static struct options options;
static struct codec codec;      /* how a frame is cut out of the stream */
static enum answer_kind answer; /* what is said to it */
static int listen_fd = -1;
static int wake_fds[2];             /* a pipe: a signal must end the wait */
static volatile sig_atomic_t stops; /* 0: serve, 1: let end, 2: end */
static int epoll_fd;
static struct conn *conns; /* by descriptor */
static int max_fd;         /* the highest client ever */
static int n_clients;
static long served;
static bool starved;     /* accept lacked resources: sit one round out */
static long long now_ms; /* when the last wait ended */

/* The pipe ends the wait, even one that was only about to begin. */
static void on_stop(int signal_number)
{
    (void)signal_number;
    if (stops++ == 0)
        start_grace(options.grace_s);
    wake(wake_fds[1]);
}

static bool wants_accept(void)
{
    return stops == 0 && n_clients < options.max_clients && !starved;
}

static bool wants_write(const struct conn *c)
{
    return buffer_len(&c->out) > 0;
}

/* A step returns false when the connection is to be closed; errno says why. */
static bool conn_write(struct conn *c)
{
    if (wants_write(c)) {
        ssize_t n = send(c->fd, buffer_front(&c->out), buffer_len(&c->out), 0);

        if (n == -1)
            return errno == EAGAIN || errno == EINTR;
        log_bytes(c->fd, "write", buffer_front(&c->out), (size_t)n);
        c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
        buffer_consume(&c->out, (size_t)n);
    }
    if (wants_write(c) || !c->leaving)
        return true;
    /* A close could destroy the last reply (see hang_up): read on until EOF. */
    c->deadline_ms = deadline_ms(now_ms, LINGER_S);
    return shutdown(c->fd, SHUT_WR) == 0;
}

/* Answers all frames that are whole; after a bad one, hangs up. */
static void conn_say(struct conn *c)
{
    enum frame_status status = FRAME_READY;

    while (status == FRAME_READY && !c->leaving && stops < 2) {
        char *bytes = buffer_front(&c->in);
        struct frame frame;

        status = frame_decode(&codec, &c->decoder, bytes, buffer_len(&c->in),
                              &frame);
        if (status == FRAME_READY) {
            now_ms += work(options.work_ms);
            c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
            c->leaving = frame.last;
            if (!answer_frame(&codec, answer, bytes, &frame, &c->out))
                status = FRAME_ERROR;
        }
        buffer_consume(&c->in, frame.used);
    }
    if (status == FRAME_ERROR) {
        log_info("fd %d: %s", c->fd,
                 c->decoder.why != NULL ? c->decoder.why : errno_symbol(errno));
        c->leaving = true;
        (void)answer_error(&codec, &c->decoder, &c->out);
    }
}

static bool conn_open(struct conn *c, int fd)
{
    *c = (struct conn){.fd = fd};
    n_clients++;
    served++;
    log_connected(fd);
    c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
    return set_nonblocking(fd) == 0;
}

static bool conn_read(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n = recv(c->fd, buffer, sizeof(buffer), 0);

    if (n == -1)
        return errno == EAGAIN || errno == EINTR;
    errno = 0; /* the client has said all */
    if (n == 0 && buffer_len(&c->in) > 0 && !c->leaving)
        log_info("fd %d: truncated frame", c->fd);
    if (n == 0 || c->leaving)
        return n > 0;
    log_bytes(c->fd, "read", buffer, (size_t)n);
    if (buffer_len(&c->in) == 0) /* else: a frame must be whole in time */
        c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
    if (!buffer_append(&c->in, buffer, (size_t)n))
        return false;
    conn_say(c);
    return conn_write(c);
}

static void conn_close(struct conn *c, int error)
{
    log_closed(c->fd, error);
    close(c->fd);
    buffer_free(&c->in);
    buffer_free(&c->out);
    *c = (struct conn){.fd = 0};
    n_clients--;
}

static int watch(int operation, int fd, bool writable)
{
    struct epoll_event event = {.events = writable ? EPOLLOUT : EPOLLIN,
                                .data.fd = fd};

    return epoll_ctl(epoll_fd, operation, fd, &event);
}

static void add_client(int fd)
{
    max_fd = fd > max_fd ? fd : max_fd;
    if (!conn_open(&conns[fd], fd) ||
        watch(EPOLL_CTL_ADD, fd, wants_write(&conns[fd])) == -1)
        conn_close(&conns[fd], errno);
}

/* All who wait: that one is ready does not say how many are. */
static void accept_clients(void)
{
    while (wants_accept()) {
        int fd = accept(listen_fd, NULL, NULL);

        switch (accept_verdict(fd)) {
        case ACCEPT_CLIENT: add_client(fd); break;
        case ACCEPT_NOBODY: return;
        case ACCEPT_RETRY: break;
        case ACCEPT_PAUSE: starved = log_shortage("accept"); break;
        case ACCEPT_BROKEN: die("accept");
        }
    }
}

/* Only its own event closes a connection, and a batch holds one of each. */
static void serve_ready(int fd)
{
    struct conn *c = &conns[fd];
    bool wrote = wants_write(c);

    if (fd == wake_fds[0])
        stop_listening(fd, &listen_fd);
    else if (c->fd == 0) /* nobody's: listen_fd, perhaps closed by now */
        accept_clients();
    else if (!(wrote ? conn_write(c) : conn_read(c)) ||
             (wants_write(c) != wrote &&
              watch(EPOLL_CTL_MOD, fd, wants_write(c)) == -1))
        conn_close(c, errno); /* which ends the watching as well: epoll(7) */
}

static void close_overdue(void)
{
    for (int fd = 0; fd <= max_fd; fd++)
        if (conns[fd].fd != 0 && conns[fd].deadline_ms <= now_ms)
            conn_close(&conns[fd], ETIME);
}

static void serve_round(void)
{
    static bool listening; /* whether listen_fd is being watched */
    struct epoll_event events[BATCH];
    bool wanted = wants_accept();
    int n, wait_ms = n_clients > 0 ? TICK_MS : -1;

    if (wanted != listening && listen_fd != -1 &&
        watch(wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listen_fd, false) == 0)
        listening = wanted;
    if (starved || (wanted && !listening && log_shortage("epoll_ctl")))
        wait_ms = ACCEPT_PAUSE_MS;
    starved = false;
    n = epoll_wait(epoll_fd, events, BATCH, wait_ms);
    if (n == -1)
        wait_again("epoll_wait");
    now_ms = clock_ms();
    for (int i = 0; i < n; i++)
        serve_ready(events[i].data.fd);
}

int main(int argc, char **argv)
{
    hold_signals();
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    parse_framed_server(&options, &codec, &answer, argc, argv);
    listen_fd = listen_on(options.address, options.port);
    if (listen_fd == -1 || set_nonblocking(listen_fd) == -1 ||
        open_wake_pipe(wake_fds) == -1)
        die("cannot serve on %s, port %s", options.address, options.port);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    conns = calloc((size_t)fit_clients(&options, 0), sizeof(conns[0]));
    if (epoll_fd == -1 || conns == NULL ||
        watch(EPOLL_CTL_ADD, wake_fds[0], false) == -1 ||
        announce(listen_fd) == -1)
        die("cannot serve %d clients", options.max_clients);
    catch_stop_signals(on_stop);

    while (stops == 0 || (stops == 1 && n_clients > 0)) {
        serve_round();
        if (second_passed(now_ms))
            close_overdue();
    }
    remove_socket();
    log_served(served);
    return 0;
}
