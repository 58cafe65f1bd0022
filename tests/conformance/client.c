/*
 * tests/conformance/client.c - what the client does: against the server of its
 * own stage, and against a peer that we play ourselves, since no server of
 * ours is rude enough. Stage 01 waits for one thing at a time, so some things
 * it does a line later, and some it cannot do: then the case says so.
 */
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { PEAK_KIB = 16 * 1024 };

static const char closed_message[] = "server closed the connection";

/* A client under test. Its stdout is a socket to us, so that everything which
 * reads a socket reads it. */
struct client {
    struct process *process;
    int out;
    int peer;              /* the other end of its connection, if we play it */
    struct server *server; /* or who is there */
    struct server traced;  /* the client again, for the looks through /proc */
};

static bool waits_for_one_thing(void)
{
    return is_a(TRAIT_ONE_AT_A_TIME);
}

/* ---- starting and ending ---- */

/* ends[0] is ours. Little fits into it: who writes to ends[1] soon waits. */
static void stdio_socket(int ends[2])
{
    struct timeval t = {patience_ms() / 1000, 0};
    int small = 4096;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1 ||
        setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) == -1 ||
        setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == -1)
        CHECK_FAIL("socketpair: %s", strerror(errno));
}

/* `in` and `out` as in struct process_spec. */
static struct process *run_client(const char *host, const char *port, int in,
                                  int out)
{
    return process_start((struct process_spec){
        .path = need_client(), .args = {host, port}, .in = in, .out = out});
}

/* One whose stdin and stdout are other things. */
static struct client start_client_with(const char *host, const char *port,
                                       int in, int out)
{
    struct process *p = run_client(host, port, in, out);

    return (struct client){.process = p,
                           .out = -1,
                           .peer = -1,
                           .traced = {.process = p, .pid = p->pid}};
}

static struct client start_client(const char *host, const char *port, int in)
{
    struct client c;
    int ends[2];

    stdio_socket(ends);
    c = start_client_with(host, port, in, ends[1]);
    c.out = ends[0];
    close(ends[1]);
    return c;
}

/* Splits "127.0.0.1:9", "[::1]:9" or "unix:/x" into the words that a client
 * wants; `port` is NULL for a path. */
static const char *host_of(const struct server *s, const char **port)
{
    static char words[160];
    char *colon;

    *port = NULL;
    strcpy(words, s->address);
    if (strncmp(words, "unix:", 5) == 0)
        return words;
    colon = strrchr(words, ':');
    *port = colon + 1;
    colon[words[0] == '[' ? -1 : 0] = '\0';
    return words[0] == '[' ? words + 1 : words;
}

static struct client call_server(const struct server *s, int in)
{
    const char *port;
    const char *host = host_of(s, &port);

    return start_client(host, port, in);
}

static struct client call_new_server(int in)
{
    struct server *s = server_start((struct server_spec){0});
    struct client c = call_server(s, in);

    c.server = s;
    return c;
}

/* A client whose server we are. */
static struct client call_peer(int in)
{
    int small = 65536;
    char port[8];
    int listen_fd = peer_listen(port);
    struct client c;

    setsockopt(listen_fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    c = start_client("127.0.0.1", port, in);
    c.peer = peer_accept(listen_fd);
    close(listen_fd);
    return c;
}

/* The same over a Unix socket, where a lost peer shows in another way: EPIPE
 * at once. */
static struct client call_unix_peer(int in)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char host[160];
    struct client c;

    strcpy(un.sun_path, harness_path("peer"));
    if (listen_fd == -1 ||
        bind(listen_fd, (struct sockaddr *)&un, sizeof(un)) == -1 ||
        listen(listen_fd, 1) == -1)
        CHECK_FAIL("a Unix socket: %s", strerror(errno));
    snprintf(host, sizeof(host), "unix:%s", un.sun_path);
    c = start_client(host, NULL, in);
    c.peer = peer_accept(listen_fd);
    close(listen_fd);
    return c;
}

/* It has come as far as it can, and waits for something: that it uses no CPU
 * would be true as well of one that waits for a CPU. */
static bool is_stuck(const struct client *c)
{
    pid_t pids[8];
    int count = server_members(&c->traced, pids, 8);

    for (int i = 0; i < count; i++)
        if (!proc_threads_are(pids[i], "SZ"))
            return false;
    return server_cpu_share(&c->traced, 20) == 0;
}

static void wait_until_stuck(const struct client *c)
{
    WAIT_UNTIL(is_stuck(c));
}

static void expect_log(const struct client *c, const char *text)
{
    if (!process_log_has(c->process, text))
        CHECK_FAIL("the client's stderr does not say \"%s\"", text);
}

/* Whatever the exit status: nobody is left of it, and nothing broke. */
static void end_client(struct client *c, int status)
{
    EXPECT_EXIT(c->process, status);
    if (server_living(&c->traced) != 0)
        CHECK_FAIL("a process of the client outlived it");
    if (process_log_has(c->process, "Sanitizer") ||
        process_log_has(c->process, "runtime error:") ||
        process_log_has(c->process, "Assertion "))
        CHECK_FAIL("a report on the client's stderr");
    close(c->out);
}

/* As the end that most have: stdin ended, all was said. */
static void end_quietly(struct client *c)
{
    EXPECT_EOF(c->out);
    end_client(c, 0);
    if (process_log_count(c->process, "client[") > 0)
        CHECK_FAIL("it had nothing to complain of, and did");
}

static void kill_client(const struct client *c)
{
    process_signal_group(c->process, SIGKILL);
    process_wait(c->process);
}

/* ---- its stdin ---- */

static void type_bytes(int fd, const char *bytes, size_t len)
{
    check_step("stdin: %zu bytes", len);
    if (write(fd, bytes, len) != (ssize_t)len)
        CHECK_FAIL("write to its stdin: %s", strerror(errno));
}

static void type(const struct client *c, const char *text)
{
    type_bytes(c->process->in, text, strlen(text));
}

/* Typed, and said back by the server. */
static void type_and_hear(const struct client *c, const char *text)
{
    type(c, text);
    EXPECT_BYTES(c->out, text, strlen(text));
}

/* To a peer that we play: it has heard it; and it has answered. */
static void ask(const struct client *c, const char *question)
{
    type(c, question);
    EXPECT_BYTES(c->peer, question, strlen(question));
}

static void ask_and_answer(const struct client *c)
{
    ask(c, "question\n");
    SEND_TEXT(c->peer, "answer\n");
    EXPECT_TEXT(c->out, "answer\n");
}

/* Its stdin ends, and its server serves nobody else. */
static void finish(struct client *c)
{
    child_close_in(c->process);
    end_quietly(c);
    server_stop(c->server, 1);
}

/* The peer has heard all, and closes after it. */
static void finish_with_peer(struct client *c)
{
    EXPECT_EOF(c->peer);
    leave(c->peer);
    end_quietly(c);
}

/* What the peer did ends the client, and its stderr says why. */
static void expect_end(struct client *c, int status, const char *why)
{
    EXPECT_EOF(c->out);
    end_client(c, status);
    expect_log(c, why);
}

/* Stage 01 notices what its peer did when it has something to send. */
static void let_it_notice(const struct client *c)
{
    if (waits_for_one_thing())
        type(c, "a line later\n");
}

static int new_file(const char *name)
{
    int fd =
        open(harness_path(name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd == -1)
        CHECK_FAIL("open %s: %s", name, strerror(errno));
    return fd;
}

/* A file that begins with `text` and, without taking room on the disk, goes
 * on for longer than any socket would store. */
static int endless_file(const char *name, const char *text)
{
    int fd = new_file(name);

    type_bytes(fd, text, strlen(text));
    if (ftruncate(fd, 1024L * MEGABYTE) == -1)
        CHECK_FAIL("ftruncate: %s", strerror(errno));
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static int patterned_file(const char *name, size_t len)
{
    static char chunk[MEGABYTE];
    int fd = new_file(name);

    check_step("write %zu bytes to a file", len);
    for (size_t done = 0; done < len;) {
        size_t n = len - done < sizeof(chunk) ? len - done : sizeof(chunk);

        fill_pattern(chunk, n, done);
        if (write(fd, chunk, n) != (ssize_t)n)
            check_skip("no room for %zu bytes: %s", len, strerror(errno));
        done += n;
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void expect_patterned_file(int fd, size_t len)
{
    static char want[MEGABYTE], got[MEGABYTE];
    size_t done = 0;
    ssize_t n;

    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, got, sizeof(got))) > 0) {
        fill_pattern(want, (size_t)n, done);
        CHECK_BYTES(got, (size_t)n, want, (size_t)n);
        done += (size_t)n;
    }
    CHECK_EQ(done, len);
}

/* ---- with a server of ours ---- */

static void client_line_back(void)
{
    struct client c = call_new_server(STDIO_PIPE);

    type_and_hear(&c, "one\n");
    type_and_hear(&c, "\n");
    type_and_hear(&c, "two\r\n");
    finish(&c);
}

static void client_last_line(void)
{
    static const char *const said[] = {"one\nlast", "x"};
    struct server *s = server_start((struct server_spec){0});

    for (int i = 0; i < 2; i++) {
        struct client c = call_server(s, STDIO_PIPE);

        type(&c, said[i]);
        child_close_in(c.process);
        EXPECT_BYTES(c.out, said[i], strlen(said[i]));
        end_quietly(&c);
    }
    server_stop(s, 2);
}

/* A line that comes in pieces is a line. */
static void client_line_in_pieces(void)
{
    struct client c = call_new_server(STDIO_PIPE);

    type(&c, "o");
    type(&c, "n");
    type(&c, "e\nt");
    EXPECT_TEXT(c.out, "one\n");
    type(&c, "wo\n");
    EXPECT_TEXT(c.out, "two\n");
    finish(&c);
}

static void client_every_byte(void)
{
    struct client c = call_new_server(STDIO_PIPE);
    char bytes[257];

    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    bytes[256] = '\n';
    type_bytes(c.process->in, bytes, sizeof(bytes));
    EXPECT_BYTES(c.out, bytes, sizeof(bytes));
    finish(&c);
}

static void client_services(void)
{
    static const struct {
        const char *service, *said, *heard;
    } table[] = {
        {"upper", "shout\nlast", "SHOUT\nLAST"},
        {"hello", "anything\n", "hello world\n"},
        {"hello", "", "hello world\n"},
        {"greet", "hello server\n", "glad to meet you!"},
        {"greet", "hello server", "glad to meet you!"},
        {"greet", "too short", ""},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct server *s = server_start(
            (struct server_spec){.args = {"-s", table[i].service}});
        struct client c = call_server(s, STDIO_PIPE);

        type(&c, table[i].said);
        child_close_in(c.process);
        EXPECT_BYTES(c.out, table[i].heard, strlen(table[i].heard));
        EXPECT_EOF(c.out);
        end_client(&c, 0);
        server_stop(s, 1);
        server_forget(s);
        process_forget(c.process);
    }
}

/* stdin stays open: the server's hanging up ends the client. */
static void client_farewell(void)
{
    struct client c = call_new_server(STDIO_PIPE);

    type_and_hear(&c, "hi\n");
    type_and_hear(&c, "bye\n");
    let_it_notice(&c);
    expect_end(&c, 0, closed_message);
    server_stop(c.server, 1);
}

/* What follows a farewell is not answered, and not missed. */
static void client_farewell_in_file(void)
{
    struct client c = call_new_server(endless_file("in", "hi\nquit\r\nmore\n"));

    EXPECT_TEXT(c.out, "hi\nquit\r\n");
    expect_end(&c, 0, closed_message);
    server_stop(c.server, 1);
}

/* Both a file: neither can be waited for in every way a pipe can. */
static void client_files(void)
{
    struct server *s = server_start((struct server_spec){0});
    const char *port, *host = host_of(s, &port);
    struct process_spec spec = {.path = need_client(), .args = {host, port}};
    static const size_t lens[] = {9000, 0};
    char lines[9000];

    for (size_t i = 0; i < sizeof(lines); i++)
        lines[i] = (char)(i % 9 == 8 ? '\n' : 'a' + i % 9);
    for (int i = 0; i < 2; i++) {
        struct run r = run_program(spec, lines, lens[i]);

        CHECK_EQ(r.status, 0);
        CHECK_BYTES(r.out, r.out_len, lines, lens[i]);
        CHECK_EQ(r.err_len, 0);
        run_free(&r);
    }
    server_stop(s, 2);
}

static void client_no_input(void)
{
    struct server *s =
        server_start((struct server_spec){.args = {"-s", "hello"}});
    struct client c = call_server(s, STDIO_NULL);

    EXPECT_TEXT(c.out, "hello world\n");
    end_quietly(&c);
    server_stop(s, 1);
}

/* `client <&-`: the socket must not be taken for stdin, or written to as
 * stdout. */
static void client_closed_descriptors(void)
{
    static const struct {
        const char *script;
        int status;
        const char *out, *err;
    } table[] = {
        {"exec \"$0\" \"$@\" <&-", 0, "", ""},
        {"exec \"$0\" \"$@\" >&-", 1, "", "stdout: EBADF"},
        {"exec \"$0\" \"$@\" 2>&-", 0, "hi\n", ""},
    };
    struct server *s = server_start((struct server_spec){0});
    const char *port, *host = host_of(s, &port);

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct process_spec spec = {
            .path = "/bin/sh",
            .args = {"-c", table[i].script, need_client(), host, port}};
        struct run r = run_program(spec, "hi\n", 3);

        CHECK_EQ(r.status, table[i].status << 8);
        CHECK_BYTES(r.out, r.out_len, table[i].out, strlen(table[i].out));
        CHECK(strstr(r.err, table[i].err) != NULL);
        CHECK((r.err_len > 0) == (table[i].err[0] != '\0'));
        run_free(&r);
    }
    server_stop(s, 3);
}

/* ---- a terminal ---- */

/* Without echo and without \n as \r\n, so that what comes is what was said. */
static int open_terminal(int *slave)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios t;

    if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1 ||
        (*slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1)
        check_skip("no pseudo-terminal: %s", strerror(errno));
    CHECK(tcgetattr(*slave, &t) == 0);
    t.c_lflag &= ~(tcflag_t)ECHO;
    t.c_oflag &= ~(tcflag_t)OPOST;
    CHECK(tcsetattr(*slave, TCSANOW, &t) == 0);
    return master;
}

static void expect_on_terminal(int master, const char *text)
{
    size_t have = 0, len = strlen(text);
    char got[64];

    check_step("expect %zu bytes on the terminal", len);
    while (have < len) {
        struct pollfd p = {master, POLLIN, 0};
        ssize_t n;

        if (poll(&p, 1, patience_ms()) == 0)
            CHECK_FAIL("nothing more came, after %zu bytes", have);
        n = read(master, got + have, len - have);
        CHECK(n > 0);
        have += (size_t)n;
    }
    CHECK_BYTES(got, have, text, len);
}

static bool is_nonblocking(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

/* The terminal's open file description is shared with whoever started the
 * client: were it left non-blocking, they would suffer. Ctrl-D in the middle
 * of a line sends what there is of it; at its start it is the end. */
static void client_terminal(void)
{
    struct server *s = server_start((struct server_spec){0});
    const char *port, *host = host_of(s, &port);
    int slave, master = open_terminal(&slave);
    struct client c = start_client_with(host, port, slave, slave);

    type_bytes(master, "hello\n", 6);
    expect_on_terminal(master, "hello\n");
    CHECK(!is_nonblocking(slave));
    type_bytes(master, "la", 2);
    type_bytes(master, "st\004", 3);
    if (!waits_for_one_thing())
        expect_on_terminal(master, "last");
    CHECK(!is_nonblocking(slave));
    type_bytes(master, "\004", 1);
    if (waits_for_one_thing())
        expect_on_terminal(master, "last");
    end_client(&c, 0);
    CHECK_EQ(process_log_count(c.process, "client["), 0);
    CHECK(!is_nonblocking(slave));
    server_stop(s, 1);
}

/* ---- much ---- */

/* The highest peak of its processes; not what they still share with the test
 * before exec. */
static long client_peak_kib(const struct client *c)
{
    pid_t pids[8];
    int count = server_members(&c->traced, pids, 8);
    long highest = 0;

    for (int i = 0; i < count; i++) {
        long kib = proc_number(pids[i], "status", "VmHWM");

        highest = kib > highest ? kib : highest;
    }
    return highest;
}

static void expect_bounded(long kib)
{
    check_step("its memory at its peak: %ld KiB", kib);
    CHECK(kib > 0);
    if (!is_instrumented() && kib > PEAK_KIB)
        CHECK_FAIL("it took %ld KiB of memory; %d should be plenty", kib,
                   PEAK_KIB);
}

static void client_megabyte(void)
{
    struct client c = call_new_server(patterned_file("in", MEGABYTE));

    expect_pattern(c.out, 0, MEGABYTE);
    end_quietly(&c);
    server_stop(c.server, 1);
}

static void client_100_megabytes(void)
{
    const size_t len = 100 * 1000 * 1000;
    struct server *s = server_start((struct server_spec){0});
    const char *port, *host = host_of(s, &port);
    int in = patterned_file("in", len), out = new_file("out");
    struct client c = start_client_with(host, port, in, out);
    long long until = now_ms() + 5LL * patience_ms();
    long highest = 0;

    while (!process_has_ended(c.process)) {
        long kib = client_peak_kib(&c);

        highest = kib > highest ? kib : highest;
        look_again(__FILE__, __LINE__, "all has come back", until);
    }
    end_client(&c, 0);
    expect_patterned_file(out, len);
    expect_bounded(highest);
    server_stop(s, 1);
}

/* Sends to `fd`, without waiting, all that goes; `c` moves it on. Returns how
 * much went until nothing moved any more. */
static size_t fill_up(const struct client *c, int fd, size_t limit)
{
    size_t total = 0, n;
    bool stuck;

    do {
        stuck = is_stuck(c); /* first: it may be so for having taken all */
        n = send_until_full(fd, total, limit - total);
        total += n;
    } while (total < limit && (n > 0 || !stuck));
    check_step("%zu bytes went", total);
    return total;
}

/* The server does not read: then neither does the client, and who writes to it
 * must wait. Its stdin is a socket here, to be filled without waiting. */
static void client_server_does_not_read(void)
{
    const size_t limit = 200 * MEGABYTE;
    int ends[2];
    struct client c;
    size_t total;

    stdio_socket(ends);
    c = call_peer(ends[1]);
    close(ends[1]);
    total = fill_up(&c, ends[0], limit);
    CHECK(total < limit);
    expect_bounded(client_peak_kib(&c));
    close(ends[0]);
    expect_pattern(c.peer, 0, total);
    finish_with_peer(&c);
}

/* Writes pieces until there is no room for one; returns how much went. */
static size_t write_pieces(int fd, size_t start, size_t size)
{
    char piece[4096];
    size_t total = 0;

    for (;;) {
        fill_pattern(piece, size, start + total);
        if (write(fd, piece, size) == -1)
            break;
        total += size;
    }
    CHECK_EQ(errno, EAGAIN);
    return total;
}

/* Input that comes in pieces, each read by itself (a pipe in packet mode, see
 * pipe(2)): there comes one of which a Unix socket takes nothing at all. */
static void client_piece_not_taken(void)
{
    enum { PIECE = 1000 };
    const size_t limit = 200 * MEGABYTE;
    size_t total = 0, n;
    struct client c;
    int ends[2];
    bool stuck;

    if (pipe2(ends, O_CLOEXEC | O_DIRECT) == -1)
        check_skip("no pipes in packet mode: %s", strerror(errno));
    c = call_unix_peer(ends[0]);
    close(ends[0]);
    CHECK(fcntl(ends[1], F_SETFL, O_DIRECT | O_NONBLOCK) == 0);
    do {
        stuck = is_stuck(&c);
        n = write_pieces(ends[1], total, PIECE);
        total += n;
    } while (total < limit && (n > 0 || !stuck));
    check_step("%zu bytes went", total);
    CHECK(total < limit);
    close(ends[1]);
    expect_pattern(c.peer, 0, total);
    finish_with_peer(&c);
}

/* Nobody reads the client's stdout: then it does not read from the server. */
static void client_stdout_not_read(void)
{
    const size_t limit = 200 * MEGABYTE;
    struct client c = call_peer(STDIO_PIPE);
    size_t total = fill_up(&c, c.peer, limit);

    CHECK(total < limit);
    expect_bounded(client_peak_kib(&c));
    child_close_in(c.process);
    leave(c.peer);
    expect_pattern(c.out, 0, total);
    end_quietly(&c);
}

/* ---- a peer that is slow, or talks out of turn ---- */

static void client_peer_talks_first(void)
{
    struct client c = call_peer(STDIO_PIPE);

    SEND_TEXT(c.peer, "welcome\n");
    if (!waits_for_one_thing())
        EXPECT_TEXT(c.out, "welcome\n");
    ask(&c, "question\n");
    if (waits_for_one_thing())
        EXPECT_TEXT(c.out, "welcome\n");
    SEND_TEXT(c.peer, "answer\n");
    child_close_in(c.process);
    EXPECT_TEXT(c.out, "answer\n");
    finish_with_peer(&c);
}

/* Each byte is printed before the next one comes. */
static void client_peer_trickles(void)
{
    static const char answer[] = "an\0swer\n";
    struct client c = call_peer(STDIO_PIPE);

    ask(&c, "question\n");
    for (size_t i = 0; i < sizeof(answer) - 1; i++) {
        SEND_BYTES(c.peer, &answer[i], 1);
        EXPECT_BYTES(c.out, &answer[i], 1);
    }
    type(&c, "another\n");
    EXPECT_TEXT(c.peer, "another\n");
    SEND_TEXT(c.peer, "well\n");
    child_close_in(c.process);
    EXPECT_EOF(c.peer);
    leave(c.peer);
    EXPECT_TEXT(c.out, "well\n");
    end_quietly(&c);
}

/* It says its end at once, and still prints what comes long after. */
static void client_peer_answers_late(void)
{
    struct client c = call_peer(STDIO_PIPE);

    type(&c, "question");
    child_close_in(c.process);
    EXPECT_TEXT(c.peer, "question");
    EXPECT_EOF(c.peer);
    for (size_t i = 0; i < 16; i++) {
        char part[MEGABYTE / 16];

        fill_pattern(part, sizeof(part), i * sizeof(part));
        SEND_BYTES(c.peer, part, sizeof(part));
        expect_pattern(c.out, i * sizeof(part), sizeof(part));
    }
    leave(c.peer);
    end_quietly(&c);
}

/* Sends and receives at once: neither side waits for the other to finish. */
static void client_both_directions(void)
{
    const size_t len = 16 * MEGABYTE;
    char *bytes = malloc(len);
    struct client c = call_peer(patterned_file("in", len));

    CHECK(bytes != NULL);
    fill_pattern(bytes, len, 0);
    for (size_t done = 0; done < len; done += MEGABYTE) {
        SEND_BYTES(c.peer, bytes + done, MEGABYTE / 4);
        expect_pattern(c.out, done, MEGABYTE / 4);
        expect_pattern(c.peer, done, MEGABYTE);
        SEND_BYTES(c.peer, bytes + done + MEGABYTE / 4, MEGABYTE / 4 * 3);
        expect_pattern(c.out, done + MEGABYTE / 4, MEGABYTE / 4 * 3);
    }
    finish_with_peer(&c);
    free(bytes);
}

static bool has_come(int fd)
{
    struct pollfd p = {fd, POLLIN, 0};

    return poll(&p, 1, 0) == 1;
}

static void drop_some(int fd)
{
    char dropped[65536];

    (void)recv(fd, dropped, sizeof(dropped), MSG_DONTWAIT);
}

/* A server that never pauses for breath does not keep input from being sent,
 * nor does input without end keep what the server says from being printed. */
static void client_fair(void)
{
    const size_t limit = 256UL * MEGABYTE;
    struct client c = call_unix_peer(STDIO_PIPE); /* which stays full */
    size_t flood = send_until_full(c.peer, 0, limit);

    hint("what comes from one side only is served");
    type(&c, "question\n");
    while (!has_come(c.peer) && flood < limit) {
        drop_some(c.out);
        flood += send_until_full(c.peer, 0, MEGABYTE);
    }
    CHECK(flood < limit);
    EXPECT_TEXT(c.peer, "question\n");
    kill_client(&c);

    c = call_peer(endless_file("in", "question\n"));
    EXPECT_TEXT(c.peer, "question\n");
    SEND_TEXT(c.peer, "answer\n");
    while (!has_come(c.out) && !process_has_ended(c.process))
        drop_some(c.peer);
    EXPECT_TEXT(c.out, "answer\n");
    kill_client(&c);
}

/* A client with nothing to do does nothing, however it came to that. */
static void expect_at_rest(const struct client *c)
{
    wait_until_stuck(c);
    CHECK(server_cpu_share(&c->traced, 200) < 0.15);
    CHECK(!process_has_ended(c->process));
}

static void client_waits_at_rest(void)
{
    static const int ins[] = {STDIO_PIPE, STDIO_NULL};
    struct client c;

    hint("is something watched that is always ready?");
    for (size_t i = 0; i < CHECK_COUNT(ins); i++) {
        c = call_peer(ins[i]);
        if (ins[i] == STDIO_PIPE) {
            expect_at_rest(&c);
            child_close_in(c.process);
        }
        EXPECT_EOF(c.peer);
        check_step("stdin has ended; the peer is silent");
        expect_at_rest(&c);
        leave(c.peer);
        end_quietly(&c);
    }
    c = call_peer(endless_file("in", "one\n"));
    EXPECT_TEXT(c.peer, "one\n");
    check_step("stdin is a file that has more; the peer does not read");
    expect_at_rest(&c);
    kill_client(&c);
}

/* ---- a peer that leaves ---- */

/* Nothing was left unsaid: that is no failure. */
static void client_hung_up_all_sent(void)
{
    struct client c = call_peer(STDIO_PIPE);

    ask_and_answer(&c);
    leave(c.peer);
    let_it_notice(&c);
    expect_end(&c, 0, closed_message);
}

/* Whether that was to be expected depends on what was said last. */
static void client_hung_up_unsent(void)
{
    static const struct {
        const char *said;
        int status;
    } table[] = {{"question\n", 1}, {"bye\n", 0},   {"exit\r\n", 0},
                 {"quit\n", 0},     {"xbye\n", 1},  {"bye \n", 1},
                 {"bye\r\r\n", 1},  {"byebye\n", 1}};

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        char name[8] = {(char)('a' + i)};
        int in = endless_file(name, table[i].said);
        struct client c = call_peer(in);

        EXPECT_BYTES(c.peer, table[i].said, strlen(table[i].said));
        SEND_TEXT(c.peer, "last words");
        EXPECT_TEXT(c.out, "last words");
        wait_until_stuck(&c);
        half_close(c.peer);
        expect_end(&c, table[i].status, closed_message);
        process_forget(c.process);
        close(c.peer);
        close(in);
    }
}

static void stop_client(const struct client *c)
{
    pid_t pids[8];
    int count = server_members(&c->traced, pids, 8);

    process_signal_group(c->process, SIGSTOP);
    for (int i = 0; i < count; i++)
        WAIT_UNTIL(proc_state(pids[i]) == 'T');
}

/* gcc says it so, clang by a feature. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__
#endif
#endif

/* So early that the client may not have begun to wait for anything. */
static void client_hung_up_at_once(void)
{
#ifdef __SANITIZE_THREAD__
    if (is_a(TRAIT_THREAD_EACH))
        check_skip("ThreadSanitizer holds a signal back until the next call "
                   "that it knows, and the thread waits in this one");
#endif
    for (int i = 0; i < 30; i++) {
        struct client c = call_peer(STDIO_PIPE);

        leave(c.peer);
        let_it_notice(&c);
        expect_end(&c, 0, closed_message);
        process_forget(c.process);
    }
}

/* While it is stopped, the peer speaks and leaves and input comes: so sending
 * fails before what was said is read. It must be printed all the same. */
static void expect_last_words(struct client *c, bool reset)
{
    enum { WORDS = 60000 };
    char words[WORDS];

    ask_and_answer(c);
    stop_client(c);
    fill_pattern(words, WORDS, 0);
    SEND_BYTES(c->peer, words, WORDS);
    if (reset)
        reset_connection(c->peer);
    else
        leave(c->peer);
    type(c, "more\n");
    process_signal_group(c->process, SIGCONT);
    wait_until_stuck(c);
    expect_pattern(c->out, 0, WORDS);
    EXPECT_EOF(c->out);
    end_client(c, 1);
}

static void client_last_words(void)
{
    struct client c = call_unix_peer(STDIO_PIPE);

    expect_last_words(&c, false);
    expect_log(&c, closed_message);
}

static void client_last_words_reset(void)
{
    struct client c = call_peer(STDIO_PIPE);

    expect_last_words(&c, true);
    expect_log(&c, "ECONNRESET");
}

/* Idle, in the middle of sending, and after the end of stdin. */
static void client_reset(void)
{
    struct client c = call_peer(STDIO_PIPE);

    ask(&c, "question\n");
    if (waits_for_one_thing()) {
        SEND_TEXT(c.peer, "answer\n");
        EXPECT_TEXT(c.out, "answer\n");
    }
    reset_connection(c.peer);
    let_it_notice(&c);
    expect_end(&c, 1, "ECONNRESET");

    c = call_peer(endless_file("in", "question\n"));
    EXPECT_TEXT(c.peer, "question\n");
    wait_until_stuck(&c);
    reset_connection(c.peer);
    expect_end(&c, 1, "ECONNRESET");

    c = call_peer(STDIO_NULL);
    EXPECT_EOF(c.peer);
    reset_connection(c.peer);
    expect_end(&c, 1, "ECONNRESET");
}

/* ---- what else can go wrong ---- */

static void say_something(const struct client *c)
{
    type(c, "question\n");
    EXPECT_TEXT(c->peer, "question\n");
    SEND_TEXT(c->peer, "answer\n");
}

static void client_stdout_fails(void)
{
    struct client c = call_peer(STDIO_PIPE);
    char port[8];
    int full, listen_fd;

    close(c.out);
    c.out = -1;
    say_something(&c);
    end_client(&c, 1);
    expect_log(&c, "stdout: EPIPE");
    EXPECT_CLOSED(c.peer);

    listen_fd = peer_listen(port);
    full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    c = start_client_with("127.0.0.1", port, STDIO_PIPE, full);
    c.peer = peer_accept(listen_fd);
    say_something(&c);
    end_client(&c, 1);
    expect_log(&c, "stdout: ENOSPC");
    EXPECT_CLOSED(c.peer);
}

static void client_stdin_fails(void)
{
    struct client c =
        call_peer(open(harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    EXPECT_CLOSED(c.peer);
    leave(c.peer);
    expect_end(&c, 1, "stdin: EISDIR");
}

/* Who ends one process of the client ends them all. */
static void client_signal(void)
{
    static const int signals[] = {SIGTERM, SIGINT};

    for (size_t i = 0; i < CHECK_COUNT(signals); i++) {
        struct client c = call_peer(STDIO_PIPE);
        int status;

        ask_and_answer(&c);
        process_signal(c.process, signals[i]);
        status = process_wait(c.process);
        CHECK(WIFSIGNALED(status));
        CHECK_EQ(WTERMSIG(status), signals[i]);
        WAIT_UNTIL(server_living(&c.traced) == 0);
        EXPECT_CLOSED(c.peer);
        EXPECT_EOF(c.out);
    }
}

/* Even if it dies at once, nothing of it keeps its stdout open, and what is
 * left of it ends with stdin. */
static void client_killed(void)
{
    struct client c = call_peer(STDIO_PIPE);

    ask(&c, "question\n");
    process_signal(c.process, SIGKILL);
    EXPECT_EOF(c.out);
    child_close_in(c.process);
    WAIT_UNTIL(server_living(&c.traced) == 0);
    EXPECT_CLOSED(c.peer);
}

static void expect_cannot_connect(const char *host, const char *port,
                                  const char *symbol)
{
    struct process *p = run_client(host, port, STDIO_NULL, STDIO_PIPE);
    char line[16];

    EXPECT_EXIT(p, 1);
    if (!process_log_has(p, symbol) || !process_log_has(p, host))
        CHECK_FAIL("stderr does not name %s and \"%s\"", symbol, host);
    CHECK(!process_read_line(p, line, sizeof(line)));
    CHECK_EQ(process_log_count(p, "client["), 1);
}

static void client_nobody_there(void)
{
    char port[8], path[200] = "unix:";

    close(peer_listen(port));
    expect_cannot_connect("127.0.0.1", port, "ECONNREFUSED");
    snprintf(path, sizeof(path), "unix:%s", harness_path("missing"));
    expect_cannot_connect(path, NULL, "ENOENT");
    memset(path + 5, 'x', 150);
    expect_cannot_connect(path, NULL, "ENAMETOOLONG");
}

/* ---- the command line ---- */

static struct run run_words(const char *one, const char *two, const char *three)
{
    return run_program(
        (struct process_spec){.path = need_client(), .args = {one, two, three}},
        NULL, 0);
}

static void expect_status(const struct run *r, int status)
{
    CHECK(WIFEXITED(r->status));
    CHECK_EQ(WEXITSTATUS(r->status), status);
}

static void client_help_and_version(void)
{
    static const char *const words[][2] = {{"-h", "--help"},
                                           {"-V", "--version"}};
    char port[16];

    snprintf(port, sizeof(port), "%d", the_server->port);
    for (size_t i = 0; i < CHECK_COUNT(words); i++) {
        struct run letter = run_words(words[i][0], NULL, NULL);
        struct run word = run_words(words[i][1], NULL, NULL);

        expect_status(&letter, 0);
        expect_status(&word, 0);
        CHECK(word.out_len > 1 && word.err_len == 0);
        CHECK_BYTES(letter.out, letter.out_len, word.out, word.out_len);
        if (i == 0)
            CHECK(strstr(word.out, "HOST") != NULL &&
                  strstr(word.out, port) != NULL);
        run_free(&letter);
        run_free(&word);
    }
}

/* Exit status 2 and the wrong word named, as with a server. */
static void client_wrong_words(void)
{
    static const struct {
        const char *words[3];
        const char *named;
    } table[] = {
        {{"-x"}, "x"},
        {{"--wrong"}, "wrong"},
        {{"--help=me"}, "help"},
        {{"-p", "1"}, "p"},
        {{"127.0.0.1", "0"}, "'0'"},
        {{"127.0.0.1", "65536"}, "65536"},
        {{"127.0.0.1", "-1"}, "1"},
        {{"127.0.0.1", "12x"}, "12x"},
        {{"127.0.0.1", "http"}, "http"},
        {{"127.0.0.1", ""}, "''"},
        {{"127.0.0.1", "99999999999999999999"}, "99999999999999999999"},
        {{"127.0.0.1", "9", "surplus"}, "surplus"},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct run r =
            run_words(table[i].words[0], table[i].words[1], table[i].words[2]);

        check_step("the wrong word is %s", table[i].named);
        expect_status(&r, 2);
        CHECK_EQ(r.out_len, 0);
        CHECK(strstr(r.err, table[i].named) != NULL);
        CHECK(strstr(r.err, "--help") != NULL);
        run_free(&r);
    }
}

/* HOST alone: the port is the stage's. On an address of 127/8 that no other
 * test has. */
static void client_default_port(void)
{
    unsigned int id = (unsigned int)getpid();
    char host[32];
    struct server *s;
    struct client c;

    snprintf(host, sizeof(host), "127.%u.%u.%u", 128 + (id >> 16) % 64,
             (id >> 8) % 256, id % 256);
    s = server_start((struct server_spec){.bare = true, .args = {"-b", host}});
    c = start_client(host, NULL, STDIO_PIPE);
    c.server = s;
    type_and_hear(&c, "hi\n");
    finish(&c);
}

const struct check_case client_cases[] = {
    CASE(client_line_back, "client", 30, NEEDS_CLIENT | TRAIT_BYTES,
         ALL_TRANSPORTS),
    CASE(client_last_line, "client", 30, NEEDS_CLIENT | TRAIT_BYTES,
         ALL_TRANSPORTS),
    CASE(client_line_in_pieces, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_every_byte, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_services, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_farewell, "client", 30, NEEDS_CLIENT | TRAIT_BYTES,
         ALL_TRANSPORTS),
    CASE(client_farewell_in_file, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_files, "client", 30, NEEDS_CLIENT | TRAIT_BYTES,
         ALL_TRANSPORTS),
    CASE(client_no_input, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_closed_descriptors, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_terminal, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_megabyte, "client", 30,
         NEEDS_CLIENT | TRAIT_BYTES | TRAIT_CONCURRENT, ALL_TRANSPORTS),
    CASE(client_100_megabytes, "load", 120,
         NEEDS_CLIENT | TRAIT_BYTES | TRAIT_CONCURRENT),
    CASE(client_server_does_not_read, "client", 60,
         NEEDS_CLIENT | TRAIT_BYTES | TRAIT_CONCURRENT),
    CASE(client_piece_not_taken, "client", 60,
         NEEDS_CLIENT | TRAIT_BYTES | TRAIT_CONCURRENT),
    CASE(client_stdout_not_read, "client", 60,
         NEEDS_CLIENT | TRAIT_BYTES | TRAIT_CONCURRENT),
    CASE(client_peer_talks_first, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_peer_trickles, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_peer_answers_late, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_both_directions, "client", 30,
         NEEDS_CLIENT | TRAIT_BYTES | TRAIT_CONCURRENT),
    CASE(client_fair, "client", 60,
         NEEDS_CLIENT | TRAIT_BYTES | TRAIT_CONCURRENT),
    CASE(client_waits_at_rest, "client", 60, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_hung_up_all_sent, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_hung_up_unsent, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_hung_up_at_once, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_last_words, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_last_words_reset, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_reset, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_stdout_fails, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_stdin_fails, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_signal, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_killed, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_nobody_there, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_help_and_version, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_wrong_words, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    CASE(client_default_port, "client", 30, NEEDS_CLIENT | TRAIT_BYTES),
    {0},
};
