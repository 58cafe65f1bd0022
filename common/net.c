/* common/net.c - see net.h. */
#include "net.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char unix_prefix[] = "unix:";

/* The Unix socket that is ours to remove. */
static char socket_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
static struct stat socket_file;

static bool is_unix(const char *address)
{
    return strncmp(address, unix_prefix, sizeof(unix_prefix) - 1) == 0;
}

static void close_keeping_errno(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}

static void set_option(int fd, int level, int option)
{
    int on = 1;

    /* A socket without it serves as well, only less politely. */
    (void)setsockopt(fd, level, option, &on, sizeof(on));
}

/* -1 and errno for a getaddrinfo failure: there is no errno for "no such
 * host", and this one says that the address cannot be had. */
static struct addrinfo *resolve(const char *host, const char *port, int flags)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int error = getaddrinfo(host, port, &hints, &list);

    if (error == 0)
        return list;
    if (error == EAI_AGAIN)
        errno = EAGAIN;
    else if (error == EAI_MEMORY)
        errno = ENOMEM;
    else if (error != EAI_SYSTEM)
        errno = EADDRNOTAVAIL;
    return NULL;
}

static void free_addresses(struct addrinfo *list)
{
    int saved = errno;

    if (list != NULL)
        freeaddrinfo(list);
    errno = saved;
}

static int unix_address(const char *address, struct sockaddr_un *un)
{
    const char *path = address + sizeof(unix_prefix) - 1;
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(un->sun_path)) {
        errno = len == 0 ? ENOENT : ENAMETOOLONG;
        return -1;
    }
    *un = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(un->sun_path, path, len);
    return 0;
}

static int open_socket(int family)
{
    int fd = socket(family, SOCK_STREAM, 0);

    if (fd != -1 && fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) {
        close_keeping_errno(fd);
        return -1;
    }
    return fd;
}

/* A path is stale if a socket stands there and nobody answers. A server with
 * a full backlog does answer: its EAGAIN is not ECONNREFUSED (unix(7)). */
static bool is_stale(const struct sockaddr_un *un)
{
    struct stat file;
    bool refused;
    int fd;

    if (lstat(un->sun_path, &file) == -1 || !S_ISSOCK(file.st_mode))
        return false;
    fd = open_socket(AF_UNIX);
    if (fd == -1)
        return false;
    refused = set_nonblocking(fd) == 0 &&
              connect(fd, (const struct sockaddr *)un, sizeof(*un)) == -1 &&
              errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static int bind_unix(int fd, const struct sockaddr_un *un)
{
    const struct sockaddr *address = (const struct sockaddr *)un;

    if (bind(fd, address, sizeof(*un)) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return -1;
    if (is_stale(un) && unlink(un->sun_path) == 0)
        return bind(fd, address, sizeof(*un));
    errno = EADDRINUSE;
    return -1;
}

static int listen_unix(const char *address)
{
    struct sockaddr_un un;
    int fd;

    if (unix_address(address, &un) == -1)
        return -1;
    fd = open_socket(AF_UNIX);
    if (fd == -1)
        return -1;
    if (bind_unix(fd, &un) == -1) {
        close_keeping_errno(fd);
        return -1;
    }
    if (stat(un.sun_path, &socket_file) == 0)
        memcpy(socket_path, un.sun_path, sizeof(socket_path));
    (void)atexit(remove_socket); /* a start that fails leaves nothing behind */
    if (listen(fd, SOMAXCONN) == -1) {
        close_keeping_errno(fd);
        remove_socket();
        return -1;
    }
    return fd;
}

static int listen_inet(const struct addrinfo *info)
{
    int fd = open_socket(info->ai_family);

    if (fd == -1)
        return -1;
    set_option(fd, SOL_SOCKET, SO_REUSEADDR);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == -1 ||
        listen(fd, SOMAXCONN) == -1) {
        close_keeping_errno(fd);
        return -1;
    }
    return fd;
}

int listen_on(const char *address, const char *port)
{
    struct addrinfo *list;
    int fd = -1;

    if (is_unix(address))
        return listen_unix(address);
    list = resolve(address, port, AI_PASSIVE);
    for (struct addrinfo *info = list; info != NULL && fd == -1;
         info = info->ai_next)
        fd = listen_inet(info);
    free_addresses(list);
    return fd;
}

/* The path may be another server's by now: remove only the file we made. */
void remove_socket(void)
{
    int saved = errno;
    struct stat now;

    if (socket_path[0] != '\0' && lstat(socket_path, &now) == 0 &&
        now.st_dev == socket_file.st_dev && now.st_ino == socket_file.st_ino)
        unlink(socket_path);
    socket_path[0] = '\0';
    errno = saved;
}

static const char *address_text(const struct sockaddr_storage *address,
                                socklen_t len, char *text)
{
    char host[96];
    char port[16];

    if (address->ss_family == AF_UNIX)
        snprintf(text, ADDRESS_LEN, "unix");
    else if (getnameinfo((const struct sockaddr *)address, len, host,
                         sizeof(host), port, sizeof(port),
                         NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(text, ADDRESS_LEN, "?");
    else
        snprintf(text, ADDRESS_LEN,
                 address->ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
                 port);
    return text;
}

int announce(int listen_fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    char text[ADDRESS_LEN];

    if (socket_path[0] != '\0')
        snprintf(text, sizeof(text), "%s%s", unix_prefix, socket_path);
    else if (getsockname(listen_fd, (struct sockaddr *)&address, &len) == 0)
        address_text(&address, len, text);
    else
        return -1;
    return printf("listening on %s\n", text) < 0 || fflush(stdout) != 0 ? -1
                                                                        : 0;
}

static int connect_one(int family, const struct sockaddr *address,
                       socklen_t len)
{
    int fd = open_socket(family);

    if (fd == -1)
        return -1;
    if (family != AF_UNIX)
        set_option(fd, IPPROTO_TCP, TCP_NODELAY);
    if (connect(fd, address, len) == -1) {
        close_keeping_errno(fd);
        return -1;
    }
    return fd;
}

int connect_to(const char *host, const char *port)
{
    struct addrinfo *list;
    int fd = -1;

    if (is_unix(host)) {
        struct sockaddr_un un;

        if (unix_address(host, &un) == -1)
            return -1;
        return connect_one(AF_UNIX, (const struct sockaddr *)&un, sizeof(un));
    }
    list = resolve(host, port, 0);
    for (struct addrinfo *info = list; info != NULL && fd == -1;
         info = info->ai_next)
        fd = connect_one(info->ai_family, info->ai_addr, info->ai_addrlen);
    free_addresses(list);
    return fd;
}

const char *peer_address(int fd, char *text)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);

    if (getpeername(fd, (struct sockaddr *)&address, &len) == -1) {
        snprintf(text, ADDRESS_LEN, "?");
        return text;
    }
    return address_text(&address, len, text);
}

enum accept_verdict accept_verdict(int fd)
{
    if (fd != -1)
        return ACCEPT_CLIENT;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return ACCEPT_NOBODY;
    switch (errno) {
    case EINTR:
    case ECONNABORTED:
    case ECONNRESET:
    case ETIMEDOUT:
    case EPERM: /* a firewall rule against that client */
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH: return ACCEPT_RETRY;
    case EBADF:
    case EFAULT:
    case EINVAL:
    case ENOTSOCK: return ACCEPT_BROKEN;
    default: /* EMFILE, ENFILE, ENOBUFS, ENOMEM and whatever else */
        return ACCEPT_PAUSE;
    }
}

int set_blocking_client(int fd, int seconds)
{
    struct timeval limit = {.tv_sec = seconds};

    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == -1)
        return -1;
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags == -1 || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
        return -1;
    return fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ? -1 : 0;
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

int write_all(int fd, const char *bytes, size_t len)
{
    return put_all(fd, false, bytes, len);
}

char *copy_of(const char *bytes, size_t len)
{
    char *copy = malloc(len);

    return copy != NULL ? memcpy(copy, bytes, len) : NULL;
}

static void linger(int fd)
{
    long long end_ms = clock_ms() + LINGER_S * 1000;
    char dropped[4096];

    for (;;) {
        long long left_ms = end_ms - clock_ms();
        struct timeval limit = {.tv_sec = (time_t)(left_ms / 1000),
                                .tv_usec =
                                    (suseconds_t)(left_ms % 1000 * 1000)};
        ssize_t n;

        if (left_ms <= 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
                                       sizeof(limit)) == -1)
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

int open_wake_pipe(int fds[2])
{
    if (pipe(fds) == -1)
        return -1;
    if (set_nonblocking(fds[0]) == -1 || set_nonblocking(fds[1]) == -1) {
        close_keeping_errno(fds[0]);
        close_keeping_errno(fds[1]);
        return -1;
    }
    return 0;
}

void wake(int fd)
{
    int saved = errno;

    (void)!write(fd, "", 1); /* EAGAIN: full, so it wakes as well */
    errno = saved;
}

void stop_listening(int wake_fd, int *listen_fd)
{
    char dropped[64];

    while (read(wake_fd, dropped, sizeof(dropped)) > 0)
        continue;
    if (*listen_fd != -1)
        close(*listen_fd);
    *listen_fd = -1;
}

int set_descriptor_limit(int ceiling)
{
    rlim_t most = ceiling > 0 ? (rlim_t)ceiling : DESCRIPTORS_MAX;
    int saved = errno;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        rlim_t soft = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max < most ? limit.rlim_max : most;
        if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
            limit.rlim_cur = soft;
        most = limit.rlim_cur < most ? limit.rlim_cur : most;
    }
    errno = saved;
    return (int)most;
}

int descriptors_left(int limit)
{
    int saved = errno; /* fcntl's EBADF is no failure */
    int open_now = 0;

    /* A server is started with few descriptors, and low ones. Were there more
     * above, accept would say EMFILE, and that is handled too. */
    for (int fd = 0; fd < limit && fd < 256; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            open_now++;
    errno = saved;
    return limit - open_now > 1 ? limit - open_now : 1;
}
