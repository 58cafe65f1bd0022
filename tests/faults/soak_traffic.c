/* tests/faults/soak_traffic.c - see soak_traffic.h. */
#include "soak_traffic.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_LINES = 300, MAX_LINE = 400, PIECE = 3000 };

enum ending { HALF_CLOSE, FAREWELL, LEAVE, RESET, ENDINGS };

struct talker {
    int fd; /* -1: nobody */
    int number;
    uint64_t seed;
    enum ending ending;
    char *out;            /* what it says */
    size_t len, sent;     /* all of it, and how much has gone */
    size_t echo, heard;   /* what comes back of it, and how much has come */
    bool said_all, ended; /* half-closed; heard the end of input */
};

uint64_t random_next(uint64_t *seed)
{
    uint64_t x = *seed += 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

size_t random_below(uint64_t *seed, size_t limit)
{
    return (size_t)(random_next(seed) % limit);
}

/* ---- one client ---- */

/* Five bytes at least, none of which ends a line: no farewell by accident. */
static size_t make_line(char *line, uint64_t *seed)
{
    size_t len = 5 + random_below(seed, MAX_LINE - 5);

    for (size_t i = 0; i < len; i++) {
        line[i] = (char)random_next(seed);
        if (line[i] == '\n' || line[i] == '\r')
            line[i] = '.';
    }
    line[len] = '\n';
    return len + 1;
}

static void make_words(struct talker *t)
{
    size_t lines = random_below(&t->seed, MAX_LINES);
    static const char bye[] = "bye\nand more that nobody wants to hear\n";

    t->out = malloc(MAX_LINES * (MAX_LINE + 1) + sizeof(bye));
    CHECK(t->out != NULL);
    for (size_t i = 0; i < lines; i++)
        t->len += make_line(t->out + t->len, &t->seed);
    t->echo = t->len;
    if (t->ending == FAREWELL) {
        memcpy(t->out + t->len, bye, sizeof(bye) - 1);
        t->len += sizeof(bye) - 1;
        t->echo += 4;
    }
}

static void start_talker(struct talker *t, struct server *s,
                         const struct traffic *traffic, int number)
{
    *t =
        (struct talker){.fd = dial(s), .number = number, .seed = traffic->seed};
    t->seed = traffic->seed * 1000003u + (uint64_t)number;
    t->ending = (enum ending)random_below(&t->seed, ENDINGS);
    if (t->ending == FAREWELL && !traffic->farewells)
        t->ending = HALF_CLOSE;
    make_words(t);
}

/* Who has said a farewell may find that the server has hung up. */
static void say(struct talker *t)
{
    size_t len = 1 + random_below(&t->seed, PIECE);
    ssize_t n;

    if (len > t->len - t->sent)
        len = t->len - t->sent;
    n = send(t->fd, t->out + t->sent, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n == -1 && errno != EAGAIN && t->ending != FAREWELL)
        CHECK_FAIL("client number %d: send: %s", t->number, strerror(errno));
    if (n == -1 && errno != EAGAIN)
        t->sent = t->len;
    t->sent += n > 0 ? (size_t)n : 0;
}

static void hear(struct talker *t)
{
    char bytes[PIECE];
    size_t len = 1 + random_below(&t->seed, sizeof(bytes));
    ssize_t n = recv(t->fd, bytes, len, MSG_DONTWAIT);

    if (n == -1 && errno == EAGAIN)
        return;
    if (n == -1)
        CHECK_FAIL("client number %d: recv: %s", t->number, strerror(errno));
    if ((size_t)n > t->echo - t->heard)
        CHECK_FAIL("client number %d: %zd bytes more than it is owed",
                   t->number, n);
    CHECK_BYTES(bytes, (size_t)n, t->out + t->heard, (size_t)n);
    t->heard += (size_t)n;
    t->ended = n == 0;
}

/* The end that it has chosen, when it is time. */
static bool has_left(struct talker *t)
{
    switch (t->ending) {
    case RESET:
        if (t->heard >= t->echo / 2) {
            reset_connection(t->fd);
            return true;
        }
        break;
    case LEAVE:
        if (t->heard == t->echo) {
            close(t->fd);
            return true;
        }
        break;
    case HALF_CLOSE:
        if (t->sent == t->len && !t->said_all) {
            CHECK(shutdown(t->fd, SHUT_WR) == 0);
            t->said_all = true;
        }
        break;
    default: break;
    }
    if (!t->ended)
        return false;
    if (t->heard != t->echo)
        CHECK_FAIL("client number %d: the end after %zu of %zu bytes",
                   t->number, t->heard, t->echo);
    close(t->fd);
    return true;
}

/* ---- all of them ---- */

static void serve_talkers(struct talker *talkers, struct pollfd *list,
                          int count)
{
    for (int i = 0; i < count; i++) {
        const struct talker *t = &talkers[i];

        list[i] = (struct pollfd){.fd = t->fd, .events = POLLIN};
        if (t->fd != -1 && t->sent < t->len)
            list[i].events |= POLLOUT;
    }
    if (poll(list, (nfds_t)count, patience_ms()) == 0)
        CHECK_FAIL("nothing happens any more");
    for (int i = 0; i < count; i++) {
        if ((list[i].revents & POLLOUT) != 0)
            say(&talkers[i]);
        if ((list[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            hear(&talkers[i]);
    }
}

void run_traffic(struct server *s, struct traffic t)
{
    struct talker *talkers = calloc((size_t)t.at_once, sizeof(*talkers));
    struct pollfd *list = calloc((size_t)t.at_once, sizeof(*list));
    int started = 0, left = 0;

    CHECK(talkers != NULL && list != NULL);
    need_descriptors((rlim_t)t.at_once + 64);
    for (int i = 0; i < t.at_once; i++)
        talkers[i].fd = -1;
    while (left < t.count) {
        for (int i = 0; i < t.at_once; i++)
            if (talkers[i].fd == -1 && started < t.count)
                start_talker(&talkers[i], s, &t, started++);
        serve_talkers(talkers, list, t.at_once);
        for (int i = 0; i < t.at_once; i++)
            if (talkers[i].fd != -1 && has_left(&talkers[i])) {
                free(talkers[i].out);
                talkers[i].fd = -1;
                left++;
            }
    }
    check_step("%d clients have come and gone", left);
    free(talkers);
    free(list);
}
