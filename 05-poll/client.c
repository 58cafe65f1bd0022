/*
 * 05-poll/client.c - one thread waits for stdin and the server at once.
 *
 *     poll --+--> stdin is readable: read, send to the server ----+
 *       ^    +--> the server is writable: write what is owed -----+
 *       |    +--> the server is readable: read, write to stdout --+
 *       +---------------------------------------------------------+
 *
 * New here: poll; a place in its list whose descriptor is -1 is passed over.
 * From common/: watch_farewell() notes a farewell that was sent; write_all()
 * waits for stdout; server_closed() says that the server hung up and returns
 * the exit status.
 * Its limit: none that two descriptors could reach. A server has more.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "blocking.h"
#include "input.h"
#include "log.h"
#include "net.h"
#include "options.h"

enum { BUFFER_SIZE = 64 * 1024 };

enum { SERVER, INPUT, WATCHED }; /* places in the list */

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

static void serve_round(struct conn *c)
{
    struct pollfd list[] = {
        [SERVER] = {.fd = c->fd, .events = POLLIN},
        [INPUT] = {.fd = -1, .events = POLLIN}, /* not watched (poll(2)) */
    };

    if (wants_write(c))
        list[SERVER].events |= POLLOUT;
    if (wants_input(c))
        list[INPUT].fd = STDIN_FILENO;
    if (poll(list, WATCHED, -1) == -1) {
        if (errno != EINTR)
            die("poll");
        return;
    }
    /* An error or a hang-up is for both: send and recv say what it is. */
    if (wants_write(c) && list[SERVER].revents != 0)
        conn_write(c);
    if (list[INPUT].revents != 0) /* POLLHUP as well: end of input */
        read_input(c);
    if ((list[SERVER].revents & ~POLLOUT) != 0)
        conn_read(c);
}

int main(int argc, char **argv)
{
    const char *host, *port = "9005";
    struct conn c = {0};

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_client_options(&host, &port, argc, argv);
    c.fd = connect_to(host, port);
    if (c.fd == -1)
        die("cannot connect to %s, port %s", host, port);
    if (set_nonblocking(c.fd) == -1)
        die("fcntl");

    while (!c.closed)
        serve_round(&c);
    return conn_close(&c);
}
