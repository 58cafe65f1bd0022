/* tests/harness/child.c - see child.h. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "now.h"

enum { MOST_AT_ONCE = 64, LOOK_EVERY_MS = 2, MOST_DESCRIPTORS = 4096 };

static volatile pid_t groups[MOST_AT_ONCE]; /* started, not killed; 0: free */
static pid_t owner;                         /* whose they are: not a fork's */

/* ---- all of them ---- */

void children_kill(void)
{
    for (int i = 0; i < MOST_AT_ONCE && getpid() == owner; i++)
        if (groups[i] > 0)
            kill(-groups[i], SIGKILL);
}

/* Ends as the signal would have ended it, so that a shell sees that too. */
static void on_signal(int signal_number)
{
    children_kill();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void children_end_with_us(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a child that ended must not end us */
    (void)atexit(children_kill);
}

/* Puts `with` where `what` is. False: it is nowhere. */
static bool replace_group(pid_t what, pid_t with)
{
    if (owner != getpid())
        for (int i = 0; i < MOST_AT_ONCE; i++)
            groups[i] = 0; /* a parent's are not ours */
    owner = getpid();
    for (int i = 0; i < MOST_AT_ONCE; i++)
        if (groups[i] == what) {
            groups[i] = with;
            return true;
        }
    return false;
}

/* ---- starting ---- */

pid_t child_fork(void)
{
    pid_t parent = getpid(), pid;

    fflush(NULL);
    pid = fork();
    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* it ended before the line above */
    return 0;
}

int child_wait(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return -1;
    return status;
}

static struct rlimit lower(struct rlimit l, rlim_t soft, rlim_t hard)
{
    l.rlim_max = hard != 0 ? hard : l.rlim_max;
    l.rlim_cur = soft != 0 ? soft : l.rlim_cur;
    if (l.rlim_cur > l.rlim_max)
        l.rlim_cur = l.rlim_max;
    return l;
}

static void limit_resources(const struct child_spec *spec)
{
    struct rlimit l;

    getrlimit(RLIMIT_AS, &l);
    l = lower(l, spec->address_space, spec->address_space);
    if (setrlimit(RLIMIT_AS, &l) == -1)
        dprintf(STDERR_FILENO, "RLIMIT_AS: %s\n", strerror(errno));
    getrlimit(RLIMIT_NOFILE, &l);
    l = lower(l, spec->descriptors, spec->descriptors);
    l = lower(l, spec->soft_descriptors, 0);
    if (setrlimit(RLIMIT_NOFILE, &l) == -1)
        dprintf(STDERR_FILENO, "RLIMIT_NOFILE: %s\n", strerror(errno));
}

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}

/* What we or who started us has open must not be counted as the child's, nor
 * keep a connection open. */
static _Noreturn void become(const struct child_spec *spec, const int ends[3])
{
    sigset_t none;

    (void)setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int fd = 0; fd < 3; fd++)
        if (dup2(ends[fd], fd) == -1)
            _exit(127);
    for (int fd = 3; fd < MOST_DESCRIPTORS; fd++)
        close(fd);
    for (int i = 0; spec->env != NULL && spec->env[i] != NULL; i++)
        putenv((char *)spec->env[i]);
    limit_resources(spec);
    if (spec->is_pinned)
        pin(spec->cpu);
    execvp(spec->argv[0], (char *const *)spec->argv);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", spec->argv[0],
            strerror(errno));
    _exit(127);
}

/* Low numbers are moved away, so that the child's dup2 calls cannot tread on
 * one another. */
static int moved_up(int fd)
{
    int up;

    if (fd == -1)
        return -1;
    up = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    close(fd);
    return up;
}

/* The child's end for its descriptor `fd`, -1 and errno; and ours, if it is a
 * pipe. */
static int open_end(int wanted, int fd, int *ours)
{
    int side = fd == STDIN_FILENO ? 0 : 1, ends[2];

    if (wanted > 0)
        return fcntl(wanted, F_DUPFD_CLOEXEC, 3);
    if (wanted == STDIO_NULL ||
        (wanted == STDIO_DEFAULT && fd != STDOUT_FILENO))
        return moved_up(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    *ours = moved_up(ends[1 - side]);
    return moved_up(ends[side]);
}

static int open_log(const char *path)
{
    return moved_up(
        open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
}

static void close_all(int fds[3])
{
    for (int i = 0; i < 3; i++) {
        if (fds[i] != -1)
            close(fds[i]);
        fds[i] = -1;
    }
}

static void close_ours(struct process *p)
{
    int ours[3] = {p->in, p->out, p->err};

    close_all(ours);
    p->in = p->out = p->err = -1;
}

int child_start(struct process *p, const struct child_spec *spec)
{
    int ends[3] = {-1, -1, -1}, error;

    memset(p, 0, sizeof(*p));
    p->in = p->out = p->err = -1;
    snprintf(p->name, sizeof(p->name), "%s", spec->argv[0]);
    snprintf(p->log, sizeof(p->log), "%s", spec->log != NULL ? spec->log : "");
    if (!replace_group(0, 0)) {
        errno = EAGAIN;
        return -1;
    }
    ends[0] = open_end(spec->in, STDIN_FILENO, &p->in);
    ends[1] = open_end(spec->out, STDOUT_FILENO, &p->out);
    ends[2] = spec->log != NULL ? open_log(spec->log)
                                : open_end(spec->err, STDERR_FILENO, &p->err);
    p->pid =
        ends[0] == -1 || ends[1] == -1 || ends[2] == -1 ? -1 : child_fork();
    if (p->pid == 0)
        become(spec, ends);
    error = errno;
    close_all(ends);
    if (p->pid == -1) {
        close_ours(p);
        p->pid = 0;
        errno = error;
        return -1;
    }
    (void)setpgid(p->pid, p->pid); /* in both: whoever comes first */
    (void)replace_group(0, p->pid);
    return 0;
}

/* ---- hearing ---- */

void child_close_in(struct process *p)
{
    if (p->in != -1)
        close(p->in);
    p->in = -1;
}

/* What poll(2) is to wait at most: -1, for ever, stays -1. */
static int time_left(long long until_ms)
{
    long long left = until_ms - now_ms();

    return until_ms == -1 ? -1 : left > 0 ? (int)left : 0;
}

static long long deadline(int timeout_ms)
{
    return timeout_ms == -1 ? -1 : now_ms() + timeout_ms;
}

/* read(2), or -1 and ETIMEDOUT. */
static ssize_t read_until(int fd, char *bytes, size_t len, long long until_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int n;

    do
        n = poll(&ready, 1, time_left(until_ms));
    while (n == -1 && errno == EINTR);
    if (n == 1)
        return read(fd, bytes, len);
    errno = n == 0 ? ETIMEDOUT : errno;
    return -1;
}

/* Byte by byte: what follows the line stays in the pipe for the next. */
int child_read_line(struct process *p, char *line, size_t size, int timeout_ms)
{
    long long until = deadline(timeout_ms);
    size_t len = 0;
    ssize_t n;
    char byte;

    while ((n = read_until(p->out, &byte, 1, until)) == 1 && byte != '\n')
        if (len < size - 1)
            line[len++] = byte;
    line[len] = '\0';
    return (int)n;
}

const char *announced_address(const char *line)
{
    static const char start[] = "listening on ";
    size_t len = sizeof(start) - 1;

    return strncmp(line, start, len) == 0 ? line + len : NULL;
}

bool child_wait_listening(struct process *p, int timeout_ms)
{
    char line[32 + ADDRESS_TEXT];
    const char *address;

    if (child_read_line(p, line, sizeof(line), timeout_ms) != 1)
        return false;
    address = announced_address(line);
    if (address == NULL || strlen(address) >= sizeof(p->address))
        return false;
    strcpy(p->address, address);
    return true;
}

/* ---- ending ---- */

bool child_has_ended(struct process *p)
{
    if (!p->ended && waitpid(p->pid, &p->status, WNOHANG) == p->pid) {
        p->ended = true;
        p->survived = kill(-p->pid, 0) == 0;
    }
    return p->ended;
}

bool child_finish(struct process *p, int fd, char *text, size_t size,
                  int timeout_ms)
{
    long long until = deadline(timeout_ms);
    char piece[4096];
    size_t len = 0;
    ssize_t n;

    while ((n = read_until(fd, piece, sizeof(piece), until)) > 0)
        for (ssize_t i = 0; i < n; i++)
            if (len < size - 1)
                text[len++] = piece[i];
    text[len] = '\0';
    while (!child_has_ended(p) && time_left(until) != 0)
        nap_ms(LOOK_EVERY_MS);
    return p->ended;
}

/* The group too, if it left anybody. If not, the number may be somebody else's
 * by now: there are only 32768 on many machines. */
void child_kill(struct process *p)
{
    if (p->pid <= 0)
        return;
    if (!child_has_ended(p) || p->survived)
        kill(-p->pid, SIGKILL);
    if (!p->ended)
        p->status = child_wait(p->pid);
    p->ended = true;
    p->survived = false;
    (void)replace_group(p->pid, 0);
    close_ours(p);
}
