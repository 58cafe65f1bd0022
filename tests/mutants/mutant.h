/*
 * tests/mutants/mutant.h - a mutant is one of our programs with one bug put
 * in. A text describes it: the bug, and how the current source is to be
 * changed, as in a diff. What it names must be found exactly once, so that a
 * text cannot drift away from the source.
 *
 *     bug: What is wrong, in a sentence.
 *     seen: What somebody who uses such a server sees.
 *     from: Where people meet it.
 *
 *     in 01-blocking 02-fork: server.c
 *     test: half-close
 *      a line that stays
 *     -a line that goes, to the letter
 *     +what stands there instead
 *
 * A line that begins with two blanks goes on with the key above. There may be
 * several "in" parts, for the sources in which the bug looks different, and
 * several changes in each, divided by an empty line. A part names servers of
 * the one list (common/stage.cmake). Its source "server.c" is each server's
 * own, whatever the file is called; "common/net.c" stands there from the root;
 * any other stands beside the server's own. A function that a variant has to
 * the byte from its neighbour is not mutated again. Keys of a part:
 *
 *     test:      the case that must fail: of the suite, or of the program that
 *                is named before it: "framed.NAME", "unit.frame.NAME"
 *     says:      words that the failure's report must hold; else any failed
 *                expectation counts
 *     begins:    "never": the mutant does not announce itself, and that is what
 *                the test must see; any other must have begun to serve
 *     deadline:  what a case waits for comes within so many ms (default 1500)
 */
#ifndef MUTANT_H
#define MUTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { MAX_PARTS = 8, MAX_CHANGES = 6, MAX_SERVERS = 16, DEADLINE_MS = 1500 };

/* Whole lines. */
struct change {
    char *old_lines, *new_lines;
};

struct part {
    char *servers[MAX_SERVERS]; /* the first NULL ends them */
    char *source;
    char *test;
    char *says; /* or NULL */
    bool never_begins;
    int deadline_ms;
    struct change changes[MAX_CHANGES];
    int n_changes;
};

struct mutant {
    char *group, *name; /* of its folder; of its file, without ".mutant" */
    char *bug, *seen, *from;
    struct part parts[MAX_PARTS];
    int n_parts;
};

/* Reads a text. Ends the program with a message that names file and line if it
 * cannot be understood. The strings belong to the caller: mutant_free. */
struct mutant mutant_read(const char *path);
void mutant_free(struct mutant *m);

/* The part that is about this server, NULL if there is none. */
const struct part *mutant_part(const struct mutant *m, const char *server);

/* Where the source of a part stands for a server, from the root (a static
 * buffer). */
const char *part_source(const struct part *part, const char *server);

/* Applies the changes to `source`, a whole file; returns the result, which the
 * caller frees. NULL if something is not found exactly once; `why` says what
 * (a static buffer). */
char *part_apply(const struct part *part, const char *source, const char **why);

/* All of tests/mutants below `root`, in the order of their paths. */
struct mutant *mutants_read(const char *root, size_t *count);
void mutants_free(struct mutant *mutants, size_t count);

/* The whole file, NUL-terminated, or the end of the program. */
char *file_read(const char *path);

/* Text that is written as a file is; `bytes`, which the caller frees, is there
 * after text_end. */
struct text {
    char *bytes;
    size_t len;
    FILE *out;
};

void text_begin(struct text *t);
void text_end(struct text *t);

/* Says what is wrong and ends the program with status 1. */
_Noreturn void give_up(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* museum.c: tests/mutants/README.md, written to `out`. */
void museum(FILE *out, const struct mutant *mutants, size_t count);

/* verdict.c: runs a command, which ends in the case `test` of a test program,
 * against the mutant of this part. 0 if it fails in the way expected of it; 1,
 * with the reason on stderr, if it passes, fails in another way, or cannot be
 * run. */
int verdict(char *const *command, const char *test, const struct part *part);

#endif
