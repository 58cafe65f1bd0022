/*
 * tests/compare/measure.h - for programs that start servers, put load on them
 * and look at them from outside: compare, demo.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "child.h"
#include "now.h"
#include "proc.h"

/* ---- programs (child.h) ---- */

enum { ANY_CPU = -1, LISTEN_MS = 20000 };

/* Starts argv[0] on this CPU, with a pipe or /dev/null as its stdin. -1 and
 * errno when it could not be started. */
int program_start(struct process *p, const char *const *argv, int cpu,
                  bool with_stdin);

/* A blocking connection to where it listens, -1 and errno. */
int program_connect(const struct process *p);

/* child_finish() for its stdout, however long that takes. Returns its exit
 * status, -1 if a signal ended it. */
int program_finish(struct process *p, char *output, size_t size);

/* Asks it to end (SIGTERM), waits a little, kills the group. All zero then. */
void program_stop(struct process *p);

/* ---- what a program and its children use, as /proc says it ---- */

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

/* ---- load ---- */

struct load_figures {
    double messages, per_s; /* while it counted */
    double p50_us, p90_us, p99_us, p999_us;
    double own_us; /* CPU of the generator for a message */
    bool bottleneck, ok;
    double server_us;              /* CPU of the server for a message */
    double server_user_us;         /* of that */
    double voluntary, involuntary; /* context switches for a message */
    int processes, threads;        /* of the server at the end */
};

/* Where the program load is: set once by main. */
extern const char *load_path;

/* Runs load with these options (NULL-terminated) against the server and adds
 * what the server used while load counted. False when there is no result;
 * f->ok then tells whether no message ended in time, and nothing was wrong. */
bool run_load(struct load_figures *f, const struct process *server, int cpu,
              const char *const *options);

/* ---- numbers ---- */

struct spread {
    double median, low, high; /* the middle half is between low and high */
};

/* Sorts the values. */
struct spread spread_of(double *values, int count);

/* The first two CPUs this process may use; false if there is only one, which
 * both then are. */
bool two_cpus(int *first, int *second);

/* The number of this name in what load --lines prints, NAN: it is not there. */
double line_number(const char *text, const char *name);

#endif
