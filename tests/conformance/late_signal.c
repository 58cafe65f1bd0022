/*
 * tests/conformance/late_signal.c - preloaded into a server, it raises SIGTERM
 * in the worst moment: after the server's last look at whether it is to stop,
 * before the call in which it then waits. There, by itself, a signal comes
 * once in a million stops.
 *
 * It does so once, at the first wait that begins while the file named by
 * LATE_SIGNAL exists, and removes the file. If a port stands in the file, a
 * client connects to it after the signal: the wait then finds the server to
 * be stopped and a client to be accepted at once.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/epoll.h>
#endif

/* Not from sys/socket.h: under _GNU_SOURCE, which RTLD_NEXT needs, glibc
 * declares the address as a union that no definition can repeat in ISO C.
 * socklen_t, which is there too, is an unsigned int in glibc and musl. */
struct sockaddr;
int accept(int fd, struct sockaddr *restrict address,
           unsigned int *restrict len);

void late_knock(int port); /* late_knock.c, where sys/socket.h is no trouble */

static void raise_if_asked(void)
{
    const char *file = getenv("LATE_SIGNAL");
    int saved = errno;
    int port = 0;
    FILE *f = file != NULL ? fopen(file, "re") : NULL;

    if (f != NULL) {
        if (fscanf(f, "%d", &port) != 1)
            port = 0;
        fclose(f);
        if (unlink(file) == 0) {
            raise(SIGTERM);
            if (port != 0)
                late_knock(port);
        }
    }
    errno = saved;
}

/* ISO C has no conversion from dlsym's pointer to one of a function. */
static void find(const char *name, void *function, size_t size)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    if (symbol == NULL)
        abort();
    memcpy(function, &symbol, size);
}

int accept(int fd, struct sockaddr *restrict address,
           unsigned int *restrict len)
{
    int (*real)(int, struct sockaddr *, unsigned int *);

    find("accept", &real, sizeof(real));
    raise_if_asked();
    return real(fd, address, len);
}

int sem_wait(sem_t *semaphore)
{
    int (*real)(sem_t *);

    find("sem_wait", &real, sizeof(real));
    raise_if_asked();
    return real(semaphore);
}

int select(int n, fd_set *restrict r, fd_set *restrict w, fd_set *restrict x,
           struct timeval *restrict limit)
{
    int (*real)(int, fd_set *, fd_set *, fd_set *, struct timeval *);

    find("select", &real, sizeof(real));
    raise_if_asked();
    return real(n, r, w, x, limit);
}

int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    int (*real)(struct pollfd *, nfds_t, int);

    find("poll", &real, sizeof(real));
    raise_if_asked();
    return real(fds, n, timeout_ms);
}

#ifdef __linux__
int epoll_wait(int fd, struct epoll_event *events, int n, int timeout_ms)
{
    int (*real)(int, struct epoll_event *, int, int);

    find("epoll_wait", &real, sizeof(real));
    raise_if_asked();
    return real(fd, events, n, timeout_ms);
}
#endif
