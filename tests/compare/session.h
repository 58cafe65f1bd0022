/*
 * tests/compare/session.h - one run of the comparison: what was asked for,
 * whether it was interrupted, how far it is.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>

struct wishes {
    int full;            /* more rounds, more clients */
    int rounds;          /* 0: as many as there are then */
    const char *seconds; /* NULL: as long as they are then */
    const char *foreign; /* "NAME=COMMAND", NULL: nobody was entered */
    int foreign_port;    /* where that listens; 0: it says so itself */
};
extern struct wishes wishes;
extern int server_cpu, load_cpu; /* where what is started is pinned */

/* How many rounds there are, and how long one is. */
int rounds_wanted(void);
const char *round_seconds(void);

/* Descriptors that a process may have here, less a few that it needs itself. */
int most_clients(void);

/* Takes note of Ctrl-C and its like, which end what runs, and finds a terminal
 * to show progress on. */
void session_begin(void);

/* True as soon as Ctrl-C was pressed: measure no more, keep what there is. */
bool is_interrupted(void);
int interrupting_signal(void); /* 0: none */

/* CTest has a process for each experiment, one after another. */
bool is_under_ctest(void);

/* An experiment begins, which is shown under this title; it takes so long as a
 * rule, and those after it so long. progress_end returns how long it took. */
void progress_begin(const char *title, double seconds, double seconds_after);
double progress_end(void);

/* Shows what is being done, on a terminal. */
void progress(const char *what);

#endif
