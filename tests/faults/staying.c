/*
 * tests/faults/staying.c - clients that do not leave, and do not do what they
 * are expected to either: silent, slow, never reading, never stopping. Others
 * are served meanwhile, no CPU is burned, memory stays bounded, and he who
 * reads at last gets all of it.
 */
#include "faults.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct server_spec plain = {0};

/* ---- silent ---- */

static void silent_40(void)
{
    enum { SILENT = 40 };
    struct scene at = scene_open(with_places(plain, SILENT + 2));
    int fds[SILENT];

    for (int i = 0; i < SILENT; i++)
        fds[i] = scene_dial(&at);
    for (int i = 0; i < 5; i++)
        scene_others_served(&at);
    hint("40 clients who say nothing, and nothing to do");
    expect_no_cpu(at.s, 500, "with silent clients");
    for (int i = 0; i < SILENT; i++) {
        ROUND_TRIP(fds[i], "at last\n");
        leave(fds[i]);
    }
    scene_close(&at);
}

/* Five of the twelve bytes that are waited for. */
static void half_greetings_40(void)
{
    enum { SILENT = 40 };
    struct server *s = server_start(
        with_places((struct server_spec){.args = {"-s", "greet"}}, SILENT + 1));
    int fds[SILENT], fd;

    for (int i = 0; i < SILENT; i++) {
        fds[i] = dial(s);
        SEND_TEXT(fds[i], "hello");
    }
    for (int i = 0; i < 5 && !serves_one_at_a_time(); i++) {
        fd = dial(s);
        SEND_TEXT(fd, "hello, hello");
        EXPECT_TEXT(fd, "glad to meet you!");
        EXPECT_EOF(fd);
        leave(fd);
    }
    expect_no_cpu(s, 500, "with half a message from each client");
    for (int i = 0; i < SILENT; i++) {
        if (i % 4 == 1) {
            reset_connection(fds[i]);
            continue;
        }
        EXPECT_SILENCE(fds[i]);
        SEND_TEXT(fds[i], ", hello");
        EXPECT_TEXT(fds[i], "glad to meet you!");
        EXPECT_EOF(fds[i]);
        leave(fds[i]);
    }
    server_stop(s, SILENT + (serves_one_at_a_time() ? 0 : 5));
}

/* ---- not reading ---- */

/* Half a megabyte for each client is far below the 64 that one who never reads
 * would have the server store. */
static void expect_bounded(const struct server *s, long before, long kib)
{
    long growth = server_memory_kib(s) - before;

    if (growth > kib * memory_factor())
        CHECK_FAIL("it has grown by %ld KiB, more than %ld", growth,
                   kib * memory_factor());
}

/* In one piece, and as much as any buffer of the server takes at once: were
 * something of another's kept there, it would be gone. */
static void others_say_much(struct scene *at)
{
    enum { MUCH = 64 * KILOBYTE };
    static char much[MUCH];
    int fd;

    if (serves_one_at_a_time())
        return;
    memset(much, 'm', MUCH);
    fd = scene_dial(at);
    freeze(at->s);
    SEND_BYTES(fd, much, MUCH);
    if (server_transport != ON_UNIX)
        wait_unread(at->s, fd, MUCH);
    thaw(at->s);
    EXPECT_BYTES(fd, much, MUCH);
    leave(fd);
}

static void never_reads(void)
{
    struct scene at = scene_open(plain);
    long before = server_memory_kib(at.s);
    int fd = scene_dial(&at);
    size_t sent = send_until_stuck(at.s, fd, 0);

    for (int i = 0; i < 5; i++)
        scene_others_served(&at);
    expect_no_cpu(at.s, 600, "while one does not read");
    expect_bounded(at.s, before, 1024);
    others_say_much(&at);
    for (int i = 0; i < 5; i++)
        scene_others_served(&at);
    hint("all that he is owed arrives once he reads");
    half_close(fd);
    expect_pattern(fd, 0, sent);
    EXPECT_EOF(fd);
    leave(fd);
    scene_close(&at);
}

static void never_read_10(void)
{
    enum { CLIENTS = 10 };
    struct scene at = scene_open(plain);
    long before = server_memory_kib(at.s);
    size_t sent[CLIENTS];
    int fds[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = scene_dial_narrow(&at);
        sent[i] = send_until_stuck(at.s, fds[i], (size_t)i);
        scene_others_served(&at);
    }
    expect_no_cpu(at.s, 600, "while ten do not read");
    expect_bounded(at.s, before, 512 + 512 * CLIENTS);
    for (int i = CLIENTS; i-- > 0;) {
        expect_pattern(fds[i], (size_t)i, sent[i]);
        ROUND_TRIP(fds[i], "and on we go\n");
        leave(fds[i]);
        scene_others_served(&at);
    }
    scene_close(&at);
}

/* Reads some, and lets the server fill the gap; again and again. */
static void stuck_again_and_again(void)
{
    struct scene at = scene_open(plain);
    long before = server_memory_kib(at.s);
    int fd = scene_dial_narrow(&at);
    size_t sent = 0, got = 0;

    for (int i = 0; i < 6; i++) {
        sent += send_until_stuck(at.s, fd, sent);
        expect_pattern(fd, got, 300 * KILOBYTE + (size_t)i);
        got += 300 * KILOBYTE + (size_t)i;
        scene_others_served(&at);
    }
    expect_bounded(at.s, before, 1024);
    half_close(fd);
    expect_pattern(fd, got, sent - got);
    EXPECT_EOF(fd);
    leave(fd);
    scene_close(&at);
}

/* Half of them reset, half read it all. Each was owed some part of a buffer;
 * how much depends on where its reads fell, so each begins elsewhere. */
static void get_stuck_and_go(struct scene *at, int i)
{
    int fd = scene_dial_narrow(at);
    size_t first = 1 + (size_t)i * 3001 % 60000, sent;

    CHECK_EQ(send_until_full(fd, 0, first), first);
    sent = first + send_until_stuck(at->s, fd, first);
    if (i % 2 == 0) {
        reset_connection(fd);
    } else {
        half_close(fd);
        expect_pattern(fd, 0, sent);
        EXPECT_EOF(fd);
        leave(fd);
    }
    scene_others_served(at);
    scene_wait_left(at);
}

/* What was kept for them is given back: 32 of them make a megabyte of it.
 * (AddressSanitizer would keep it for a while, to catch its use.) */
static void owed_is_freed(void)
{
    struct scene at = scene_open(
        (struct server_spec){.env = {"ASAN_OPTIONS=quarantine_size_mb=0:"
                                     "thread_local_quarantine_size_kb=0"}});
    long before;

    for (int i = 0; i < 8; i++)
        get_stuck_and_go(&at, i);
    before = server_memory_kib(at.s);
    for (int i = 0; i < 32; i++)
        get_stuck_and_go(&at, i);
    hint("every buffer must be freed, of a client that is gone and of one that "
         "has got all");
    expect_bounded(at.s, before, 300);
    scene_close(&at);
}

static void reads_slowly(void)
{
    struct scene at = scene_open(plain);
    int fd = scene_dial_narrow(&at);
    size_t sent = send_until_stuck(at.s, fd, 0), got = 0;

    half_close(fd);
    for (; got < 64; got++)
        expect_pattern(fd, got, 1);
    for (size_t piece = 1; got < sent; piece = piece % 20000 + 1021) {
        size_t n = sent - got < piece ? sent - got : piece;

        expect_pattern(fd, got, n);
        got += n;
        if (got / MEGABYTE != (got - n) / MEGABYTE)
            scene_others_served(&at);
    }
    EXPECT_EOF(fd);
    leave(fd);
    scene_close(&at);
}

/* Whether the server has read all we said (unix_ioctl: what the peer has not
 * taken); or waits, without doing so, for us to take its replies. */
static bool has_settled(const struct server *s, int fd, bool *stuck)
{
    int unread = 1;

    for (int looks = 0; looks < 3; looks++) {
        CHECK(ioctl(fd, TIOCOUTQ, &unread) == 0);
        if (unread == 0)
            return true;
        if (!server_sleeps(s))
            return false;
        nap_ms(2);
    }
    *stuck = true;
    return true;
}

/* Many short replies, each a write of its own, until one finds no room at all:
 * that write is not cut short, it fails with EAGAIN, where a long reply would
 * have filled what was left. So it is on Unix sockets, which count messages. */
static void full_to_the_brim(void)
{
    enum { LINE = 100, MOST = 100 * 1000 };
    struct server *s;
    char address[160], line[LINE];
    bool stuck = false;
    int fd, said = 0;

    snprintf(address, sizeof(address), "unix:%s", harness_path("brim"));
    s = server_start(
        (struct server_spec){.bare = true, .args = {"-b", address}});
    fd = dial(s);
    memset(line, 'b', LINE);
    for (; !stuck && said < MOST; said++) {
        SEND_BYTES(fd, line, LINE);
        WAIT_UNTIL(has_settled(s, fd, &stuck));
    }
    check_step("stuck after %d lines", said);
    hint("EAGAIN means later, not never");
    half_close(fd);
    for (int i = 0; i < said; i++)
        EXPECT_BYTES(fd, line, LINE);
    EXPECT_EOF(fd);
    leave(fd);
    server_stop(s, 1);
}

/* A server that is to stop lets them have it all, too. */
static void slow_readers_at_stop(void)
{
    enum { CLIENTS = 3, PIECE = 100 * KILOBYTE };
    struct server *s =
        server_start((struct server_spec){.args = {"-g", "300"}});
    size_t sent[CLIENTS], got[CLIENTS] = {0};
    int fds[CLIENTS], left = CLIENTS;

    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial_narrow(s);
        sent[i] = send_until_stuck(s, fds[i], 0);
        half_close(fds[i]);
    }
    process_signal(s->process, SIGTERM);
    WAIT_UNTIL(!server_is_listening(s));
    while (left > 0)
        for (int i = 0; i < CLIENTS; i++) {
            size_t n = sent[i] - got[i] < PIECE ? sent[i] - got[i] : PIECE;

            expect_pattern(fds[i], got[i], n);
            got[i] += n;
            if (n > 0 && got[i] == sent[i]) {
                EXPECT_EOF(fds[i]);
                leave(fds[i]);
                left--;
            }
        }
    server_expect_stopped(s, CLIENTS);
}

/* ---- after the farewell ---- */

/* With one place, in 01 anyway: the next is served when this one's few seconds
 * are over, not when it pleases him to leave. */
static void stays_after_farewell(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-m", "1"}});
    int stays = dial(s), next;

    ROUND_TRIP(stays, "bye\n");
    EXPECT_EOF(stays);
    next = dial(s);
    SEND_TEXT(next, "is it my turn?\n");
    expect_no_cpu(s, 500, "while it waits for one who said bye to close");
    hint("who has been told goodbye must not keep a place");
    EXPECT_TEXT(next, "is it my turn?\n");
    leave(next);
    leave(stays);
    server_stop(s, 2);
}

static void talk_on(struct server *s, int fd)
{
    char bytes[1000] = "and another thing\n";

    (void)s;
    while (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
        continue;
    CHECK(errno == ECONNRESET || errno == EPIPE);
}

static void talks_on_after_farewell(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-m", "1"}});
    int talks = dial(s), next;
    pid_t talker;

    ROUND_TRIP(talks, "bye\n");
    EXPECT_EOF(talks);
    talker = background_start(talk_on, s, talks);
    next = dial(s);
    SEND_TEXT(next, "is it my turn?\n");
    hint("the few seconds begin at the farewell, not at the last byte");
    EXPECT_TEXT(next, "is it my turn?\n");
    background_wait(talker);
    leave(next);
    leave(talks);
    server_stop(s, 2);
}

/* In all ways at once: half-closed with much owed, half-closed by the server,
 * and idle. None of it is anything to do. */
static void half_closed_peers(void)
{
    enum { EACH = 4 };
    struct server *s = server_start(plain);
    int owed[EACH], told[EACH], idle[EACH];
    size_t sent[EACH];

    for (int i = 0; i < EACH; i++) {
        idle[i] = dial(s);
        owed[i] = dial_narrow(s);
        sent[i] = send_until_stuck(s, owed[i], 0);
        half_close(owed[i]);
    }
    for (int i = 0; i < EACH; i++) {
        told[i] = dial(s);
        ROUND_TRIP(told[i], "quit\n");
        EXPECT_EOF(told[i]);
    }
    expect_no_cpu(s, 800, "with half-closed peers");
    for (int i = 0; i < EACH; i++) {
        leave(told[i]);
        ROUND_TRIP(idle[i], "still here\n");
        leave(idle[i]);
        expect_pattern(owed[i], 0, sent[i]);
        EXPECT_EOF(owed[i]);
        leave(owed[i]);
    }
    server_stop(s, 3 * EACH);
}

/* ---- a flood ---- */

/* More than the server reads at once, less than makes TCP close its window. */
enum { OUTSTANDING = 112 * KILOBYTE };

/* Talks as fast as it can and takes the replies as fast as it can, so that
 * there is always something to be read from it. */
static void flood(struct server *s, int fd)
{
    char bytes[8 * KILOBYTE];
    size_t outstanding = 0;

    (void)s;
    memset(bytes, 'f', sizeof(bytes));
    bytes[sizeof(bytes) - 1] = '\n'; /* what comes back is that, too */
    for (;;) {
        bool more = outstanding + sizeof(bytes) <= OUTSTANDING;
        struct pollfd p = {fd, (short)(more ? POLLIN | POLLOUT : POLLIN), 0};
        ssize_t n;

        CHECK(poll(&p, 1, patience_ms()) == 1);
        if ((p.revents & POLLIN) != 0) {
            n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
            if (n <= 0 || (bytes[0] != 'f' && bytes[0] != '\n'))
                return; /* which is too early, says background_end */
            outstanding -= (size_t)n;
        } else if ((p.revents & POLLOUT) != 0) {
            n = send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL);
            outstanding += n > 0 ? (size_t)n : 0;
        }
    }
}

static size_t log_length(const struct server *s)
{
    char *log = process_log(s->process);
    size_t len = strlen(log);

    free(log);
    return len;
}

/* How many reads the log tells of from `start` on, before this line is read. */
static int reads_before(const struct server *s, size_t start, const char *line)
{
    char *log = process_log(s->process);
    char *end = strstr(log + start, line);
    int count = 0;

    CHECK(end != NULL);
    for (char *at = log + start; (at = strstr(at, ": read ")) != NULL; at++)
        count += at < end;
    free(log);
    return count - 1; /* the line's own */
}

/* The line is there before the server looks again, and so are the flooder's
 * bytes: how often he is read before it is counted, not timed. What the server
 * was about when it was frozen may be one of his, too. */
static void trip_beside_the_flood(struct server *s, int fd, int flooder, int i)
{
    char line[32], read_line[64];
    int len = snprintf(line, sizeof(line), "trip %d\n", i), reads;
    size_t start;

    freeze(s);
    start = log_length(s);
    if (is_loop())
        wait_unread(s, flooder, 16 * KILOBYTE);
    SEND_BYTES(fd, line, (size_t)len);
    wait_unread(s, fd, (unsigned int)len);
    thaw(s);
    EXPECT_BYTES(fd, line, (size_t)len);
    snprintf(read_line, sizeof(read_line), "read %d bytes: trip %d", len, i);
    reads = reads_before(s, start, read_line);
    check_step("the flooder was read %d times before", reads);
    if (is_loop() && !is_a(TRAIT_TSAN) && reads > 2) /* all in one thread */
        CHECK_FAIL("the flooder was read %d times while another waited", reads);
}

/* Each reply costs 4 ms: in this time he has his next bytes ready. (What he
 * sends are lines, for stage 07, each of them a reply.) */
static void flood_is_fair(void)
{
    struct server *s =
        server_start((struct server_spec){.args = {"-v", "-w", "4"}});
    int flooder = dial(s), fd = dial(s);
    pid_t pid;

    ROUND_TRIP(fd, "hi\n");
    pid = background_start(flood, s, flooder);
    hint("one read a round: who reads until EAGAIN never comes back");
    for (int i = 0; i < 12; i++)
        trip_beside_the_flood(s, fd, flooder, i);
    background_end(pid);
    leave(flooder);
    ROUND_TRIP(fd, "quiet at last\n");
    leave(fd);
    server_stop(s, 2);
}

static void flood_then_next(void)
{
    struct server *s = server_start(plain);
    int flooder = dial(s), next = dial(s);
    pid_t pid = background_start(flood, s, flooder);

    SEND_TEXT(next, "my turn\n");
    WAIT_UNTIL(server_cpu_ms(s) >= 100);
    EXPECT_SILENCE(next);
    leave(flooder);
    background_end(pid);
    EXPECT_TEXT(next, "my turn\n");
    leave(next);
    server_stop(s, 2);
}

static void connect_for_ever(struct server *s, int number)
{
    (void)number;
    for (;;)
        close(dial(s));
}

/* He who comes and goes without end does not keep others from being served,
 * nor new ones from coming in. */
static void flood_of_connections(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-q"}});
    int fd = dial(s);
    pid_t pid;

    ROUND_TRIP(fd, "hi\n");
    pid = background_start(connect_for_ever, s, 0);
    for (int i = 0; i < 200; i++) {
        ROUND_TRIP(fd, "still served\n");
        if (i % 50 == 0) { /* behind all of his in the backlog */
            int other = dial(s);

            ROUND_TRIP(other, "new\n");
            leave(other);
        }
    }
    background_end(pid);
    leave(fd);
    server_stop(s, SERVED_ANY);
}

/* How many clients the log says came before it says that one was read from. */
static int connected_before(const struct server *s, const char *read)
{
    char *log = process_log(s->process);
    const char *end = strstr(log, read);
    int count = 0;

    for (const char *at = log; end != NULL; count++) {
        at = strstr(at, ": connected");
        if (at == NULL || at > end)
            break;
        at++;
    }
    free(log);
    return count;
}

/* A loop that accepts all who wait before it serves anybody lets those who are
 * served already wait for as long as new ones come. */
static void served_amid_a_burst(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-v"}});
    int fd = dial(s);
    struct crowd crowd;

    hint("how many clients are accepted in one round?");
    ROUND_TRIP(fd, "hi\n");
    WAIT_UNTIL(server_sleeps(s)); /* else epoll has this client first */
    freeze(s);
    crowd = crowd_dial(s, 400);
    SEND_TEXT(fd, "my turn\n");
    thaw(s);
    EXPECT_TEXT(fd, "my turn\n");
    server_wait_log(s, "read 8 bytes: my turn");
    if (connected_before(s, "read 8 bytes: my turn") > 200)
        CHECK_FAIL("%d clients were accepted before one was served",
                   connected_before(s, "read 8 bytes: my turn"));
    crowd_leave(&crowd, 0, crowd.count);
    crowd_free(&crowd);
    leave(fd);
    server_stop(s, SERVED_ANY);
}

/* A client that has spoken in time is not idle because the server looks late,
 * nor because one who left before it in a list gives it another place. */
static void heard_before_judged(void)
{
    struct server *s = server_start((struct server_spec){.args = {"-t", "2"}});
    int first = dial(s), fd = dial(s);
    long long thawed_at_ms;

    hint("judge only those who have just been asked and had nothing");
    ROUND_TRIP(first, "hi\n");
    ROUND_TRIP(fd, "hi\n");
    freeze(s);
    leave(first);
    SEND_TEXT(fd, "heard?\n");
    thawed_at_ms = now_ms() + 3200;
    WAIT_UNTIL(now_ms() >= thawed_at_ms);
    thaw(s);
    EXPECT_TEXT(fd, "heard?\n");
    leave(fd);
    server_stop(s, 2);
}

const struct check_case staying_cases[] = {
    CASE(heard_before_judged, "fault", 60, TRAIT_LOOP),
    CASE(served_amid_a_burst, "fault", 60, TRAIT_LOOP),
    CASE(silent_40, "fault", 60, 0, ALSO_UNIX),
    CASE(half_greetings_40, "fault", 60, TRAIT_BYTES),
    CASE(never_reads, "fault", 60, TRAIT_BYTES, ALSO_UNIX),
    CASE(never_read_10, "fault", 60, TRAIT_BYTES | TRAIT_CONCURRENT, ALSO_UNIX),
    CASE(stuck_again_and_again, "fault", 60, TRAIT_BYTES),
    CASE(owed_is_freed, "fault", 60, TRAIT_BYTES),
    CASE(reads_slowly, "fault", 60, TRAIT_BYTES),
    CASE(full_to_the_brim, "fault", 60, TRAIT_BYTES),
    CASE(slow_readers_at_stop, "fault", 60, TRAIT_BYTES | TRAIT_CONCURRENT,
         ALSO_UNIX),
    CASE(stays_after_farewell, "fault", 60, TRAIT_BYTES, ALSO_UNIX),
    CASE(talks_on_after_farewell, "fault", 60, TRAIT_BYTES, ALSO_UNIX),
    CASE(half_closed_peers, "fault", 60, TRAIT_BYTES | TRAIT_CONCURRENT),
    CASE(flood_is_fair, "fault", 60, TRAIT_CONCURRENT),
    CASE(flood_then_next, "fault", 60, TRAIT_ONE_AT_A_TIME),
    CASE(flood_of_connections, "fault", 60, TRAIT_CONCURRENT, ALSO_UNIX),
    {0},
};
