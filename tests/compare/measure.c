/* tests/compare/measure.c - see measure.h: programs, /proc, load, numbers. */
#include "measure.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sockets.h"

enum { STOP_MS = 3000 };

const char *load_path;

/* ---- programs ---- */

int program_start(struct process *p, const char *const *argv, int cpu,
                  bool with_stdin)
{
    struct child_spec spec = {.argv = argv,
                              .in = with_stdin ? STDIO_PIPE : STDIO_NULL,
                              .is_pinned = cpu != ANY_CPU,
                              .cpu = cpu};

    return child_start(p, &spec);
}

int program_connect(const struct process *p)
{
    struct sockaddr_storage address;
    socklen_t len;

    if (socket_address(p->address, &address, &len) == -1)
        return -1;
    return socket_connect((const struct sockaddr *)&address, len);
}

int program_finish(struct process *p, char *output, size_t size)
{
    int status;

    (void)child_finish(p, p->out, output, size, -1);
    status = p->status;
    child_kill(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void program_stop(struct process *p)
{
    long long end = now_ms() + STOP_MS;

    if (p->pid <= 0)
        return;
    if (!child_has_ended(p))
        (void)kill(p->pid, SIGTERM);
    while (!child_has_ended(p) && now_ms() < end)
        nap_ms(2);
    child_kill(p);
    *p = (struct process){.in = -1, .out = -1, .err = -1};
}

/* ---- what it uses ---- */

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

/* ---- load ---- */

double line_number(const char *text, const char *name)
{
    size_t len = strlen(name);

    while (strncmp(text, name, len) != 0 || text[len] != '\t') {
        text = strchr(text, '\n');
        if (text == NULL)
            return NAN;
        text++;
    }
    return strtod(text + len, NULL);
}

static void read_figures(struct load_figures *f, const char *lines)
{
    f->messages = line_number(lines, "messages");
    f->per_s = line_number(lines, "per_s");
    f->p50_us = line_number(lines, "p50_us");
    f->p90_us = line_number(lines, "p90_us");
    f->p99_us = line_number(lines, "p99_us");
    f->p999_us = line_number(lines, "p999_us");
    f->own_us = line_number(lines, "own_us");
    f->bottleneck = line_number(lines, "bottleneck") == 1;
    f->ok = line_number(lines, "ok") == 1;
}

/* The generator is held up at a mark, but the server may still have answers to
 * give. So it is waited for: what one mark leaves out, the other one has. */
static struct usage usage_at_rest(const struct process *server)
{
    struct usage before = usage_of(server), after = before;

    for (int looks = 0; looks < 100; looks++) {
        after = usage_of(server);
        if (after.cpu_s == before.cpu_s)
            break;
        before = after;
        nap_ms(1);
    }
    return after;
}

bool run_load(struct load_figures *f, const struct process *server, int cpu,
              const char *const *options)
{
    enum { ARGUMENTS = 32, LONGEST_RUN_MS = 600 * 1000 };
    const char *argv[ARGUMENTS] = {load_path, "--lines", "--marks"};
    struct process load;
    struct usage before = {.cpu_s = 0}, after = before;
    char text[4096];
    int n = 3;

    while (*options != NULL && n < ARGUMENTS - 2)
        argv[n++] = *options++;
    argv[n] = server->address;
    *f = (struct load_figures){.ok = false};
    if (program_start(&load, argv, cpu, true) == -1)
        return false;
    if (child_read_line(&load, text, sizeof(text), LONGEST_RUN_MS) == 1)
        before = usage_at_rest(server);
    (void)!write(load.in, "\n", 1);
    if (child_read_line(&load, text, sizeof(text), LONGEST_RUN_MS) == 1)
        after = usage_at_rest(server);
    (void)!write(load.in, "\n", 1);
    (void)program_finish(&load, text, sizeof(text));
    read_figures(f, text);
    if (!(f->messages > 0))
        return false;
    f->server_us = (after.cpu_s - before.cpu_s) * 1e6 / f->messages;
    f->server_user_us = (after.user_s - before.user_s) * 1e6 / f->messages;
    f->processes = after.processes;
    f->threads = after.threads;
    f->voluntary = (double)(after.voluntary - before.voluntary) / f->messages;
    f->involuntary =
        (double)(after.involuntary - before.involuntary) / f->messages;
    return true;
}

/* ---- numbers ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double at_share(const double *sorted, int count, double share)
{
    double place = share * (count - 1);
    int below = (int)place;
    int above = below + 1 < count ? below + 1 : below;

    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

struct spread spread_of(double *values, int count)
{
    if (count == 0)
        return (struct spread){NAN, NAN, NAN};
    qsort(values, (size_t)count, sizeof(values[0]), by_size);
    return (struct spread){at_share(values, count, 0.5),
                           at_share(values, count, 0.25),
                           at_share(values, count, 0.75)};
}

bool two_cpus(int *first, int *second)
{
    cpu_set_t set;

    *first = *second = ANY_CPU;
    if (sched_getaffinity(0, sizeof(set), &set) == -1)
        return false;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET((size_t)cpu, &set))
            continue;
        if (*first != ANY_CPU) {
            *second = cpu;
            return true;
        }
        *first = *second = cpu;
    }
    return false;
}
