/* tests/faults/faults.c - see faults.h. */
#include "faults.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MEMBERS = 2048,              /* processes of one server */
    STUCK_LIMIT = 64 * MEGABYTE, /* more than all kernel buffers hold */
    PER_ADDRESS = 5000,
    NARROW = 4 * KILOBYTE
};

/* ---- connecting ---- */

static void connect_client(const struct server *s, int fd)
{
    const struct sockaddr *to = (const struct sockaddr *)&s->sockaddr;

    if (connect(fd, to, s->sockaddr_len) == -1 && errno != EINPROGRESS)
        CHECK_FAIL("connect: %s", strerror(errno));
}

/* Its send buffer stays as it is: two small ones would wait for each other's
 * timers. */
int dial_narrow(const struct server *s)
{
    int fd = new_client(s), size = NARROW;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == -1)
        CHECK_FAIL("setsockopt: %s", strerror(errno));
    connect_client(s, fd);
    check_step("client %d: connected, with a small receive buffer", fd);
    return fd;
}

int dial_at_once(const struct server *s)
{
    int fd = new_client(s);

    CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    connect_client(s, fd);
    CHECK(fcntl(fd, F_SETFL, 0) == 0);
    return fd;
}

struct server_spec with_places(struct server_spec spec, int clients)
{
    static char number[16];
    int n = 0;

    if (the_server->max_clients == 0 || clients <= the_server->max_clients)
        return spec;
    while (spec.args[n] != NULL)
        n++;
    CHECK(n + 2 < SPEC_ARGS);
    snprintf(number, sizeof(number), "%d", clients);
    spec.args[n] = "-m";
    spec.args[n + 1] = number;
    return spec;
}

/* ---- the scene ---- */

struct scene scene_open(struct server_spec spec)
{
    struct scene at = {.s = server_start(spec), .bystander = -1};
    int first;

    if (!serves_one_at_a_time()) {
        at.bystander = scene_dial(&at);
        ROUND_TRIP(at.bystander, "I only stand by\n");
    }
    first = scene_dial(&at);
    ROUND_TRIP(first, "the first\n");
    WAIT_UNTIL(server_sleeps(at.s)); /* 02: the parent has closed its copy */
    at.before = server_footprint(at.s);
    leave(first);
    return at;
}

int scene_dial(struct scene *at)
{
    at->clients++;
    return dial(at->s);
}

int scene_dial_narrow(struct scene *at)
{
    at->clients++;
    return dial_narrow(at->s);
}

void scene_others_served(struct scene *at)
{
    int fd;

    if (serves_one_at_a_time())
        return;
    ROUND_TRIP(at->bystander, "I still stand by\n");
    fd = scene_dial(at);
    ROUND_TRIP(fd, "somebody else\n");
    leave(fd);
}

static bool all_closed_but(const struct scene *at, int left)
{
    return process_log_count(at->s->process, ": closed") == at->clients - left;
}

void scene_wait_left(const struct scene *at)
{
    WAIT_UNTIL(all_closed_but(at, at->bystander == -1 ? 0 : 1));
}

void scene_close(struct scene *at)
{
    int next;

    server_expect_alive(at->s);
    if (at->bystander != -1)
        ROUND_TRIP(at->bystander, "nothing has happened to me\n");
    next = scene_dial(at);
    ROUND_TRIP(next, "the next\n");
    WAIT_UNTIL(server_has_footprint(at->s, at->before));
    WAIT_UNTIL(all_closed_but(at, at->bystander == -1 ? 1 : 2));
    expect_no_cpu(at->s, 200, "when all have left");
    if (at->bystander != -1)
        leave(at->bystander);
    leave(next);
    server_stop(at->s, at->clients);
}

/* ---- standing still ---- */

static bool server_is(const struct server *s, const char *states)
{
    static pid_t pids[MEMBERS];
    int count = server_members(s, pids, MEMBERS);

    for (int i = 0; i < count; i++)
        if (!proc_threads_are(pids[i], states))
            return false;
    return true;
}

bool server_sleeps(const struct server *s)
{
    return server_is(s, "SZ");
}

void freeze(struct server *s)
{
    server_expect_alive(s);
    process_signal_group(s->process, SIGSTOP);
    WAIT_UNTIL(server_is(s, "TtZ"));
}

void thaw(struct server *s)
{
    process_signal_group(s->process, SIGCONT);
}

/* As much as the socket takes now, within reason: how much is enough to make
 * the server wait, the server shows. */
static size_t push(int fd, size_t start)
{
    char chunk[16 * KILOBYTE];
    size_t sent = 0;

    while (sent < STUCK_LIMIT) {
        ssize_t n;

        fill_pattern(chunk, sizeof(chunk), start + sent);
        n = send(fd, chunk, sizeof(chunk), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n == -1 && errno == EAGAIN)
            break;
        if (n == -1)
            CHECK_FAIL("client %d: send: %s", fd, strerror(errno));
        sent += (size_t)n;
    }
    return sent;
}

static unsigned int waiting(int fd, unsigned long which)
{
    int n = 0;

    return ioctl(fd, which, &n) == 0 && n > 0 ? (unsigned int)n : 0;
}

/* The kernel's buffers may be full for a moment only: replies must wait for us,
 * bytes of ours must wait at both ends, and the server must have gone to sleep
 * over it. What is cheap to see is looked at first. */
static bool is_stuck(struct server *s, int fd)
{
    struct queues q;

    if (waiting(fd, FIONREAD) == 0 || waiting(fd, TIOCOUTQ) == 0 ||
        !server_sleeps(s))
        return false;
    return s->sockaddr.ss_family == AF_UNIX ||
           (server_queues(s, fd, &q) && q.unsent > 0 && q.unread > 0);
}

size_t send_until_stuck(struct server *s, int fd, size_t start)
{
    long long until = now_ms() + patience_ms();
    size_t sent = 0;

    for (int looks = 0; looks < 3; looks = is_stuck(s, fd) ? looks + 1 : 0) {
        sent += push(fd, start + sent);
        if (sent >= STUCK_LIMIT)
            CHECK_FAIL("it took %zu bytes from one who does not read", sent);
        look_again(__FILE__, __LINE__, "the server waits for its client",
                   until);
    }
    check_step("client %d: stuck after %zu bytes", fd, sent);
    return sent;
}

static bool has_read_all(const struct server *s, int fd, struct queues *q)
{
    return waiting(fd, TIOCOUTQ) == 0 && server_queues(s, fd, q) &&
           q->unread == 0 && server_sleeps(s);
}

/* The server is frozen while it comes, and so reads it in one piece. */
static void send_piece(struct server *s, int fd, size_t start, size_t len)
{
    char piece[32 * KILOBYTE];

    fill_pattern(piece, len, start);
    freeze(s);
    SEND_BYTES(fd, piece, len);
    wait_unread(s, fd, (unsigned int)len);
    thaw(s);
}

size_t send_until_owed(struct server *s, int fd)
{
    size_t sent = send_until_full(fd, 0, MEGABYTE);
    struct queues q = {0, 0};

    WAIT_UNTIL(has_read_all(s, fd, &q));
    while (sent == waiting(fd, FIONREAD) + q.unsent) {
        size_t len = 32 * KILOBYTE - sent / MEGABYTE % 7;

        send_piece(s, fd, sent, len);
        sent += len;
        if (sent >= STUCK_LIMIT)
            CHECK_FAIL("it took %zu bytes from one who does not read", sent);
        WAIT_UNTIL(has_read_all(s, fd, &q));
    }
    check_step("client %d: of %zu bytes %zu are owed", fd, sent,
               sent - waiting(fd, FIONREAD) - q.unsent);
    return sent;
}

/* ---- seen from outside ---- */

bool server_queues(const struct server *s, int fd, struct queues *q)
{
    struct sockaddr_storage here, there;
    socklen_t here_len = sizeof(here), there_len = sizeof(there);
    struct tcp_socket found;

    CHECK(s->sockaddr.ss_family != AF_UNIX);
    if (getpeername(fd, (struct sockaddr *)&here, &here_len) == -1)
        return false; /* it was lost */
    if (getsockname(fd, (struct sockaddr *)&there, &there_len) == -1)
        CHECK_FAIL("getsockname: %s", strerror(errno));
    if (!tcp_socket_at((struct sockaddr *)&here, (struct sockaddr *)&there,
                       &found))
        return false;
    *q = (struct queues){found.unsent, found.unread};
    return true;
}

static bool has_unread(const struct server *s, int fd, unsigned int len)
{
    struct queues q;

    return server_queues(s, fd, &q) && q.unread >= len;
}

void wait_unread(const struct server *s, int fd, unsigned int len)
{
    check_step("client %d: wait until %u bytes wait for the server", fd, len);
    WAIT_UNTIL(has_unread(s, fd, len));
}

long server_memory_kib(const struct server *s)
{
    static pid_t pids[MEMBERS];
    int count = server_members(s, pids, MEMBERS);
    long sum = 0;

    for (int i = 0; i < count; i++) {
        long kib = proc_number(pids[i], "smaps_rollup", "Pss");

        if (kib == -1)
            kib = proc_rss_kib(pids[i]);
        sum += kib > 0 ? kib : 0; /* a zombie has neither */
    }
    check_step("the server's memory: %ld KiB", sum);
    return sum;
}

long memory_factor(void)
{
    return is_instrumented() ? 10 : 1;
}

void expect_no_cpu(const struct server *s, int ms, const char *during)
{
    double share = server_cpu_share(s, ms);

    check_step("%.1f %% CPU %s", share * 100, during);
    if (share > 0.15)
        CHECK_FAIL("%.0f %% CPU %s", share * 100, during);
}

int log_lines(const struct server *s)
{
    return process_log_count(s->process, "\n");
}

/* ---- many at once ---- */

static int dial_from(const struct server *s, int number)
{
    int fd = new_client(s);

    if (socket_from_loopback(fd, (unsigned int)number) == -1)
        CHECK_FAIL("bind to a source address: %s", strerror(errno));
    connect_client(s, fd);
    return fd;
}

struct crowd crowd_dial(const struct server *s, int count)
{
    struct crowd c = {count, calloc((size_t)count, sizeof(int))};

    need_descriptors((rlim_t)count + 64);
    CHECK(c.fds != NULL && s->sockaddr.ss_family == AF_INET);
    for (int i = 0; i < count; i++)
        c.fds[i] = dial_from(s, i / PER_ADDRESS);
    check_step("%d clients have connected", count);
    return c;
}

void crowd_free(struct crowd *c)
{
    free(c->fds);
    c->fds = NULL;
}

static size_t own_line(char line[64], int number)
{
    return (size_t)snprintf(line, 64, "I am number %d\n", number);
}

void crowd_say(const struct crowd *c, int from, int to)
{
    char line[64];

    for (int i = from; i < to; i++)
        SEND_BYTES(c->fds[i], line, own_line(line, i));
}

void crowd_hear(const struct crowd *c, int from, int to)
{
    char line[64];

    for (int i = from; i < to; i++)
        EXPECT_BYTES(c->fds[i], line, own_line(line, i));
}

void crowd_leave(const struct crowd *c, int from, int to)
{
    for (int i = from; i < to; i++)
        close(c->fds[i]);
    check_step("clients %d to %d have left", from, to - 1);
}

void need_processes(int count)
{
    pid_t *pids = calloc((size_t)count, sizeof(pid_t));
    int have = 0;

    CHECK(pids != NULL);
    for (; have < count; have++) {
        pids[have] = child_fork();
        if (pids[have] == 0) {
            pause();
            _exit(0);
        }
        if (pids[have] == -1)
            break;
    }
    for (int i = 0; i < have; i++) {
        kill(pids[i], SIGKILL);
        child_wait(pids[i]);
    }
    free(pids);
    if (have < count)
        check_skip("needs %d processes, this machine allows %d more", count,
                   have);
}

/* ---- our own clients ---- */

struct process_spec client_of(const char *port)
{
    struct process_spec spec = {.path = need_client(),
                                .args = {"127.0.0.1", port}};

    if (is_a(TRAIT_FRAMES))
        spec.args[2] = "--codec=line";
    return spec;
}

const char *port_of(const struct server *s)
{
    static char port[8];

    snprintf(port, sizeof(port), "%d", s->port);
    return port;
}

/* ---- clients in processes of their own ---- */

static pid_t fork_client(void (*client)(struct server *s, int number),
                         struct server *s, int number)
{
    pid_t pid = child_fork();

    if (pid == -1)
        CHECK_FAIL("fork: %s", strerror(errno));
    if (pid != 0)
        return pid;
    client(s, number);
    _exit(0); /* not exit(): the server is our parent's to stop */
}

void in_processes(int count, void (*client)(struct server *s, int number),
                  struct server *s)
{
    pid_t pids[64];
    int failed = 0;

    CHECK(count <= (int)CHECK_COUNT(pids));
    check_step("%d clients in processes of their own", count);
    for (int i = 0; i < count; i++)
        pids[i] = fork_client(client, s, i);
    for (int i = 0; i < count; i++)
        failed += child_wait(pids[i]) != 0;
    if (failed > 0)
        CHECK_FAIL("%d of %d clients failed: see above", failed, count);
}

pid_t background_start(void (*client)(struct server *s, int fd),
                       struct server *s, int fd)
{
    return fork_client(client, s, fd);
}

void background_wait(pid_t pid)
{
    if (child_wait(pid) != 0)
        CHECK_FAIL("a client in the background failed: see above");
}

void background_end(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    status = child_wait(pid);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        CHECK_FAIL("a client in the background ended too early");
}
