/*
 * 04-select/server.c - one thread asks the kernel who is ready.
 *
 *     select --+--> A is readable: read, reply --------+
 *       ^      +--> B is writable: write what is owed ---+
 *       |      +--> listen_fd is readable: accept -------+
 *       +------------------------------------------------+
 *
 * New here: select, non-blocking sockets, partial writes, back-pressure.
 * Its limit: FD_SETSIZE, 1024 descriptors, all searched in every round.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "signals.h"

enum { BUFFER_SIZE = 64 * 1024, TICK_MS = 1000 };

/* A client. It is read from only while nothing is owed to it: so at most one
 * buffer is owed, and it waits for one thing only, room to write or input. */
struct conn {
    int fd;           /* 0: nobody */
    bool leaving;     /* the last reply was said: drop what still comes */
    const char *owed; /* what is not written yet */
    size_t owed_len;
    char *kept;            /* where that stands between two steps, or NULL */
    long long deadline_ms; /* when its time is up */
    struct session session;
};

static struct options options;
static int listen_fd = -1;
static int wake_fds[2];               /* a pipe: a signal must end the wait */
static volatile sig_atomic_t stops;   /* 0: serve, 1: let end, 2: end */
static struct conn conns[FD_SETSIZE]; /* by descriptor */
static int max_fd;                    /* the highest ever watched */
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
    return c->owed_len > 0;
}

/* A step returns false when the connection is to be closed; errno says why. */
static bool conn_write(struct conn *c)
{
    ssize_t n = wants_write(c) ? send(c->fd, c->owed, c->owed_len, 0) : 0;

    c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
    if (n == -1)
        return errno == EAGAIN || errno == EINTR;
    log_bytes(c->fd, "write", c->owed, (size_t)n);
    c->owed += n;
    c->owed_len -= (size_t)n;
    if (wants_write(c))
        return true;
    free(c->kept);
    c->kept = NULL;
    if (!c->leaving)
        return true;
    /* A close could destroy the last reply (see hang_up): read on until EOF. */
    c->deadline_ms = deadline_ms(now_ms, LINGER_S);
    return shutdown(c->fd, SHUT_WR) == 0;
}

/* What the socket does not take is kept: others need the buffer it is in. */
static bool conn_say(struct conn *c, struct reply reply)
{
    now_ms += work(reply.len > 0 ? options.work_ms : 0);
    c->leaving = reply.last;
    c->owed = reply.bytes;
    c->owed_len = reply.len;
    if (!conn_write(c))
        return false;
    if (wants_write(c))
        c->owed = c->kept = copy_of(c->owed, c->owed_len);
    return c->owed != NULL;
}

static bool conn_open(struct conn *c, int fd)
{
    *c = (struct conn){.fd = fd};
    n_clients++;
    served++;
    log_connected(fd);
    return set_nonblocking(fd) == 0 &&
           conn_say(c, session_open(&c->session, options.service));
}

static bool conn_read(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n = recv(c->fd, buffer, sizeof(buffer), 0);

    if (n == -1)
        return errno == EAGAIN || errno == EINTR;
    errno = 0; /* the client has said all */
    if (n == 0 || c->leaving)
        return n > 0;
    log_bytes(c->fd, "read", buffer, (size_t)n);
    return conn_say(c, session_feed(&c->session, buffer, (size_t)n));
}

static void conn_close(struct conn *c, int error)
{
    log_closed(c->fd, error);
    close(c->fd);
    free(c->kept);
    *c = (struct conn){.fd = 0};
    n_clients--;
}

static void add_client(int fd)
{
    max_fd = fd > max_fd ? fd : max_fd;
    if (!conn_open(&conns[fd], fd))
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

static void serve_ready(int fd)
{
    struct conn *c = &conns[fd];

    if (fd == listen_fd)
        accept_clients();
    else if (fd == wake_fds[0])
        stop_listening(fd, &listen_fd);
    else if (!(wants_write(c) ? conn_write(c) : conn_read(c)))
        conn_close(c, errno);
}

static void close_overdue(void)
{
    for (int fd = 0; fd <= max_fd; fd++)
        if (conns[fd].fd != 0 && conns[fd].deadline_ms <= now_ms)
            conn_close(&conns[fd], ETIME);
}

static void serve_round(void)
{
    int wait_ms = starved ? ACCEPT_PAUSE_MS : n_clients > 0 ? TICK_MS : -1;
    struct timeval limit = {wait_ms / 1000, wait_ms % 1000 * 1000L};
    fd_set readable, writable;

    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(wake_fds[0], &readable);
    if (wants_accept())
        FD_SET(listen_fd, &readable);
    for (int fd = 0; fd <= max_fd; fd++)
        if (conns[fd].fd != 0)
            FD_SET(fd, wants_write(&conns[fd]) ? &writable : &readable);
    starved = false;
    if (select(max_fd + 1, &readable, &writable, NULL,
               wait_ms == -1 ? NULL : &limit) == -1) {
        wait_again("select");
        return;
    }
    now_ms = clock_ms();
    for (int fd = 0; fd <= max_fd; fd++)
        if (FD_ISSET(fd, &readable) || FD_ISSET(fd, &writable))
            serve_ready(fd);
}

int main(int argc, char **argv)
{
    hold_signals();
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    parse_server_options(&options, argc, argv, "9004");
    (void)set_descriptor_limit(FD_SETSIZE); /* whatever is opened fits in */
    listen_fd = listen_on(options.address, options.port);
    if (listen_fd == -1 || set_nonblocking(listen_fd) == -1 ||
        open_wake_pipe(wake_fds) == -1 || announce(listen_fd) == -1)
        die("cannot serve on %s, port %s", options.address, options.port);
    (void)fit_clients(&options, FD_SETSIZE); /* all fit into the sets */
    max_fd = listen_fd > wake_fds[0] ? listen_fd : wake_fds[0];
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
