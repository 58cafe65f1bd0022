/*
 * common/net.h - sockets set up, and what is the same for every stage.
 *
 * Functions report by their return value: -1 and errno where nothing else is
 * said. None logs and none exits.
 */
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <stddef.h>

enum {
    ADDRESS_LEN = 128, /* room for any address in words, NUL included */
    LINGER_S = 3,      /* how long a client may take to hang up as well */
};

/*
 * Returns a listening socket for `address` (IPv4, IPv6, a host name, or
 * "unix:PATH") and `port` (decimal; "0": any free one), close-on-exec and
 * blocking, with the longest backlog the kernel grants. SO_REUSEADDR is set:
 * connections of a former server in TIME_WAIT do not keep the port (ip(7)).
 * SO_REUSEPORT is not: a second server on the port must fail, not share it.
 * What is accepted has TCP_NODELAY and SO_KEEPALIVE from here: Linux and the
 * BSDs hand options down from the listening socket.
 *
 * A Unix socket that a dead server left at PATH is removed; one that answers
 * gives EADDRINUSE, and so does a file that is no socket. A name that cannot
 * be resolved gives EADDRNOTAVAIL (EAGAIN: try later).
 */
int listen_on(const char *address, const char *port);

/* The same with O_NONBLOCK, for a loop: an accept that would wait, since the
 * client has left meanwhile, fails with EAGAIN (accept(2), NOTES). */
int listen_nonblocking(const char *address, const char *port);

/* Removes the Unix socket made by listen_on(), if it still is that one. Does
 * nothing for other addresses. */
void remove_socket(void);

/* Prints "listening on ADDRESS" on stdout and flushes it: the sign that
 * clients may come. -1 when stdout cannot be written. */
int announce(int listen_fd);

/* A blocking connection to `host` (as for listen_on) and `port`, close-on-exec
 * and with TCP_NODELAY; the addresses of a name are tried in turn and errno is
 * the last one's. ECONNREFUSED: nobody listens there. */
int connect_to(const char *host, const char *port);

/* The peer's address in words: 127.0.0.1:40112, [::1]:40112, "unix", or "?"
 * when it is gone already. Writes to `text`, at least ADDRESS_LEN, and returns
 * it. */
const char *peer_address(int fd, char *text);

/* What accept(2) has brought. */
enum accept_verdict {
    ACCEPT_CLIENT, /* it has not failed */
    ACCEPT_NOBODY, /* EAGAIN: nobody is waiting */
    ACCEPT_RETRY,  /* that client is gone already: take the next one */
    ACCEPT_PAUSE,  /* no descriptor or memory: accept nobody for a while */
    ACCEPT_BROKEN, /* the listening socket itself is not what we think */
};

/* Sorts what accept has returned, -1 by errno. Linux passes errors that are
 * pending on the new connection on; they concern one client and are to be
 * retried (accept(2)). An error that is not known here pauses: it must neither
 * end the server nor spin. */
enum accept_verdict accept_verdict(int fd);

/* Whether the errno of a recv or send that must not wait says "not now":
 * EAGAIN, though it was said to be ready (select(2), BUGS), or EINTR. */
bool is_not_now(int error);

/* Sets close-on-exec and O_NONBLOCK. For the stages that wait for readiness,
 * their listening socket included. */
int set_nonblocking(int fd);

/* A pipe by which a signal handler ends a wait: non-blocking at both ends,
 * close-on-exec. fds[0] is to be watched, fds[1] to be written to. */
int open_wake_pipe(int fds[2]);

/* Writes to the end of the pipe that is for it. Safe in a signal handler, and
 * leaves errno alone. */
void wake(int fd);

/* Reads and drops all that a non-blocking pipe holds: it has woken the loop,
 * and is not to wake it again. */
void empty_pipe(int fd);

#endif
