/*
 * 06-epoll/server.c - the kernel keeps the list and names only who is ready.
 *
 *     epoll_wait --+--> A is readable: read, reply ---------+
 *       ^          +--> B is writable: write what is owed --+
 *       |          +--> listen_fd is readable: accept ------+
 *       +---------------------------------------------------+
 *
 * New here: epoll_create1, epoll_ctl, epoll_wait. It is level-triggered: what
 * is still ready is named again.
 * From common/: what 04-select/server.c names.
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
#include "resources.h"
#include "signals.h"

enum { BUFFER_SIZE = 64 * 1024, BATCH = 256, ACCEPTS = 64 }; /* a round */

/* A client. It is read from only while nothing is owed to it. So it cannot make
 * us store more than one buffer (back-pressure), and it is watched for one
 * thing only: for input, or for room to write what is owed. */
struct conn {
    int fd;           /* 0: nobody */
    bool leaving;     /* we have said the last reply: drop what comes */
    const char *owed; /* what is not written yet */
    size_t owed_len;
    char *kept;            /* our copy of that, or NULL: see conn_say() */
    long long deadline_ms; /* when its time is up */
    struct session session;
};

static struct options options;
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

static bool wants_write(const struct conn *c)
{
    return c->owed_len > 0;
}

/* Each conn_ step returns 0, or why the connection is to be closed: an errno,
 * or END_OF_INPUT. */
static int conn_write(struct conn *c)
{
    ssize_t n = send(c->fd, c->owed, c->owed_len, 0);

    if (n == -1)
        return is_not_now(errno) ? 0 : errno;
    log_bytes(c->fd, "write", c->owed, (size_t)n);
    c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
    c->owed += n;
    c->owed_len -= (size_t)n;
    if (wants_write(c))
        return 0; /* the rest waits for room */
    free(c->kept);
    c->kept = NULL;
    if (!c->leaving)
        return 0;
    /* A close could destroy the last reply: see hang_up() in blocking.h. */
    c->deadline_ms = deadline_ms(now_ms, LINGER_S);
    return shutdown(c->fd, SHUT_WR) == 0 ? 0 : errno;
}

/* What the socket does not take at once is copied: the buffer that it stands in
 * is for all clients. */
static int conn_say(struct conn *c, struct reply reply)
{
    int error;

    if (reply.len > 0 && options.work_ms > 0) {
        work(options.work_ms);
        now_ms = clock_ms();
    }
    c->deadline_ms = deadline_ms(now_ms, options.idle_timeout_s);
    if (reply.len == 0)
        return 0;
    c->leaving = reply.last;
    c->owed = reply.bytes;
    c->owed_len = reply.len;
    error = conn_write(c);
    if (error != 0 || !wants_write(c))
        return error;
    c->kept = copy_of(c->owed, c->owed_len);
    c->owed = c->kept;
    return c->kept != NULL ? 0 : ENOMEM;
}

/* Counts the client, also one that is to be closed at once. */
static int conn_open(struct conn *c, int fd)
{
    *c = (struct conn){.fd = fd};
    n_clients++;
    served++;
    log_connected(fd);
    if (set_nonblocking(fd) == -1)
        return errno;
    return conn_say(c, session_open(&c->session, options.service));
}

static int conn_read(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n = recv(c->fd, buffer, sizeof(buffer), 0);

    if (n == -1)
        return is_not_now(errno) ? 0 : errno;
    if (n == 0)
        return END_OF_INPUT;
    if (c->leaving)
        return 0; /* dropped */
    log_bytes(c->fd, "read", buffer, (size_t)n);
    return conn_say(c, session_feed(&c->session, buffer, (size_t)n));
}

static void conn_close(struct conn *c, int why)
{
    log_closed(c->fd, why);
    close(c->fd);
    free(c->kept);
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
    parse_server_options(&options, argc, argv, "9006");
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
