/*
 * tests/conformance/suite.h - the cases that every server must pass, and what
 * a case may ask about the server it runs against.
 *
 *     suite --server CMD | --port PORT [OPTION]... [[--case] NAME]
 *
 * Without a name it runs every case that applies to such a server; --help says
 * the rest, as does ../harness/runner.h.
 *
 * A new case is a function and a line in the table of its file, with its kind,
 * its limit of time, the traits (../harness/servers.h) of the servers that it
 * is about, and the transports beside TCP:
 *
 *     static void nothing_at_all(void) { ... }
 *
 *     const struct check_case bytes_cases[] = {
 *         CASE(nothing_at_all, "service", 30, TRAIT_BYTES, ALL_TRANSPORTS),
 *         {0}, // the end
 *     };
 *
 * A case without traits is for frames too, which are made to echo lines then:
 * it says lines, whole ones, ended by "\n". The kinds are "start", "service",
 * "stop", "options", "limits", "fault", "network" (../faults/cable.h), "load".
 *
 * A new file is a source of the target "suite" (target_sources(suite PRIVATE
 * leaving.c) in the CMakeLists.txt of its folder) and a line in suite.c where
 * the tables are listed. CTest finds the cases by --list after the build.
 */
#ifndef SUITE_H
#define SUITE_H

#include "runner.h"

enum { KILOBYTE = 1024, MEGABYTE = 1024 * KILOBYTE };

/* One loop for all clients, or one client at a time. */
bool is_loop(void);
bool serves_one_at_a_time(void);

/* A loop that is told again of what it has not taken: an EAGAIN that is made up
 * costs it no more than a round. */
bool is_told_again(void);

/* It is in accept(2) when nobody comes, and not in a wait for many things: one
 * more client comes in before the next call of accept. */
bool waits_in_accept(void);

/* The tables, one a file. */
extern const struct check_case options_cases[];
extern const struct check_case start_cases[];
extern const struct check_case service_cases[];
extern const struct check_case limits_cases[];
extern const struct check_case stop_cases[];
extern const struct check_case client_cases[];
extern const struct check_case leaving_cases[]; /* this and on: ../faults */
extern const struct check_case staying_cases[];
extern const struct check_case many_cases[];
extern const struct check_case starving_cases[];
extern const struct check_case storms_cases[];
extern const struct check_case network_cases[];
extern const struct check_case inject_server_cases[];
extern const struct check_case inject_start_cases[];
extern const struct check_case inject_client_cases[];
extern const struct check_case soak_cases[];

#endif
