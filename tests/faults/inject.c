/*
 * tests/faults/inject.c - makes the kernel say no, on demand.
 *
 * A library for LD_PRELOAD: it stands between an unmodified program and libc
 * and lets chosen calls fail. One environment variable says which and when:
 *
 *     LD_PRELOAD=build/tests/faults/libinject.so \
 *         INJECT='accept=EMFILE@2; read=short%3; seed=7' build/04-select/server
 *
 *     INJECT  = item { ";" item }
 *     item    = call "=" fault when
 *             | "seed=" N        for "~"; 1 if it is not given
 *             | "log=" FILE      what was injected is appended there
 *             | "while=" FILE    only while that file exists are calls counted
 *                                and do rules hold: "@1" is the first call
 *                                after a touch
 *     call    = "accept" | "read" | "write" | "wait" | "fork" | "thread"
 *             | "malloc" | "epoll_ctl" | "socket" | "connect"
 *     fault   = an errno's symbol, EMFILE
 *             | "short": at most one byte is read or written
 *     when    = "@" N            the N-th time
 *             | "@" N "-"        the N-th time and ever after
 *             | "@" N "-" M      from the N-th time to the M-th
 *             | "%" N            every N-th time
 *             | "~" P            with a probability of P percent, by the seed
 *
 * Blanks are ignored; where several rules hold, the first one counts. What
 * cannot be read ends the program with exit status 2 before its main.
 *
 * `read` and `write` are those on sockets, whatever they are called (recv,
 * sendmsg, readv ...): files, pipes and the log are left alone. `wait` is
 * select, poll, epoll_wait, their siblings, and sem_wait; a select without
 * descriptors is a sleep and left alone. `malloc` is calloc, realloc and
 * aligned_alloc too.
 *
 * Calls are counted over the process and all its children together. The log
 * has a line for each fault, "accept EMFILE 2": the call, the fault, and the
 * how manieth call it was; so a test can insist that it happened.
 *
 * Only the answer is made up. After an injected ECONNRESET the connection
 * still stands, after an injected EMFILE the client still waits.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call {
    ACCEPT,
    READ,
    WRITE,
    WAIT,
    FORK,
    THREAD,
    MALLOC,
    EPOLL_CTL,
    SOCKET,
    CONNECT,
    CALLS
};
enum { RULES = 16, SHORT = -1, NO_FAULT = 0, FOREVER = -1 };

struct rule {
    enum call call;
    int fault; /* an errno, or SHORT */
    char symbol[24];
    long from, to; /* the calls it holds for; to FOREVER: no last one */
    long every;    /* > 0: every so many instead */
    int percent;   /* > 0: with this probability instead */
};

static const char *const call_names[CALLS] = {
    "accept", "read",   "write",     "wait",   "fork",
    "thread", "malloc", "epoll_ctl", "socket", "connect"};

static struct rule rules[RULES];
static int n_rules;
static uint64_t seed = 1;
static int log_fd = -1;
static const char *while_file; /* NULL: always */
static bool ready; /* before the constructor has run, nothing is injected */

/* Shared with the children, so that "the third fork" means one thing. */
static struct shared {
    atomic_long calls[CALLS];
} * shared;

static const struct {
    const char *symbol;
    int error;
} errors[] = {{"EACCES", EACCES},
              {"EAGAIN", EAGAIN},
              {"EBADF", EBADF},
              {"ECONNABORTED", ECONNABORTED},
              {"ECONNREFUSED", ECONNREFUSED},
              {"ECONNRESET", ECONNRESET},
              {"EHOSTUNREACH", EHOSTUNREACH},
              {"EINTR", EINTR},
              {"EINVAL", EINVAL},
              {"EIO", EIO},
              {"EMFILE", EMFILE},
              {"ENETDOWN", ENETDOWN},
              {"ENFILE", ENFILE},
              {"ENOBUFS", ENOBUFS},
              {"ENOMEM", ENOMEM},
              {"ENOSPC", ENOSPC},
              {"ENOTCONN", ENOTCONN},
              {"EPERM", EPERM},
              {"EPIPE", EPIPE},
              {"EPROTO", EPROTO},
              {"ETIMEDOUT", ETIMEDOUT}};

/* ---- the grammar ---- */

static _Noreturn void reject(const char *item, const char *why)
{
    dprintf(STDERR_FILENO, "inject: cannot read '%s' in INJECT: %s\n", item,
            why);
    _exit(2);
}

static int call_named(const char *name, size_t len)
{
    for (int i = 0; i < CALLS; i++)
        if (strlen(call_names[i]) == len &&
            memcmp(call_names[i], name, len) == 0)
            return i;
    return -1;
}

static int fault_named(const char *symbol)
{
    if (strcmp(symbol, "short") == 0)
        return SHORT;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (strcmp(errors[i].symbol, symbol) == 0)
            return errors[i].error;
    return NO_FAULT;
}

/* A whole number from 1 on, and what stands behind it. */
static long number(const char *item, const char **text)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(*text, &end, 10);
    if (**text < '0' || **text > '9' || n < 1 || errno != 0)
        reject(item, "a number from 1 on is missing");
    *text = end;
    return n;
}

static void read_when(struct rule *rule, const char *item, const char *text)
{
    char kind = *text++;
    long n = number(item, &text);

    if (kind == '%')
        rule->every = n;
    else if (kind == '~' && n > 100)
        reject(item, "more than 100 percent");
    else if (kind == '~')
        rule->percent = (int)n;
    else
        rule->from = rule->to = n;
    if (kind == '@' && *text == '-') {
        text++;
        rule->to = *text == '\0' ? FOREVER : number(item, &text);
    }
    if (*text != '\0')
        reject(item, "something follows the number");
    if (rule->to != FOREVER && rule->to < rule->from)
        reject(item, "it ends before it begins");
}

static void read_rule(const char *item, const char *value)
{
    struct rule rule = {0};
    size_t symbol_len = strcspn(value, "@%~");
    int call = call_named(item, (size_t)(value - item) - 1);

    if (call == -1)
        reject(item, "no such call");
    if (value[symbol_len] == '\0')
        reject(item, "@, % or ~ is missing: when?");
    if (n_rules == RULES)
        reject(item, "too many rules");
    if (symbol_len < sizeof(rule.symbol))
        memcpy(rule.symbol, value, symbol_len);
    rule.call = (enum call)call;
    rule.fault = fault_named(rule.symbol);
    if (rule.fault == NO_FAULT)
        reject(item, "no such errno");
    if (rule.fault == SHORT && rule.call != READ && rule.call != WRITE)
        reject(item, "only read and write can be short");
    read_when(&rule, item, value + symbol_len);
    rules[n_rules++] = rule;
}

/* The log's descriptor stands high: the numbers that the program gets are
 * those it would get without us. */
static void open_log(const char *item, const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

    if (fd == -1)
        reject(item, strerror(errno));
    log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 200);
    if (log_fd == -1)
        log_fd = fd;
    else
        close(fd);
}

static void read_item(const char *item)
{
    const char *value = strchr(item, '=');

    if (value == NULL)
        reject(item, "no =");
    value++;
    if (strncmp(item, "seed=", 5) == 0) {
        seed = (uint64_t)number(item, &value);
        if (*value != '\0')
            reject(item, "something follows the number");
    } else if (strncmp(item, "log=", 4) == 0) {
        open_log(item, value);
    } else if (strncmp(item, "while=", 6) == 0) {
        while_file = value;
    } else {
        read_rule(item, value);
    }
}

/* Copies without blanks, so that rules can be written with air. */
static void squeeze(const char *from, char *to, size_t size)
{
    const char *text = from;
    size_t n = 0;

    for (; *from != '\0'; from++) {
        if (n + 1 == size)
            reject(text, "too long");
        if (*from != ' ' && *from != '\n' && *from != '\t')
            to[n++] = *from;
    }
    to[n] = '\0';
}

/* ---- what would have been called without us ---- */

/* Ours have names of their own in C and libc's in the library: the headers
 * declare some of libc's in ways that no definition can repeat (glibc's
 * accept takes a union). */
#define AS(name) __asm__(#name)

void *on_malloc(size_t size) AS(malloc);
void *on_calloc(size_t count, size_t size) AS(calloc);
void *on_realloc(void *memory, size_t size) AS(realloc);
void *on_aligned_alloc(size_t alignment, size_t size) AS(aligned_alloc);
void on_free(void *memory) AS(free);
int on_accept(int fd, struct sockaddr *address, socklen_t *len) AS(accept);
int on_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
    AS(accept4);
ssize_t on_read(int fd, void *bytes, size_t len) AS(read);
ssize_t on_recv(int fd, void *bytes, size_t len, int flags) AS(recv);
ssize_t on_recvfrom(int fd, void *bytes, size_t len, int flags,
                    struct sockaddr *address, socklen_t *address_len)
    AS(recvfrom);
ssize_t on_recvmsg(int fd, struct msghdr *message, int flags) AS(recvmsg);
ssize_t on_readv(int fd, const struct iovec *parts, int count) AS(readv);
ssize_t on_write(int fd, const void *bytes, size_t len) AS(write);
ssize_t on_send(int fd, const void *bytes, size_t len, int flags) AS(send);
ssize_t on_sendto(int fd, const void *bytes, size_t len, int flags,
                  const struct sockaddr *address, socklen_t address_len)
    AS(sendto);
ssize_t on_sendmsg(int fd, const struct msghdr *message, int flags) AS(sendmsg);
ssize_t on_writev(int fd, const struct iovec *parts, int count) AS(writev);
int on_select(int n, fd_set *readable, fd_set *writable, fd_set *except,
              struct timeval *limit) AS(select);
int on_pselect(int n, fd_set *readable, fd_set *writable, fd_set *except,
               const struct timespec *limit, const sigset_t *mask) AS(pselect);
int on_poll(struct pollfd *list, nfds_t count, int limit_ms) AS(poll);
int on_ppoll(struct pollfd *list, nfds_t count, const struct timespec *limit,
             const sigset_t *mask) AS(ppoll);
int on_epoll_wait(int fd, struct epoll_event *events, int count, int limit_ms)
    AS(epoll_wait);
int on_epoll_pwait(int fd, struct epoll_event *events, int count, int limit_ms,
                   const sigset_t *mask) AS(epoll_pwait);
int on_epoll_ctl(int fd, int operation, int watched, struct epoll_event *event)
    AS(epoll_ctl);
int on_sem_wait(sem_t *semaphore) AS(sem_wait);

/* What glibc's headers make of some calls under _FORTIFY_SOURCE, the default
 * of some compilers: `room` is the size of the buffer, all it is good for. */
ssize_t on_read_chk(int fd, void *bytes, size_t len, size_t room)
    AS(__read_chk);
ssize_t on_recv_chk(int fd, void *bytes, size_t len, size_t room, int flags)
    AS(__recv_chk);
int on_poll_chk(struct pollfd *list, nfds_t count, int limit_ms, size_t room)
    AS(__poll_chk);

pid_t on_fork(void) AS(fork);
int on_pthread_create(pthread_t *thread, const pthread_attr_t *kind,
                      void *(*run)(void *), void *argument) AS(pthread_create);
int on_socket(int family, int type, int protocol) AS(socket);
int on_connect(int fd, const struct sockaddr *address, socklen_t len)
    AS(connect);

#define REAL(name) static __typeof__(&on_##name) real_##name
REAL(malloc);
REAL(calloc);
REAL(realloc);
REAL(aligned_alloc);
REAL(free);
REAL(accept);
REAL(accept4);
REAL(read);
REAL(recv);
REAL(recvfrom);
REAL(recvmsg);
REAL(readv);
REAL(write);
REAL(send);
REAL(sendto);
REAL(sendmsg);
REAL(writev);
REAL(select);
REAL(pselect);
REAL(poll);
REAL(ppoll);
REAL(epoll_wait);
REAL(epoll_pwait);
REAL(epoll_ctl);
REAL(sem_wait);
REAL(fork);
REAL(pthread_create);
REAL(socket);
REAL(connect);

/* ISO C has no conversion from dlsym's pointer to one of a function. */
static void find(const char *name, void *real)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    memcpy(real, &symbol, sizeof(symbol));
}

/* All at once and early: a signal handler that writes must not be the first
 * to look. The allocator comes first, for dlsym may need it. */
static void find_all(void)
{
    static bool looking;

    if (looking)
        return;
    looking = true;
    find("malloc", &real_malloc);
    find("calloc", &real_calloc);
    find("realloc", &real_realloc);
    find("aligned_alloc", &real_aligned_alloc);
    find("free", &real_free);
    find("accept", &real_accept);
    find("accept4", &real_accept4);
    find("read", &real_read);
    find("recv", &real_recv);
    find("recvfrom", &real_recvfrom);
    find("recvmsg", &real_recvmsg);
    find("readv", &real_readv);
    find("write", &real_write);
    find("send", &real_send);
    find("sendto", &real_sendto);
    find("sendmsg", &real_sendmsg);
    find("writev", &real_writev);
    find("select", &real_select);
    find("pselect", &real_pselect);
    find("poll", &real_poll);
    find("ppoll", &real_ppoll);
    find("epoll_wait", &real_epoll_wait);
    find("epoll_pwait", &real_epoll_pwait);
    find("epoll_ctl", &real_epoll_ctl);
    find("sem_wait", &real_sem_wait);
    find("fork", &real_fork);
    find("pthread_create", &real_pthread_create);
    find("socket", &real_socket);
    find("connect", &real_connect);
}

__attribute__((constructor)) static void start(void)
{
    const char *text = getenv("INJECT");
    static char copy[1024]; /* while_file points into it */
    char *rest = copy;
    char *item;

    find_all();
    if (text == NULL)
        return;
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        reject(text, strerror(errno));
    squeeze(text, copy, sizeof(copy));
    while ((item = strtok_r(rest, ";", &rest)) != NULL)
        read_item(item);
    ready = true;
}

/* ---- whether now ---- */

/* splitmix64: one number for each (seed, call, count), whoever asks. */
static bool by_chance(const struct rule *rule, long count)
{
    uint64_t x = seed * 0x9e3779b97f4a7c15u + (uint64_t)rule->call * 7919u +
                 (uint64_t)count * 0xbf58476d1ce4e5b9u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return x % 100 < (uint64_t)rule->percent;
}

static bool holds(const struct rule *rule, long count)
{
    if (rule->percent > 0)
        return by_chance(rule, count);
    if (rule->every > 0)
        return count % rule->every == 0;
    return count >= rule->from && (rule->to == FOREVER || count <= rule->to);
}

static void note(const struct rule *rule, long count)
{
    char line[96];
    int len = snprintf(line, sizeof(line), "%s %s %ld\n",
                       call_names[rule->call], rule->symbol, count);

    if (log_fd != -1 && syscall(SYS_write, log_fd, line, (size_t)len) == -1)
        log_fd = -1;
}

/* The rule that holds for this call, which is counted; or NULL. */
static const struct rule *rule_for(enum call call)
{
    long count;

    if (real_connect == NULL)
        find_all(); /* somebody's constructor runs before ours */
    if (!ready || (while_file != NULL && access(while_file, F_OK) == -1))
        return NULL;
    count = atomic_fetch_add(&shared->calls[call], 1) + 1;
    for (int i = 0; i < n_rules; i++)
        if (rules[i].call == call && holds(&rules[i], count)) {
            note(&rules[i], count);
            return &rules[i];
        }
    return NULL;
}

/* NO_FAULT, SHORT, or an errno, which is set then. */
static int fault(enum call call)
{
    int saved = errno;
    const struct rule *rule = rule_for(call);

    errno = rule != NULL && rule->fault > 0 ? rule->fault : saved;
    return rule != NULL ? rule->fault : NO_FAULT;
}

static bool fails(enum call call)
{
    return fault(call) > 0;
}

static bool is_socket(int fd)
{
    struct stat file;
    int saved = errno;
    bool yes = ready && fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode);

    errno = saved;
    return yes;
}

/* For a call that moves bytes on a socket. */
static int moving_fault(enum call call, int fd, size_t len)
{
    if (real_connect == NULL)
        find_all();
    return is_socket(fd) && len > 0 ? fault(call) : NO_FAULT;
}

/* ---- the calls ---- */

int on_accept(int fd, struct sockaddr *address, socklen_t *len)
{
    return fails(ACCEPT) ? -1 : real_accept(fd, address, len);
}

int on_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    return fails(ACCEPT) ? -1 : real_accept4(fd, address, len, flags);
}

ssize_t on_read(int fd, void *bytes, size_t len)
{
    int why = moving_fault(READ, fd, len);

    return why > 0 ? -1 : real_read(fd, bytes, why == SHORT ? 1 : len);
}

ssize_t on_recv(int fd, void *bytes, size_t len, int flags)
{
    int why = moving_fault(READ, fd, len);

    return why > 0 ? -1 : real_recv(fd, bytes, why == SHORT ? 1 : len, flags);
}

ssize_t on_recvfrom(int fd, void *bytes, size_t len, int flags,
                    struct sockaddr *address, socklen_t *address_len)
{
    int why = moving_fault(READ, fd, len);

    return why > 0 ? -1
                   : real_recvfrom(fd, bytes, why == SHORT ? 1 : len, flags,
                                   address, address_len);
}

ssize_t on_write(int fd, const void *bytes, size_t len)
{
    int why = moving_fault(WRITE, fd, len);

    return why > 0 ? -1 : real_write(fd, bytes, why == SHORT ? 1 : len);
}

ssize_t on_send(int fd, const void *bytes, size_t len, int flags)
{
    int why = moving_fault(WRITE, fd, len);

    return why > 0 ? -1 : real_send(fd, bytes, why == SHORT ? 1 : len, flags);
}

ssize_t on_sendto(int fd, const void *bytes, size_t len, int flags,
                  const struct sockaddr *address, socklen_t address_len)
{
    int why = moving_fault(WRITE, fd, len);

    return why > 0 ? -1
                   : real_sendto(fd, bytes, why == SHORT ? 1 : len, flags,
                                 address, address_len);
}

/* The first byte of several parts, as a part; one without bytes if there is
 * none. */
static struct iovec first_byte(const struct iovec *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (parts[i].iov_len > 0)
            return (struct iovec){parts[i].iov_base, 1};
    return (struct iovec){NULL, 0};
}

ssize_t on_readv(int fd, const struct iovec *parts, int count)
{
    struct iovec byte = first_byte(parts, count > 0 ? (size_t)count : 0);
    int why = moving_fault(READ, fd, byte.iov_len);

    if (why > 0)
        return -1;
    return why == SHORT ? real_readv(fd, &byte, 1)
                        : real_readv(fd, parts, count);
}

ssize_t on_writev(int fd, const struct iovec *parts, int count)
{
    struct iovec byte = first_byte(parts, count > 0 ? (size_t)count : 0);
    int why = moving_fault(WRITE, fd, byte.iov_len);

    if (why > 0)
        return -1;
    return why == SHORT ? real_writev(fd, &byte, 1)
                        : real_writev(fd, parts, count);
}

ssize_t on_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct iovec *parts = message->msg_iov;
    size_t count = (size_t)message->msg_iovlen;
    struct iovec byte = first_byte(parts, count);
    int why = moving_fault(READ, fd, byte.iov_len);
    ssize_t n;

    if (why > 0)
        return -1;
    if (why != SHORT)
        return real_recvmsg(fd, message, flags);
    message->msg_iov = &byte;
    message->msg_iovlen = 1;
    n = real_recvmsg(fd, message, flags);
    message->msg_iov = parts;
    message->msg_iovlen = (__typeof__(message->msg_iovlen))count;
    return n;
}

ssize_t on_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct iovec byte =
        first_byte(message->msg_iov, (size_t)message->msg_iovlen);
    int why = moving_fault(WRITE, fd, byte.iov_len);
    struct msghdr copy = *message;

    if (why > 0)
        return -1;
    if (why == SHORT) {
        copy.msg_iov = &byte;
        copy.msg_iovlen = 1;
    }
    return real_sendmsg(fd, &copy, flags);
}

int on_select(int n, fd_set *readable, fd_set *writable, fd_set *except,
              struct timeval *limit)
{
    return n > 0 && fails(WAIT)
               ? -1
               : real_select(n, readable, writable, except, limit);
}

int on_pselect(int n, fd_set *readable, fd_set *writable, fd_set *except,
               const struct timespec *limit, const sigset_t *mask)
{
    return n > 0 && fails(WAIT)
               ? -1
               : real_pselect(n, readable, writable, except, limit, mask);
}

int on_poll(struct pollfd *list, nfds_t count, int limit_ms)
{
    return count > 0 && fails(WAIT) ? -1 : real_poll(list, count, limit_ms);
}

int on_ppoll(struct pollfd *list, nfds_t count, const struct timespec *limit,
             const sigset_t *mask)
{
    return count > 0 && fails(WAIT) ? -1 : real_ppoll(list, count, limit, mask);
}

int on_epoll_wait(int fd, struct epoll_event *events, int count, int limit_ms)
{
    return fails(WAIT) ? -1 : real_epoll_wait(fd, events, count, limit_ms);
}

int on_epoll_pwait(int fd, struct epoll_event *events, int count, int limit_ms,
                   const sigset_t *mask)
{
    return fails(WAIT) ? -1
                       : real_epoll_pwait(fd, events, count, limit_ms, mask);
}

int on_epoll_ctl(int fd, int operation, int watched, struct epoll_event *event)
{
    return fails(EPOLL_CTL) ? -1
                            : real_epoll_ctl(fd, operation, watched, event);
}

int on_sem_wait(sem_t *semaphore)
{
    return fails(WAIT) ? -1 : real_sem_wait(semaphore);
}

pid_t on_fork(void)
{
    return fails(FORK) ? -1 : real_fork();
}

/* Returns its error instead of setting errno. */
int on_pthread_create(pthread_t *thread, const pthread_attr_t *kind,
                      void *(*run)(void *), void *argument)
{
    int saved = errno;
    int why = fault(THREAD);

    errno = saved;
    return why > 0 ? why : real_pthread_create(thread, kind, run, argument);
}

int on_socket(int family, int type, int protocol)
{
    return fails(SOCKET) ? -1 : real_socket(family, type, protocol);
}

int on_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    return fails(CONNECT) ? -1 : real_connect(fd, address, len);
}

/* ---- the same with a check of the buffer's size ---- */

ssize_t on_read_chk(int fd, void *bytes, size_t len, size_t room)
{
    if (len > room)
        abort();
    return on_read(fd, bytes, len);
}

ssize_t on_recv_chk(int fd, void *bytes, size_t len, size_t room, int flags)
{
    if (len > room)
        abort();
    return on_recv(fd, bytes, len, flags);
}

int on_poll_chk(struct pollfd *list, nfds_t count, int limit_ms, size_t room)
{
    if (count > room / sizeof(*list))
        abort();
    return on_poll(list, count, limit_ms);
}

/* ---- memory ---- */

/* Memory is asked for before anything else, by the loader and perhaps by
 * dlsym itself, which has not told us yet where to get it. */
static char early[4096];
static size_t early_used;

static void *early_memory(size_t size)
{
    void *memory = early + early_used;

    early_used += (size + 15) & ~(size_t)15;
    if (early_used > sizeof(early))
        abort();
    return memory;
}

static bool is_early(const void *memory)
{
    return (const char *)memory >= early &&
           (const char *)memory < early + sizeof(early);
}

static bool found_allocator(void)
{
    if (real_free == NULL)
        find_all();
    return real_free != NULL;
}

void *on_malloc(size_t size)
{
    if (!found_allocator())
        return early_memory(size);
    return fails(MALLOC) ? NULL : real_malloc(size);
}

void *on_calloc(size_t count, size_t size)
{
    if (!found_allocator())
        return early_memory(count * size);
    return fails(MALLOC) ? NULL : real_calloc(count, size);
}

void *on_realloc(void *memory, size_t size)
{
    if (!found_allocator() || is_early(memory))
        abort(); /* nobody who allocates that early comes back for more */
    return fails(MALLOC) ? NULL : real_realloc(memory, size);
}

/* musl's refuses if malloc alone has been replaced. */
void *on_aligned_alloc(size_t alignment, size_t size)
{
    if (!found_allocator())
        abort(); /* nobody needs that so early */
    return fails(MALLOC) ? NULL : real_aligned_alloc(alignment, size);
}

void on_free(void *memory)
{
    if (memory != NULL && !is_early(memory) && found_allocator())
        real_free(memory);
}
