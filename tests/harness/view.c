/* tests/harness/view.c - see view.h. */
#include "view.h"

#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

/* All of its processes; the caller frees. */
static struct proc_stat *members_of(const struct server *s, int *count)
{
    need_own(s->pid, "to look at its process");
    return proc_group(s->pid, count);
}

int server_members(const struct server *s, pid_t *pids, int max)
{
    int count;
    struct proc_stat *members = members_of(s, &count);

    for (int i = 0; i < count && i < max; i++)
        pids[i] = members[i].pid;
    free(members);
    return count < max ? count : max;
}

long server_cpu_ms(const struct server *s)
{
    int count;
    struct proc_stat *members = members_of(s, &count);
    long ticks = 0;

    for (int i = 0; i < count; i++)
        ticks += members[i].total_ticks;
    free(members);
    return ticks * 1000 / sysconf(_SC_CLK_TCK);
}

/* Whether a thread of one of them runs, or waits for a CPU to run on. */
static bool want_cpu(const pid_t *pids, int count)
{
    for (int i = 0; i < count; i++)
        if (!proc_threads_are(pids[i], "SDTtIXZ"))
            return true;
    return false;
}

/* What a spinning server gets of a CPU that many others want may be little.
 * But it is found wanting it at every look, and one that sleeps is not: who is
 * woken now and then may wait long for a CPU, but not always. */
double server_cpu_share(const struct server *s, int ms)
{
    enum { LOOKS = 15 }; /* at least, however long that takes */
    pid_t pids[64];
    int count = server_members(s, pids, (int)CHECK_COUNT(pids));
    long long start = now_ms();
    long before = server_cpu_ms(s);
    int looks = 0, wanting = 0;
    double share;

    while (now_ms() - start < ms || looks < LOOKS) {
        nap_ms(10);
        looks++;
        if (want_cpu(pids, count))
            wanting++;
    }
    share = (double)(server_cpu_ms(s) - before) / (double)(now_ms() - start);
    return wanting > looks * 9 / 10 ? 1.0 : share;
}

struct footprint server_footprint(const struct server *s)
{
    return (struct footprint){proc_descriptors(s->pid), proc_threads(s->pid),
                              proc_children(s->pid)};
}

bool server_has_footprint(const struct server *s, struct footprint as)
{
    struct footprint now = server_footprint(s);

    return now.descriptors <= as.descriptors && now.threads <= as.threads &&
           now.children <= as.children;
}

int server_backlog(const struct server *s)
{
    struct tcp_socket found;

    CHECK(s->sockaddr.ss_family != AF_UNIX);
    if (!tcp_socket_at((const struct sockaddr *)&s->sockaddr, NULL, &found))
        return -1;
    return (int)found.unread;
}

bool server_is_listening(const struct server *s)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)&s->sockaddr;

    if (s->sockaddr.ss_family == AF_UNIX)
        return unix_is_listening(un->sun_path);
    return server_backlog(s) != -1;
}
