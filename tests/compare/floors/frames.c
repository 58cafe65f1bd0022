/*
 * tests/compare/floors/frames.c - a bare echo server for frames (a length of 4
 * bytes, big-endian, then so many) that writes each frame by itself, as who
 * handles one message after the other would. What 07 gains by writing once for
 * all frames of a read is held against it. As the other floors, it looks at
 * hardly an error. With "nagle", the kernel gathers small writes (tcp(7),
 * TCP_NODELAY).
 *
 * Usage: floor_frames [ADDRESS [PORT [nagle]]]
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "content.h"
#include "net.h"

enum { MOST_FD = 256, BUFFER_SIZE = 64 * 1024, BATCH = 64 };

/* What of a frame has come and is not whole yet. */
static struct conn {
    unsigned char bytes[BUFFER_SIZE];
    size_t len;
} conns[MOST_FD];
static int epoll_fd;

static void accept_client(int listen_fd, int nodelay)
{
    int fd = accept(listen_fd, NULL, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (fd == -1)
        return;
    if (fd >= MOST_FD) {
        close(fd);
        return;
    }
    set_nonblocking(fd);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(nodelay));
    conns[fd].len = 0;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static size_t frame_len(const unsigned char *at)
{
    return FRAME_HEAD + ((size_t)at[0] << 24 | (size_t)at[1] << 16 |
                         (size_t)at[2] << 8 | at[3]);
}

static void echo(int fd)
{
    struct conn *c = &conns[fd];
    ssize_t n = read(fd, c->bytes + c->len, BUFFER_SIZE - c->len);
    size_t at = 0;

    if (n <= 0) {
        close(fd);
        return;
    }
    c->len += (size_t)n;
    while (c->len - at >= FRAME_HEAD &&
           c->len - at >= frame_len(c->bytes + at)) {
        (void)!write(fd, c->bytes + at, frame_len(c->bytes + at));
        at += frame_len(c->bytes + at);
    }
    c->len -= at;
    memmove(c->bytes, c->bytes + at, c->len);
}

int main(int argc, char **argv)
{
    int listen_fd =
        listen_on(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "0");
    int nodelay = !(argc > 3 && strcmp(argv[3], "nagle") == 0);
    struct epoll_event events[BATCH], event = {.events = EPOLLIN};

    event.data.fd = listen_fd;
    epoll_fd = epoll_create1(0);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &event);
    if (announce(listen_fd) == -1)
        return 1;
    for (;;) {
        int n = epoll_wait(epoll_fd, events, BATCH, -1);

        for (int i = 0; i < n; i++)
            if (events[i].data.fd == listen_fd)
                accept_client(listen_fd, nodelay);
            else
                echo(events[i].data.fd);
    }
}
