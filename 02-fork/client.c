/*
 * 02-fork/client.c - one process sends, the other receives.
 *
 *     child:     stdin  -> read -> send -> socket -> shutdown, exit
 *     parent:    stdout <- write <- recv <- socket <- ... until the server
 *                closes; then it ends the child and reaps it
 *
 * New here: both directions at once, by a process for each.
 * Its limit: what one of them knows must be told the other, by a signal and
 * an exit status. 03-pthread does it in one process.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocking.h"
#include "input.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "signals.h"

enum { BUFFER_SIZE = 16 * 1024 };

static int input_fd;                /* stdin once more, for on_closed() */
static volatile sig_atomic_t ended; /* the server has closed */
static pid_t sender;

/* In the sender: a read of stdin that waits fails, and so does one that was
 * only about to begin. */
static void on_closed(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    ended = 1;
    close(input_fd);
    errno = saved;
}

/* In the receiver: a sender left alone would go on reading stdin. */
static void on_stop(int signal_number)
{
    kill(sender, SIGKILL);
    signal(signal_number, SIG_DFL);
    raise(signal_number); /* takes effect when this handler returns */
}

/* What stdin says, until it ends or the server has closed. Returns the exit
 * status of a client whose receiving goes well. */
static int send_input(int fd)
{
    static char buffer[BUFFER_SIZE];
    struct farewell farewell = {0};
    size_t unsent = 0;
    ssize_t n = 0;
    int status = EXIT_SUCCESS;

    while (unsent == 0 && (n = read(input_fd, buffer, sizeof(buffer))) > 0)
        unsent = send_watched(fd, &farewell, buffer, (size_t)n);
    if (unsent > 0 ? errno == EPIPE : n == -1 && ended) {
        status = server_closed(&farewell, unsent);
    } else if (n != 0) {
        log_error(unsent > 0 ? "send" : "stdin");
        status = EXIT_FAILURE;
    }
    (void)shutdown(fd, SHUT_WR); /* if it is lost, the receiver says so */
    return status;
}

/* What the server says, until it closes. False: that went wrong. */
static bool receive_answers(int fd)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n;

    while ((n = recv(fd, buffer, sizeof(buffer), 0)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1 || write_all(STDOUT_FILENO, buffer, (size_t)n) == -1) {
            log_error(n == -1 ? "receive" : "stdout");
            return false;
        }
    }
    return true;
}

/* The child never returns. Each closes what is the other's: a copy of stdin
 * or stdout that is left open somewhere keeps a pipe from ending. */
static void start_sender(int fd)
{
    catch_server_closed(on_closed);
    input_fd = dup(STDIN_FILENO);
    hold_signals(); /* until on_stop() knows the sender */
    sender = input_fd == -1 ? -1 : fork();
    if (sender == -1)
        die("cannot start a sender");
    if (sender == 0) {
        close(STDOUT_FILENO);
        release_signals();
        _exit(send_input(fd));
    }
    close(STDIN_FILENO);
    close(input_fd);
    catch_stop_signals(on_stop);
}

/* It may wait for stdin, or for the server to take more: the signal ends the
 * one, the shutdown the other. Returns its exit status. */
static int end_sender(int fd, int signal_number)
{
    int status;

    (void)shutdown(fd, SHUT_RDWR); /* if it is lost, that is as good */
    kill(sender, signal_number);
    while (waitpid(sender, &status, 0) == -1)
        if (errno != EINTR)
            die("waitpid");
    hold_signals(); /* its number may be another process's now */
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *host, *port = "9002";
    bool received;
    int fd, sent;

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_client_options(&host, &port, argc, argv);
    fd = connect_to(host, port);
    if (fd == -1)
        die("cannot connect to %s, port %s", host, port);

    start_sender(fd);
    received = receive_answers(fd);
    sent = end_sender(fd, received ? SIGUSR1 : SIGKILL);
    return received ? sent : EXIT_FAILURE;
}
