/* tests/harness/server.c - see server.h. */
#include "server.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "sockets.h"

enum { SERVERS = 8, LOOK_EVERY_MS = 3 };

#define NEVER_BEGAN(...) check_never_began(__FILE__, __LINE__, __VA_ARGS__)

const char *server_path;
enum transport server_transport = ON_TCP;
const char *server_args[SPEC_ARGS];
const char *server_port_service = "echo";

static struct server servers[SERVERS]; /* pid 0: free */

/* What its first line says. */
static void take_address(struct server *s)
{
    const char *address = announced_address(s->announced);

    if (address == NULL)
        NEVER_BEGAN("expected \"listening on ADDRESS\", got \"%s\"",
                    s->announced);
    snprintf(s->address, sizeof(s->address), "%s", address);
    check_step("it listens on %s", s->address);
    s->port = socket_address(s->address, &s->sockaddr, &s->sockaddr_len);
    if (s->port == -1)
        NEVER_BEGAN("nobody can connect there: \"%s\"", s->announced);
}

/* ---- one that runs already ---- */

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

    if (!asks_for_nothing(spec))
        need_own(SOMEBODY_ELSES, "a server with options of its own");
    s = (struct server){.process = &unknown, .pid = SOMEBODY_ELSES};
    snprintf(s.announced, sizeof(s.announced), "listening on 127.0.0.1:%d",
             server_port);
    take_address(&s);
    return &s;
}

static bool answers(const struct server *s)
{
    int fd =
        socket_connect((const struct sockaddr *)&s->sockaddr, s->sockaddr_len);

    if (fd != -1)
        close(fd);
    return fd != -1;
}

/* ---- starting ---- */

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
    char unix_address[160];
    struct server *s;

    if (server_port != 0)
        return join_server(&spec);
    s = free_server();
    if (transport == ON_TCP6 && !spec.bare)
        need_ipv6();
    snprintf(unix_address, sizeof(unix_address), "unix:%s/socket.%d",
             harness_dir(), (int)(s - servers) + 1);
    if (spec.path == NULL)
        add_args(&p, server_args);
    if (!spec.bare)
        add_address(&p, transport, unix_address);
    add_args(&p, spec.args);
    memcpy(p.env, spec.env, sizeof(p.env));
    memset(s, 0, sizeof(*s));
    if (spec.out_file != NULL)
        p.out = open_file(spec.out_file, O_WRONLY | O_CREAT | O_APPEND);
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

static bool has_line(const char *path, char *line, size_t size)
{
    char *text = read_file(path, NULL);
    char *end = strchr(text, '\n');

    if (end != NULL)
        snprintf(line, size, "%.*s", (int)(end - text), text);
    free(text);
    return end != NULL;
}

/* As child_read_line, where stdout is a file. */
static int read_line_in_file(struct server *s, char *line, size_t size)
{
    long long until = now_ms() + patience_ms();

    while (!has_line(s->out_file, line, size)) {
        if (process_has_ended(s->process))
            return 0;
        if (now_ms() > until)
            return -1;
        nap_ms(LOOK_EVERY_MS);
    }
    return 1;
}

static void read_announcement(struct server *s)
{
    size_t size = sizeof(s->announced);
    int result = s->out_file != NULL ? read_line_in_file(s, s->announced, size)
                                     : child_read_line(s->process, s->announced,
                                                       size, patience_ms());

    if (result == 0)
        NEVER_BEGAN("the server ended without announcing itself: \"%s\"",
                    s->announced);
    if (result == -1)
        NEVER_BEGAN("the server announced nothing in %.1f s: \"%s\"",
                    patience_ms() / 1000.0, s->announced);
}

void server_wait_announced(struct server *s)
{
    read_announcement(s);
    take_address(s);
}

struct server *server_start(struct server_spec spec)
{
    struct server *s = server_launch(spec);

    if (s->pid != SOMEBODY_ELSES)
        server_wait_announced(s);
    return s;
}

/* ---- its end ---- */

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

int server_living(const struct server *s)
{
    int count, living = 0;
    struct proc_stat *members = proc_group(s->pid, &count);

    for (int i = 0; i < count; i++)
        living += members[i].state != 'Z';
    free(members);
    return living;
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
