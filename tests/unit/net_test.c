/*
 * tests/unit/net_test.c - what is the same for every stage: sockets set up,
 * errors sorted, all bytes written, the log.
 */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocking.h"
#include "clock.h"
#include "input.h"
#include "log.h"
#include "programs.h"
#include "resources.h"
#include "roster.h"
#include "signals.h"

/* ---- files and descriptors ---- */

/* "unix:" and a path in a directory of this case's own. */
static const char *in_dir(const char *name)
{
    static char address[4][128];
    static int next;
    char *text = address[next++ % 4];

    snprintf(text, sizeof(address[0]), "unix:%s", harness_path(name));
    return text;
}

static const char *path_of(const char *address)
{
    return address + strlen("unix:");
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static int flag_of(int fd, int level, int option)
{
    socklen_t len = sizeof(int);
    int value = -1;

    CHECK(getsockopt(fd, level, option, &value, &len) == 0);
    return value;
}

static bool is_close_on_exec(int fd)
{
    return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

static bool is_nonblocking(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

static const char *port_of(int fd)
{
    static char port[8];
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof(a);
    in_port_t number;

    CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    number = a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
                                     : ((struct sockaddr_in *)&a)->sin_port;
    snprintf(port, sizeof(port), "%u", (unsigned)ntohs(number));
    return port;
}

static void expect_failure(int result, int error)
{
    int got = errno;

    CHECK_EQ(result, -1);
    if (got != error)
        CHECK_FAIL("expected %s, got %s", errno_symbol(error),
                   errno_symbol(got));
}

/* ---- accept's errors ---- */

static void every_error_of_accept(void)
{
    static const struct {
        int error;
        enum accept_verdict verdict;
    } table[] = {
        {EAGAIN, ACCEPT_NOBODY},      {EWOULDBLOCK, ACCEPT_NOBODY},
        {EINTR, ACCEPT_RETRY},        {ECONNABORTED, ACCEPT_RETRY},
        {ECONNRESET, ACCEPT_RETRY},   {EPROTO, ACCEPT_RETRY},
        {EPERM, ACCEPT_RETRY},        {ENETDOWN, ACCEPT_RETRY},
        {ENETUNREACH, ACCEPT_RETRY},  {EHOSTDOWN, ACCEPT_RETRY},
        {EHOSTUNREACH, ACCEPT_RETRY}, {ENOPROTOOPT, ACCEPT_RETRY},
        {ETIMEDOUT, ACCEPT_RETRY},    {EMFILE, ACCEPT_PAUSE},
        {ENFILE, ACCEPT_PAUSE},       {ENOBUFS, ACCEPT_PAUSE},
        {ENOMEM, ACCEPT_PAUSE},       {EIO, ACCEPT_PAUSE},
        {ENOSPC, ACCEPT_PAUSE},       {0, ACCEPT_PAUSE},
        {EBADF, ACCEPT_BROKEN},       {EINVAL, ACCEPT_BROKEN},
        {ENOTSOCK, ACCEPT_BROKEN},    {EFAULT, ACCEPT_BROKEN},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        check_step("accept fails with %s", errno_symbol(table[i].error));
        errno = table[i].error;
        CHECK_EQ(accept_verdict(-1), table[i].verdict);
        CHECK_EQ(errno, table[i].error);
        CHECK_EQ(accept_verdict(0), ACCEPT_CLIENT);
        CHECK_EQ(accept_verdict(7), ACCEPT_CLIENT);
    }
}

/* ---- listening and connecting on TCP ---- */

static void expect_talk_over(int listen_fd, const char *host, const char *port)
{
    char text[ADDRESS_LEN];
    int client = connect_to(host, port);
    int fd = accept(listen_fd, NULL, NULL);
    char byte;

    CHECK(client != -1 && fd != -1);
    CHECK(is_close_on_exec(client) && !is_nonblocking(client));
    CHECK(write_all(client, "x", 1) == 0 && read(fd, &byte, 1) == 1);
    CHECK(byte == 'x');
    CHECK(peer_address(fd, text) == text);
    check_step("its client is %s", text);
    if (strncmp(host, "unix:", 5) == 0) {
        CHECK(strcmp(text, "unix") == 0);
    } else {
        CHECK(strncmp(text, "127.0.0.1:", 10) == 0 ||
              strncmp(text, "[::1]:", 6) == 0);
        CHECK(flag_of(client, IPPROTO_TCP, TCP_NODELAY) != 0);
        CHECK(flag_of(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
        CHECK(flag_of(fd, SOL_SOCKET, SO_KEEPALIVE) != 0);
    }
    close(client);
    close(fd);
}

static void listen_on_tcp(void)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "::1"};

    for (size_t i = 0; i < CHECK_COUNT(hosts); i++) {
        int fd = listen_on(hosts[i], "0");

        check_step("listen on %s", hosts[i]);
        if (fd == -1 && i > 0)
            continue; /* no IPv6, or a machine without that name */
        CHECK(fd != -1);
        CHECK(is_close_on_exec(fd) && !is_nonblocking(fd));
        CHECK(flag_of(fd, SOL_SOCKET, SO_REUSEADDR) != 0);
        CHECK(flag_of(fd, SOL_SOCKET, SO_REUSEPORT) == 0);
        expect_talk_over(fd, hosts[i], port_of(fd));
        close(fd);
    }
}

static void a_port_in_use(void)
{
    int fd = listen_on("127.0.0.1", "0");

    expect_failure(listen_on("127.0.0.1", port_of(fd)), EADDRINUSE);
    close(fd);
}

/* The server has closed first: its connection is in TIME_WAIT, and the port is
 * free all the same. */
static void a_port_in_time_wait(void)
{
    int listen_fd = listen_on("127.0.0.1", "0");
    char port[8], byte;
    int client, fd;

    strcpy(port, port_of(listen_fd));
    client = connect_to("127.0.0.1", port);
    fd = accept(listen_fd, NULL, NULL);
    CHECK(client != -1 && fd != -1);
    close(fd);
    close(listen_fd);
    CHECK(read(client, &byte, 1) == 0);
    close(client);
    CHECK(listen_on("127.0.0.1", port) != -1);
}

static void addresses_that_cannot_be_had(void)
{
    char port[8];
    int fd = listen_on("127.0.0.1", "0");

    strcpy(port, port_of(fd));
    close(fd);
    expect_failure(connect_to("127.0.0.1", port), ECONNREFUSED);
    expect_failure(listen_on("no such host", "0"), EADDRNOTAVAIL);
    expect_failure(connect_to("no such host", "1"), EADDRNOTAVAIL);
    /* TEST-NET-1 of RFC 5737 is nobody's address */
    expect_failure(listen_on("192.0.2.1", "0"), EADDRNOTAVAIL);
}

/* ---- Unix sockets ---- */

static void listen_on_a_path(void)
{
    const char *address = in_dir("s");
    int fd = listen_on(address, "9001");

    CHECK(fd != -1 && is_close_on_exec(fd));
    expect_talk_over(fd, address, "9001");
    CHECK(exists(path_of(address)));
    errno = ENOTTY;
    remove_socket();
    CHECK_EQ(errno, ENOTTY);
    CHECK(!exists(path_of(address)));
    remove_socket();
}

/* Its server has died without removing it. */
static void a_stale_path_is_taken_over(void)
{
    const char *address = in_dir("s");
    int fd = listen_on(address, "0");

    close(fd);
    expect_failure(connect_to(address, "0"), ECONNREFUSED);
    fd = listen_on(address, "0");
    CHECK(fd != -1);
    expect_talk_over(fd, address, "0");
}

/* Even when its backlog is full: then it does not refuse, it makes wait. */
static void a_live_path_is_not(void)
{
    const char *address = in_dir("s");
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(un.sun_path, path_of(address));
    CHECK(bind(fd, (struct sockaddr *)&un, sizeof(un)) == 0);
    CHECK(listen(fd, 0) == 0);
    for (int i = 0; i < 3; i++) /* each look at it fills a place */
        expect_failure(listen_on(address, "0"), EADDRINUSE);
    expect_failure(listen_on(address, "0"), EADDRINUSE);
    CHECK(exists(path_of(address)));
}

static void a_path_that_is_no_socket(void)
{
    const char *address = in_dir("file");
    FILE *f = fopen(path_of(address), "w");
    char text[8] = "";

    CHECK(f != NULL && fputs("mine", f) >= 0 && fclose(f) == 0);
    expect_failure(listen_on(address, "0"), EADDRINUSE);
    f = fopen(path_of(address), "r");
    CHECK(f != NULL && fgets(text, sizeof(text), f) != NULL);
    CHECK(strcmp(text, "mine") == 0);
    fclose(f);
    CHECK(symlink(path_of(address), path_of(in_dir("link"))) == 0);
    expect_failure(listen_on(in_dir("link"), "0"), EADDRINUSE);
    CHECK(mkdir(path_of(in_dir("folder")), 0700) == 0);
    expect_failure(listen_on(in_dir("folder"), "0"), EADDRINUSE);
    expect_failure(listen_on(in_dir("missing/s"), "0"), ENOENT);
}

/* sun_path has 108 bytes with its NUL: 107 fit, 108 do not (unix(7)). */
static void how_long_a_path_may_be(void)
{
    char address[200] = "unix:";
    size_t room = sizeof(((struct sockaddr_un *)0)->sun_path);
    size_t start;
    int fd;

    strcpy(address, in_dir(""));
    start = strlen(address);
    memset(address + start, 'x', 5 + room - start);
    expect_failure(listen_on(address, "0"), ENAMETOOLONG);
    expect_failure(connect_to(address, "0"), ENAMETOOLONG);
    address[5 + room - 1] = '\0';
    fd = listen_on(address, "0");
    CHECK(fd != -1);
    expect_talk_over(fd, address, "0");
    expect_failure(listen_on("unix:", "0"), ENOENT);
    expect_failure(connect_to("unix:", "0"), ENOENT);
    expect_failure(connect_to(in_dir("missing"), "0"), ENOENT);
}

/* The path may be another server's by now. */
static void only_our_socket_is_removed(void)
{
    const char *address = in_dir("s");
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int other = socket(AF_UNIX, SOCK_STREAM, 0);
    int fd = listen_on(address, "0");

    CHECK(fd != -1);
    CHECK(rename(path_of(address), path_of(in_dir("away"))) == 0);
    strcpy(un.sun_path, path_of(address));
    CHECK(bind(other, (struct sockaddr *)&un, sizeof(un)) == 0);
    remove_socket();
    CHECK(exists(path_of(address)));
}

/* ---- the line that says: clients may come ---- */

static int listener;

/* _exit: what is not flushed is lost. */
static void announce_and_go(void)
{
    _exit(announce(listener) == 0 ? 3 : 4);
}

static void announce_to_nowhere(void)
{
    dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
    announce_and_go();
}

static void expect_announced(const char *start, const char *end)
{
    struct run r = run_function(announce_and_go);
    char want[256];

    snprintf(want, sizeof(want), "listening on %s%s\n", start, end);
    CHECK_EQ(WEXITSTATUS(r.status), 3);
    CHECK_BYTES(r.out, r.out_len, want, strlen(want));
    run_free(&r);
    r = run_function(announce_to_nowhere);
    CHECK_EQ(WEXITSTATUS(r.status), 4);
    run_free(&r);
}

static void announced_addresses(void)
{
    listener = listen_on("127.0.0.1", "0");
    expect_announced("127.0.0.1:", port_of(listener));
    listener = listen_on("::1", "0");
    if (listener != -1)
        expect_announced("[::1]:", port_of(listener));
    listener = listen_on(in_dir("s"), "0");
    expect_announced(in_dir("s"), "");
}

/* ---- sockets of clients ---- */

static void pair(int fds[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
}

static void expect_limit(int fd, int option, int seconds)
{
    struct timeval limit = {-1, -1};
    socklen_t len = sizeof(limit);

    CHECK(getsockopt(fd, SOL_SOCKET, option, &limit, &len) == 0);
    CHECK_EQ(limit.tv_sec, seconds);
    CHECK_EQ(limit.tv_usec, 0);
}

static void a_blocking_client(void)
{
    int fds[2];

    pair(fds);
    CHECK(set_blocking_client(fds[0], 7) == 0);
    CHECK(is_close_on_exec(fds[0]) && !is_nonblocking(fds[0]));
    expect_limit(fds[0], SO_RCVTIMEO, 7);
    expect_limit(fds[0], SO_SNDTIMEO, 7);
    CHECK(set_blocking_client(fds[0], 0) == 0);
    expect_limit(fds[0], SO_RCVTIMEO, 0);
    close(fds[0]);
    expect_failure(set_blocking_client(fds[0], 7), EBADF);
}

static void a_nonblocking_client(void)
{
    int fds[2];
    char byte;

    pair(fds);
    CHECK(set_nonblocking(fds[0]) == 0);
    CHECK(is_close_on_exec(fds[0]) && is_nonblocking(fds[0]));
    CHECK(!is_nonblocking(fds[1]));
    expect_failure((int)read(fds[0], &byte, 1), EAGAIN);
    close(fds[0]);
    expect_failure(set_nonblocking(fds[0]), EBADF);
}

static void a_peer_that_is_gone(void)
{
    char text[ADDRESS_LEN];

    CHECK(strcmp(peer_address(-1, text), "?") == 0);
    CHECK(strcmp(peer_address(listen_on("127.0.0.1", "0"), text), "?") == 0);
}

/* ---- send_all, write_all, and what a client keeps account of ---- */

enum { MUCH = 4 * 1024 * 1024 };

static volatile sig_atomic_t alarms;

static void on_alarm(int signal_number)
{
    (void)signal_number;
    alarms++;
}

/* Interrupts all calls that wait, every millisecond. */
static void interrupt_often(void)
{
    struct itimerval often = {{0, 1000}, {0, 1000}};
    struct sigaction action = {.sa_handler = on_alarm};

    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
}

/* Reads so slowly that the writer waits, and is interrupted before anything
 * is taken as well as after a part of it. It compares, exits 0 if all came. */
static pid_t start_reader(int fds[2])
{
    pid_t pid = child_fork();

    CHECK(pid != -1);
    if (pid == 0) {
        unsigned at = 0;
        char chunk[50000];
        ssize_t n;

        close(fds[1]);
        while ((n = read(fds[0], chunk, sizeof(chunk))) > 0) {
            for (ssize_t i = 0; i < n; i++, at++)
                if (chunk[i] != (char)(at * 2654435761u >> 24))
                    _exit(1);
            nap_ms(3);
        }
        _exit(n == 0 && at == MUCH ? 0 : 2);
    }
    close(fds[0]);
    return pid;
}

static char *much(void)
{
    char *bytes = malloc(MUCH);

    CHECK(bytes != NULL);
    for (unsigned i = 0; i < MUCH; i++)
        bytes[i] = (char)(i * 2654435761u >> 24);
    return bytes;
}

static struct farewell farewell;

static int send_and_watch(int fd, const char *bytes, size_t len)
{
    return send_watched(fd, &farewell, bytes, len) == 0 ? 0 : -1;
}

/* Signals make writes stop short of their end, or fail with EINTR. */
static void expect_all_to_go(int fds[2],
                             int (*put)(int fd, const char *bytes, size_t len))
{
    pid_t reader = start_reader(fds);
    char *bytes = much();

    interrupt_often();
    CHECK(put(fds[1], bytes, MUCH) == 0);
    close(fds[1]);
    CHECK_EQ(child_wait(reader), 0);
    CHECK(alarms > 3);
    free(bytes);
}

static void all_is_written(void)
{
    int fds[2];

    CHECK(pipe(fds) == 0);
    expect_all_to_go(fds, write_all);
}

static void all_is_sent(void)
{
    int fds[2];

    pair(fds);
    expect_all_to_go(fds, send_all);
}

static void all_is_sent_and_watched(void)
{
    int fds[2];

    pair(fds);
    expect_all_to_go(fds, send_and_watch);
    CHECK(!farewell.said);
}

static void expect_nobody(int (*put)(int fd, const char *bytes, size_t len))
{
    int fds[2];

    signal(SIGPIPE, SIG_IGN);
    pair(fds);
    CHECK(put(fds[0], "", 0) == 0);
    CHECK(put(-1, "", 0) == 0);
    close(fds[1]);
    expect_failure(put(fds[0], "x", 1), EPIPE);
    expect_failure(put(-1, "x", 1), EBADF);
}

static void nothing_is_sent_to_nobody(void)
{
    int fds[2];

    expect_nobody(send_all);
    CHECK(pipe(fds) == 0);
    expect_failure(send_all(fds[1], "x", 1), ENOTSOCK);
}

static void nothing_is_written_to_nobody(void)
{
    expect_nobody(write_all);
    expect_failure(write_all(open("/dev/full", O_WRONLY), "x", 1), ENOSPC);
}

/* What write_all() does, and send_all() with its flags of 0. */
static void sending_to_nobody_is_sigpipe(void)
{
    int fds[2], status;
    pid_t pid;

    pair(fds);
    close(fds[1]);
    pid = child_fork();
    CHECK(pid != -1);
    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        (void)send_all(fds[0], "x", 1);
        _exit(0);
    }
    status = child_wait(pid);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGPIPE);
}

/* A farewell counts only as far as it went out. */
static void only_what_was_taken_is_watched(void)
{
    char *bytes = calloc(1, MUCH);
    size_t left;
    int fds[2];

    CHECK(bytes != NULL);
    signal(SIGPIPE, SIG_IGN);
    pair(fds);
    CHECK(set_nonblocking(fds[0]) == 0);
    memcpy(bytes + MUCH - 5, "\nbye\n", 5);
    left = send_watched(fds[0], &farewell, bytes, MUCH);
    CHECK_EQ(errno, EAGAIN);
    CHECK(left >= 5 && left < MUCH);
    CHECK(!farewell.said);
    memcpy(bytes, "\nbye\n", 5);
    close(fds[1]);
    CHECK_EQ(send_watched(fds[0], &farewell, bytes, MUCH), MUCH);
    CHECK_EQ(errno, EPIPE);
    CHECK(!farewell.said);
    pair(fds);
    CHECK(set_nonblocking(fds[0]) == 0);
    CHECK(send_watched(fds[0], &farewell, bytes, MUCH) > 0);
    CHECK(farewell.said);
    free(bytes);
}

static void farewells_are_the_service_s(void)
{
    static const struct {
        const char *pieces[4];
        bool said;
    } table[] = {
        {{"bye\n"}, true},
        {{"b", "y", "e", "\n"}, true},
        {{"hi\nquit\r", "\n"}, true},
        {{"exit\nmore", "more"}, true},
        {{"bye"}, false},
        {{"xbye\n", "bye"}, false},
        {{"bye \n"}, false},
        {{""}, false},
        {{"bye\n", "hi\n"}, true},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct farewell f = {0};

        for (int p = 0; p < 4 && table[i].pieces[p] != NULL; p++)
            watch_farewell(&f, table[i].pieces[p], strlen(table[i].pieces[p]));
        check_step("row %zu", i);
        CHECK_EQ(f.said, table[i].said);
    }
}

/* ---- when the server closes first: the client's exit status ---- */

enum on_stdin { IDLE, HAS_MORE, HAS_ENDED, IS_FILE, IS_READ };

static enum on_stdin on_stdin;
static const char *sent;
static size_t unsent;

static void closed_part(void)
{
    int fds[2];

    CHECK(pipe(fds) == 0);
    if (on_stdin == HAS_MORE)
        CHECK(write(fds[1], "more", 4) == 4);
    if (on_stdin == HAS_ENDED)
        close(fds[1]);
    if (on_stdin == IS_FILE || on_stdin == IS_READ) {
        FILE *f = tmpfile();

        CHECK(f != NULL && fputs("more", f) >= 0 && fflush(f) == 0);
        fds[0] = fileno(f);
        lseek(fds[0], 0, on_stdin == IS_READ ? SEEK_END : SEEK_SET);
    }
    dup2(fds[0], STDIN_FILENO);
    log_setup("client", LOG_NORMAL);
    watch_farewell(&farewell, sent, strlen(sent));
    _exit(server_closed(&farewell, unsent));
}

static void what_is_left_decides(void)
{
    static const struct {
        enum on_stdin on_stdin;
        size_t unsent;
        const char *sent;
        int status;
        bool said;
    } table[] = {
        {IDLE, 0, "hi\n", 0, true},        {IDLE, 1, "hi\n", 1, true},
        {HAS_MORE, 0, "hi\n", 1, true},    {HAS_MORE, 1, "hi\n", 1, true},
        {HAS_ENDED, 0, "hi\n", 0, false},  {HAS_ENDED, 1, "hi\n", 1, true},
        {IS_FILE, 0, "hi\n", 1, true},     {IS_READ, 0, "hi\n", 0, false},
        {IDLE, 0, "bye\n", 0, true},       {IDLE, 1, "bye\n", 0, true},
        {HAS_MORE, 0, "bye\n", 0, true},   {IS_FILE, 9, "quit\n", 0, true},
        {HAS_ENDED, 0, "bye\n", 0, false}, {HAS_MORE, 0, "bye", 1, true},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct run r;

        check_step("row %zu", i);
        on_stdin = table[i].on_stdin;
        unsent = table[i].unsent;
        sent = table[i].sent;
        r = run_function(closed_part);
        CHECK_EQ(WEXITSTATUS(r.status), table[i].status);
        CHECK_EQ(strstr(r.err, "]: server closed the connection\n") != NULL,
                 table[i].said);
        CHECK_EQ(r.err_len > 0, table[i].said);
        run_free(&r);
    }
}

/* ---- hanging up ---- */

/* The client still talks: closing at once would reset the connection and
 * could destroy the reply. It reads what was said to the end. */
static void the_last_reply_arrives(void)
{
    int listen_fd = listen_on("127.0.0.1", "0"), fd;
    pid_t pid = child_fork();

    if (pid == 0) {
        int client = connect_to("127.0.0.1", port_of(listen_fd));
        char text[16];

        if (write_all(client, "unread, unread", 14) == -1 ||
            read(client, text, sizeof(text)) != 3 ||
            write_all(client, "more of it", 10) == -1 ||
            read(client, text, sizeof(text)) != 0)
            _exit(1);
        _exit(0);
    }
    fd = accept(listen_fd, NULL, NULL);
    CHECK(fd != -1 && write_all(fd, "bye", 3) == 0);
    errno = ENOTTY;
    hang_up(fd);
    CHECK_EQ(errno, ENOTTY);
    close(fd);
    CHECK_EQ(child_wait(pid), 0);
}

/* One who never closes is not waited for for ever; one that is lost, not at
 * all. */
static void who_does_not_hang_up(void)
{
    long long start = clock_ms();
    int fds[2];

    pair(fds);
    hang_up(fds[0]);
    CHECK(clock_ms() - start >= LINGER_S * 1000 - 20);
    pair(fds);
    close(fds[1]);
    hang_up(fds[0]);
    errno = ENOTTY;
    hang_up(-1);
    CHECK_EQ(errno, ENOTTY);
}

/* ---- the wake pipe ---- */

static void a_wake_pipe_never_blocks(void)
{
    int fds[2];
    char byte;

    CHECK(open_wake_pipe(fds) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(is_nonblocking(fds[i]) && is_close_on_exec(fds[i]));
    errno = ENOTTY;
    for (int i = 0; i < 100000; i++)
        wake(fds[1]);
    CHECK_EQ(errno, ENOTTY);
    empty_pipe(fds[0]);
    expect_failure((int)read(fds[0], &byte, 1), EAGAIN);
    wake(fds[1]);
    empty_pipe(fds[0]);
    expect_failure((int)read(fds[0], &byte, 1), EAGAIN);
}

/* A server that waits to write its log, which nobody reads, must hear a stop.
 */
static void a_stop_ends_a_write(void)
{
    int stop_fd, fds[2];
    char byte;

    hold_signals();
    stop_fd = open_stop_pipe(60);
    CHECK(stop_fd != -1);
    CHECK(pipe(fds) == 0);
    CHECK(fcntl(fds[1], F_SETFL, O_NONBLOCK) == 0);
    while (write(fds[1], "", 1) == 1)
        continue;
    CHECK(fcntl(fds[1], F_SETFL, 0) == 0);
    release_signals();
    CHECK_EQ(stop_level(), 0);
    alarm(1);
    expect_failure((int)write(fds[1], "", 1), EINTR);
    CHECK_EQ(stop_level(), 1);
    CHECK(read(stop_fd, &byte, 1) == 1);
}

/* An event loop's accept must not wait for a client that has left. */
static void a_listener_that_never_waits(void)
{
    int fd = listen_nonblocking("127.0.0.1", "0");

    CHECK(fd != -1 && is_nonblocking(fd) && is_close_on_exec(fd));
    expect_failure(accept(fd, NULL, NULL), EAGAIN);
    CHECK(listen_nonblocking("192.0.2.1", "0") == -1);
}

static void no_descriptor_for_a_wake_pipe(void)
{
    struct rlimit limit, before;
    int fds[2], next = dup(0);

    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    limit = before;
    limit.rlim_cur = (rlim_t)next + 1;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    expect_failure(open_wake_pipe(fds), EMFILE);
    close(next);
    expect_failure(open_wake_pipe(fds), EMFILE);
    CHECK_EQ(dup(0), next);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

/* ---- limits, copies, rosters, time ---- */

static void descriptor_limits(void)
{
    struct rlimit limit = {50, 200};

    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    errno = ENOTTY;
    CHECK_EQ(set_descriptor_limit(100), 100);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 100);
    CHECK_EQ(set_descriptor_limit(30), 30);
    CHECK_EQ(set_descriptor_limit(0), 200);
    CHECK_EQ(set_descriptor_limit(1000), 200);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 200);
    CHECK_EQ(errno, ENOTTY);
    for (int fd = 3; fd < 60; fd++)
        close(fd);
    errno = ENOTTY;
    CHECK_EQ(descriptors_left(20), 17);
    CHECK(dup(0) == 3);
    CHECK_EQ(descriptors_left(20), 16);
    CHECK_EQ(descriptors_left(3), 1);
    CHECK_EQ(errno, ENOTTY);
}

static void a_copy_is_a_copy(void)
{
    char bytes[] = "a\0b";
    char *copy = copy_of(bytes, 3);

    CHECK(copy != NULL && copy != bytes);
    bytes[0] = 'x';
    CHECK_BYTES(copy, 3, "a\0b", 3);
    free(copy);
}

static void a_roster_is_a_set(void)
{
    struct roster r;

    CHECK(roster_open(&r, 100) == 0);
    for (int i = 0; i < 100; i++)
        roster_add(&r, i * 7);
    for (int i = 0; i < 100; i += 3) {
        roster_remove(&r, i * 7);
        roster_remove(&r, i * 7);
        roster_remove(&r, i * 7 + 1);
    }
    CHECK_EQ(r.count, 66);
    for (int i = 0; i < 100; i++) {
        int found = 0;

        for (int k = 0; k < r.count; k++)
            found += r.members[k] == i * 7;
        CHECK_EQ(found, i % 3 != 0);
    }
    free(r.members);
}

static void deadlines(void)
{
    CHECK_EQ(deadline_ms(1000, 3), 4000);
    CHECK_EQ(deadline_ms(1000, 0), LLONG_MAX);
    CHECK_EQ(deadline_ms(5, INT_MAX), 5 + INT_MAX * 1000LL);
    CHECK(clock_ms() <= clock_ms());
    CHECK(!is_new_second(5000, 5999) && is_new_second(5999, 6000));
    CHECK(is_new_second(5000, 9500) && !is_new_second(7, 7));
}

/* ---- the log ---- */

static void (*said)(void);
static enum log_level said_at;

/* Nothing of it may change errno. */
static void say(void)
{
    log_setup("prog", said_at);
    errno = ENOTTY;
    said();
    CHECK_EQ(errno, ENOTTY);
}

/* What `what` writes, without "prog[123]: " at the start of its lines. */
static const char *logged(void (*what)(void), enum log_level level)
{
    static char plain[65536];
    char *to = plain;
    struct run r;

    said = what;
    said_at = level;
    r = run_function(say);
    CHECK_EQ(WEXITSTATUS(r.status), 0);
    CHECK(r.err_len < sizeof(plain));
    for (char *line = r.err; *line != '\0';) {
        char *end = strchr(line, '\n'), *start = strstr(line, "]: ");

        if (end == NULL)
            CHECK_FAIL("a line without its end: %s", line);
        CHECK(strncmp(line, "prog[", 5) == 0 && start != NULL && start < end);
        start += 3;
        memcpy(to, start, (size_t)(end - start) + 1);
        to += end - start + 1;
        line = end + 1;
    }
    *to = '\0';
    run_free(&r);
    return plain;
}

static void expect_logged(void (*what)(void), enum log_level level,
                          const char *want)
{
    const char *got = logged(what, level);

    CHECK_BYTES(got, strlen(got), want, strlen(want));
}

static void log_three(void)
{
    log_always("always %d", 1);
    log_info("info %s", "two");
    errno = ECONNRESET;
    log_error("error %c", '3');
    errno = ENOTTY;
}

static void log_some_bytes(void)
{
    log_bytes(7, "read", "hello\n", 6);
    log_bytes(7, "read", "\x1b[2J\0\\\r\t\x7f\x80\xff\"'", 13);
    log_bytes(7, "write", "", 0);
}

static void log_many_bytes(void)
{
    char many[256];

    memset(many, '\0', sizeof(many));
    log_bytes(1, "read", many, 64);
    log_bytes(1, "read", many, 65);
}

static void bytes_are_escaped(void)
{
    char want[1024] = "fd 1: read 64 bytes: ";

    expect_logged(log_some_bytes, LOG_VERBOSE,
                  "fd 7: read 6 bytes: hello\\n\n"
                  "fd 7: read 13 bytes: \\x1b[2J\\x00\\\\\\r\\t\\x7f\\x80\\xff"
                  "\"'\n");
    expect_logged(log_some_bytes, LOG_NORMAL, "");
    for (int line = 0; line < 2; line++) {
        for (int i = 0; i < 64; i++)
            strcat(want, "\\x00");
        strcat(want, line == 0 ? "\nfd 1: read 65 bytes: " : "...\n");
    }
    expect_logged(log_many_bytes, LOG_VERBOSE, want);
}

static void log_every_byte(void)
{
    for (int i = 0; i < 256; i++) {
        char byte = (char)i;

        log_bytes(1, "r", &byte, 1);
    }
}

/* Nothing that a client sends reaches the terminal of who reads the log. */
static void no_byte_goes_out_unescaped(void)
{
    const char *text = logged(log_every_byte, LOG_VERBOSE);
    int lines = 0;

    for (; *text != '\0'; text++) {
        CHECK(*text == '\n' || (*text >= ' ' && *text <= '~'));
        lines += *text == '\n';
    }
    CHECK_EQ(lines, 256);
}

static void log_endings(void)
{
    log_closed(7, 0);
    log_closed(7, ECONNRESET);
    log_closed(7, ETIME);
    log_closed(7, EAGAIN);
    log_served(0);
    log_served(1);
    log_served(2);
}

static void log_long_lines(void)
{
    char text[2000];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    for (size_t len = 480; len < 530; len++)
        log_always("%s", text + sizeof(text) - 1 - len);
    log_always("%s", text);
    errno = ECONNRESET;
    log_error("%s", text);
    errno = ENOTTY;
}

/* Cut, but lines all the same. */
static void long_lines_are_cut(void)
{
    const char *line = logged(log_long_lines, LOG_VERBOSE);
    int lines = 0;

    for (; *line != '\0'; lines++) {
        size_t len = strcspn(line, "\n");

        CHECK(len >= 480 && len < 512);
        CHECK(strspn(line, "x") == len);
        line += len + 1;
    }
    CHECK_EQ(lines, 52);
}

static void log_shortages(void)
{
    for (int i = 0; i < 1000; i++)
        note_shortage("accept", EMFILE);
    CHECK(is_short());
    CHECK_EQ(longest_wait_ms(true), 100);
    CHECK_EQ(longest_wait_ms(false), 100);
    end_shortage();
    CHECK(!is_short());
    CHECK_EQ(longest_wait_ms(true), 1000);
    CHECK_EQ(longest_wait_ms(false), -1);
    errno = ENOTTY;
}

static void log_to_nowhere(void)
{
    dup2(open("/dev/full", O_WRONLY), STDERR_FILENO);
    errno = ENOTTY;
    log_three();
    log_endings();
    CHECK_EQ(errno, ENOTTY);
}

/* What is said at a level, by the case's name. */
static void case_logged(void)
{
#define SERVED "served 0 clients\nserved 1 client\nserved 2 clients\n"
#define RESET  "ECONNRESET (Connection reset by peer)\n"
    static const struct {
        const char *name;
        void (*what)(void);
        enum log_level level;
        const char *want;
    } table[] = {
        {"log-levels", log_three, LOG_NORMAL,
         "always 1\ninfo two\nerror 3: " RESET},
        {"log-levels", log_three, LOG_QUIET, "always 1\nerror 3: " RESET},
        {"endings", log_endings, LOG_VERBOSE,
         "fd 7: closed\nfd 7: closed: " RESET "fd 7: closed, its time was up\n"
         "fd 7: closed, its time was up\n" SERVED},
        {"endings", log_endings, LOG_QUIET, SERVED},
        {"a-shortage-is-said-once", log_shortages, LOG_QUIET,
         "accept: clients wait in the backlog: EMFILE (Too many open files)\n"},
        {"a-log-that-cannot-be-written", log_to_nowhere, LOG_VERBOSE, ""},
    };
    int rows = 0;

    for (size_t i = 0; i < CHECK_COUNT(table); i++)
        if (strcmp(table[i].name, case_name) == 0) {
            expect_logged(table[i].what, table[i].level, table[i].want);
            rows++;
        }
    CHECK(rows > 0);
}

static void die_of_something(void)
{
    log_setup("prog", LOG_QUIET);
    errno = EADDRINUSE;
    die("cannot serve on %s", "x");
}

static void dying(void)
{
    struct run r = run_function(die_of_something);

    CHECK_EQ(WEXITSTATUS(r.status), 1);
    CHECK(strstr(r.err, "]: cannot serve on x: EADDRINUSE (Address already in "
                        "use)\n") != NULL);
    run_free(&r);
}

static void log_a_connection(void)
{
    int client = connect_to("127.0.0.1", port_of(listener));
    int fd = accept(listener, NULL, NULL);

    CHECK(client != -1);
    errno = ENOTTY;
    log_connected(fd);
    log_connected(-1);
}

static void connections_are_named(void)
{
    const char *text;

    listener = listen_on("127.0.0.1", "0");
    text = logged(log_a_connection, LOG_NORMAL);
    CHECK(strstr(text, ": connected, 127.0.0.1:") != NULL);
    CHECK(strstr(text, "fd -1: connected, ?\n") != NULL);
    CHECK(strcmp(logged(log_a_connection, LOG_QUIET), "") == 0);
}

#define SYMBOL(name)                                                           \
    {                                                                          \
        name, #name                                                            \
    }

static void symbols(void)
{
    static const struct {
        int error;
        const char *symbol;
    } table[] = {
        SYMBOL(EACCES),       SYMBOL(EADDRINUSE), SYMBOL(EADDRNOTAVAIL),
        SYMBOL(EAGAIN),       SYMBOL(EBADF),      SYMBOL(ECONNABORTED),
        SYMBOL(ECONNREFUSED), SYMBOL(ECONNRESET), SYMBOL(EHOSTUNREACH),
        SYMBOL(EINTR),        SYMBOL(EINVAL),     SYMBOL(EIO),
        SYMBOL(EISDIR),       SYMBOL(EMFILE),     SYMBOL(ENAMETOOLONG),
        SYMBOL(ENETUNREACH),  SYMBOL(ENFILE),     SYMBOL(ENOBUFS),
        SYMBOL(ENOENT),       SYMBOL(ENOMEM),     SYMBOL(ENOSPC),
        SYMBOL(ENOTCONN),     SYMBOL(ENOTSOCK),   SYMBOL(EPERM),
        SYMBOL(EPIPE),        SYMBOL(EPROTO),     SYMBOL(ETIMEDOUT),
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++)
        CHECK(strcmp(errno_symbol(table[i].error), table[i].symbol) == 0);
    CHECK(strcmp(errno_symbol(0), "E?") == 0);
    CHECK(strcmp(errno_symbol(-5), "E?") == 0);
    CHECK(strcmp(errno_symbol(99999), "E?") == 0);
}

const struct check_case check_cases[] = {
    CASE(every_error_of_accept, "unit"),
    CASE(listen_on_tcp, "unit"),
    CASE(a_port_in_use, "unit"),
    CASE(a_port_in_time_wait, "unit"),
    CASE(addresses_that_cannot_be_had, "unit"),
    CASE(listen_on_a_path, "unit"),
    CASE(a_stale_path_is_taken_over, "unit"),
    CASE(a_live_path_is_not, "unit"),
    CASE(a_path_that_is_no_socket, "unit"),
    CASE(how_long_a_path_may_be, "unit"),
    CASE(only_our_socket_is_removed, "unit"),
    CASE(announced_addresses, "unit"),
    CASE(a_blocking_client, "unit"),
    CASE(a_nonblocking_client, "unit"),
    CASE(a_peer_that_is_gone, "unit"),
    CASE(all_is_written, "unit"),
    CASE(all_is_sent, "unit"),
    CASE(nothing_is_sent_to_nobody, "unit"),
    CASE(sending_to_nobody_is_sigpipe, "unit"),
    CASE(nothing_is_written_to_nobody, "unit"),
    CASE(all_is_sent_and_watched, "unit"),
    CASE(only_what_was_taken_is_watched, "unit"),
    CASE(farewells_are_the_service_s, "unit"),
    CASE(what_is_left_decides, "unit"),
    CASE(the_last_reply_arrives, "unit"),
    CASE(who_does_not_hang_up, "unit"),
    CASE(a_wake_pipe_never_blocks, "unit"),
    CASE(a_stop_ends_a_write, "unit"),
    CASE(a_listener_that_never_waits, "unit"),
    CASE(no_descriptor_for_a_wake_pipe, "unit"),
    CASE(descriptor_limits, "unit"),
    CASE(a_copy_is_a_copy, "unit"),
    CASE(a_roster_is_a_set, "unit"),
    CASE(deadlines, "unit"),
    CASE(bytes_are_escaped, "unit"),
    CASE(no_byte_goes_out_unescaped, "unit"),
    CASE(long_lines_are_cut, "unit"),
    EACH("*",
         "log-levels endings a-shortage-is-said-once "
         "a-log-that-cannot-be-written",
         case_logged, "unit"),
    CASE(dying, "unit"),
    CASE(connections_are_named, "unit"),
    CASE(symbols, "unit"),
    {0},
};
