/* tests/compare/measure_proc.c - see measure.h: what /proc says (proc(5)). */
#include "measure.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *open_of(pid_t pid, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
    return fopen(path, "re");
}

/* The process group and the CPU time in ticks. The second field, the name, may
 * hold anything: what follows its last parenthesis counts. */
static bool read_stat(pid_t pid, pid_t *group, long *ticks)
{
    FILE *f = open_of(pid, "stat");
    unsigned long user, system;
    char text[1024], *fields;
    int number;
    size_t len;

    if (f == NULL)
        return false;
    len = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[len] = '\0';
    fields = strrchr(text, ')');
    if (fields == NULL ||
        sscanf(fields + 1,
               " %*c %*d %d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &number,
               &user, &system) != 3)
        return false;
    *group = number;
    *ticks = (long)(user + system);
    return true;
}

/* Calls nothing back: fills in the processes of the group. Grows with them,
 * because 02 has one for each client. The caller frees. */
static pid_t *members_of(const struct program *p, int *count)
{
    DIR *d = opendir("/proc");
    pid_t *pids = NULL, pid, group;
    struct dirent *entry;
    int room = 0;
    long ticks;

    *count = 0;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        pid = (pid_t)atol(entry->d_name);
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            !read_stat(pid, &group, &ticks) || group != p->pid)
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

/* Of one thread, in nanoseconds; stat knows only hundredths of a second. */
static double thread_cpu_s(pid_t pid, const char *thread)
{
    unsigned long long ran = 0;
    char name[64];
    FILE *f;

    snprintf(name, sizeof(name), "task/%ld/schedstat", atol(thread));
    f = open_of(pid, name);
    if (f == NULL)
        return -1;
    if (fscanf(f, "%llu", &ran) != 1)
        ran = 0;
    fclose(f);
    return (double)ran / 1e9;
}

static void add_process(struct usage *u, pid_t pid)
{
    char path[64];
    struct dirent *entry;
    pid_t group;
    double s = 0, more = 0;
    long ticks;
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
    d = opendir(path);
    while (d != NULL && (entry = readdir(d)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        more = thread_cpu_s(pid, entry->d_name);
        s += more;
        u->threads++;
    }
    if (d != NULL)
        closedir(d);
    if (more < 0) /* a kernel without schedstat */
        s = read_stat(pid, &group, &ticks)
                ? (double)ticks / (double)sysconf(_SC_CLK_TCK)
                : 0;
    u->cpu_s += s;
    u->processes++;
}

struct usage usage_of(const struct program *p)
{
    struct usage u = {.cpu_s = 0};
    int count;
    pid_t *pids = members_of(p, &count);

    for (int i = 0; i < count; i++)
        add_process(&u, pids[i]);
    free(pids);
    return u;
}

struct memory memory_of(const struct program *p)
{
    struct memory m = {0, 0, 0};
    int count;
    pid_t *pids = members_of(p, &count);

    for (int i = 0; i < count; i++) {
        long pss = status_number(pids[i], "Pss", "smaps_rollup");

        if (pss == -1) {
            m.pss = -1;
            break;
        }
        m.pss += pss * 1024;
        m.rss += status_number(pids[i], "Rss", "smaps_rollup") * 1024;
        m.uss +=
            1024 * (status_number(pids[i], "Private_Clean", "smaps_rollup") +
                    status_number(pids[i], "Private_Dirty", "smaps_rollup"));
    }
    free(pids);
    return m;
}

int descriptors_of(const struct program *p)
{
    char path[64];
    struct dirent *entry;
    int count = 0;
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%ld/fd", (long)p->pid);
    d = opendir(path);
    if (d == NULL)
        return -1;
    while ((entry = readdir(d)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(d);
    return count;
}

long long reads_and_writes_of(const struct program *p)
{
    return (long long)status_number(p->pid, "syscr", "io") +
           status_number(p->pid, "syscw", "io");
}
