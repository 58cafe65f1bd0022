/* tests/faults/inject_rules.c - see inject_rules.h. */
#include "inject_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- the row ---- */

/* The last pair of words, of which the second is an errno or "short". */
static void find_row(char call[24], char symbol[24])
{
    static const char *const before[] = {"inject-client-", "inject-start-",
                                         "inject-"};
    const char *name = case_name;

    for (size_t i = 0; i < CHECK_COUNT(before); i++)
        if (strncmp(name, before[i], strlen(before[i])) == 0) {
            name += strlen(before[i]);
            break;
        }
    if (sscanf(name, "%23[a-z_]-%23[A-Za-z]", call, symbol) != 2)
        CHECK_FAIL("no fault in the name %s", case_name);
}

const char *row_call(void)
{
    static char call[24];
    char symbol[24];

    find_row(call, symbol);
    return call;
}

const char *row_symbol(void)
{
    static char symbol[24];
    char call[24];

    find_row(call, symbol);
    return symbol;
}

const char *row_rule(const char *when)
{
    static char rule[96];

    snprintf(rule, sizeof(rule), "%s=%s%s", row_call(), row_symbol(), when);
    return rule;
}

const char *row_fault(void)
{
    static char fault[64];

    snprintf(fault, sizeof(fault), "%s %s", row_call(), row_symbol());
    return fault;
}

/* ---- starting ---- */

static const char *rules_file(const char *name)
{
    return harness_path(name);
}

/* Two strings NAME=value in static buffers: a case has one such program. */
static void make_env(const char *rules, bool from_start, const char *env[2])
{
    static char preload[600], inject[600];
    const char *words = getenv("TEST_WRAPPER");

    if (words != NULL && strstr(words, "valgrind") != NULL)
        check_skip("valgrind and the library would both replace malloc");
    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", need_preload());
    snprintf(inject, sizeof(inject), "INJECT=%s; log=%s", rules,
             rules_file("injected"));
    if (!from_start)
        snprintf(inject + strlen(inject), sizeof(inject) - strlen(inject),
                 "; while=%s", rules_file("inject-now"));
    check_step("%s%s", inject, from_start ? "" : " exists");
    env[0] = preload;
    env[1] = inject;
}

static void add_env(const char **list, const char *env[2])
{
    int n = 0;

    while (n < SPEC_ENV && list[n] != NULL)
        n++;
    CHECK(n + 2 < SPEC_ENV);
    list[n] = env[0];
    list[n + 1] = env[1];
}

static struct server_spec server_rules(struct server_spec spec,
                                       const char *rules, bool from_start)
{
    const char *env[2];

    make_env(rules, from_start, env);
    add_env(spec.env, env);
    return spec;
}

static struct process_spec process_rules(struct process_spec spec,
                                         const char *rules, bool from_start)
{
    const char *env[2];

    make_env(rules, from_start, env);
    add_env(spec.env, env);
    return spec;
}

struct server_spec with_rules(struct server_spec spec, const char *rules)
{
    return server_rules(spec, rules, false);
}

struct server_spec with_rules_from_start(struct server_spec spec,
                                         const char *rules)
{
    return server_rules(spec, rules, true);
}

struct process_spec process_with_rules(struct process_spec spec,
                                       const char *rules)
{
    return process_rules(spec, rules, false);
}

struct process_spec process_with_rules_from_start(struct process_spec spec,
                                                  const char *rules)
{
    return process_rules(spec, rules, true);
}

void inject_now(void)
{
    int fd =
        open(rules_file("inject-now"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    check_step("from now on, faults are injected");
    if (fd == -1)
        CHECK_FAIL("open: %s", strerror(errno));
    close(fd);
}

void inject_no_more(void)
{
    check_step("no more faults; so far: %d", injected(""));
    if (unlink(rules_file("inject-now")) == -1)
        CHECK_FAIL("unlink: %s", strerror(errno));
}

/* ---- what happened ---- */

int injected(const char *fault)
{
    FILE *log = fopen(rules_file("injected"), "re");
    char line[96];
    int count = 0;

    if (log == NULL)
        CHECK_FAIL("no log of injected faults: %s", strerror(errno));
    while (fgets(line, sizeof(line), log) != NULL)
        count += strncmp(line, fault, strlen(fault)) == 0;
    fclose(log);
    return count;
}

void wait_injected(const char *fault, int least)
{
    check_step("wait until '%s' was injected %d times", fault, least);
    WAIT_UNTIL(injected(fault) >= least);
}

void expect_injected(const char *fault, int least)
{
    int count = injected(fault);

    check_step("'%s' was injected %d times", fault, count);
    if (count < least)
        CHECK_FAIL("'%s' was injected %d times only: this proves nothing",
                   fault, count);
}

/* ---- the n-th allocation ---- */

bool announces(const struct process *p)
{
    struct pollfd out = {.fd = p->out, .events = POLLIN};
    int waiting = 0;

    WAIT_UNTIL(poll(&out, 1, 0) == 1);
    CHECK(ioctl(p->out, FIONREAD, &waiting) == 0);
    return waiting > 0;
}

void fail_each_allocation(bool (*run)(struct server *s, int n),
                          struct server *s)
{
    enum { MOST = 1000 };
    int n = 1;

    while (run(s, n)) {
        n++;
        if (n > MOST)
            CHECK_FAIL("there is no end of allocations");
    }
    check_step("%d allocations failed in turn", n - 1);
    CHECK(n > 1);
}
