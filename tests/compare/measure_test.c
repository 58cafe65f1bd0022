/*
 * tests/compare/measure_test.c - what measure.h says of a program, against a
 * program that knows it itself: measure_test --child KIND NUMBER does one thing
 * so many times, says "ready" and what it knows, and waits for end of input.
 */
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "measure.h"

enum { MIB = 1 << 20 };

/* ---- the child ---- */

static double own_cpu_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void burn_ms(int ms)
{
    double end = own_cpu_s() + ms / 1e3;

    while (own_cpu_s() < end)
        ;
}

static void *nap(void *times)
{
    for (int i = *(int *)times; i > 0; i--)
        nap_ms(1);
    for (;;)
        (void)pause();
    return NULL;
}

/* Until the process has used so much, all threads together. */
static void *burn(void *ms)
{
    while (own_cpu_s() < *(int *)ms / 1e3)
        ;
    for (;;)
        (void)pause();
    return NULL;
}

static void start_threads(int count, void *(*run)(void *), int *argument)
{
    pthread_t thread;

    for (int i = 0; i < count; i++)
        if (pthread_create(&thread, NULL, run, argument) != 0)
            _exit(1);
}

/* Children that live until they are killed. */
static void start_children(int count, int ms)
{
    char byte;
    int done[2];

    if (pipe2(done, O_CLOEXEC) == -1)
        _exit(1);
    for (int i = 0; i < count; i++)
        if (fork() == 0) {
            burn_ms(ms);
            (void)!write(done[1], "", 1);
            for (;;)
                (void)pause();
        }
    for (int i = 0; i < count; i++)
        (void)!read(done[0], &byte, 1);
}

static void touch_mib(int count)
{
    char *at = mmap(NULL, (size_t)count * MIB, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        _exit(1);
    memset(at, 1, (size_t)count * MIB);
}

static void share_a_cpu(int *ms)
{
    int cpu, other;
    cpu_set_t set;

    (void)two_cpus(&cpu, &other);
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
    start_threads(2, burn, ms);
    while (own_cpu_s() < *ms / 1e3)
        nap_ms(1);
    nap_ms(1);
}

static int child_main(const char *kind, int number)
{
    static int naps = 50;
    struct rusage u;
    char byte;

    if (strcmp(kind, "burn") == 0)
        burn_ms(number);
    if (strcmp(kind, "children") == 0)
        start_children(number, 0);
    if (strcmp(kind, "burning-children") == 0)
        start_children(number, 60);
    if (strcmp(kind, "threads") == 0)
        start_threads(number, nap, &naps);
    if (strcmp(kind, "rivals") == 0)
        share_a_cpu(&number);
    if (strcmp(kind, "memory") == 0)
        touch_mib(number);
    if (strcmp(kind, "shared-memory") == 0) {
        touch_mib(number);
        start_children(3, 0);
    }
    for (int i = 0; strcmp(kind, "descriptors") == 0 && i < number; i++)
        if (dup(STDIN_FILENO) == -1)
            return 1;
    if (strcmp(kind, "name") == 0)
        (void)prctl(PR_SET_NAME, ") R 1 (x 2 3");
    (void)getrusage(RUSAGE_SELF, &u);
    printf("ready %.9f %ld %ld\n", own_cpu_s(), u.ru_nvcsw, u.ru_nivcsw);
    (void)fflush(stdout);
    (void)!read(STDIN_FILENO, &byte, 1);
    return 0;
}

/* ---- what it says ---- */

static struct process child;
static double child_cpu_s;
static long child_voluntary, child_involuntary;

static void start(const char *kind, int number)
{
    char text[16], line[128];
    const char *const argv[] = {"/proc/self/exe", "--child", kind, text, NULL};

    snprintf(text, sizeof(text), "%d", number);
    check_step("a child: %s %d", kind, number);
    CHECK_EQ(program_start(&child, argv, ANY_CPU, true), 0);
    CHECK(child_read_line(&child, line, sizeof(line), patience_ms()) == 1);
    CHECK(sscanf(line, "ready %lf %ld %ld", &child_cpu_s, &child_voluntary,
                 &child_involuntary) == 3);
}

static void expect_close(double got, double want, double room)
{
    check_step("%g, and it says %g", got, want);
    CHECK(fabs(got - want) <= room);
}

static struct usage usage_with(const char *kind, int number)
{
    struct usage u;

    start(kind, number);
    u = usage_of(&child);
    program_stop(&child);
    return u;
}

static void cpu_time(void)
{
    for (int ms = 0; ms <= 300; ms += 100) {
        struct usage u = usage_with("burn", ms);

        expect_close(u.cpu_s, child_cpu_s, 0.02);
        CHECK(child_cpu_s >= ms / 1e3);
    }
}

/* Each of the five burns 60 ms; what they used to begin is little. */
static void cpu_time_of_the_group(void)
{
    struct usage u = usage_with("burning-children", 5);

    expect_close(u.cpu_s, 0.3 + child_cpu_s, is_instrumented() ? 0.3 : 0.06);
}

static void processes_and_threads(void)
{
    struct usage u;

    for (int count = 0; count <= 40; count += 20) {
        u = usage_with("children", count);
        CHECK_EQ(u.processes, 1 + count);
        CHECK_EQ(u.threads, 1 + count);
    }
    if (is_instrumented())
        check_skip("a sanitizer may have a thread of its own");
    for (int count = 0; count <= 40; count += 20) {
        u = usage_with("threads", count);
        CHECK_EQ(u.processes, 1);
        CHECK_EQ(u.threads, 1 + count);
    }
}

static void a_name_that_looks_like_fields(void)
{
    CHECK_EQ(usage_with("name", 0).processes, 1);
}

/* Fifty naps each. The process's own count has them all sooner or later. */
static void voluntary_switches(void)
{
    struct usage u = usage_with("threads", 0);

    CHECK(u.voluntary <= child_voluntary + 3);
    start("threads", 8);
    WAIT_UNTIL((u = usage_of(&child)).voluntary >= 8 * 50);
    CHECK(u.voluntary <= 8 * 52 + child_voluntary + 20);
    program_stop(&child);
}

/* Two threads that both want one CPU. */
static void involuntary_switches(void)
{
    struct usage u = usage_with("rivals", 400);

    check_step("%ld involuntary ones, and it says %ld", u.involuntary,
               child_involuntary);
    CHECK(child_involuntary > 0);
    CHECK(labs(u.involuntary - child_involuntary) <= 5);
}

static void descriptors(void)
{
    int none;

    start("descriptors", 0);
    none = proc_descriptors(child.pid);
    program_stop(&child);
    start("descriptors", 50);
    CHECK_EQ(proc_descriptors(child.pid), none + 50);
    program_stop(&child);
}

static struct memory memory_with(const char *kind, int mib)
{
    struct memory m;

    if (is_instrumented())
        check_skip("a sanitizer's memory is not ours");
    start(kind, mib);
    m = memory_of(&child);
    program_stop(&child);
    if (m.pss == -1)
        check_skip("no smaps_rollup here");
    return m;
}

/* What 32 MiB more of the one process add to each figure, in MiB. */
static void expect_memory(const char *kind, double uss, double rss, double room)
{
    struct memory one = memory_with(kind, 1), many = memory_with(kind, 33);

    expect_close((double)(many.pss - one.pss) / MIB, 32, room);
    expect_close((double)(many.uss - one.uss) / MIB, uss, room);
    expect_close((double)(many.rss - one.rss) / MIB, rss, room);
}

static void memory(void)
{
    expect_memory("memory", 32, 32, 0.5);
}

/* Four processes have the same pages: once in pss, four times in rss, and in
 * uss not at all. */
static void memory_that_is_shared(void)
{
    expect_memory("shared-memory", 0, 4 * 32, 1);
}

static void gone(void)
{
    struct process was;
    struct usage u;

    start("burn", 1);
    was = child;
    program_stop(&child);
    u = usage_of(&was);
    CHECK(u.processes == 0 && u.threads == 0 && !(u.cpu_s > 0));
    CHECK_EQ(proc_descriptors(was.pid), -1);
    CHECK_EQ(memory_of(&was).pss, 0);
}

/* ---- numbers ---- */

static bool is_same(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

/* Of 4 k + 1 values the quarters are values of the list themselves, which come
 * here in any order; of an even number the middle is between two. */
static void spread_of_a_list(void)
{
    enum { MANY = 101 };
    double sorted[MANY], mixed[MANY];

    for (int i = 0; i < MANY; i++)
        sorted[i] = i * sqrt(i) - 50;
    for (int count = 1; count <= MANY; count++) {
        struct spread s;

        for (int i = 0; i < count; i++)
            mixed[i] =
                sorted[count % 7 == 0 ? count - 1 - i : (i * 7 + 3) % count];
        s = spread_of(mixed, count);
        check_step("%d values: %g (%g to %g)", count, s.median, s.low, s.high);
        CHECK(is_same(s.median,
                      (sorted[(count - 1) / 2] + sorted[count / 2]) / 2));
        CHECK(s.low <= s.median && s.median <= s.high);
        if (count % 4 == 1) {
            CHECK(is_same(s.low, sorted[count / 4]));
            CHECK(is_same(s.high, sorted[count - 1 - count / 4]));
        }
    }
    CHECK(isnan(spread_of(mixed, 0).median));
}

/* Between two values: a straight line. */
static void spread_of_few(void)
{
    double two[] = {20, 10}, four[] = {4, 1, 3, 2}, same[] = {5, 5, 5};
    struct spread s = spread_of(two, 2);

    CHECK(is_same(s.low, 12.5) && is_same(s.median, 15) &&
          is_same(s.high, 17.5));
    s = spread_of(four, 4);
    CHECK(is_same(s.low, 1.75) && is_same(s.median, 2.5) &&
          is_same(s.high, 3.25));
    s = spread_of(same, 3);
    CHECK(is_same(s.low, 5) && is_same(s.median, 5) && is_same(s.high, 5));
}

static const struct check_case cases[] = {
    CASE(cpu_time, "measure"),
    CASE(cpu_time_of_the_group, "measure"),
    CASE(processes_and_threads, "measure"),
    CASE(a_name_that_looks_like_fields, "measure"),
    CASE(voluntary_switches, "measure"),
    CASE(involuntary_switches, "measure"),
    CASE(descriptors, "measure"),
    CASE(memory, "measure"),
    CASE(memory_that_is_shared, "measure"),
    CASE(gone, "measure"),
    CASE(spread_of_a_list, "measure"),
    CASE(spread_of_few, "measure"),
};

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--child") == 0)
        return child_main(argv[2], atoi(argv[3]));
    children_end_with_us();
    return check_main(argc, argv, cases, CHECK_COUNT(cases));
}
