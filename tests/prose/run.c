/* tests/prose/run.c - see prose.h: shell commands, a copy of the repository to
 * run them in, and a network where every port is free. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "prose.h"

static void link_here(const char *target, const char *name)
{
    if (symlink(target, name) == -1 && errno != EEXIST)
        CHECK_FAIL("symlink %s: %s", name, strerror(errno));
}

/* An empty directory becomes the current one, and gets what the root has. */
static void enter_root(bool copied)
{
    DIR *d = opendir(PROSE_ROOT);
    struct dirent *entry;
    char *output;

    CHECK(d != NULL && chdir(harness_dir()) == 0);
    while ((entry = readdir(d)) != NULL) {
        const char *path = in_root(entry->d_name);

        if (entry->d_name[0] == '.' || starts_with(entry->d_name, "build"))
            continue;
        if (!copied)
            link_here(path, entry->d_name);
        else if (run_command(keep_format("cp -R '%s' .", path), &output) != 0)
            CHECK_FAIL("cp: %s", output);
    }
    closedir(d);
}

void enter_mirror(bool with_build)
{
    enter_root(false);
    if (with_build)
        link_here(PROSE_BUILD, "build");
}

void enter_copy(void)
{
    enter_root(true);
}

int run_command(const char *command, char **output)
{
    const char *path = harness_path("output");
    struct process_spec spec = {.path = "sh", .unwrapped = true, .log = path};
    struct process *p;
    int status;

    unlink(path);
    spec.args[0] = "-c";
    spec.args[1] = command;
    spec.out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    CHECK(spec.out != -1);
    p = process_start(spec);
    close(spec.out);
    while (!process_has_ended(p)) /* the case's own limit ends it */
        nap_ms(3);
    *output = keep(process_log(p));
    status = p->status;
    process_forget(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool have_program(const char *name)
{
    char *out;

    return run_command(keep_format("command -v %s", name), &out) == 0;
}

static bool bring_loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up;

    if (fd == -1)
        return false;
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return up;
}

/* With or without being root. */
bool enter_own_network(void)
{
    return own_network(getuid(), getgid()) && bring_loopback_up();
}
