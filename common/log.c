/* common/log.c - see log.h. */
#include "log.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"

enum { LINE_LEN = 512, SHOWN_BYTES = 64 };

static const char *program_name = "server";
static enum log_level log_level = LOG_NORMAL;

void log_setup(const char *program, enum log_level level)
{
    program_name = program;
    log_level = level;
}

const char *errno_symbol(int error)
{
    static const struct {
        int error;
        const char *symbol;
    } names[] = {
        {E2BIG, "E2BIG"},
        {EACCES, "EACCES"},
        {EADDRINUSE, "EADDRINUSE"},
        {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
        {EAFNOSUPPORT, "EAFNOSUPPORT"},
        {EAGAIN, "EAGAIN"},
        {EALREADY, "EALREADY"},
        {EBADF, "EBADF"},
        {EBUSY, "EBUSY"},
        {ECHILD, "ECHILD"},
        {ECONNABORTED, "ECONNABORTED"},
        {ECONNREFUSED, "ECONNREFUSED"},
        {ECONNRESET, "ECONNRESET"},
        {EDESTADDRREQ, "EDESTADDRREQ"},
        {EEXIST, "EEXIST"},
        {EFAULT, "EFAULT"},
        {EFBIG, "EFBIG"},
        {EHOSTDOWN, "EHOSTDOWN"},
        {EHOSTUNREACH, "EHOSTUNREACH"},
        {EINPROGRESS, "EINPROGRESS"},
        {EINTR, "EINTR"},
        {EINVAL, "EINVAL"},
        {EIO, "EIO"},
        {EISCONN, "EISCONN"},
        {EISDIR, "EISDIR"},
        {ELOOP, "ELOOP"},
        {EMFILE, "EMFILE"},
        {EMSGSIZE, "EMSGSIZE"},
        {ENAMETOOLONG, "ENAMETOOLONG"},
        {ENETDOWN, "ENETDOWN"},
        {ENETRESET, "ENETRESET"},
        {ENETUNREACH, "ENETUNREACH"},
        {ENFILE, "ENFILE"},
        {ENOBUFS, "ENOBUFS"},
        {ENOENT, "ENOENT"},
        {ENOMEM, "ENOMEM"},
        {ENOPROTOOPT, "ENOPROTOOPT"},
        {ENOSPC, "ENOSPC"},
        {ENOSYS, "ENOSYS"},
        {ENOTCONN, "ENOTCONN"},
        {ENOTDIR, "ENOTDIR"},
        {ENOTSOCK, "ENOTSOCK"},
        {ENOTTY, "ENOTTY"},
        {EOPNOTSUPP, "EOPNOTSUPP"},
        {EPERM, "EPERM"},
        {EPIPE, "EPIPE"},
        {EPROTO, "EPROTO"},
        {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
        {EROFS, "EROFS"},
        {ETIMEDOUT, "ETIMEDOUT"},
        {EXDEV, "EXDEV"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].error == error)
            return names[i].symbol;
    return "E?";
}

static void write_line(const char *format, va_list args, int error)
    __attribute__((format(printf, 1, 0)));

/* One line, one write. Whatever becomes of it, errno is left alone; a log
 * that cannot be written is no reason to stop serving. */
static void write_line(const char *format, va_list args, int error)
{
    char line[LINE_LEN];
    int len =
        snprintf(line, sizeof(line), "%s[%ld]: ", program_name, (long)getpid());

    len += vsnprintf(line + len, sizeof(line) - (size_t)len, format, args);
    if (error != 0 && len < LINE_LEN)
        len += snprintf(line + len, sizeof(line) - (size_t)len, ": %s (%s)",
                        errno_symbol(error), strerror(error));
    if (len > LINE_LEN - 1)
        len = LINE_LEN - 1;
    line[len] = '\n';
    if (write(STDERR_FILENO, line, (size_t)len + 1) == -1)
        return;
}

void log_always(const char *format, ...)
{
    int saved = errno;
    va_list args;

    va_start(args, format);
    write_line(format, args, 0);
    va_end(args);
    errno = saved;
}

void log_info(const char *format, ...)
{
    int saved = errno;
    va_list args;

    if (log_level < LOG_NORMAL)
        return;
    va_start(args, format);
    write_line(format, args, 0);
    va_end(args);
    errno = saved;
}

void log_error(const char *format, ...)
{
    int saved = errno;
    va_list args;

    va_start(args, format);
    write_line(format, args, saved);
    va_end(args);
    errno = saved;
}

void log_connected(int fd)
{
    char address[ADDRESS_LEN];
    int saved = errno;

    if (log_level >= LOG_NORMAL)
        log_info("fd %d: connected, %s", fd, peer_address(fd, address));
    errno = saved;
}

void log_closed(int fd, int error)
{
    if (error == 0 || error == END_OF_INPUT)
        log_info("fd %d: closed", fd);
    else if (error == EAGAIN || error == EWOULDBLOCK || error == ETIME)
        log_info("fd %d: closed, its time was up", fd);
    else
        log_info("fd %d: closed: %s (%s)", fd, errno_symbol(error),
                 strerror(error));
}

void log_served(long clients)
{
    log_always("served %ld client%s", clients, clients == 1 ? "" : "s");
}

static size_t escape(char *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char named[] = "\\\\\nn\rr\tt";

    for (size_t i = 0; i < sizeof(named) - 1; i += 2)
        if (c == (unsigned char)named[i]) {
            out[0] = '\\';
            out[1] = named[i + 1];
            return 2;
        }
    if (c < 0x7f && isprint(c)) {
        out[0] = (char)c;
        return 1;
    }
    memcpy(out, (char[]){'\\', 'x', hex[c >> 4], hex[c & 15]}, 4);
    return 4;
}

void log_bytes(int fd, const char *call, const char *bytes, size_t len)
{
    char shown[SHOWN_BYTES * 4 + 1];
    size_t end = 0;

    if (log_level < LOG_VERBOSE || len == 0)
        return;
    for (size_t i = 0; i < len && i < SHOWN_BYTES; i++)
        end += escape(shown + end, (unsigned char)bytes[i]);
    shown[end] = '\0';
    log_info("fd %d: %s %zu bytes: %s%s", fd, call, len, shown,
             len > SHOWN_BYTES ? "..." : "");
}

void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(format, args, errno);
    va_end(args);
    exit(EXIT_FAILURE);
}
