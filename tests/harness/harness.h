/*
 * tests/harness/harness.h - for a test case that runs programs: it starts a
 * server, talks to it as its clients do, looks at it from outside through
 * /proc, and leaves nothing behind. Every function fails the case (check.h)
 * when what it is to do cannot be done, so a case reads as a list of what must
 * happen:
 *
 *     static void bye_hangs_up(void)
 *     {
 *         struct server *s = server_start((struct server_spec){0});
 *         int fd = dial(s);
 *
 *         hint("a farewell is a whole line");
 *         SEND_TEXT(fd, "bye\nmore");
 *         EXPECT_TEXT(fd, "bye\n");
 *         EXPECT_EOF(fd);
 *         server_stop(s, 1);
 *     }
 *
 * What a case need not do: it need not close descriptors, and on a path that
 * fails it need not stop what it started. Everything started is killed with
 * its process group and reaped when the case ends, however it ends; if the
 * test itself is killed, the kernel kills the server (PR_SET_PDEATHSIG, see
 * prctl(2); it belongs to the thread that started the server, so start
 * servers from the main thread). A failing case also prints the hint, the
 * tail of each program's stderr, and how each program ended.
 *
 * Nothing here sleeps and hopes. What takes time is waited for: a read until
 * the bytes come, WAIT_UNTIL until the condition holds. What never comes
 * fails the case after patience_ms(), 20 seconds.
 *
 * Environment: TEST_WRAPPER, a command and its arguments separated by blanks,
 * is put in front of every server and every client ("valgrind -q", "setarch
 * -R"). It must exec the program or keep the pid as valgrind does: the pid
 * stays the server's. Under it, or a sanitizer, patience_ms() is 90 seconds.
 * HARNESS_DEADLINE_MS says what patience_ms() is to be: less of it where a case
 * is expected to wait in vain (../tests/mutants).
 */
#ifndef HARNESS_H
#define HARNESS_H

#include "programs.h"
#include "server.h"
#include "talk.h"
#include "view.h"

#endif
