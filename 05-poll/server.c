/*
 * 05-poll/server.c - select's question, without a limit on descriptors.
 *
 *     poll --+--> A is readable: read, reply ---------+
 *       ^    +--> B is writable: write what is owed --+
 *       |    +--> listen_fd is readable: accept ------+
 *       +---------------------------------------------+
 *
 * New here: poll, a dense array, and how to remove from it in mid-walk.
 * From common/: what 04-select/server.c names.
 * Its limit: the kernel still walks the whole list in every round.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "resources.h"
#include "signals.h"

enum { BUFFER_SIZE = 64 * 1024, ACCEPTS = 64 }; /* a round */
enum { LISTENER, STOP_PIPE, FIRST_CLIENT };     /* places in the list */

/* A client. It is read from only while nothing is owed to it. So it cannot make
 * us store more than one buffer (back-pressure), and it is watched for one
 * thing only: for input, or for room to write what is owed. */
struct conn {
    int fd;
    bool leaving;     /* we have said the last reply: drop what comes */
    const char *owed; /* what is not written yet */
    size_t owed_len;
    char *kept;            /* our copy of that, or NULL: see conn_say() */
    long long deadline_ms; /* when its time is up */
    struct session session;
};

static struct options options;
static int listen_fd = -1;
static int stop_fd;         /* a pipe: has input when a signal came */
static struct pollfd *list; /* dense: clients stand without gaps */
static struct conn *conns;  /* conns[i] is the client at list[i] */
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

/* The last client takes the free place. A walk in mid-list misses that client:
 * it is ready in the next round too, and close_overdue() spares it. */
static void remove_client(int i, int why)
{
    conn_close(&conns[i], why);
    list[i] = list[FIRST_CLIENT + n_clients]; /* n_clients is one less now */
    conns[i] = conns[FIRST_CLIENT + n_clients];
}

static void watch_or_remove(int i, int error)
{
    if (error != 0)
        remove_client(i, error);
    else
        list[i].events = wants_write(&conns[i]) ? POLLOUT : POLLIN;
}

static void add_client(int fd)
{
    int i = FIRST_CLIENT + n_clients;

    list[i] = (struct pollfd){.fd = fd};
    watch_or_remove(i, conn_open(&conns[i], fd));
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

static void serve_client(int i)
{
    struct conn *c = &conns[i];
    int error = wants_write(c) ? conn_write(c) : conn_read(c);

    list[i].revents = 0; /* this client was not missed */
    watch_or_remove(i, error);
}

static void serve_ready(int i)
{
    if (i == STOP_PIPE)
        empty_pipe(stop_fd);
    else if (i == LISTENER)
        accept_clients();
    else
        serve_client(i);
}

/* From the end, since what takes a free place has been looked at then. A client
 * that is ready, but was missed by the walk, is not idle. */
static void close_overdue(void)
{
    for (int i = FIRST_CLIENT + n_clients - 1; i >= FIRST_CLIENT; i--)
        if (list[i].revents == 0 && conns[i].deadline_ms <= now_ms)
            remove_client(i, ETIME);
}

static void serve_round(void)
{
    nfds_t len = (nfds_t)(FIRST_CLIENT + n_clients);
    long long before_ms = now_ms;
    int n;

    list[LISTENER].fd = wants_accept() ? listen_fd : -1; /* -1: not watched */
    n = poll(list, len, longest_wait_ms(n_clients > 0));
    end_shortage(); /* which leaves errno alone */
    if (n == -1) {
        wait_failed("poll", errno);
        return;
    }
    now_ms = clock_ms();
    for (int i = 0; i < FIRST_CLIENT + n_clients; i++)
        if (list[i].revents != 0)
            serve_ready(i);
    if (is_new_second(before_ms, now_ms))
        close_overdue();
}

int main(int argc, char **argv)
{
    int limit;

    hold_signals();           /* until release_signals() */
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    parse_server_options(&options, argc, argv, "9005");
    listen_fd = listen_nonblocking(options.address, options.port);
    if (listen_fd == -1)
        die("cannot serve on %s, port %s", options.address, options.port);
    stop_fd = open_stop_pipe(options.grace_s);
    if (stop_fd == -1)
        die("cannot make a pipe");
    limit = set_descriptor_limit(0);
    fit_clients(&options.max_clients, limit);
    list = calloc((size_t)options.max_clients + FIRST_CLIENT, sizeof(*list));
    conns = calloc((size_t)options.max_clients + FIRST_CLIENT, sizeof(*conns));
    if (list == NULL || conns == NULL)
        die("cannot serve %d clients", options.max_clients);
    list[LISTENER].events = POLLIN;
    list[STOP_PIPE] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
    if (announce(listen_fd) == -1)
        die("cannot announce");
    release_signals();

    while (stop_level() == 0) /* then 1, and 2 after the grace */
        serve_round();
    close(listen_fd);
    while (stop_level() == 1 && n_clients > 0)
        serve_round();
    remove_socket();
    log_served(served);
    return 0;
}
