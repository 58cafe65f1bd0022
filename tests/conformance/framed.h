/*
 * tests/conformance/framed.h - what the cases of servers and clients that carry
 * frames share: frames made by a second hand, which knows nothing of
 * 07-framing.
 *
 *     static void two_in_one(void)
 *     {
 *         struct server *s = serve("tlv", "echo");
 *         struct bytes out = {0};
 *         int fd = dial(s);
 *
 *         add_frame(&out, "tlv", "one", 3);
 *         add_frame(&out, "tlv", "", 0);
 *         EXCHANGE_ECHO(fd, out.at, out.len);
 *         leave(fd);
 *         server_stop(s, 1);
 *     }
 *
 *     framed --server CMD [--client CMD] [OPTION]... [NAME]
 */
#ifndef FRAMED_H
#define FRAMED_H

#include <stddef.h>

#include "runner.h"

enum { KILOBYTE = 1024, MEGABYTE = 1024 * KILOBYTE };

extern const char *const codec_names[]; /* ends with NULL */

/* What --max-frame is unless it is said. */
size_t default_max(const char *codec);

/* Memory, zeroed, for the rest of the case, or until drop(). */
char *keep(size_t len);
void drop(char *kept);

/* Bytes that grow, in memory that is kept. */
struct bytes {
    char *at;
    size_t len, room;
};

void add(struct bytes *b, const void *bytes, size_t len);
void add_text(struct bytes *b, const char *text);

/* A frame as a client sends it: over http a POST to /echo. And what an echo
 * answers: the same, but over http. */
void add_frame(struct bytes *b, const char *codec, const char *payload,
               size_t len);
void add_echo(struct bytes *b, const char *codec, const char *payload,
              size_t len);

/* The head of a frame whose payload is `len` bytes; not for "line". */
void add_head(struct bytes *b, const char *codec, size_t len);

/* `count` frames, "message 1" and so on, and the answers of an echo. */
void add_messages(struct bytes *b, const char *codec, int count);
void add_message_echoes(struct bytes *b, const char *codec, int count);

/* A server of this codec and service; serve_with: and more arguments, which
 * end with NULL (or NULL for none). */
struct server *serve(const char *codec, const char *service);
struct server *serve_with(const char *codec, const char *service,
                          const char *const *more);

/* A round trip of one frame through an echo: it serves this client now. */
void echo_one(int fd, const char *codec, const char *payload);

/* Sends `bytes`, says that this was all, and expects `answer` and the end. */
void say_all(const struct server *s, const struct bytes *bytes,
             const struct bytes *answer);

/* The client under test; its arguments follow the host and port of `s`. */
struct process_spec client_of(const struct server *s, const char *codec);
struct process_spec client_at(const char *port, const char *codec);

/* With these words (`second` may be NULL) the program ends with status 2, names
 * what is wrong and points to --help. */
void expect_usage_error(const char *program, const char *first,
                        const char *second, const char *named);

extern const struct check_case framed_codec_cases[];
extern const struct check_case framed_http_cases[];
extern const struct check_case framed_fault_cases[];
extern const struct check_case framed_client_cases[];
extern const struct check_case framed_peer_cases[];

#endif
