/* tests/compare/measure_proc.c - see measure_proc.h. */
#include "measure_proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"

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

static void add_number(long *sum, pid_t pid, const char *file, const char *name)
{
    long number = proc_number(pid, file, name);

    *sum += number > 0 ? number : 0;
}

/* /proc/PID/status counts those of the first thread only. */
static void add_switches(struct usage *u, pid_t pid)
{
    DIR *d = proc_folder(pid, "task");
    char status[64];
    long thread;

    while (proc_next(d, &thread)) {
        snprintf(status, sizeof(status), "task/%ld/status", thread);
        add_number(&u->voluntary, pid, status, "voluntary_ctxt_switches");
        add_number(&u->involuntary, pid, status, "nonvoluntary_ctxt_switches");
    }
}

/* CPU time first, in one go: the rest takes a while. */
struct usage usage_of(const struct process *p)
{
    struct usage u = {.cpu_s = 0};
    double tick_s = 1.0 / (double)sysconf(_SC_CLK_TCK);
    int count;
    struct proc_stat *members = proc_group(p->pid, &count);

    for (int i = 0; i < count; i++) {
        u.cpu_s += cpu_s_of(members[i].pid);
        u.user_s += (double)members[i].user_ticks * tick_s;
        u.threads += members[i].threads;
        u.processes++;
    }
    for (int i = 0; i < count; i++)
        add_switches(&u, members[i].pid);
    free(members);
    return u;
}

/* False: the kernel does not say, or the process is gone. */
static bool add_memory(struct memory *m, pid_t pid)
{
    static const char *const names[] = {"Pss", "Rss", "Private_Clean",
                                        "Private_Dirty"};
    long kib[sizeof(names) / sizeof(names[0])];
    long anon = proc_number(pid, "smaps_rollup", "Pss_Anon");

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        kib[i] = proc_number(pid, "smaps_rollup", names[i]);
        if (kib[i] == -1)
            return false;
    }
    m->pss += kib[0] * 1024;
    m->rss += kib[1] * 1024;
    m->uss += (kib[2] + kib[3]) * 1024;
    m->anon = anon == -1 || m->anon == -1 ? -1 : m->anon + anon * 1024;
    return true;
}

struct memory memory_of(const struct process *p)
{
    struct memory m = {0, 0, 0, 0};
    int count;
    struct proc_stat *members = proc_group(p->pid, &count);

    for (int i = 0; i < count && m.pss != -1; i++)
        if (!add_memory(&m, members[i].pid))
            m = (struct memory){-1, -1, -1, -1};
    free(members);
    return m;
}

int client_descriptors_of(const struct process *p)
{
    enum { WITHOUT_CLIENTS = 4 };
    int count, sum = 0;
    struct proc_stat *members = proc_group(p->pid, &count);

    for (int i = 0; i < count; i++) {
        int more = proc_descriptors(members[i].pid) - WITHOUT_CLIENTS;

        sum += more > 0 ? more : 0;
    }
    free(members);
    return sum;
}
