/* tests/harness/harness_proc.c - see harness.h: programs from outside, proc(5).
 */
#include "harness.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

struct stat_line {
    char state;
    pid_t parent, group;
    long ticks; /* user and system, its own and its reaped children's */
    int threads;
};

/* False if the process is gone. The name in the second field may hold blanks
 * and parentheses, so fields are counted from the last ')'. */
static bool read_stat(pid_t pid, struct stat_line *line)
{
    char path[64], text[1024], *fields;
    unsigned long user, system;
    long child_user, child_system, threads;
    int parent, group;
    size_t len;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    f = fopen(path, "re");
    if (f == NULL)
        return false;
    len = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[len] = '\0';
    fields = strrchr(text, ')');
    if (fields == NULL || sscanf(fields + 1,
                                 " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u "
                                 "%lu %lu %ld %ld %*d %*d %ld",
                                 &line->state, &parent, &group, &user, &system,
                                 &child_user, &child_system, &threads) != 8)
        return false;
    line->parent = parent;
    line->group = group;
    line->ticks = (long)(user + system) + child_user + child_system;
    line->threads = (int)threads;
    return true;
}

char proc_state(pid_t pid)
{
    struct stat_line line;

    return (char)(read_stat(pid, &line) ? line.state : 0);
}

int proc_threads(pid_t pid)
{
    struct stat_line line;

    return read_stat(pid, &line) ? line.threads : -1;
}

/* Goes through all processes. What may have changed meanwhile is no problem:
 * who looks, looks again. False at the end, and `d` is closed. */
static bool next_process(DIR *d, pid_t *pid, struct stat_line *line)
{
    struct dirent *entry;

    CHECK(d != NULL);
    while ((entry = readdir(d)) != NULL) {
        *pid = (pid_t)atol(entry->d_name);
        if (isdigit((unsigned char)entry->d_name[0]) && read_stat(*pid, line))
            return true;
    }
    closedir(d);
    return false;
}

static int count_children(pid_t parent, bool only_zombies)
{
    DIR *d = opendir("/proc");
    struct stat_line line;
    int count = 0;
    pid_t pid;

    while (next_process(d, &pid, &line))
        count += line.parent == parent && (!only_zombies || line.state == 'Z');
    return count;
}

int proc_children(pid_t pid)
{
    return count_children(pid, false);
}

int proc_zombies(pid_t pid)
{
    return count_children(pid, true);
}

struct group {
    int processes, zombies;
    long ticks;
};

static struct group look_at_group(pid_t group, pid_t *pids, int max)
{
    DIR *d = opendir("/proc");
    struct group g = {0, 0, 0};
    struct stat_line line;
    pid_t pid;

    if (group <= 0)
        check_skip("needs to look at its process: give it --server, not "
                   "--port");
    while (next_process(d, &pid, &line)) {
        if (line.group != group)
            continue;
        if (g.processes < max)
            pids[g.processes] = pid;
        g.processes++;
        g.zombies += line.state == 'Z';
        g.ticks += line.ticks;
    }
    return g;
}

int server_members(const struct server *s, pid_t *pids, int max)
{
    int count = look_at_group(s->pid, pids, max).processes;

    return count < max ? count : max;
}

int server_processes(const struct server *s)
{
    return look_at_group(s->pid, NULL, 0).processes;
}

int server_living(const struct server *s)
{
    struct group g = look_at_group(s->pid, NULL, 0);

    return g.processes - g.zombies;
}

long server_cpu_ms(const struct server *s)
{
    return look_at_group(s->pid, NULL, 0).ticks * 1000 / sysconf(_SC_CLK_TCK);
}

/* Whether a thread of it runs, or waits for a CPU to run on. */
static bool wants_cpu(pid_t pid)
{
    struct dirent *entry;
    bool wants = false;
    char path[64];
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
    d = opendir(path);
    while (d != NULL && !wants && (entry = readdir(d)) != NULL)
        wants = entry->d_name[0] != '.' &&
                proc_state((pid_t)atol(entry->d_name)) == 'R';
    if (d != NULL)
        closedir(d);
    return wants;
}

/* What a spinning server gets of a CPU that many others want may be little.
 * But it is found wanting it at every look, and one that sleeps is not: who is
 * woken now and then may wait long for a CPU, but not always. */
double server_cpu_share(const struct server *s, int ms)
{
    enum { LOOKS = 15 }; /* at least, however long that takes */
    pid_t pids[64];
    int count = server_members(s, pids, (int)CHECK_COUNT(pids));
    long long start = now_ms();
    long before = server_cpu_ms(s);
    int looks = 0, wanting = 0;
    double share;

    while (now_ms() - start < ms || looks < LOOKS) {
        nap_ms(10);
        looks++;
        for (int i = 0, found = 0; i < count && found == 0; i++)
            wanting += found = wants_cpu(pids[i]);
    }
    share = (double)(server_cpu_ms(s) - before) / (double)(now_ms() - start);
    return wanting > looks * 9 / 10 ? 1.0 : share;
}

struct footprint server_footprint(const struct server *s)
{
    return (struct footprint){proc_descriptors(s->pid), proc_threads(s->pid),
                              proc_children(s->pid)};
}

bool server_has_footprint(const struct server *s, struct footprint as)
{
    struct footprint now = server_footprint(s);

    return now.descriptors <= as.descriptors && now.threads <= as.threads &&
           now.children <= as.children;
}

int proc_descriptors(pid_t pid)
{
    char path[64];
    struct dirent *entry;
    DIR *d;
    int count = 0;

    snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
    d = opendir(path);
    if (d == NULL)
        return -1;
    while ((entry = readdir(d)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(d);
    return count;
}

/* A line such as "VmRSS:     1234 kB" of /proc/PID/status. */
static long status_kib(pid_t pid, const char *name)
{
    char path[64], line[256];
    long kib = -1;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
    f = fopen(path, "re");
    if (f == NULL)
        return -1;
    while (kib == -1 && fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kib = atol(line + strlen(name));
    fclose(f);
    return kib;
}

long proc_rss_kib(pid_t pid)
{
    return status_kib(pid, "VmRSS:");
}

long proc_vm_kib(pid_t pid)
{
    return status_kib(pid, "VmSize:");
}

int server_backlog(const struct server *s)
{
    struct tcp_socket found;

    CHECK(s->sockaddr.ss_family != AF_UNIX);
    if (!tcp_socket_at((const struct sockaddr *)&s->sockaddr, NULL, &found))
        return -1;
    return (int)found.unread;
}

/* Flag 00010000 is a socket that accepts. */
static bool unix_is_listening(const char *path)
{
    char line[512], name[256];
    unsigned int flags;
    bool found = false;
    FILE *f = fopen("/proc/net/unix", "re");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "%*s %*x %*x %x %*x %*x %*u %255s", &flags, name) ==
                2 &&
            (flags & 0x10000) != 0 && strcmp(name, path) == 0)
            found = true;
    if (f != NULL)
        fclose(f);
    return found;
}

bool server_is_listening(const struct server *s)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&s->sockaddr;

    if (s->sockaddr.ss_family == AF_UNIX)
        return unix_is_listening(un->sun_path);
    return server_backlog(s) != -1;
}

void need_ipv6(void)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6,
                             .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
        check_skip("no ::1 on this machine: %s", strerror(errno));
    close(fd);
}
