/* tests/conformance/suite.c - see suite.h: finds cases, runs them, sums up. */
#include "suite.h"

#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int stage = 4;
const char *client_path;
const char *preload_path;
const char *case_name;

/* One line a file with cases. */
/* clang-format off */
static const struct suite_case *const tables[] = {
    options_cases,
    start_cases,
    service_cases,
    limits_cases,
    stop_cases,
    client_cases,
    leaving_cases, /* this and on: ../faults */
    staying_cases,
    many_cases,
    starving_cases,
    storms_cases,
    mutants_asked_cases,
    network_cases,
    inject_server_cases,
    inject_start_cases,
    inject_client_cases,
    soak_cases,
};
/* clang-format on */

static const char *const suffixes[] = {"", ".ip6", ".unix"}; /* by transport */

static bool verbose;
static const char *chosen_kind, *chosen_name, *chosen_transport; /* NULL: all */

/* ---- for the cases ----------------------------------------------------- */

unsigned int stage_bit(void)
{
    return 1U << stage;
}

bool serves_one_at_a_time(void)
{
    return stage == 1;
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

/* ---- all cases, in order ------------------------------------------------ */

struct cursor {
    size_t table, row;
    enum transport transport;
    const struct suite_case *c;
    char name[96];
};

static bool applies(const struct cursor *at)
{
    return (at->c->stages & stage_bit()) != 0 &&
           (at->transport == ON_TCP ||
            (server_port == 0 &&
             (at->c->transports & (1U << at->transport)) != 0));
}

/* The next transport of this case, the next case, or the next table. */
static bool step(struct cursor *at)
{
    if (at->c != NULL && at->transport < ON_UNIX) {
        at->transport++;
        return true;
    }
    at->transport = ON_TCP;
    at->row += at->c != NULL;
    while (at->table < CHECK_COUNT(tables)) {
        at->c = &tables[at->table][at->row];
        if (at->c->name != NULL)
            return true;
        at->table++;
        at->row = 0;
    }
    return false;
}

static bool next_case(struct cursor *at)
{
    while (step(at)) {
        snprintf(at->name, sizeof(at->name), "%s%s", at->c->name,
                 suffixes[at->transport]);
        if (applies(at))
            return true;
    }
    return false;
}

static bool is_chosen(const struct cursor *at)
{
    static const char *const transports[] = {"tcp", "ip6", "unix"};
    const char *transport = transports[at->transport];

    return (chosen_kind == NULL || strcmp(at->c->kind, chosen_kind) == 0) &&
           (chosen_transport == NULL ||
            strcmp(transport, chosen_transport) == 0) &&
           (chosen_name == NULL || fnmatch(chosen_name, at->name, 0) == 0);
}

static bool next_chosen(struct cursor *at)
{
    while (next_case(at))
        if (is_chosen(at))
            return true;
    return false;
}

static void list_cases(void)
{
    struct cursor at = {0};

    while (next_chosen(&at)) {
        const char *comma = "";

        printf("%s %s ", at.name, at.c->kind);
        for (int i = 1; i <= 7; i++)
            if ((at.c->stages & (1U << i)) != 0) {
                printf("%s0%d", comma, i);
                comma = ",";
            }
        printf(" %d\n", at.c->timeout_s);
    }
}

/* ---- running ------------------------------------------------------------ */

/* The command that repeats a case by hand, for the report of a failure: the
 * words that were given, and its name. */
static void set_repeat(char *const *words, const char *name)
{
    char command[1024];
    size_t n = 0;

    for (; *words != NULL && n < sizeof(command); words++)
        n += (size_t)snprintf(command + n, sizeof(command) - n,
                              strchr(*words, ' ') != NULL ? "'%s' " : "%s ",
                              *words);
    if (n < sizeof(command))
        snprintf(command + n, sizeof(command) - n, "--case %s", name);
    setenv("CHECK_REPEAT", command, 0);
}

static int run_case(char *const *words, const struct cursor *at)
{
    struct check_case only = {at->name, at->c->run};
    char name[96];
    char *arguments[] = {words[0], name, NULL};

    strcpy(name, at->name);
    set_repeat(words, name);
    case_name = at->c->name;
    server_transport = at->transport;
    return check_main(2, arguments, &only, 1);
}

static int say_how_it_died(const char *name, int signal_number, int limit_s)
{
    if (signal_number == SIGALRM)
        fprintf(stderr, "FAILED: %s took more than %d s\n", name, limit_s);
    else
        fprintf(stderr, "FAILED: %s died of signal %d\n", name, signal_number);
    return EXIT_FAILURE;
}

static int run_in_child(char *const *words, const struct cursor *at)
{
    int limit_s = at->c->timeout_s * (is_instrumented() ? 4 : 1);
    int status = 0;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        alarm((unsigned int)limit_s); /* and the kernel kills its servers */
        exit(run_case(words, at));
    }
    if (pid == -1 || waitpid(pid, &status, 0) == -1) {
        perror("suite");
        return EXIT_FAILURE;
    }
    if (WIFSIGNALED(status))
        return say_how_it_died(at->name, WTERMSIG(status), limit_s);
    return WEXITSTATUS(status);
}

static void note(const char *word, const char *name)
{
    printf("%-8s %s\n", word, name);
    fflush(stdout);
}

static void print_failed(char names[][96], int count)
{
    for (int i = 0; i < count; i++)
        note("FAILED", names[i]);
}

static int run_all(char *const *words)
{
    enum { MOST = 1000 };
    static char failed_names[MOST][96];
    struct cursor at = {0};
    int passed = 0, failed = 0, skipped = 0;

    while (next_chosen(&at)) {
        int status = run_in_child(words, &at);

        if (status == EXIT_SUCCESS) {
            passed++;
            if (verbose)
                note("ok", at.name);
        } else if (status == CHECK_SKIPPED) {
            skipped++;
            note("skipped", at.name);
        } else if (failed++ < MOST) {
            strcpy(failed_names[failed - 1], at.name);
        }
    }
    print_failed(failed_names, failed < MOST ? failed : MOST);
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Alone it runs in this process, where a debugger finds it. */
static int run_one(char *const *words)
{
    struct cursor at = {0};

    while (next_case(&at))
        if (strcmp(at.name, chosen_name) == 0)
            return run_case(words, &at);
    if (strpbrk(chosen_name, "*?[") != NULL)
        return run_all(words);
    fprintf(stderr, "suite: stage %02d has no case '%s' (--list names them)\n",
            stage, chosen_name);
    return 2;
}

/* ---- the command line --------------------------------------------------- */

/* One too many is dropped: the server will say what it misses. */
static void add_server_arg(const char *word)
{
    int n = 0;

    while (server_args[n] != NULL)
        n++;
    if (n < SPEC_ARGS - 1)
        server_args[n] = word;
}

static const char help[] =
    "Usage: suite --server CMD [OPTION]... [[--case] NAME]\n"
    "       suite --port PORT  [OPTION]... [[--case] NAME]\n"
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
    "  --stage NN      how it serves: 01 one client at a time, 02 processes,\n"
    "                  03 threads, 04 to 06 one loop (default 04)\n"
    "  --client CMD    a client, held against our own peers\n"
    "  --preload LIB   libinject.so, for the cases in which the kernel fails\n"
    "  --arg WORD      goes to the server before all else; may be repeated\n"
    "  --kind KIND     only these: options, start, service, limits, stop,\n"
    "                  fault, load, client ...\n"
    "  --transport T   only these: tcp, ip6 or unix\n"
    "  --case NAME     only this one; a pattern ('stop-*') names several\n"
    "  --deadline MS   what a case waits for comes within so long (20000)\n"
    "  --list          prints \"name kind stages timeout\" and runs nothing\n"
    "  -v, --verbose   names the cases that pass, too\n"
    "\n"
    "A case that fails prints what it did step by step, what it expected and\n"
    "got, the end of the server's stderr, how the server ended, and the "
    "command\n"
    "that repeats it. At the end the failed ones are named and all are "
    "counted.\n"
    "\n"
    "Exit status: 0 none failed, 1 some did, 2 wrong usage; of a single case\n"
    "77 if it was skipped. Begin with:\n"
    "suite --server CMD --kind service --transport tcp --deadline 3000\n";

static int usage(void)
{
    fprintf(stderr, "Usage: suite --server CMD | --port PORT [OPTION]... "
                    "[[--case] NAME]\nTry 'suite --help'.\n");
    return 2;
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

static bool is_usable(void)
{
    return (server_path != NULL) != (server_port != 0) && server_port >= 0 &&
           server_port <= 65535 && stage >= 1 && stage <= 7;
}

static int run_chosen(char *const *words)
{
    if (server_path != NULL)
        server_path = as_program(server_path);
    return chosen_name != NULL ? run_one(words) : run_all(words);
}

int main(int argc, char **argv)
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
        {"case", required_argument, NULL, 'r'},
        {"list", no_argument, NULL, 'l'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool list = false;

    for (int c; (c = getopt_long(argc, argv, "vh", options, NULL)) != -1;) {
        switch (c) {
        case 's': server_path = optarg; break;
        case 'o': server_port = atoi(optarg); break;
        case 'e': server_port_service = optarg; break;
        case 'c': client_path = optarg; break;
        case 'p': preload_path = optarg; break;
        case 'a': add_server_arg(optarg); break;
        case 'n': stage = atoi(optarg); break; /* "04" and "04-select" */
        case 'k': chosen_kind = optarg; break;
        case 't': chosen_transport = optarg; break;
        case 'd': setenv("HARNESS_DEADLINE_MS", optarg, 1); break;
        case 'r': chosen_name = optarg; break;
        case 'l': list = true; break;
        case 'v': verbose = true; break;
        case 'h': return fputs(help, stdout) == EOF;
        default: return usage();
        }
    }
    if (optind + 1 < argc)
        return usage();
    if (optind < argc) {
        chosen_name = argv[optind];
        argv[optind] = NULL; /* set_repeat() adds the name itself */
    }
    if (list)
        return list_cases(), EXIT_SUCCESS;
    return is_usable() ? run_chosen(argv) : usage();
}
