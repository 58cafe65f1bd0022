/* common/net.c - see net.h. */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

int listen_nonblocking(const char *address, const char *port)
{
    int fd = listen_on(address, port);

    if (fd == -1 || set_nonblocking(fd) == 0)
        return fd;
    close_keeping_errno(fd);
    return -1;
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

bool is_not_now(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags == -1 || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
        return -1;
    return fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ? -1 : 0;
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

void empty_pipe(int fd)
{
    char dropped[64];

    while (read(fd, dropped, sizeof(dropped)) > 0)
        continue;
}
