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

/* Makes `handler` receive SIGINT, SIGTERM and SIGALRM, all signals held while
 * it runs, and lets them in. Calls that wait are not restarted: they fail with
 * EINTR, which is what a server that is to stop wants (signal(7)). */
void catch_stop_signals(void (*handler)(int));

/* Makes `handler` receive SIGCHLD, all signals held while it runs; it lets none
 * in. */
void catch_child_signal(void (*handler)(int));

/* Sends SIGALRM to this process in `seconds`, 0: now. Safe in a handler. */
void alarm_in(int seconds);

/* For an event loop: catches these signals, once release_signals() lets them
 * in. Returns the end of a pipe that is to be watched for input and emptied
 * (empty_pipe() in net.h): it holds some whenever stop_level() has changed, so
 * that a signal ends a wait, even one that was only about to begin. SIGALRM
 * follows the first stop after `grace_s` seconds. -1: errno is pipe(2)'s. */
int open_stop_pipe(int grace_s);

/* What the signals ask for. 0: serve. 1: accept nobody any more, and let
 * conversations end. 2 and more, after the grace or another signal: end. */
int stop_level(void);

/* For a child: SIGINT and SIGTERM are ignored, the others have their default
 * effect, and none is held any more. A Ctrl-C at the terminal goes to every
 * process of the group, and a parent that lets conversations end must be the
 * one to decide. */
void leave_signals_to_parent(void);

#endif
