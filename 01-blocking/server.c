/*
 * 01-blocking/server.c - one client after the other.
 *
 *     accept -> read -> write -> read -> write -> ... -> close
 *       ^                                                  |
 *       +--------------------------------------------------+
 *
 * New here: accept, read, write, close; the sockets are set up in
 * common/net.c. Read this file from the bottom.
 *
 * Its limit: while A is served, B waits, even when A says nothing at all.
 * 02-fork mends that.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "service.h"
#include "signals.h"

enum { BUFFER_SIZE = 16 * 1024 };

static struct options options;
static int listen_fd = -1;
static volatile sig_atomic_t stops;          /* 0: serve, 1: let end, 2: end */
static volatile sig_atomic_t client_fd = -1; /* whom on_stop() may cut off */

/* Nobody new comes from here on: accept fails now, even if it was about to be
 * called. The conversation at hand gets the grace, then it is cut off; again
 * and again, should client_fd have been set a moment too late. */
static void on_stop(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    if (stops++ == 0) {
        close(listen_fd);
        alarm((unsigned)options.grace_s);
    }
    if (stops > 1 || options.grace_s == 0) {
        shutdown(client_fd, SHUT_RDWR);
        alarm(1);
    }
    errno = saved;
}

/* False: the client is lost. */
static bool say(int fd, struct reply reply)
{
    work(reply.len > 0 ? options.work_ms : 0);
    log_bytes(fd, "write", reply.bytes, reply.len);
    if (write_all(fd, reply.bytes, reply.len) == 0)
        return true;
    log_failed(fd, "write");
    return false;
}

/* How many bytes came; 0: the client has said all, -1: it is lost. */
static ssize_t hear(int fd, char *buffer, size_t size)
{
    ssize_t n;

    do
        n = read(fd, buffer, size);
    while (n == -1 && errno == EINTR);
    if (n == -1)
        log_failed(fd, "read");
    else
        log_bytes(fd, "read", buffer, (size_t)n);
    return n;
}

static void converse(int fd)
{
    char buffer[BUFFER_SIZE];
    struct session session;
    struct reply reply = session_open(&session, options.service);
    ssize_t n;

    while (say(fd, reply) && !reply.last) {
        n = hear(fd, buffer, sizeof(buffer));
        if (n <= 0)
            return;
        reply = session_feed(&session, buffer, (size_t)n);
    }
    if (reply.last)
        hang_up(fd);
}

/* The next client, or -1 when the server is to stop. */
static int accept_client(void)
{
    while (stops == 0) {
        int fd = accept(listen_fd, NULL, NULL);

        if (fd != -1)
            return fd;
        switch (accept_verdict(errno)) {
        case ACCEPT_NOBODY:
        case ACCEPT_RETRY:
            break;
        case ACCEPT_PAUSE:
            log_shortage("accept");
            pause_ms(ACCEPT_PAUSE_MS);
            break;
        case ACCEPT_BROKEN:
            if (stops == 0)
                die("accept");
        }
    }
    return -1;
}

static void serve_client(int fd)
{
    client_fd = fd;
    log_connected(fd);
    if (set_blocking_client(fd, options.idle_timeout_s) == 0)
        converse(fd);
    client_fd = -1;
    close(fd);
    log_closed(fd);
}

int main(int argc, char **argv)
{
    long served = 0;
    int fd;

    hold_signals();
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    parse_server_options(&options, argc, argv, "9001");
    listen_fd = listen_on(options.address, options.port);
    if (listen_fd == -1)
        die("cannot listen on %s, port %s", options.address, options.port);
    if (announce(listen_fd) == -1)
        die("cannot write to stdout");
    catch_stop_signals(on_stop);
    release_signals();

    while ((fd = accept_client()) != -1) {
        serve_client(fd);
        served++;
    }
    remove_socket();
    log_served(served);
    return EXIT_SUCCESS;
}
