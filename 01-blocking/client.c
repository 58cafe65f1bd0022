/*
 * 01-blocking/client.c - a line out, a line back.
 *
 *     stdin -> read -> send -> socket -> recv -> write -> stdout
 *               ^                                  |
 *               +----------------------------------+
 *
 * New here: connect, and shutdown, which says "I have said all".
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

static const char *unsent; /* what was read from stdin, but not sent yet */
static size_t unsent_len;
static struct farewell farewell;

/* Prints what the server says, to the end of a line (which may come in pieces:
 * one read is not one line) or `to_end` of all. False: it has closed. */
static bool print_answer(int fd, bool to_end)
{
    char buffer[BUFFER_SIZE];
    ssize_t n;

    while ((n = recv(fd, buffer, sizeof(buffer), 0)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            die("receive");
        if (write_all(STDOUT_FILENO, buffer, (size_t)n) == -1)
            die("stdout");
        if (!to_end && memchr(buffer, '\n', (size_t)n) != NULL)
            return true;
    }
    return false;
}

static size_t line_len(const char *bytes, size_t len)
{
    const char *newline = memchr(bytes, '\n', len);

    return newline != NULL ? (size_t)(newline - bytes) + 1 : len;
}

/* As much as there is, perhaps no whole line. False: stdin has ended. */
static bool read_input(void)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

    if (n == -1)
        die("stdin");
    unsent = buffer;
    unsent_len = (size_t)n;
    return n > 0;
}

/* What it said before may still be on its way to us. Returns false. */
static bool print_last_words(int fd, int error)
{
    (void)print_answer(fd, true);
    errno = error;
    if (error != EPIPE)
        die("send");
    return false;
}

/* A line, or the part of it that we have. False: the server has closed. */
static bool exchange_line(int fd)
{
    size_t len = line_len(unsent, unsent_len);

    if (send_all(fd, unsent, len) == -1)
        return print_last_words(fd, errno);
    watch_farewell(&farewell, unsent, len);
    unsent += len;
    unsent_len -= len;
    return unsent[-1] != '\n' || print_answer(fd, false);
}

int main(int argc, char **argv)
{
    const char *host, *port = "9001";
    int fd;

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_client_options(&host, &port, argc, argv);
    fd = connect_to(host, port);
    if (fd == -1)
        die("cannot connect to %s, port %s", host, port);

    while (read_input())
        while (unsent_len > 0)
            if (!exchange_line(fd))
                return server_closed(&farewell, unsent_len);
    (void)shutdown(fd, SHUT_WR); /* if it is lost, the next read says so */
    (void)print_answer(fd, true);
    return EXIT_SUCCESS;
}
