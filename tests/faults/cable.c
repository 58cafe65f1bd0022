/* tests/faults/cable.c - see cable.h. */
#include "cable.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum cable laid;
static int namespaces[2]; /* by enum end: descriptors, for setns(2) */

/* Of a network for documentation (RFC 5737). */
static const char *const addresses[] = {"192.0.2.1", "192.0.2.2"};

/* ---- the programs that configure ---- */

static struct process *run(struct process_spec spec)
{
    struct process *p;

    spec.unwrapped = true;
    if (spec.out == STDIO_DEFAULT)
        spec.out = STDIO_NULL;
    p = process_start(spec);
    process_wait(p);
    return p;
}

static void configure(struct process_spec spec)
{
    struct process *p = run(spec);

    EXPECT_EXIT(p, 0);
    process_forget(p);
}

/* The same for what some machines lack. */
static void configure_or_skip(struct process_spec spec, const char *needs)
{
    struct process *p = run(spec);
    int status = p->status;
    char *said = process_log(p);

    process_forget(p);
    if (status != 0)
        check_skip("needs %s; %s says: %.*s", needs, spec.path,
                   (int)strcspn(said, "\n"), said);
    free(said);
}

/* Where ip, tc and nft are, though not for every user. */
static void search_where_root_does(void)
{
    const char *path = getenv("PATH");
    char all[4096];

    snprintf(all, sizeof(all), "%s:/usr/sbin:/sbin",
             path != NULL ? path : "/usr/bin:/bin");
    setenv("PATH", all, 1);
}

/* ---- two namespaces ---- */

/* In a user namespace everyone may be root, and then have networks. */
static void leave_the_network(void)
{
    if (!own_network(0, 0))
        check_skip("needs root, or user namespaces: %s", strerror(errno));
}

static int this_namespace(void)
{
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

    if (fd == -1)
        CHECK_FAIL("/proc/self/ns/net: %s", strerror(errno));
    return fd;
}

void go_to(enum end end)
{
    if (setns(namespaces[end], CLONE_NEWNET) == -1)
        CHECK_FAIL("setns: %s", strerror(errno));
}

/* ---- the cable ---- */

/* A segment is a packet: left to itself TCP hands on many at once, and a cable
 * without a wire never takes them apart. `ip` finds the other end's namespace
 * on its stdin, for it has no name. */
static void connect_ends(void)
{
    configure_or_skip(
        (struct process_spec){.path = "ip",
                              .args = {"link", "add", "name", "cable",
                                       "gso_max_segs", "1", "type", "veth",
                                       "peer", "name", "cable", "gso_max_segs",
                                       "1", "netns", "/proc/self/fd/0"},
                              .in = namespaces[SERVERS_END]},
        "iproute2 and a kernel with veth");
}

static void set_link(const char *name, const char *state)
{
    configure((struct process_spec){
        .path = "ip", .args = {"link", "set", "dev", name, state}});
}

static void bring_up(enum end end)
{
    char address[32];

    snprintf(address, sizeof(address), "%s/24", addresses[end]);
    configure((struct process_spec){
        .path = "ip", .args = {"address", "add", address, "dev", "cable"}});
    set_link("lo", "up");
    set_link("cable", "up");
}

static void narrow_buffers(void)
{
    static const char *const files[] = {"/proc/sys/net/ipv4/tcp_rmem",
                                        "/proc/sys/net/ipv4/tcp_wmem"};

    for (size_t i = 0; i < CHECK_COUNT(files); i++)
        if (!proc_write(files[i], "4096 16384 65536"))
            check_skip("needs to write %s: %s", files[i], strerror(errno));
}

static void lose_packets(void)
{
    configure_or_skip(
        (struct process_spec){
            .path = "nft",
            .args = {"add table ip cable; add chain ip cable in "
                     "{ type filter hook input priority 0; }; "
                     "add rule ip cable in iifname \"cable\" "
                     "numgen random mod 100 < 2 counter drop"}},
        "nftables, in the kernel too");
}

static void delay_packets(void)
{
    configure_or_skip(
        (struct process_spec){.path = "tc",
                              .args = {"qdisc", "add", "dev", "cable", "root",
                                       "netem", "delay", "20ms", "reorder",
                                       "25%", "50%"}},
        "a kernel with netem");
}

static void equip(enum end end)
{
    go_to(end);
    narrow_buffers();
    bring_up(end);
    if (laid == LOSSY)
        lose_packets();
    if (laid == DELAYED)
        delay_packets();
}

void cable_lay(enum cable cable)
{
    if (server_port != 0)
        check_skip("needs a server at the other end: give it --server, not "
                   "--port");
    laid = cable;
    search_where_root_does();
    leave_the_network();
    namespaces[SERVERS_END] = this_namespace();
    if (unshare(CLONE_NEWNET) == -1)
        check_skip("needs a second network: unshare says: %s", strerror(errno));
    namespaces[CLIENTS_END] = this_namespace();
    connect_ends();
    equip(SERVERS_END);
    equip(CLIENTS_END);
}

/* If the case is killed its server is too, but not a child of that one: with
 * the cable gone only the idle timeout ends it. No case is silent so long. */
struct server *cable_serve(const char *const *args)
{
    struct server_spec spec = {
        .args = {"-b", addresses[SERVERS_END], "-t", "30"}};
    struct server *s;

    for (int i = 0; args[i] != NULL; i++)
        spec.args[4 + i] = args[i];
    go_to(SERVERS_END);
    s = server_start(spec);
    go_to(CLIENTS_END);
    return s;
}

void cable_pull(enum end end)
{
    go_to(end);
    set_link("cable", "down");
    go_to(CLIENTS_END);
}

void cable_plug(enum end end)
{
    go_to(end);
    set_link("cable", "up");
    go_to(CLIENTS_END);
}

/* ---- what it did ---- */

/* The rule is listed with "counter packets 7 bytes 420" in it. */
static long packets_lost(void)
{
    struct process *p = process_start(
        (struct process_spec){.path = "nft",
                              .args = {"list", "chain", "ip", "cable", "in"},
                              .out = STDIO_PIPE,
                              .unwrapped = true});
    long lost = -1;
    char line[256];

    while (process_read_line(p, line, sizeof(line))) {
        const char *counter = strstr(line, "counter packets ");

        if (counter != NULL)
            lost = atol(counter + strlen("counter packets "));
    }
    EXPECT_EXIT(p, 0);
    process_forget(p);
    CHECK(lost >= 0);
    return lost;
}

/* Two lines "TcpExt: ...", first the names, then the numbers (proc(5)). */
static long packets_out_of_order(void)
{
    FILE *f = fopen("/proc/net/netstat", "re");
    char names[8192], numbers[8192];
    char *name, *number, *more_names, *more_numbers;

    CHECK(f != NULL && fgets(names, sizeof(names), f) != NULL &&
          fgets(numbers, sizeof(numbers), f) != NULL);
    fclose(f);
    name = strtok_r(names, " \n", &more_names);
    number = strtok_r(numbers, " \n", &more_numbers);
    while (name != NULL && number != NULL && strcmp(name, "TCPOFOQueue") != 0) {
        name = strtok_r(NULL, " \n", &more_names);
        number = strtok_r(NULL, " \n", &more_numbers);
    }
    CHECK(name != NULL && number != NULL);
    return atol(number);
}

long cable_faults(void)
{
    long faults = 0;

    if (laid == SOUND)
        return 0;
    for (int end = SERVERS_END; end <= CLIENTS_END; end++) {
        go_to((enum end)end);
        faults += laid == LOSSY ? packets_lost() : packets_out_of_order();
    }
    check_step("%ld packets %s", faults,
               laid == LOSSY ? "lost so far" : "out of order so far");
    return faults;
}
