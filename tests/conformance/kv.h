/*
 * tests/conformance/kv.h - what the cases of the key-value server share: its
 * messages, made by a second hand that knows nothing of 07-framing, and a
 * client that asks and compares the answer to the byte.
 *
 *     static void old_value(void)
 *     {
 *         struct server *s = server_start((struct server_spec){0});
 *         int fd = dial(s);
 *
 *         ASK(fd, hset("t", "k", "v"), values(1, ""));
 *         ASK(fd, hget("t", "k"), values(1, "v"));
 *         leave(fd);
 *         server_stop(s, 1);
 *     }
 *
 *     kv --server CMD --arg --store --arg KIND [OPTION]... [NAME]
 */
#ifndef KV_H
#define KV_H

#include <stddef.h>

#include "runner.h"

enum { KILOBYTE = 1024, MEGABYTE = 1024 * KILOBYTE };
enum { MAX_FRAME = 8 * MEGABYTE };

/* ---- messages ---- */

/* Bytes that grow. A message is made in one of these and never freed: a case
 * is a process, and soon over. */
struct wire {
    char *bytes;
    size_t len, room;
};

void wire_add(struct wire *w, const void *bytes, size_t len);
void wire_varint(struct wire *w, unsigned long long value);

/* A field of wire type 2: bytes, a text, or the message `inside`. */
void wire_bytes(struct wire *w, int number, const void *bytes, size_t len);
void wire_text(struct wire *w, int number, const char *text);
void wire_message(struct wire *w, int number, struct wire inside);

/* The message behind its length in 4 bytes. */
struct wire framed(struct wire message);

/* The same again and again. */
struct wire repeated(struct wire w, int times);

/* Values. A text stands for the string; "" for a Value in which nothing is
 * set, which is what "no value" looks like. */
struct wire value_of_text(const char *text);
struct wire value_of_string(const char *bytes, size_t len);
struct wire value_of_binary(const char *bytes, size_t len);
struct wire value_of_integer(long long integer);
struct wire value_of_float(double number);
struct wire value_of_bool(bool flag);

/* Requests, unframed. The lists end with NULL; `hmset` takes key, value, key,
 * value. */
struct wire hget(const char *table, const char *key);
struct wire hgetall(const char *table);
struct wire hmget(const char *table, ...);
struct wire hset(const char *table, const char *key, const char *value);
struct wire hset_value(const char *table, const char *key, struct wire value);
struct wire hmset(const char *table, ...);
struct wire hdel(const char *table, const char *key);
struct wire hmdel(const char *table, ...);
struct wire hexist(const char *table, const char *key);
struct wire hmexist(const char *table, ...);

/* Responses, unframed: 200 with `count` values given as texts; with one value;
 * with bools given as ints; and an error. */
struct wire values(int count, ...);
struct wire one_value(struct wire value);
struct wire bools(int count, ...);
struct wire refusal(int status, const char *message);

/* ---- a client ---- */

/* Sends the request as a frame and expects this response, to the byte. */
#define ASK(fd, request, response)                                             \
    ask_at(__FILE__, __LINE__, (fd), (request), (response))
void ask_at(const char *file, int line, int fd, struct wire request,
            struct wire response);

void send_frame(int fd, struct wire message);

/* The next message the server sends, without its frame. */
struct wire receive_frame(int fd);

/* The status of a response; whether its text holds these words. */
int status_of(struct wire response);
bool says(struct wire response, const char *words);

/* How many pairs a response has; and whether this one is among them. */
int count_pairs(struct wire response);
bool has_pair(struct wire response, const char *key, const char *value);

/* ---- the tables ---- */

extern const struct check_case kv_command_cases[]; /* kv_commands.c */
extern const struct check_case kv_frame_cases[];   /* kv_frames.c */
extern const struct check_case kv_fault_cases[];   /* kv_faults.c */
extern const struct check_case kv_client_cases[];  /* kv_clients.c */
extern const struct check_case kv_inject_cases[];  /* ../faults/inject_kv.c */

#endif
