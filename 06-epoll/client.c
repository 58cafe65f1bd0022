/*
 * 06-epoll/client.c - one thread waits for stdin and the server at once.
 *
 *     epoll_wait --+--> stdin is readable: read, send to the server ----+
 *       ^          +--> the server is writable: write what is owed -----+
 *       |          +--> the server is readable: read, write to stdout --+
 *       +---------------------------------------------------------------+
 *
 * New here: epoll, told only what changes; and what it cannot watch, a file.
 * Its limit: bytes are no messages yet. 07-framing finds where one ends.
 */
#include <errno.h>
#include <signal.h>
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
    int write_error;  /* why the server takes no more, or 0 */
    const char *owed; /* what was read from stdin, but not sent yet */
    size_t owed_len;
    struct farewell farewell;
};

static int epoll_fd;
static bool is_file; /* so is stdin, or /dev/null: see watch() */

static bool wants_input(const struct conn *c)
{
    return c->owed_len == 0 && !c->said_all;
}

static bool wants_write(const struct conn *c)
{
    return c->owed_len > 0 && c->write_error == 0;
}

/* What the server said before it was lost may still be on its way: an error
 * is kept until that is printed. */
static void conn_write(struct conn *c)
{
    ssize_t n = send(c->fd, c->owed, c->owed_len, 0);

    if (n == -1) {
        c->write_error = errno == EAGAIN || errno == EINTR ? 0 : errno;
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

    if (n == -1 && errno != EAGAIN && errno != EINTR)
        die("stdin");
    if (n > 0) {
        c->owed = buffer;
        c->owed_len = (size_t)n;
        conn_write(c);
    } else if (n == 0) {
        c->said_all = true;
        (void)shutdown(c->fd, SHUT_WR); /* if it is lost, reading says so */
    }
}

/* False: the server has closed. Who reads our stdout may be slow: then we are
 * slow too, and the server waits. */
static bool conn_read(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n = recv(c->fd, buffer, sizeof(buffer), 0);

    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n == -1)
        die("receive");
    if (write_all(STDOUT_FILENO, buffer, (size_t)n) == -1)
        die("stdout");
    return n > 0;
}

/* Returns the exit status of the client. */
static int conn_close(struct conn *c)
{
    close(c->fd);
    errno = c->write_error;
    if (errno != 0 && errno != EPIPE)
        die("send");
    return c->said_all ? EXIT_SUCCESS
                       : server_closed(&c->farewell, c->owed_len);
}

/* A file is always ready, and epoll refuses to watch it, with EPERM
 * (epoll_ctl(2)): it is read in every round that wants input. */
static void watch(int operation, int fd, bool writable)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (writable)
        event.events |= EPOLLOUT;
    if (epoll_ctl(epoll_fd, operation, fd, &event) == 0)
        return;
    if (errno != EPERM)
        die("epoll_ctl");
    is_file = true;
}

/* Who is not waited for is taken off the list: a pipe that has ended reports
 * EPOLLHUP whatever it is watched for (epoll_ctl(2)). */
static void watch_changes(const struct conn *c)
{
    static bool output, input; /* what is being watched */

    if (wants_write(c) != output) {
        output = !output;
        watch(EPOLL_CTL_MOD, c->fd, output);
    }
    if (wants_input(c) != input && !is_file) {
        input = !input;
        watch(input ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, STDIN_FILENO, false);
    }
}

/* False: the server has closed. */
static bool serve_round(struct conn *c)
{
    struct epoll_event events[2];
    unsigned server = 0; /* what it is ready for */
    bool input;
    int n;

    watch_changes(c);
    input = is_file && wants_input(c);
    n = epoll_wait(epoll_fd, events, 2, input ? 0 : -1);
    if (n == -1 && errno != EINTR)
        die("epoll_wait");
    for (int i = 0; i < n; i++)
        if (events[i].data.fd == c->fd)
            server = events[i].events;
        else
            input = true;
    if (wants_write(c) && server != 0)
        conn_write(c);
    if (input)
        read_input(c);
    return (server & ~(unsigned)EPOLLOUT) == 0 || conn_read(c);
}

int main(int argc, char **argv)
{
    const char *host, *port = "9006";
    struct conn c = {0};

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_client_options(&host, &port, argc, argv);
    c.fd = connect_to(host, port);
    if (c.fd == -1 || set_nonblocking(c.fd) == -1)
        die("cannot connect to %s, port %s", host, port);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd == -1)
        die("epoll_create1");
    watch(EPOLL_CTL_ADD, c.fd, false);

    while (serve_round(&c))
        continue;
    return conn_close(&c);
}
