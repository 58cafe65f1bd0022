/*
 * tests/faults/soak_traffic.h - clients who talk at random, by a seed: how
 * much, in which pieces, in which order, and how they leave. Every byte that
 * comes back is compared.
 */
#ifndef SOAK_TRAFFIC_H
#define SOAK_TRAFFIC_H

#include <stdint.h>

#include "faults.h"

/* A number for each step of a seed (splitmix64); below a limit. */
uint64_t random_next(uint64_t *seed);
size_t random_below(uint64_t *seed, size_t limit);

/* `count` clients, `at_once` of them at a time, converse with the server until
 * all have left. A client says lines of any bytes; then it half-closes and
 * hears the rest, or says a farewell (if `farewells`) and more behind it, or
 * leaves, or resets the connection in the middle of everything. */
struct traffic {
    uint64_t seed;
    int count, at_once;
    bool farewells;
};
void run_traffic(struct server *s, struct traffic t);

#endif
