/*
 * tests/compare/experiments/store.c - three ways of sharing a store between
 * threads (10), measured by kv_bench.
 */
#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of kv_bench --raw: operation, clients, store, a number a round. */
static void take_line(struct experiment *e, char *line)
{
    const char *operation = strtok(line, " "), *clients = strtok(NULL, " ");
    const char *store = strtok(NULL, " "), *word;
    double values[MOST_ROUNDS];
    int count = 0;

    while ((word = strtok(NULL, " ")) != NULL && count < MOST_ROUNDS)
        values[count++] = atof(word);
    if (store == NULL)
        return;
    add_values(e, operation[0] == 'g' ? 'a' : 'b', store, atof(clients), values,
               count, "");
    progress(store);
}

static void draw(struct experiment *e)
{
    add_picture(e, LINES, "Reading keys, 32 commands on their way", "clients",
                "operations a second");
    add_picture(e, LINES, "Writing keys, 32 commands on their way", "clients",
                "operations a second");
    e->pictures[0].log_x = e->pictures[1].log_x = true;
}

/* False when kv_bench failed. */
static bool run_bench(struct experiment *e, const char *rounds)
{
    const struct server_info *keyvalue = server_named(models.keyvalue);
    const char *argv[] = {
        beside("kv_bench"), "--raw",         "--rounds",        rounds,
        "--seconds",        round_seconds(), keyvalue->program, NULL};
    struct program bench;
    char line[1024];

    snprintf(line, sizeof(line),
             "build/tests/compare/kv_bench --raw --rounds %s --seconds %s %s",
             rounds, round_seconds(), built_path(keyvalue));
    experiment_add_command(e, line);
    if (program_start(&bench, argv, ANY_CPU, false) == -1)
        return false;
    while (program_read_line(&bench, line, sizeof(line), 60000))
        take_line(e, line);
    return program_finish(&bench, line, sizeof(line)) == 0;
}

static double worth(struct experiment *e, char picture, const char *store)
{
    return take_ratio(e, picture, store, "lock", 16);
}

void experiment_locks(struct experiment *e)
{
    char rounds[16];
    int better, worse; /* of reading and writing */

    draw(e);
    snprintf(rounds, sizeof(rounds), "%d", rounds_wanted());
    if (!run_bench(e, rounds)) {
        assert_kept(e, false, "kv_bench comes to its end");
        conclude(e, NOT_RUN, "kv_bench failed.");
        return;
    }
    better = is_above(e, 'a', "shards", "lock", 16) +
             is_above(e, 'b', "shards", "lock", 16);
    worse = is_above(e, 'a', "lock", "shards", 16) +
            is_above(e, 'b', "lock", "shards", 16);
    conclude(e,
             better == 2      ? HOLDS
             : worse == 2     ? DOES_NOT_HOLD
             : better > worse ? HOLDS_BUT
                              : NO_DIFFERENCE,
             "With 16 clients, shards (a lock for each of 16 tables) answer "
             "%.2f times the reads and %.2f times the writes of lock (one for "
             "all); owner (one thread has the table, the others ask it), %.2f "
             "and %.2f times. docs/sharing.md explains the three.",
             worth(e, 'a', "shards"), worth(e, 'b', "shards"),
             worth(e, 'a', "owner"), worth(e, 'b', "owner"));
}
