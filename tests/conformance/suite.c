/* tests/conformance/suite.c - see suite.h: finds cases, runs them, sums up. */
#include "suite.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    inject_server_cases,
    inject_start_cases,
    inject_client_cases,
    soak_cases,
};
/* clang-format on */

static const char *const suffixes[] = {"", ".ip6", ".unix"}; /* by transport */

static bool verbose;

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
            (at->c->transports & (1U << at->transport)) != 0);
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

static void list_cases(void)
{
    struct cursor at = {0};

    while (next_case(&at)) {
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

/* The command that repeats a case by hand, for the report of a failure. */
static void set_repeat(char *self, const char *name)
{
    char command[1024];
    size_t n = (size_t)snprintf(command, sizeof(command),
                                "%s --server %s --stage %02d", self,
                                server_path, stage);

    if (client_path != NULL && n < sizeof(command))
        n += (size_t)snprintf(command + n, sizeof(command) - n, " --client %s",
                              client_path);
    for (int i = 0; server_args[i] != NULL && n < sizeof(command); i++)
        n += (size_t)snprintf(command + n, sizeof(command) - n, " --arg %s",
                              server_args[i]);
    if (preload_path != NULL && n < sizeof(command))
        n += (size_t)snprintf(command + n, sizeof(command) - n, " --preload %s",
                              preload_path);
    if (n < sizeof(command))
        snprintf(command + n, sizeof(command) - n, " %s", name);
    setenv("CHECK_REPEAT", command, 0);
}

static int run_case(char *self, const struct cursor *at)
{
    struct check_case only = {at->name, at->c->run};
    char name[96];
    char *arguments[] = {self, name, NULL};

    strcpy(name, at->name);
    set_repeat(self, name);
    case_name = at->c->name;
    server_transport = at->transport;
    return check_main(2, arguments, &only, 1);
}

static int run_in_child(char *self, const struct cursor *at)
{
    int status = 0;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        exit(run_case(self, at));
    if (pid == -1 || waitpid(pid, &status, 0) == -1) {
        perror("suite");
        return EXIT_FAILURE;
    }
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "FAILED: %s died of signal %d\n", at->name,
                WTERMSIG(status));
        return EXIT_FAILURE;
    }
    return WEXITSTATUS(status);
}

static int run_all(char *self)
{
    struct cursor at = {0};
    int passed = 0, failed = 0, skipped = 0;

    while (next_case(&at)) {
        int status = run_in_child(self, &at);

        passed += status == EXIT_SUCCESS;
        skipped += status == CHECK_SKIPPED;
        failed += status != EXIT_SUCCESS && status != CHECK_SKIPPED;
        if (verbose || status == CHECK_SKIPPED)
            printf("%-8s %s\n",
                   status == EXIT_SUCCESS    ? "ok"
                   : status == CHECK_SKIPPED ? "skipped"
                                             : "FAILED",
                   at.name);
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_one(char *self, const char *name)
{
    struct cursor at = {0};

    while (next_case(&at))
        if (strcmp(at.name, name) == 0)
            return run_case(self, &at);
    fprintf(stderr, "suite: stage %02d has no case '%s' (--list names them)\n",
            stage, name);
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

static int usage(void)
{
    fprintf(stderr, "Usage: suite --server CMD [--client CMD] [--preload LIB] "
                    "[--stage NN] [--arg WORD]... [-v]\n"
                    "             [--list | [--case] NAME]\n");
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"server", required_argument, NULL, 's'},
        {"client", required_argument, NULL, 'c'},
        {"preload", required_argument, NULL, 'p'},
        {"arg", required_argument, NULL, 'a'},
        {"stage", required_argument, NULL, 'n'},
        {"case", required_argument, NULL, 'r'},
        {"list", no_argument, NULL, 'l'},
        {"verbose", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    const char *name = NULL;
    bool list = false;

    for (int c; (c = getopt_long(argc, argv, "v", options, NULL)) != -1;) {
        switch (c) {
        case 's': server_path = optarg; break;
        case 'c': client_path = optarg; break;
        case 'p': preload_path = optarg; break;
        case 'a': add_server_arg(optarg); break;
        case 'n': stage = atoi(optarg); break; /* "04" and "04-select" */
        case 'r': name = optarg; break;
        case 'l': list = true; break;
        case 'v': verbose = true; break;
        default: return usage();
        }
    }
    if (optind < argc)
        name = argv[optind++];
    if (list) {
        list_cases();
        return EXIT_SUCCESS;
    }
    if (server_path == NULL || optind < argc || stage < 1 || stage > 7)
        return usage();
    return name != NULL ? run_one(argv[0], name) : run_all(argv[0]);
}
