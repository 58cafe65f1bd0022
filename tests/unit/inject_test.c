/*
 * tests/unit/inject_test.c - ../faults/inject.c: its grammar, what it counts,
 * and that each call it knows can be made to fail. The program that is tampered
 * with is this one: "inject --probe CALL N" makes a call N times and prints
 * what came of each.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "harness.h"
#include "log.h"

/* ---- the probe ---- */

enum { PIECE = 10 }; /* bytes that a probe asks to be moved */

/* What each call is made on: one end of a connection in which bytes wait, with
 * room for more. */
static int socket_fd;

/* What the calls are given. */
static char bytes[PIECE];
static struct iovec into[] = {{bytes, 0}, {bytes, 4}, {bytes + 4, 6}};
static struct iovec from[] = {{"", 0}, {"0123", 4}, {"456789", 6}};
static struct msghdr message = {.msg_iov = from, .msg_iovlen = 3};
static struct sockaddr address = {.sa_family = AF_UNIX};
static struct timeval now;
static struct timespec at_once;
static struct pollfd list = {.fd = -1};
static struct epoll_event event;

static long freed(void *volatile memory)
{
    free(memory);
    return memory == NULL ? -1 : 0;
}

/* -1 and errno, or what the call gives. None of them succeeds by itself: an
 * injected error shows by its symbol, and the true one is EBADF. */
#define PROBE(name, call)                                                      \
    static long probe_##name(void)                                             \
    {                                                                          \
        return call;                                                           \
    }
PROBE(accept, accept(-1, NULL, NULL))
PROBE(accept4, accept4(-1, NULL, NULL, 0))
PROBE(connect, connect(-1, &address, sizeof(address)))
PROBE(epoll_ctl, epoll_ctl(-1, EPOLL_CTL_ADD, 0, &event))
PROBE(read, read(socket_fd, bytes, PIECE))
PROBE(recv, recv(socket_fd, bytes, PIECE, 0))
PROBE(recvfrom, recvfrom(socket_fd, bytes, PIECE, 0, NULL, NULL))
PROBE(readv, readv(socket_fd, into, 3))
PROBE(write, write(socket_fd, "0123456789", PIECE))
PROBE(send, send(socket_fd, "0123456789", PIECE, 0))
PROBE(sendto, sendto(socket_fd, "0123456789", PIECE, 0, NULL, 0))
PROBE(writev, writev(socket_fd, from, 3))
PROBE(sendmsg, sendmsg(socket_fd, &message, 0))
PROBE(select, select(1, NULL, NULL, NULL, &now))
PROBE(pselect, pselect(1, NULL, NULL, NULL, &at_once, NULL))
PROBE(sleep, pselect(0, NULL, NULL, NULL, &at_once, NULL))
PROBE(poll, poll(&list, 1, 0))
PROBE(ppoll, ppoll(&list, 1, &at_once, NULL))
PROBE(epoll_wait, epoll_wait(-1, &event, 1, 0))
PROBE(epoll_pwait, epoll_pwait(-1, &event, 1, 0, NULL))
PROBE(malloc, freed(malloc(PIECE)))
PROBE(calloc, freed(calloc(PIECE, PIECE)))
PROBE(realloc, freed(realloc(NULL, PIECE)))
PROBE(aligned_alloc, freed(aligned_alloc(64, 64)))

static long probe_recvmsg(void)
{
    struct msghdr parts = {.msg_iov = into, .msg_iovlen = 3};
    long n = recvmsg(socket_fd, &parts, 0);

    CHECK(parts.msg_iov == into && parts.msg_iovlen == 3);
    return n;
}

static long probe_sem_wait(void)
{
    sem_t semaphore;

    CHECK(sem_init(&semaphore, 0, 1) == 0);
    return sem_wait(&semaphore);
}

static long probe_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    return fd == -1 ? -1 : close(fd);
}

/* A pipe is no socket. */
static long probe_pipe(void)
{
    int ends[2];
    long n;

    CHECK(pipe(ends) == 0);
    CHECK(write(ends[1], "0123456789", PIECE) == PIECE);
    n = read(ends[0], bytes, sizeof(bytes));
    close(ends[0]);
    close(ends[1]);
    return n;
}

static long probe_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return pid == -1 ? -1 : waitpid(pid, NULL, 0) != pid;
}

static void *nothing(void *argument)
{
    return argument;
}

/* It returns its error; errno is not its to change. */
static long probe_thread(void)
{
    pthread_t thread;
    int error;

    errno = EDOM;
    error = pthread_create(&thread, NULL, nothing, NULL);
    CHECK(errno == EDOM);
    if (error == 0)
        return pthread_join(thread, NULL);
    errno = error;
    return -1;
}

/* Two calls to accept in each of two processes, one after the other; the second
 * time it is the child that counts. */
static long probe_family(void)
{
    long n = accept(-1, NULL, NULL);
    int error = errno, status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(accept(-1, NULL, NULL) == -1 ? errno : 0);
    CHECK(waitpid(pid, &status, 0) == pid);
    printf("%s(child) ", errno_symbol(WEXITSTATUS(status)));
    errno = error;
    return n;
}

/* The file named by the environment comes after two calls, and goes after two
 * more. */
static long probe_while(void)
{
    static int calls;
    const char *file = getenv("PROBE_FILE");

    if (calls++ == 2)
        close(open(file, O_CREAT | O_WRONLY, 0600));
    if (calls == 5)
        unlink(file);
    return accept(-1, NULL, NULL);
}

/* The number that the next descriptor gets. */
static long probe_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY);

    close(fd);
    return fd;
}

static const struct probe {
    const char *name, *call; /* the call that INJECT names; NULL: none */
    long (*make)(void);
} probes[] = {
    {"accept", "accept", probe_accept},
    {"accept4", "accept", probe_accept4},
    {"connect", "connect", probe_connect},
    {"epoll_ctl", "epoll_ctl", probe_epoll_ctl},
    {"read", "read", probe_read},
    {"recv", "read", probe_recv},
    {"recvfrom", "read", probe_recvfrom},
    {"readv", "read", probe_readv},
    {"recvmsg", "read", probe_recvmsg},
    {"write", "write", probe_write},
    {"send", "write", probe_send},
    {"sendto", "write", probe_sendto},
    {"writev", "write", probe_writev},
    {"sendmsg", "write", probe_sendmsg},
    {"select", "wait", probe_select},
    {"pselect", "wait", probe_pselect},
    {"poll", "wait", probe_poll},
    {"ppoll", "wait", probe_ppoll},
    {"epoll_wait", "wait", probe_epoll_wait},
    {"epoll_pwait", "wait", probe_epoll_pwait},
    {"sem_wait", "wait", probe_sem_wait},
    {"fork", "fork", probe_fork},
    {"pthread_create", "thread", probe_thread},
    {"malloc", "malloc", probe_malloc},
    {"calloc", "malloc", probe_calloc},
    {"realloc", "malloc", probe_realloc},
    {"aligned_alloc", "malloc", probe_aligned_alloc},
    {"socket", "socket", probe_socket},
    {"pipe", NULL, probe_pipe},
    {"sleep", NULL, probe_sleep},
    {"family", NULL, probe_family},
    {"while", NULL, probe_while},
    {"descriptor", NULL, probe_descriptor},
};

/* A descriptor above all that a probe opens: "descriptor" is to see what a
 * program without sockets would. */
static void open_socket_fd(void)
{
    static const char filling[1000];
    int ends[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    socket_fd = fcntl(ends[0], F_DUPFD, 100);
    CHECK(fcntl(ends[1], F_DUPFD, 101) != -1);
    close(ends[0]);
    CHECK(writev(ends[1], &(struct iovec){(void *)filling, sizeof(filling)},
                 1) >= 1);
    close(ends[1]);
}

/* The peer's bytes count as writes too: what is tested comes after them. */
static int run_probe(const char *name, int times)
{
    static char out[256]; /* stdio is not to ask for memory in between */

    setvbuf(stdout, out, _IOFBF, sizeof(out));
    open_socket_fd();
    for (size_t i = 0; i < CHECK_COUNT(probes); i++)
        while (strcmp(probes[i].name, name) == 0 && times-- > 0) {
            long n = probes[i].make();

            if (n == -1)
                printf("%s ", errno_symbol(errno));
            else
                printf("%ld ", n);
        }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- running it ---- */

struct outcome {
    int status;
    char out[65536], *err;
};

/* Not /proc/self/exe: a wrapper would find itself there. */
static const char *own_path;

/* With `rules`, the whole of INJECT, or NULL. The struct is one for all. */
static struct outcome *run(const char *rules, const char *probe, int times)
{
    char preload[512], inject[2048], file[160], count[16];
    static struct outcome o;
    struct process *p;

    snprintf(count, sizeof(count), "%d", times);
    snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", INJECT_LIBRARY);
    snprintf(inject, sizeof(inject), "INJECT=%s", rules != NULL ? rules : "");
    snprintf(file, sizeof(file), "PROBE_FILE=%s", harness_path("now"));
    unlink(harness_path("injected"));
    check_step("%s and %s %d times", inject, probe, times);
    p = process_start((struct process_spec){
        .path = own_path,
        .args = {"--probe", probe, count},
        .env = {preload, file, rules != NULL ? inject : NULL}});
    CHECK(child_finish(p, p->out, o.out, sizeof(o.out), patience_ms()));
    o.status = p->status;
    free(o.err);
    o.err = process_log(p);
    process_forget(p);
    return &o;
}

/* And the log in a file of this case. */
static struct outcome *run_logged(const char *rules, const char *probe,
                                  int times)
{
    char text[1800];

    snprintf(text, sizeof(text), "%s; log=%s", rules, harness_path("injected"));
    return run(text, probe, times);
}

static char *injected(void)
{
    static char *text;

    free(text);
    text = read_file(harness_path("injected"), NULL);
    return text;
}

static bool exited(const struct outcome *o, int status)
{
    return WIFEXITED(o->status) && WEXITSTATUS(o->status) == status;
}

static void expect_text(const char *got, const char *want)
{
    CHECK_BYTES(got, strlen(got), want, strlen(want));
}

static void expect_probe(const char *rules, const char *probe, int times,
                         const char *out, const char *log)
{
    struct outcome *o = run_logged(rules, probe, times);

    expect_text(o->err, "");
    CHECK(exited(o, 0));
    expect_text(o->out, out);
    expect_text(injected(), log);
}

static void expect_rejected(const char *rules, const char *item,
                            const char *why)
{
    struct outcome *o = run(rules, "accept", 1);

    CHECK(exited(o, 2));
    expect_text(o->out, "");
    if (strstr(o->err, item) == NULL || strstr(o->err, why) == NULL)
        CHECK_FAIL("it must name '%s' and say \"%s\": %s", item, why, o->err);
}

/* ---- the grammar ---- */

static void wrong_rules(void)
{
    static const struct {
        const char *item, *why;
    } table[] = {
        {"nonsense", "no ="},
        {"acept=EMFILE@1", "no such call"},
        {"=EMFILE@1", "no such call"},
        {"accept=EMFLE@1", "no such errno"},
        {"accept=@1", "no such errno"},
        {"accept=EMFILEEMFILEEMFILEEMFILEEMFILE@1", "no such errno"},
        {"accept=short@1", "only read and write can be short"},
        {"accept=EMFILE", "when?"},
        {"accept=EMFILE@", "a number from 1 on is missing"},
        {"accept=EMFILE@0", "a number from 1 on is missing"},
        {"accept=EMFILE@-1", "a number from 1 on is missing"},
        {"accept=EMFILE@99999999999999999999", "a number from 1 on"},
        {"accept=EMFILE%0", "a number from 1 on is missing"},
        {"accept=EMFILE@3-2", "it ends before it begins"},
        {"accept=EMFILE@3-x", "a number from 1 on is missing"},
        {"accept=EMFILE@1x", "something follows the number"},
        {"accept=EMFILE%2-4", "something follows the number"},
        {"accept=EMFILE~101", "more than 100 percent"},
        {"seed=", "a number from 1 on is missing"},
        {"seed=1x", "something follows the number"},
        {"log=/nowhere/at/all", "No such file"},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        char rules[128];

        expect_rejected(table[i].item, table[i].item, table[i].why);
        snprintf(rules, sizeof(rules), "read=EINTR@1; %s; seed=2",
                 table[i].item);
        expect_rejected(rules, table[i].item, table[i].why);
    }
}

static void too_much(void)
{
    char rules[2000] = "";

    for (int i = 0; i < 17; i++)
        strcat(rules, "accept=EINTR@9;");
    expect_rejected(rules, "accept=EINTR@9", "too many rules");
    strcpy(rules, "accept=EINTR@");
    memset(rules + strlen(rules), '1', 1200);
    expect_rejected(rules, "accept=EINTR@1", "too long");
}

static void blanks(void)
{
    char rules[500];

    expect_probe(" ;; accept = EMFILE @ 2 ;\n\tseed = 4 ; ", "accept", 3,
                 "EBADF EMFILE EBADF ", "accept EMFILE 2\n");
    snprintf(rules, sizeof(rules), "%400saccept=EINTR@1", "");
    expect_probe(rules, "accept", 2, "EINTR EBADF ", "accept EINTR 1\n");
}

static void without_rules(void)
{
    expect_text(run(NULL, "accept", 2)->out, "EBADF EBADF ");
    expect_text(run("", "accept", 2)->out, "EBADF EBADF ");
}

/* ---- when ---- */

static void by_number(void)
{
    expect_probe("accept=EMFILE@1", "accept", 3, "EMFILE EBADF EBADF ",
                 "accept EMFILE 1\n");
    expect_probe("accept=EMFILE@3", "accept", 4, "EBADF EBADF EMFILE EBADF ",
                 "accept EMFILE 3\n");
    expect_probe("accept=EMFILE@2-", "accept", 4, "EBADF EMFILE EMFILE EMFILE ",
                 "accept EMFILE 2\naccept EMFILE 3\naccept EMFILE 4\n");
    expect_probe("accept=EMFILE@2-3", "accept", 4, "EBADF EMFILE EMFILE EBADF ",
                 "accept EMFILE 2\naccept EMFILE 3\n");
    expect_probe("accept=EMFILE%2", "accept", 5,
                 "EBADF EMFILE EBADF EMFILE EBADF ",
                 "accept EMFILE 2\naccept EMFILE 4\n");
    expect_probe("accept=EMFILE@9", "accept", 3, "EBADF EBADF EBADF ", "");
}

static void first_rule_counts(void)
{
    expect_probe("accept=EMFILE@2; accept=EINTR%2; accept=ENOMEM@3-", "accept",
                 4, "EBADF EMFILE ENOMEM EINTR ",
                 "accept EMFILE 2\naccept ENOMEM 3\naccept EINTR 4\n");
    expect_probe("connect=EINTR@1; accept=EMFILE@1", "accept", 2,
                 "EMFILE EBADF ", "accept EMFILE 1\n");
}

static void percent(void)
{
    char first[65536];
    int hits = 0;

    (void)run_logged("accept=EINTR~30; seed=7", "accept", 1000);
    strcpy(first, injected());
    for (const char *c = first; *c != '\0'; c++)
        hits += *c == '\n';
    check_step("%d of 1000", hits);
    CHECK(hits > 240 && hits < 360);
    (void)run_logged("accept=EINTR~30; seed=7", "accept", 1000);
    CHECK(strcmp(first, injected()) == 0);
    (void)run_logged("accept=EINTR~30; seed=8", "accept", 1000);
    CHECK(strcmp(first, injected()) != 0);
    expect_probe("accept=EINTR~100", "accept", 2, "EINTR EINTR ",
                 "accept EINTR 1\naccept EINTR 2\n");
}

static void while_a_file_exists(void)
{
    char rules[256];

    snprintf(rules, sizeof(rules), "accept=EINTR@1-; while=%s",
             harness_path("now"));
    expect_probe(rules, "while", 6, "EBADF EBADF EINTR EINTR EBADF EBADF ",
                 "accept EINTR 1\naccept EINTR 2\n");
}

static void counted_over_processes(void)
{
    expect_probe("accept=EINTR@3", "family", 2,
                 "EBADF(child) EBADF EBADF(child) EINTR ", "accept EINTR 3\n");
    expect_probe("accept=EINTR@4", "family", 2,
                 "EBADF(child) EBADF EINTR(child) EBADF ", "accept EINTR 4\n");
}

/* ---- what ---- */

static bool is_of(const struct probe *p, const char *call)
{
    return p->call != NULL && strcmp(p->call, call) == 0;
}

/* The socket's filling is one write; "free" and stdio are not in between. */
static void every_call(void)
{
    for (size_t i = 0; i < CHECK_COUNT(probes); i++) {
        const struct probe *p = &probes[i];
        int first = is_of(p, "write") ? 2 : 1;
        char rules[64], log[64];
        struct outcome *o;

        if (p->call == NULL || is_of(p, "malloc"))
            continue;
        snprintf(rules, sizeof(rules), "%s=EPROTO@%d", p->call, first);
        snprintf(log, sizeof(log), "%s EPROTO %d\n", p->call, first);
        o = run_logged(rules, p->name, 2);
        if (strncmp(o->out, "EPROTO ", 7) != 0 ||
            strstr(o->out + 7, "EPROTO") != NULL)
            CHECK_FAIL("it printed: %s", o->out);
        expect_text(injected(), log);
    }
}

/* libc asks for memory itself: all of it is refused, and the probe sees it. */
static void memory(void)
{
    for (size_t i = 0; i < CHECK_COUNT(probes); i++) {
        const char *name = probes[i].name;

        if (!is_of(&probes[i], "malloc"))
            continue;
        expect_text(run_logged("malloc=ENOMEM@1-", name, 2)->out,
                    "ENOMEM ENOMEM ");
        expect_text(run_logged("malloc=ENOMEM@100-", name, 2)->out, "0 0 ");
        expect_text(injected(), "");
    }
}

static void short_counts(void)
{
    for (size_t i = 0; i < CHECK_COUNT(probes); i++) {
        const char *name = probes[i].name;

        if (is_of(&probes[i], "read"))
            expect_probe("read=short@2", name, 3, "10 1 10 ", "read short 2\n");
        if (is_of(&probes[i], "write"))
            expect_probe("write=short@3", name, 3, "10 1 10 ",
                         "write short 3\n");
    }
}

static void left_alone(void)
{
    expect_probe("read=EIO@1-", "pipe", 3, "10 10 10 ", "");
    expect_probe("write=EIO@2-", "pipe", 3, "10 10 10 ", "");
    expect_probe("wait=EINTR@1-", "sleep", 2, "0 0 ", "");
    expect_probe("accept=EINTR@1", "descriptor", 1, "3 ", "");
}

static const struct check_case cases[] = {
    CASE(wrong_rules, "unit"),
    CASE(too_much, "unit"),
    CASE(blanks, "unit"),
    CASE(without_rules, "unit"),
    CASE(by_number, "unit"),
    CASE(first_rule_counts, "unit"),
    CASE(percent, "unit"),
    CASE(while_a_file_exists, "unit"),
    CASE(counted_over_processes, "unit"),
    CASE(every_call, "unit"),
    CASE(memory, "unit"),
    CASE(short_counts, "unit"),
    CASE(left_alone, "unit"),
};

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--probe") == 0)
        return run_probe(argv[2], atoi(argv[3]));
    own_path = argv[0];
    return check_main(argc, argv, cases, CHECK_COUNT(cases));
}
