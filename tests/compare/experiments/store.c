/*
 * tests/compare/experiments/store.c - three ways of sharing a store between
 * threads (10). First the whole server: so many clients, each with a thread of
 * its own in this program, send some commands at a time and read the answers.
 * With --full, the same with one command at a time, and the store alone: so
 * many threads call store_get or store_set of store.h as fast as they can.
 *
 * All three stores stand ready at once and take short turns (lock, shards,
 * owner; owner, shards, lock; ...), so that what disturbs one disturbs all.
 * Nothing is pinned: how the kernel spreads threads over CPUs is part of it.
 */
#include "store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "experiments.h"
#include "blocking.h"
#include "command.h"
#include "frame.h"

enum {
    DEPTH = 32, /* commands on their way */
    MOST_WORKERS = 64,
    KEYS = 10000,
    VALUE_LEN = 16,
    ANSWER_LEN = 4 + 3 + 2 + 2 + VALUE_LEN, /* frame, status, value, string */
};

static const char *const kinds[] = {"lock", "shards", "owner"};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static struct store *stores[KINDS];
static struct crew servers;
static const char *broken; /* what failed, NULL: nothing */

/* ---- workers ---- */

/* A thread that does one kind of operation until `over`. */
struct worker {
    pthread_t thread;
    struct store *store; /* the store alone */
    int fd;              /* or a client of a server */
    bool writes;
    int depth; /* commands that it has on their way */
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

/* Adds a command that writes or reads this key, in a frame. */
static bool add_command(struct buffer *batch, unsigned key, bool writes)
{
    struct codec codec = codec_defaults(CODEC_LENGTH);
    struct buffer request = {0};
    char text[16];
    struct kv_pair pair = {key_text(key, text), a_value};
    bool good =
        (writes
             ? kv_put_pairs_request(&request, KV_HSET, a_table, &pair, 1)
             : kv_put_keys_request(&request, KV_HGET, a_table, &pair.key, 1)) &&
        frame_append(&codec, buffer_front(&request), buffer_len(&request),
                     batch);

    buffer_free(&request);
    return good;
}

/* All have been set before: every answer is 200 and a value of 16 bytes. */
static bool are_good(const char *answers, int depth)
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
    static _Thread_local char answers[DEPTH * ANSWER_LEN];
    struct worker *w = argument;
    struct buffer batches[CHOICES] = {{0}};
    size_t len = (size_t)w->depth * ANSWER_LEN;

    for (int i = 0; i < CHOICES * w->depth; i++)
        w->failed = w->failed ||
                    !add_command(&batches[i % CHOICES], next_key(w), w->writes);
    for (int i = 0; !w->failed && !atomic_load(&over); i = (i + 1) % CHOICES) {
        const struct buffer *b = &batches[i];

        w->failed = write_all(w->fd, buffer_front(b), buffer_len(b)) == -1 ||
                    recv(w->fd, answers, len, MSG_WAITALL) != (ssize_t)len ||
                    !are_good(answers, w->depth);
        w->operations += w->depth;
    }
    for (int i = 0; i < CHOICES; i++)
        buffer_free(&batches[i]);
    return NULL;
}

/* ---- measuring ---- */

/* A picture: what is asked, and how. */
struct question {
    const char *title;
    bool writes, alone; /* the store alone, without its server */
    int depth, clients[3];
};

static const struct question questions[] = {
    {"Reading keys, 32 commands on their way", false, false, 32, {1, 4, 16}},
    {"Writing keys, 32 commands on their way", true, false, 32, {1, 4, 16}},
    /* With --full: */
    {"Reading keys, one command on its way", false, false, 1, {16, 0, 0}},
    {"Writing keys, one command on its way", true, false, 1, {16, 0, 0}},
    {"Reading keys, the store alone", false, true, 0, {1, 4, 16}},
    {"Writing keys, the store alone", true, true, 0, {1, 4, 16}},
};
enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]), USUAL = 2 };

static bool start_worker(struct worker *w, const struct question *q, int kind)
{
    w->fd = q->alone ? -1 : program_connect(&servers.all[kind].program);
    return (q->alone || w->fd != -1) &&
           pthread_create(&w->thread, NULL, q->alone ? use_store : be_client,
                          w) == 0;
}

/* Operations a second of so many workers. */
static double measure(const struct question *q, int kind, int count)
{
    static struct worker workers[MOST_WORKERS];
    double start_ms = moment_ms(), operations = 0;
    int started = 0;

    atomic_store(&over, false);
    for (; started < count; started++) {
        workers[started] = (struct worker){.store = stores[kind],
                                           .writes = q->writes,
                                           .depth = q->depth,
                                           .dice = (uint64_t)started + 9527};
        if (!start_worker(&workers[started], q, kind)) {
            broken = "a client could not be started";
            break;
        }
    }
    nap_ms((int)(1000 * atof(round_seconds())));
    atomic_store(&over, true);
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        if (workers[i].failed)
            broken = "an operation failed";
        if (workers[i].fd != -1)
            close(workers[i].fd);
        operations += (double)workers[i].operations;
    }
    return operations * 1000 / (moment_ms() - start_ms);
}

static void measure_clients(struct experiment *e, const struct question *q,
                            char picture, int count)
{
    double figures[KINDS][MOST_ROUNDS];
    int rounds = 0;

    progress(q->title);
    for (; rounds < rounds_wanted() && !is_interrupted(); rounds++)
        for (int i = 0; i < KINDS && broken == NULL; i++) {
            int kind = rounds % 2 == 0 ? i : KINDS - 1 - i;

            figures[kind][rounds] = measure(q, kind, count);
        }
    for (int i = 0; i < KINDS && broken == NULL; i++)
        add_values(e, picture, kinds[i], count, figures[i], rounds, "");
}

static void ask(struct experiment *e, const struct question *q)
{
    struct picture *p =
        ADD_PICTURE(e, .y_title = "operations a second", .log_x = true);

    snprintf(p->title, sizeof(p->title), "%s", q->title);
    strcpy(p->x_title, q->alone ? "threads" : "clients");
    for (int i = 0; i < 3 && q->clients[i] > 0 && broken == NULL; i++)
        measure_clients(e, q, p->letter, q->clients[i]);
}

/* ---- begin and end ---- */

static bool fill_store(struct store *store)
{
    for (unsigned i = 0; i < KEYS; i++) {
        struct kv_value old;
        char text[16];

        if (store_set(store, a_table, key_text(i, text), &a_value, &old) !=
            STORE_OK)
            return false;
        value_free(&old);
    }
    return true;
}

/* One at a time: it is done once. */
static bool fill_server(const struct process *server)
{
    int fd = program_connect(server);
    bool good = fd != -1;

    for (unsigned i = 0; good && i < KEYS; i++) {
        struct buffer frame = {0};
        char answer[9];

        good = add_command(&frame, i, true) &&
               write_all(fd, buffer_front(&frame), buffer_len(&frame)) == 0 &&
               recv(fd, answer, sizeof(answer), MSG_WAITALL) == sizeof(answer);
        buffer_free(&frame);
    }
    if (fd != -1)
        close(fd);
    return good;
}

static void prepare(struct experiment *e)
{
    const struct server_info *s = server_named(models.keyvalue);

    for (int i = 0; i < KINDS && broken == NULL; i++) {
        const char *argv[] = {s->program, "-q",     "-p", "0",
                              "--store",  kinds[i], NULL};

        experiment_add_command(e, "%s -q -p PORT --store %s", built_path(s),
                               kinds[i]);
        stores[i] = store_open(store_named(kinds[i]),
                               (struct store_limits){256 << 20, 16});
        if (stores[i] == NULL || !fill_store(stores[i]))
            broken = "a store could not be filled";
        else if (!fill_server(
                     &crew_add_program(&servers, kinds[i], argv)->program))
            broken = "a server could not be filled";
    }
}

static void clean_up(void)
{
    for (int i = 0; i < KINDS; i++)
        if (stores[i] != NULL)
            store_close(stores[i]);
    crew_stop(&servers);
}

static double worth(struct experiment *e, char picture, const char *store)
{
    return take_ratio(e, picture, store, "lock", 16);
}

void experiment_locks(struct experiment *e)
{
    int better, worse; /* of reading and writing */

    prepare(e);
    for (int i = 0; i < (wishes.full ? QUESTIONS : USUAL); i++)
        ask(e, &questions[i]);
    clean_up();
    if (broken != NULL) {
        assert_kept(e, false, "every operation on a store succeeds");
        conclude(e, NOT_RUN, "It was given up: %s.", broken);
        return;
    }
    better = is_above(e, 'a', "shards", "lock", 16) +
             is_above(e, 'b', "shards", "lock", 16);
    worse = is_above(e, 'a', "lock", "shards", 16) +
            is_above(e, 'b', "lock", "shards", 16);
    conclude(e,
             better == 2      ? HOLDS
             : worse == 2     ? DOES_NOT_HOLD
             : better > worse ? HOLDS_BUT
                              : NO_DIFFERENCE,
             "With 16 clients, shards (a lock for each of 16 tables) answer "
             "%.2f times the reads and %.2f times the writes of lock (one for "
             "all); owner (one thread has the table, the others ask it), %.2f "
             "and %.2f times. docs/sharing.md explains the three.",
             worth(e, 'a', "shards"), worth(e, 'b', "shards"),
             worth(e, 'a', "owner"), worth(e, 'b', "owner"));
}
