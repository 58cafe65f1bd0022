/*
 * 07-framing/kv/kv-server.c - a thread for every client, one store for all.
 *
 *     main:      accept -> create -> accept -> create -> ...
 *     thread A:             +-> recv -> set x -> send -> ...
 *     thread B:                         +-> recv -> get x -> send -> ...
 *     the store:                           x       x         shared
 *
 * New here: threads that share something. How, is store_lock.c, store_shards.c
 * and store_owner.c; what a thread says to its client is kv_talk.c.
 * From common/: what 03-pthread takes; accept, create and stop are as there.
 * Its limit: 03's, a stack for every client. What is stored ends with it.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kv_setup.h"
#include "kv_talk.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "resources.h"
#include "signals.h"

enum { STACK_SIZE = 64 * 1024 }; /* for each client */

static struct options options;
static struct store *store;
static int listen_fd = -1;
static volatile sig_atomic_t stops; /* 0: serve, 1: let clients end, 2: end */
static sem_t places; /* free ones; on_stop() adds one to wake main */

/* Main waits in accept or for a place. The first stop closes listen_fd, so that
 * accept fails, and each stop gives a place. */
static void on_stop(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    if (stops == 0) {
        close(listen_fd);
        alarm_in(options.grace_s);
    }
    stops++;
    sem_post(&places);
    errno = saved;
}

/* Returns 0, or why the client is lost: an errno. */
static int converse(int fd)
{
    return kv_talk(fd, store, &options);
}

/* One client, from its first to its last. */
static void attend(int fd)
{
    int error;

    log_connected(fd);
    error = converse(fd);
    log_closed(fd, error);
    close(fd);
}

/* The next client, or -1 when the server is to stop. */
static int accept_client(void)
{
    for (;;) {
        int fd = accept(listen_fd, NULL, NULL);

        if (fd != -1 || stops > 0)
            return fd; /* -1 only after a stop */
        switch (accept_verdict(fd)) {
        case ACCEPT_PAUSE: wait_out_shortage("accept", errno); break;
        case ACCEPT_BROKEN: die("accept");
        default: break; /* that client is gone already: the next one */
        }
    }
}

static void wait_for_place(void)
{
    while (sem_wait(&places) == -1) /* EINTR: on_stop() ran, and gave a place */
        continue;
}

/* By value: a pointer would soon lead to the next client's descriptor. */
static void *run_thread(void *argument)
{
    int fd = (int)(intptr_t)argument;

    attend(fd);
    sem_post(&places);
    return NULL;
}

static void start_thread(int fd)
{
    pthread_attr_t kind;
    pthread_t thread;
    int error;

    (void)pthread_attr_init(&kind); /* these cannot fail */
    (void)pthread_attr_setdetachstate(&kind, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&kind, possible_stack(STACK_SIZE));
    hold_signals(); /* the thread inherits this: main gets the signals */
    for (;;) {
        error =
            pthread_create(&thread, &kind, run_thread, (void *)(intptr_t)fd);
        if (error == 0 || stops > 0)
            break;
        wait_out_shortage("pthread_create", error);
    }
    if (error != 0) {
        close(fd);
        sem_post(&places);
    }
    release_signals();
}

static void start(int argc, char **argv)
{
    const struct store_kind *kind;
    struct store_limits limits;

    parse_kv_server(&options, &kind, &limits, argc, argv);
    store = store_open(kind, limits);
    if (store == NULL)
        die("cannot open the store");
    listen_fd = listen_on(options.address, options.port);
    if (listen_fd == -1)
        die("cannot serve on %s, port %s", options.address, options.port);
    fit_clients(&options.max_clients, set_descriptor_limit(0));
    if (sem_init(&places, 0, (unsigned)options.max_clients) == -1)
        die("sem_init");
    if (announce(listen_fd) == -1)
        die("cannot announce");
}

int main(int argc, char **argv)
{
    long served = 0;
    int fd;

    hold_signals();           /* until catch_stop_signals() lets them in */
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    start(argc, argv);
    catch_stop_signals(on_stop);

    wait_for_place();
    fd = accept_client();
    while (fd != -1) {
        start_thread(fd);
        served++;
        wait_for_place();
        fd = accept_client();
    }
    /* Main has one place, and on_stop() gave one: when max_clients more can be
     * had, all clients have left. The end of the grace ends the wait. */
    for (int i = 0; i < options.max_clients && stops == 1; i++)
        wait_for_place();
    if (stops == 1)
        store_close(store); /* else a thread may still be using it */
    remove_socket();
    log_served(served);
    return 0;
}
