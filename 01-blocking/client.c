/*
 * 01-blocking/client.c - a line out, a line back.
 *
 *     stdin -> read -> send -> socket -> recv -> write -> stdout
 *               ^                                  |
 *               +----------------------------------+
 *
 * New here: connect, and shutdown, which says "I have said all".
 * From common/: send_all() sends a whole line; watch_farewell() notes it if it
 * is a farewell; server_closed() returns the exit status for a hang-up.
 * Its limit: it waits for one thing at a time. A line longer than what the
 * kernel stores on its way: the server waits for us to read, we for it to
 * read. No answer to a line: we wait for ever. The server hangs up while we
 * wait for stdin: we see it a line later. 02-fork mends that.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "blocking.h"
#include "input.h"
#include "log.h"
#include "net.h"
#include "options.h"

enum { BUFFER_SIZE = 16 * 1024 };

/* The conversation. stdin is read only when nothing is owed to the server. */
struct conn {
    int fd;
    bool said_all;    /* stdin has ended */
    bool closed;      /* the server has said all */
    const char *owed; /* what was read from stdin, but not sent yet */
    size_t owed_len;
    struct farewell farewell;
};

/* Returns how many bytes came, perhaps no whole line; 0: the server has
 * closed. */
static size_t receive(int fd, char *buffer)
{
    ssize_t n;

    while ((n = recv(fd, buffer, BUFFER_SIZE, 0)) == -1)
        if (errno != EINTR)
            die("receive");
    return (size_t)n;
}

static void print(const char *bytes, size_t len)
{
    if (write_all(STDOUT_FILENO, bytes, len) == -1)
        die("stdout");
}

/* An answer is a line. It may come in pieces: one read is not one line. */
static void print_answer(struct conn *c)
{
    char buffer[BUFFER_SIZE];
    size_t n;

    do {
        n = receive(c->fd, buffer);
        print(buffer, n);
    } while (n > 0 && memchr(buffer, '\n', n) == NULL);
    c->closed = n == 0;
}

static void print_the_rest(struct conn *c)
{
    char buffer[BUFFER_SIZE];
    size_t n;

    while ((n = receive(c->fd, buffer)) > 0)
        print(buffer, n);
    c->closed = true;
}

/* What stdin holds, up to a buffer of it; the end of a line may be missing. */
static void read_input(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

    if (n == -1)
        die("stdin");
    c->said_all = n == 0;
    c->owed = buffer;
    c->owed_len = (size_t)n;
}

static size_t line_len(const char *bytes, size_t len)
{
    const char *newline = memchr(bytes, '\n', len);

    return newline != NULL ? (size_t)(newline - bytes) + 1 : len;
}

/* The server takes no more, for the reason `error`. What it said before may
 * still be on its way to us. */
static void send_failed(struct conn *c, int error)
{
    print_the_rest(c);
    if (error == EPIPE) /* it has closed, and that is all */
        return;
    errno = error;
    die("send");
}

/* A line goes out and its answer comes back. The beginning of a line goes out
 * as well, but only a whole one is answered. */
static void exchange_line(struct conn *c)
{
    size_t len = line_len(c->owed, c->owed_len);
    bool whole = c->owed[len - 1] == '\n';

    if (send_all(c->fd, c->owed, len) == -1) {
        send_failed(c, errno);
        return;
    }
    watch_farewell(&c->farewell, c->owed, len);
    c->owed += len;
    c->owed_len -= len;
    if (whole)
        print_answer(c);
}

int main(int argc, char **argv)
{
    const char *host, *port = "9001";
    struct conn c = {0};

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_client_options(&host, &port, argc, argv);
    c.fd = connect_to(host, port);
    if (c.fd == -1)
        die("cannot connect to %s, port %s", host, port);

    while (!c.said_all && !c.closed) {
        read_input(&c);
        while (c.owed_len > 0 && !c.closed)
            exchange_line(&c);
    }
    if (c.closed)
        return server_closed(&c.farewell, c.owed_len);
    (void)shutdown(c.fd, SHUT_WR); /* if it is lost, the next read says so */
    print_the_rest(&c);
    return EXIT_SUCCESS;
}
