/*
 * tests/harness/check.h - what every test program is made of: a table of cases,
 * and a process for each. The first failure ends its case and prints the steps
 * that led there, what was expected, what came, and how to repeat it.
 *
 *     static void splits(void) { check_step("feed 'b'"); CHECK(fed == 1); }
 *     static const struct check_case cases[] = {{"splits", splits}};
 *     int main(int argc, char **argv)
 *     {
 *         return check_main(argc, argv, cases, CHECK_COUNT(cases));
 *     }
 *
 * Usage of such a program: no argument runs every case, each in a process of
 * its own; a NAME runs that one in this process; --list prints the names.
 * Exit status: 0 passed, 1 failed, 2 no such case, 77 skipped.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

enum { CHECK_SKIPPED = 77 };

struct check_case {
    const char *name;
    void (*run)(void);
};

/* Runs what the command line asks for; returns the exit status of main. */
int check_main(int argc, char **argv, const struct check_case *cases,
               size_t count);

/* Remembers, in printf's way, what the case does next; a failure prints all
 * steps in order (of more than 64 the last 64). */
void check_step(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A function that a failing case calls after its report, to add what it knows
 * (a server's log) and to clean up. One at a time; NULL takes it back.
 * It also runs at a skip. */
void check_at_end(void (*hook)(void));

/* What to think of when this case fails; printed with the failure. */
void hint(const char *text);

/* Ends the case as failed: exit status 1, the message on stderr. */
_Noreturn void check_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Ends the case as skipped: exit status 77 and a line "skipped: ...". */
_Noreturn void check_skip(const char *format, ...)
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
