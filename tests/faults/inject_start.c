/*
 * tests/faults/inject_start.c - the kernel says no while a server starts: exit
 * status 1 and a message with errno's symbol. It has not announced that it is
 * listening: who waits for that line must not connect to nobody.
 */
#include "faults.h"

#include <dirent.h>
#include <string.h>
#include <sys/wait.h>

#include "inject_rules.h"

/* Nothing else is called that in the case's directory (harness.h). */
static bool has_socket_file(void)
{
    DIR *d = opendir(harness_dir());
    struct dirent *entry;
    bool has = false;

    CHECK(d != NULL);
    while ((entry = readdir(d)) != NULL)
        has = has || strncmp(entry->d_name, "socket", 6) == 0;
    closedir(d);
    return has;
}

/* The server with its first word on stdout, if it says one. */
static void refused_at_start(void)
{
    struct server *s = server_launch(
        with_rules_from_start((struct server_spec){0}, row_rule("@1-")));
    char line[160];

    EXPECT_EXIT(s->process, 1);
    expect_injected(row_fault(), 1);
    if (!process_log_has(s->process, row_symbol()))
        CHECK_FAIL("its message does not say %s", row_symbol());
    CHECK_EQ(log_lines(s), 1);
    if (process_read_line(s->process, line, sizeof(line)))
        CHECK_FAIL("it said \"%s\" and was not ready", line);
    if (server_transport == ON_UNIX && has_socket_file())
        CHECK_FAIL("it left its socket behind");
}

const struct check_case inject_start_cases[] = {
    EACH("inject-start-socket-*", "EMFILE", refused_at_start, "inject", 30, 0,
         ALSO_UNIX),
    EACH("inject-start-socket-*", "ENFILE ENOBUFS ENOMEM EACCES",
         refused_at_start, "inject"),
    EACH("inject-start-epoll_ctl-*", "ENOSPC", refused_at_start, "inject", 30,
         TRAIT_EPOLL, ALSO_UNIX),
    EACH("inject-start-epoll_ctl-*", "ENOMEM", refused_at_start, "inject", 30,
         TRAIT_EPOLL),
    {0},
};
