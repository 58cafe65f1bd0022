/* 07-framing/kv/kv_setup.c - see kv_setup.h. */
#include "kv_setup.h"

/* The common services are nothing that this server can say. */
static const char *only_service(int i)
{
    return i == 0 ? "kv" : NULL;
}

void parse_kv_server(struct options *options, const struct store_kind **kind,
                     struct store_limits *limits, int argc, char **argv)
{
    const char *store;
    uint64_t max_memory;
    const struct option_row own[] = {
        {'s', "service", "NAME", "always", "kv", .name_at = only_service},
        {0, "store", "NAME", "how it is shared:", "lock", .name_at = store_name,
         .text = &store},
        {0, "shards", "N", "of shards, how many: 1 to 4096", "16", .min = 1,
         .max = 4096, .number = &limits->shards},
        {0, "max-memory", "BYTES", "for all pairs together", "268435456",
         .min = 1, .max = SIZE_MAX / 2, .size = &max_memory},
        {0},
    };

    parse_server_options_and(options, argc, argv, "9527", own);
    *kind = store_named(store);
    limits->max_memory = (size_t)max_memory;
}
