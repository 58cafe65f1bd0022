/*
 * 07-framing/kv/kv-server.c - a thread for every client, one store for all.
 *
 *     thread A:   recv [hset x][hget y][hg..]   the rest is kept
 *                          |       |
 *     the store:        set x    get y          shared: see store.h
 *                          |       |
 *                 send [old x  ][y     ]        one send for what came
 *
 * New here: threads that share something. How, is store_lock.c, store_shards.c
 * and store_owner.c; accept, create, stop and the places are stage 03's.
 * Its limit: 03's, a stack for every client. What is stored ends with it.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "blocking.h"
#include "capacity.h"
#include "clock.h"
#include "log.h"
#include "net.h"
#include "options.h"
#include "shortage.h"
#include "signals.h"

#include "frame.h"
#include "kv_answer.h"
#include "kv_setup.h"

enum { READ_SIZE = 16 * 1024, STACK_SIZE = 64 * 1024 };
enum { WRITE_SIZE = 64 * 1024 }; /* so much is not held back any longer */

/* A client. Its memory grows with what it has sent, up to a frame and
 * READ_SIZE, and with what it is owed, up to an answer and WRITE_SIZE. */
struct conn {
    int fd;
    struct decoder decoder;
    struct buffer in;  /* what has come and is not a whole frame yet */
    struct buffer out; /* what is owed */
    long long due_ms;  /* when the frame begun must be whole; 0: none has */
};

static struct options options;
static struct codec codec;
static struct store *store;
static int listen_fd = -1;
static volatile sig_atomic_t stops; /* 0: serve, 1: let end, 2: end */
static sem_t places; /* the free ones, and one more for each stop */

/* Once stopped, accept fails and there is a place, whoever comes first. */
static void on_stop(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    if (stops++ == 0) {
        close(listen_fd);
        start_grace(options.grace_s);
    }
    sem_post(&places);
    errno = saved;
}

/* -1 when the client is lost. */
static int conn_write(struct conn *c)
{
    log_bytes(c->fd, "write", buffer_front(&c->out), buffer_len(&c->out));
    if (send_all(c->fd, buffer_front(&c->out), buffer_len(&c->out)) == -1)
        return -1;
    buffer_free(&c->out);
    return 0;
}

/* The response to one command, as a frame behind what is owed already. */
static int answer_command(struct conn *c, struct span message)
{
    struct buffer response = {0};
    bool good = kv_answer(store, message, codec_max_frame(&codec), &response) &&
                frame_append(&codec, buffer_front(&response),
                             buffer_len(&response), &c->out);

    buffer_free(&response); /* errno stays: free(3) */
    work(options.work_ms);
    if (!good || buffer_len(&c->out) < WRITE_SIZE)
        return good ? 0 : -1;
    return conn_write(c);
}

/* A frame once begun must be whole within the idle timeout: a byte now and
 * then does not keep a thread. A read waits for what is left of that time. */
static int limit_next_read(struct conn *c, bool is_new_frame)
{
    long long left_ms = options.idle_timeout_s * 1000LL;
    bool begun = buffer_len(&c->in) > 0;
    struct timeval limit;

    if (left_ms == 0 || (!begun && c->due_ms == 0))
        return 0; /* it is what it was: see set_blocking_client() */
    if (!begun)
        c->due_ms = 0;
    else if (is_new_frame || c->due_ms == 0)
        c->due_ms = clock_ms() + left_ms;
    else
        left_ms = c->due_ms - clock_ms();
    errno = ETIME;
    limit = (struct timeval){.tv_sec = (time_t)(left_ms / 1000),
                             .tv_usec = (suseconds_t)(left_ms % 1000 * 1000)};
    return left_ms <= 0 ? -1
                        : setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
                                     sizeof(limit));
}

/* Answers all that is whole. 1: go on, 0: hang up, -1: the client is lost. */
static int conn_answer(struct conn *c)
{
    enum frame_status status;
    struct frame frame;
    bool answered = false;

    while ((status = frame_decode(&codec, &c->decoder, buffer_front(&c->in),
                                  buffer_len(&c->in), &frame)) == FRAME_READY) {
        struct span message = {buffer_front(&c->in) + frame.offset, frame.len};

        if (answer_command(c, message) == -1)
            return -1;
        buffer_consume(&c->in, frame.used);
        answered = true;
    }
    if (conn_write(c) == -1 || limit_next_read(c, answered) == -1)
        return -1;
    if (status == FRAME_ERROR)
        log_info("fd %d: %s", c->fd, c->decoder.why);
    return status == FRAME_MORE;
}

/* 1: something has come, 0: end of input, -1: the client is lost. */
static int conn_read(struct conn *c)
{
    char *room = buffer_room(&c->in, READ_SIZE);
    ssize_t n;

    if (room == NULL)
        return -1;
    while ((n = recv(c->fd, room, READ_SIZE, 0)) == -1 && errno == EINTR)
        continue;
    buffer_grew(&c->in, n > 0 ? (size_t)n : 0);
    if (n > 0)
        log_bytes(c->fd, "read", room, (size_t)n);
    if (n == 0 && buffer_len(&c->in) > 0)
        log_info("fd %d: truncated frame", c->fd);
    return n > 0 ? 1 : (int)n;
}

/* Until the client has said all, is lost, or cannot be understood. */
static void converse(int fd)
{
    struct conn c = {.fd = fd};
    int alive = set_blocking_client(fd, options.idle_timeout_s) == -1 ? -1 : 1;

    log_connected(fd);
    while (alive == 1) {
        alive = conn_read(&c);
        if (alive == 1 && (alive = conn_answer(&c)) == 0)
            hang_up(fd);
    }
    log_closed(fd, alive == -1 ? errno : 0);
    buffer_free(&c.in);
    buffer_free(&c.out);
}

/* The next client, or -1 when the server is to stop. */
static int accept_client(void)
{
    int fd;

    while ((fd = accept(listen_fd, NULL, NULL)) == -1 && stops == 0) {
        switch (accept_verdict(fd)) {
        case ACCEPT_PAUSE: wait_out_shortage("accept", errno); break;
        case ACCEPT_BROKEN: die("accept");
        default: break; /* that client is gone already: the next one */
        }
    }
    return fd;
}

static void take_place(void)
{
    while (sem_wait(&places) == -1) /* EINTR: on_stop() has left a place */
        continue;
}

/* The descriptor comes by value: a pointer would show the next client's. */
static void *live_as_thread(void *argument)
{
    int fd = (int)(intptr_t)argument;

    converse(fd);
    close(fd);
    sem_post(&places);
    return NULL;
}

static void serve_client(int fd)
{
    pthread_attr_t kind;
    pthread_t thread;

    (void)pthread_attr_init(&kind); /* cannot fail with valid arguments */
    (void)pthread_attr_setdetachstate(&kind, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&kind, STACK_SIZE);
    hold_signals(); /* a thread inherits that: the signals are main's */
    while ((errno = pthread_create(&thread, &kind, live_as_thread,
                                   (void *)(intptr_t)fd)) != 0 &&
           stops == 0)
        wait_out_shortage("pthread_create", errno);
    if (errno != 0) {
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
    codec = codec_defaults(CODEC_LENGTH);
    if ((store = store_open(kind, limits)) == NULL)
        die("cannot open the store");
    listen_fd = listen_on(options.address, options.port);
    fit_clients(&options.max_clients, set_descriptor_limit(0));
    if (listen_fd == -1 || announce(listen_fd) == -1 ||
        sem_init(&places, 0, (unsigned)options.max_clients) == -1)
        die("cannot serve on %s, port %s", options.address, options.port);
}

int main(int argc, char **argv)
{
    long served = 0;
    int fd;

    hold_signals();
    signal(SIGPIPE, SIG_IGN); /* a client that left gives EPIPE, not death */
    start(argc, argv);
    catch_stop_signals(on_stop);

    while (take_place(), (fd = accept_client()) != -1) {
        serve_client(fd);
        served++;
    }
    /* All places in hand: all have left. The grace ends the wait for that. */
    for (int i = 0; i < options.max_clients && stops == 1; i++)
        take_place();
    if (stops == 1)
        store_close(store); /* else a thread may still be using it */
    remove_socket();
    log_served(served);
    return 0;
}
