/*
 * common/roster.h - who is being served: a set of small numbers, process ids
 * or descriptors. It knows nothing of handlers and threads: where one of them
 * may change it, its owner keeps them apart.
 */
#ifndef ROSTER_H
#define ROSTER_H

struct roster {
    int *members; /* the first `count` are valid, in no order */
    int count;
};

/* Room for `capacity` members; the memory is used as it fills. -1: ENOMEM.
 * It lives as long as the process; there is nothing to close. */
int roster_open(struct roster *roster, int capacity);

/* The caller adds nobody twice, and no more than there is room for. */
void roster_add(struct roster *roster, int member);

/* Does nothing for a number that is not in it. Allocates nothing, so that a
 * signal handler may call it. */
void roster_remove(struct roster *roster, int member);

#endif
