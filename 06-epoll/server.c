/*
 * 06-epoll/server.c - the kernel keeps the list and names only who is ready.
 *
 *     epoll_wait --+--> A is readable: read, reply ---------+
 *       ^          +--> B is writable: write what is owed --+
 *       |          +--> listen_fd is readable: accept ------+
 *       +---------------------------------------------------+
 *
 * New here: epoll_create1, epoll_ctl, epoll_wait, level-triggered.
 * Its limit: bytes are no messages yet. 07-framing finds where one ends.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "signals.h"

enum { BUFFER_SIZE = 64 * 1024, TICK_MS = 1000, BATCH = 256 };

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
    parse_server_options(&options, argc, argv, "9006");
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
