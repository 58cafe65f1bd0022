/*
 * tests/conformance/suite.h - the cases that every server must pass, and what
 * a case may ask about the server it runs against.
 *
 *     suite --server CMD | --port PORT [OPTION]... [[--case] NAME]
 *
 * Without a name it runs every case that applies to the stage, each in a
 * process of its own, and sums up; --help says the rest. --list prints "name
 * kind stages timeout".
 *
 * A new case is a function and a line in the table of its file:
 *
 *     static void nothing_at_all(void) { ... }
 *
 *     const struct suite_case bytes_cases[] = {
 *         {"nothing-at-all", "service", ALL_STAGES, 30, nothing_at_all,
 *          ALL_TRANSPORTS},
 *         {0}, // the end
 *     };
 *
 * A new file is a source of the target "suite" (target_sources(suite PRIVATE
 * leaving.c) in the CMakeLists.txt of its folder) and a line in suite.c where
 * the tables are listed. CTest finds the cases by --list after the build.
 */
#ifndef SUITE_H
#define SUITE_H

#include <stdbool.h>

#include "check.h"
#include "harness.h"

/* Stages a case applies to. */
enum {
    BLOCKING = 1 << 1, /* 01 */
    FORK = 1 << 2,
    PTHREAD = 1 << 3,
    SELECT = 1 << 4,
    POLL = 1 << 5,
    EPOLL = 1 << 6,
    EVENT_LOOPS = SELECT | POLL | EPOLL,
    CONCURRENT = FORK | PTHREAD | EVENT_LOOPS, /* all that serve many at once */
    ALL_STAGES = BLOCKING | CONCURRENT,
    FRAMES = 1 << 7, /* 07, which is made to echo lines: a case for it too says
                      * lines, whole ones, ended by "\n" */
    FRAMES_TOO = ALL_STAGES | FRAMES
};

/* Transports a case is run on. On another than TCP the case's name ends in
 * ".unix" or ".ip6"; server_start binds there by itself. */
enum {
    TCP_ONLY = 0,
    ALSO_UNIX = 1 << ON_UNIX,
    ALSO_IP6 = 1 << ON_TCP6,
    ALL_TRANSPORTS = ALSO_UNIX | ALSO_IP6
};

/* `kind` is the CTest label: "start", "service", "stop", "options", "limits",
 * "fault"; a case of kind "network" (../faults/cable.h) is labelled as a fault
 * too; one of kind "load" (hundreds of clients, much memory) is never run
 * beside another. `timeout_s` is CTest's and should be 30 where nothing
 * speaks against it: a case's own waits end after 20 seconds. */
struct suite_case {
    const char *name;
    const char *kind;
    unsigned int stages;
    int timeout_s;
    void (*run)(void);
    unsigned int transports;
};

/* What --stage says, 1 to 7; its bit among the above; and whether it serves
 * one client at a time, where other stages serve others meanwhile. */
extern int stage;
unsigned int stage_bit(void);
bool serves_one_at_a_time(void);

/* The name of the case that runs, without its transport: a row of a table of
 * faults finds itself by it. */
extern const char *case_name;

/* The client of the same stage, NULL without --client; and a library to be
 * preloaded into servers, NULL without --preload. The need_ forms skip the
 * case if there is none. */
extern const char *client_path;
extern const char *preload_path;
const char *need_client(void);
const char *need_preload(void);

/* The tables, one a file. */
extern const struct suite_case options_cases[];
extern const struct suite_case start_cases[];
extern const struct suite_case service_cases[];
extern const struct suite_case limits_cases[];
extern const struct suite_case stop_cases[];
extern const struct suite_case client_cases[];
extern const struct suite_case leaving_cases[]; /* this and on: ../faults */
extern const struct suite_case staying_cases[];
extern const struct suite_case many_cases[];
extern const struct suite_case starving_cases[];
extern const struct suite_case storms_cases[];
extern const struct suite_case mutants_asked_cases[];
extern const struct suite_case network_cases[];
extern const struct suite_case inject_server_cases[];
extern const struct suite_case inject_start_cases[];
extern const struct suite_case inject_client_cases[];
extern const struct suite_case soak_cases[];

#endif
