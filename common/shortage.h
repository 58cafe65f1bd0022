/*
 * common/shortage.h - when descriptors, memory, processes or threads are
 * lacking. Such a state lasts, so nobody is accepted until a client leaves or
 * a tenth of a second has passed: clients wait in the backlog, and no CPU is
 * burned. The log says so at most every ten seconds.
 */
#ifndef SHORTAGE_H
#define SHORTAGE_H

#include <stdbool.h>

/* For an event loop, which must not sleep: `call` failed with `error`. The loop
 * sits one round out: it accepts nobody, and its wait ends when a client wants
 * something (perhaps to leave), or after a tenth of a second. */
void note_shortage(const char *call, int error);

/* Whether one was noted since end_shortage(), which is to be called after each
 * wait. */
bool is_short(void);
void end_shortage(void);

/* How long the loop may wait for events: for a tenth of a second if something
 * is lacking; while it has clients for a second, as their time limits want to
 * be looked at; else for ever, -1. */
int longest_wait_ms(bool has_clients);

/* For a stage that blocks: as note_shortage(), and sleeps meanwhile, or until a
 * signal's handler has run: a child that left may be what was missing. */
void wait_out_shortage(const char *call, int error);

/* After a wait for readiness has failed with `error`: nothing to do for EINTR;
 * else as wait_out_shortage(). */
void wait_again(const char *call, int error);

#endif
