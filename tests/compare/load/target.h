/* tests/compare/load/target.h - where load connects to, and from which address.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct target {
    struct sockaddr_storage address;
    socklen_t len;
    bool is_loopback; /* IPv4's: a whole net of source addresses is ours */
    uint32_t sources; /* how many source addresses turned out to be used up */
    char name[160];   /* in words */
};

/* Finds out where HOST and PORT are; for "unix:PATH" PORT is not looked at. Of
 * the addresses of a name (localhost has two) it takes the first of IPv4.
 * NULL, or what is wrong with them. */
const char *target_find(struct target *t, const char *host, const char *port);

/* A non-blocking, close-on-exec socket that is connected or about to be. An
 * address has some 28,000 ports for one target (ip(7), ip_local_port_range),
 * and a closed connection keeps its port for a minute: so connections to
 * 127.0.0.0/8 change their source address, 127.0.0.x, after every 10,000.
 * `number` counts connections. -1 and errno on failure, EAGAIN: the backlog of
 * the Unix socket is full, try again. */
int target_connect(struct target *t, uint64_t number);

#endif
