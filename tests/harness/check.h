/*
 * tests/harness/check.h - what every test program is made of: a table of cases,
 * and a process for each. The first failure ends its case and prints what was
 * expected, what came, the steps that led there, and how to repeat it.
 *
 *     static void splits(void) { check_step("feed 'b'"); CHECK(fed == 1); }
 *     const struct check_case check_cases[] = {CASE(splits, "unit"), {0}};
 *
 * What the command line of such a program may say is in runner.h.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

/* How a case ends, beside EXIT_SUCCESS and EXIT_FAILURE. */
enum {
    CHECK_SKIPPED = 77,
    CHECK_NEVER_BEGAN = 78, /* failed: its server never announced itself */
    CHECK_TOO_LONG = 124    /* as timeout(1) has it */
};

/* A row of a table. What is 0 is left out. */
struct check_case {
    const char *function; /* its name is the case's: slow_reader, or
                           * case_slow_reader, is "slow-reader" */
    void (*run)(void);
    const char *kind;   /* CTest's label. "load" (hundreds of clients, much
                         * memory) is never run beside another; "network" is
                         * labelled "fault" too */
    int timeout_s;      /* the limit of time; 0: 30, and a case's own waits end
                         * after 20 seconds */
    unsigned int needs; /* traits that its server must have (servers.h);
                         * and NEEDS_CLIENT (runner.h) */
    unsigned int transports; /* where it runs beside TCP (runner.h) */
    unsigned int lacks;      /* traits that its server must not have */
    const char *each; /* words, one case each: "lock-empty", "shards-empty" */
    const char *name; /* instead of the function's; its "*" is the word */
};

/* The rows of one behaviour under many names, "inject-accept-EMFILE", share a
 * function: EACH. */
#define CASE(case_function, ...)                                               \
    {                                                                          \
        .function = #case_function, .run = case_function, .kind = __VA_ARGS__  \
    }
#define EACH(case_name, words, case_function, ...)                             \
    {                                                                          \
        .name = case_name, .each = words, .run = case_function,                \
        .kind = __VA_ARGS__                                                    \
    }

/* The table of a program that has no main of its own; {0} ends it. */
extern const struct check_case check_cases[];

/* For one that has: runs what the command line asks for; returns the exit
 * status of main. */
int check_main(int argc, char **argv, const struct check_case *cases,
               size_t count);

/* The case that runs: its whole name, and its word of `each` or "". */
extern const char *case_name, *case_word;

/* Remembers, in printf's way, what the case does next. A failure prints the
 * last 12 steps, or 64 after check_all_steps(). */
void check_step(const char *format, ...) __attribute__((format(printf, 1, 2)));
void check_all_steps(void);

/* A function that a failing case calls after its report, to add what it knows
 * (a server's log) and to clean up. One at a time; NULL takes it back.
 * It also runs at a skip. */
void check_at_end(void (*hook)(void));

/* What to think of when this case fails; printed with the failure. */
void hint(const char *text);

/* Ends the case as failed: exit status 1, the message on stderr. */
_Noreturn void check_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Likewise, with CHECK_NEVER_BEGAN: whatever the case is about was not seen. */
_Noreturn void check_never_began(const char *file, int line, const char *format,
                                 ...) __attribute__((format(printf, 3, 4)));

/* Ends the case as one that did not end by itself. */
_Noreturn void check_too_long(int limit_s);

/* Ends the case as skipped: exit status 77 and a line "skipped: ...". */
_Noreturn void check_skip(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The command that repeats the case, for the report; and a word to stand before
 * it, "SOAK_SEED=7". */
void check_repeat(const char *command);
void check_repeat_with(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Fails, showing both escaped and as hex, unless the bytes are the same. */
void check_bytes(const char *file, int line, const char *got, size_t got_len,
                 const char *want, size_t want_len);

void check_equal(const char *file, int line, const char *what, long long got,
                 long long want);

/* Prints `len` bytes on stderr so that a person can read them: what is not
 * printable as \n, \r, \t or \x1b; then, on a line of its own, as hex. Long
 * input is shown by its first and last bytes. */
void check_show(const char *label, const char *bytes, size_t len);

/* Macros, because a failure must name the line it happened on. */
#define CHECK_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CHECK(condition)                                                       \
    ((condition) ? (void)0                                                     \
                 : check_fail(__FILE__, __LINE__, "not true: %s", #condition))
#define CHECK_EQ(got, want)                                                    \
    check_equal(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_BYTES(got, got_len, want, want_len)                              \
    check_bytes(__FILE__, __LINE__, (got), (got_len), (want), (want_len))
#define CHECK_FAIL(...) check_fail(__FILE__, __LINE__, __VA_ARGS__)

#endif
