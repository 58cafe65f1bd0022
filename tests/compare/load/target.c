/* tests/compare/load/target.c - see target.h. */
#include "target.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "sockets.h"

enum { PER_SOURCE = 10000, SOURCES = 250 };

static const char *find_unix(struct target *t, const char *path)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&t->address;

    if (path[0] == '\0' || strlen(path) >= sizeof(un->sun_path))
        return "the path of a Unix socket has 1 to 107 bytes";
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path) + 1);
    t->len = sizeof(*un);
    snprintf(t->name, sizeof(t->name), "unix:%s", path);
    return NULL;
}

static void describe(struct target *t)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&t->address;
    char host[100], port[8];

    if (getnameinfo((const struct sockaddr *)&t->address, t->len, host,
                    sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(t->name, sizeof(t->name),
                 t->address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
                 port);
    t->is_loopback = t->address.ss_family == AF_INET &&
                     ntohl(in->sin_addr.s_addr) >> 24 == 127;
}

const char *target_find(struct target *t, const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list, *chosen;
    int error;

    *t = (struct target){.sources = 0};
    if (strncmp(host, "unix:", 5) == 0)
        return find_unix(t, host + 5);
    error = getaddrinfo(host, port, &hints, &list);
    if (error != 0)
        return gai_strerror(error);
    chosen = list;
    while (chosen->ai_family != AF_INET && chosen->ai_next != NULL)
        chosen = chosen->ai_next;
    if (chosen->ai_family != AF_INET)
        chosen = list;
    memcpy(&t->address, chosen->ai_addr, chosen->ai_addrlen);
    t->len = chosen->ai_addrlen;
    freeaddrinfo(list);
    describe(t);
    return NULL;
}

static int connect_from(const struct target *t, uint32_t source)
{
    int fd = socket(t->address.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1, saved;

    if (fd == -1)
        return -1;
    if (t->address.ss_family != AF_UNIX)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if ((source == 0 || socket_from_loopback(fd, source % SOURCES) == 0) &&
        (connect(fd, (const struct sockaddr *)&t->address, t->len) == 0 ||
         errno == EINPROGRESS))
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int target_connect(struct target *t, uint64_t number)
{
    int fd;

    if (!t->is_loopback)
        return connect_from(t, 0);
    do
        fd = connect_from(t, (uint32_t)(number / PER_SOURCE) + t->sources);
    while (fd == -1 && errno == EADDRNOTAVAIL && ++t->sources < SOURCES);
    return fd;
}
