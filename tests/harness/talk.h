/*
 * tests/harness/talk.h - what a client of a server does, and a peer for clients
 * under test. See harness.h.
 */
#ifndef TALK_H
#define TALK_H

#include "server.h"

/* A connected socket, close-on-exec, blocking, on which a read or write that
 * waits longer than patience_ms() fails. try_dial returns -1 and errno. */
int dial(const struct server *s);
int try_dial(const struct server *s);

/* The only client that this server will have. part() ends both: leave(), then
 * server_stop() of a server of one client. */
int dial_alone(struct server *s);
void part(int fd);

/* A socket for such a client, not yet connected. */
int new_client(const struct server *s);

/* With SO_RCVBUF and SO_SNDBUF of `bytes` (the kernel doubles it, socket(7)):
 * a client whose buffers are soon full. */
int dial_small(const struct server *s, int bytes);

/* Connects and at once expects to be refused (or, on a Unix socket, that the
 * file is gone). */
void expect_refused(const struct server *s);

#define SEND_TEXT(fd, text)                                                    \
    send_at(__FILE__, __LINE__, (fd), (text), sizeof(text "") - 1)
#define SEND_BYTES(fd, bytes, len)                                             \
    send_at(__FILE__, __LINE__, (fd), (bytes), (len))
void send_at(const char *file, int line, int fd, const char *bytes, size_t len);

/* Reads exactly as many bytes as expected and compares them. What may follow
 * stays unread. */
#define EXPECT_TEXT(fd, text)                                                  \
    expect_at(__FILE__, __LINE__, (fd), (text), sizeof(text "") - 1)
#define EXPECT_BYTES(fd, bytes, len)                                           \
    expect_at(__FILE__, __LINE__, (fd), (bytes), (len))
void expect_at(const char *file, int line, int fd, const char *bytes,
               size_t len);

/* The next read gives end of input; or (after any bytes) ECONNRESET; or
 * either of the two, after any bytes. */
#define EXPECT_EOF(fd)    expect_eof_at(__FILE__, __LINE__, (fd))
#define EXPECT_RESET(fd)  expect_reset_at(__FILE__, __LINE__, (fd))
#define EXPECT_CLOSED(fd) expect_closed_at(__FILE__, __LINE__, (fd))
void expect_eof_at(const char *file, int line, int fd);
void expect_reset_at(const char *file, int line, int fd);
void expect_closed_at(const char *file, int line, int fd);

/* Nothing has come so far, not even end of input. It does not wait, so it
 * proves something only after an event that would have come later. */
#define EXPECT_SILENCE(fd) expect_silence_at(__FILE__, __LINE__, (fd))
void expect_silence_at(const char *file, int line, int fd);

/* "Says `text`, hears `text`": a round trip, which proves that the server
 * serves this client now. */
#define ROUND_TRIP(fd, text) (SEND_TEXT((fd), text), EXPECT_TEXT((fd), text))

/* Sends `out` and at the same time receives exactly `in_len` bytes, which a
 * megabyte needs: who sends it all first may wait for ever, as may the
 * server. EXCHANGE_ECHO expects the same bytes back. */
void exchange(int fd, const char *out, size_t out_len, char *in, size_t in_len);
#define EXCHANGE_ECHO(fd, bytes, len)                                          \
    exchange_echo_at(__FILE__, __LINE__, (fd), (bytes), (len))
void exchange_echo_at(const char *file, int line, int fd, const char *bytes,
                      size_t len);

/* Sends without waiting until the socket takes no more; returns how much went.
 * `pattern_at` gives the byte at an offset of an endless stream that never
 * repeats soon, so that a lost, doubled or swapped piece shows. */
size_t send_until_full(int fd, size_t start, size_t limit);
char pattern_at(size_t offset);
void fill_pattern(char *bytes, size_t len, size_t start);

/* Reads `len` bytes and compares them with the pattern from `start` on. */
void expect_pattern(int fd, size_t start, size_t len);

/* Reads to the end of input; returns how many bytes came (at most `size`; more
 * fails the case). A reset fails it too. */
size_t read_to_end(int fd, char *bytes, size_t size);

void half_close(int fd);       /* shutdown(fd, SHUT_WR) */
void leave(int fd);            /* close */
void reset_connection(int fd); /* SO_LINGER 0 and close: a RST (TCP only) */

/* A peer for client tests: a listening socket on 127.0.0.1 whose port is
 * written as text, and an accept that fails the case if nobody comes. */
int peer_listen(char port[8]);
int peer_accept(int listen_fd);

#endif
