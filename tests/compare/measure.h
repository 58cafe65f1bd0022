/*
 * tests/compare/measure.h - for programs that start servers, put load on them
 * and look at them from outside: compare, demo.
 *
 * What is started leads a process group of its own and is killed with it when
 * this program ends, also by Ctrl-C; if this program is killed itself, the
 * kernel kills what it started (PR_SET_PDEATHSIG, prctl(2)).
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "child.h"

/* ---- programs ---------------------------------------------------------- */

enum { PROGRAMS = 64, ANY_CPU = -1 };

/* All zero: none. */
struct program {
    pid_t pid;                  /* of its process group too */
    int in;                     /* our end of its stdin, -1: it has /dev/null */
    int out;                    /* our end of its stdout */
    char address[ADDRESS_TEXT]; /* of a server: where it listens */
};

/* To be called once, before anything is started: catches SIGINT, SIGTERM and
 * SIGHUP so that nothing is left behind. */
void clean_up_at_exit(void);

/* Kills all that was started and not stopped. May be called by a handler. */
void kill_programs(void);

/* Starts argv[0] (a path, or found in PATH) on this CPU. Its stderr is
 * /dev/null. -1 and errno when it could not be started (EAGAIN also: PROGRAMS
 * are running); a program that is not there ends at once with status 127. */
int program_start(struct program *p, const char *const *argv, int cpu,
                  bool with_stdin);

/* The next line of its stdout, without the newline. False when it has ended or
 * timeout_ms have passed. */
bool program_read_line(struct program *p, char *line, size_t size,
                       int timeout_ms);

/* Waits for "listening on ADDRESS" and remembers the address. */
bool program_wait_listening(struct program *p);

/* A blocking connection to where it listens, -1 and errno: see connect_to(). */
int program_connect(const struct program *p);

/* Has its first process ended? It is still to be stopped or finished. */
bool program_has_ended(const struct program *p);

/* End of input for it. */
void program_close_in(struct program *p);

/* All the rest of its output, at most size - 1 bytes, NUL-terminated; then
 * waits for its end. Returns its exit status, -1 if a signal ended it. */
int program_finish(struct program *p, char *output, size_t size);

/* Asks it to end (SIGTERM), waits a little, kills the group. All zero then. */
void program_stop(struct program *p);

/* ---- /proc ------------------------------------------------------------- */

struct usage {
    double cpu_s;  /* user and system */
    double user_s; /* of that; counted in ticks of a hundredth of a second */
    int processes, threads;
    long voluntary;   /* context switches: it waited for something */
    long involuntary; /* and: another one was to run */
};

/* Of all living processes of the group: an ended child is not in it, and an
 * ended thread's context switches are not. */
struct usage usage_of(const struct program *p);

/* In bytes, of the whole group. A page that several share counts once in pss,
 * in parts for each; uss is what would be free if they ended; anon is that part
 * of pss that belongs to no file: heap, stacks, what a child wrote to. -1: the
 * kernel does not say. */
struct memory {
    long pss, uss, rss, anon;
};
struct memory memory_of(const struct program *p);

/* Bytes of address space of the first process (VmSize), -1: it is gone. */
long address_space_of(const struct program *p);

/* Is its first process asleep, waiting for something? */
bool is_asleep(const struct program *p);

/* Open descriptors of the whole group beyond the 4 that each process of a
 * server has without clients: three streams and one that listens. */
int client_descriptors_of(const struct program *p);

/* Open descriptors of the first process, -1: it is gone. */
int descriptors_of(const struct program *p);

/* ---- load -------------------------------------------------------------- */

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
bool run_load(struct load_figures *f, const struct program *server, int cpu,
              const char *const *options);

/* ---- numbers ----------------------------------------------------------- */

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

/* Milliseconds of CLOCK_MONOTONIC. */
double moment_ms(void);

void rest_ms(int ms);

#endif
