/* tests/harness/servers.c - see servers.h. */
#include "servers.h"

#include <string.h>

static const struct server_info servers[] = {
#include "servers.inc"
};

const struct server_info *server_at(size_t index)
{
    return index < sizeof(servers) / sizeof(servers[0]) ? &servers[index]
                                                        : NULL;
}

/* "06/edge" fits "06-epoll/edge": what the stage is called may be left out. */
static bool fits(const char *name, const char *full)
{
    size_t stage_len = strcspn(name, "/");
    size_t full_len = strcspn(full, "/");

    if (strcmp(name + stage_len, full + full_len) != 0)
        return false;
    return (stage_len == full_len && strncmp(name, full, full_len) == 0) ||
           (stage_len == 2 && strncmp(name, full, 2) == 0);
}

const struct server_info *server_named(const char *name)
{
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++)
        if (fits(name, servers[i].name))
            return &servers[i];
    return NULL;
}

bool server_has(const struct server_info *server, unsigned int traits)
{
    return (server->traits & traits) == traits;
}

bool server_is_variant(const struct server_info *server)
{
    return strchr(server->name, '/') != NULL;
}
