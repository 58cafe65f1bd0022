/*
 * tests/faults/inject.c - makes the kernel say no, on demand.
 *
 * A library for LD_PRELOAD: it stands between an unmodified program and libc
 * and lets chosen calls fail. One environment variable says which and when:
 *
 *     LD_PRELOAD=build/tests/faults/libinject.so \
 *         INJECT='accept=EMFILE@2; read=short%3; seed=7' build/04-select/server
 *
 *     INJECT  = rule { ";" rule }
 *     rule    = call "=" fault when | "seed=" N | "log=" FILE
 *     call    = accept read write wait fork thread malloc epoll_ctl
 *               socket connect
 *     fault   = an errno's symbol (EMFILE) | "short": at most one byte is
 *               read or written
 *     when    = "@" N       the N-th time
 *             | "@" N "-"   the N-th time and ever after
 *             | "@" N "-" M from the N-th time to the M-th
 *             | "%" N       every N-th time
 *             | "~" P       with a probability of P percent, by the seed
 *
 * Spaces are ignored; where several rules hold, the first one counts. `read`
 * and `write` are those on sockets, whatever they are called (recv, sendmsg,
 * readv ...): files, pipes and the log are left alone. Calls are counted over
 * the process and all its children together. What is injected is appended to
 * the log file, a line each ("accept EMFILE 2": the call, the fault, the how
 * manieth call it was), so that a test can insist that it happened.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
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

/* ---- the grammar -------------------------------------------------------- */

static _Noreturn void reject(const char *text)
{
    dprintf(STDERR_FILENO, "inject: cannot read '%s' in INJECT\n", text);
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

static long number(const char **text)
{
    char *end;
    long n = strtol(*text, &end, 10);

    if (end == *text || n < 1)
        reject(*text);
    *text = end;
    return n;
}

static void read_when(struct rule *rule, const char *text)
{
    char kind = *text++;
    long n = number(&text);

    if (kind == '%')
        rule->every = n;
    else if (kind == '~')
        rule->percent = (int)n;
    else
        rule->from = rule->to = n;
    if (kind == '@' && *text == '-') {
        text++;
        rule->to = *text == '\0' ? FOREVER : number(&text);
    }
    if (*text != '\0')
        reject(text);
}

static void read_rule(const char *text, const char *value)
{
    struct rule rule = {0};
    size_t symbol_len = strcspn(value, "@%~");
    int call = call_named(text, (size_t)(value - text) - 1);

    if (call == -1 || symbol_len >= sizeof(rule.symbol) ||
        value[symbol_len] == '\0' || n_rules == RULES)
        reject(text);
    memcpy(rule.symbol, value, symbol_len);
    rule.call = (enum call)call;
    rule.fault = fault_named(rule.symbol);
    if (rule.fault == NO_FAULT ||
        (rule.fault == SHORT && rule.call != READ && rule.call != WRITE))
        reject(text);
    read_when(&rule, value + symbol_len);
    rules[n_rules++] = rule;
}

static void read_item(const char *text)
{
    const char *value = strchr(text, '=');

    if (value == NULL)
        reject(text);
    value++;
    if (strncmp(text, "seed=", 5) == 0)
        seed = (uint64_t)number(&value);
    else if (strncmp(text, "log=", 4) == 0)
        log_fd = open(value, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    else
        read_rule(text, value);
}

/* Copies without spaces, so that rules can be written with air. */
static void squeeze(const char *from, char *to, size_t size)
{
    size_t n = 0;

    for (; *from != '\0' && n + 1 < size; from++)
        if (*from != ' ' && *from != '\n' && *from != '\t')
            to[n++] = *from;
    to[n] = '\0';
}

/* The log's descriptor stands high: the numbers that the program gets are
 * those it would get without us. */
static void raise_log_fd(void)
{
    int high = fcntl(log_fd, F_DUPFD_CLOEXEC, 200);

    if (high != -1) {
        (void)syscall(SYS_close, log_fd);
        log_fd = high;
    }
}

__attribute__((constructor)) static void start(void)
{
    const char *text = getenv("INJECT");
    char copy[1024];
    char *rest = copy;
    char *item;

    if (text == NULL)
        return;
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        reject("(no memory)");
    squeeze(text, copy, sizeof(copy));
    while ((item = strtok_r(rest, ";", &rest)) != NULL)
        read_item(item);
    if (log_fd != -1)
        raise_log_fd();
    ready = true;
}

/* ---- whether now -------------------------------------------------------- */

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

/* NO_FAULT, SHORT, or an errno, which is set then. */
static int fault(enum call call)
{
    int saved = errno;
    long count;

    if (!ready)
        return NO_FAULT;
    count = atomic_fetch_add(&shared->calls[call], 1) + 1;
    for (int i = 0; i < n_rules; i++) {
        if (rules[i].call != call || !holds(&rules[i], count))
            continue;
        note(&rules[i], count);
        errno = rules[i].fault == SHORT ? saved : rules[i].fault;
        return rules[i].fault;
    }
    return NO_FAULT;
}

static bool is_socket(int fd)
{
    struct stat file;
    int saved = errno;
    bool yes = ready && fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode);

    errno = saved;
    return yes;
}

/* ---- the calls ---------------------------------------------------------- */

/* The function that would have been called without us. */
#define REAL(name)                                                             \
    static __typeof__(&name) real;                                             \
    if (real == NULL)                                                          \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

/* A call on a socket that moves `len` bytes; SHORT leaves it one of them. */
#define MOVE(call, fd, len)                                                    \
    if (is_socket(fd) && (len) > 0) {                                          \
        int why = fault(call);                                                 \
        if (why > 0)                                                           \
            return -1;                                                         \
        if (why == SHORT)                                                      \
            (len) = 1;                                                         \
    }

int accept(int fd, struct sockaddr *address, socklen_t *len)
{
    REAL(accept);
    return fault(ACCEPT) > 0 ? -1 : real(fd, address, len);
}

int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    REAL(accept4);
    return fault(ACCEPT) > 0 ? -1 : real(fd, address, len, flags);
}

ssize_t read(int fd, void *bytes, size_t len)
{
    REAL(read);
    MOVE(READ, fd, len);
    return real(fd, bytes, len);
}

ssize_t recv(int fd, void *bytes, size_t len, int flags)
{
    REAL(recv);
    MOVE(READ, fd, len);
    return real(fd, bytes, len, flags);
}

ssize_t recvfrom(int fd, void *bytes, size_t len, int flags,
                 struct sockaddr *address, socklen_t *address_len)
{
    REAL(recvfrom);
    MOVE(READ, fd, len);
    return real(fd, bytes, len, flags, address, address_len);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    REAL(recvmsg);
    if (is_socket(fd) && fault(READ) > 0)
        return -1;
    return real(fd, message, flags);
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
    REAL(readv);
    if (is_socket(fd) && fault(READ) > 0)
        return -1;
    return real(fd, parts, count);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    REAL(write);
    MOVE(WRITE, fd, len);
    return real(fd, bytes, len);
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    REAL(send);
    MOVE(WRITE, fd, len);
    return real(fd, bytes, len, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t len, int flags,
               const struct sockaddr *address, socklen_t address_len)
{
    REAL(sendto);
    MOVE(WRITE, fd, len);
    return real(fd, bytes, len, flags, address, address_len);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg);
    if (is_socket(fd) && fault(WRITE) > 0)
        return -1;
    return real(fd, message, flags);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev);
    if (is_socket(fd) && fault(WRITE) > 0)
        return -1;
    return real(fd, parts, count);
}

int select(int n, fd_set *readable, fd_set *writable, fd_set *except,
           struct timeval *limit)
{
    REAL(select);
    if (fault(WAIT) > 0)
        return -1;
    return real(n, readable, writable, except, limit);
}

int poll(struct pollfd *list, nfds_t count, int limit_ms)
{
    REAL(poll);
    return fault(WAIT) > 0 ? -1 : real(list, count, limit_ms);
}

int ppoll(struct pollfd *list, nfds_t count, const struct timespec *limit,
          const sigset_t *mask)
{
    REAL(ppoll);
    return fault(WAIT) > 0 ? -1 : real(list, count, limit, mask);
}

int epoll_wait(int fd, struct epoll_event *events, int count, int limit_ms)
{
    REAL(epoll_wait);
    return fault(WAIT) > 0 ? -1 : real(fd, events, count, limit_ms);
}

int epoll_pwait(int fd, struct epoll_event *events, int count, int limit_ms,
                const sigset_t *mask)
{
    REAL(epoll_pwait);
    return fault(WAIT) > 0 ? -1 : real(fd, events, count, limit_ms, mask);
}

int epoll_ctl(int fd, int operation, int watched, struct epoll_event *event)
{
    REAL(epoll_ctl);
    return fault(EPOLL_CTL) > 0 ? -1 : real(fd, operation, watched, event);
}

pid_t fork(void)
{
    REAL(fork);
    return fault(FORK) > 0 ? -1 : real();
}

/* Returns its error instead of setting errno. */
int pthread_create(pthread_t *thread, const pthread_attr_t *kind,
                   void *(*run)(void *), void *argument)
{
    int saved = errno;
    int why;

    REAL(pthread_create);
    why = fault(THREAD);
    errno = saved;
    return why > 0 ? why : real(thread, kind, run, argument);
}

int socket(int family, int type, int protocol)
{
    REAL(socket);
    return fault(SOCKET) > 0 ? -1 : real(family, type, protocol);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    REAL(connect);
    return fault(CONNECT) > 0 ? -1 : real(fd, address, len);
}

/* dlsym may ask for memory itself, before it has told us where to get it. */
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

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);

static bool find_allocator(void)
{
    static bool looking;

    if (real_free != NULL)
        return true;
    if (looking)
        return false;
    looking = true;
    *(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&real_realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&real_free = dlsym(RTLD_NEXT, "free");
    return true;
}

void *malloc(size_t size)
{
    if (!find_allocator())
        return early_memory(size);
    return fault(MALLOC) > 0 ? NULL : real_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (!find_allocator())
        return early_memory(count * size);
    return fault(MALLOC) > 0 ? NULL : real_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    if (!find_allocator() || is_early(memory))
        abort(); /* nobody who allocates that early comes back for more */
    return fault(MALLOC) > 0 ? NULL : real_realloc(memory, size);
}

void free(void *memory)
{
    if (memory != NULL && !is_early(memory) && find_allocator())
        real_free(memory);
}
