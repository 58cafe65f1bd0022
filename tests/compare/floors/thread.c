/*
 * tests/compare/floors/thread.c - the barest echo server with a thread for each
 * client: no look at any error. The floor that 03 is measured against.
 *
 * Usage: floor_thread [ADDRESS [PORT [STACK_KIB]]]
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "resources.h"

enum { BUFFER_SIZE = 16 * 1024, STACK_KIB = 64 };

static void *echo(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char buffer[BUFFER_SIZE];
    ssize_t n;

    while ((n = read(fd, buffer, sizeof(buffer))) > 0)
        (void)!write(fd, buffer, (size_t)n);
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    int listen_fd =
        listen_on(argc > 1 ? argv[1] : "127.0.0.1", argc > 2 ? argv[2] : "0");
    size_t stack_kib =
        argc > 3 ? strtoul(argv[3], NULL, 10) : (size_t)STACK_KIB;
    pthread_attr_t kind;
    pthread_t thread;

    set_descriptor_limit(0);
    pthread_attr_init(&kind);
    pthread_attr_setdetachstate(&kind, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&kind, stack_kib * 1024);
    if (announce(listen_fd) == -1)
        return 1;
    for (;;) {
        int fd = accept(listen_fd, NULL, NULL);

        pthread_create(&thread, &kind, echo, (void *)(intptr_t)fd);
    }
}
