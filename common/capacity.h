/*
 * common/capacity.h - how many clients a process has room for. A server asks
 * at its start, when its own descriptors are open.
 */
#ifndef CAPACITY_H
#define CAPACITY_H

#include <stddef.h>

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

#endif
