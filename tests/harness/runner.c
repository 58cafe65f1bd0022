/* tests/harness/runner.c - see runner.h. */
#include "runner.h"

#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 1000, NAME = 96, WORD = 40, REPORT_S = 20 };

const struct server_info *the_server;
const char *client_path, *preload_path;

/* What a table's rows come to: a case for each transport and each word. */
struct listed {
    char name[NAME], word[WORD];
    const struct check_case *row;
    enum transport transport;
    int status;
};

static struct listed cases[MOST];
static int count;

static const struct test_program *program;
static char *const *words; /* the command line's, without the case's name */
static bool verbose;     /* names what passes, and a failure shows all steps */
static int limit_s = -1; /* -1: the row's */
static const char *chosen_kind, *chosen_name, *chosen_transport; /* NULL: all */

/* ---- for the cases ---- */

bool is_a(unsigned int traits)
{
    return the_server != NULL && server_has(the_server, traits);
}

const char *need_client(void)
{
    if (client_path == NULL)
        check_skip("no --client given");
    return client_path;
}

const char *need_preload(void)
{
    if (preload_path == NULL)
        check_skip("no --preload given");
    return preload_path;
}

/* ---- from rows to cases ---- */

static void spell(char name[NAME], const struct check_case *row,
                  const char *word)
{
    const char *function = row->function;
    const char *star = row->name == NULL ? NULL : strchr(row->name, '*');

    if (star != NULL) {
        snprintf(name, NAME, "%.*s%s%s", (int)(star - row->name), row->name,
                 word, star + 1);
        return;
    }
    if (row->name != NULL) {
        snprintf(name, NAME, "%s", row->name);
        return;
    }
    if (strncmp(function, "case_", 5) == 0)
        function += 5;
    snprintf(name, NAME, "%s%s%s", word, word[0] != '\0' ? "-" : "", function);
    for (char *c = name; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
}

static bool is_chosen(const struct listed *c)
{
    static const char *const transports[] = {"tcp", "ip6", "unix"};

    return (chosen_kind == NULL || strcmp(c->row->kind, chosen_kind) == 0) &&
           (chosen_transport == NULL ||
            strcmp(transports[c->transport], chosen_transport) == 0) &&
           (chosen_name == NULL || fnmatch(chosen_name, c->name, 0) == 0);
}

static void add_case(const struct check_case *row, const char *word,
                     enum transport transport)
{
    static const char *const suffixes[] = {"", ".ip6", ".unix"};
    struct listed *c = &cases[count];

    if (count == MOST) {
        fprintf(stderr, "more than %d cases\n", MOST);
        exit(EXIT_FAILURE);
    }
    snprintf(c->word, WORD, "%s", word);
    spell(c->name, row, word);
    strncat(c->name, suffixes[transport], NAME - 1 - strlen(c->name));
    c->row = row;
    c->transport = transport;
    if (is_chosen(c))
        count++;
}

static void add_on_transports(const struct check_case *row, const char *word)
{
    for (enum transport t = ON_TCP; t <= ON_UNIX; t++)
        if (t == ON_TCP ||
            (server_port == 0 && (row->transports & (1U << t)) != 0))
            add_case(row, word, t);
}

static void add_row(const struct check_case *row)
{
    unsigned int traits = the_server == NULL ? 0 : the_server->traits;
    const char *rest = row->each;
    char word[WORD];
    int used;

    if (client_path != NULL)
        traits |= NEEDS_CLIENT;
    if ((row->needs & ~traits) != 0 || (row->lacks & traits) != 0)
        return;
    if (rest == NULL)
        add_on_transports(row, "");
    else
        for (; sscanf(rest, "%39s%n", word, &used) == 1; rest += used)
            add_on_transports(row, word);
}

static void add_rows(void)
{
    for (size_t i = 0; program->tables[i] != NULL; i++)
        for (const struct check_case *row = program->tables[i];
             row->run != NULL; row++)
            add_row(row);
}

/* ---- running ---- */

/* CHECK_TIMEOUT_FACTOR is what CMake multiplies with: sanitizers, slow
 * machines. */
static int limit_of(const struct listed *c)
{
    int factor = CHECK_TIMEOUT_FACTOR;

    if (limit_s != -1)
        return limit_s;
    if (is_instrumented() && factor < 4)
        factor = 4;
    return (c->row->timeout_s == 0 ? 30 : c->row->timeout_s) * factor;
}

static int limit_now;

/* The report, and what is called at exit, is more than a handler may call
 * (signal-safety(7)). What hangs almost always hangs in a system call, and then
 * all goes well; and if not, the next alarm ends it. */
static void on_alarm(int signal_number)
{
    (void)signal_number;
    signal(SIGALRM, SIG_DFL);
    alarm(REPORT_S);
    check_too_long(limit_now);
}

static void set_limit(int seconds)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_NODEFER};
    sigset_t alarms;

    limit_now = seconds;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    sigaction(SIGALRM, &action, NULL);
    sigprocmask(SIG_UNBLOCK, &alarms, NULL); /* whatever was inherited */
    alarm((unsigned int)seconds);
}

static pid_t us;                /* who has the handler, not a fork */
static volatile pid_t its_case; /* the case's process; 0: it is ours, or none */

/* The case first: what it started and wrote, only it knows. As on_alarm, this
 * does more than a handler may. */
static void on_end(int signal_number)
{
    if (getpid() != us) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
        return;
    }
    signal(SIGALRM, SIG_DFL);
    alarm(REPORT_S);
    if (its_case > 0) {
        kill(its_case, SIGTERM);
        child_wait(its_case);
    }
    exit(128 + signal_number);
}

/* Whoever ignores one of them, as under nohup(1), goes on ignoring it. */
static void clean_up_at_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_end}, old;

    us = getpid();
    for (size_t i = 0; i < CHECK_COUNT(signals); i++)
        sigaddset(&action.sa_mask, signals[i]);
    for (size_t i = 0; i < CHECK_COUNT(signals); i++)
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
}

/* The words that were given, and the case's name. */
static void set_repeat(const char *name)
{
    char command[1024];
    size_t n = 0;

    for (char *const *w = words; *w != NULL && n < sizeof(command); w++) {
        if (strcmp(*w, "--case") == 0) {
            w++; /* a pattern, perhaps */
            continue;
        }
        n += (size_t)snprintf(command + n, sizeof(command) - n,
                              strchr(*w, ' ') != NULL ? "'%s' " : "%s ", *w);
    }
    if (n < sizeof(command))
        snprintf(command + n, sizeof(command) - n, "--case %s", name);
    check_repeat(command);
}

static int run_case(const struct listed *c)
{
    set_repeat(c->name);
    case_name = c->name;
    case_word = c->word;
    server_transport = c->transport;
    if (verbose)
        check_all_steps();
    clean_up_at_signals();
    set_limit(limit_of(c));
    c->row->run();
    return EXIT_SUCCESS;
}

/* One bad case must not take the others with it. */
static int run_in_child(const struct listed *c)
{
    pid_t pid = child_fork();
    int status;

    if (pid == 0)
        exit(run_case(c));
    its_case = pid;
    status = pid == -1 ? -1 : child_wait(pid);
    its_case = 0;
    if (status == -1) {
        perror(c->name);
        return EXIT_FAILURE;
    }
    if (WIFSIGNALED(status))
        fprintf(stderr, "FAILED: %s died of signal %d\n", c->name,
                WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

static void note(const char *word, const char *name)
{
    printf("%-8s %s\n", word, name);
    fflush(stdout);
}

static int run_all(void)
{
    int passed = 0, failed = 0, skipped = 0;

    clean_up_at_signals();
    for (struct listed *c = cases; c < cases + count; c++) {
        c->status = run_in_child(c);
        passed += c->status == EXIT_SUCCESS;
        skipped += c->status == CHECK_SKIPPED;
        if (c->status == CHECK_SKIPPED)
            note("skipped", c->name);
        else if (c->status == EXIT_SUCCESS && verbose)
            note("ok", c->name);
    }
    for (struct listed *c = cases; c < cases + count; c++)
        if (c->status != EXIT_SUCCESS && c->status != CHECK_SKIPPED) {
            note("FAILED", c->name);
            failed++;
        }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int list_cases(void)
{
    for (struct listed *c = cases; c < cases + count; c++)
        printf("%s %s %d\n", c->name, c->row->kind, limit_of(c));
    return EXIT_SUCCESS;
}

static const char *own_name(void)
{
    const char *slash = strrchr(words[0], '/');

    return slash == NULL ? words[0] : slash + 1;
}

static void name_choice(const char *option, const char *word)
{
    if (word != NULL)
        fprintf(stderr, " %s'%s'", option, word);
}

static int run_chosen(void)
{
    if (count == 0) {
        fprintf(stderr, "%s: no case", own_name());
        name_choice("", chosen_name);
        name_choice("--kind ", chosen_kind);
        name_choice("--transport ", chosen_transport);
        name_choice("--stage ", the_server == NULL ? NULL : the_server->name);
        fprintf(stderr, " (--list names them%s)\n",
                client_path == NULL ? "; a client's need --client" : "");
        return 2;
    }
    if (chosen_name != NULL && strcmp(chosen_name, cases[0].name) == 0)
        return run_case(&cases[0]);
    return run_all();
}

/* ---- the command line ---- */

static const char server_help[] =
    "Usage: %s --server CMD [OPTION]... [[--case] NAME]\n"
    "       %s --port PORT  [OPTION]... [[--case] NAME]\n"
    "Holds a server, in whatever language it is written, against the "
    "contract.\n"
    "\n"
    "  --server CMD    starts it: a program, or a command with arguments\n"
    "                  ('python3 my_server.py'). It gets -p 0 or -b ADDRESS\n"
    "                  and other options of the contract behind its own, and\n"
    "                  prints \"listening on ADDRESS\" when it is ready\n"
    "  --port PORT     a server that runs already, on 127.0.0.1: only what\n"
    "                  can be told through a connection is looked at\n"
    "  --service NAME  with --port: what it serves (default echo)\n"
    "  --stage NAME    how it serves: like which of ours (default %s);\n"
    "                  they stand below, and 04 is enough of a name\n"
    "  --client CMD    a client, held against our own peers\n"
    "  --preload LIB   libinject.so, for the cases in which the kernel fails\n"
    "  --arg WORD      goes to the server before all else; may be repeated\n"
    "  --deadline MS   what a case waits for comes within so long (20000)\n";

static const char case_usage[] =
    "Usage: %s [OPTION]... [[--case] NAME]\n"
    "Runs its cases, each in a process of its own.\n"
    "\n";

static const char case_help[] =
    "  --kind KIND     only these: the second word of --list\n"
    "  --transport T   only these: tcp, ip6 or unix\n"
    "  --case NAME     only this one; a pattern ('stop-*') names several\n"
    "  --limit S       a case ends after so many seconds; 0: never\n"
    "  --list          prints \"name kind seconds\" and runs nothing\n"
    "  -v, --verbose   names the cases that pass, and shows all steps of one\n"
    "                  that fails\n"
    "\n"
    "A case that fails prints what it expected and got, its last steps, how\n"
    "each program ended, the end of its stderr, and the command that repeats\n"
    "it. At the end the failed ones are named and all are counted.\n"
    "\n"
    "Exit status: 0 none failed, 1 some did, 2 wrong usage; of a single case\n"
    "77 if it was skipped, 78 if its server never announced itself, 124 if it\n"
    "took too long.\n";

static const struct {
    unsigned int trait;
    const char *words;
} ways[] = {
    {TRAIT_ONE_AT_A_TIME, "one client at a time"},
    {TRAIT_PROCESS_EACH, "a process for each client"},
    {TRAIT_PROCESS_POOL, "processes made at the start"},
    {TRAIT_THREAD_EACH, "a thread for each client"},
    {TRAIT_SELECT, "one loop around select"},
    {TRAIT_POLL, "one loop around poll"},
    {TRAIT_EDGE, "one loop around epoll_wait, told once"},
    {TRAIT_EPOLL, "one loop around epoll_wait"},
};

static void print_servers(void)
{
    const struct server_info *server;
    size_t way;

    printf("\nNames for --stage:\n");
    for (size_t i = 0; (server = server_at(i)) != NULL; i++) {
        for (way = 0; way < CHECK_COUNT(ways) - 1; way++)
            if (server_has(server, ways[way].trait))
                break;
        printf("  %-22s%s\n", server->name, ways[way].words);
    }
}

static _Noreturn void give_help(void)
{
    if (program->like != NULL)
        printf(server_help, own_name(), own_name(), program->like);
    else
        printf(case_usage, own_name());
    fputs(case_help, stdout);
    if (program->like != NULL)
        print_servers();
    if (program->help_end != NULL)
        fputs(program->help_end, stdout);
    exit(fflush(stdout) == EOF);
}

static _Noreturn void wrong_usage(const char *what, const char *word)
{
    if (what != NULL)
        fprintf(stderr, "%s: %s '%s'\n", own_name(), what, word);
    fprintf(
        stderr, "Usage: %s %s[OPTION]... [[--case] NAME]\nTry '%s --help'.\n",
        own_name(), program->like != NULL ? "--server CMD | --port PORT " : "",
        own_name());
    exit(2);
}

static void add_server_arg(const char *word)
{
    int n = 0;

    while (server_args[n] != NULL)
        n++;
    if (n == SPEC_ARGS - 1)
        wrong_usage("too many words for the server, from --arg", word);
    server_args[n] = word;
}

/* `what` is said if it is none, or out of reach. */
static int number(const char *what, const char *word, int min, int max)
{
    char *end;
    long n = strtol(word, &end, 10);

    if (end == word || *end != '\0' || n < min || n > max)
        wrong_usage(what, word);
    return (int)n;
}

/* What cases read is the environment (patience_ms). */
static void set_deadline(const char *word)
{
    (void)number("--deadline takes milliseconds, not", word, 1, 86400000);
    setenv("HARNESS_DEADLINE_MS", word, 1);
}

static void read_options(int argc, char **argv, bool *list)
{
    static const struct option options[] = {
        {"server", required_argument, NULL, 's'},
        {"port", required_argument, NULL, 'o'},
        {"service", required_argument, NULL, 'e'},
        {"client", required_argument, NULL, 'c'},
        {"preload", required_argument, NULL, 'p'},
        {"arg", required_argument, NULL, 'a'},
        {"stage", required_argument, NULL, 'n'},
        {"kind", required_argument, NULL, 'k'},
        {"transport", required_argument, NULL, 't'},
        {"deadline", required_argument, NULL, 'd'},
        {"limit", required_argument, NULL, 'i'},
        {"case", required_argument, NULL, 'r'},
        {"list", no_argument, NULL, 'l'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *like = program->like;

    for (int c; (c = getopt_long(argc, argv, "vh", options, NULL)) != -1;) {
        switch (c) {
        case 's': server_path = optarg; break;
        case 'o':
            server_port =
                number("--port takes 1 to 65535, not", optarg, 1, 65535);
            break;
        case 'e': server_port_service = optarg; break;
        case 'c': client_path = optarg; break;
        case 'p': preload_path = optarg; break;
        case 'a': add_server_arg(optarg); break;
        case 'n': like = optarg; break;
        case 'k': chosen_kind = optarg; break;
        case 't': chosen_transport = optarg; break;
        case 'd': set_deadline(optarg); break;
        case 'i':
            limit_s = number("--limit takes seconds, not", optarg, 0, 86400);
            break;
        case 'r': chosen_name = optarg; break;
        case 'l': *list = true; break;
        case 'v': verbose = true; break;
        case 'h': give_help();
        default: wrong_usage(NULL, NULL); /* getopt_long has said why */
        }
    }
    if (optind + 1 < argc)
        wrong_usage("one name is enough, without", argv[optind + 1]);
    if (optind < argc) {
        chosen_name = argv[optind];
        argv[optind] = NULL; /* set_repeat() adds the name itself */
    }
    the_server = like == NULL ? NULL : server_named(like);
    if (like != NULL && the_server == NULL)
        wrong_usage("--stage: the list has no server", like);
}

/* A command with arguments becomes a script, for a server is started in many
 * ways, and each has words of its own to add. */
static char script[64];
static pid_t script_owner;

static void remove_script(void)
{
    if (getpid() == script_owner)
        unlink(script);
}

static const char *as_program(const char *command)
{
    FILE *f;
    int fd;

    if (strchr(command, ' ') == NULL || access(command, X_OK) == 0)
        return command;
    strcpy(script, "/tmp/suite-XXXXXX");
    fd = mkstemp(script);
    f = fd == -1 ? NULL : fdopen(fd, "w");
    if (f == NULL || fprintf(f, "#!/bin/sh\nexec %s \"$@\"\n", command) < 0 ||
        fchmod(fd, 0700) == -1 || fclose(f) == EOF) {
        perror(script);
        exit(EXIT_FAILURE);
    }
    script_owner = getpid();
    atexit(remove_script);
    return script;
}

int run_tests(int argc, char **argv, const struct test_program *of)
{
    bool list = false;

    program = of;
    words = argv;
    read_options(argc, argv, &list);
    if (program->choose != NULL)
        program->choose();
    add_rows();
    if (list)
        return list_cases();
    if (program->like != NULL && (server_path != NULL) == (server_port != 0))
        wrong_usage(NULL, NULL);
    if (server_path != NULL)
        server_path = as_program(server_path);
    return run_chosen();
}

int check_main(int argc, char **argv, const struct check_case *rows,
               size_t n_rows)
{
    struct check_case *table = calloc(n_rows + 1, sizeof(*table));
    const struct check_case *tables[2] = {table, NULL};
    struct test_program all = {.tables = tables};
    int status;

    if (table == NULL)
        return EXIT_FAILURE;
    memcpy(table, rows, n_rows * sizeof(*table));
    status = run_tests(argc, argv, &all);
    free(table);
    return status;
}
