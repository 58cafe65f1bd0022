/*
 * tests/harness/programs.h - programs that a case runs (child.h); what cannot
 * be done fails the case. See harness.h.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include "case.h"
#include "child.h"

enum { SPEC_ARGS = 24, SPEC_ENV = 12 };

struct process_spec {
    const char *path;            /* the program; execvp finds it */
    const char *args[SPEC_ARGS]; /* its arguments; the first NULL ends them */
    const char *env[SPEC_ENV];   /* "NAME=value", added to ours */
    rlim_t descriptors;          /* RLIMIT_NOFILE, soft and hard; 0 = ours */
    rlim_t address_space;        /* RLIMIT_AS in bytes; 0 = ours */
    rlim_t soft_descriptors;     /* only the soft limit; 0 = as above */
    int in, out;                 /* as in child_spec */
    const char *log; /* stderr is appended here; NULL = a new file */
    bool unwrapped;  /* leave TEST_WRAPPER out */
};

/* Starts a program (child.h), at most 16 at a time. The struct belongs to the
 * harness and lives until the case ends. */
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
struct run run_function(void (*part)(void)); /* in a process of its own */
void run_free(struct run *r);

/* The port on 127.0.0.1 of a server that runs already, which the harness
 * neither starts nor stops, 0: none; its pid is SOMEBODY_ELSES, for which
 * need_own skips the case. */
enum { SOMEBODY_ELSES = -1 };
extern int server_port;
void need_own(pid_t pid, const char *what);

#endif
