/* tests/harness/talk.c - see talk.h. */
#include "talk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "escape.h"

enum { CHUNK = 65536, NOTED = 31 };

/* ---- connecting ---- */

static void set_patience(int fd)
{
    struct timeval t = {patience_ms() / 1000, patience_ms() % 1000 * 1000L};

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) == -1)
        CHECK_FAIL("setsockopt: %s", strerror(errno));
}

int new_client(const struct server *s)
{
    int fd = socket(s->sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        CHECK_FAIL("socket: %s", strerror(errno));
    set_patience(fd);
    return fd;
}

static int connect_to(const struct server *s, int buffer)
{
    const struct sockaddr *to = (const struct sockaddr *)&s->sockaddr;
    int fd = new_client(s);
    int error;

    if (buffer > 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    }
    if (connect(fd, to, s->sockaddr_len) == 0) {
        check_step("client %d: connected", fd);
        return fd;
    }
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

int try_dial(const struct server *s)
{
    return connect_to(s, 0);
}

int dial_small(const struct server *s, int bytes)
{
    int fd = connect_to(s, bytes);

    if (fd == -1)
        CHECK_FAIL("connect to %s: %s", s->address, strerror(errno));
    return fd;
}

int dial(const struct server *s)
{
    return dial_small(s, 0);
}

static struct server *server_of_one;

int dial_alone(struct server *s)
{
    server_of_one = s;
    return dial(s);
}

void part(int fd)
{
    leave(fd);
    server_stop(server_of_one, 1);
}

void expect_refused(const struct server *s)
{
    int fd = try_dial(s);

    if (fd != -1)
        CHECK_FAIL("%s accepted a connection", s->address);
    if (errno != ECONNREFUSED && errno != ENOENT)
        CHECK_FAIL("expected ECONNREFUSED, got %s", strerror(errno));
    check_step("%s refuses connections", s->address);
}

/* ---- sending ---- */

static void note_bytes(int fd, const char *what, const char *bytes, size_t len)
{
    char shown[NOTED * 4 + 1] = "", byte[5];

    for (size_t i = 0; i < len && i < NOTED; i++)
        strcat(shown, escape_byte(byte, bytes[i]));
    check_step("client %d: %s %zu bytes: %s%s", fd, what, len, shown,
               len > NOTED ? "..." : "");
}

void send_at(const char *file, int line, int fd, const char *bytes, size_t len)
{
    size_t sent = 0;

    note_bytes(fd, "send", bytes, len);
    while (sent < len) {
        ssize_t n = send(fd, bytes + sent, len - sent, MSG_NOSIGNAL);

        if (n == -1 && errno == EAGAIN)
            check_fail(file, line,
                       "the server took %zu of %zu bytes and no more", sent,
                       len);
        if (n == -1)
            check_fail(file, line, "send, after %zu of %zu bytes: %s", sent,
                       len, strerror(errno));
        sent += (size_t)n;
    }
}

char pattern_at(size_t offset)
{
    size_t x = offset * 2654435761u; /* Knuth's multiplicative hash */

    return (char)((x >> 13) ^ (offset >> 8) ^ offset);
}

void fill_pattern(char *bytes, size_t len, size_t start)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = pattern_at(start + i);
}

size_t send_until_full(int fd, size_t start, size_t limit)
{
    char chunk[CHUNK];
    size_t sent = 0;

    while (sent < limit) {
        size_t len = limit - sent < CHUNK ? limit - sent : CHUNK;
        ssize_t n;

        fill_pattern(chunk, len, start + sent);
        n = send(fd, chunk, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n == -1)
            CHECK_FAIL("send, after %zu bytes: %s", sent, strerror(errno));
        sent += (size_t)n;
    }
    check_step("client %d: the socket took %zu bytes", fd, sent);
    return sent;
}

/* ---- receiving ---- */

/* recv, with what went wrong said in words; -1 only for ECONNRESET. */
static ssize_t receive(const char *file, int line, int fd, char *bytes,
                       size_t len, const char *wanted)
{
    ssize_t n = recv(fd, bytes, len, 0);

    if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
        check_fail(file, line,
                   "client %d: nothing came for %.1f s, expected %s", fd,
                   patience_ms() / 1000.0, wanted);
    if (n == -1 && errno != ECONNRESET)
        check_fail(file, line, "client %d: recv: %s", fd, strerror(errno));
    return n;
}

void expect_at(const char *file, int line, int fd, const char *bytes,
               size_t len)
{
    char *got = malloc(len + 1);
    size_t have = 0;

    note_bytes(fd, "expect", bytes, len);
    while (got != NULL && have < len) {
        ssize_t n =
            receive(file, line, fd, got + have, len - have, "more bytes");

        if (n <= 0) {
            check_step("client %d: %s after %zu of %zu bytes", fd,
                       n == 0 ? "end of input" : "ECONNRESET", have, len);
            check_bytes(file, line, got, have, bytes, len);
        }
        have += (size_t)n;
    }
    check_bytes(file, line, got, have, bytes, len);
    free(got);
}

void expect_pattern(int fd, size_t start, size_t len)
{
    char *want = malloc(CHUNK);

    CHECK(want != NULL);
    for (size_t done = 0; done < len;) {
        size_t n = len - done < CHUNK ? len - done : CHUNK;

        fill_pattern(want, n, start + done);
        EXPECT_BYTES(fd, want, n);
        done += n;
    }
    free(want);
}

void expect_eof_at(const char *file, int line, int fd)
{
    char byte[64];
    ssize_t n = receive(file, line, fd, byte, sizeof(byte), "end of input");

    check_step("client %d: expect end of input", fd);
    if (n == -1)
        check_fail(file, line,
                   "client %d: expected end of input, got ECONNRESET", fd);
    if (n > 0) {
        check_show("surplus", byte, (size_t)n);
        check_fail(file, line, "client %d: expected end of input, got bytes",
                   fd);
    }
}

void expect_closed_at(const char *file, int line, int fd)
{
    char bytes[4096];

    check_step("client %d: expect that the server closes", fd);
    while (receive(file, line, fd, bytes, sizeof(bytes), "a close") > 0)
        ;
}

void expect_reset_at(const char *file, int line, int fd)
{
    char bytes[4096];
    ssize_t n;

    check_step("client %d: expect a reset", fd);
    do
        n = receive(file, line, fd, bytes, sizeof(bytes), "a reset");
    while (n > 0);
    if (n == 0)
        check_fail(file, line, "client %d: expected a reset, got end of input",
                   fd);
}

void expect_silence_at(const char *file, int line, int fd)
{
    char bytes[256];
    ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_PEEK);

    check_step("client %d: expect that nothing has come", fd);
    if (n > 0)
        check_show("came", bytes, (size_t)n);
    if (n != -1)
        check_fail(file, line, "client %d: expected nothing yet, got %s", fd,
                   n == 0 ? "end of input" : "bytes");
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        check_fail(file, line, "client %d: recv: %s", fd, strerror(errno));
}

size_t read_to_end(int fd, char *bytes, size_t size)
{
    size_t have = 0;

    check_step("client %d: read to the end", fd);
    for (;;) {
        char beyond;
        ssize_t n = receive(__FILE__, __LINE__, fd,
                            have < size ? bytes + have : &beyond,
                            have < size ? size - have : 1, "end of input");

        if (n == -1)
            CHECK_FAIL("client %d: ECONNRESET after %zu bytes", fd, have);
        if (n == 0)
            return have;
        if (have == size)
            CHECK_FAIL("client %d: more than %zu bytes came", fd, size);
        have += (size_t)n;
    }
}

/* ---- both at once ---- */

static size_t send_some(int fd, const char *bytes, size_t len)
{
    ssize_t n = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n == -1 && errno != EAGAIN)
        CHECK_FAIL("client %d: send: %s", fd, strerror(errno));
    return n == -1 ? 0 : (size_t)n;
}

static size_t receive_some(int fd, char *bytes, size_t len)
{
    ssize_t n = recv(fd, bytes, len, MSG_DONTWAIT);

    if (n == 0)
        CHECK_FAIL("client %d: end of input, %zu bytes too early", fd, len);
    if (n == -1 && errno != EAGAIN)
        CHECK_FAIL("client %d: recv: %s", fd, strerror(errno));
    return n == -1 ? 0 : (size_t)n;
}

void exchange(int fd, const char *out, size_t out_len, char *in, size_t in_len)
{
    size_t sent = 0, got = 0;

    check_step("client %d: send %zu bytes and receive %zu meanwhile", fd,
               out_len, in_len);
    while (sent < out_len || got < in_len) {
        struct pollfd p = {fd, 0, 0};

        p.events = (short)((sent < out_len ? POLLOUT : 0) |
                           (got < in_len ? POLLIN : 0));
        if (poll(&p, 1, patience_ms()) == 0)
            CHECK_FAIL("client %d: stuck: %zu of %zu sent, %zu of %zu received",
                       fd, sent, out_len, got, in_len);
        if (sent < out_len && (p.revents & (POLLOUT | POLLERR | POLLHUP)) != 0)
            sent += send_some(fd, out + sent, out_len - sent);
        if (got < in_len && (p.revents & (POLLIN | POLLERR | POLLHUP)) != 0)
            got += receive_some(fd, in + got, in_len - got);
    }
}

void exchange_echo_at(const char *file, int line, int fd, const char *bytes,
                      size_t len)
{
    char *got = malloc(len + 1);

    CHECK(got != NULL);
    exchange(fd, bytes, len, got, len);
    check_bytes(file, line, got, len, bytes, len);
    free(got);
}

/* ---- leaving ---- */

void half_close(int fd)
{
    check_step("client %d: half-close", fd);
    if (shutdown(fd, SHUT_WR) == -1)
        CHECK_FAIL("client %d: shutdown: %s", fd, strerror(errno));
}

void leave(int fd)
{
    check_step("client %d: close", fd);
    close(fd);
}

void reset_connection(int fd)
{
    struct linger l = {1, 0};

    check_step("client %d: reset", fd);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
    close(fd);
}

/* ---- a peer for clients under test ---- */

int peer_listen(char port[8])
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd == -1 || bind(fd, (struct sockaddr *)&a, len) == -1 ||
        listen(fd, 64) == -1 ||
        getsockname(fd, (struct sockaddr *)&a, &len) == -1)
        CHECK_FAIL("a listening socket: %s", strerror(errno));
    snprintf(port, 8, "%u", (unsigned int)ntohs(a.sin_port));
    return fd;
}

int peer_accept(int listen_fd)
{
    struct pollfd p = {listen_fd, POLLIN, 0};
    int fd;

    if (poll(&p, 1, patience_ms()) == 0)
        CHECK_FAIL("nobody connected");
    fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd == -1)
        CHECK_FAIL("accept: %s", strerror(errno));
    set_patience(fd);
    check_step("peer %d: accepted", fd);
    return fd;
}
