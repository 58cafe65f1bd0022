/*
 * 07-framing/kv/kv_text.h - the key-value messages as a person types and reads
 * them. Pure functions: words in, a request out; a response in, text out.
 *
 *     hset table key value               hget table key
 *     hmset table key value [key ...]    hmget table key [key ...]
 *     hdel table key                     hmdel table key [key ...]
 *     hexist table key                   hmexist table key [key ...]
 *     hgetall table
 *
 * A value is a string, unless it begins with one of
 *
 *     i:42     an integer                f:1.5   a float
 *     b:true   a bool, or b:false        x:00ff  bytes, as hex digits
 *     s:i:42   the string "i:42"         n:      a value without a value
 */
#ifndef KV_TEXT_H
#define KV_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "buffer.h"
#include "command.h"
#include "span.h"

enum { MOST_WORDS = 1024, WHY_LEN = 128 };

/* Cuts a line into words, in place: they are separated by blanks and tabs; a
 * word that begins with '"' goes to the next '"', and in it \" \\ \n \t stand
 * for those characters and \x and two hex digits for any byte but NUL. Returns
 * how many there are, each NUL-terminated in `line`; or -1, and *why. */
int split_line(char *line, char *words[MOST_WORDS], const char **why);

/* Whether the word is the name of a command. */
bool is_command(const char *word);

enum words_status { WORDS_OK, WORDS_WRONG, WORDS_NO_MEMORY };

/* Appends the request that `count` words ask for. WORDS_WRONG: `why` says what
 * is wrong with them. */
enum words_status request_from_words(char *const *words, int count,
                                     struct buffer *out, char why[WHY_LEN]);

/* Prints what a good response holds, a line for each value or pair. Strings
 * are in quotes, and what a terminal would obey is escaped. */
void print_response(FILE *file, const struct kv_response *response);

/* Prints bytes that may hold anything, escaped likewise. */
void print_escaped(FILE *file, struct span text);

#endif
