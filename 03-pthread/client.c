/*
 * 03-pthread/client.c - one thread sends, the other receives.
 *
 *     thread:    stdin  -> read -> send -> socket -> shutdown, return
 *     main:      stdout <- write <- recv <- socket <- ... until the server
 *                closes; then it ends the thread and joins it
 *
 * New here: two threads share one socket; the status is handed over by join.
 * From common/: send_watched() sends all and notes a farewell in it;
 * server_closed() says that the server hung up and returns the exit status.
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

static int input_fd;                 /* stdin again: on_closed() closes it */
static volatile sig_atomic_t closed; /* the server has said all */
static pthread_t sender;

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

/* The status goes out as a pointer, as the descriptor came in: the value
 * itself, so nobody need keep it in memory for the other. */
static void *live_as_sender(void *argument)
{
    int fd = (int)(intptr_t)argument;
    int status = send_input(fd);

    (void)shutdown(fd, SHUT_WR); /* if it is lost, the receiver says so */
    return (void *)(intptr_t)status;
}

/* pthread calls return their error; die() looks for it in errno. */
static void start_sender(int fd)
{
    void *argument = (void *)(intptr_t)fd;

    catch_server_closed(on_closed);
    input_fd = dup(STDIN_FILENO);
    if (input_fd == -1)
        die("dup");
    errno = pthread_create(&sender, NULL, live_as_sender, argument);
    if (errno != 0)
        die("pthread_create");
}

/* The sender may wait for stdin, or for the server to take more: the signal
 * ends the one, the shutdown the other. Returns its status. */
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
    bool received;
    int fd;

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE, not death */
    parse_client_options(&host, &port, argc, argv);
    fd = connect_to(host, port);
    if (fd == -1)
        die("cannot connect to %s, port %s", host, port);

    start_sender(fd);
    received = receive_answers(fd);
    if (!received) {
        (void)pthread_detach(sender); /* the end of the process is its end */
        return EXIT_FAILURE;
    }
    return end_sender(fd);
}
