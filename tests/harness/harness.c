/*
 * tests/harness/harness.c - see harness.h: programs, servers, waiting, files.
 * The clients' side is in harness_talk.c, the view from outside in
 * harness_proc.c.
 */
#include "harness.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PROCESSES = 16,
    SERVERS = 8,
    WORDS = 64,      /* of a command line, wrapper included */
    LOG_TAIL = 4000, /* bytes of a log that a failure prints */
    LOOK_EVERY_MS = 3
};

const char *server_path;
enum transport server_transport = ON_TCP;
const char *server_args[SPEC_ARGS];
int server_port;
const char *server_port_service = "echo";

enum { SOMEBODY_ELSES = -1 }; /* the pid of what runs already */

static struct process processes[PROCESSES]; /* pid 0: free */
static struct server servers[SERVERS];      /* pid 0: free */
static int started;                         /* processes so far: names files */
static char dir[64]; /* empty until a case asks for one */
static const char *hint_text;
static pid_t case_pid; /* who started things cleans them up */

/* ---- waiting ----------------------------------------------------------- */

long long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void nap_ms(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

    while (nanosleep(&t, &t) == -1 && errno == EINTR)
        ;
}

static const char *wrapper(void)
{
    const char *words = getenv("TEST_WRAPPER");

    return words == NULL ? "" : words;
}

int patience_ms(void)
{
    const char *chosen = getenv("HARNESS_DEADLINE_MS");

    if (chosen != NULL && atoi(chosen) > 0)
        return atoi(chosen);
    return is_instrumented() ? 90000 : 20000;
}

void look_again(const char *file, int line, const char *what, long long until)
{
    if (now_ms() > until)
        check_fail(file, line, "waited %.1f s in vain for: %s",
                   patience_ms() / 1000.0, what);
    nap_ms(LOOK_EVERY_MS);
}

bool is_instrumented(void)
{
#ifdef HARNESS_SANITIZED
    return true;
#else
    return wrapper()[0] != '\0';
#endif
}

void hint(const char *text)
{
    hint_text = text;
}

/* ---- files ------------------------------------------------------------- */

static void remove_dir(void)
{
    struct dirent *entry;
    DIR *d = dir[0] == '\0' ? NULL : opendir(dir);

    if (d == NULL)
        return;
    while ((entry = readdir(d)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0 &&
            unlinkat(dirfd(d), entry->d_name, 0) == -1)
            unlinkat(dirfd(d), entry->d_name, AT_REMOVEDIR);
    closedir(d);
    rmdir(dir);
    dir[0] = '\0';
}

static void kill_all(void)
{
    for (struct process *p = processes; p < processes + PROCESSES; p++) {
        if (p->pid == 0)
            continue;
        /* Its children too, if it left any. If not, the number may be somebody
         * else's by now: there are only 32768 on many machines. */
        if (!p->ended || p->survived)
            kill(-p->pid, SIGKILL);
        if (!p->ended && waitpid(p->pid, &p->status, 0) == p->pid)
            p->ended = true;
    }
}

/* At exit of the case, passed or failed. A fork of the case comes by here too
 * when it exits, and must touch nothing. */
static void clean_up(void)
{
    if (getpid() != case_pid)
        return;
    kill_all();
    remove_dir();
}

/* What came from a client may stand in it: a terminal must not obey it. */
static void print_log_tail(const struct process *p)
{
    char *log = process_log(p);
    size_t len = strlen(log);
    const char *tail = len > LOG_TAIL ? log + len - LOG_TAIL : log;

    fprintf(stderr, "  its stderr%s:\n",
            len > LOG_TAIL ? " (the end of it)" : "");
    for (; *tail != '\0'; tail++)
        if (*tail == '\n' || (*tail >= ' ' && *tail <= '~'))
            fputc(*tail, stderr);
        else
            fprintf(stderr, "\\x%02x", (unsigned char)*tail);
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

/* After the report of a failing case, before clean_up. */
static void report(void)
{
    if (getpid() != case_pid)
        return;
    if (hint_text != NULL)
        fprintf(stderr, "  hint: %s\n", hint_text);
    for (struct process *p = processes; p < processes + PROCESSES; p++) {
        if (p->pid == 0)
            continue;
        process_has_ended(p);
        print_end(p);
        print_log_tail(p);
    }
}

/* check_at_end's hook runs at a skip too, where there is nothing to say. */
static void set_up_once(void)
{
    if (case_pid == getpid())
        return;
    case_pid = getpid();
    memset(processes, 0, sizeof(processes)); /* a parent's are not ours */
    memset(servers, 0, sizeof(servers));
    dir[0] = '\0';
    signal(SIGPIPE, SIG_IGN);
    check_at_end(report);
    atexit(clean_up);
}

const char *harness_dir(void)
{
    set_up_once();
    if (dir[0] == '\0') {
        strcpy(dir, "/tmp/seven-XXXXXX"); /* short: sun_path has 108 bytes */
        if (mkdtemp(dir) == NULL)
            CHECK_FAIL("mkdtemp %s: %s", dir, strerror(errno));
    }
    return dir;
}

static void path_in_dir(char path[128], const char *name, int number)
{
    snprintf(path, 128, "%s/%s.%d", harness_dir(), name, number);
}

const char *harness_path(const char *name)
{
    static char paths[8][128];
    static unsigned int next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", harness_dir(), name);
    return path;
}

void need_descriptors(rlim_t n)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < n)
        check_skip("needs %llu descriptors, the hard limit is %llu",
                   (unsigned long long)n, (unsigned long long)limit.rlim_max);
    if (limit.rlim_cur < n) {
        limit.rlim_cur = n;
        if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
            CHECK_FAIL("setrlimit: %s", strerror(errno));
    }
}

/* ---- a server that runs already ----------------------------------------- */

static void need_own(pid_t pid, const char *what)
{
    if (pid == SOMEBODY_ELSES)
        check_skip("needs %s: give it --server, not --port", what);
}

static bool asks_for_nothing(const struct server_spec *spec)
{
    bool no_args = spec->args[0] == NULL ||
                   (strcmp(spec->args[0], "-s") == 0 && spec->args[2] == NULL &&
                    strcmp(spec->args[1], server_port_service) == 0);

    return no_args && spec->path == NULL && spec->env[0] == NULL &&
           spec->log == NULL && spec->out_file == NULL && !spec->bare &&
           spec->descriptors == 0 && spec->soft_descriptors == 0 &&
           spec->address_space == 0;
}

static struct server *join_server(const struct server_spec *spec)
{
    static struct process unknown = {.pid = SOMEBODY_ELSES};
    static struct server s;
    struct sockaddr_in *in = (struct sockaddr_in *)&s.sockaddr;

    if (!asks_for_nothing(spec))
        need_own(SOMEBODY_ELSES, "a server with options of its own");
    s = (struct server){.process = &unknown, .pid = SOMEBODY_ELSES};
    s.port = server_port;
    snprintf(s.address, sizeof(s.address), "127.0.0.1:%d", server_port);
    snprintf(s.announced, sizeof(s.announced), "listening on 127.0.0.1:%d",
             server_port);
    in->sin_family = AF_INET;
    in->sin_port = htons((in_port_t)server_port);
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s.sockaddr_len = sizeof(*in);
    check_step("the server is at %s", s.address);
    return &s;
}

static bool answers(const struct server *s)
{
    int fd = try_dial(s);

    if (fd != -1)
        close(fd);
    return fd != -1;
}

/* ---- programs: starting ------------------------------------------------ */

/* The words of the wrapper, then the program and its arguments. The wrapper's
 * words are kept: argv points into them. */
static void command_line(const struct process_spec *spec, const char **argv)
{
    static char words[512];
    int n = 0;

    snprintf(words, sizeof(words), "%s", spec->unwrapped ? "" : wrapper());
    for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
        if (n < WORDS - SPEC_ARGS - 2)
            argv[n++] = w;
    argv[n++] = spec->path;
    for (int i = 0; i < SPEC_ARGS && spec->args[i] != NULL; i++)
        argv[n++] = spec->args[i];
    argv[n] = NULL;
}

static struct rlimit lower(struct rlimit l, rlim_t soft, rlim_t hard)
{
    l.rlim_max = hard != 0 ? hard : l.rlim_max;
    l.rlim_cur = soft != 0 ? soft : l.rlim_cur;
    if (l.rlim_cur > l.rlim_max)
        l.rlim_cur = l.rlim_max;
    return l;
}

static void limit_resources(const struct process_spec *spec)
{
    struct rlimit l;

    getrlimit(RLIMIT_AS, &l);
    l = lower(l, spec->address_space, spec->address_space);
    if (setrlimit(RLIMIT_AS, &l) == -1)
        dprintf(2, "harness: RLIMIT_AS: %s\n", strerror(errno));
    getrlimit(RLIMIT_NOFILE, &l);
    l = lower(l, spec->descriptors, spec->descriptors);
    l = lower(l, spec->soft_descriptors, 0);
    if (setrlimit(RLIMIT_NOFILE, &l) == -1)
        dprintf(2, "harness: RLIMIT_NOFILE: %s\n", strerror(errno));
}

/* A library that a case preloads stands before AddressSanitizer's, which takes
 * that for a mistake. */
static void let_preload_come_first(void)
{
    const char *options = getenv("ASAN_OPTIONS");
    static char all[1024];

    snprintf(all, sizeof(all), "%s:verify_asan_link_order=0",
             options == NULL ? "" : options);
    setenv("ASAN_OPTIONS", all, 1);
}

/* In the child: whatever the test or ctest has open must not be counted as the
 * server's, nor keep a connection open. Those from exec_fd up are ours and
 * close-on-exec. */
static void be_the_child(const struct process_spec *spec, pid_t parent, int in,
                         int out, int err)
{
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* it died before the line above */
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(in, 0) == -1 || dup2(out, 1) == -1 || dup2(err, 2) == -1)
        _exit(127);
    for (int fd = 3; fd < 4096; fd++)
        close(fd);
    if (is_instrumented())
        let_preload_come_first();
    for (int i = 0; i < SPEC_ENV && spec->env[i] != NULL; i++)
        putenv((char *)spec->env[i]);
    limit_resources(spec);
}

static _Noreturn void exec_program(const struct process_spec *spec)
{
    const char *argv[WORDS];

    command_line(spec, argv);
    execvp(argv[0], (char *const *)argv);
    dprintf(2, "harness: cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static int open_or_fail(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd == -1)
        CHECK_FAIL("open %s: %s", path, strerror(errno));
    return fd;
}

static void pipe_or_fail(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) == -1)
        CHECK_FAIL("pipe: %s", strerror(errno));
}

/* The child's stdin (side 0) or stdout (side 1); `ours` gets our end or -1.
 * Low numbers are moved away, so that the child's dup2 calls cannot tread on
 * one another. */
static int child_end(int wanted, int side, int *ours)
{
    int ends[2], fd;

    *ours = -1;
    if (wanted > 0)
        return fcntl(wanted, F_DUPFD_CLOEXEC, 3);
    if (wanted == STDIO_NULL || (wanted == STDIO_DEFAULT && side == 0)) {
        fd = open_or_fail("/dev/null", O_RDWR);
    } else {
        pipe_or_fail(ends);
        *ours = fcntl(ends[1 - side], F_DUPFD_CLOEXEC, 3);
        close(ends[1 - side]);
        fd = ends[side];
    }
    wanted = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    close(fd);
    return wanted;
}

static void name_process(struct process *p, const struct process_spec *spec)
{
    path_in_dir(p->log, "log", started);
    if (spec->log != NULL)
        snprintf(p->log, sizeof(p->log), "%s", spec->log);
    snprintf(p->name, sizeof(p->name), "%s", spec->path);
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
    pid_t parent = getpid();
    struct process *p;
    int in, out, err;

    set_up_once();
    if (spec.path == NULL && server_port != 0)
        need_own(SOMEBODY_ELSES, "to start it");
    if (spec.path == NULL)
        CHECK_FAIL("no program given");
    note_start(&spec);
    p = free_slot();
    started++;
    memset(p, 0, sizeof(*p));
    name_process(p, &spec);
    err = open_or_fail(p->log, O_WRONLY | O_CREAT | O_APPEND);
    in = child_end(spec.in, 0, &p->in);
    out = child_end(spec.out, 1, &p->out);
    fflush(NULL);
    p->pid = fork();
    if (p->pid == -1)
        CHECK_FAIL("fork: %s", strerror(errno));
    if (p->pid == 0) {
        be_the_child(&spec, parent, in, out, err);
        exec_program(&spec);
    }
    setpgid(p->pid, p->pid); /* in both: whoever comes first */
    close(in);
    close(out);
    close(err);
    return p;
}

void process_forget(struct process *p)
{
    need_own(p->pid, "its end");
    if (!process_has_ended(p))
        CHECK_FAIL("%s still runs", p->name);
    process_close_in(p);
    if (p->out != -1)
        close(p->out);
    unlink(p->log);
    memset(p, 0, sizeof(*p));
}

/* ---- programs: waiting, signals, output -------------------------------- */

bool process_has_ended(struct process *p)
{
    need_own(p->pid, "its end");
    if (!p->ended && waitpid(p->pid, &p->status, WNOHANG) == p->pid) {
        p->ended = true;
        p->survived = kill(-p->pid, 0) == 0;
    }
    return p->ended;
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

/* Reads one byte before the deadline; false at the end of output. */
static bool read_byte(struct process *p, char *byte)
{
    struct pollfd ready = {p->out, POLLIN, 0};
    ssize_t n;

    if (poll(&ready, 1, patience_ms()) == 0)
        CHECK_FAIL("%s wrote nothing more on stdout", p->name);
    n = read(p->out, byte, 1);
    if (n == -1)
        CHECK_FAIL("read its stdout: %s", strerror(errno));
    return n == 1;
}

bool process_read_line(struct process *p, char *line, size_t size)
{
    size_t len = 0;

    need_own(p->pid, "its stdout");
    while (len + 1 < size && read_byte(p, &line[len])) {
        if (line[len] == '\n') {
            line[len] = '\0';
            return true;
        }
        len++;
    }
    line[len] = '\0';
    if (len > 0)
        CHECK_FAIL("%s: a line without its end on stdout: %s", p->name, line);
    return false;
}

void process_close_in(struct process *p)
{
    if (p->in != -1)
        close(p->in);
    p->in = -1;
}

/* Reads what a file holds now; NUL-terminated. */
static char *read_file(const char *path, size_t *len)
{
    int fd = open_or_fail(path, O_RDONLY);
    size_t size = 0;
    char *text = NULL;
    ssize_t n;

    do {
        text = realloc(text, size + 65536 + 1);
        CHECK(text != NULL);
        n = read(fd, text + size, 65536);
        size += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    close(fd);
    text[size] = '\0';
    if (len != NULL)
        *len = size;
    return text;
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
    spec.in = open_or_fail(in_path, O_RDWR | O_CREAT | O_TRUNC);
    spec.out = open_or_fail(out_path, O_RDWR | O_CREAT | O_TRUNC);
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

void run_free(struct run *r)
{
    free(r->out);
    free(r->err);
    memset(r, 0, sizeof(*r));
}

/* ---- servers ----------------------------------------------------------- */

static void add_args(struct process_spec *spec, const char *const *args)
{
    int n = 0;

    while (n < SPEC_ARGS && spec->args[n] != NULL)
        n++;
    for (int i = 0; i < SPEC_ARGS && args[i] != NULL; i++) {
        if (n == SPEC_ARGS - 1)
            CHECK_FAIL("more than %d arguments", SPEC_ARGS - 1);
        spec->args[n++] = args[i];
    }
}

static void add_address(struct process_spec *spec, enum transport transport,
                        const char *unix_address)
{
    const char *tcp[SPEC_ARGS] = {"-p", "0"};
    const char *tcp6[SPEC_ARGS] = {"-b", "::1", "-p", "0"};
    const char *local[SPEC_ARGS] = {"-b", unix_address};

    if (transport == ON_UNIX)
        add_args(spec, local);
    else if (transport == ON_TCP6)
        add_args(spec, tcp6);
    else
        add_args(spec, tcp);
}

static struct server *free_server(void)
{
    for (struct server *s = servers; s < servers + SERVERS; s++)
        if (s->pid == 0)
            return s;
    CHECK_FAIL("more than %d servers (see server_forget)", SERVERS);
}

struct server *server_launch(struct server_spec spec)
{
    struct process_spec p = {.path =
                                 spec.path != NULL ? spec.path : server_path,
                             .descriptors = spec.descriptors,
                             .soft_descriptors = spec.soft_descriptors,
                             .address_space = spec.address_space,
                             .log = spec.log};
    enum transport transport = spec.on_tcp ? ON_TCP : server_transport;
    char unix_address[160] = "unix:";
    struct server *s;

    set_up_once();
    if (server_port != 0)
        return join_server(&spec);
    s = free_server();
    if (transport == ON_TCP6 && !spec.bare)
        need_ipv6();
    path_in_dir(unix_address + 5, "socket", (int)(s - servers) + 1);
    if (spec.path == NULL)
        add_args(&p, server_args);
    if (!spec.bare)
        add_address(&p, transport, unix_address);
    add_args(&p, spec.args);
    memcpy(p.env, spec.env, sizeof(p.env));
    memset(s, 0, sizeof(*s));
    if (spec.out_file != NULL)
        p.out = open_or_fail(spec.out_file, O_WRONLY | O_CREAT | O_APPEND);
    s->process = process_start(p);
    if (p.out > 0)
        close(p.out);
    s->out_file = spec.out_file;
    s->pid = s->process->pid;
    return s;
}

void server_forget(struct server *s)
{
    process_forget(s->process);
    memset(s, 0, sizeof(*s));
}

static void parse_unix(struct server *s, const char *path)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&s->sockaddr;

    if (strlen(path) >= sizeof(un->sun_path))
        CHECK_FAIL("path too long for a socket: %s", path);
    un->sun_family = AF_UNIX;
    strcpy(un->sun_path, path);
    s->sockaddr_len = sizeof(*un);
}

static void parse_tcp(struct server *s, char *host, char *port)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&s->sockaddr;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&s->sockaddr;

    s->port = atoi(port);
    if (host[0] == '[') {
        host[strlen(host) - 1] = '\0';
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((in_port_t)s->port);
        s->sockaddr_len = sizeof(*in6);
        CHECK(inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1);
    } else {
        in->sin_family = AF_INET;
        in->sin_port = htons((in_port_t)s->port);
        s->sockaddr_len = sizeof(*in);
        CHECK(inet_pton(AF_INET, host, &in->sin_addr) == 1);
    }
}

static bool has_line(const char *path, char *line, size_t size)
{
    char *text = read_file(path, NULL);
    char *end = strchr(text, '\n');

    if (end != NULL)
        snprintf(line, size, "%.*s", (int)(end - text), text);
    free(text);
    return end != NULL;
}

static void read_announcement(struct server *s)
{
    size_t size = sizeof(s->announced);

    if (s->out_file != NULL)
        WAIT_UNTIL(has_line(s->out_file, s->announced, size) ||
                   process_has_ended(s->process));
    else
        process_read_line(s->process, s->announced, size);
    if (s->announced[0] == '\0')
        CHECK_FAIL("the server ended without announcing itself");
}

void server_wait_announced(struct server *s)
{
    const char *start = "listening on ";
    char host[160], *colon;

    read_announcement(s);
    if (strncmp(s->announced, start, strlen(start)) != 0)
        CHECK_FAIL("expected \"listening on ADDRESS\", got \"%s\"",
                   s->announced);
    snprintf(s->address, sizeof(s->address), "%s",
             s->announced + strlen(start));
    check_step("it listens on %s", s->address);
    if (strncmp(s->address, "unix:", 5) == 0) {
        parse_unix(s, s->address + 5);
        return;
    }
    strcpy(host, s->address);
    colon = strrchr(host, ':');
    if (colon == NULL || atoi(colon + 1) <= 0)
        CHECK_FAIL("no port announced: \"%s\"", s->announced);
    *colon = '\0';
    parse_tcp(s, host, colon + 1);
}

struct server *server_start(struct server_spec spec)
{
    struct server *s = server_launch(spec);

    if (s->pid != SOMEBODY_ELSES)
        server_wait_announced(s);
    return s;
}

void server_expect_alive(struct server *s)
{
    if (s->pid == SOMEBODY_ELSES ? !answers(s) : process_has_ended(s->process))
        CHECK_FAIL("the server has ended");
}

void server_wait_log(struct server *s, const char *text)
{
    check_step("wait for \"%s\" in the server's log", text);
    WAIT_UNTIL(process_log_has(s->process, text));
}

/* A line of valgrind begins with "==PID=="; its warnings are no errors. */
static bool is_valgrind_error(const char *line)
{
    const char *c = line + 2;

    if (strncmp(line, "==", 2) != 0 || !isdigit((unsigned char)*c))
        return false;
    while (isdigit((unsigned char)*c))
        c++;
    return strncmp(c, "== ", 3) == 0 && strncmp(c + 3, "Warning", 7) != 0;
}

/* A child's or thread's end does not reach the server's exit status, so the
 * log is asked too. */
static void expect_no_reports(const struct process *p)
{
    static const char *const reports[] = {
        "ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
        "WARNING: ThreadSanitizer", ": runtime error: ", "Assertion "};
    char *log = process_log(p);

    for (size_t i = 0; i < CHECK_COUNT(reports); i++)
        if (strstr(log, reports[i]) != NULL)
            CHECK_FAIL("in the server's log: \"%s\"", reports[i]);
    for (char *line = log; line != NULL && *line != '\0';) {
        if (is_valgrind_error(line))
            CHECK_FAIL("valgrind reports an error in the server's log");
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    free(log);
}

/* "server[17]: served 3 clients", once. Not always the last line: a thread that
 * is cut off may still have something to say. */
static void expect_served(const struct process *p, int served)
{
    char *log = process_log(p);
    const char *line = strstr(log, ": served ");
    int got;

    if (line == NULL || sscanf(line, ": served %d client", &got) != 1)
        CHECK_FAIL("no line \"served N clients\" on stderr");
    if (strstr(line + 1, ": served ") != NULL)
        CHECK_FAIL("more than one line \"served N clients\" on stderr");
    if (served != SERVED_ANY && got != served)
        CHECK_FAIL("expected \"served %d clients\", got %d", served, got);
    free(log);
}

void server_expect_stopped(struct server *s, int served)
{
    const char *path = s->sockaddr.ss_family == AF_UNIX ? s->address + 5 : "";

    EXPECT_EXIT(s->process, 0);
    if (access(path, F_OK) == 0)
        CHECK_FAIL("its socket file outlived it: %s", path);
    if (server_living(s) != 0)
        CHECK_FAIL("%d of its children outlived it", server_living(s));
    expect_no_reports(s->process);
    expect_served(s->process, served);
}

void server_stop(struct server *s, int served)
{
    server_expect_alive(s);
    if (s->pid == SOMEBODY_ELSES)
        return;
    process_signal(s->process, SIGTERM);
    server_expect_stopped(s, served);
}
