/*
 * common/service.h - what the server says, apart from how it is carried.
 *
 * One conversation is a pure state machine: bytes in, bytes out. It does no
 * I/O and allocates nothing, so every stage can carry every service. Call
 * session_open() once, then session_feed() for all that comes, in order, in
 * pieces of any size: where the pieces are cut never changes what is said.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stddef.h>

/* What to say now: `len` bytes, perhaps none. `last`: after this, hang up;
 * a last reply is never empty. */
struct reply {
    const char *bytes;
    size_t len;
    bool last;
};

struct service;

enum {
    GREET_LEN = 12,   /* `greet` answers after so many bytes */
    FAREWELL_LEN = 5, /* "exit\r" and "quit\r" are the longest */
};

/* The state of one conversation. Its fields belong to service.c. */
struct session {
    const struct service *service;
    unsigned char seen;      /* bytes of this line, or of the greeting */
    char line[FAREWELL_LEN]; /* how this line begins */
};

/* The name of service 0, 1, ...; NULL behind the last. */
const char *service_name(int i);

/* The service with this name, or NULL. */
const struct service *service_find(const char *name);

/* Begins a conversation; returns what the server says before the client does.
 * The bytes of the reply are constant. */
struct reply session_open(struct session *s, const struct service *service);

/* What to say to the next `len` bytes. They may be rewritten in place, and the
 * reply may point into them: use it before the buffer changes. Not to be
 * called again after a reply that was the last. */
struct reply session_feed(struct session *s, char *bytes, size_t len);

/* Pretends to work for `ms` milliseconds: a handler that waits for a disk. It
 * blocks its thread all that time, signals or not. */
void work(int ms);

#endif
