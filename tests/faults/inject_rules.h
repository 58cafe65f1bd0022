/*
 * tests/faults/inject_rules.h - for cases in which the kernel says no. A
 * program is started with inject.c in front of it and some rules (its header
 * has their grammar); nothing happens before inject_now(), and how often it
 * did is read from inject's own log.
 *
 * A row of a table stands for many cases (EACH), and a case's name says the
 * fault: "inject-accept-EMFILE" lets accept fail with EMFILE. Words before the
 * call
 * ("inject-client-read-EINTR") and behind the errno ("-stop") are the table's.
 */
#ifndef INJECT_RULES_H
#define INJECT_RULES_H

#include "runner.h"

/* "accept=EMFILE" and `when`, for a case of that name. Both in one static
 * buffer. row_fault() gives "accept EMFILE", as the log has it; row_symbol()
 * the errno alone; row_call() the call. */
const char *row_rule(const char *when);
const char *row_fault(void);
const char *row_call(void);
const char *row_symbol(void);

/* The spec with rules that hold from inject_now() to inject_no_more(), or from
 * the start to the end. Skips the case where the library cannot be used. One
 * program of a case has rules. */
struct server_spec with_rules(struct server_spec spec, const char *rules);
struct server_spec with_rules_from_start(struct server_spec spec,
                                         const char *rules);
struct process_spec process_with_rules(struct process_spec spec,
                                       const char *rules);
struct process_spec process_with_rules_from_start(struct process_spec spec,
                                                  const char *rules);
void inject_now(void);
void inject_no_more(void);

/* How often a fault was injected so far ("accept EMFILE", "accept"); "" for
 * all. expect_injected fails the case if it was less than `least`: then it
 * proves nothing. */
int injected(const char *fault);
void wait_injected(const char *fault, int least);
void expect_injected(const char *fault, int least);

/* Waits until the program has said something, or its stdout has ended (false).
 */
bool announces(const struct process *p);

/* Lets `run` fail the n-th allocation, for n from 1 until it says that no fault
 * was reached any more. */
void fail_each_allocation(bool (*run)(struct server *s, int n),
                          struct server *s);

#endif
