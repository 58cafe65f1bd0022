/*
 * tests/compare/measure_proc.h - what a program and its children use, as /proc
 * says it.
 */
#ifndef MEASURE_PROC_H
#define MEASURE_PROC_H

#include "child.h"

struct usage {
    double cpu_s;  /* user and system */
    double user_s; /* of that; counted in ticks of a hundredth of a second */
    int processes, threads;
    long voluntary;   /* context switches: it waited for something */
    long involuntary; /* and: another one was to run */
};

/* Of all living processes of the group: an ended child is not in it, and an
 * ended thread's context switches are not. */
struct usage usage_of(const struct process *p);

/* In bytes, of the whole group. A page that several share counts once in pss,
 * in parts for each; uss is what would be free if they ended; anon is that part
 * of pss that belongs to no file: heap, stacks, what a child wrote to. -1: the
 * kernel does not say. */
struct memory {
    long pss, uss, rss, anon;
};
struct memory memory_of(const struct process *p);

/* Open descriptors of the whole group beyond the 4 that each process of a
 * server has without clients: three streams and one that listens. */
int client_descriptors_of(const struct process *p);

#endif
