/* tests/compare/load/scripted.c - see scripted.h. */
#include "scripted.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "blocking.h"
#include "net.h"
#include "now.h"
#include "resources.h"

enum { BUFFER_SIZE = 64 * 1024, STACK_SIZE = 256 * 1024 };

static const char *behaviour;
static long number;

/* What all threads share. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long clients_so_far;
static long long bytes_so_far;
static int last_fd = -1; /* swap: who spoke before */

static bool is(const char *name)
{
    return strcmp(behaviour, name) == 0;
}

/* Everybody comes by here, so everybody waits. */
static void stall_once(void)
{
    static long long begin_ms;
    static bool done;

    if (begin_ms == 0)
        begin_ms = now_ms();
    if (!done && now_ms() - begin_ms >= 500) {
        done = true;
        nap_ms(number);
    }
}

static void linger_reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* Is the byte at this place of the stream one that counts? */
static bool is_nth(long long place)
{
    return (place + 1) % number == 0;
}

/* A piece in which every N-th byte is changed, gone, or followed by another. */
static bool answer_changed(int fd, const char *bytes, size_t len)
{
    static char changed[2 * BUFFER_SIZE]; /* under the lock */
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        bool nth = is_nth(bytes_so_far + (long long)i);

        if (!(nth && is("lose")))
            changed[n++] = (char)(nth && is("flip") ? bytes[i] ^ 1 : bytes[i]);
        if (nth && is("extra"))
            changed[n++] = '!';
    }
    return write_all(fd, changed, n) == 0;
}

static bool trickle(int fd, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (write_all(fd, bytes + i, 1) == -1)
            return false;
    return true;
}

/* Under the lock. False: hang up. */
static bool answer(int fd, const char *bytes, size_t len, long long *heard)
{
    int to = fd;

    *heard += (long long)len;
    if (is("die") && bytes_so_far > number)
        _exit(EXIT_FAILURE);
    if (is("silent"))
        return true;
    if (is("flip") || is("lose") || is("extra"))
        return answer_changed(fd, bytes, len);
    if (is("trickle"))
        return trickle(fd, bytes, len);
    if (is("stall"))
        stall_once();
    if (is("swap")) {
        to = last_fd != -1 ? last_fd : fd;
        last_fd = fd;
    }
    if ((is("close") || is("reset")) && *heard >= number) {
        if (is("reset"))
            linger_reset(fd);
        return false;
    }
    return write_all(to, bytes, len) == 0;
}

static void *serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char buffer[BUFFER_SIZE];
    long long heard = 0;
    bool goes_on = !is("hello") || write_all(fd, "hello\n", 6) == 0;
    ssize_t n;

    for (int piece = 1; goes_on; piece++) {
        n = read(fd, buffer, sizeof(buffer));
        if (n <= 0)
            break;
        if (is("slow") && piece % 10 == 0)
            nap_ms(number);
        pthread_mutex_lock(&lock);
        goes_on = answer(fd, buffer, (size_t)n, &heard);
        bytes_so_far += n;
        pthread_mutex_unlock(&lock);
    }
    close(fd);
    return NULL;
}

/* main waits for SIGTERM; all threads hold it back. */
static void *accept_all(void *argument)
{
    int listen_fd = (int)(intptr_t)argument;
    pthread_attr_t kind;
    pthread_t thread;

    pthread_attr_init(&kind);
    pthread_attr_setdetachstate(&kind, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&kind, STACK_SIZE);
    for (;;) {
        int fd = accept(listen_fd, NULL, NULL);

        if (fd == -1)
            continue;
        pthread_mutex_lock(&lock);
        clients_so_far++;
        pthread_mutex_unlock(&lock);
        if (pthread_create(&thread, &kind, serve, (void *)(intptr_t)fd) != 0)
            close(fd);
    }
    return NULL;
}

int scripted_main(int argc, char **argv)
{
    const char *address = getenv("SCRIPTED_ADDRESS");
    pthread_t thread;
    sigset_t stop;
    int listen_fd, signal_number;

    behaviour = argc > 1 ? argv[1] : "echo";
    number = argc > 2 ? atol(argv[2]) : 1;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    set_descriptor_limit(0);
    listen_fd = listen_on(address != NULL ? address : "127.0.0.1", "0");
    if (listen_fd == -1)
        perror("load_test: cannot listen");
    if (listen_fd == -1 || announce(listen_fd) == -1 ||
        pthread_create(&thread, NULL, accept_all,
                       (void *)(intptr_t)listen_fd) != 0)
        return EXIT_FAILURE;
    sigwait(&stop, &signal_number);
    pthread_mutex_lock(&lock);
    printf("%ld clients, %lld bytes\n", clients_so_far, bytes_so_far);
    fflush(stdout);
    remove_socket();
    _exit(EXIT_SUCCESS);
}
