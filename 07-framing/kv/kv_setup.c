/* 07-framing/kv/kv_setup.c - see kv_setup.h. */
#include "kv_setup.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

enum { MIB = 1024 * 1024, MOST_SHARDS = 4096 };

static const struct store_kind *chosen_kind = &store_lock;
static struct store_limits chosen = {.max_memory = 256 * MIB, .shards = 16};

static bool take_number(const char *word, unsigned long long max,
                        unsigned long long *number)
{
    char *end;

    errno = 0;
    *number = strtoull(word, &end, 10);
    return word[0] >= '0' && word[0] <= '9' && *end == '\0' && errno == 0 &&
           *number > 0 && *number <= max;
}

static bool take_store(const char *word)
{
    const struct store_kind *kind = store_named(word);

    if (kind != NULL)
        chosen_kind = kind;
    return kind != NULL;
}

static bool take_shards(const char *word)
{
    unsigned long long number;

    if (!take_number(word, MOST_SHARDS, &number))
        return false;
    chosen.shards = (int)number;
    return true;
}

static bool take_max_memory(const char *word)
{
    unsigned long long number;

    if (!take_number(word, SIZE_MAX / 2, &number))
        return false;
    chosen.max_memory = (size_t)number;
    return true;
}

/* The common --service would choose what this server cannot say. */
static bool take_service(const char *word)
{
    return strcmp(word, "kv") == 0;
}

void parse_kv_server(struct options *options, const struct store_kind **kind,
                     struct store_limits *limits, int argc, char **argv)
{
    static const struct own_option own[] = {
        {"store", "lock, shards or owner: how it is shared (default lock)",
         true, take_store},
        {"shards", "a number of parts, 1 to 4096 (default 16)", true,
         take_shards},
        {"max-memory", "a number of bytes for all pairs (default 268435456)",
         true, take_max_memory},
        {"service", "kv: there is no other", true, take_service},
    };

    parse_server_options_and(options, argc, argv, "9527", own,
                             sizeof(own) / sizeof(own[0]));
    *kind = chosen_kind;
    *limits = chosen;
}
