/*
 * common/log.h - what a server tells its keeper, on stderr.
 *
 * Every line goes out with one write(2) and no stdio buffer, so that lines of
 * several processes or threads do not mix, and a fork copies no half-written
 * text. No function here changes errno: logging a failure must not change
 * what the caller is about to examine.
 */
#ifndef LOG_H
#define LOG_H

#include <stddef.h>

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

/* The program's name at the start of each line, and how much is logged. To be
 * called before any thread or child is made. */
void log_setup(const char *program, enum log_level level);

/* A line of printf's making: log_always() always, log_info() at LOG_NORMAL and
 * above, log_error() always and with errno's symbol behind it. */
void log_always(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "fd 7: connected, 127.0.0.1:40112". The number is the descriptor's, as
 * strace and /proc show it. */
void log_connected(int fd);

/* Why a conversation ends, where no call has failed. */
enum { END_OF_INPUT = -1 };

/* "fd 7: closed" for 0 or END_OF_INPUT, else "fd 7: closed: ECONNRESET (...)"
 * for an errno. An error of one client belongs to the ordinary log: clients
 * leave in many ways. EAGAIN (of a blocking socket) and ETIME mean that it was
 * idle for too long. */
void log_closed(int fd, int error);

/* The last line of every server: how many clients it served. */
void log_served(long clients);

/* At LOG_VERBOSE: "fd 7: read 6 bytes: hello\n", the bytes escaped where they
 * are not printable (the reader's terminal must not obey a client), and cut
 * when they are many. */
void log_bytes(int fd, const char *call, const char *bytes, size_t len);

/* "ECONNRESET" for ECONNRESET: the word a man page is searched by. A number
 * without a name here gives "E?". */
const char *errno_symbol(int error);

/* Prints the message with errno's symbol and ends the process with status 1.
 * For a failure at start-up, and for one without which nobody can be served. */
_Noreturn void die(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
