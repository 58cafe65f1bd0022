/* tests/harness/programs.c - see programs.h. */
#include "programs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "escape.h"

enum {
    PROCESSES = 16,
    WORDS = 64,     /* of a command line, wrapper included */
    LOG_TAIL = 4000 /* bytes of a log that a failure prints */
};

int server_port;

static struct process processes[PROCESSES]; /* pid 0: free */
static int started;                         /* so far: names files */
static pid_t case_pid; /* who started things cleans them up, not a fork */

static void path_in_dir(char path[128], const char *name, int number)
{
    snprintf(path, 128, "%s/%s.%d", harness_dir(), name, number);
}

/* ---- the end of a case ---- */

static void kill_all(void)
{
    if (getpid() == case_pid)
        for (int i = 0; i < PROCESSES; i++)
            child_kill(&processes[i]);
}

/* What came from a client may stand in it: a terminal must not obey it. */
static void print_log_tail(const struct process *p)
{
    char *log = process_log(p);
    size_t len = strlen(log);
    char shown[5];
    const char *tail = len > LOG_TAIL ? log + len - LOG_TAIL : log;

    fprintf(stderr, "  its stderr%s:\n",
            len > LOG_TAIL ? " (the end of it)" : "");
    for (; *tail != '\0'; tail++)
        if (*tail == '\n' || *tail == '\\')
            fputc(*tail, stderr);
        else
            fputs(escape_byte(shown, *tail), stderr);
    if (len == 0 || log[len - 1] != '\n')
        fputs(len == 0 ? "  (nothing)\n" : "\n", stderr);
    free(log);
}

static void print_end(const struct process *p)
{
    fprintf(stderr, "  %s (pid %ld) ", p->name, (long)p->pid);
    if (!p->ended)
        fprintf(stderr, "still ran\n");
    else if (WIFEXITED(p->status))
        fprintf(stderr, "had ended: exit status %d\n", WEXITSTATUS(p->status));
    else
        fprintf(stderr, "had ended: killed by signal %d (%s)\n",
                WTERMSIG(p->status), strsignal(WTERMSIG(p->status)));
}

/* After the report of a failing case, before kill_all. */
static void report(void)
{
    if (getpid() != case_pid)
        return;
    for (struct process *p = processes; p < processes + PROCESSES; p++) {
        if (p->pid == 0)
            continue;
        process_has_ended(p);
        print_end(p);
        print_log_tail(p);
    }
}

/* check_at_end's hook runs at a skip too, where there is nothing to say. The
 * directory comes first, so that it goes last. */
static void set_up_once(void)
{
    if (case_pid == getpid())
        return;
    case_pid = getpid();
    memset(processes, 0, sizeof(processes)); /* a parent's are not ours */
    (void)harness_dir();
    signal(SIGPIPE, SIG_IGN);
    check_at_end(report);
    atexit(kill_all);
}

void need_own(pid_t pid, const char *what)
{
    if (pid == SOMEBODY_ELSES)
        check_skip("needs %s: give it --server, not --port", what);
}

/* ---- starting ---- */

/* The words of the wrapper, then the program and its arguments. The wrapper's
 * words are kept: argv points into them. */
static void command_line(const struct process_spec *spec, const char **argv)
{
    const char *wrapper = getenv("TEST_WRAPPER");
    static char words[512];
    int n = 0;

    snprintf(words, sizeof(words), "%s",
             wrapper == NULL || spec->unwrapped ? "" : wrapper);
    for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
        if (n < WORDS - SPEC_ARGS - 2)
            argv[n++] = w;
    argv[n++] = spec->path;
    for (int i = 0; i < SPEC_ARGS && spec->args[i] != NULL; i++)
        argv[n++] = spec->args[i];
    argv[n] = NULL;
}

/* A library that a case preloads stands before AddressSanitizer's, which takes
 * that for a mistake. */
static const char *let_preload_come_first(void)
{
    const char *options = getenv("ASAN_OPTIONS");
    static char all[1024];

    snprintf(all, sizeof(all), "ASAN_OPTIONS=%s:verify_asan_link_order=0",
             options == NULL ? "" : options);
    return all;
}

static void environment(const struct process_spec *spec, const char **env)
{
    int n = 0;

    if (is_instrumented())
        env[n++] = let_preload_come_first();
    for (int i = 0; i < SPEC_ENV && spec->env[i] != NULL; i++)
        env[n++] = spec->env[i];
    env[n] = NULL;
}

static void note_start(const struct process_spec *spec)
{
    char line[160];
    size_t n = (size_t)snprintf(line, sizeof(line), "start %s", spec->path);

    for (int i = 0; i < SPEC_ARGS && spec->args[i] != NULL; i++)
        if (n < sizeof(line))
            n += (size_t)snprintf(line + n, sizeof(line) - n, " %s",
                                  spec->args[i]);
    check_step("%s", line);
}

static struct process *free_slot(void)
{
    for (struct process *p = processes; p < processes + PROCESSES; p++)
        if (p->pid == 0)
            return p;
    CHECK_FAIL("more than %d processes (see process_forget)", PROCESSES);
}

struct process *process_start(struct process_spec spec)
{
    const char *argv[WORDS], *env[SPEC_ENV + 2];
    struct child_spec child = {.argv = argv,
                               .env = env,
                               .in = spec.in,
                               .out = spec.out,
                               .log = spec.log,
                               .descriptors = spec.descriptors,
                               .soft_descriptors = spec.soft_descriptors,
                               .address_space = spec.address_space};
    struct process *p;
    char log[128];

    set_up_once();
    if (spec.path == NULL && server_port != 0)
        need_own(SOMEBODY_ELSES, "to start it");
    if (spec.path == NULL)
        CHECK_FAIL("no program given");
    note_start(&spec);
    path_in_dir(log, "log", ++started);
    command_line(&spec, argv);
    environment(&spec, env);
    child.log = spec.log != NULL ? spec.log : log;
    p = free_slot();
    if (child_start(p, &child) == -1)
        CHECK_FAIL("start %s: %s", spec.path, strerror(errno));
    snprintf(p->name, sizeof(p->name), "%s", spec.path);
    return p;
}

void process_forget(struct process *p)
{
    need_own(p->pid, "its end");
    if (!process_has_ended(p))
        CHECK_FAIL("%s still runs", p->name);
    child_kill(p);
    unlink(p->log);
    memset(p, 0, sizeof(*p));
}

/* ---- waiting, signals, output ---- */

bool process_has_ended(struct process *p)
{
    need_own(p->pid, "its end");
    return child_has_ended(p);
}

int process_wait(struct process *p)
{
    WAIT_UNTIL(process_has_ended(p));
    return p->status;
}

void expect_exit_at(const char *file, int line, struct process *p, int code)
{
    long long until = now_ms() + patience_ms();

    check_step("wait for %s to exit with %d", p->name, code);
    while (!process_has_ended(p))
        look_again(file, line, "the program ends", until);
    if (WIFSIGNALED(p->status))
        check_fail(file, line, "%s: expected exit status %d, died of signal %d",
                   p->name, code, WTERMSIG(p->status));
    if (WEXITSTATUS(p->status) != code)
        check_fail(file, line, "%s: expected exit status %d, got %d", p->name,
                   code, WEXITSTATUS(p->status));
}

static void signal_or_fail(struct process *p, pid_t whom, int signal_number)
{
    need_own(p->pid, "to send it a signal");
    check_step("send signal %d (%s) to %s%s", signal_number,
               strsignal(signal_number), p->name,
               whom < 0 ? " and its children" : "");
    if (kill(whom, signal_number) == -1)
        CHECK_FAIL("kill: %s", strerror(errno));
}

void process_signal(struct process *p, int signal_number)
{
    signal_or_fail(p, p->pid, signal_number);
}

void process_signal_group(struct process *p, int signal_number)
{
    signal_or_fail(p, -p->pid, signal_number);
}

bool process_read_line(struct process *p, char *line, size_t size)
{
    int result;

    need_own(p->pid, "its stdout");
    result = child_read_line(p, line, size, patience_ms());
    if (result == -1 && errno == ETIMEDOUT)
        CHECK_FAIL("%s wrote nothing more on stdout", p->name);
    if (result == -1)
        CHECK_FAIL("read its stdout: %s", strerror(errno));
    if (result == 0 && line[0] != '\0')
        CHECK_FAIL("%s: a line without its end on stdout: %s", p->name, line);
    return result == 1;
}

char *process_log(const struct process *p)
{
    need_own(p->pid, "its log");
    return read_file(p->log, NULL);
}

int process_log_count(const struct process *p, const char *text)
{
    char *log = process_log(p);
    int count = 0;

    for (char *at = strstr(log, text); at != NULL; at = strstr(at + 1, text))
        count++;
    free(log);
    return count;
}

bool process_log_has(const struct process *p, const char *text)
{
    return process_log_count(p, text) > 0;
}

/* Input and output go through files: no program can block on us. */
struct run run_program(struct process_spec spec, const char *input, size_t len)
{
    char in_path[128], out_path[128];
    struct process *p;
    struct run r = {0};

    path_in_dir(in_path, "in", started);
    path_in_dir(out_path, "out", started);
    spec.in = open_file(in_path, O_RDWR | O_CREAT | O_TRUNC);
    spec.out = open_file(out_path, O_RDWR | O_CREAT | O_TRUNC);
    if (len > 0 && write(spec.in, input, len) != (ssize_t)len)
        CHECK_FAIL("write the input: %s", strerror(errno));
    lseek(spec.in, 0, SEEK_SET);
    p = process_start(spec);
    r.status = process_wait(p);
    r.out = read_file(out_path, &r.out_len);
    r.err = read_file(p->log, &r.err_len);
    close(spec.in);
    close(spec.out);
    return r;
}

struct run run_function(void (*part)(void))
{
    char out_path[128], err_path[128];
    struct run r = {0};
    pid_t pid;
    int out, err;

    path_in_dir(out_path, "out", ++started);
    path_in_dir(err_path, "err", started);
    out = open_file(out_path, O_RDWR | O_CREAT);
    err = open_file(err_path, O_RDWR | O_CREAT);
    pid = child_fork();
    if (pid == 0) {
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        part();
        _exit(fflush(stdout) == 0 ? 0 : 9);
    }
    r.status = child_wait(pid);
    CHECK(WIFEXITED(r.status));
    r.out = read_file(out_path, &r.out_len);
    r.err = read_file(err_path, &r.err_len);
    close(out);
    close(err);
    return r;
}

void run_free(struct run *r)
{
    free(r->out);
    free(r->err);
    memset(r, 0, sizeof(*r));
}
