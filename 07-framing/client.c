/*
 * 07-framing/client.c - the loop of stage 06; each line becomes a message.
 *
 *     stdin:  [line 1][line 2][li..   -->  [frame 1][frame 2]       :server
 *     stdout: [line 1][line 2]        <--  [frame 1][frame 2][fr..  :server
 *
 * New here: lines.h translates both ways; a missing answer is noticed.
 * From common/: write_all() waits for stdout; server_closed() says that the
 * server hung up and returns the exit status.
 * Its limit: a line is kept until its end has come, however long it is.
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
#include "lines.h"
#include "log.h"
#include "net.h"
#include "setup.h"

enum { BUFFER_SIZE = 64 * 1024 };

/* Nothing is read from stdin while anything is owed to the server: so only the
 * lines of one buffer are ever owed. */
struct conn {
    int fd;
    bool said_all;       /* stdin has ended, or cannot be sent */
    bool closed;         /* the server has said all, or cannot be read */
    int write_error;     /* why the server takes no more, or 0 */
    struct buffer owed;  /* frames that are not sent yet */
    struct stream lines; /* what comes from stdin */
    struct stream
        frames; /* what comes from the server; its codec is for both */
};

static int epoll_fd;
static bool
    write_watched; /* whether epoll's list has EPOLLOUT for the server */
static bool input_watched; /* whether it has stdin */
static bool input_is_file; /* epoll refuses stdin: see watch() */
static bool hex;           /* how answers are printed */
static int status;         /* the exit status */

static bool wants_input(const struct conn *c)
{
    return buffer_len(&c->owed) == 0 && !c->said_all;
}

static bool wants_write(const struct conn *c)
{
    return buffer_len(&c->owed) > 0 && c->write_error == 0;
}

static void fail(const char *what, const char *why)
{
    log_always("%s: %s", what, why);
    status = EXIT_FAILURE;
}

/* The half-close waits until nothing is owed: nothing can be sent after it. */
static void half_close_if_done(struct conn *c)
{
    if (c->said_all && buffer_len(&c->owed) == 0)
        (void)shutdown(c->fd, SHUT_WR); /* if it is lost, reading says so */
}

/* An error is kept until all is printed: what the server said before it was
 * lost may still be on its way. */
static void conn_write(struct conn *c)
{
    ssize_t n = send(c->fd, buffer_front(&c->owed), buffer_len(&c->owed), 0);

    if (n == -1 && is_not_now(errno))
        return;
    if (n == -1) {
        c->write_error = errno;
        return;
    }
    buffer_consume(&c->owed, (size_t)n);
    half_close_if_done(c);
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
    c->said_all = n == 0;
    if (!lines_to_frames(&c->lines, buffer, (size_t)n, &c->frames.codec,
                         &c->owed)) {
        fail("stdin", c->lines.decoder.why);
        c->said_all = true; /* the lines before it are sent all the same */
    }
    if (wants_write(c))
        conn_write(c);
    else
        half_close_if_done(c);
}

/* The reader of our stdout may be slow: then we are slow too, and the server
 * waits. */
static void conn_read(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    struct buffer text = {0};
    ssize_t n = recv(c->fd, buffer, sizeof(buffer), 0);

    if (n == -1 && is_not_now(errno))
        return;
    if (n == -1)
        die("receive");
    c->closed = n == 0;
    if (!frames_to_lines(&c->frames, buffer, (size_t)n, hex, &text)) {
        fail("receive", c->frames.decoder.why);
        c->closed = true; /* the lines before it are printed all the same */
    }
    if (write_all(STDOUT_FILENO, buffer_front(&text), buffer_len(&text)) == -1)
        die("stdout");
    buffer_free(&text);
}

/* Returns the exit status of the client. */
static int conn_close(struct conn *c)
{
    size_t unsent = buffer_len(&c->owed) + buffer_len(&c->lines.begun);
    struct farewell none = {0}; /* frames have no farewell word */

    close(c->fd);
    if (c->write_error != 0 && c->write_error != EPIPE) {
        errno = c->write_error;
        die("send");
    }
    if (c->frames.decoder.why != NULL)
        return status; /* nothing can be known of what follows a bad frame */
    if (!c->said_all)
        status = server_closed(&none, unsent);
    if (buffer_len(&c->frames.begun) > 0)
        fail("receive", "truncated frame");
    else if (c->frames.frames < c->lines.frames)
        fail("receive", "an answer is missing");
    return status;
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
    static struct conn c; /* static: its buffers are reachable at exit */
    const char *host, *port = "9007";

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_framed_client(&host, &port, &c.frames.codec, &hex, argc, argv);
    c.lines = lines_for(&c.frames.codec);
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
