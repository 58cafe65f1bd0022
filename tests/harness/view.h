/*
 * tests/harness/view.h - a server seen from outside: its processes, its CPU
 * time, what it holds, whether it listens. See harness.h.
 */
#ifndef VIEW_H
#define VIEW_H

#include "proc.h"
#include "server.h"
#include "sockets.h"

/* Of the server and all its children, zombies included. */
int server_members(const struct server *s, pid_t *pids, int max); /* who */
long server_cpu_ms(const struct server *s); /* user and system, so far */

/* Share of one CPU used during the next `ms` of real time, 0.0 to as many as
 * there are; 1.0 also if it wanted a CPU all of the time, whether or not it
 * got one. The one place where time passes by itself: burning CPU is a thing
 * of time. */
double server_cpu_share(const struct server *s, int ms);

/* What clients leave behind must be nothing. Take one footprint with one
 * client being served, and wait for no more than that with one client later:
 * WAIT_UNTIL(server_has_footprint(s, before)). (No more than, because a parent
 * may close its copy of a socket after the child has answered: the first look
 * can see one descriptor too many, never one too few.) */
struct footprint {
    int descriptors, threads, children;
};
struct footprint server_footprint(const struct server *s);
bool server_has_footprint(const struct server *s, struct footprint as);

/* Is there a listening socket at its address? And how many connections wait
 * in its backlog (TCP only: what its receive queue holds; -1 if nobody
 * listens)? */
bool server_is_listening(const struct server *s);
int server_backlog(const struct server *s);

#endif
