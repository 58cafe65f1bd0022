/*
 * 01-blocking/server.c - one client after the other.
 *
 *     accept -> recv -> send -> recv -> send -> ... -> close
 *       ^                                                |
 *       +------------------------------------------------+
 *
 * New here: accept, recv, close. Read this file from the bottom.
 * Its limit: while A is served, B waits, even when A says nothing at all.
 * 02-fork mends that.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "net.h"
#include "options.h"
#include "signals.h"

enum { BUFFER_SIZE = 16 * 1024 };

static struct options options;
static volatile sig_atomic_t client_fd = -1; /* whom on_stop() may cut off */
static int listen_fd = -1;
static volatile sig_atomic_t stops; /* 0: serve, 1: let end, 2: end */

/* Once stopped, accept fails, even if it was about to be called. After the
 * grace the client is cut off; again each second, for accept may have
 * returned one who is not in client_fd yet. */
static void on_stop(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    if (stops++ == 0) {
        close(listen_fd);
        start_grace(options.grace_s);
    } else {
        shutdown(client_fd, SHUT_RDWR);
        start_grace(1);
    }
    errno = saved;
}

/* Talks to one client until it has said all, is lost, or got the last reply. */
static void converse(int fd)
{
    char buffer[BUFFER_SIZE];
    struct session session;
    struct reply reply = session_open(&session, options.service);
    ssize_t n = set_blocking_client(fd, options.idle_timeout_s);

    log_connected(fd);
    while (n != -1) { /* a service may speak first, as hello does */
        (void)work(reply.len > 0 ? options.work_ms : 0);
        log_bytes(fd, "write", reply.bytes, reply.len);
        n = send_all(fd, reply.bytes, reply.len);
        if (n == -1 || reply.last)
            break;
        while ((n = recv(fd, buffer, sizeof(buffer), 0)) == -1 &&
               errno == EINTR)
            continue;
        if (n <= 0)
            break;
        log_bytes(fd, "read", buffer, (size_t)n);
        reply = session_feed(&session, buffer, (size_t)n);
    }
    if (reply.last && n != -1)
        hang_up(fd);
    log_closed(fd, n == -1 ? errno : 0);
}

/* The next client, or -1 when the server is to stop. */
static int accept_client(void)
{
    int fd;

    while ((fd = accept(listen_fd, NULL, NULL)) == -1 && stops == 0) {
        switch (accept_verdict(fd)) {
        case ACCEPT_PAUSE: wait_out_shortage("accept"); break;
        case ACCEPT_BROKEN: die("accept");
        default: break; /* that client is gone already: the next one */
        }
    }
    return fd;
}

int main(int argc, char **argv)
{
    long served = 0;

    hold_signals();
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    parse_server_options(&options, argc, argv, "9001");
    listen_fd = listen_on(options.address, options.port);
    if (listen_fd == -1 || announce(listen_fd) == -1)
        die("cannot serve on %s, port %s", options.address, options.port);
    catch_stop_signals(on_stop);

    while ((client_fd = accept_client()) != -1) {
        converse(client_fd);
        close(client_fd);
        served++;
    }
    remove_socket();
    log_served(served);
    return 0;
}
