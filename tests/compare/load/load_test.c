/*
 * tests/compare/load/load_test.c - the load generator against servers of known
 * behaviour (scripted.h): it must find what is wrong, and find nothing where
 * nothing is.
 */
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "measure.h"
#include "plain.h"
#include "scripted.h"

enum { MESSAGE = 64 };

static struct process *server;
static char server_address[200];

/* load's address of the server; with `env` for another kind of socket. */
static void serve_at(const char *behaviour, const char *number, const char *env)
{
    struct process_spec spec = {.path = "/proc/self/exe",
                                .args = {"--serve", behaviour, number},
                                .env = {env}};
    char line[200];

    server = process_start(spec);
    CHECK(process_read_line(server, line, sizeof(line)));
    CHECK(strncmp(line, "listening on ", 13) == 0);
    snprintf(server_address, sizeof(server_address), "%s", line + 13);
}

static void serve(const char *behaviour, const char *number)
{
    serve_at(behaviour, number, NULL);
}

static long server_clients;
static long long server_bytes; /* that it got */

/* Ends it, and asks for these. */
static void end_server(void)
{
    char line[100];

    process_signal(server, SIGTERM);
    CHECK(process_read_line(server, line, sizeof(line)));
    CHECK(sscanf(line, "%ld clients, %lld bytes", &server_clients,
                 &server_bytes) == 2);
}

/* What load said, until it is run again. */
static struct run last_run;

static int load_with(const char *const *options, int count)
{
    struct process_spec spec = {.path = LOAD_PATH};

    CHECK(count < SPEC_ARGS - 1);
    for (int i = 0; i < count; i++)
        spec.args[i] = options[i];
    run_free(&last_run);
    last_run = run_program(spec, NULL, 0);
    check_step("it said: %.140s", last_run.out);
    return WIFEXITED(last_run.status) ? WEXITSTATUS(last_run.status) : -1;
}

/* Its exit status. */
#define LOAD(...)                                                              \
    load_with((const char *const[]){__VA_ARGS__},                              \
              CHECK_COUNT(((const char *const[]){__VA_ARGS__})))

static double figure(const char *key)
{
    double number = line_number(last_run.out, key);

    if (isnan(number))
        CHECK_FAIL("no figure %s in: %s", key, last_run.out);
    return number;
}

static long long counted(const char *key)
{
    return (long long)figure(key);
}

static void expect_only(const char *key, long long at_least)
{
    static const char *const keys[] = {"wrong_bytes", "early_closes", "refused",
                                       "unanswered"};

    for (size_t i = 0; i < CHECK_COUNT(keys); i++) {
        if (key != NULL && strcmp(keys[i], key) == 0)
            CHECK(counted(keys[i]) >= at_least);
        else
            CHECK_EQ(counted(keys[i]), 0);
    }
}

/* Against the server, as lines: it must end with this status, and with 0 it
 * has found nothing wrong. */
#define LOAD_EXPECTING(code, ...)                                              \
    do {                                                                       \
        CHECK_EQ(LOAD(__VA_ARGS__, "--lines", server_address), (code));        \
        if ((code) == 0)                                                       \
            expect_only(NULL, 0);                                              \
    } while (0)

/* ---- nothing is wrong ---- */

/* Every message counts: what the server got is what was counted, and answers
 * that came after the end of the measured time. */
static void counts_every_message(void)
{
    serve("count", NULL);
    LOAD_EXPECTING(0, "--clients", "7", "--seconds", "0.5");
    end_server();
    CHECK_EQ(server_clients, 7);
    CHECK(figure("messages") > 0);
    CHECK_EQ(counted("all_messages") * MESSAGE, server_bytes);
    CHECK(figure("messages") <= figure("all_messages"));
    CHECK(figure("all_messages") <= figure("messages") + 7);
}

static void churn_connects_for_each_message(void)
{
    serve("count", NULL);
    LOAD_EXPECTING(0, "--churn", "--clients", "5", "--seconds", "0.5");
    end_server();
    CHECK(server_clients > 5);
    CHECK_EQ(counted("all_messages") * MESSAGE, server_bytes);
    CHECK_EQ(counted("all_messages"), server_clients);
}

/* The schedule decides how many are sent, not the answers. */
static void open_loop_sends_what_is_due(void)
{
    serve("count", NULL);
    LOAD_EXPECTING(0, "--rate", "400", "--clients", "8", "--seconds", "1");
    end_server();
    check_step("%lld messages came to the server", server_bytes / MESSAGE);
    CHECK(server_bytes / MESSAGE >= 399 && server_bytes / MESSAGE <= 440);
    CHECK_EQ(counted("all_messages") * MESSAGE, server_bytes);
}

/* Sizes on both sides of what is sent and read at once, and of what a socket
 * takes. */
static void all_sizes(const char *depth)
{
    static const char *const sizes[] = {"1",    "2",     "63",     "64",
                                        "1500", "65536", "100001", "3000000"};

    serve("echo", NULL);
    for (size_t i = 0; i < CHECK_COUNT(sizes); i++) {
        LOAD_EXPECTING(0, "--size", sizes[i], "--depth", depth, "--seconds",
                       "0.05", "--clients", "3", "--binary", "--patience",
                       "20");
        CHECK(figure("all_messages") > 0);
    }
}

static void sizes_one_at_a_time(void)
{
    all_sizes("1");
}

static void sizes_two_on_the_way(void)
{
    all_sizes("2");
}

static void sizes_many_on_the_way(void)
{
    all_sizes("17");
}

static void pieces_of_one_byte(void)
{
    serve("trickle", NULL);
    LOAD_EXPECTING(0, "--seconds", "0.3", "--depth", "4");
    CHECK(figure("messages") > 0);
}

static void idle_clients_stay(void)
{
    serve("count", NULL);
    LOAD_EXPECTING(0, "--idle", "50", "--clients", "2", "--seconds", "0.3");
    end_server();
    CHECK(server_bytes > 0);
    CHECK_EQ(server_clients, 52);
}

static void unix_socket(void)
{
    char env[200];

    snprintf(env, sizeof(env), "SCRIPTED_ADDRESS=unix:%s", harness_path("s"));
    serve_at("echo", NULL, env);
    LOAD_EXPECTING(0, "--seconds", "0.3", "--clients", "20");
    LOAD_EXPECTING(0, "--seconds", "0.3", "--clients", "20", "--churn");
    LOAD_EXPECTING(0, "--seconds", "0.1", "--clients", "2", "--size", "1000000",
                   "--patience", "20");
}

static void ipv6(void)
{
    need_ipv6();
    serve_at("echo", NULL, "SCRIPTED_ADDRESS=::1");
    LOAD_EXPECTING(0, "--seconds", "0.2");
}

/* PORT; HOST PORT; HOST:PORT as it was announced. */
static void targets(void)
{
    const char *port;

    serve("echo", NULL);
    port = strrchr(server_address, ':') + 1;
    CHECK_EQ(LOAD("--seconds", "0.1", port), 0);
    CHECK_EQ(LOAD("--seconds", "0.1", "127.0.0.1", port), 0);
    CHECK_EQ(LOAD("--seconds", "0.1", "localhost", port), 0);
    CHECK_EQ(LOAD("--seconds", "0.1", server_address), 0);
}

/* ---- something is wrong ---- */

static void one_byte_in_a_million(void)
{
    serve("flip", "1000000");
    LOAD_EXPECTING(1, "--size", "4000", "--depth", "4", "--seconds", "1.5");
    expect_only("wrong_bytes", 1);
    end_server();
    check_step("%lld bytes went through the server", server_bytes);
    CHECK_EQ(counted("wrong_bytes"), server_bytes / 1000000);
}

static void bytes_nobody_asked_for(void)
{
    serve("extra", "10000");
    LOAD_EXPECTING(1, "--clients", "1", "--seconds", "0.5");
    CHECK(counted("wrong_bytes") > 0);
}

/* What follows a lost byte is out of place, and the last message never
 * becomes whole. */
static void a_byte_lost(void)
{
    serve("lose", "5000");
    LOAD_EXPECTING(1, "--clients", "1", "--seconds", "0.5", "--patience", "0");
    CHECK(counted("wrong_bytes") > 0 || counted("unanswered") > 0);
}

static void another_clients_bytes(void)
{
    serve("swap", NULL);
    LOAD_EXPECTING(1, "--clients", "5", "--seconds", "0.3", "--patience", "0");
    CHECK(counted("wrong_bytes") > 0);
}

static void closed_early(void)
{
    serve("close", "6400"); /* the hundredth message gets no answer */
    LOAD_EXPECTING(1, "--clients", "4", "--seconds", "20");
    CHECK_EQ(counted("early_closes"), 4);
    CHECK_EQ(counted("unanswered"), 4);
    CHECK_EQ(counted("wrong_bytes"), 0);
    CHECK_EQ(counted("all_messages"), 4 * 99);
    hint("with nobody left it must end, and not sit out its time");
    CHECK(figure("seconds") < 15);
}

static void reset_early(void)
{
    serve("reset", "6400");
    LOAD_EXPECTING(1, "--clients", "4", "--seconds", "20");
    CHECK_EQ(counted("early_closes"), 4);
    CHECK(strstr(last_run.out, "\nfirst_error\tECONNRESET\n") != NULL);
}

static void idle_clients_closed(void)
{
    serve("hello", NULL); /* what a silent client hears is wrong */
    LOAD_EXPECTING(1, "--idle", "3", "--clients", "1", "--seconds", "0.2");
    CHECK(counted("wrong_bytes") >= 3 * 6);
}

static void never_answered(void)
{
    serve("silent", NULL);
    LOAD_EXPECTING(1, "--clients", "3", "--depth", "5", "--seconds", "0.2",
                   "--patience", "0.2");
    expect_only("unanswered", 15);
    CHECK_EQ(counted("unanswered"), 15);
    CHECK_EQ(counted("messages"), 0);
    hint("a message without an answer counts with the time it waited");
    CHECK_EQ(counted("all_messages"), 15);
    CHECK(figure("p50_us") >= 0.4e6);
}

static void nobody_listens(void)
{
    serve("count", NULL);
    end_server(); /* it has ended: its port refuses */
    EXPECT_EXIT(server, 0);
    LOAD_EXPECTING(1, "--clients", "3", "--idle", "2", "--seconds", "20");
    expect_only("refused", 5);
    CHECK_EQ(counted("refused"), 5);
    CHECK(strstr(last_run.out, "\nfirst_error\tECONNREFUSED\n") != NULL);
    LOAD_EXPECTING(1, "--churn", "--clients", "3", "--seconds", "20");
    CHECK(counted("refused") >= 3);
}

/* ---- how long it took ---- */

/* One in ten takes 200 ms more: p50 must not know of it, p99 must. */
static void a_known_delay(void)
{
    serve("slow", "200");
    LOAD_EXPECTING(0, "--clients", "8", "--seconds", "1.5");
    check_step("closed: p50 %g, p99 %g us", figure("p50_us"), figure("p99_us"));
    CHECK(figure("p50_us") < 0.2e6);
    CHECK(figure("max_us") >= 0.2e6);
    LOAD_EXPECTING(0, "--rate", "40", "--clients", "8", "--seconds", "3");
    check_step("open: p50 %g, p99 %g us", figure("p50_us"), figure("p99_us"));
    CHECK(figure("p50_us") < 0.2e6);
    CHECK(figure("p99_us") >= 0.2e6);
}

/* The server stops once for 600 ms. In the closed loop one message per client
 * knows of it; in the open loop every message that was due meanwhile. */
static void a_stall_cannot_hide(void)
{
    serve("stall", "600");
    LOAD_EXPECTING(0, "--clients", "1", "--seconds", "1.5");
    check_step("closed: p90 %g, max %g us", figure("p90_us"), figure("max_us"));
    CHECK(figure("max_us") >= 0.59e6);
    CHECK(figure("p90_us") < 0.2e6);
    process_signal(server, SIGTERM);
    serve("stall", "600");
    LOAD_EXPECTING(0, "--rate", "1000", "--clients", "4", "--seconds", "1.5");
    check_step("open: p90 %g, max %g us", figure("p90_us"), figure("max_us"));
    CHECK(figure("max_us") >= 0.55e6);
    CHECK(figure("p90_us") >= 0.2e6);
}

static void percentiles_do_not_fall(void)
{
    static const char *const keys[] = {"p50_us", "p90_us", "p99_us", "p999_us",
                                       "max_us"};
    double last = 0;

    serve("echo", NULL);
    LOAD_EXPECTING(0, "--seconds", "0.3");
    for (size_t i = 0; i < CHECK_COUNT(keys); i++) {
        CHECK(figure(keys[i]) >= last);
        last = figure(keys[i]);
    }
}

static void hdr_file(void)
{
    const char *path = harness_path("latency.hdr");
    char line[200], last_row[200] = "";
    unsigned long long rows = 0;
    FILE *f;

    serve("echo", NULL);
    LOAD_EXPECTING(0, "--seconds", "0.3", "--hdr", path);
    f = fopen(path, "r");
    CHECK(f != NULL);
    CHECK(fgets(line, sizeof(line), f) != NULL && strstr(line, "Percentile"));
    while (fgets(line, sizeof(line), f) != NULL && line[0] != '#')
        strcpy(last_row, line);
    fclose(f);
    check_step("last row: %s", last_row);
    CHECK(sscanf(last_row, "%*f %*f %llu", &rows) == 1);
    CHECK_EQ((long long)rows, counted("all_messages"));
}

/* ---- the generator itself ---- */

/* With everybody on one CPU it waits for that CPU or uses it. */
static void says_that_it_was_the_bottleneck(void)
{
    cpu_set_t all, one;
    double own_s;
    int cpu = 0;

    CHECK(sched_getaffinity(0, sizeof(all), &all) == 0);
    while (!CPU_ISSET((size_t)cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
    serve("echo", NULL);
    CHECK_EQ(
        LOAD("--clients", "50", "--seconds", "1", "--prompt", server_address),
        0);
    CHECK(strstr(last_run.out, "the bottleneck") != NULL);
    LOAD_EXPECTING(0, "--rate", "20", "--clients", "1", "--seconds", "1");
    own_s = figure("own_user_s") + figure("own_system_s");
    check_step("its CPU time at 20 messages a second: %g s", own_s);
    CHECK(own_s < 0.5 * figure("seconds"));
    CHECK(figure("own_user_s") >= 0);
}

static void many_clients_in_little_memory(void)
{
    enum { MB = 1000 * 1000 };
    double bytes;

    need_descriptors(10100);
    server_path = FLOOR_PATH;
    snprintf(server_address, sizeof(server_address), "%s",
             server_start((struct server_spec){.bare = true})->address);
    LOAD_EXPECTING(0, "--clients", "10000", "--seconds", "0.5", "--patience",
                   "20");
    CHECK(figure("all_messages") >= 10000);
    bytes = figure("own_kib") * 1024;
    check_step("load took %g bytes", bytes);
    if (is_instrumented())
        check_skip("memory says nothing under a sanitizer or a wrapper");
    CHECK(bytes < 20 * MB);
}

/* One that stops at its marks, until it is told to go on. */
static struct process *start_marked(const char *option, const char *seconds)
{
    struct process *load;
    char line[300];

    serve("echo", NULL);
    load = process_start((struct process_spec){
        .path = LOAD_PATH,
        .args = {"--marks", "--seconds", seconds, server_address, option},
        .in = STDIO_PIPE});
    CHECK(process_read_line(load, line, sizeof(line)));
    CHECK(strcmp(line, "begin") == 0);
    return load;
}

/* A program beside it is told when to look, and may take its time. */
static void marks(void)
{
    struct process *load = start_marked("--lines", "0.2");
    char line[300];

    CHECK(write(load->in, "\n", 1) == 1);
    CHECK(process_read_line(load, line, sizeof(line)));
    CHECK(strcmp(line, "end") == 0);
    CHECK(!process_has_ended(load));
    child_close_in(load);
    CHECK(process_read_line(load, line, sizeof(line)));
    CHECK(strncmp(line, "seconds\t", 8) == 0);
    EXPECT_EXIT(load, 0);
}

/* How long it was held up is in no figure: neither in the time that it
 * measured nor in the latency of what was on its way. */
static void marks_stop_the_clock(void)
{
    enum { HELD_MS = 2000 };
    struct process *load = start_marked("--lines", "0.2");
    char line[300], lines[2000] = "";
    size_t len = 0;

    nap_ms(HELD_MS);
    CHECK(write(load->in, "\n", 1) == 1);
    CHECK(process_read_line(load, line, sizeof(line)));
    nap_ms(HELD_MS);
    child_close_in(load);
    while (process_read_line(load, line, sizeof(line)) &&
           len + strlen(line) + 1 < sizeof(lines))
        len += (size_t)sprintf(lines + len, "%s\n", line);
    check_step("%s", lines);
    CHECK(line_number(lines, "seconds") * 1e3 < HELD_MS);
    CHECK(line_number(lines, "max_us") / 1e3 < HELD_MS);
    EXPECT_EXIT(load, 0);
}

/* Ctrl-C: what was measured so far is not lost. */
static void interrupted(void)
{
    struct process *load = start_marked(NULL, "1000");
    char line[300];

    child_close_in(load);
    process_signal(load, SIGINT);
    CHECK(process_read_line(load, line, sizeof(line)));
    CHECK(strcmp(line, "end") == 0);
    CHECK(process_read_line(load, line, sizeof(line)));
    CHECK(strncmp(line, "load: ", 6) == 0);
    EXPECT_EXIT(load, 0);
}

static void wrong_words(void)
{
    static const char *const lines[][3] = {
        {"--clients", "0", "1"},   {"--clients", "x", "1"},
        {"--seconds", "-1", "1"},  {"--seconds", "nan", "1"},
        {"--size", "0", "1"},      {"--depth", "1.5", "1"},
        {"--rate", "0", "1"},      {"--nonsense", "1", "1"},
        {"--seconds", "1", "one"}, {"--seconds", "1", "unix:"},
    };

    for (size_t i = 0; i < CHECK_COUNT(lines); i++) {
        int status = LOAD(lines[i][0], lines[i][1], lines[i][2]);

        check_step("%s %s %s: %s", lines[i][0], lines[i][1], lines[i][2],
                   last_run.err);
        CHECK_EQ(status, 2);
        CHECK(strstr(last_run.err, "load --help'.\n") != NULL);
        CHECK_EQ(last_run.out_len, 0);
    }
    CHECK_EQ(LOAD("--rate", "5", "--churn", "1"), 2);
    CHECK_EQ(LOAD("--rate", "5"), 2);
}

static void help_teaches(void)
{
    CHECK_EQ(LOAD("--help"), 0);
    CHECK_EQ(last_run.err_len, 0);
    CHECK(strstr(last_run.out, "Closed loop") != NULL);
    CHECK(strstr(last_run.out, "Open loop") != NULL);
    CHECK(expect_plain_lines(last_run.out) > 0);
}

static const struct check_case cases[] = {
    CASE(counts_every_message, "measure"),
    CASE(churn_connects_for_each_message, "measure"),
    CASE(open_loop_sends_what_is_due, "measure"),
    CASE(sizes_one_at_a_time, "measure"),
    CASE(sizes_two_on_the_way, "measure"),
    CASE(sizes_many_on_the_way, "measure"),
    CASE(pieces_of_one_byte, "measure"),
    CASE(idle_clients_stay, "measure"),
    CASE(unix_socket, "measure"),
    CASE(ipv6, "measure"),
    CASE(targets, "measure"),
    CASE(one_byte_in_a_million, "measure"),
    CASE(bytes_nobody_asked_for, "measure"),
    CASE(a_byte_lost, "measure"),
    CASE(another_clients_bytes, "measure"),
    CASE(closed_early, "measure"),
    CASE(reset_early, "measure"),
    CASE(idle_clients_closed, "measure"),
    CASE(never_answered, "measure"),
    CASE(nobody_listens, "measure"),
    CASE(a_known_delay, "measure"),
    CASE(a_stall_cannot_hide, "measure"),
    CASE(percentiles_do_not_fall, "measure"),
    CASE(hdr_file, "measure"),
    CASE(says_that_it_was_the_bottleneck, "measure"),
    CASE(many_clients_in_little_memory, "measure"),
    CASE(marks, "measure"),
    CASE(marks_stop_the_clock, "measure"),
    CASE(interrupted, "measure"),
    CASE(wrong_words, "measure"),
    CASE(help_teaches, "measure"),
};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--serve") == 0)
        return scripted_main(argc - 1, argv + 1);
    return check_main(argc, argv, cases, CHECK_COUNT(cases));
}
