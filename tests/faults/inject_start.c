/*
 * tests/faults/inject_start.c - the kernel says no while a server starts: exit
 * status 1 and a message with errno's symbol. It has not announced that it is
 * listening: who waits for that line must not connect to nobody.
 */
#include "faults.h"
#include "inject_rules.h"

#include <dirent.h>
#include <string.h>
#include <sys/wait.h>

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

const struct suite_case inject_start_cases[] = {
    {"inject-start-socket-EMFILE", "inject", FRAMES_TOO, 30, refused_at_start,
     ALSO_UNIX},
    {"inject-start-socket-ENFILE", "inject", FRAMES_TOO, 30, refused_at_start,
     0},
    {"inject-start-socket-ENOBUFS", "inject", FRAMES_TOO, 30, refused_at_start,
     0},
    {"inject-start-socket-ENOMEM", "inject", FRAMES_TOO, 30, refused_at_start,
     0},
    {"inject-start-socket-EACCES", "inject", FRAMES_TOO, 30, refused_at_start,
     0},
    {"inject-start-epoll_ctl-ENOSPC", "inject", EPOLL | FRAMES, 30,
     refused_at_start, ALSO_UNIX},
    {"inject-start-epoll_ctl-ENOMEM", "inject", EPOLL | FRAMES, 30,
     refused_at_start, 0},
    {0},
};
