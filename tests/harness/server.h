/*
 * tests/harness/server.h - the server that a case is about: started, announced,
 * stopped. See harness.h.
 */
#ifndef SERVER_H
#define SERVER_H

#include <sys/socket.h>

#include "programs.h"

enum transport { ON_TCP, ON_TCP6, ON_UNIX };

/* What server_start runs when the spec names no path, and where it binds when
 * the spec does not say. Set once by main. */
extern const char *server_path;
extern enum transport server_transport;

/* What every server of the case gets first on its command line, but for one
 * whose spec names a path. The first NULL ends it. */
extern const char *server_args[SPEC_ARGS];

/* Of a server that runs already (server_port) the service it serves.
 * server_start means that one then, server_stop only that it still answers. A
 * case skips when it comes to what cannot be had of it: options of its own, a
 * signal, its log, a look at its process. */
extern const char *server_port_service;

struct server_spec {
    const char *path;            /* NULL: server_path */
    const char *args[SPEC_ARGS]; /* after the ones the harness adds */
    const char *env[SPEC_ENV];
    rlim_t descriptors, soft_descriptors, address_space;
    const char *log;      /* as in process_spec */
    const char *out_file; /* stdout is appended here; NULL = a pipe */
    bool on_tcp;          /* TCP on 127.0.0.1, whatever the transport */
    bool bare;            /* `args` alone: no "-p 0", no "-b" */
};

struct server {
    struct process *process;
    pid_t pid;            /* process->pid */
    const char *out_file; /* the spec's */
    char announced[160];  /* its first line on stdout */
    char address[160];    /* "127.0.0.1:4711", "[::1]:4711", "unix:/x/y" */
    int port;             /* 0 on a Unix socket */
    struct sockaddr_storage sockaddr; /* where to connect */
    socklen_t sockaddr_len;
};

/* Starts a server: on "-p 0", on "-b ::1 -p 0", or on "-b unix:" and a socket
 * in harness_dir(); then `args`. server_start waits until it announces that
 * it is listening, server_launch does not; server_wait_announced does. */
struct server *server_start(struct server_spec spec);
struct server *server_launch(struct server_spec spec);
void server_wait_announced(struct server *s);

/* SIGTERM; then the server must exit 0 and have said "served N clients" once,
 * with the N given (any N: SERVED_ANY); no process may be left of its group,
 * no socket file, and its log may hold no report of a sanitizer, valgrind or
 * assert. Close the clients first, or they are waited
 * for (--grace). */
enum { SERVED_ANY = -1 };
void server_stop(struct server *s, int served);

/* The second half alone, when something else has told it to stop. */
void server_expect_stopped(struct server *s, int served);

/* As process_forget, for a server that has ended. */
void server_forget(struct server *s);

/* Its processes and their children, but for zombies. */
int server_living(const struct server *s);

/* Without waiting: fails if it has ended. Call it where a dead server could
 * be taken for a silent one. */
void server_expect_alive(struct server *s);

/* Waits until its log holds the text. */
void server_wait_log(struct server *s, const char *text);

#endif
