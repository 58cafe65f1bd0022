/* tests/conformance/options.c - what the command line takes and refuses. */
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "option_names.h"

static struct run run_server(const char *first, const char *second)
{
    return run_program(
        (struct process_spec){.path = server_path, .args = {first, second}},
        NULL, 0);
}

static void expect_exit_status(const struct run *r, int status)
{
    if (WIFSIGNALED(r->status))
        CHECK_FAIL("died of signal %d", WTERMSIG(r->status));
    CHECK_EQ(WEXITSTATUS(r->status), status);
}

static void expect_in(const char *text, const char *word)
{
    if (strstr(text, word) == NULL) {
        check_show("text", text, strlen(text));
        CHECK_FAIL("\"%s\" is not in it", word);
    }
}

static void help_names_every_option(void)
{
    char port[16];
    struct run with_letter = run_server("-h", NULL);
    struct run r = run_server("--help", NULL);

    expect_exit_status(&r, 0);
    for (size_t i = 0; i < CHECK_COUNT(option_names); i++)
        expect_in(r.out, option_names[i]);
    snprintf(port, sizeof(port), "%d", the_server->port);
    expect_in(r.out, port);
    CHECK_EQ(r.err_len, 0);
    expect_exit_status(&with_letter, 0);
    CHECK_BYTES(with_letter.out, with_letter.out_len, r.out, r.out_len);
    run_free(&with_letter);
    run_free(&r);
}

static void version_goes_to_stdout(void)
{
    struct run with_letter = run_server("-V", NULL);
    struct run r = run_server("--version", NULL);

    expect_exit_status(&r, 0);
    CHECK(r.out_len > 1 && r.out[r.out_len - 1] == '\n');
    CHECK_EQ(r.err_len, 0);
    expect_exit_status(&with_letter, 0);
    CHECK_BYTES(with_letter.out, with_letter.out_len, r.out, r.out_len);
    run_free(&with_letter);
    run_free(&r);
}

/* --help counts even where other words follow, and even without a free port. */
static void help_starts_no_server(void)
{
    struct run r = run_server("-h", "-p0");

    expect_exit_status(&r, 0);
    CHECK(strstr(r.out, "listening on") == NULL);
    run_free(&r);
}

struct wrong {
    const char *first, *second; /* the arguments */
    const char *word;           /* what the message must name */
};

static const struct wrong wrong[] = {
    {"--wrong", NULL, "wrong"},
    {"--hel=p", NULL, "hel"},
    {"-x", NULL, "x"},
    {"-", NULL, "'-'"},
    {"surplus", NULL, "surplus"},
    {"-q", "surplus", "surplus"},
    {"--quiet=yes", NULL, "quiet"},
    {"-b", NULL, "b"},
    {"--bind", NULL, "bind"},
    {"-p", NULL, "p"},
    {"--port", NULL, "port"},
    {"--port=70000", NULL, "70000"},
    {"-p", "65536", "65536"},
    {"-p", "-1", "-1"},
    {"-p", "12x", "12x"},
    {"-p", "x12", "x12"},
    {"-p", " 12", "' 12'"},
    {"-p", "+12", "+12"},
    {"-p", "0x10", "0x10"},
    {"-p", "1e3", "1e3"},
    {"-p", "", "''"},
    {"-p", "4294967297", "4294967297"},
    {"-p", "99999999999999999999", "99999999999999999999"},
    {"--service", NULL, "service"},
    {"-s", "smtp", "smtp"},
    {"-s", "", "''"},
    {"-s", "ech", "ech"},
    {"-s", "echoo", "echoo"},
    {"-s", "ECHO", "ECHO"},
    {"--max-clients=0", NULL, "0"},
    {"-m", "-3", "-3"},
    {"-m", "many", "many"},
    {"-m", "99999999999999999999", "99999999999999999999"},
    {"-t", "-1", "-1"},
    {"-t", "soon", "soon"},
    {"-t", "1.5", "1.5"},
    {"--idle-timeout", "", "''"},
    {"-g", "-1", "-1"},
    {"--grace=x", NULL, "x"},
    {"-w", "-5", "-5"},
    {"--work-ms=slow", NULL, "slow"},
};

/* Exit status 2; stderr names the word and points to --help; stdout, which
 * another program may read, stays empty. */
static void each_wrong_word(void)
{
    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        struct process_spec spec = {.path = server_path,
                                    .args = {wrong[i].first, wrong[i].second},
                                    .unwrapped = true};
        struct process *p = process_start(spec);
        char line[160];

        EXPECT_EXIT(p, 2);
        if (!process_log_has(p, wrong[i].word))
            CHECK_FAIL("stderr does not name the word \"%s\"", wrong[i].word);
        if (!process_log_has(p, "--help"))
            CHECK_FAIL("stderr does not point to --help");
        if (process_read_line(p, line, sizeof(line)))
            CHECK_FAIL("on stdout: \"%s\"", line);
        process_forget(p);
    }
}

static void upper_over_one_client(struct server *s)
{
    int fd = dial(s);

    SEND_TEXT(fd, "shout\n");
    EXPECT_TEXT(fd, "SHOUT\n");
    leave(fd);
    server_stop(s, 1);
}

static void every_long_option(void)
{
    upper_over_one_client(server_start((struct server_spec){
        .bare = true,
        .args = {"--bind", "127.0.0.1", "--port", "0", "--service", "upper",
                 "--max-clients", "3", "--idle-timeout", "7", "--grace", "1",
                 "--work-ms", "1", "--quiet"}}));
    upper_over_one_client(server_start((struct server_spec){
        .bare = true,
        .args = {"--bind=127.0.0.1", "--port=0", "--service=upper",
                 "--max-clients=3", "--idle-timeout=7", "--grace=1",
                 "--work-ms=1", "--verbose"}}));
}

static void every_short_option(void)
{
    upper_over_one_client(server_start((struct server_spec){
        .bare = true,
        .args = {"-b", "127.0.0.1", "-p", "0", "-s", "upper", "-m", "3", "-t",
                 "7", "-g", "1", "-w", "1", "-q"}}));
    upper_over_one_client(server_start(
        (struct server_spec){.bare = true,
                             .args = {"-b127.0.0.1", "-p0", "-supper", "-m3",
                                      "-t7", "-g1", "-w1", "-v"}}));
}

/* Without --port it is the one that the list says. On an address of 127/8
 * that no other test has, so that tests can run at once. */
static void default_port(void)
{
    char address[32], expected[64];
    unsigned int id = (unsigned int)getpid();
    struct server *s;
    int fd;

    snprintf(address, sizeof(address), "127.%u.%u.%u", 64 + (id >> 16) % 64,
             (id >> 8) % 256, id % 256);
    s = server_start(
        (struct server_spec){.bare = true, .args = {"-b", address}});
    snprintf(expected, sizeof(expected), "%s:%d", address, the_server->port);
    CHECK_BYTES(s->address, strlen(s->address), expected, strlen(expected));
    fd = dial(s);
    ROUND_TRIP(fd, "hi\n");
    leave(fd);
    server_stop(s, 1);
}

const struct check_case options_cases[] = {
    CASE(help_names_every_option, "options"),
    CASE(version_goes_to_stdout, "options"),
    CASE(help_starts_no_server, "options"),
    CASE(each_wrong_word, "options", 60),
    CASE(every_long_option, "options"),
    CASE(every_short_option, "options"),
    CASE(default_port, "options"),
    {0},
};
