/*
 * tests/compare/floors/epoll.c - the barest echo server around epoll: no
 * bookkeeping, no timeouts, no look at any error. Not to be used as a server:
 * it is the floor that 04, 05 and 06 are measured against.
 *
 * Usage: floor_epoll [ADDRESS [PORT [READ_KIB]]]
 */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "resources.h"

enum { MOST_KIB = 256, READ_KIB = 64, BATCH = 256 };

static char buffer[MOST_KIB * 1024];
static size_t read_size = READ_KIB * 1024;
static int epoll_fd;

static void watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    set_nonblocking(fd);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void echo(int fd)
{
    ssize_t n = read(fd, buffer, read_size);

    if (n <= 0)
        close(fd);
    else
        (void)!write(fd, buffer, (size_t)n);
}

int main(int argc, char **argv)
{
    int listen_fd =
        listen_on(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "0");
    struct epoll_event events[BATCH];

    if (argc > 3 && strtoul(argv[3], NULL, 10) <= MOST_KIB)
        read_size = strtoul(argv[3], NULL, 10) * 1024;
    set_descriptor_limit(0);
    epoll_fd = epoll_create1(0);
    watch(listen_fd);
    if (announce(listen_fd) == -1)
        return 1;
    for (;;) {
        int n = epoll_wait(epoll_fd, events, BATCH, -1);

        for (int i = 0; i < n; i++)
            if (events[i].data.fd == listen_fd)
                watch(accept(listen_fd, NULL, NULL));
            else
                echo(events[i].data.fd);
    }
}
