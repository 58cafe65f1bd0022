/*
 * common/input.h - what a client must know of its input when the server hangs
 * up first: was that to be expected, and is anything left unsent?
 */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "service.h"

/* What was sent, seen as the server sees it. Starts as {0}. */
struct farewell {
    struct session session;
    bool said; /* a line that makes an echo server hang up was sent */
};

/* Takes note of bytes that were sent, in order, in pieces of any size. */
void watch_farewell(struct farewell *farewell, const char *bytes, size_t len);

/* As send_all(), and takes note of it. Returns how many of the `len` bytes
 * were not taken, with send(2)'s errno; 0: none. */
size_t send_watched(int fd, struct farewell *farewell, const char *bytes,
                    size_t len);

/* Makes `handler` receive SIGUSR1: so a receiver tells the sender that the
 * server has closed. A call that waits fails with EINTR. */
void catch_server_closed(void (*handler)(int));

/* The server has closed, and stdin has not been read to its end. Returns the
 * client's exit status: EXIT_FAILURE if something is left unsent, `unsent`
 * bytes that were read already or what stdin holds now; EXIT_SUCCESS if
 * nothing is, or after a farewell. It says so on stderr, unless stdin turns
 * out to have ended as well: then nobody was first. */
int server_closed(const struct farewell *farewell, size_t unsent);

#endif
