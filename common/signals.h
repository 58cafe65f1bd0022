/*
 * common/signals.h - the signals a server lives with: SIGINT and SIGTERM, which
 * stop it; SIGALRM, which it sends itself when the grace is over; and SIGCHLD.
 *
 * A signal that comes while a server is still starting must neither be lost
 * nor end it half-way: hold_signals() first, release_signals() when everything
 * that the handlers touch is ready.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

/* Holds these signals in this thread: they stay pending. A thread or a child
 * that is made meanwhile begins with them held. */
void hold_signals(void);

/* Lets them in again; what is pending is handled before this returns. */
void release_signals(void);

/* With the signals held: lets them in, sleeps until a handler has run, holds
 * them again, all in one step, so that none slips in between the look and the
 * sleep (sigsuspend(2)). */
void wait_for_signal(void);

/* Sleeps `ms` milliseconds, or until a handler has run; signals that are held
 * are let in meanwhile. */
void pause_ms(int ms);

/* `call` failed for want of descriptors, memory or processes. Says so (see
 * log_shortage) and sleeps for a tenth of a second, or until a handler has run:
 * a child that left may be what was missing. Meanwhile clients wait in the
 * backlog and no CPU is burned. */
void wait_out_shortage(const char *call);

/* After a wait for readiness has failed: nothing to do for EINTR; for want of
 * memory, as wait_out_shortage(). */
void wait_again(const char *call);

/* Makes `handler` receive SIGINT, SIGTERM and SIGALRM, all signals held while
 * it runs, and lets them in. Calls that wait are not restarted: they fail with
 * EINTR, which is what a server that is to stop wants (signal(7)). */
void catch_stop_signals(void (*handler)(int));

/* Makes `handler` receive SIGCHLD, likewise. */
void catch_child_signal(void (*handler)(int));

/* Sends SIGALRM to this process in `seconds`, 0: now. Safe in a handler. */
void start_grace(int seconds);

/* For a child: SIGINT and SIGTERM are ignored, the others have their default
 * effect, and none is held any more. A Ctrl-C at the terminal goes to every
 * process of the group, and a parent that lets conversations end must be the
 * one to decide. */
void leave_signals_to_parent(void);

#endif
