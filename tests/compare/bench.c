/*
 * tests/compare/bench.c - how fast the servers are, held against the barest
 * loops that can be written, floors/. Run it by hand on a quiet machine:
 *
 *     cmake --build build --target bench
 *
 * Everything is a ratio of two servers measured side by side: both are running,
 * pinned to one CPU, the load comes from another, and short rounds alternate
 * (A B, B A, A B ...), so that what disturbs one disturbs the other. A ratio
 * is the floor's CPU time for a message over the server's, from /proc: a
 * server that is busy all the time answers so much of what the floor answers.
 * (Messages a second are shown too; they suffer more from what else the
 * machine does.) Each figure is the median of the pairs, with the range of the
 * middle half. The first row holds the floor against itself: so much of any
 * other row is noise.
 */
#include "measure.h"
#include "tool.h"

#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ROUNDS = 200 };

static const char help[] =
    "Usage: bench-program [--rounds N] [--seconds S] [--only WORD] "
    "NAME=SERVER...\n"
    "Measures the servers against the floors beside this program, which is\n"
    "where it expects load, floor_epoll, floor_fork and floor_thread.\n"
    "\n"
    "  --rounds N     pairs of measurements for each ratio (default 25)\n"
    "  --seconds S    of each measurement (default 0.2)\n"
    "  --only WORD    only lines with this word in them, as 06, memory, calls\n"
    "                 or generator\n"
    "  --first        run before everything else on the machine, and give way\n"
    "                 between measurements: for a machine that is not quiet\n"
    "                 (needs the right to use SCHED_FIFO)\n"
    "\n"
    "Exit status: 0 all is as it must be; 1 something is not; 2 wrong usage.\n";

static int rounds = 25;
static const char *seconds = "0.2";
static const char *only;
static bool first;
static char *const *servers; /* NAME=PATH */
static int n_servers;
static int server_cpu, load_cpu;
static int missed;

/* The path of the server whose name begins so; NULL: it is not given. */
static const char *path_of(const char *name)
{
    for (int i = 0; i < n_servers; i++)
        if (strncmp(servers[i], name, strlen(name)) == 0)
            return strchr(servers[i], '=') + 1;
    return NULL;
}

static bool is_floor(const char *name)
{
    return strncmp(name, "floor", 5) == 0;
}

static bool start_server(struct program *p, const char *name)
{
    const char *path = path_of(name);
    const char *argv[] = {path, "-q", "-p", "0", NULL};

    return path != NULL && program_start(p, argv, server_cpu, false) == 0 &&
           program_wait_listening(p);
}

static bool start_floor(struct program *p, const char *name)
{
    const char *argv[] = {beside(name), NULL};

    return program_start(p, argv, server_cpu, false) == 0 &&
           program_wait_listening(p);
}

static void print_verdict(bool reached)
{
    puts(reached ? "reached" : "MISSED");
    missed += !reached;
    fflush(stdout);
}

static bool is_wanted(const char *line)
{
    return only == NULL || strstr(line, only) != NULL;
}

/* ---- ratios ------------------------------------------------------------ */

struct ratio_row {
    const char *server, *floor, *clients;
};

static const struct ratio_row ratio_rows[] = {
    {"floor", "floor_epoll", "100"}, {"06", "floor_epoll", "10"},
    {"06", "floor_epoll", "100"},    {"06", "floor_epoll", "1000"},
    {"06", "floor_epoll", "10000"},  {"05", "floor_epoll", "10"},
    {"05", "floor_epoll", "100"},    {"04", "floor_epoll", "10"},
    {"04", "floor_epoll", "100"},    {"03", "floor_thread", "10"},
    {"03", "floor_thread", "100"},   {"02", "floor_fork", "10"},
    {"02", "floor_fork", "100"},
};

struct pairs {
    double cpu[MOST_ROUNDS], rate[MOST_ROUNDS], us[MOST_ROUNDS];
    int count, bottlenecks;
};

static bool measure_one(struct load_figures *f, const struct program *p,
                        const char *clients)
{
    const char *options[] = {"--clients", clients, "--seconds", seconds,
                             "--warmup",  "0.1",   NULL};
    struct timespec give_way = {0, 300000000};

    if (first)
        (void)nanosleep(&give_way, NULL);
    return run_load(f, p, load_cpu, options) && f->ok;
}

static void measure_pair(struct pairs *pairs, const struct program *ours,
                         const struct program *floor, const char *clients)
{
    struct load_figures a, b;
    bool ours_first = pairs->count % 2 == 0;
    bool ok =
        measure_one(ours_first ? &a : &b, ours_first ? ours : floor, clients) &&
        measure_one(ours_first ? &b : &a, ours_first ? floor : ours, clients);

    if (!ok)
        return;
    pairs->us[pairs->count] = a.server_us;
    pairs->rate[pairs->count] = a.per_s / b.per_s;
    pairs->cpu[pairs->count++] = b.server_us / a.server_us;
    pairs->bottlenecks += a.bottleneck || b.bottleneck;
}

/* How far the median of so many values may be off, 19 times of 20 (the notch
 * of a box plot: McGill, Tukey and Larsen, 1978). */
static double error_of(const struct spread *s, int count)
{
    return 1.57 * (s->high - s->low) / sqrt(count);
}

static void print_ratio(const struct ratio_row *row, struct pairs *pairs)
{
    static const double needed = 0.97;
    struct spread cpu = spread_of(pairs->cpu, pairs->count);
    struct spread rate = spread_of(pairs->rate, pairs->count);
    struct spread us = spread_of(pairs->us, pairs->count);

    printf("%-6s %-12s %7s   %5.3f (%.3f-%.3f)  %5.3f (%.3f-%.3f)  %6.2f  ",
           row->server, row->floor, row->clients, cpu.median, cpu.low, cpu.high,
           rate.median, rate.low, rate.high, us.median);
    if (pairs->count == 0)
        puts("nothing was measured");
    else if (is_floor(row->server))
        puts("(noise)");
    else if (cpu.median < needed &&
             cpu.median + error_of(&cpu, pairs->count) >= needed)
        puts("unclear: noise");
    else
        print_verdict(cpu.median >= needed);
    fflush(stdout);
    if (pairs->bottlenecks * 2 > pairs->count)
        printf("       (the load was the bottleneck in %d of %d pairs)\n",
               pairs->bottlenecks, pairs->count);
}

static void print_ratio_head(void)
{
    printf("\nThe server's work for a message against the floor's; 64 bytes,\n"
           "closed loop, needed: 0.97 of the floor or more.\n\n"
           "%-6s %-12s %7s   %-20s  %-20s  %6s\n",
           "server", "against", "clients", "by CPU time", "by messages/s",
           "us CPU");
}

static void measure_ratio(const struct ratio_row *row)
{
    static bool headed;
    struct pairs pairs = {.count = 0};
    struct program ours = {.pid = 0}, floor = {.pid = 0};
    char line[64];

    snprintf(line, sizeof(line), "%s %s %s clients", row->server, row->floor,
             row->clients);
    if (!is_wanted(line) ||
        (!is_floor(row->server) && path_of(row->server) == NULL))
        return;
    if (!headed)
        print_ratio_head();
    headed = true;
    if ((is_floor(row->server) ? start_floor(&ours, row->floor)
                               : start_server(&ours, row->server)) &&
        start_floor(&floor, row->floor))
        for (int i = 0; i < rounds; i++)
            measure_pair(&pairs, &ours, &floor, row->clients);
    program_stop(&ours);
    program_stop(&floor);
    print_ratio(row, &pairs);
}

static void measure_ratios(void)
{
    for (size_t i = 0; i < sizeof(ratio_rows) / sizeof(ratio_rows[0]); i++)
        measure_ratio(&ratio_rows[i]);
}

/* ---- the generator ----------------------------------------------------- */

/* Its own CPU time over the floor's, on both CPUs each way round: two CPUs of
 * one machine are not always alike. */
static double generator_ratio(const struct program floors[2], const int cpus[2])
{
    double product = 1;

    for (int i = 0; i < 2; i++) {
        struct load_figures f;

        load_cpu = cpus[1 - i];
        if (!measure_one(&f, &floors[i], "100"))
            return NAN;
        product *= f.own_us / f.server_us;
    }
    return sqrt(product);
}

static void print_generator(double *ratios, int count)
{
    struct spread s = spread_of(ratios, count);

    printf("\nThe CPU time of load for a message over floor_epoll's, at 100 "
           "clients; needed:\nless than 1.   %.3f (%.3f-%.3f)  ",
           s.median, s.low, s.high);
    if (s.median >= 1 && s.median - error_of(&s, count) < 1)
        puts("unclear: noise");
    else
        print_verdict(s.median < 1);
}

/* It must be cheaper than the cheapest server it measures. */
static void measure_generator(void)
{
    const int cpus[2] = {server_cpu, load_cpu};
    struct program floors[2] = {{.pid = 0}, {.pid = 0}};
    double ratios[MOST_ROUNDS];
    int count = 0;

    if (!is_wanted("generator") || cpus[0] == cpus[1])
        return;
    for (int i = 0; i < 2; i++) {
        server_cpu = cpus[i];
        (void)start_floor(&floors[i], "floor_epoll");
    }
    for (int i = 0; i < rounds; i++) {
        ratios[count] = generator_ratio(floors, cpus);
        count += !isnan(ratios[count]);
    }
    program_stop(&floors[0]);
    program_stop(&floors[1]);
    server_cpu = cpus[0];
    load_cpu = cpus[1];
    print_generator(ratios, count);
}

/* ---- memory ------------------------------------------------------------ */

struct memory_row {
    const char *server, *idle;
    int clients; /* the same number, and one that talks */
    double most; /* bytes for each */
};

/* Measured while they are connected: one more talks, slowly, so that load has
 * something to count. */
static double bytes_per_client(const struct memory_row *row, double *uss)
{
    const char *options[] = {
        load_path,   "--idle", row->idle, "--clients", "1",  "--rate", "10",
        "--seconds", "60",     "--json",  "--marks",   NULL, NULL};
    struct program server, load;
    struct memory before, after = {0, 0, 0, 0};
    char line[64];
    int looks = 0;

    if (!start_server(&server, row->server))
        return NAN;
    before = memory_of(&server);
    options[11] = server.address;
    if (program_start(&load, options, load_cpu, false) == 0 &&
        program_read_line(&load, line, sizeof(line), 60000)) {
        while (descriptors_of(&server) <= row->clients && is_patient(&looks))
            continue;
        after = memory_of(&server);
    }
    program_stop(&load);
    program_stop(&server);
    if (before.pss < 0 || after.pss <= 0)
        return NAN;
    *uss = (double)(after.uss - before.uss) / row->clients;
    return (double)(after.rss - before.rss) / row->clients;
}

static void print_memory_head(void)
{
    printf("\nMemory of the process for each idle client, beyond its size at\n"
           "the start, in bytes: resident, and of its own (USS).\n\n"
           "%-6s %7s  %8s  %8s  %8s\n",
           "server", "clients", "resident", "own", "at most");
}

static void measure_memory(void)
{
    static const struct memory_row rows[] = {{"06", "10000", 10000, 112},
                                             {"03", "1000", 1000, 12 * 1024}};
    bool headed = false;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double uss = NAN, rss;
        char line[64];

        snprintf(line, sizeof(line), "%s memory", rows[i].server);
        if (!is_wanted(line) || path_of(rows[i].server) == NULL)
            continue;
        if (!headed)
            print_memory_head();
        headed = true;
        rss = bytes_per_client(&rows[i], &uss);
        printf("%-6s %7d  %8.0f  %8.0f  %8.0f  ", rows[i].server,
               rows[i].clients, rss, uss, rows[i].most);
        print_verdict(fmax(rss, uss) <= rows[i].most);
    }
}

/* ---- system calls ------------------------------------------------------ */

/* The table of strace -c: a line per call, "... calls [errors] name". Calls
 * that a connection needs, not a message, are left out. */
static double calls_in(const char *file, const char *const *names)
{
    char line[256], last[64];
    double calls = 0, n;
    FILE *f = fopen(file, "re");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (sscanf(line, "%*f %*f %*f %lf %63s %63s", &n, last, last) < 2)
            continue;
        for (int i = 0; names[i] != NULL; i++)
            if (strcmp(last, names[i]) == 0)
                calls += n;
    }
    if (f != NULL)
        fclose(f);
    return calls;
}

/* strace waits until it is attached before the load begins: it says nothing
 * then, but the server's TracerPid does. */
static bool is_traced(pid_t pid)
{
    char path[64], line[128];
    long tracer = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
    f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "TracerPid: %ld", &tracer) == 1)
            break;
    if (f != NULL)
        fclose(f);
    return tracer != 0;
}

static double traced_calls(const struct program *server, int *status)
{
    static const char *const names[] = {"read",   "write",      "recvfrom",
                                        "sendto", "epoll_wait", "epoll_pwait",
                                        NULL};
    static const char *const options[] = {"--clients", "100", "--seconds", "2",
                                          NULL};
    char pid[16], file[] = "/tmp/seven-bench-XXXXXX", rest[256];
    const char *argv[] = {"strace", "-c", "-f", "-q", "-o",
                          file,     "-p", pid,  NULL};
    struct load_figures f = {.ok = false};
    struct program strace;
    double calls = 0;
    int looks = 0;
    int fd = mkstemp(file);

    if (fd == -1)
        return NAN;
    close(fd);
    snprintf(pid, sizeof(pid), "%ld", (long)server->pid);
    if (program_start(&strace, argv, ANY_CPU, false) == -1)
        return NAN;
    while (!is_traced(server->pid) && looks < 2000 && is_patient(&looks))
        continue;
    if (is_traced(server->pid))
        (void)run_load(&f, server, load_cpu, options);
    program_signal(&strace, SIGINT); /* then it prints its table */
    *status = program_finish(&strace, rest, sizeof(rest));
    calls = calls_in(file, names);
    remove(file);
    return f.ok && calls > 0 ? calls / f.all_messages : NAN;
}

static void measure_calls(void)
{
    static const double most = 2.05;
    struct program server;
    double calls;
    int status = -1;

    if (!is_wanted("06 calls") || !start_server(&server, "06"))
        return;
    calls = traced_calls(&server, &status);
    program_stop(&server);
    printf("\nSystem calls of 06 for a message, 100 busy clients; needed: %.2f "
           "or fewer.\n\nwith the waits, under strace -c   ",
           most);
    if (status == 127)
        puts("skipped: there is no strace");
    else if (isnan(calls))
        puts("skipped: strace may not look at the server here");
    else {
        printf("%.3f  ", calls);
        print_verdict(calls <= most);
    }
}

/* ---- command line ------------------------------------------------------ */

static void read_command_line(int argc, char **argv)
{
    static const struct option names[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},
        {"only", required_argument, NULL, 'o'},
        {"first", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int letter;

    while ((letter = getopt_long(argc, argv, "h", names, NULL)) != -1)
        switch (letter) {
        case 'r': rounds = (int)whole_number(optarg, 1, MOST_ROUNDS); break;
        case 's':
            (void)number(optarg, 0.01, 60);
            seconds = optarg;
            break;
        case 'o': only = optarg; break;
        case 'f': first = true; break;
        case 'h': fputs(help, stdout); exit(fflush(stdout) == 0 ? 0 : 1);
        default: usage_hint();
        }
    servers = argv + optind;
    n_servers = argc - optind;
    for (int i = 0; i < n_servers; i++)
        if (strchr(servers[i], '=') == NULL)
            usage_error(servers[i], "is not NAME=SERVER");
}

static void print_machine(void)
{
    struct utsname name;
    double load[1] = {NAN};

    uname(&name);
    (void)getloadavg(load, 1);
    printf("%s %s, %ld CPUs, load average %.1f; server on CPU %d, load on %d; "
           "%d pairs\nof %s s for each ratio\n",
           name.sysname, name.release, sysconf(_SC_NPROCESSORS_ONLN), load[0],
           server_cpu, load_cpu, rounds, seconds);
}

int main(int argc, char **argv)
{
    tool_name = "bench";
    read_command_line(argc, argv);
    load_path = strdup(beside("load"));
    clean_up_at_exit();
    if (!two_cpus(&server_cpu, &load_cpu))
        puts("There is one CPU only: server and load disturb each other, and "
             "the figures\nsay little.");
    if (first && !run_first()) {
        perror("bench: --first");
        return EXIT_FAILURE;
    }
    print_machine();
    measure_ratios();
    measure_generator();
    measure_memory();
    measure_calls();
    printf("\n%d missed\n", missed);
    return missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
