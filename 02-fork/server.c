/*
 * 02-fork/server.c - a process for every client.
 *
 *     parent:    accept -> fork -> close -> accept -> fork -> close -> ...
 *     child A:              +-> recv -> send -> ... -> exit
 *     child B:                                +-> recv -> send -> ... -> exit
 *
 * New here: fork, waitpid, SIGCHLD; who closes which descriptor.
 * From common/: roster_add() keeps the children's numbers; wait_for_signal()
 * sleeps until a handler ran; wait_out_shortage() waits for what is lacking.
 * Its limit: a process for each client, and none knows of another.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocking.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "resources.h"
#include "roster.h"
#include "signals.h"

enum { BUFFER_SIZE = 16 * 1024 };

static struct options options;
static int listen_fd = -1;
static volatile sig_atomic_t stops; /* 0: serve, 1: let clients end, 2: end */
static struct roster children;      /* hold the signals: on_signal() uses it */

/* The first stop closes listen_fd: accept fails, even if it was only about to
 * be called. Children that end together may send one signal for all of them. */
static void on_signal(int number)
{
    int saved = errno;
    pid_t pid;

    if (number != SIGCHLD) {
        if (stops == 0) {
            close(listen_fd);
            alarm_in(options.grace_s);
        }
        stops++;
    }
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        roster_remove(&children, pid);
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

/* Makes a child for the client. Returns when there is room for the next. */
static void start_child(int fd)
{
    pid_t pid;

    hold_signals(); /* a child must not be gone before it is in the roster */
    pid = fork();
    while (pid == -1 && stops == 0) {
        wait_out_shortage("fork", errno);
        pid = fork();
    }
    if (pid == 0) {
        close(listen_fd); /* else the port stays taken after the parent */
        leave_signals_to_parent();
        attend(fd);
        _exit(0); /* exit() would write what the parent's stdio holds */
    }
    close(fd); /* the client sees no end while any copy is open */
    if (pid > 0)
        roster_add(&children, pid);
    while (children.count >= options.max_clients && stops == 0)
        wait_for_signal();
    release_signals();
}

/* Children that are left after the grace are killed. */
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
    int fd, limit;

    hold_signals();           /* until catch_stop_signals() lets them in */
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    parse_server_options(&options, argc, argv, "9002");
    listen_fd = listen_on(options.address, options.port);
    if (listen_fd == -1)
        die("cannot serve on %s, port %s", options.address, options.port);
    limit = set_descriptor_limit(0);
    fit_clients(&options.max_clients, limit);
    if (roster_open(&children, options.max_clients) == -1)
        die("cannot serve %d clients", options.max_clients);
    if (announce(listen_fd) == -1)
        die("cannot announce");
    catch_child_signal(on_signal);
    catch_stop_signals(on_signal);

    fd = accept_client();
    while (fd != -1) {
        start_child(fd);
        served++;
        fd = accept_client();
    }
    drain();
    remove_socket();
    log_served(served);
    return 0;
}
