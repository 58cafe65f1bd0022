/* tests/conformance/start.c - how a server begins to serve, and how it must
 * refuse to. */
#include "suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct server *plain(void)
{
    return server_start((struct server_spec){0});
}

static void serves_one(struct server *s)
{
    int fd = dial(s);

    ROUND_TRIP(fd, "hello\n");
    leave(fd);
}

static void expect_same(const char *got, const char *want)
{
    CHECK_BYTES(got, strlen(got), want, strlen(want));
}

/* One line, to the byte, and nothing else ever on stdout. */
static void announces(void)
{
    struct server *s = plain();
    char expected[160], line[160];

    if (server_transport == ON_UNIX)
        snprintf(expected, sizeof(expected), "listening on unix:%s/socket.1",
                 harness_dir());
    else
        snprintf(expected, sizeof(expected), "listening on %s:%d",
                 server_transport == ON_TCP6 ? "[::1]" : "127.0.0.1", s->port);
    expect_same(s->announced, expected);
    CHECK(server_is_listening(s));
    serves_one(s);
    server_stop(s, 1);
    if (process_read_line(s->process, line, sizeof(line)))
        CHECK_FAIL("one more line on stdout: \"%s\"", line);
}

/* An IPv4 address of this case's own, so that a port chosen here is free
 * whatever other tests do at the same time. */
static const char *own_address(void)
{
    static char address[32];
    unsigned int id = (unsigned int)getpid();

    snprintf(address, sizeof(address), "127.%u.%u.%u", 128 + (id >> 16) % 64,
             (id >> 8) % 256, id % 256);
    return address;
}

static void port_asked_for(void)
{
    char expected[160];
    struct server *s = server_start((struct server_spec){
        .bare = true, .args = {"-b", own_address(), "-p", "23456"}});

    snprintf(expected, sizeof(expected), "listening on %s:23456",
             own_address());
    expect_same(s->announced, expected);
    serves_one(s);
    server_stop(s, 1);
}

static void host_name(void)
{
    struct server *s = server_start((struct server_spec){
        .bare = true, .args = {"-b", "localhost", "-p", "0"}});

    if (strncmp(s->address, "127.0.0.1:", 10) != 0 &&
        strncmp(s->address, "[::1]:", 6) != 0)
        CHECK_FAIL("localhost became %s", s->address);
    serves_one(s);
    server_stop(s, 1);
}

/* Counts listening sockets on the port at an address of only zeros. */
static int wildcard_listeners(const char *table, int port)
{
    char line[512], address[64];
    unsigned int local_port, state;
    int count = 0;
    FILE *f = fopen(table, "re");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, " %*d: %63[0-9A-F]:%x %*[0-9A-F]:%*x %x", address,
                   &local_port, &state) == 3 &&
            state == 0x0a && local_port == (unsigned int)port &&
            strspn(address, "0") == strlen(address))
            count++;
    if (f != NULL)
        fclose(f);
    return count;
}

/* Nobody on the network is served unless the keeper asks for it. */
static void loopback_only(void)
{
    struct server *s = plain(), elsewhere = *s;
    struct sockaddr_in *in = (struct sockaddr_in *)&elsewhere.sockaddr;

    hint("bound to all addresses?");
    CHECK_EQ(wildcard_listeners("/proc/net/tcp", s->port), 0);
    CHECK_EQ(wildcard_listeners("/proc/net/tcp6", s->port), 0);
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    strcpy(elsewhere.address, "127.0.0.2");
    expect_refused(&elsewhere);
    server_stop(s, 0);
}

/* ---- an address that is taken ---- */

static struct process *start_at(const struct server *s)
{
    char host[160], port[16];
    char *colon;

    strcpy(host, s->address);
    snprintf(port, sizeof(port), "%d", s->port);
    if (s->port == 0)
        return process_start(
            (struct process_spec){.path = server_path, .args = {"-b", host}});
    colon = strrchr(host, ':');
    *colon = '\0';
    if (host[0] == '[')
        host[strlen(host) - 1] = '\0';
    return process_start((struct process_spec){
        .path = server_path,
        .args = {"-b", host[0] == '[' ? host + 1 : host, "-p", port}});
}

/* Exit status 1, nothing announced, errno's symbol on stderr. */
static void expect_failed_start(struct process *p, const char *symbol)
{
    char line[160];

    EXPECT_EXIT(p, 1);
    if (!process_log_has(p, symbol))
        CHECK_FAIL("stderr does not say %s", symbol);
    if (process_read_line(p, line, sizeof(line)))
        CHECK_FAIL("on stdout: \"%s\"", line);
}

static void address_in_use(void)
{
    struct server *s = plain();
    int fd = dial(s);

    hint("SO_REUSEPORT lets a second server take half of the clients");
    ROUND_TRIP(fd, "before\n");
    expect_failed_start(start_at(s), "EADDRINUSE");
    ROUND_TRIP(fd, "after\n");
    leave(fd);
    serves_one(s);
    /* A Unix path is asked whether it lives by connecting to it: one more. */
    server_stop(s, server_transport == ON_UNIX ? SERVED_ANY : 2);
}

static void address_not_ours(void)
{
    struct process_spec spec = {.path = server_path,
                                .args = {"-b", "192.0.2.1", "-p", "0"}};

    expect_failed_start(process_start(spec), "EADDRNOTAVAIL");
}

/* ---- starting again ---- */

/* Leaves, and waits until the connection stands in TIME_WAIT at the server's
 * end: the server closed first. */
static void leave_behind_time_wait(const struct server *s, int fd)
{
    const struct sockaddr *here = (const struct sockaddr *)&s->sockaddr;
    struct sockaddr_in there;
    socklen_t len = sizeof(there);
    struct tcp_socket found;

    CHECK(getsockname(fd, (struct sockaddr *)&there, &len) == 0);
    leave(fd);
    WAIT_UNTIL(tcp_socket_at(here, (struct sockaddr *)&there, &found) &&
               found.state == 6);
}

static void restart_at_once(void)
{
    const char *address = own_address();
    struct server_spec spec = {.bare = true,
                               .args = {"-b", address, "-p", "23457"}};

    hint("without SO_REUSEADDR the port is taken for a minute");
    for (int i = 0; i < 3; i++) {
        struct server *s = server_start(spec);
        int fd = dial(s);

        SEND_TEXT(fd, "bye\n");
        EXPECT_TEXT(fd, "bye\n");
        EXPECT_EOF(fd);
        leave_behind_time_wait(s, fd);
        server_stop(s, 1);
    }
}

/* The same where no word makes a server close first: a stop does. */
static void restart_after_cut_off(void)
{
    const char *address = own_address();
    struct server_spec spec = {
        .bare = true, .args = {"-b", address, "-p", "23459", "-g", "0"}};

    hint("without SO_REUSEADDR the port is taken for a minute");
    for (int i = 0; i < 3; i++) {
        struct server *s = server_start(spec);
        int fd = dial(s);

        ROUND_TRIP(fd, "hi\n");
        process_signal(s->process, SIGTERM);
        EXPECT_EOF(fd);
        leave_behind_time_wait(s, fd);
        server_expect_stopped(s, 1);
    }
}

/* Killed, with a client: its sockets may take their time to go. */
static void restart_after_kill(void)
{
    const char *address = own_address();
    struct server_spec spec = {.bare = true,
                               .args = {"-b", address, "-p", "23458"}};
    struct server *s = server_start(spec);
    int fd = dial(s);

    ROUND_TRIP(fd, "hi\n");
    process_signal_group(s->process, SIGKILL);
    process_wait(s->process);
    EXPECT_CLOSED(fd);
    s = server_start(spec);
    serves_one(s);
    server_stop(s, 1);
}

/* ---- paths of Unix sockets ---- */

static struct server *at_path(const char *unix_address)
{
    return server_start(
        (struct server_spec){.bare = true, .args = {"-b", unix_address}});
}

static const char *unix_address(const char *name)
{
    static char address[160];

    snprintf(address, sizeof(address), "unix:%s", harness_path(name));
    return address;
}

static void stale_path(void)
{
    const char *address = unix_address("stale");
    struct server *s = at_path(address);

    serves_one(s);
    process_signal_group(s->process, SIGKILL);
    process_wait(s->process);
    CHECK(access(harness_path("stale"), F_OK) == 0);
    s = at_path(address);
    serves_one(s);
    server_stop(s, 1);
}

static void other_file_at_path(void)
{
    const char *path = harness_path("precious");
    struct process_spec spec = {.path = server_path,
                                .args = {"-b", unix_address("precious")}};
    char content[32];
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    CHECK(fd != -1 && write(fd, "precious", 8) == 8);
    expect_failed_start(process_start(spec), "EADDRINUSE");
    CHECK(stat(path, &st) == 0 && S_ISREG(st.st_mode));
    CHECK_EQ(pread(fd, content, sizeof(content), 0), 8);
    CHECK_BYTES(content, 8, "precious", 8);
    close(fd);
}

static void directory_at_path(void)
{
    const char *path = harness_path("directory");
    struct process_spec spec = {.path = server_path,
                                .args = {"-b", unix_address("directory")}};
    struct stat st;

    CHECK(mkdir(path, 0700) == 0);
    expect_failed_start(process_start(spec), "EADDRINUSE");
    CHECK(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
    rmdir(path);
}

static void impossible_paths(void)
{
    char path[256] = "unix:/tmp/";

    memset(path + 10, 'x', 150);
    expect_failed_start(process_start((struct process_spec){
                            .path = server_path, .args = {"-b", path}}),
                        "ENAMETOOLONG");
    expect_failed_start(
        process_start((struct process_spec){
            .path = server_path, .args = {"-b", unix_address("no/such/dir")}}),
        "ENOENT");
}

/* Another server has taken our place in the file system: when we stop, its
 * socket file must stay. */
static void replaced_socket(void)
{
    const char *address = unix_address("contested");
    const char *path = harness_path("contested");
    struct server *first = at_path(address), *second;

    CHECK(unlink(path) == 0);
    second = at_path(address);
    process_signal(first->process, SIGTERM);
    EXPECT_EXIT(first->process, 0);
    CHECK(access(path, F_OK) == 0);
    serves_one(second);
    server_stop(second, 1);
}

/* ---- what a start leaves open ---- */

/* The descriptor's flags stand in octal in fdinfo; 02000000 is O_CLOEXEC. */
static bool closes_on_exec(pid_t pid, long fd)
{
    char path[64], line[128];
    unsigned int flags = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%ld/fdinfo/%ld", (long)pid, fd);
    f = fopen(path, "re");
    if (f == NULL)
        return true; /* closed meanwhile */
    while (fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "flags: %o", &flags) == 1)
            break;
    fclose(f);
    return (flags & 02000000) != 0;
}

static bool is_socket(pid_t pid, long fd, char *target, size_t size)
{
    char path[64];
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%ld/fd/%ld", (long)pid, fd);
    n = readlink(path, target, size - 1);
    target[n > 0 ? n : 0] = '\0';
    return strncmp(target, "socket:", 7) == 0;
}

/* A wrapper has descriptors of its own, so there only sockets count. */
static int inspect_descriptors(pid_t pid)
{
    DIR *d = proc_folder(pid, "fd");
    char target[256];
    int sockets = 0;
    long fd;

    CHECK(d != NULL);
    while (proc_next(d, &fd)) {
        bool socket = is_socket(pid, fd, target, sizeof(target));

        if (fd <= 2)
            continue;
        sockets += socket;
        if ((socket || !is_instrumented()) && !closes_on_exec(pid, fd))
            CHECK_FAIL(
                "descriptor %ld (%s) of process %ld stays open across exec", fd,
                target, (long)pid);
    }
    return sockets;
}

static void close_on_exec(void)
{
    struct server *s = plain();
    int fd = dial(s), sockets = 0;
    pid_t pids[8];
    int count;

    ROUND_TRIP(fd, "hi\n");
    count = server_members(s, pids, 8);
    for (int i = 0; i < count; i++)
        sockets += inspect_descriptors(pids[i]);
    check_step("%d processes with %d sockets", count, sockets);
    CHECK(sockets >= 2);
    leave(fd);
    server_stop(s, 1);
}

/* What was printed before a fork must not be in the child's buffer too. */
static void announces_once_into_file(void)
{
    const char *file = harness_path("out");
    struct server *s =
        server_start((struct server_spec){.out_file = file, .log = file});
    char *log;
    int lines = 0;

    for (int i = 0; i < 5; i++)
        serves_one(s);
    server_stop(s, 5);
    log = process_log(s->process);
    for (char *at = log; (at = strstr(at, "listening on")) != NULL; at++)
        lines++;
    CHECK_EQ(lines, 1);
    free(log);
}

static void stdout_full(void)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    const char *address = unix_address("not-announced");
    struct process *p;

    if (full == -1)
        check_skip("no /dev/full");
    p = process_start((struct process_spec){
        .path = server_path, .args = {"-p", "0"}, .out = full});
    hint("who waits for the line would wait for ever");
    EXPECT_EXIT(p, 1);
    p = process_start((struct process_spec){
        .path = server_path, .args = {"-b", address}, .out = full});
    EXPECT_EXIT(p, 1);
    hint("a start that fails leaves no socket file behind");
    CHECK(access(harness_path("not-announced"), F_OK) != 0);
    close(full);
}

/* With all low numbers taken the server's own descriptors lie beyond what a
 * set holds, where FD_SET writes into somebody else's memory (select(2)). The
 * harness would close what is inherited, so the server is started by hand; a
 * server that runs is ended by the alarm it inherits. */
static void descriptors_beyond_sets(void)
{
    int log[2], status;
    char said[512];
    ssize_t n;
    pid_t pid;

    need_descriptors(FD_SETSIZE + 100);
    if (is_instrumented())
        check_skip("a sanitizer or wrapper needs descriptors of its own");
    CHECK(pipe(log) == 0);
    pid = child_fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDONLY);

        dup2(log[1], STDERR_FILENO);
        while (null != -1 && null < FD_SETSIZE)
            null = dup(null);
        alarm(10);
        execl(server_path, server_path, "-p", "0", (char *)NULL);
        _exit(127);
    }
    close(log[1]);
    n = read(log[0], said, sizeof(said) - 1);
    status = child_wait(pid);
    said[n > 0 ? n : 0] = '\0';
    hint("what does not fit into a set must not get into one");
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    CHECK(strstr(said, "EMFILE") != NULL);
}

const struct check_case start_cases[] = {
    CASE(announces, "start", 30, 0, ALL_TRANSPORTS),
    CASE(port_asked_for, "start"),
    CASE(host_name, "start"),
    CASE(loopback_only, "start"),
    CASE(address_in_use, "start", 30, 0, ALL_TRANSPORTS),
    CASE(address_not_ours, "start"),
    CASE(restart_at_once, "start", 30, TRAIT_BYTES),
    CASE(restart_after_cut_off, "start"),
    CASE(restart_after_kill, "start"),
    CASE(stale_path, "start"),
    CASE(other_file_at_path, "start"),
    CASE(directory_at_path, "start"),
    CASE(impossible_paths, "start"),
    CASE(replaced_socket, "start"),
    CASE(close_on_exec, "start", 30, 0, ALL_TRANSPORTS),
    CASE(announces_once_into_file, "start", 30, 0, ALL_TRANSPORTS),
    CASE(descriptors_beyond_sets, "start", 30, TRAIT_SELECT),
    CASE(stdout_full, "start"),
    {0},
};
