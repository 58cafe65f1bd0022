/*
 * 01-blocking/server.c - one client after the other.
 *
 *     accept -> recv -> send -> recv -> send -> ... -> close
 *       ^                                                |
 *       +------------------------------------------------+
 *
 * New here: accept, recv, close. Read this file from the bottom.
 * From common/: listen_on() opens the listening socket; accept_verdict() sorts
 * what accept says; session_feed() is the service, bytes in and a reply out;
 * send_reply() sends it; hang_up() ends a talk and loses no reply.
 * Its limit: while A is served, B waits, even when A says nothing at all.
 * 02-fork mends that.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "blocking.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "resources.h"
#include "signals.h"

enum { BUFFER_SIZE = 16 * 1024 };

static struct options options;
static volatile sig_atomic_t client_fd = -1; /* the one on_stop() cuts off */
static int listen_fd = -1;
static volatile sig_atomic_t stops; /* 0: serve, 1: let clients end, 2: end */

/* The first signal closes listen_fd: accept fails, even if it was only about to
 * be called. When the grace is over the client is cut off, and again each
 * second: a client that accept has just returned is not in client_fd yet. */
static void on_stop(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    if (stops == 0) {
        close(listen_fd);
        alarm_in(options.grace_s);
    } else {
        shutdown(client_fd, SHUT_RDWR);
        alarm_in(1);
    }
    stops++;
    errno = saved;
}

/* Talks until the client has said all or has got the last reply: returns 0. Or
 * until the client is lost: returns the errno. */
static int converse(int fd)
{
    char buffer[BUFFER_SIZE];
    struct session session;
    struct reply reply = session_open(&session, options.service);
    ssize_t n;

    if (set_blocking_client(fd, options.idle_timeout_s) == -1)
        return errno;
    if (send_reply(fd, reply, options.work_ms) == -1) /* hello begins */
        return errno;
    do {
        while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
            log_bytes(fd, "read", buffer, (size_t)n);
            reply = session_feed(&session, buffer, (size_t)n);
            if (send_reply(fd, reply, options.work_ms) == -1)
                return errno;
            if (reply.last) {
                hang_up(fd);
                return 0;
            }
        }
    } while (n == -1 && errno == EINTR); /* a handler ran, or Ctrl-Z and fg */
    return n == 0 ? 0 : errno;
}

/* One client, from its first to its last. */
static void attend(int fd)
{
    int error;

    log_connected(fd);
    error = converse(fd);
    log_closed(fd, error);
    close(fd);
}

/* The next client, or -1 when the server is to stop. */
static int accept_client(void)
{
    for (;;) {
        int fd = accept(listen_fd, NULL, NULL);

        if (fd != -1 || stops > 0)
            return fd; /* -1 only after a stop */
        switch (accept_verdict(fd)) {
        case ACCEPT_PAUSE: wait_out_shortage("accept", errno); break;
        case ACCEPT_BROKEN: die("accept");
        default: break; /* that client is gone already: the next one */
        }
    }
}

int main(int argc, char **argv)
{
    long served = 0;

    hold_signals();           /* until catch_stop_signals() lets them in */
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    parse_server_options(&options, argc, argv, "9001");
    listen_fd = listen_on(options.address, options.port);
    if (listen_fd == -1)
        die("cannot serve on %s, port %s", options.address, options.port);
    if (announce(listen_fd) == -1)
        die("cannot announce");
    catch_stop_signals(on_stop);

    client_fd = accept_client();
    while (client_fd != -1) {
        attend(client_fd);
        served++;
        client_fd = accept_client();
    }
    remove_socket();
    log_served(served);
    return 0;
}
