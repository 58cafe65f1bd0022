/*
 * tests/compare/experiments/kv_bench.c - what three ways of sharing a store
 * cost. Run it by hand on a quiet machine:
 *
 *     cmake --build build --target bench-kv
 *
 * Twice the same question. First the store alone, without any network: so many
 * threads call store_get or store_set of store.h as fast as they can. Then the
 * whole server: so many clients, each with a thread of its own in this program,
 * send --depth commands at a time and read the answers.
 *
 * All three stores stand ready at once and take short turns (lock, shards,
 * owner; owner, shards, lock; ...), so that what disturbs one disturbs all.
 * Nothing is pinned: how the kernel spreads threads over CPUs is part of it.
 * A figure is the median of the rounds, with the range of the middle half.
 */
#include "blocking.h"
#include "measure.h"
#include "tool.h"

#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "frame.h"
#include "net.h"
#include "store.h"

enum {
    MOST_ROUNDS = 99,
    MOST_DEPTH = 256,
    MOST_WORKERS = 64,
    KEYS = 10000,
    VALUE_LEN = 16,
    ANSWER_LEN = 4 + 3 + 2 + 2 + VALUE_LEN, /* frame, status, value, string */
};

static const char help[] =
    "Usage: kv_bench [--rounds N] [--seconds S] [--depth N] [--raw] "
    "KV_SERVER\n"
    "Operations a second of the three stores, at 1, 4 and 16 threads.\n"
    "\n"
    "  --rounds N   measurements for each figure (default 5)\n"
    "  --seconds S  of each measurement (default 0.5)\n"
    "  --depth N    commands that a client has on their way (default 32)\n"
    "  --raw        the server only, and what every round came to: operation,\n"
    "               clients, store, operations a second of each round\n"
    "\n"
    "10,000 keys, values of 16 bytes. Exit status: 0 done; 1 failed; 2 wrong\n"
    "usage.\n";

static const char *const kinds[] = {"lock", "shards", "owner"};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static int rounds = 5, depth = 32;
static double seconds = 0.5;
static bool raw;
static struct store *stores[KINDS];
static struct program servers[KINDS];

/* ---- workers ------------------------------------------------------------- */

/* A thread that does one kind of operation until `over`. */
struct worker {
    pthread_t thread;
    struct store *store; /* the store alone */
    int fd;              /* or a client of a server */
    bool writes;
    uint64_t dice;
    long long operations;
    bool failed;
};

static atomic_bool over;

/* xorshift64: good enough to choose keys, and cheap enough not to matter. */
static unsigned next_key(struct worker *w)
{
    w->dice ^= w->dice << 13;
    w->dice ^= w->dice >> 7;
    w->dice ^= w->dice << 17;
    return (unsigned)(w->dice % KEYS);
}

static struct span key_text(unsigned key, char text[16])
{
    return (struct span){text, (size_t)snprintf(text, 16, "key %u", key)};
}

static const struct kv_value a_value = {
    .type = KV_STRING, .bytes = {"sixteen letters!", VALUE_LEN}};
static const struct span a_table = {"table", 5};

static bool do_one(struct worker *w, struct span key)
{
    struct kv_value value;
    bool good =
        (w->writes ? store_set(w->store, a_table, key, &a_value, &value)
                   : store_get(w->store, a_table, key, &value)) == STORE_OK;

    value_free(&value);
    return good;
}

static void *use_store(void *argument)
{
    enum { CHOICES = 1024 };
    static _Thread_local char texts[CHOICES][16];
    struct worker *w = argument;
    struct span keys[CHOICES];

    for (int i = 0; i < CHOICES; i++)
        keys[i] = key_text(next_key(w), texts[i]);
    while (!atomic_load_explicit(&over, memory_order_relaxed))
        for (int i = 0; i < CHOICES && !w->failed; i++, w->operations++)
            w->failed = !do_one(w, keys[i]);
    return NULL;
}

/* --depth commands, each in a frame. */
static bool make_batch(struct worker *w, struct buffer *batch)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    bool good = true;

    for (int i = 0; i < depth && good; i++) {
        struct buffer request = {0};
        char text[16];
        struct kv_pair pair = {key_text(next_key(w), text), a_value};

        good = (w->writes
                    ? kv_put_pairs_request(&request, KV_HSET, a_table, &pair, 1)
                    : kv_put_keys_request(&request, KV_HGET, a_table, &pair.key,
                                          1)) &&
               frame_append(&codec, buffer_front(&request),
                            buffer_len(&request), batch);
        buffer_free(&request);
    }
    return good;
}

/* All have been set before: every answer is 200 and a value of 16 bytes. */
static bool answers_are_good(const char *answers)
{
    for (int i = 0; i < depth; i++)
        if (memcmp(answers + (size_t)i * ANSWER_LEN,
                   "\0\0\0\x17\x08\xc8\1\x1a\x12\x0a\x10", 11) != 0)
            return false;
    return true;
}

static void *be_client(void *argument)
{
    enum { CHOICES = 32 };
    static _Thread_local char answers[MOST_DEPTH * ANSWER_LEN];
    struct worker *w = argument;
    struct buffer batches[CHOICES] = {{0}};
    size_t len = (size_t)depth * ANSWER_LEN;

    for (int i = 0; i < CHOICES; i++)
        w->failed = w->failed || !make_batch(w, &batches[i]);
    for (int i = 0; !w->failed && !atomic_load(&over); i = (i + 1) % CHOICES) {
        const struct buffer *b = &batches[i];

        w->failed = write_all(w->fd, buffer_front(b), buffer_len(b)) == -1 ||
                    recv(w->fd, answers, len, MSG_WAITALL) != (ssize_t)len ||
                    !answers_are_good(answers);
        w->operations += depth;
    }
    for (int i = 0; i < CHOICES; i++)
        buffer_free(&batches[i]);
    return NULL;
}

/* ---- measuring ----------------------------------------------------------- */

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "kv_bench: %s\n", what);
    exit(EXIT_FAILURE);
}

static int connect_client(const struct program *server)
{
    int fd = program_connect(server);

    if (fd == -1)
        fail("cannot connect");
    return fd;
}

static void sleep_s(double s)
{
    struct timespec t = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};

    nanosleep(&t, NULL);
}

/* Operations a second of `count` workers. */
static double measure(int kind, int count, bool writes, bool with_server)
{
    static struct worker workers[MOST_WORKERS];
    long long operations = 0, start_ms;

    atomic_store(&over, false);
    start_ms = clock_ms();
    for (int i = 0; i < count; i++) {
        workers[i] = (struct worker){.store = stores[kind],
                                     .writes = writes,
                                     .dice = (uint64_t)i + 9527};
        if (with_server)
            workers[i].fd = connect_client(&servers[kind]);
        if (pthread_create(&workers[i].thread, NULL,
                           with_server ? be_client : use_store,
                           &workers[i]) != 0)
            fail("no thread");
    }
    sleep_s(seconds);
    atomic_store(&over, true);
    for (int i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].failed)
            fail("an operation failed");
        if (with_server)
            close(workers[i].fd);
        operations += workers[i].operations;
    }
    return (double)operations * 1000 / (double)(clock_ms() - start_ms);
}

static void print_row(int count, bool writes,
                      double figures[KINDS][MOST_ROUNDS])
{
    printf("  %-6s %3d ", writes ? "set" : "get", count);
    for (int i = 0; i < KINDS; i++) {
        struct spread s = spread_of(figures[i], rounds);

        printf("  %7.0f (%4.0f..%4.0f)", s.median / 1e3, s.low / 1e3,
               s.high / 1e3);
    }
    printf("\n");
}

static void print_raw(int count, bool writes,
                      double figures[KINDS][MOST_ROUNDS])
{
    for (int i = 0; i < KINDS; i++) {
        printf("%s %d %s", writes ? "set" : "get", count, kinds[i]);
        for (int round = 0; round < rounds; round++)
            printf(" %.0f", figures[i][round]);
        printf("\n");
    }
}

static void measure_row(int count, bool writes, bool with_server)
{
    double figures[KINDS][MOST_ROUNDS];

    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < KINDS; i++) {
            int kind = round % 2 == 0 ? i : KINDS - 1 - i;

            figures[kind][round] = measure(kind, count, writes, with_server);
        }
    (raw ? print_raw : print_row)(count, writes, figures);
    fflush(stdout);
}

static void measure_table(const char *title, bool with_server)
{
    static const int counts[] = {1, 4, 16};

    if (!raw) {
        printf("%s, thousands of operations a second\n\n  %10s ", title,
               with_server ? "clients" : "threads");
        for (int i = 0; i < KINDS; i++)
            printf("%s%9s", i == 0 ? "" : "             ", kinds[i]);
        printf("\n");
    }
    for (int writes = 0; writes < 2; writes++)
        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
            measure_row(counts[i], writes != 0, with_server);
    if (!raw)
        printf("\n");
}

/* ---- preparing ----------------------------------------------------------- */

static void fill_store(struct store *store)
{
    for (unsigned i = 0; i < KEYS; i++) {
        struct kv_value old;
        char text[16];

        if (store_set(store, a_table, key_text(i, text), &a_value, &old) !=
            STORE_OK)
            fail("the store is full");
        value_free(&old);
    }
}

/* One at a time: it is done once. */
static void fill_server(const struct program *server)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    int fd = connect_client(server);

    for (unsigned i = 0; i < KEYS; i++) {
        struct buffer request = {0}, frame = {0};
        char text[16], answer[9];
        struct kv_pair pair = {key_text(i, text), a_value};

        if (!kv_put_pairs_request(&request, KV_HSET, a_table, &pair, 1) ||
            !frame_append(&codec, buffer_front(&request), buffer_len(&request),
                          &frame) ||
            write_all(fd, buffer_front(&frame), buffer_len(&frame)) == -1 ||
            recv(fd, answer, sizeof(answer), MSG_WAITALL) != sizeof(answer))
            fail("cannot fill the server");
        buffer_free(&request);
        buffer_free(&frame);
    }
    close(fd);
}

static void prepare(const char *path)
{
    for (int i = 0; i < KINDS; i++) {
        const char *argv[] = {path, "-q", "-p", "0", "--store", kinds[i], NULL};

        stores[i] = store_open(store_named(kinds[i]),
                               (struct store_limits){256 << 20, 16});
        if (stores[i] == NULL)
            fail("cannot open a store");
        fill_store(stores[i]);
        if (program_start(&servers[i], argv, ANY_CPU, false) == -1 ||
            !program_wait_listening(&servers[i]))
            fail("cannot start the server");
        fill_server(&servers[i]);
    }
}

static void take_options(int argc, char **argv)
{
    static const struct option names[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},
        {"depth", required_argument, NULL, 'd'},
        {"raw", no_argument, NULL, 'R'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };

    for (int c; (c = getopt_long(argc, argv, "h", names, NULL)) != -1;) {
        switch (c) {
        case 'r': rounds = (int)whole_number(optarg, 1, MOST_ROUNDS); break;
        case 's': seconds = number(optarg, 0.01, 60); break;
        case 'd': depth = (int)whole_number(optarg, 1, MOST_DEPTH); break;
        case 'R': raw = true; break;
        case 'h': fputs(help, stdout); exit(EXIT_SUCCESS);
        default: usage_hint();
        }
    }
    if (optind != argc - 1)
        usage_error(optind < argc ? argv[optind + 1] : "",
                    "is not KV_SERVER, the one word that is needed");
}

int main(int argc, char **argv)
{
    char title[80];

    tool_name = "kv_bench";
    take_options(argc, argv);
    clean_up_at_exit();
    prepare(argv[optind]);
    if (!raw) {
        printf("%ld CPUs; median of %d rounds of %.1f s (middle half)\n\n",
               sysconf(_SC_NPROCESSORS_ONLN), rounds, seconds);
        measure_table("The store alone", false);
    }
    snprintf(title, sizeof(title), "The server, %d command%s on the way", depth,
             depth == 1 ? "" : "s");
    measure_table(title, true);
    for (int i = 0; i < KINDS; i++) {
        store_close(stores[i]);
        program_stop(&servers[i]);
    }
    return 0;
}
