/*
 * 02-fork/client.c - one process sends, the other receives.
 *
 *     child:     stdin  -> read -> send -> socket -> shutdown, exit
 *     parent:    stdout <- write <- recv <- socket <- ... until the server
 *                closes; then it ends the child and reaps it
 *
 * New here: both directions at once, by a process for each.
 * From common/: send_watched() sends all and notes a farewell in it;
 * server_closed() says that the server hung up and returns the exit status;
 * catch_server_closed() and hold_signals() are about the signals between both.
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

static int input_fd;                 /* stdin again: on_closed() closes it */
static volatile sig_atomic_t closed; /* the server has said all */
static pid_t sender;

/* The sender is told that the server has closed: a read of stdin that waits
 * fails, and so does one that was only about to begin. */
static void on_closed(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    closed = 1;
    close(input_fd);
    errno = saved;
}

/* The receiver is to end: a sender left alone would go on reading stdin. */
static void on_stop(int signal_number)
{
    kill(sender, SIGKILL);
    signal(signal_number, SIG_DFL);
    raise(signal_number); /* takes effect when this handler returns */
}

/* stdin is sent, until it ends or the server has closed. Returns the exit
 * status of a client whose receiving goes well. */
static int send_input(int fd)
{
    static char buffer[BUFFER_SIZE];
    struct farewell farewell = {0};
    ssize_t n;

    while ((n = read(input_fd, buffer, sizeof(buffer))) > 0) {
        size_t unsent = send_watched(fd, &farewell, buffer, (size_t)n);

        if (unsent == 0)
            continue;
        if (errno == EPIPE) /* the server closed while we had more to say */
            return server_closed(&farewell, unsent);
        log_error("send");
        return EXIT_FAILURE;
    }
    if (n == 0) /* stdin has ended */
        return EXIT_SUCCESS;
    if (closed) /* on_closed() took stdin away while we waited for it */
        return server_closed(&farewell, 0);
    log_error("stdin");
    return EXIT_FAILURE;
}

/* Answers are printed until the server closes. Returns false if that went
 * wrong. */
static bool receive_answers(int fd)
{
    static char buffer[BUFFER_SIZE];
    ssize_t n;

    while ((n = recv(fd, buffer, sizeof(buffer), 0)) != 0) {
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1) {
            log_error("receive");
            return false;
        }
        if (write_all(STDOUT_FILENO, buffer, (size_t)n) == -1) {
            log_error("stdout");
            return false;
        }
    }
    return true;
}

/* The child closes stdout and the parent stdin: a copy that is left open
 * somewhere keeps a pipe from ending. */
static _Noreturn void live_as_sender(int fd)
{
    int status;

    close(STDOUT_FILENO);
    release_signals();
    status = send_input(fd);
    (void)shutdown(fd, SHUT_WR); /* if it is lost, the receiver says so */
    _exit(status);               /* not exit(): what stdio holds is not ours */
}

static void start_sender(int fd)
{
    catch_server_closed(on_closed);
    input_fd = dup(STDIN_FILENO);
    if (input_fd == -1)
        die("dup");
    hold_signals(); /* until on_stop() knows the sender */
    sender = fork();
    if (sender == -1)
        die("cannot start a sender");
    if (sender == 0)
        live_as_sender(fd);
    close(STDIN_FILENO);
    close(input_fd);
    catch_stop_signals(on_stop);
}

/* The sender may wait for stdin, or for the server to take more: the signal
 * ends the one, the shutdown the other. Returns its exit status. */
static int end_sender(int fd, int signal_number)
{
    int status;

    (void)shutdown(fd, SHUT_RDWR); /* if it is lost, that is as good */
    kill(sender, signal_number);
    hold_signals(); /* on_stop() must not kill the number of one reaped */
    while (waitpid(sender, &status, 0) == -1)
        if (errno != EINTR)
            die("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *host, *port = "9002";
    bool received;
    int fd, status;

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_client_options(&host, &port, argc, argv);
    fd = connect_to(host, port);
    if (fd == -1)
        die("cannot connect to %s, port %s", host, port);

    start_sender(fd);
    received = receive_answers(fd);
    status = end_sender(fd, received ? SIGUSR1 : SIGKILL);
    return received ? status : EXIT_FAILURE;
}
