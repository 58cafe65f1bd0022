/*
 * common/blocking.h - what is sent and waited for on a socket that blocks: what
 * the stages 01 to 03 do and need not show. Functions return 0, or -1 and
 * errno.
 */
#ifndef BLOCKING_H
#define BLOCKING_H

#include <stddef.h>

#include "service.h"

/* Sets close-on-exec on an accepted socket, and a deadline of `seconds` (0:
 * none) on each of its reads and writes: they fail with EAGAIN when for so
 * long nothing came or nothing was taken (SO_RCVTIMEO, socket(7)). */
int set_blocking_client(int fd, int seconds);

/* Lets each read wait for `ms` milliseconds, more than 0: it fails with EAGAIN
 * then. */
int set_read_limit(int fd, long long ms);

/* Sends all of `len` bytes, however often the kernel takes only some of them.
 * -1: errno is send(2)'s; how many went out before is not known. Flags are 0:
 * a peer that has left is SIGPIPE unless that is ignored, and then EPIPE. */
int send_all(int fd, const char *bytes, size_t len);

/* Sends a reply, perhaps an empty one, which costs `work_ms` of work() unless
 * it is empty. As send_all(). */
int send_reply(int fd, struct reply reply, int work_ms);

/* The same as send_all() for any descriptor that blocks, as stdout. For a
 * socket send_all() is cheaper: write(2) passes through what the kernel does
 * for files first. */
int write_all(int fd, const char *bytes, size_t len);

/* Ends a conversation without losing its last reply. Closing a socket that
 * holds unread bytes sends a reset, and a reset can overtake and destroy what
 * the client has not read yet (RFC 9293, 3.10.4 and RFC 1122, 4.2.2.13). So:
 * half-close, read and drop until the client has closed too or LINGER_S have
 * passed. The caller closes. Leaves errno alone. */
void hang_up(int fd);

#endif
