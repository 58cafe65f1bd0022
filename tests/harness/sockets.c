/*
 * tests/harness/sockets.c - see sockets.h.
 *
 * The kernel is asked for one TCP socket (sock_diag(7)). Where that cannot be
 * done it is looked for in /proc/net/tcp, which holds all of them: with the
 * many that tests leave in TIME_WAIT, a look there takes some milliseconds of
 * CPU.
 */
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "proc.h"

/* ---- addresses ---- */

static int unix_address(const char *path, struct sockaddr_un *un,
                        socklen_t *len)
{
    if (strlen(path) >= sizeof(un->sun_path))
        return -1;
    un->sun_family = AF_UNIX;
    strcpy(un->sun_path, path);
    *len = sizeof(*un);
    return 0;
}

static int ip6_address(const char *host, int port, struct sockaddr_in6 *in6,
                       socklen_t *len)
{
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons((in_port_t)port);
    *len = sizeof(*in6);
    return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1 ? port : -1;
}

static int ip4_address(const char *host, int port, struct sockaddr_in *in,
                       socklen_t *len)
{
    in->sin_family = AF_INET;
    in->sin_port = htons((in_port_t)port);
    *len = sizeof(*in);
    return inet_pton(AF_INET, host, &in->sin_addr) == 1 ? port : -1;
}

int socket_address(const char *text, struct sockaddr_storage *to,
                   socklen_t *len)
{
    char host[64] = "";
    int port;

    memset(to, 0, sizeof(*to));
    if (strncmp(text, "unix:", 5) == 0)
        return unix_address(text + 5, (struct sockaddr_un *)to, len);
    if (sscanf(text, "[%63[^]]]:%d", host, &port) == 2 && port > 0)
        return ip6_address(host, port, (struct sockaddr_in6 *)to, len);
    if (sscanf(text, "%63[^:]:%d", host, &port) == 2 && port > 0)
        return ip4_address(host, port, (struct sockaddr_in *)to, len);
    return -1;
}

int socket_connect(const struct sockaddr *to, socklen_t len)
{
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

    if (fd == -1 || connect(fd, to, len) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* IP_BIND_ADDRESS_NO_PORT: the port is chosen at connect, when the other end is
 * known, so that two servers' clients may have the same one (ip(7)). */
int socket_from_loopback(int fd, unsigned int number)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK + number)};
    int on = 1;

    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) ==
        -1)
        return -1;
    return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

bool own_network(uid_t user, gid_t group)
{
    char users[64], groups[64];

    snprintf(users, sizeof(users), "%u %u 1", user, geteuid());
    snprintf(groups, sizeof(groups), "%u %u 1", group, getegid());
    if (unshare(CLONE_NEWNET) == 0)
        return true;
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           proc_write("/proc/self/setgroups", "deny") &&
           proc_write("/proc/self/uid_map", users) &&
           proc_write("/proc/self/gid_map", groups);
}

/* ---- who listens ---- */

/* Flag 00010000 is a socket that accepts. */
bool unix_is_listening(const char *path)
{
    char line[512], name[256];
    unsigned int flags;
    bool found = false;
    FILE *f = fopen("/proc/net/unix", "re");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "%*s %*x %*x %x %*x %*x %*u %255s", &flags, name) ==
                2 &&
            (flags & 0x10000) != 0 && strcmp(name, path) == 0)
            found = true;
    if (f != NULL)
        fclose(f);
    return found;
}

/* Both ends of a connection; the port of the other end of a listening socket
 * is 0. */
struct ends {
    const struct sockaddr *here, *there; /* or NULL */
};

static in_port_t port_of(const struct sockaddr *a)
{
    if (a == NULL)
        return 0;
    return a->sa_family == AF_INET6
               ? ((const struct sockaddr_in6 *)a)->sin6_port
               : ((const struct sockaddr_in *)a)->sin_port;
}

/* ---- the table of all ---- */

/* A line: "12: 0100007F:2329 0100007F:9C40 01 00000000:00000000 ...", that is
 * number, both ends, state, bytes to send and bytes to read (proc(5)). */
static bool find_in_table(struct ends e, struct tcp_socket *found)
{
    bool is_ip6 = e.here->sa_family == AF_INET6, is_it = false;
    FILE *f = fopen(is_ip6 ? "/proc/net/tcp6" : "/proc/net/tcp", "re");
    unsigned int here = ntohs(port_of(e.here)), there = ntohs(port_of(e.there));
    unsigned int local, remote;
    char line[512];

    while (f != NULL && !is_it && fgets(line, sizeof(line), f) != NULL)
        is_it = sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %x %x:%x",
                       &local, &remote, &found->state, &found->unsent,
                       &found->unread) == 5 &&
                local == here && remote == there;
    if (f != NULL)
        fclose(f);
    return is_it;
}

/* ---- one that is asked for ---- */

#if __has_include(<linux/inet_diag.h>)
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

static void fill_end(const struct sockaddr *a, __be16 *port, __be32 address[4])
{
    *port = port_of(a);
    if (a != NULL && a->sa_family == AF_INET6)
        memcpy(address, &((const struct sockaddr_in6 *)a)->sin6_addr, 16);
    else if (a != NULL)
        memcpy(address, &((const struct sockaddr_in *)a)->sin_addr, 4);
}

static bool ask(int netlink, struct ends e)
{
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 socket;
    } question = {.head = {.nlmsg_len = sizeof(question),
                           .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                           .nlmsg_flags = NLM_F_REQUEST}};
    struct inet_diag_req_v2 *r = &question.socket;

    r->sdiag_family = (__u8)e.here->sa_family;
    r->sdiag_protocol = IPPROTO_TCP;
    r->idiag_states = ~0u;
    r->id.idiag_cookie[0] = r->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    fill_end(e.here, &r->id.idiag_sport, r->id.idiag_src);
    fill_end(e.there, &r->id.idiag_dport, r->id.idiag_dst);
    return send(netlink, &question, sizeof(question), 0) == sizeof(question);
}

/* 1: found, 0: there is none, -1: it cannot be asked. */
static int hear(int netlink, struct ends e, struct tcp_socket *found)
{
    union {
        struct nlmsghdr head;
        char bytes[8192];
    } answer;
    const struct nlmsgerr *error = NLMSG_DATA(&answer.head);
    const struct inet_diag_msg *socket = NLMSG_DATA(&answer.head);
    ssize_t n = recv(netlink, &answer, sizeof(answer), 0);

    if (n < (ssize_t)NLMSG_LENGTH(sizeof(*error)))
        return -1;
    if (answer.head.nlmsg_type == NLMSG_ERROR)
        return error->error == -ENOENT ? 0 : -1;
    if (n < (ssize_t)NLMSG_LENGTH(sizeof(*socket)))
        return -1;
    /* For a connection that is gone it shows who listens there. */
    if (socket->id.idiag_dport != port_of(e.there))
        return 0;
    *found = (struct tcp_socket){socket->idiag_state, socket->idiag_wqueue,
                                 socket->idiag_rqueue};
    return 1;
}

static int find_by_asking(struct ends e, struct tcp_socket *found)
{
    int netlink =
        socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    int result = -1;

    if (netlink != -1 && ask(netlink, e))
        result = hear(netlink, e, found);
    if (netlink != -1)
        close(netlink);
    return result;
}
#else
static int find_by_asking(struct ends e, struct tcp_socket *found)
{
    (void)e;
    (void)found;
    return -1;
}
#endif

/* ---- in either way ---- */

bool tcp_socket_at(const struct sockaddr *here, const struct sockaddr *there,
                   struct tcp_socket *found)
{
    struct ends e = {here, there};
    int result = find_by_asking(e, found);

    return result == -1 ? find_in_table(e, found) : result == 1;
}
