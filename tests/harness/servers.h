/*
 * tests/harness/servers.h - the one list of servers, as the stages'
 * CMakeLists.txt say it (common/stage.cmake). Whoever asks what a server does
 * asks for a trait, never for its name or number.
 */
#ifndef SERVERS_H
#define SERVERS_H

#include <stdbool.h>
#include <stddef.h>

/* In CMake `TRAITS one-at-a-time` is TRAIT_ONE_AT_A_TIME here. */
enum {
    /* What it carries. */
    TRAIT_BYTES = 1 << 0,    /* the services echo, upper, hello, greet */
    TRAIT_FRAMES = 1 << 1,   /* frames; --codec line --service echo makes it
                              * answer lines, whole ones, ended by "\n" */
    TRAIT_KEYVALUE = 1 << 2, /* the commands of the key-value programs */

    /* How it serves. */
    TRAIT_ONE_AT_A_TIME = 1 << 3, /* who comes second waits for the first */
    TRAIT_CONCURRENT = 1 << 4,    /* many at once */
    TRAIT_BLOCKING = 1 << 5,      /* a conversation waits in recv and send, its
                                   * socket blocks */
    TRAIT_LOOP = 1 << 6,          /* it waits for all clients in one call */
    TRAIT_PROCESS_EACH = 1 << 7,  /* a child for each client */
    TRAIT_THREAD_EACH = 1 << 8,   /* a thread, and its stack, for each */
    TRAIT_ACCEPTOR = 1 << 9,      /* a thread that accepts and does no more: it
                                   * waits for a place (sem_wait), and does not
                                   * notice who leaves */
    TRAIT_PROCESS_POOL = 1 << 10, /* children made at the start, which accept */

    /* Which call a loop waits in, and what follows from it. */
    TRAIT_SELECT = 1 << 11, /* at most FD_SETSIZE descriptors */
    TRAIT_POLL = 1 << 12,
    TRAIT_EPOLL = 1 << 13,
    TRAIT_ANY_DESCRIPTOR = 1 << 14,   /* a loop without FD_SETSIZE */
    TRAIT_CHANGES_INTEREST = 1 << 15, /* by epoll_ctl, when it owes */
    TRAIT_EDGE = 1 << 16, /* it is told once: behind an EAGAIN that is made up
                           * there is no edge */

    /* What that costs. */
    TRAIT_WORK_HOLDS_ALL = 1 << 17, /* --work-ms of one client delays others */
    TRAIT_IDLE_IS_A_STRUCT = 1 << 18, /* a silent client has no buffer */

    /* Where it is run. */
    TRAIT_TSAN = 1 << 19,     /* has threads: under ThreadSanitizer */
    TRAIT_VALGRIND = 1 << 20, /* one of its kind, under valgrind */
    TRAIT_DEMO = 1 << 21,     /* shown by the target demo */

    TRAIT_REPRESENTATIVE = 1 << 22, /* in compare without --full */
};

struct server_info {
    const char *name;          /* "06-epoll", "06-epoll/edge" */
    const char *stage;         /* "06-epoll": its folder */
    const char *source;        /* "06-epoll/server.c", from the root */
    const char *target;        /* CMake's name, "06-epoll-edge" */
    const char *program;       /* the binary's whole path; NULL: absent */
    const char *client;        /* its stage's, likewise, or NULL */
    const char *client_source; /* of that, or NULL */
    const char *absent;        /* why this system cannot build it, or NULL */
    const char *after;         /* the neighbour's name, or NULL */
    int port;                  /* its default */
    int max_lines;             /* of `source` */
    int max_added;             /* of its diff against `after`; 0: no limit */
    int max_clients;           /* whatever the descriptor limit; 0: no limit */
    unsigned int traits;
};

/* The servers in the list's order; NULL after the last. */
const struct server_info *server_at(size_t index);

/* By its name, or by the number that a stage's begins with ("04" is 04-select,
 * "06/edge" is 06-epoll/edge); NULL: there is none. */
const struct server_info *server_named(const char *name);

/* Whether it has all of these traits. */
bool server_has(const struct server_info *server, unsigned int traits);

/* A variant stands beside its stage's server.c. */
bool server_is_variant(const struct server_info *server);

#endif
