/*
 * tests/compare/frame_bench.c - what it costs to know where a message ends. Run
 * it by hand on a quiet machine:
 *
 *     cmake --build build --target bench-frames
 *
 * 07 echoes frames of 64 bytes, their head included; 06 echoes the same bytes
 * without knowing what they are. Both are running, pinned to one CPU, the load
 * comes from another, and short rounds alternate (A B, B A ...). Each figure is
 * the median of the rounds, with the range of the middle half.
 *
 * Then decoding alone, in memory: all frames of a stream are found, against a
 * memcpy of the stream, which is the least that anyone could do with it.
 */
#include "measure.h"
#include "tool.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"

enum { MOST_ROUNDS = 99, FRAME = 64, HEAD = 4 };

static const char help[] =
    "Usage: frame_bench [--rounds N] [--seconds S] 07_SERVER 06_SERVER\n"
    "What framing costs: an echo of frames against an echo of bytes, and\n"
    "decoding against memcpy.\n"
    "\n"
    "  --rounds N   pairs of measurements for each ratio (default 11)\n"
    "  --seconds S  of each measurement (default 0.5)\n"
    "\n"
    "Exit status: 0 all is as it must be; 1 something is not; 2 wrong usage.\n";

static int rounds = 11;
static const char *seconds = "0.5";
static int server_cpu, load_cpu;
static int missed;

static void verdict(bool reached)
{
    puts(reached ? "reached" : "MISSED");
    missed += !reached;
    fflush(stdout);
}

/* ---- over the network --------------------------------------------------- */

struct series {
    double rate[MOST_ROUNDS]; /* 07's over 06's */
    double cpu[MOST_ROUNDS];  /* 06's CPU for a message over 07's */
    double per_s[MOST_ROUNDS];
    int count, bottlenecks;
};

static bool start_server(struct program *p, const char *path, bool framed)
{
    const char *argv[] = {path,   "-q", "-p", "0",  "-s",
                          "echo", "-t", "0",  NULL, NULL};

    if (framed)
        argv[8] = "--codec=length";
    return program_start(p, argv, server_cpu, false) == 0 &&
           program_wait_listening(p);
}

static bool measure_one(struct load_figures *f, const struct program *p,
                        const char *depth)
{
    const char *options[] = {"--framed", "--clients", "100",   "--depth",
                             depth,      "--seconds", seconds, "--warmup",
                             "0.1",      NULL};

    return run_load(f, p, load_cpu, options) && f->ok;
}

static void measure_pair(struct series *to, const struct program *frames,
                         const char *depth, const struct program *bytes)
{
    struct load_figures a, b;
    bool frames_first = to->count % 2 == 0;
    bool ok =
        frames_first
            ? measure_one(&a, frames, depth) && measure_one(&b, bytes, "1")
            : measure_one(&b, bytes, "1") && measure_one(&a, frames, depth);

    if (!ok)
        return;
    to->per_s[to->count] = a.per_s;
    to->rate[to->count] = a.per_s / b.per_s;
    to->cpu[to->count++] = b.server_us / a.server_us;
    to->bottlenecks += a.bottleneck || b.bottleneck;
}

static void print_series(const char *depth, struct series *s, double needed)
{
    struct spread rate = spread_of(s->rate, s->count);
    struct spread cpu = spread_of(s->cpu, s->count);
    struct spread per_s = spread_of(s->per_s, s->count);

    printf("%5s   %9.0f   %6.3f (%.3f-%.3f)   %6.3f (%.3f-%.3f)   %.2f  ",
           depth, per_s.median, rate.median, rate.low, rate.high, cpu.median,
           cpu.low, cpu.high, needed);
    /* With one on its way, the load is as busy as the server: CPU time says
     * what the server could do. */
    verdict((strcmp(depth, "1") == 0 ? cpu : rate).median >= needed);
    if (s->bottlenecks * 2 > s->count)
        printf("        (the load was the bottleneck in %d of %d pairs)\n",
               s->bottlenecks, s->count);
}

static void measure_depth(const struct program *frames,
                          const struct program *bytes, const char *depth,
                          double needed)
{
    static struct series s;

    s = (struct series){.count = 0};
    for (int i = 0; i < rounds; i++)
        measure_pair(&s, frames, depth, bytes);
    print_series(depth, &s, needed);
}

static void measure_servers(const char *frames_path, const char *bytes_path)
{
    struct program frames = {0}, bytes = {0};

    printf(
        "\n07 --codec length against 06, frames of %d bytes, 100 clients; 06 "
        "one at a time.\n\n%5s   %9s   %-21s   %-21s   needed\n",
        FRAME, "depth", "frames/s", "of 06's messages/s",
        "of 06's by CPU time");
    if (start_server(&frames, frames_path, true) &&
        start_server(&bytes, bytes_path, false)) {
        measure_depth(&frames, &bytes, "1", 0.95);
        measure_depth(&frames, &bytes, "32", 5);
    } else {
        puts("a server did not start");
        missed++;
    }
    program_stop(&frames);
    program_stop(&bytes);
}

/* ---- in memory ----------------------------------------------------------- */

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static volatile size_t used; /* what is computed, so that it is not left out */

static size_t decode_all(const char *stream, size_t len)
{
    static struct codec codec;
    struct decoder decoder = {0};
    size_t sum = 0, at = 0;
    struct frame frame;

    if (codec.max_frame == 0)
        codec = codec_defaults(CODEC_LENGTH);
    while (frame_decode(&codec, &decoder, stream + at, len - at, &frame) ==
           FRAME_READY) {
        sum += frame.len + frame.offset;
        at += frame.used;
    }
    return sum;
}

/* Nanoseconds for a frame of the stream, gone through so often that it takes
 * some milliseconds. */
static double time_of(bool decode, const char *stream, char *copy, size_t len)
{
    int times = (int)((32u << 20) / len) + 1;
    double start = cpu_s();

    for (int i = 0; i < times; i++) {
        if (decode)
            used = decode_all(stream, len);
        else
            memcpy(copy, stream, len);
        used = (unsigned char)copy[(size_t)i % len];
    }
    return (cpu_s() - start) * 1e9 / ((double)times * (double)(len / FRAME));
}

static void measure_decoder(size_t len, double most)
{
    double decode[MOST_ROUNDS], copied[MOST_ROUNDS], ratio[MOST_ROUNDS];
    char *stream = calloc(1, len), *copy = calloc(1, len);
    struct spread r;

    if (stream == NULL || copy == NULL)
        exit(EXIT_FAILURE);
    for (size_t at = 0; at < len; at += FRAME)
        stream[at + HEAD - 1] = FRAME - HEAD;
    for (int i = 0; i < rounds; i++) {
        decode[i] = time_of(true, stream, copy, len);
        copied[i] = time_of(false, stream, copy, len);
        ratio[i] = decode[i] / copied[i];
    }
    r = spread_of(ratio, rounds);
    printf("%6zu KiB   %6.2f ns   %6.2f ns   %5.2f (%.2f-%.2f)   ", len / 1024,
           spread_of(decode, rounds).median, spread_of(copied, rounds).median,
           r.median, r.low, r.high);
    if (most > 0) {
        printf("%.2f  ", most);
        verdict(r.median <= most);
    } else {
        puts("-");
    }
    free(stream);
    free(copy);
}

static void measure_decoding(void)
{
    printf(
        "\nDecoding in memory, a frame of %d bytes at a time, against memcpy "
        "of the stream.\n\n%10s   %9s   %9s   %-17s   at most\n",
        FRAME, "stream", "decode", "memcpy", "ratio");
    measure_decoder(64 << 20, 2);
    /* As large as a read, and in the cache: memcpy takes 32 bytes at a time
     * there, and who looks for frames must look at each. */
    measure_decoder(64 << 10, 0);
}

/* ---- command line ------------------------------------------------------ */

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int letter;

    tool_name = "frame_bench";
    while ((letter = getopt_long(argc, argv, "h", names, NULL)) != -1)
        switch (letter) {
        case 'r': rounds = (int)whole_number(optarg, 1, MOST_ROUNDS); break;
        case 's':
            (void)number(optarg, 0.01, 60);
            seconds = optarg;
            break;
        case 'h': fputs(help, stdout); return fflush(stdout) == 0 ? 0 : 1;
        default: usage_hint();
        }
    if (argc - optind != 2)
        usage_error(argc > optind ? argv[argc - 1] : "",
                    "stands where 07_SERVER 06_SERVER are needed");
    load_path = beside("load");
    clean_up_at_exit();
    if (!two_cpus(&server_cpu, &load_cpu))
        puts("There is one CPU only: server and load disturb each other.");
    measure_servers(argv[optind], argv[optind + 1]);
    measure_decoding();
    printf("\n%d missed\n", missed);
    return missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
