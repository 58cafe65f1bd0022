/*
 * tests/compare/floors/fork.c - the barest echo server with a process for each
 * client: no look at any error. The floor that 02 is measured against.
 *
 * Usage: floor_fork [ADDRESS [PORT]]
 */
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

enum { BUFFER_SIZE = 16 * 1024 };

static void echo(int fd)
{
    char buffer[BUFFER_SIZE];
    ssize_t n;

    while ((n = read(fd, buffer, sizeof(buffer))) > 0)
        (void)!write(fd, buffer, (size_t)n);
}

int main(int argc, char **argv)
{
    int listen_fd =
        listen_on(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "0");

    signal(SIGCHLD, SIG_IGN); /* so that nobody waits for the children */
    if (announce(listen_fd) == -1)
        return 1;
    for (;;) {
        int fd = accept(listen_fd, NULL, NULL);

        if (fork() == 0) {
            echo(fd);
            _exit(0);
        }
        close(fd);
    }
}
