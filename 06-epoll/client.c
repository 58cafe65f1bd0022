/*
 * 06-epoll/client.c - one thread waits for stdin and the server at once.
 *
 *     epoll_wait --+--> stdin is readable: read, send to the server ----+
 *       ^          +--> the server is writable: write what is owed -----+
 *       |          +--> the server is readable: read, write to stdout --+
 *       +---------------------------------------------------------------+
 *
 * New here: epoll is told of changes alone; it cannot watch a regular file.
 * From common/: watch_farewell() notes a farewell that was sent; write_all()
 * waits for stdout; server_closed() says that the server hung up and returns
 * the exit status.
 * Its limit: bytes are no messages yet. 07-framing finds where one ends.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "blocking.h"
#include "input.h"
#include "log.h"
#include "net.h"
#include "options.h"

enum { BUFFER_SIZE = 64 * 1024 };

/* The conversation. Nothing is read from stdin while anything is owed to the
 * server: so no more than one buffer is ever owed. */
struct conn {
    int fd;
    bool said_all;    /* stdin has ended, and the server knows */
    bool closed;      /* the server has said all */
    int write_error;  /* why the server takes no more, or 0 */
    const char *owed; /* what was read from stdin, but not sent yet */
    size_t owed_len;
    struct farewell farewell;
};

static int epoll_fd;
static bool
    write_watched; /* whether epoll's list has EPOLLOUT for the server */
static bool input_watched; /* whether it has stdin */
static bool input_is_file; /* epoll refuses stdin: see watch() */

static bool wants_input(const struct conn *c)
{
    return c->owed_len == 0 && !c->said_all;
}

static bool wants_write(const struct conn *c)
{
    return c->owed_len > 0 && c->write_error == 0;
}

/* An error is kept until all is printed: what the server said before it was
 * lost may still be on its way. */
static void conn_write(struct conn *c)
{
    ssize_t n = send(c->fd, c->owed, c->owed_len, 0);

    if (n == -1 && is_not_now(errno))
        return;
    if (n == -1) {
        c->write_error = errno;
        return;
    }
    watch_farewell(&c->farewell, c->owed, (size_t)n);
    c->owed += n;
    c->owed_len -= (size_t)n;
}

/* stdin stays blocking. O_NONBLOCK would hold for all who share its open file
 * description, the shell among them (open(2)). */
static void read_input(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

    if (n == -1 && is_not_now(errno))
        return;
    if (n == -1)
        die("stdin");
    if (n == 0) {
        c->said_all = true;
        (void)shutdown(c->fd, SHUT_WR); /* if it is lost, reading says so */
        return;
    }
    c->owed = buffer;
    c->owed_len = (size_t)n;
    conn_write(c);
}

/* The reader of our stdout may be slow: then we are slow too, and the server
 * waits. */
static void conn_read(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n = recv(c->fd, buffer, sizeof(buffer), 0);

    if (n == -1 && is_not_now(errno))
        return;
    if (n == -1)
        die("receive");
    if (write_all(STDOUT_FILENO, buffer, (size_t)n) == -1)
        die("stdout");
    c->closed = n == 0;
}

/* Returns the exit status of the client. */
static int conn_close(struct conn *c)
{
    close(c->fd);
    if (c->write_error != 0 && c->write_error != EPIPE) {
        errno = c->write_error;
        die("send");
    }
    if (c->said_all)
        return EXIT_SUCCESS;
    return server_closed(&c->farewell, c->owed_len);
}

/* A file is always ready, and epoll refuses to watch it, with EPERM
 * (epoll_ctl(2)): it is read in every round that wants input. */
static void watch(int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (epoll_ctl(epoll_fd, operation, fd, &event) == 0)
        return;
    if (errno != EPERM)
        die("epoll_ctl");
    input_is_file = true;
}

/* stdin that is not wanted is taken off the list: a pipe that has ended reports
 * EPOLLHUP whatever it is watched for (epoll_ctl(2)). */
static void watch_changes(const struct conn *c)
{
    bool writing = wants_write(c), input = wants_input(c);

    if (writing != write_watched)
        watch(EPOLL_CTL_MOD, c->fd, writing ? EPOLLIN | EPOLLOUT : EPOLLIN);
    if (input != input_watched && !input_is_file)
        watch(input ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, STDIN_FILENO, EPOLLIN);
    write_watched = writing;
    input_watched = input;
}

static void serve_round(struct conn *c)
{
    struct epoll_event events[2];
    uint32_t ready = 0; /* events of the server */
    bool input;         /* stdin is ready */
    int n;

    watch_changes(c);
    input = input_is_file && wants_input(c); /* a file is always ready */
    n = epoll_wait(epoll_fd, events, 2, input ? 0 : -1);
    if (n == -1 && errno != EINTR)
        die("epoll_wait");
    for (int i = 0; i < n; i++) {
        if (events[i].data.fd == c->fd)
            ready = events[i].events;
        else
            input = true;
    }
    /* EPOLLERR and EPOLLHUP come unasked: send and recv say what is wrong. */
    if (wants_write(c) && ready != 0)
        conn_write(c);
    if (input)
        read_input(c);
    if ((ready & ~(uint32_t)EPOLLOUT) != 0)
        conn_read(c);
}

int main(int argc, char **argv)
{
    const char *host, *port = "9006";
    struct conn c = {0};

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_client_options(&host, &port, argc, argv);
    c.fd = connect_to(host, port);
    if (c.fd == -1)
        die("cannot connect to %s, port %s", host, port);
    if (set_nonblocking(c.fd) == -1)
        die("fcntl");
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd == -1)
        die("epoll_create1");
    watch(EPOLL_CTL_ADD, c.fd, EPOLLIN);

    while (!c.closed)
        serve_round(&c);
    return conn_close(&c);
}
