/* tests/compare/measure_proc.c - see measure.h: what /proc says (proc(5)). */
#include "measure.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static FILE *open_of(pid_t pid, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
    return fopen(path, "re");
}

/* What follows the second field of stat, the name, which may hold anything:
 * its last parenthesis counts. False: the process is gone. */
static bool read_stat(pid_t pid, char *text, size_t size, const char **fields)
{
    FILE *f = open_of(pid, "stat");
    char *end;
    size_t len;

    if (f == NULL)
        return false;
    len = fread(text, 1, size - 1, f);
    fclose(f);
    text[len] = '\0';
    end = strrchr(text, ')');
    *fields = end != NULL ? end + 1 : text + len;
    return true;
}

/* Field 5 of stat. -1: it is gone. */
static pid_t group_of(pid_t pid)
{
    const char *fields;
    char text[1024];
    int group;

    if (!read_stat(pid, text, sizeof(text), &fields) ||
        sscanf(fields, " %*c %*d %d", &group) != 1)
        return -1;
    return group;
}

/* Field 14 of stat, in ticks. */
static double user_s_of(pid_t pid)
{
    const char *fields;
    char text[1024];
    double ticks;

    if (!read_stat(pid, text, sizeof(text), &fields) ||
        sscanf(fields, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf",
               &ticks) != 1)
        return 0;
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

/* The processes of the group: 02 has one for each client, so the list grows.
 * The caller frees. */
static pid_t *members_of(const struct program *p, int *count)
{
    DIR *d = opendir("/proc");
    pid_t *pids = NULL, pid;
    struct dirent *entry;
    int room = 0;

    *count = 0;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        pid = (pid_t)atol(entry->d_name);
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            group_of(pid) != p->pid)
            continue;
        if (*count == room) {
            pid_t *more =
                realloc(pids, (size_t)(room = 2 * room + 16) * sizeof(pid));

            if (more == NULL)
                break;
            pids = more;
        }
        pids[(*count)++] = pid;
    }
    if (d != NULL)
        closedir(d);
    return pids;
}

static long status_number(pid_t pid, const char *name, const char *file)
{
    FILE *f = open_of(pid, file);
    size_t len = strlen(name);
    char line[256];
    long number = -1;

    if (f == NULL)
        return -1;
    while (number == -1 && fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            number = atol(line + len + 1);
    fclose(f);
    return number;
}

/* To the nanosecond and up to now: stat counts hundredths of a second, and
 * schedstat is behind by up to a timer tick. */
static double cpu_s_of(pid_t pid)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 ||
        clock_gettime(clock, &used) == -1)
        return 0;
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void add_switches_of_thread(struct usage *u, pid_t pid, const char *tid)
{
    char name[64], line[256];
    long number;
    FILE *f;

    snprintf(name, sizeof(name), "task/%.32s/status", tid);
    f = open_of(pid, name);
    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "voluntary_ctxt_switches: %ld", &number) == 1)
            u->voluntary += number;
        else if (sscanf(line, "nonvoluntary_ctxt_switches: %ld", &number) == 1)
            u->involuntary += number;
    if (f != NULL)
        fclose(f);
}

/* /proc/PID/status counts those of the first thread only. */
static void add_switches(struct usage *u, pid_t pid)
{
    struct dirent *entry;
    char path[64];
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
    d = opendir(path);
    while (d != NULL && (entry = readdir(d)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]))
            add_switches_of_thread(u, pid, entry->d_name);
    if (d != NULL)
        closedir(d);
}

/* CPU time first, in one go: the rest takes a while. */
struct usage usage_of(const struct program *p)
{
    struct usage u = {.cpu_s = 0};
    int count;
    pid_t *pids = members_of(p, &count);

    for (int i = 0; i < count; i++) {
        long threads = status_number(pids[i], "Threads", "status");

        if (threads == -1)
            continue;
        u.cpu_s += cpu_s_of(pids[i]);
        u.user_s += user_s_of(pids[i]);
        u.threads += (int)threads;
        u.processes++;
    }
    for (int i = 0; i < count; i++)
        add_switches(&u, pids[i]);
    free(pids);
    return u;
}

/* False: the kernel does not say, or the process is gone. */
static bool add_memory(struct memory *m, pid_t pid)
{
    static const char *const names[] = {"Pss", "Rss", "Private_Clean",
                                        "Private_Dirty"};
    long kib[sizeof(names) / sizeof(names[0])];
    long anon = status_number(pid, "Pss_Anon", "smaps_rollup");

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if ((kib[i] = status_number(pid, names[i], "smaps_rollup")) == -1)
            return false;
    m->pss += kib[0] * 1024;
    m->rss += kib[1] * 1024;
    m->uss += (kib[2] + kib[3]) * 1024;
    m->anon = anon == -1 || m->anon == -1 ? -1 : m->anon + anon * 1024;
    return true;
}

struct memory memory_of(const struct program *p)
{
    struct memory m = {0, 0, 0, 0};
    int count;
    pid_t *pids = members_of(p, &count);

    for (int i = 0; i < count && m.pss != -1; i++)
        if (!add_memory(&m, pids[i]))
            m = (struct memory){-1, -1, -1, -1};
    free(pids);
    return m;
}

long address_space_of(const struct program *p)
{
    long kib = status_number(p->pid, "VmSize", "status");

    return kib == -1 ? -1 : kib * 1024;
}

bool is_asleep(const struct program *p)
{
    const char *fields;
    char text[1024];

    return read_stat(p->pid, text, sizeof(text), &fields) &&
           strncmp(fields, " S ", 3) == 0;
}

static int descriptors_of_process(pid_t pid)
{
    char path[64];
    struct dirent *entry;
    int count = 0;
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
    d = opendir(path);
    if (d == NULL)
        return -1;
    while ((entry = readdir(d)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(d);
    return count;
}

int descriptors_of(const struct program *p)
{
    return descriptors_of_process(p->pid);
}

int client_descriptors_of(const struct program *p)
{
    enum { WITHOUT_CLIENTS = 4 };
    int count, sum = 0;
    pid_t *pids = members_of(p, &count);

    for (int i = 0; i < count; i++) {
        int more = descriptors_of_process(pids[i]) - WITHOUT_CLIENTS;

        sum += more > 0 ? more : 0;
    }
    free(pids);
    return sum;
}
