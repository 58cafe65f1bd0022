/*
 * 02-fork/server.c - a process for every client.
 *
 *     parent:    accept -> fork -> close -> accept -> fork -> close -> ...
 *     child A:              +-> recv -> send -> ... -> exit
 *     child B:                                +-> recv -> send -> ... -> exit
 *
 * New here: fork, waitpid, SIGCHLD; who closes which descriptor.
 * Its limit: a process for each client, and none knows of another.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "net.h"
#include "options.h"
#include "roster.h"
#include "signals.h"

enum { BUFFER_SIZE = 16 * 1024 };

static struct options options;
static int listen_fd = -1;
static volatile sig_atomic_t stops; /* 0: serve, 1: let end, 2: end */
static struct roster children; /* on_signal() changes it: hold the signals */

/* Once stopped, accept fails, even if it was about to be called. Children are
 * reaped in a loop: several that end together may make one signal only. */
static void on_signal(int number)
{
    int saved = errno;
    pid_t pid;

    if (number != SIGCHLD && stops++ == 0) {
        close(listen_fd);
        start_grace(options.grace_s);
    }
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        roster_remove(&children, pid);
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

/* Returns when there is a place for the next one. */
static void serve_client(int fd)
{
    pid_t pid;

    hold_signals(); /* a child must not be gone before it is in the roster */
    while ((pid = fork()) == -1 && stops == 0)
        wait_out_shortage("fork");
    if (pid == 0) {
        close(listen_fd); /* or the port stays taken when the parent is gone */
        leave_signals_to_parent();
        converse(fd);
        _exit(0); /* not exit(): what stdio holds is the parent's to write */
    }
    close(fd); /* while any copy is open, the client sees no end */
    if (pid > 0)
        roster_add(&children, pid);
    while (children.count >= options.max_clients && stops == 0)
        wait_for_signal();
    release_signals();
}

static void drain(void)
{
    hold_signals();
    while (children.count > 0 && stops == 1)
        wait_for_signal();
    for (int i = 0; i < children.count; i++)
        kill(children.members[i], SIGKILL);
    while (children.count > 0)
        wait_for_signal();
}

int main(int argc, char **argv)
{
    long served = 0;
    int fd;

    hold_signals();
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    parse_server_options(&options, argc, argv, "9002");
    listen_fd = listen_on(options.address, options.port);
    (void)fit_clients(&options, 0);
    if (listen_fd == -1 || roster_open(&children, options.max_clients) == -1 ||
        announce(listen_fd) == -1)
        die("cannot serve on %s, port %s", options.address, options.port);
    catch_child_signal(on_signal);
    catch_stop_signals(on_signal);

    while ((fd = accept_client()) != -1) {
        serve_client(fd);
        served++;
    }
    drain();
    remove_socket();
    log_served(served);
    return 0;
}
