/*
 * tests/harness/case.h - what a case that runs programs has besides check.h:
 * patience, a directory of its own, and a look at whether this machine has what
 * it needs. See harness.h.
 */
#ifndef CASE_H
#define CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

#include "check.h"
#include "now.h"

/* Looks every few milliseconds until the condition holds; after patience_ms()
 * the case fails and names it. */
#define WAIT_UNTIL(condition)                                                  \
    do {                                                                       \
        long long until_ = now_ms() + patience_ms();                           \
        while (!(condition))                                                   \
            look_again(__FILE__, __LINE__, #condition, until_);                \
    } while (0)
void look_again(const char *file, int line, const char *what, long long until);
int patience_ms(void);

/* A directory of this case's own, removed with its files when the case ends;
 * and a path in it. harness_path formats into one of 8 static buffers. */
const char *harness_dir(void);
const char *harness_path(const char *name);

/* open(2), close-on-exec, and all that a file holds now, NUL-terminated, which
 * the caller frees; `len` may be NULL. What cannot be done fails the case. */
int open_file(const char *path, int flags);
char *read_file(const char *path, size_t *len);

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
