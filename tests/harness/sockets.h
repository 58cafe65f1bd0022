/*
 * tests/harness/sockets.h - addresses as servers announce them, and what the
 * kernel knows of the sockets there.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/* "127.0.0.1:4711", "[::1]:4711" or "unix:/x/y" as connect(2) takes it. Returns
 * the port, 0 for a Unix socket, -1: it is none of these. */
int socket_address(const char *text, struct sockaddr_storage *to,
                   socklen_t *len);

/* A blocking, close-on-exec socket that is connected there; -1 and errno. */
int socket_connect(const struct sockaddr *to, socklen_t len);

/* Gives it 127.0.0.1 + `number` as the address that it will connect from; -1
 * and errno. The ports of one address run out. */
int socket_from_loopback(int fd, unsigned int number);

/* A TCP socket of this machine, whosever it is: the connection between the two
 * addresses, or if `there` is NULL, who listens `here`. False: there is none
 * (any more). */
struct tcp_socket {
    unsigned int state; /* 1 established, 6 TIME_WAIT, 10 listening: proc(5) */
    unsigned int unsent, unread;
};
bool tcp_socket_at(const struct sockaddr *here, const struct sockaddr *there,
                   struct tcp_socket *found);

/* Leaves the network for an empty one of this process alone; who may not do
 * that gets a user namespace as well, in which it is this user (unshare(2),
 * user_namespaces(7)). False and errno. */
bool own_network(uid_t user, gid_t group);

/* Does a Unix socket listen at this path? */
bool unix_is_listening(const char *path);

#endif
