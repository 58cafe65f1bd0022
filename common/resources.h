/*
 * common/resources.h - descriptors, memory, processes and threads: how many
 * clients there is room for, and what to do when they are lacking.
 *
 * A shortage lasts, so nobody is accepted until a client leaves or a tenth of
 * a second has passed: clients wait in the backlog, and no CPU is burned. The
 * log says so at most every ten seconds.
 */
#ifndef RESOURCES_H
#define RESOURCES_H

#include <stdbool.h>
#include <stddef.h>

/* ---- how many there are ---- */

/* Containers may allow a thousand times more, and tables go by the limit. */
enum { DESCRIPTORS_MAX = 1 << 20 };

/* Raises the soft limit of open descriptors to the hard one, or sets it to
 * `ceiling` if that is smaller (0: DESCRIPTORS_MAX), so that no descriptor is
 * ever as large as that (RLIMIT_NOFILE, getrlimit(2)). Returns the limit;
 * leaves errno alone. */
int set_descriptor_limit(int ceiling);

/* How many more descriptors can be opened under `limit`, at least 1. */
int descriptors_left(int limit);

/* Lowers *max_clients to what `limit` leaves room for. Where more was asked for
 * (it is not INT_MAX), the log says so, and why. */
void fit_clients(int *max_clients, int limit);

/* The size of a thread's stack: `bytes`, or the least that the system takes
 * where that is more (pthread_attr_setstacksize(3); 128 KiB on 64-bit ARM). */
size_t possible_stack(size_t bytes);

/* A copy of `len` bytes in memory that the caller frees; NULL: ENOMEM. */
char *copy_of(const char *bytes, size_t len);

/* ---- when they are lacking ---- */

/* For an event loop, which must not sleep: `call` failed with `error`. The loop
 * sits one round out: it accepts nobody, and its wait ends when a client wants
 * something (perhaps to leave), or after a tenth of a second. */
void note_shortage(const char *call, int error);

/* Whether one was noted since end_shortage(), which is to be called after each
 * wait and leaves errno alone. */
bool is_short(void);
void end_shortage(void);

/* How long the loop may wait for events: 100 ms while something is lacking;
 * 1000 ms while there are clients, whose deadlines are looked at once a second;
 * else -1, for ever. */
int longest_wait_ms(bool has_clients);

/* For a stage that blocks: as note_shortage(), and sleeps meanwhile, or until a
 * signal's handler has run: a child that left may be what was missing. */
void wait_out_shortage(const char *call, int error);

/* After a wait for readiness has failed with `error`: nothing to do for EINTR;
 * else as wait_out_shortage(). */
void wait_failed(const char *call, int error);

#endif
