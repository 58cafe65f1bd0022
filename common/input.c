/* common/input.c - see input.h. */
#include "input.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

void watch_farewell(struct farewell *farewell, const char *bytes, size_t len)
{
    struct session *s = &farewell->session;

    if (s->service == NULL)
        (void)session_open(s, service_find("echo")); /* which says nothing */
    if (farewell->said) /* a session is not fed after its last reply */
        return;
    /* echo rewrites nothing: the cast is harmless */
    farewell->said = session_feed(s, (char *)bytes, len).last;
}

size_t send_watched(int fd, struct farewell *farewell, const char *bytes,
                    size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, 0);

        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            break;
        watch_farewell(farewell, bytes, (size_t)n);
        bytes += n;
        len -= (size_t)n;
    }
    return len;
}

void catch_server_closed(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    (void)sigemptyset(&action.sa_mask); /* neither can fail: valid arguments */
    (void)sigaction(SIGUSR1, &action, NULL);
}

enum rest { ENDED, NOTHING_YET, SOMETHING };

/* A byte of stdin is taken if there is one: the client ends, and sends no
 * more. */
static enum rest try_stdin(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;

    if (poll(&input, 1, 0) != 1)
        return NOTHING_YET;
    return read(STDIN_FILENO, &byte, 1) == 1 ? SOMETHING : ENDED;
}

int server_closed(const struct farewell *farewell, size_t unsent)
{
    enum rest rest = SOMETHING;

    if (unsent == 0)
        rest = try_stdin();
    if (rest != ENDED)
        log_always("server closed the connection");
    if (rest == SOMETHING && !farewell->said)
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
