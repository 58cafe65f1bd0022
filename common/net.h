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
    ADDRESS_LEN = 128,     /* room for any address in words, NUL included */
    ACCEPT_PAUSE_MS = 100, /* how long to accept nobody for want of resources */
    LINGER_S = 3,          /* how long a client may take to hang up as well */
    DESCRIPTORS_MAX = 1 << 20, /* containers may allow a thousand times more */
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

/* Sets close-on-exec on an accepted socket, and a deadline of `seconds` (0:
 * none) on each of its reads and writes: they fail with EAGAIN when for so
 * long nothing came or nothing was taken (SO_RCVTIMEO, socket(7)). For the
 * stages that block. */
int set_blocking_client(int fd, int seconds);

/* Sets close-on-exec and O_NONBLOCK. For the stages that wait for readiness,
 * their listening socket included. */
int set_nonblocking(int fd);

/* Sends all of `len` bytes on a blocking socket, however often the kernel
 * takes only some of them. -1: errno is send(2)'s; how many went out before is
 * not known. Flags are 0: a peer that has left is SIGPIPE unless that is
 * ignored, and then EPIPE. */
int send_all(int fd, const char *bytes, size_t len);

/* The same for any blocking descriptor, as stdout. For a socket send_all() is
 * cheaper: write(2) passes through what the kernel does for files first. */
int write_all(int fd, const char *bytes, size_t len);

/* A copy of `len` bytes in memory that the caller frees; NULL: ENOMEM. */
char *copy_of(const char *bytes, size_t len);

/* Ends a conversation without losing its last reply. Closing a socket that
 * holds unread bytes sends a reset, and a reset can overtake and destroy what
 * the client has not read yet (RFC 9293, 3.10.4 and RFC 1122, 4.2.2.13). So:
 * half-close, read and drop until the client has closed too or LINGER_S have
 * passed. The caller closes. For blocking sockets. Leaves errno alone. */
void hang_up(int fd);

/* A pipe by which a signal handler ends a wait: non-blocking at both ends,
 * close-on-exec. fds[0] is to be watched, fds[1] to be written to. */
int open_wake_pipe(int fds[2]);

/* Writes to the end of the pipe that is for it. Safe in a signal handler, and
 * leaves errno alone. */
void wake(int fd);

/* The pipe has spoken: empties its other end, `wake_fd`, and closes the
 * listening socket if it is still open; *listen_fd is -1 then. Who waits in
 * the backlog is reset, who comes later is refused. */
void stop_listening(int wake_fd, int *listen_fd);

/* Raises the soft limit of open descriptors to the hard one, or sets it to
 * `ceiling` if that is smaller (0: DESCRIPTORS_MAX), so that no descriptor is
 * ever as large as that. Returns the limit; leaves errno alone. */
int set_descriptor_limit(int ceiling);

/* How many more descriptors can be opened under `limit`, at least 1. */
int descriptors_left(int limit);

#endif
