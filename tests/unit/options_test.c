/*
 * tests/unit/options_test.c - the command lines. The parsers print and exit,
 * so each runs in a process of its own, whose output and end are looked at.
 */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../conformance/option_names.h"
#include "log.h"
#include "programs.h"
#include "resources.h"

enum { WORDS = 6, TEXT_LEN = 4096 };

struct outcome {
    int status; /* the exit status */
    char out[TEXT_LEN], err[TEXT_LEN];
};

/* What a parser filled in, as text, for it comes from another process. */
static void print_options(const struct options *o)
{
    int i = 0;

    while (service_find(service_name(i)) != o->service)
        i++;
    printf("%s %s %s ", o->address, o->port, service_name(i));
    printf(o->max_clients == INT_MAX ? "m=max" : "m=%d", o->max_clients);
    printf(" t=%d g=%d w=%d", o->idle_timeout_s, o->grace_s, o->work_ms);
    log_info("an ordinary line");
    log_bytes(7, "read", "x", 1);
}

static void parse_as_server(int argc, char **argv)
{
    struct options options;

    parse_server_options(&options, argc, argv, "9004");
    print_options(&options);
}

static void parse_as_client(int argc, char **argv)
{
    const char *host, *port = "9004";

    parse_client_options(&host, &port, argc, argv);
    printf("%s %s", host, port);
    log_info("an ordinary line");
}

/* What a process of its own is to do. */
static void (*parser)(int, char **);
static char *parser_argv[WORDS + 2] = {(char *)"./program"};
static int parser_argc;

static void parse(void)
{
    parser(parser_argc, parser_argv);
}

/* Runs a parser with `words`; the first NULL ends them. */
static struct outcome run(void (*what)(int, char **), const char *const *words)
{
    struct outcome o;
    struct run r;
    int argc = 1;

    while (argc <= WORDS && words[argc - 1] != NULL) {
        parser_argv[argc] = (char *)words[argc - 1];
        check_step("argv[%d] is \"%s\"", argc, parser_argv[argc]);
        argc++;
    }
    parser_argv[argc] = NULL;
    parser_argc = argc;
    parser = what;
    r = run_function(parse);
    o.status = WEXITSTATUS(r.status);
    CHECK(r.out_len < TEXT_LEN && r.err_len < TEXT_LEN);
    strcpy(o.out, r.out);
    strcpy(o.err, r.err);
    run_free(&r);
    return o;
}

static void expect_out(const struct outcome *o, const char *want)
{
    CHECK_BYTES(o->err, strlen(o->err), "", 0);
    CHECK_EQ(o->status, 0);
    CHECK_BYTES(o->out, strlen(o->out), want, strlen(want));
}

static void expect_in(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        check_show("text", text, strlen(text));
        CHECK_FAIL("\"%s\" is not in it", part);
    }
}

/* ---- right words ---- */

struct right {
    const char *words[WORDS];
    const char *filled;
};

static const struct right right[] = {
    {{"-q"}, "127.0.0.1 9004 echo m=max t=300 g=5 w=0"},
    {{"-q", "-b", "::1"}, "::1 9004 echo m=max t=300 g=5 w=0"},
    {{"-q", "--bind=unix:/x y"}, "unix:/x y 9004 echo m=max t=300 g=5 w=0"},
    {{"-q", "-p", "0"}, "127.0.0.1 0 echo m=max t=300 g=5 w=0"},
    {{"-q", "-p65535"}, "127.0.0.1 65535 echo m=max t=300 g=5 w=0"},
    {{"-q", "--port", "80"}, "127.0.0.1 80 echo m=max t=300 g=5 w=0"},
    {{"-q", "-s", "upper"}, "127.0.0.1 9004 upper m=max t=300 g=5 w=0"},
    {{"-q", "-shello"}, "127.0.0.1 9004 hello m=max t=300 g=5 w=0"},
    {{"-q", "--service=greet"}, "127.0.0.1 9004 greet m=max t=300 g=5 w=0"},
    {{"-q", "-m", "1"}, "127.0.0.1 9004 echo m=1 t=300 g=5 w=0"},
    {{"-q", "-m", "2147483647"}, "127.0.0.1 9004 echo m=max t=300 g=5 w=0"},
    {{"-q", "-t", "0"}, "127.0.0.1 9004 echo m=max t=0 g=5 w=0"},
    {{"-q", "-t", "86400"}, "127.0.0.1 9004 echo m=max t=86400 g=5 w=0"},
    {{"-q", "-g", "0"}, "127.0.0.1 9004 echo m=max t=300 g=0 w=0"},
    {{"-q", "-w", "250"}, "127.0.0.1 9004 echo m=max t=300 g=5 w=250"},
    {{"-q", "-w", "007"}, "127.0.0.1 9004 echo m=max t=300 g=5 w=7"},
    {{"-q", "--max-clients", "3", "--idle-timeout", "4", "--grace=6"},
     "127.0.0.1 9004 echo m=3 t=4 g=6 w=0"},
    {{"-qm3", "-t4", "--work-ms=8", "--"},
     "127.0.0.1 9004 echo m=3 t=4 g=5 w=8"},
    {{"--quiet", "-s", "hello", "-s", "echo", "--gra=2"},
     "127.0.0.1 9004 echo m=max t=300 g=2 w=0"},
};

static void every_right_word(void)
{
    for (size_t i = 0; i < CHECK_COUNT(right); i++) {
        struct outcome o = run(parse_as_server, right[i].words);

        expect_out(&o, right[i].filled);
    }
}

/* -q: no ordinary line; -v: each byte too; the last one counts. */
static void how_much_is_logged(void)
{
    static const struct {
        const char *words[WORDS];
        bool lines, bytes;
    } table[] = {
        {{NULL}, true, false},       {{"-q"}, false, false},
        {{"--quiet"}, false, false}, {{"-v"}, true, true},
        {{"--verbose"}, true, true}, {{"-v", "-q"}, false, false},
        {{"-qv"}, true, true},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct outcome o = run(parse_as_server, table[i].words);

        CHECK_EQ(strstr(o.err, ": an ordinary line\n") != NULL, table[i].lines);
        CHECK_EQ(strstr(o.err, ": fd 7: read 1 bytes: x\n") != NULL,
                 table[i].bytes);
        CHECK(o.err[0] == '\0' || strncmp(o.err, "server[", 7) == 0);
    }
}

static void help_and_version(void)
{
    static const char *const help[][3] = {{"-h"}, {"--help"}, {"-h", "-x"}};
    static const char *const version[][2] = {{"-V"}, {"--version"}};

    for (size_t i = 0; i < CHECK_COUNT(help); i++) {
        struct outcome o = run(parse_as_server, help[i]);
        struct outcome c = run(parse_as_client, help[i]);

        CHECK_EQ(o.status, 0);
        expect_in(o.out, "Usage: ./program ");
        expect_in(o.out, "9004");
        CHECK_EQ(strlen(o.err), 0);
        CHECK_EQ(c.status, 0);
        expect_in(c.out, "[HOST [PORT]]");
        expect_in(c.out, "9004");
        CHECK_EQ(strlen(c.err), 0);
    }
    for (size_t i = 0; i < CHECK_COUNT(version); i++) {
        struct outcome o = run(parse_as_server, version[i]);
        struct outcome c = run(parse_as_client, version[i]);

        CHECK_EQ(o.status, 0);
        CHECK(strncmp(o.out, "Seven Servers ", 14) == 0);
        CHECK(strchr(o.out, '\n') == o.out + strlen(o.out) - 1);
        CHECK(strcmp(o.out, c.out) == 0 && c.status == 0);
    }
}

/* Help names each option and its word; it is taken by its letter and by its
 * name, and without its word by neither. */
static void every_row(void)
{
    struct outcome help =
        run(parse_as_server, (const char *const[]){"-h", NULL});

    for (const struct option_row *row = server_rows; row->help != NULL; row++) {
        const char *word = row->fallback != NULL ? row->fallback : "1";
        char letter[] = {'-', row->letter, '\0'}, name[32], head[64];
        const char *options[] = {letter, name};

        snprintf(name, sizeof(name), "--%s", row->name);
        snprintf(head, sizeof(head), "\n  %s, %s%s%s  ", letter, name,
                 row->word != NULL ? " " : "",
                 row->word != NULL ? row->word : "");
        expect_in(help.out, head);
        for (size_t i = 0; i < CHECK_COUNT(options); i++) {
            const char *words[] = {options[i], NULL, NULL};

            CHECK_EQ(run(parse_as_server, words).status,
                     row->word != NULL ? EXIT_USAGE : 0);
            words[1] = row->word != NULL ? word : NULL;
            CHECK_EQ(run(parse_as_server, words).status, 0);
        }
    }
}

/* The suite's list of them is current: --help and --version end it. */
static void the_suite_knows_every_row(void)
{
    size_t count = 0;
    char name[32];

    for (; server_rows[count].help != NULL; count++) {
        CHECK(count < CHECK_COUNT(option_names));
        snprintf(name, sizeof(name), "-%c, --%s", server_rows[count].letter,
                 server_rows[count].name);
        CHECK_BYTES(option_names[count], strlen(option_names[count]), name,
                    strlen(name));
    }
    CHECK_EQ(CHECK_COUNT(option_names), count + 2);
}

/* Who asked for a text and cannot get it is told so. */
static void print_to_nowhere(int argc, char **argv)
{
    int full = open("/dev/full", O_WRONLY);

    dup2(full, STDOUT_FILENO);
    parse_as_server(argc, argv);
}

static void help_that_cannot_be_printed(void)
{
    struct outcome o = run(print_to_nowhere, (const char *const[]){"-h", NULL});

    CHECK_EQ(o.status, 1);
    expect_in(o.err, "ENOSPC");
}

/* ---- wrong words ---- */

struct wrong {
    const char *words[WORDS];
    const char *named; /* what the message must name */
};

static const struct wrong wrong[] = {
    {{"--wrong"}, "wrong"},
    {{"--bin=x", "--wrong=1"}, "wrong"},
    {{"-x"}, "x"},
    {{"-qx"}, "x"},
    {{"-"}, "'-'"},
    {{"surplus"}, "'surplus'"},
    {{"--", "-q"}, "'-q'"},
    {{"-q", "one", "two"}, "'one'"},
    {{""}, "''"},
    {{"--quiet=1"}, "quiet"},
    {{"--help=1"}, "help"},
    {{"-b"}, "b"},
    {{"--port"}, "port"},
    {{"-p", "65536"}, "port: '65536'"},
    {{"-p", "-1"}, "'-1'"},
    {{"-p", "+1"}, "'+1'"},
    {{"-p", " 1"}, "' 1'"},
    {{"-p", "1 "}, "'1 '"},
    {{"-p", "1x"}, "'1x'"},
    {{"-p", "0x1"}, "'0x1'"},
    {{"-p", ""}, "''"},
    {{"-p", "http"}, "'http'"},
    {{"-p", "4294967296"}, "'4294967296'"},
    {{"-p", "18446744073709551616"}, "'18446744073709551616'"},
    {{"-s", "smtp"},
     "--service: 'smtp' is none of echo, upper, hello, greet\n"},
    {{"-s", "ech"}, "'ech'"},
    {{"-s", "Echo"}, "'Echo'"},
    {{"-s", ""}, "''"},
    {{"-m", "0"}, "--max-clients: '0'"},
    {{"-m", "2147483648"}, "'2147483648'"},
    {{"-m", "all"}, "'all'"},
    {{"-t", "86401"}, "--idle-timeout: '86401'"},
    {{"-t", "-5"}, "'-5'"},
    {{"-t", "1.5"}, "'1.5'"},
    {{"-g", "86401"}, "--grace: '86401'"},
    {{"-g", "5s"}, "'5s'"},
    {{"-w", "86401"}, "--work-ms: '86401'"},
    {{"-w", "1e3"}, "'1e3'"},
    {{"-q", "-g", "1", "-w", "?"}, "'?'"},
};

/* Exit status 2, the word named, --help pointed to, nothing on stdout. */
static void expect_wrong(const struct outcome *o, const char *named)
{
    CHECK_EQ(o->status, EXIT_USAGE);
    expect_in(o->err, named);
    expect_in(o->err, "Try './program --help'.\n");
    CHECK_EQ(strlen(o->out), 0);
}

static void every_wrong_word(void)
{
    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        struct outcome o = run(parse_as_server, wrong[i].words);

        expect_wrong(&o, wrong[i].named);
    }
}

/* ---- a client's ---- */

static void client_words(void)
{
    static const struct right table[] = {
        {{NULL}, "127.0.0.1 9004"},
        {{"localhost"}, "localhost 9004"},
        {{"::1", "1"}, "::1 1"},
        {{"unix:/tmp/x"}, "unix:/tmp/x 9004"},
        {{"--", "-h", "65535"}, "-h 65535"},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct outcome o = run(parse_as_client, table[i].words);

        CHECK_EQ(o.status, 0);
        CHECK_BYTES(o.out, strlen(o.out), table[i].filled,
                    strlen(table[i].filled));
        CHECK(strncmp(o.err, "client[", 7) == 0);
    }
}

static void wrong_client_words(void)
{
    static const struct wrong table[] = {
        {{"-x"}, "x"},
        {{"--wrong"}, "wrong"},
        {{"-q"}, "q"},
        {{"h", "0"}, "'0'"},
        {{"h", "65536"}, "'65536'"},
        {{"h", ""}, "''"},
        {{"h", "1x"}, "'1x'"},
        {{"h", "echo"}, "'echo'"},
        {{"h", "1", "more"}, "'more'"},
    };

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        struct outcome o = run(parse_as_client, table[i].words);

        expect_wrong(&o, table[i].named);
    }
}

/* ---- a program's own ---- */

static const char *codec_at(int i)
{
    static const char *const names[] = {"line", "length", NULL};

    return names[i];
}

static const char *service_at(int i)
{
    return i == 0 ? "store" : NULL;
}

static void parse_with_own(int argc, char **argv)
{
    const char *service;
    uint64_t room;
    int codec, flag = 0;
    const struct option_row own[] = {
        {0, "codec", "NAME", "one of", "length", .name_at = codec_at,
         .number = &codec},
        {0, "room", "BYTES", "for all", "5000000000", .min = 1,
         .max = UINT64_MAX, .size = &room},
        {'f', "flag", NULL, "a flag", .value = 7, .number = &flag},
        {'s', "service", "NAME", "always", "store", .name_at = service_at,
         .text = &service},
        {0},
    };
    struct options options;

    parse_server_options_and(&options, argc, argv, "9007", own);
    printf("%s %d %d %s %" PRIu64, options.port, codec, flag, service, room);
}

static void own_options(void)
{
    static const struct right table[] = {
        {{NULL}, "9007 1 0 store 5000000000"},
        {{"--codec", "line"}, "9007 0 0 store 5000000000"},
        {{"--codec=line", "-p", "1"}, "1 0 0 store 5000000000"},
        {{"--flag", "--room=1"}, "9007 1 7 store 1"},
        {{"-fs", "store"}, "9007 1 7 store 5000000000"},
        {{"--service=store", "--room", "18446744073709551615"},
         "9007 1 0 store 18446744073709551615"},
    };
    static const struct wrong refused[] = {
        {{"--codec", "morse"}, "--codec: 'morse' is none of line, length\n"},
        {{"--room", "0"}, "--room: '0' is not a number from 1 to 184467440737"},
        {{"--room", "18446744073709551616"}, "'18446744073709551616'"},
        {{"--codec"}, "codec"},
        {{"--flag=x"}, "flag"},
        {{"-s", "echo"}, "'echo'"},
        {{"--service", "echo"}, "'echo'"},
        {{"--other"}, "other"},
    };
    struct outcome o;

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        o = run(parse_with_own, table[i].words);
        expect_out(&o, table[i].filled);
    }
    for (size_t i = 0; i < CHECK_COUNT(refused); i++) {
        o = run(parse_with_own, refused[i].words);
        expect_wrong(&o, refused[i].named);
    }
    o = run(parse_with_own, (const char *const[]){"--help", NULL});
    CHECK_EQ(o.status, 0);
    expect_in(o.out, "      --codec NAME        one of line, length (default "
                     "length)\n");
    expect_in(o.out, "  -f, --flag              a flag\n");
    CHECK(strstr(o.out, "greet") == NULL);
}

/* ---- closed standard descriptors ---- */

/* Says by its exit status what the next descriptor is and whether 0 to 2 are
 * all taken. */
static void parse_with_closed(int argc, char **argv)
{
    int fd;

    close(STDIN_FILENO);
    if (argc > 1)
        close(STDOUT_FILENO);
    if (argc > 2)
        close(STDERR_FILENO);
    parse_as_client(1, argv);
    fd = open("/dev/null", O_RDONLY);
    if (fd <= STDERR_FILENO || fcntl(0, F_GETFD) == -1 ||
        fcntl(1, F_GETFD) == -1 || fcntl(2, F_GETFD) == -1)
        _exit(10);
    if (read(STDIN_FILENO, &fd, 1) != 0)
        _exit(11);
    if (argc > 1 && write(STDOUT_FILENO, "x", 1) != -1)
        _exit(12);
    _exit(20);
}

static void closed_descriptors_are_filled(void)
{
    static const char *const words[][3] = {{NULL}, {"1"}, {"1", "2"}};

    for (size_t i = 0; i < CHECK_COUNT(words); i++)
        CHECK_EQ(run(parse_with_closed, words[i]).status, 20);
}

/* ---- how many clients fit ---- */

/* In a child, for it changes the process's limit. */
static void fit(int argc, char **argv)
{
    struct rlimit limit = {.rlim_cur = 40, .rlim_max = 100};
    int ceiling = atoi(argv[1]);
    struct options options = {.max_clients =
                                  argc > 2 ? atoi(argv[2]) : INT_MAX};
    struct rlimit now;
    int returned;

    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (int fd = 3; fd < 40; fd++)
        close(fd);
    CHECK(open("/dev/null", O_RDONLY) == 3);
    returned = set_descriptor_limit(ceiling);
    fit_clients(&options.max_clients, returned);
    CHECK(getrlimit(RLIMIT_NOFILE, &now) == 0);
    printf("limit %d, soft %d, room for %d", returned, (int)now.rlim_cur,
           options.max_clients);
}

static void as_many_clients_as_fit(void)
{
    static const struct right table[] = {
        {{"0"}, "limit 100, soft 100, room for 96"},
        {{"64"}, "limit 64, soft 64, room for 60"},
        {{"1024"}, "limit 100, soft 100, room for 96"},
        {{"0", "96"}, "limit 100, soft 100, room for 96"},
        {{"4"}, "limit 4, soft 4, room for 1"},
    };
    struct outcome o;

    for (size_t i = 0; i < CHECK_COUNT(table); i++) {
        o = run(fit, table[i].words);
        expect_out(&o, table[i].filled);
    }
    o = run(fit, (const char *const[]){"0", "97", NULL});
    expect_in(o.out, "room for 96");
    expect_in(o.err, "room for 96 clients, not 97");
}

const struct check_case check_cases[] = {
    CASE(every_right_word, "unit"),
    CASE(how_much_is_logged, "unit"),
    CASE(help_and_version, "unit"),
    CASE(every_row, "unit"),
    CASE(the_suite_knows_every_row, "unit"),
    CASE(help_that_cannot_be_printed, "unit"),
    CASE(every_wrong_word, "unit"),
    CASE(client_words, "unit"),
    CASE(wrong_client_words, "unit"),
    CASE(own_options, "unit"),
    CASE(closed_descriptors_are_filled, "unit"),
    CASE(as_many_clients_as_fit, "unit"),
    {0},
};
