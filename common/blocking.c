/* common/blocking.c - see blocking.h. */
#include "blocking.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "net.h"

int set_blocking_client(int fd, int seconds)
{
    struct timeval limit = {.tv_sec = seconds};

    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == -1)
        return -1;
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int set_read_limit(int fd, long long ms)
{
    struct timeval limit = {.tv_sec = (time_t)(ms / 1000),
                            .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static int put_all(int fd, bool is_socket, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = is_socket ? send(fd, bytes, len, 0) : write(fd, bytes, len);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int send_all(int fd, const char *bytes, size_t len)
{
    return put_all(fd, true, bytes, len);
}

int send_reply(int fd, struct reply reply, int work_ms)
{
    if (reply.len > 0)
        work(work_ms);
    log_bytes(fd, "write", reply.bytes, reply.len);
    return send_all(fd, reply.bytes, reply.len);
}

int write_all(int fd, const char *bytes, size_t len)
{
    return put_all(fd, false, bytes, len);
}

static void linger(int fd)
{
    long long end_ms = clock_ms() + LINGER_S * 1000;
    char dropped[4096];

    for (;;) {
        long long left_ms = end_ms - clock_ms();
        ssize_t n;

        if (left_ms <= 0 || set_read_limit(fd, left_ms) == -1)
            return;
        n = recv(fd, dropped, sizeof(dropped), 0);
        if (n == 0 || (n == -1 && errno != EINTR))
            return;
    }
}

void hang_up(int fd)
{
    int saved = errno;

    if (shutdown(fd, SHUT_WR) == 0)
        linger(fd);
    errno = saved;
}
