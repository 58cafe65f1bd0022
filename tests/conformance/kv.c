/* tests/conformance/kv.c - runs the cases of the key-value server against one
 * kind of store. See kv.h. */
#include "kv.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *store_kind = "lock", *client_path, *preload_path, *peer_path;
const char *case_name;

static const struct kv_case *const tables[] = {kv_command_cases, kv_frame_cases,
                                               kv_fault_cases, kv_client_cases,
                                               kv_inject_cases};

/* AddressSanitizer asks for this. Messages are made and not freed (kv.h), which
 * is nobody's leak; the programs under test are looked at as ever. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

struct server *kv_start_spec(struct server_spec spec)
{
    int i = 0;

    while (spec.args[i] != NULL)
        i++;
    CHECK(i + 2 < SPEC_ARGS);
    spec.args[i] = "--store";
    spec.args[i + 1] = store_kind;
    return server_start(spec);
}

struct server *kv_start(const char *const *args)
{
    struct server_spec spec = {0};

    for (int i = 0; args != NULL && args[i] != NULL; i++)
        spec.args[i] = args[i];
    return kv_start_spec(spec);
}

const char *need_client(void)
{
    if (client_path == NULL)
        check_skip("no --client was given");
    return client_path;
}

const char *need_preload(void)
{
    if (preload_path == NULL)
        check_skip("no --preload was given");
    return preload_path;
}

static int run_case(char *self, const struct kv_case *c)
{
    struct check_case only = {c->name, c->run};
    char name[64], command[1024];
    char *arguments[] = {self, name, NULL};

    snprintf(name, sizeof(name), "%s", c->name);
    snprintf(command, sizeof(command),
             "%s --store %s --server %s%s%s%s%s%s%s %s", self, store_kind,
             server_path, client_path != NULL ? " --client " : "",
             client_path != NULL ? client_path : "",
             preload_path != NULL ? " --preload " : "",
             preload_path != NULL ? preload_path : "",
             peer_path != NULL ? " --peer " : "",
             peer_path != NULL ? peer_path : "", name);
    setenv("CHECK_REPEAT", command, 0);
    case_name = c->name;
    return check_main(2, arguments, &only, 1);
}

static const struct kv_case *next_case(const struct kv_case *c, size_t *table)
{
    if (c != NULL && (++c)->name != NULL)
        return c;
    *table += c != NULL;
    return *table < CHECK_COUNT(tables) ? tables[*table] : NULL;
}

static int run_all(char *self)
{
    int failed = 0, count = 0;
    size_t table = 0;

    for (const struct kv_case *c = NULL; (c = next_case(c, &table)) != NULL;) {
        int status = 0;
        pid_t pid;

        fflush(NULL);
        pid = fork();
        if (pid == 0)
            exit(run_case(self, c));
        if (pid == -1 || waitpid(pid, &status, 0) == -1) {
            perror("kv");
            return EXIT_FAILURE;
        }
        count++;
        failed += status != 0 &&
                  (!WIFEXITED(status) || WEXITSTATUS(status) != CHECK_SKIPPED);
    }
    printf("%s: %d cases, %d failed\n", store_kind, count, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_one(char *self, const char *name)
{
    size_t table = 0;

    for (const struct kv_case *c = NULL; (c = next_case(c, &table)) != NULL;)
        if (strcmp(c->name, name) == 0)
            return run_case(self, c);
    fprintf(stderr, "kv: no case '%s' (--list names them)\n", name);
    return 2;
}

static int list_cases(void)
{
    size_t table = 0;

    for (const struct kv_case *c = NULL; (c = next_case(c, &table)) != NULL;)
        printf("%s %s 07 %d\n", c->name, c->kind, c->timeout_s);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"store", required_argument, NULL, 'k'},
        {"server", required_argument, NULL, 's'},
        {"client", required_argument, NULL, 'c'},
        {"preload", required_argument, NULL, 'p'},
        {"peer", required_argument, NULL, 'r'},
        {"list", no_argument, NULL, 'l'},
        {NULL, 0, NULL, 0},
    };
    bool list = false;

    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'k': store_kind = optarg; break;
        case 's': server_path = optarg; break;
        case 'c': client_path = optarg; break;
        case 'p': preload_path = optarg; break;
        case 'r': peer_path = optarg; break;
        case 'l': list = true; break;
        default: return 2;
        }
    }
    if (list)
        return list_cases();
    if (server_path == NULL) {
        fprintf(stderr, "kv: --server is needed\n");
        return 2;
    }
    return optind < argc ? run_one(argv[0], argv[optind]) : run_all(argv[0]);
}
