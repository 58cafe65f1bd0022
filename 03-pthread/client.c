/*
 * 03-pthread/client.c - one thread sends, the other receives.
 *
 *     thread:    stdin  -> read -> send -> socket -> shutdown, return
 *     main:      stdout <- write <- recv <- socket <- ... until the server
 *                closes; then it ends the thread and joins it
 *
 * New here: two threads share one socket; the status is handed over by join.
 * Its limit: a thread for every thing to wait for. 04-select waits for two
 * things in one.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "blocking.h"
#include "input.h"
#include "log.h"
#include "net.h"
#include "options.h"

enum { BUFFER_SIZE = 16 * 1024 };

static int input_fd;                /* stdin once more, for on_closed() */
static volatile sig_atomic_t ended; /* the server has closed */
static pthread_t sender;

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

static void *live_as_sender(void *argument)
{
    int fd = (int)(intptr_t)argument;

    return (void *)(intptr_t)send_input(fd);
}

static void start_sender(int fd)
{
    catch_server_closed(on_closed);
    input_fd = dup(STDIN_FILENO);
    if (input_fd != -1)
        errno =
            pthread_create(&sender, NULL, live_as_sender, (void *)(intptr_t)fd);
    if (input_fd == -1 || errno != 0)
        die("pthread_create");
}

/* It may wait for stdin, or for the server to take more: the signal ends the
 * one, the shutdown the other. Returns its status. */
static int end_sender(int fd)
{
    void *status;

    (void)shutdown(fd, SHUT_RDWR);       /* if it is lost, that is as good */
    (void)pthread_kill(sender, SIGUSR1); /* if it has ended, likewise */
    errno = pthread_join(sender, &status);
    if (errno != 0)
        die("pthread_join");
    return (int)(intptr_t)status;
}

int main(int argc, char **argv)
{
    const char *host, *port = "9003";
    int fd;

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_client_options(&host, &port, argc, argv);
    fd = connect_to(host, port);
    if (fd == -1)
        die("cannot connect to %s, port %s", host, port);

    start_sender(fd);
    if (receive_answers(fd))
        return end_sender(fd);
    (void)pthread_detach(sender); /* the end of the process is its end */
    return EXIT_FAILURE;
}
