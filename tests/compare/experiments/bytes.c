/*
 * tests/compare/experiments/bytes.c - where a message ends (11), how much is
 * read at once (12), and how much is written at once (13).
 */
#include "experiments.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- delimiter: a delimiter or a length ---- */

enum { PAYLOADS = 100, LONGEST = 1024, FRAME_HEAD = 4, PATIENCE_MS = 20000 };

struct wire {
    unsigned char bytes[LONGEST + 16];
    size_t len;
};

/* mrand48(3) without a seed: the same payloads in every run. */
static void fill_random(unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)(mrand48() >> 8);
}

static void wrap(struct wire *w, const unsigned char *payload, size_t len,
                 bool line)
{
    size_t head = line ? 0 : FRAME_HEAD;

    for (size_t i = 0; i < head; i++)
        w->bytes[i] = (unsigned char)(len >> (8 * (FRAME_HEAD - 1 - i)));
    memcpy(w->bytes + head, payload, len);
    w->len = head + len;
    if (line)
        w->bytes[w->len++] = '\n';
}

/* Everything the server says until it hangs up. */
static size_t hear(int fd, unsigned char *answer, size_t size)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    size_t len = 0;
    ssize_t n;

    while (len < size && poll(&ready, 1, PATIENCE_MS) == 1 &&
           (n = recv(fd, answer + len, size - len, 0)) > 0)
        len += (size_t)n;
    return len;
}

/* The server answers every message with the same words: one message, one
 * answer. False: it saw none, or more than one, in this payload. */
static bool send_as_one(const struct entrant *server, const struct wire *w,
                        bool line)
{
    static const char words[] = "goodbye world!";
    unsigned char answer[16 * LONGEST];
    struct wire expected;
    bool one;
    int fd = program_connect(&server->program);

    wrap(&expected, (const unsigned char *)words, sizeof(words) - 1, line);
    one = fd != -1 &&
          send(fd, w->bytes, w->len, MSG_NOSIGNAL) == (ssize_t)w->len &&
          shutdown(fd, SHUT_WR) == 0 &&
          hear(fd, answer, sizeof(answer)) == expected.len &&
          memcmp(answer, expected.bytes, expected.len) == 0;
    if (fd != -1)
        close(fd);
    return one;
}

static void measure_codec(struct experiment *e, const char *codec)
{
    static const size_t sizes[] = {4, 16, 64, 256, 1024};
    const struct server_info *frames = server_named(models.frames);
    const char *argv[] = {frames->program, "-q",  "-p", "0",
                          "--codec",       codec, NULL};
    bool line = strcmp(codec, "line") == 0;
    struct crew crew = {.count = 0};
    const struct entrant *server = crew_add_program(&crew, codec, argv);

    experiment_add_command(e, "%s -q -p PORT --codec %s", built_path(frames),
                           codec);
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        double good = 0;

        progress(codec);
        for (int i = 0; i < PAYLOADS && !server->dead && !is_interrupted();
             i++) {
            unsigned char payload[LONGEST];
            struct wire w;

            fill_random(payload, sizes[s]);
            wrap(&w, payload, sizes[s], line);
            good += send_as_one(server, &w, line);
        }
        good *= 100.0 / PAYLOADS;
        add_values(e, 'a', codec, (double)sizes[s], &good, 1, server->why);
    }
    crew_stop(&crew);
}

void experiment_delimiter(struct experiment *e)
{
    bool whole = true;
    double last;

    ADD_PICTURE(e, .title = "Random payloads that arrive as one message",
                .x_title = "bytes of the payload",
                .y_title = "per cent of 100 payloads", .log_x = true);
    measure_codec(e, "line");
    measure_codec(e, "length");
    for (int i = 0; i < e->n_figures; i++)
        if (strcmp(e->figures[i].series, "length") == 0)
            whole = whole && e->figures[i].median == 100;
    last = take_median(e, 'a', "line", 1024);
    assert_kept(e, whole && last < 100,
                "every payload survives a length, and not every one a line");
    conclude(
        e, e->kept ? HOLDS : DOES_NOT_HOLD,
        "Of 100 random payloads of 64 bytes %.0f arrived as one message "
        "between newlines, of 1024 bytes %.0f; behind a length, %.0f and "
        "%.0f. By chance alone 64 bytes hold no newline in (255/256)^64 of "
        "all cases: 78 per cent.",
        take_median(e, 'a', "line", 64), last,
        take_median(e, 'a', "length", 64), take_median(e, 'a', "length", 1024));
}

/* ---- buffer: a large read buffer ---- */

static const char bare[] = "bare epoll loop";

static void conclude_buffer(struct experiment *e)
{
    double usual = take_median(e, 'a', bare, 64);
    double gain = take_median(e, 'a', bare, 4) / usual;

    assert_kept(e, gain >= 2,
                "a message costs at least twice as much with a buffer of 4 KiB "
                "as with 64 KiB");
    conclude(e,
             gain >= 2    ? HOLDS
             : gain > 1.1 ? HOLDS_BUT
                          : DOES_NOT_HOLD,
             "With a buffer of 4 KiB a message costs %.1f times the CPU time "
             "that it costs with 64 KiB; with 256 KiB, %.2f times.",
             gain, take_median(e, 'a', bare, 256) / usual);
}

void experiment_buffer(struct experiment *e)
{
    static struct cells cells;
    struct crew floors = {.count = 0};

    ADD_PICTURE(e,
                .title = "CPU time: 10 clients, messages of 16 KiB, 4 on their "
                         "way; a bare loop",
                .x_title = "read buffer in KiB", .y_title = CPU_TITLE,
                .log_x = true);
    ADD_PICTURE(e, .title = "How many of these messages a second",
                .x_title = "read buffer in KiB", .y_title = "messages a second",
                .log_x = true);
    experiment_add_command(
        e, "build/tests/compare/floor_epoll 127.0.0.1 PORT KIB");
    for (int kib = 4; kib <= 256; kib *= 4) {
        char size[16];
        const char *argv[] = {PROGRAMS "/floor_epoll", "127.0.0.1", "0", size,
                              NULL};

        snprintf(size, sizeof(size), "%d", kib);
        cell_add(&cells, crew_add_program(&floors, bare, argv), kib,
                 "--clients 10 --size 16384 --depth 4");
    }
    measure_cells(e, &cells);
    crew_stop(&floors);
    add_figures(e, 'a', &cells, CPU_US);
    add_figures(e, 'b', &cells, PER_SECOND);
    conclude_buffer(e);
}

/* ---- writes: one write for a read, or one for a message ---- */

static const char by_itself[] = "each by itself";
static const char with_nagle[] = "each, with Nagle";

static void conclude_writes(struct experiment *e)
{
    double gain = take_ratio(e, 'a', by_itself, models.frames, 0);

    assert_kept(e, gain >= 3,
                "a write for each message costs at least 3 times what one "
                "write for each read costs");
    conclude(e,
             gain >= 3    ? HOLDS
             : gain > 1.1 ? HOLDS_BUT
                          : DOES_NOT_HOLD,
             "%.2s writes once for all frames of a read. A server that writes "
             "each by itself needs %.1f times the CPU time for a message, and "
             "%.1f times with Nagle's algorithm, which gathers small writes in "
             "the kernel.",
             models.frames, gain,
             take_ratio(e, 'a', with_nagle, models.frames, 0));
}

void experiment_writes(struct experiment *e)
{
    static struct cells cells;
    const char *each[] = {PROGRAMS "/floor_frames", "127.0.0.1", "0", NULL,
                          NULL};
    struct crew crew = {.count = 0};

    crew_add(e, &crew, TRAIT_FRAMES, NULL);
    crew_add_program(&crew, by_itself, each)->framed = true;
    each[3] = "nagle";
    crew_add_program(&crew, with_nagle, each)->framed = true;
    experiment_add_command(
        e, "build/tests/compare/floor_frames 127.0.0.1 PORT [nagle]");
    cells_add_crew(&cells, &crew, 0, "--clients 10 --depth 16");
    measure_cells(e, &cells);
    crew_stop(&crew);
    ADD_PICTURE(e, .shape = BARS,
                .title =
                    "CPU time: 10 clients, frames of 64 bytes, 16 pipelined",
                .y_title = CPU_TITLE);
    ADD_PICTURE(e, .shape = BARS, .title = "How many of them a second",
                .y_title = "messages a second");
    add_figures(e, 'a', &cells, CPU_US);
    add_figures(e, 'b', &cells, PER_SECOND);
    conclude_writes(e);
}
