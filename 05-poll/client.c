/*
 * 05-poll/client.c - one thread waits for stdin and the server at once.
 *
 *     poll --+--> stdin is readable: read, send to the server ----+
 *       ^    +--> the server is writable: write what is owed -----+
 *       |    +--> the server is readable: read, write to stdout --+
 *       +---------------------------------------------------------+
 *
 * New here: poll; who is not waited for has the descriptor -1.
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

/* False: the server has closed. */
static bool serve_round(struct conn *c)
{
    struct pollfd list[] = {
        {c->fd, (short)(wants_write(c) ? POLLIN | POLLOUT : POLLIN), 0},
        {wants_input(c) ? STDIN_FILENO : -1, POLLIN, 0}, /* -1: not watched */
    };

    if (poll(list, 2, -1) == -1) {
        if (errno != EINTR)
            die("poll");
        return true;
    }
    if (wants_write(c) && list[0].revents != 0)
        conn_write(c);
    if (list[1].revents != 0) /* POLLHUP as well: end of input */
        read_input(c);
    return (list[0].revents & ~POLLOUT) == 0 || conn_read(c);
}

int main(int argc, char **argv)
{
    const char *host, *port = "9005";
    struct conn c = {0};

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_client_options(&host, &port, argc, argv);
    c.fd = connect_to(host, port);
    if (c.fd == -1 || set_nonblocking(c.fd) == -1)
        die("cannot connect to %s, port %s", host, port);

    while (serve_round(&c))
        continue;
    return conn_close(&c);
}
