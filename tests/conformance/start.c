/* tests/conformance/start.c - how a server begins to serve. */
#include "suite.h"

static void announces(void)
{
    struct server *s = server_start((struct server_spec){0});
    int fd = dial(s);

    ROUND_TRIP(fd, "hello\n");
    leave(fd);
    server_stop(s, 1);
}

const struct suite_case start_cases[] = {
    {"announces", "start", ALL_STAGES, 30, announces, ALL_TRANSPORTS},
    {0},
};
