/*
 * 07-framing/kv/kv_talk.c - see kv_talk.h.
 *
 *     recv   [hset x][hget y][hg..]    the rest is kept
 *                |       |
 *     send   [old x ][y      ]         one send for what came
 */
#include "kv_talk.h"

#include <errno.h>
#include <sys/socket.h>

#include "blocking.h"
#include "clock.h"
#include "frame.h"
#include "kv_answer.h"
#include "log.h"

enum {
    READ_SIZE = 16 * 1024,
    WRITE_SIZE = 64 * 1024, /* so much is not held back any longer */
};

/* A client. Its memory grows with what it has sent, up to a frame and
 * READ_SIZE, and with what it is owed, up to an answer and WRITE_SIZE. */
struct conn {
    int fd;
    struct store *store;
    const struct options *options;
    struct codec codec;
    struct decoder decoder;
    struct buffer in;  /* what has come and is not a whole frame yet */
    struct buffer out; /* what is owed */
    long long due_ms;  /* when the frame begun must be whole; 0: none has */
};

/* A step returns 0, or the errno for which the client is lost. */
static int conn_write(struct conn *c)
{
    log_bytes(c->fd, "write", buffer_front(&c->out), buffer_len(&c->out));
    if (send_all(c->fd, buffer_front(&c->out), buffer_len(&c->out)) == -1)
        return errno;
    buffer_free(&c->out);
    return 0;
}

/* The response to one command, as a frame behind what is owed already. */
static int answer_command(struct conn *c, struct span message)
{
    struct buffer response = {0};
    int error = 0;

    if (!kv_answer(c->store, message, codec_max_frame(&c->codec), &response) ||
        !frame_append(&c->codec, buffer_front(&response), buffer_len(&response),
                      &c->out))
        error = errno;
    buffer_free(&response);
    work(c->options->work_ms);
    if (error == 0 && buffer_len(&c->out) >= WRITE_SIZE)
        error = conn_write(c);
    return error;
}

/* A frame once begun must be whole within the idle timeout: a byte now and
 * then does not keep a thread. A read waits for what is left of that time. */
static int limit_next_read(struct conn *c, bool is_new_frame)
{
    long long left_ms = c->options->idle_timeout_s * 1000LL;
    bool begun = buffer_len(&c->in) > 0;

    if (left_ms == 0 || (!begun && c->due_ms == 0))
        return 0; /* it is what it was: see set_blocking_client() */
    if (!begun)
        c->due_ms = 0;
    else if (is_new_frame || c->due_ms == 0)
        c->due_ms = clock_ms() + left_ms;
    else
        left_ms = c->due_ms - clock_ms();
    if (left_ms <= 0)
        return ETIME;
    return set_read_limit(c->fd, left_ms) == -1 ? errno : 0;
}

/* The next frame that is whole; it stands in c->in. */
static bool next_frame(struct conn *c, struct frame *frame)
{
    return frame_decode(&c->codec, &c->decoder, buffer_front(&c->in),
                        buffer_len(&c->in), frame) == FRAME_READY;
}

/* Answers all that is whole. */
static int conn_answer(struct conn *c)
{
    bool answered = false;
    struct frame frame;
    int error;

    while (next_frame(c, &frame)) {
        struct span message = {buffer_front(&c->in) + frame.offset, frame.len};

        error = answer_command(c, message);
        if (error != 0)
            return error;
        buffer_consume(&c->in, frame.used);
        answered = true;
    }
    error = conn_write(c);
    return error != 0 ? error : limit_next_read(c, answered);
}

/* As recv(2): more than 0, something has come; 0, the client has said all. */
static ssize_t conn_read(struct conn *c)
{
    char *room = buffer_room(&c->in, READ_SIZE);
    ssize_t n;

    if (room == NULL)
        return -1;
    do
        n = recv(c->fd, room, READ_SIZE, 0);
    while (n == -1 && errno == EINTR);
    buffer_grew(&c->in, n > 0 ? (size_t)n : 0);
    if (n > 0)
        log_bytes(c->fd, "read", room, (size_t)n);
    return n;
}

/* Until the client has said all, is lost, or cannot be understood. */
static int conn_talk(struct conn *c)
{
    ssize_t n;

    if (set_blocking_client(c->fd, c->options->idle_timeout_s) == -1)
        return errno;
    while ((n = conn_read(c)) > 0) {
        int error = conn_answer(c);

        if (error != 0)
            return error;
        if (c->decoder.why != NULL) { /* where would the next frame begin? */
            log_info("fd %d: %s", c->fd, c->decoder.why);
            hang_up(c->fd);
            return 0;
        }
    }
    if (n == -1)
        return errno;
    if (buffer_len(&c->in) > 0)
        log_info("fd %d: truncated frame", c->fd);
    return 0;
}

int kv_talk(int fd, struct store *store, const struct options *options)
{
    struct conn c = {.fd = fd,
                     .store = store,
                     .options = options,
                     .codec = codec_defaults(CODEC_LENGTH)};
    int error = conn_talk(&c);

    buffer_free(&c.in);
    buffer_free(&c.out);
    return error;
}
