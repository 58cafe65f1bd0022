/* tests/compare/measure.c - see measure.h: programs, load, numbers. */
#include "measure.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

enum { PATIENCE_MS = 20000, STOP_MS = 3000 };

const char *load_path;

static volatile pid_t groups[PROGRAMS]; /* running; 0: free */

/* ---- programs ---------------------------------------------------------- */

void kill_programs(void)
{
    for (int i = 0; i < PROGRAMS; i++)
        if (groups[i] > 0)
            kill(-groups[i], SIGKILL);
}

/* Ends as the signal would have ended it, so that a shell sees that too. */
static void on_signal(int signal_number)
{
    kill_programs();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void clean_up_at_exit(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    (void)atexit(kill_programs);
}

static bool is_room_for_group(void)
{
    for (int i = 0; i < PROGRAMS; i++)
        if (groups[i] == 0)
            return true;
    errno = EAGAIN;
    return false;
}

static void note_group(pid_t pid)
{
    for (int i = 0; i < PROGRAMS; i++)
        if (groups[i] == 0) {
            groups[i] = pid;
            return;
        }
}

static void forget_group(pid_t pid)
{
    for (int i = 0; i < PROGRAMS; i++)
        if (groups[i] == pid)
            groups[i] = 0;
}

static _Noreturn void become(const char *const *argv, int cpu, int in, int out,
                             pid_t parent)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    cpu_set_t set;

    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* it ended before the line above */
    signal(SIGPIPE, SIG_DFL);
    CPU_ZERO(&set);
    if (cpu != ANY_CPU) {
        CPU_SET((size_t)cpu, &set);
        (void)sched_setaffinity(0, sizeof(set), &set);
    }
    if (dup2(in == -1 ? null : in, STDIN_FILENO) == -1 ||
        dup2(out, STDOUT_FILENO) == -1 || dup2(null, STDERR_FILENO) == -1)
        _exit(127);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

static void close_pair(const int pair[2])
{
    if (pair[0] != -1)
        close(pair[0]);
    if (pair[1] != -1)
        close(pair[1]);
}

int program_start(struct program *p, const char *const *argv, int cpu,
                  bool with_stdin)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    pid_t parent = getpid();

    *p = (struct program){.in = -1, .out = -1};
    if (!is_room_for_group() || pipe2(out, O_CLOEXEC) == -1 ||
        (with_stdin && pipe2(in, O_CLOEXEC) == -1) || (p->pid = fork()) == -1) {
        close_pair(in);
        close_pair(out);
        p->pid = 0;
        return -1;
    }
    if (p->pid == 0)
        become(argv, cpu, in[0], out[1], parent);
    (void)setpgid(p->pid, p->pid); /* in both: whoever comes first */
    note_group(p->pid);
    close(out[1]);
    if (with_stdin)
        close(in[0]);
    p->out = out[0];
    p->in = in[1];
    return 0;
}

/* Byte by byte: what follows the line stays in the pipe for the next. */
bool program_read_line(struct program *p, char *line, size_t size,
                       int timeout_ms)
{
    double end = moment_ms() + timeout_ms;
    size_t len = 0;

    for (;;) {
        struct pollfd ready = {.fd = p->out, .events = POLLIN};
        double left = end - moment_ms();

        if (poll(&ready, 1, left > 0 ? (int)left : 0) != 1 ||
            read(p->out, line + len, 1) != 1)
            return false;
        if (line[len] == '\n')
            break;
        if (len < size - 1)
            len++;
    }
    line[len] = '\0';
    return true;
}

bool program_wait_listening(struct program *p)
{
    static const char prefix[] = "listening on ";
    char line[ADDRESS_TEXT + sizeof(prefix) - 1];

    if (!program_read_line(p, line, sizeof(line), PATIENCE_MS) ||
        strncmp(line, prefix, sizeof(prefix) - 1) != 0)
        return false;
    strcpy(p->address, line + sizeof(prefix) - 1);
    return true;
}

int program_connect(const struct program *p)
{
    char host[ADDRESS_TEXT];
    char *colon;

    snprintf(host, sizeof(host), "%s", p->address);
    colon = strrchr(host, ':');
    if (strncmp(host, "unix:", 5) == 0 || colon == NULL)
        return connect_to(host, "");
    *colon = '\0';
    if (host[0] == '[' && colon > host + 1 && colon[-1] == ']') {
        colon[-1] = '\0';
        return connect_to(host + 1, colon + 1);
    }
    return connect_to(host, colon + 1);
}

bool program_has_ended(const struct program *p)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
               -1 ||
           info.si_pid != 0;
}

void program_close_in(struct program *p)
{
    if (p->in != -1)
        close(p->in);
    p->in = -1;
}

static void forget(struct program *p)
{
    forget_group(p->pid);
    program_close_in(p);
    close(p->out);
    *p = (struct program){.pid = 0, .in = -1, .out = -1};
}

int program_finish(struct program *p, char *output, size_t size)
{
    size_t len = 0;
    ssize_t n;
    int status;

    while ((n = read(p->out, output + len, size - 1 - len)) > 0)
        len += (size_t)n;
    output[len] = '\0';
    if (waitpid(p->pid, &status, 0) == -1)
        status = -1;
    forget(p);
    return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void program_stop(struct program *p)
{
    double end = moment_ms() + STOP_MS;
    struct timespec pause = {0, 2000000};

    if (p->pid <= 0)
        return;
    (void)kill(p->pid, SIGTERM);
    while (waitpid(p->pid, NULL, WNOHANG) == 0) {
        if (moment_ms() > end)
            (void)kill(-p->pid, SIGKILL);
        (void)nanosleep(&pause, NULL);
    }
    (void)kill(-p->pid, SIGKILL); /* whom it left behind */
    forget(p);
}

/* ---- load -------------------------------------------------------------- */

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
static struct usage usage_at_rest(const struct program *server)
{
    struct usage before = usage_of(server), after = before;

    for (int looks = 0; looks < 100; looks++) {
        after = usage_of(server);
        if (after.cpu_s == before.cpu_s)
            break;
        before = after;
        rest_ms(1);
    }
    return after;
}

bool run_load(struct load_figures *f, const struct program *server, int cpu,
              const char *const *options)
{
    enum { ARGUMENTS = 32, LONGEST_RUN_MS = 600 * 1000 };
    const char *argv[ARGUMENTS] = {load_path, "--lines", "--marks"};
    struct program load;
    struct usage before = {.cpu_s = 0}, after = before;
    char text[4096];
    int n = 3;

    while (*options != NULL && n < ARGUMENTS - 2)
        argv[n++] = *options++;
    argv[n] = server->address;
    *f = (struct load_figures){.ok = false};
    if (program_start(&load, argv, cpu, true) == -1)
        return false;
    if (program_read_line(&load, text, sizeof(text), LONGEST_RUN_MS))
        before = usage_at_rest(server);
    (void)!write(load.in, "\n", 1);
    if (program_read_line(&load, text, sizeof(text), LONGEST_RUN_MS))
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

/* ---- numbers ----------------------------------------------------------- */

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

double moment_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void rest_ms(int ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};

    (void)nanosleep(&pause, NULL);
}
