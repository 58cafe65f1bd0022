/*
 * tests/harness/harness.h - for a test case that runs programs: it starts a
 * server, talks to it as its clients do, looks at it from outside through
 * /proc, and leaves nothing behind. Every function fails the case (check.h)
 * when what it is to do cannot be done, so a case reads as a list of what must
 * happen:
 *
 *     static void bye_hangs_up(void)
 *     {
 *         struct server *s = server_start((struct server_spec){0});
 *         int fd = dial(s);
 *
 *         hint("a farewell is a whole line");
 *         SEND_TEXT(fd, "bye\nmore");
 *         EXPECT_TEXT(fd, "bye\n");
 *         EXPECT_EOF(fd);
 *         server_stop(s, 1);
 *     }
 *
 * What a case need not do: it need not close descriptors, and on a path that
 * fails it need not stop what it started. Everything started is killed with
 * its process group and reaped when the case ends, however it ends; if the
 * test itself is killed, the kernel kills the server (PR_SET_PDEATHSIG, see
 * prctl(2); it belongs to the thread that started the server, so start
 * servers from the main thread). A failing case also prints the hint, the
 * tail of each program's stderr, and how each program ended.
 *
 * Nothing here sleeps and hopes. What takes time is waited for: a read until
 * the bytes come, WAIT_UNTIL until the condition holds. What never comes
 * fails the case after patience_ms(), 20 seconds.
 *
 * Environment: TEST_WRAPPER, a command and its arguments separated by blanks,
 * is put in front of every server and every client ("valgrind -q", "setarch
 * -R"). It must exec the program or keep the pid as valgrind does: the pid
 * stays the server's. Under it, or a sanitizer, patience_ms() is 90 seconds.
 * HARNESS_DEADLINE_MS says what patience_ms() is to be: less of it where a case
 * is expected to wait in vain (../tests/mutants).
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "check.h"

/* ---- programs ---------------------------------------------------------- */

enum { SPEC_ARGS = 24, SPEC_ENV = 12 };

/* What a process gets as stdin, or what takes its stdout. 0 is the default
 * of each; any other positive number is a descriptor of the caller's, which
 * stays the caller's. */
enum { STDIO_DEFAULT = 0, STDIO_PIPE = -1, STDIO_NULL = -2 };

struct process_spec {
    const char *path;            /* the program; execvp finds it */
    const char *args[SPEC_ARGS]; /* its arguments; the first NULL ends them */
    const char *env[SPEC_ENV];   /* "NAME=value", added to ours */
    rlim_t descriptors;          /* RLIMIT_NOFILE, soft and hard; 0 = ours */
    rlim_t address_space;        /* RLIMIT_AS in bytes; 0 = ours */
    rlim_t soft_descriptors;     /* only the soft limit; 0 = as above */
    int in;                      /* default: /dev/null */
    int out;                     /* default: a pipe to us */
    const char *log; /* stderr is appended here; NULL = a new file */
    bool unwrapped;  /* leave TEST_WRAPPER out */
};

struct process {
    pid_t pid;      /* leads its own process group */
    int in, out;    /* our ends of the pipes, -1 if there is none */
    char log[128];  /* the file with its stderr */
    char name[128]; /* its path, for reports */
    bool ended;     /* reaped; then: */
    int status;     /* as waitpid gives it */
    bool survived;  /* by others of its group */
};

/* Starts a program with SIGPIPE at its default, no signal blocked, no
 * descriptor but 0, 1, 2, and its own process group. At most 16 at a time. The
 * struct belongs to the harness and lives until the case ends. */
struct process *process_start(struct process_spec spec);

/* Of a process that has ended: frees its slot, removes its log. Only a case
 * that starts dozens needs it. */
void process_forget(struct process *p);

/* Waits for the end, reaps, and returns waitpid's status; may be called
 * again. process_has_ended looks without waiting. */
int process_wait(struct process *p);
bool process_has_ended(struct process *p);

/* Waits for the end and fails unless it was exit(code). */
#define EXPECT_EXIT(p, code) expect_exit_at(__FILE__, __LINE__, (p), (code))
void expect_exit_at(const char *file, int line, struct process *p, int code);

/* kill(2); process_signal_group sends it to the children too, as Ctrl-C in a
 * terminal does. */
void process_signal(struct process *p, int signal_number);
void process_signal_group(struct process *p, int signal_number);

/* One line of its stdout, with the newline replaced by NUL. False at the end
 * of its output. `size` must hold the longest line expected. */
bool process_read_line(struct process *p, char *line, size_t size);

/* Closes our end of its stdin: end of input for it. */
void process_close_in(struct process *p);

/* All of its stderr so far, NUL-terminated; the caller frees. */
char *process_log(const struct process *p);
bool process_log_has(const struct process *p, const char *text);
int process_log_count(const struct process *p, const char *text);

/* Runs a program to its end with `input` (may be NULL) on stdin, both outputs
 * collected; the caller frees them with run_free. For short runs: --help, a
 * wrong option, a client. A program that does not end fails the case. */
struct run {
    int status;      /* waitpid's */
    char *out, *err; /* NUL-terminated */
    size_t out_len, err_len;
};
struct run run_program(struct process_spec spec, const char *input, size_t len);
void run_free(struct run *r);

/* ---- a server ---------------------------------------------------------- */

enum transport { ON_TCP, ON_TCP6, ON_UNIX };

/* What server_start runs when the spec names no path, and where it binds when
 * the spec does not say. Set once by main. */
extern const char *server_path;
extern enum transport server_transport;

/* What every server of the case gets first on its command line, but for one
 * whose spec names a path. The first NULL ends it. */
extern const char *server_args[SPEC_ARGS];

/* A server that runs already, which the harness neither starts nor stops: its
 * port on 127.0.0.1 (0: none) and the service it serves. server_start means
 * that one then, server_stop only that it still answers. A case skips when it
 * comes to what cannot be had of it: options of its own, a signal, its log, a
 * look at its process. */
extern int server_port;
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

/* Without waiting: fails if it has ended. Call it where a dead server could
 * be taken for a silent one. */
void server_expect_alive(struct server *s);

/* Waits until its log holds the text. */
void server_wait_log(struct server *s, const char *text);

/* ---- clients ----------------------------------------------------------- */

/* A connected socket, close-on-exec, blocking, on which a read or write that
 * waits longer than patience_ms() fails. try_dial returns -1 and errno. */
int dial(const struct server *s);
int try_dial(const struct server *s);

/* With SO_RCVBUF and SO_SNDBUF of `bytes` (the kernel doubles it, socket(7)):
 * a client whose buffers are soon full. */
int dial_small(const struct server *s, int bytes);

/* Connects and at once expects to be refused (or, on a Unix socket, that the
 * file is gone). */
void expect_refused(const struct server *s);

#define SEND_TEXT(fd, text)                                                    \
    send_at(__FILE__, __LINE__, (fd), (text), sizeof(text "") - 1)
#define SEND_BYTES(fd, bytes, len)                                             \
    send_at(__FILE__, __LINE__, (fd), (bytes), (len))
void send_at(const char *file, int line, int fd, const char *bytes, size_t len);

/* Reads exactly as many bytes as expected and compares them. What may follow
 * stays unread. */
#define EXPECT_TEXT(fd, text)                                                  \
    expect_at(__FILE__, __LINE__, (fd), (text), sizeof(text "") - 1)
#define EXPECT_BYTES(fd, bytes, len)                                           \
    expect_at(__FILE__, __LINE__, (fd), (bytes), (len))
void expect_at(const char *file, int line, int fd, const char *bytes,
               size_t len);

/* The next read gives end of input; or (after any bytes) ECONNRESET; or
 * either of the two, after any bytes. */
#define EXPECT_EOF(fd)    expect_eof_at(__FILE__, __LINE__, (fd))
#define EXPECT_RESET(fd)  expect_reset_at(__FILE__, __LINE__, (fd))
#define EXPECT_CLOSED(fd) expect_closed_at(__FILE__, __LINE__, (fd))
void expect_eof_at(const char *file, int line, int fd);
void expect_reset_at(const char *file, int line, int fd);
void expect_closed_at(const char *file, int line, int fd);

/* Nothing has come so far, not even end of input. It does not wait, so it
 * proves something only after an event that would have come later. */
#define EXPECT_SILENCE(fd) expect_silence_at(__FILE__, __LINE__, (fd))
void expect_silence_at(const char *file, int line, int fd);

/* "Says `text`, hears `text`": a round trip, which proves that the server
 * serves this client now. */
#define ROUND_TRIP(fd, text) (SEND_TEXT((fd), text), EXPECT_TEXT((fd), text))

/* Sends `out` and at the same time receives exactly `in_len` bytes, which a
 * megabyte needs: who sends it all first may wait for ever, as may the
 * server. EXCHANGE_ECHO expects the same bytes back. */
void exchange(int fd, const char *out, size_t out_len, char *in, size_t in_len);
#define EXCHANGE_ECHO(fd, bytes, len)                                          \
    exchange_echo_at(__FILE__, __LINE__, (fd), (bytes), (len))
void exchange_echo_at(const char *file, int line, int fd, const char *bytes,
                      size_t len);

/* Sends without waiting until the socket takes no more; returns how much went.
 * `pattern_at` gives the byte at an offset of an endless stream that never
 * repeats soon, so that a lost, doubled or swapped piece shows. */
size_t send_until_full(int fd, size_t start, size_t limit);
char pattern_at(size_t offset);
void fill_pattern(char *bytes, size_t len, size_t start);

/* Reads `len` bytes and compares them with the pattern from `start` on. */
void expect_pattern(int fd, size_t start, size_t len);

/* Reads to the end of input; returns how many bytes came (at most `size`; more
 * fails the case). A reset fails it too. */
size_t read_to_end(int fd, char *bytes, size_t size);

void half_close(int fd);       /* shutdown(fd, SHUT_WR) */
void leave(int fd);            /* close */
void reset_connection(int fd); /* SO_LINGER 0 and close: a RST (TCP only) */

/* A peer for client tests: a listening socket on 127.0.0.1 whose port is
 * written as text, and an accept that fails the case if nobody comes. */
int peer_listen(char port[8]);
int peer_accept(int listen_fd);

/* ---- seen from outside: /proc ------------------------------------------ */

/* Of one process. A process that is gone gives -1. */
int proc_descriptors(pid_t pid); /* open ones */
int proc_threads(pid_t pid);
int proc_children(pid_t pid); /* living ones and zombies */
int proc_zombies(pid_t pid);  /* children that wait to be reaped */
long proc_rss_kib(pid_t pid); /* VmRSS */
long proc_vm_kib(pid_t pid);  /* VmSize: address space */
char proc_state(pid_t pid);   /* R, S, D, T, Z ...; 0 if gone (proc(5)) */

/* Of the server and all its children. */
int server_processes(const struct server *s); /* zombies included */
int server_living(const struct server *s);    /* zombies not included */
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

/* A TCP socket of this machine, whosever it is: the connection between the two
 * addresses, or if `there` is NULL, who listens `here`. False: there is none
 * (any more). */
struct tcp_socket {
    unsigned int state; /* 1 established, 6 TIME_WAIT, 10 listening: proc(5) */
    unsigned int unsent, unread;
};
bool tcp_socket_at(const struct sockaddr *here, const struct sockaddr *there,
                   struct tcp_socket *found);

/* ---- waiting, files, hints --------------------------------------------- */

/* Looks every few milliseconds until the condition holds; after patience_ms()
 * the case fails and names it. */
#define WAIT_UNTIL(condition)                                                  \
    do {                                                                       \
        long long until_ = now_ms() + patience_ms();                           \
        while (!(condition))                                                   \
            look_again(__FILE__, __LINE__, #condition, until_);                \
    } while (0)
void look_again(const char *file, int line, const char *what, long long until);
long long now_ms(void); /* CLOCK_MONOTONIC */
void nap_ms(int ms);    /* only where time itself is what is tested */
int patience_ms(void);

/* A directory of this case's own, removed with its files when the case ends;
 * and a path in it. harness_path formats into one of 8 static buffers. */
const char *harness_dir(void);
const char *harness_path(const char *name);

/* What to think of when this case fails; printed with the failure. */
void hint(const char *text);

/* Raises our own soft limit of descriptors to `n`; skips the case if the hard
 * limit does not allow it. */
void need_descriptors(rlim_t n);

/* Skips the case if this machine has no ::1. */
void need_ipv6(void);

/* True if a sanitizer or a wrapper makes memory and speed incomparable: the
 * programs under test were built with one (HARNESS_SANITIZED set by CMake), or
 * TEST_WRAPPER is set. */
bool is_instrumented(void);

#endif
