/*
 * tests/faults/faults.h - what the cases of this folder share: a server that
 * is made to stand still while its clients act, so that races become certain;
 * a scene with a bystander whom no fault may touch; crowds; clients in
 * processes of their own; and more of the view from outside.
 *
 * As in harness.h, everything here fails the case when it cannot be done.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "suite.h"

/* ---- one fault, and nobody else notices ---- */

/* A server and a bystander in conversation with it. Stage 01 has nobody else
 * to serve: there the bystander is -1 and "others" are those who come next. */
struct scene {
    struct server *s;
    int bystander;
    int clients; /* how many came so far: scene_dial counts them */
    struct footprint before;
};

/* Starts the server and takes its footprint with the bystander and one more
 * client being served. */
struct scene scene_open(struct server_spec spec);

/* A client whose departure, however it comes about, must not matter. The narrow
 * one has a receive buffer of a few KiB. */
int scene_dial(struct scene *at);
int scene_dial_narrow(struct scene *at);
int dial_narrow(const struct server *s);

/* The spec with room for so many clients at once, where the model has a fixed
 * number of places. */
struct server_spec with_places(struct server_spec spec, int clients);

/* Connects, whether or not the server accepts, but does not wait for it. */
int dial_at_once(const struct server *s);

/* The bystander has a conversation, and somebody new (not in 01). */
void scene_others_served(struct scene *at);

/* Waits until all but the bystander are said to have been closed. */
void scene_wait_left(const struct scene *at);

/* All but the bystander have left. Somebody new is served, descriptors,
 * threads and children are as before, no CPU is burned, each who came is said
 * to have been closed, and the server stops with the right count. */
void scene_close(struct scene *at);

/* ---- standing still ---- */

/* Stops every process of the server (SIGSTOP) and waits until each thread
 * stands. Clients can connect meanwhile, send, leave: the kernel does that.
 * thaw lets the server see it all at once. */
void freeze(struct server *s);
void thaw(struct server *s);

/* True if every thread of the server waits for something. */
bool server_sleeps(const struct server *s);

/* Sends pattern_at() from `start` on, as much as socket and server take, until
 * the server waits for this client to read: replies wait to be sent and input
 * waits to be read. Returns how many bytes went; fails at 64 MB, for then the
 * server stores what nobody reads. */
size_t send_until_stuck(struct server *s, int fd, size_t start);

/* The same for an event loop, but so that no input waits: the server has read
 * all, owes some of it, and would read a half-close at once. TCP only. */
size_t send_until_owed(struct server *s, int fd);

/* ---- seen from outside ---- */

/* What the kernel holds for the server's end of our connection `fd`, accepted
 * or not: replies that the client has not taken, input that the server has not
 * read. TCP only; false if there is no such connection (any more). */
struct queues {
    unsigned int unsent, unread;
};
bool server_queues(const struct server *s, int fd, struct queues *q);

/* Waits until `len` bytes of this client's wait for the server. */
void wait_unread(const struct server *s, int fd, unsigned int len);

/* Memory of the server and all its children, what they share counted once
 * (PSS, proc(5)). And what a bound on its growth is to be multiplied with:
 * sanitizers and valgrind keep books. */
long server_memory_kib(const struct server *s);
long memory_factor(void);

/* Fails if the server uses more than 15 % of a CPU during the next `ms`. */
void expect_no_cpu(const struct server *s, int ms, const char *during);

/* Lines in the server's log so far. */
int log_lines(const struct server *s);

/* ---- many at once ---- */

struct crowd {
    int count;
    int *fds;
};

/* `count` connections, 5,000 a source address (127.0.0.1, .2, ...), for the
 * ports of one may run out. Skips the case if it cannot have the descriptors.
 * crowd_free forgets connections that have been closed. */
struct crowd crowd_dial(const struct server *s, int count);
void crowd_free(struct crowd *c);

/* Members `from` to `to` - 1 say a line of their own; hear it back; close. */
void crowd_say(const struct crowd *c, int from, int to);
void crowd_hear(const struct crowd *c, int from, int to);
void crowd_leave(const struct crowd *c, int from, int to);

/* Skips the case if this machine does not let us have `count` processes or
 * threads more: tries it. */
void need_processes(int count);

/* ---- our own clients ---- */

/* The stage's client, talking to that port of 127.0.0.1, and in lines. Skips
 * the case if no client was given. */
struct process_spec client_of(const char *port);

/* The port as a word, in a static buffer. */
const char *port_of(const struct server *s);

/* ---- clients in processes of their own ---- */

/* Runs `client` in `count` processes at once, numbered from 0; waits for all
 * and fails if one of them failed. */
void in_processes(int count, void (*client)(struct server *s, int number),
                  struct server *s);

/* Runs `client` in a process that dies with the case. background_wait waits
 * until it has done what it was to do, background_end kills it; both fail the
 * case if it has failed. */
pid_t background_start(void (*client)(struct server *s, int fd),
                       struct server *s, int fd);
void background_wait(pid_t pid);
void background_end(pid_t pid);

#endif
