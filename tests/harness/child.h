/*
 * tests/harness/child.h - programs that this one starts: what they get, what
 * is heard of them, how they end. For tests and for tools: nothing here ends
 * the caller.
 *
 * A child leads a process group of its own, has no signal blocked, SIGPIPE at
 * its default, and of our descriptors only the three it is given. When this
 * program is killed, the kernel kills the child (PR_SET_PDEATHSIG, prctl(2); it
 * belongs to the thread that started the child, so start children from the main
 * thread).
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

enum { ADDRESS_TEXT = 160 };

/* What a child gets as stdin, stdout or stderr. 0 is the default of each: a
 * pipe to us for stdout, /dev/null for the others. Any other positive number
 * is a descriptor of the caller's, which stays the caller's. */
enum { STDIO_DEFAULT = 0, STDIO_PIPE = -1, STDIO_NULL = -2 };

struct child_spec {
    const char *const *argv; /* up to a NULL; execvp finds argv[0] */
    const char *const *env;  /* "NAME=value" up to a NULL, added to ours */
    int in, out, err;
    const char *log;         /* stderr is appended to this file instead */
    rlim_t descriptors;      /* RLIMIT_NOFILE, soft and hard; 0 = ours */
    rlim_t soft_descriptors; /* only the soft limit; 0 = as above */
    rlim_t address_space;    /* RLIMIT_AS in bytes; 0 = ours */
    bool is_pinned;          /* to `cpu` */
    int cpu;
};

/* All zero: none. */
struct process {
    pid_t pid;                  /* leads its own process group */
    int in, out, err;           /* our ends of its pipes, -1: there is none */
    char address[ADDRESS_TEXT]; /* of a server: where it listens */
    char name[128];             /* its path, for reports */
    char log[128];              /* the file with its stderr, "": none */
    bool ended;                 /* reaped; then: */
    int status;                 /* as waitpid gives it */
    bool survived;              /* by others of its group */
};

/* -1 and errno when it could not be started (EAGAIN also: 64 have been
 * started and not killed). A program that is not there says so on stderr and
 * ends at once with status 127. */
int child_start(struct process *p, const struct child_spec *spec);

/* Has it ended? Looks without waiting, and reaps. */
bool child_has_ended(struct process *p);

/* Closes our end of its stdin: end of input for it. */
void child_close_in(struct process *p);

/* The next line of its stdout, without the newline, NUL-terminated; of a longer
 * one the beginning. 1: there is one. 0: its output has ended, and `line` has
 * what came without a newline. -1 and errno; ETIMEDOUT. */
int child_read_line(struct process *p, char *line, size_t size, int timeout_ms);

/* The address in the line "listening on ADDRESS" by which a server says that it
 * is ready; NULL: it is another line. And: waits for that line, and remembers
 * the address; false: another one came, or none. */
const char *announced_address(const char *line);
bool child_wait_listening(struct process *p, int timeout_ms);

/* All the rest of what it writes to `fd`, our end of a pipe, NUL-terminated (of
 * more than `size` the beginning); then waits for its end. False: it did not
 * end in time. */
bool child_finish(struct process *p, int fd, char *text, size_t size,
                  int timeout_ms);

/* Kills what is left of its group, reaps it, closes our ends. It stays to be
 * looked at; its `pid` may be another's by now. */
void child_kill(struct process *p);

/* Kills the groups of all that were started and not killed. May be called by a
 * signal handler. */
void children_kill(void);

/* To be called once, before anything is started: calls children_kill at exit,
 * and at SIGINT, SIGTERM and SIGHUP, which then end this program; ignores
 * SIGPIPE. */
void children_end_with_us(void);

/* fork(2) with all streams flushed; the new process dies with us. It should
 * leave with _exit(2). child_wait returns waitpid's status, -1: there is no
 * such child. */
pid_t child_fork(void);
int child_wait(pid_t pid);

#endif
