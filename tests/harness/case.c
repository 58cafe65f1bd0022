/* tests/harness/case.c - see case.h. */
#include "case.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 3 };

static char dir[64];    /* empty until a case asks for one */
static pid_t dir_owner; /* who made it removes it, not a fork */

/* ---- waiting ---- */

bool is_instrumented(void)
{
#ifdef HARNESS_SANITIZED
    return true;
#else
    const char *wrapper = getenv("TEST_WRAPPER");

    return wrapper != NULL && wrapper[0] != '\0';
#endif
}

int patience_ms(void)
{
    const char *chosen = getenv("HARNESS_DEADLINE_MS");

    if (chosen != NULL && atoi(chosen) > 0)
        return atoi(chosen);
    return is_instrumented() ? 90000 : 20000;
}

void look_again(const char *file, int line, const char *what, long long until)
{
    if (now_ms() > until)
        check_fail(file, line, "waited %.1f s in vain for: %s",
                   patience_ms() / 1000.0, what);
    nap_ms(LOOK_EVERY_MS);
}

/* ---- files ---- */

static int remove_one(const char *path, const struct stat *file, int type,
                      struct FTW *place)
{
    (void)file;
    (void)type;
    (void)place;
    (void)remove(path);
    return 0;
}

/* Physically: links go, what they point to stays. */
static void remove_dir(void)
{
    if (dir_owner == getpid())
        (void)nftw(dir, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

const char *harness_dir(void)
{
    if (dir_owner == getpid())
        return dir;
    strcpy(dir, "/tmp/seven-XXXXXX"); /* short: sun_path has 108 bytes */
    if (mkdtemp(dir) == NULL)
        CHECK_FAIL("mkdtemp %s: %s", dir, strerror(errno));
    dir_owner = getpid();
    atexit(remove_dir);
    return dir;
}

const char *harness_path(const char *name)
{
    static char paths[8][128];
    static unsigned int next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", harness_dir(), name);
    return path;
}

int open_file(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd == -1)
        CHECK_FAIL("open %s: %s", path, strerror(errno));
    return fd;
}

char *read_file(const char *path, size_t *len)
{
    int fd = open_file(path, O_RDONLY);
    size_t size = 0;
    char *text = NULL;
    ssize_t n;

    do {
        text = realloc(text, size + 65536 + 1);
        CHECK(text != NULL);
        n = read(fd, text + size, 65536);
        size += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    close(fd);
    text[size] = '\0';
    if (len != NULL)
        *len = size;
    return text;
}

/* ---- what this machine has ---- */

void need_descriptors(rlim_t n)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < n)
        check_skip("needs %llu descriptors, the hard limit is %llu",
                   (unsigned long long)n, (unsigned long long)limit.rlim_max);
    if (limit.rlim_cur < n) {
        limit.rlim_cur = n;
        if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
            CHECK_FAIL("setrlimit: %s", strerror(errno));
    }
}

void need_ipv6(void)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6,
                             .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
        check_skip("no ::1 on this machine: %s", strerror(errno));
    close(fd);
}
