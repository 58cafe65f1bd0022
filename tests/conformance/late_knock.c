/* tests/conformance/late_knock.c - the client that late_signal.c makes come. */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

void late_knock(int port);

/* The connection stays open: it is held by the server's own process. */
void late_knock(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((in_port_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd == -1 ||
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) == -1)
        abort();
}
