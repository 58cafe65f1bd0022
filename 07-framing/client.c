/*
 * 07-framing/client.c - the loop of stage 06; each line becomes a message.
 *
 *     stdin:  [line 1][line 2][li..   -->  [frame 1][frame 2]       :server
 *     stdout: [line 1][line 2]        <--  [frame 1][frame 2][fr..  :server
 *
 * New here: lines.h translates both ways; answers can be counted.
 * Its limit: a line is kept until its end has come, however long it is.
 */
#include <errno.h>
#include <signal.h>
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

/* Nothing is read from stdin while anything is owed to the server: so no more
 * than a buffer's lines is ever owed. */
struct conn {
    int fd;
    bool said_all;        /* stdin has ended, or cannot be sent */
    int write_error;      /* why the server takes no more, or 0 */
    struct buffer owed;   /* frames that are not sent yet */
    struct stream input;  /* lines */
    struct stream output; /* frames */
};

static int epoll_fd;
static bool is_file; /* stdin is always ready: epoll refuses to watch it */
static bool hex;     /* how answers are printed */
static int status;   /* of the client */

static bool wants_input(const struct conn *c)
{
    return buffer_len(&c->owed) == 0 && !c->said_all;
}

static bool wants_write(const struct conn *c)
{
    return buffer_len(&c->owed) > 0 && c->write_error == 0;
}

static int fail(const char *what, const char *why)
{
    log_always("%s: %s", what, why);
    return status = EXIT_FAILURE;
}

/* What the server said before it was lost may still be on its way: an error
 * is kept until that is printed. */
static void conn_write(struct conn *c)
{
    if (wants_write(c)) {
        ssize_t n =
            send(c->fd, buffer_front(&c->owed), buffer_len(&c->owed), 0);

        if (n > 0)
            buffer_consume(&c->owed, (size_t)n);
        else if (errno != EAGAIN && errno != EINTR)
            c->write_error = errno;
    }
    if (c->said_all && buffer_len(&c->owed) == 0)
        (void)shutdown(c->fd, SHUT_WR); /* if it is lost, reading says so */
}

/* stdin stays blocking. O_NONBLOCK would hold for all who share its open file
 * description, the shell among them (open(2)). */
static void read_input(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

    if (n == -1 && errno != EAGAIN && errno != EINTR)
        die("stdin");
    c->said_all = n == 0;
    if (n >= 0 && !lines_to_frames(&c->input, buffer, (size_t)n,
                                   &c->output.codec, &c->owed)) {
        fail("stdin", c->input.decoder.why);
        c->said_all = true; /* but the lines before are sent */
    }
    conn_write(c);
}

/* False: the server has closed, or speaks another language. Who reads our
 * stdout may be slow: then we are slow too, and the server waits. */
static bool conn_read(struct conn *c)
{
    static char buffer[BUFFER_SIZE];
    struct buffer lines = {0};
    ssize_t n = recv(c->fd, buffer, sizeof(buffer), 0);

    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n == -1)
        die("receive");
    if (!frames_to_lines(&c->output, buffer, (size_t)n, hex, &lines))
        fail("receive", c->output.decoder.why);
    if (write_all(STDOUT_FILENO, buffer_front(&lines), buffer_len(&lines)) != 0)
        die("stdout");
    buffer_free(&lines);
    return n > 0 && c->output.decoder.why == NULL;
}

/* Returns the exit status of the client. */
static int conn_close(struct conn *c)
{
    size_t unsent = buffer_len(&c->owed) + buffer_len(&c->input.begun);

    close(c->fd);
    errno = c->write_error;
    if (errno != 0 && errno != EPIPE)
        die("send");
    if (c->output.decoder.why != NULL)
        return status; /* what else is missing, is missing for that */
    if (!c->said_all)
        status = server_closed(&(struct farewell){0}, unsent);
    if (buffer_len(&c->output.begun) > 0)
        return fail("receive", "truncated frame");
    if (c->output.frames < c->input.frames)
        return fail("receive", "an answer is missing");
    return status;
}

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
    static struct conn c; /* what is still in it at the end, the end frees */
    const char *host, *port = "9007";

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_framed_client(&host, &port, &c.output.codec, &hex, argc, argv);
    c.input = lines_for(&c.output.codec);
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
