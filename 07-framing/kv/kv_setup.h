/* 07-framing/kv/kv_setup.h - the command line of the key-value server: that of
 * common/options.h, and --store, --shards, --max-memory. */
#ifndef KV_SETUP_H
#define KV_SETUP_H

#include "options.h"
#include "store.h"

/* Prints and exits as parse_server_options does. */
void parse_kv_server(struct options *options, const struct store_kind **kind,
                     struct store_limits *limits, int argc, char **argv);

#endif
