/*
 * tests/compare/demo.c - three clients, served by every server in turn:
 *
 *     cmake --workflow --preset demo
 *
 * A asks and stays, silent. B and C ask. Then A leaves, B, and C. Everybody
 * is the stage's own client program; what it prints is what is shown. It ends
 * with status 1 if somebody was not answered when he should have been: by
 * 01-blocking only after A had left, by all others while A was still there.
 *
 * Nothing here depends on how fast the machine is: a step comes when its time
 * has come and what it rests on has happened. The times only make the picture.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "servers.h"
#include "text.h"

enum {
    CLIENTS = 3,
    STEP_MS = 100,       /* between two who ask, and two who leave */
    SILENCE_MS = 500,    /* when A leaves */
    PATIENCE_MS = 10000, /* for what must happen */
    COLUMNS = 60,        /* of a picture, at most */
    STAGES = 32,
    EXIT_USAGE = 2
};

static const double NEVER = -1;

static const char *red = "", *green = "", *yellow = "", *dim = "", *bold = "",
                  *plain = "";

/* One who talks with the server; the times are milliseconds since A asked. */
struct guest {
    char name;
    struct process client;
    double asked_ms, answered_ms, leaves_ms, left_ms;
    int place; /* among the answered: 0, 1, 2 */
    char heard[64];
};

struct stage {
    const char *name, *server, *client, *model;
    struct process process;
    struct guest guests[CLIENTS];
    struct usage usage;
    struct memory memory;
    bool one_at_a_time; /* 01: the others wait */
    bool as_it_should;
    int answered;
    char order[32]; /* who was answered; those behind "|" when A had left */
};

static struct stage stages[STAGES];
static int n_stages;
static double zero; /* when A asked, of moment_ms() */

static double ms_so_far(void)
{
    return moment_ms() - zero;
}

static void use_colours(void)
{
    if (!shows_colours(stdout))
        return;
    red = "\033[31m";
    green = "\033[32m";
    yellow = "\033[33m";
    dim = "\033[2m";
    bold = "\033[1m";
    plain = "\033[0m";
}

/* ---- what happens ---- */

/* "127.0.0.1:4711": the client wants host and port apart. */
static bool start_client(const struct stage *s, struct guest *g)
{
    char address[ADDRESS_TEXT];
    char *colon;
    const char *argv[] = {s->client, address, NULL, NULL};

    snprintf(address, sizeof(address), "%s", s->process.address);
    colon = strrchr(address, ':');
    if (colon == NULL)
        return false;
    *colon = '\0';
    argv[2] = colon + 1;
    return program_start(&g->client, argv, ANY_CPU, true) == 0;
}

static void say(const struct guest *g, const char *text)
{
    (void)!write(g->client.in, text, strlen(text));
}

static void ask(struct stage *s, struct guest *g)
{
    char text[16];

    if (!start_client(s, g))
        return;
    snprintf(text, sizeof(text), "I am %c\n", g->name);
    g->asked_ms = ms_so_far();
    say(g, text);
}

/* The farewell, and nothing more to come. */
static void leave(struct guest *g)
{
    g->leaves_ms = ms_so_far();
    say(g, "bye\n");
    child_close_in(&g->client);
}

static void note_answer(struct stage *s, struct guest *g)
{
    bool a_left = s->guests[0].leaves_ms != NEVER;
    bool is_first = a_left && strchr(s->order, '|') == NULL;
    size_t len = strlen(s->order);

    g->answered_ms = ms_so_far();
    g->place = s->answered++;
    snprintf(s->order + len, sizeof(s->order) - len, "%s %c",
             is_first ? " |" : "", g->name);
}

/* Something came from the client program, or its end. */
static void hear(struct stage *s, struct guest *g)
{
    char line[64];

    if (child_read_line(&g->client, line, sizeof(line), 0) != 1) {
        g->left_ms = ms_so_far();
        program_stop(&g->client);
    } else if (g->answered_ms == NEVER) {
        note_answer(s, g);
        snprintf(g->heard, sizeof(g->heard), "%s", line);
    }
}

/* Listens to everybody until `ms` have come. */
static void listen_until(struct stage *s, double ms)
{
    struct pollfd ready[CLIENTS];
    double left = ms - ms_so_far();

    for (int i = 0; i < CLIENTS; i++) {
        struct guest *g = &s->guests[i];

        ready[i] = (struct pollfd){.fd = g->client.pid > 0 ? g->client.out : -1,
                                   .events = POLLIN};
    }
    if (poll(ready, CLIENTS, left > 0 ? (int)left + 1 : 0) <= 0)
        return;
    for (int i = 0; i < CLIENTS; i++)
        if (ready[i].revents != 0)
            hear(s, &s->guests[i]);
}

static bool is_answered(const struct guest *g)
{
    return g->answered_ms != NEVER;
}

/* B is next when A has its answer; C when B has asked, and so may be in the
 * backlog. */
static void let_ask(struct stage *s)
{
    for (int i = 1; i < CLIENTS; i++)
        if (s->guests[i].asked_ms == NEVER && is_answered(&s->guests[0]) &&
            s->guests[i - 1].asked_ms != NEVER && ms_so_far() >= i * STEP_MS)
            ask(s, &s->guests[i]);
}

/* A leaves after its silence; where the others are to be answered meanwhile,
 * not before they are. Then whoever has been answered leaves. */
static void let_leave(struct stage *s)
{
    bool all = is_answered(&s->guests[1]) && is_answered(&s->guests[2]);
    double first = s->guests[0].leaves_ms;

    if (first == NEVER && ms_so_far() >= SILENCE_MS &&
        s->guests[2].asked_ms != NEVER &&
        (all || s->one_at_a_time || ms_so_far() >= PATIENCE_MS)) {
        s->usage = usage_of(&s->process);
        s->memory = memory_of(&s->process);
        leave(&s->guests[0]);
    }
    for (int i = 1; i < CLIENTS && first != NEVER; i++) {
        struct guest *g = &s->guests[i];

        if (g->leaves_ms == NEVER && is_answered(g) &&
            ms_so_far() >= first + i * STEP_MS)
            leave(g);
    }
}

static bool is_over(const struct stage *s)
{
    for (int i = 0; i < CLIENTS; i++)
        if (s->guests[i].left_ms == NEVER)
            return ms_so_far() > 2 * PATIENCE_MS;
    return true;
}

static bool run(struct stage *s)
{
    const char *argv[] = {s->server, "-q", "-p", "0", NULL};

    for (int i = 0; i < CLIENTS; i++)
        s->guests[i] = (struct guest){.name = (char)('A' + i),
                                      .asked_ms = NEVER,
                                      .answered_ms = NEVER,
                                      .leaves_ms = NEVER,
                                      .left_ms = NEVER};
    if (program_start(&s->process, argv, ANY_CPU, false) == -1 ||
        !child_wait_listening(&s->process, LISTEN_MS))
        return false;
    zero = moment_ms();
    ask(s, &s->guests[0]);
    while (!is_over(s)) {
        double next = ms_so_far() + STEP_MS / 10.0;

        listen_until(s, next);
        let_ask(s);
        let_leave(s);
    }
    for (int i = 0; i < CLIENTS; i++)
        program_stop(&s->guests[i].client);
    program_stop(&s->process);
    return true;
}

/* ---- what is to be said about it ---- */

/* Only order counts. */
static bool is_as_it_should(const struct stage *s)
{
    double leaves = s->guests[0].leaves_ms;

    for (int i = 0; i < CLIENTS; i++) {
        const struct guest *g = &s->guests[i];
        char said[16];

        snprintf(said, sizeof(said), "I am %c", g->name);
        if (!is_answered(g) || strcmp(g->heard, said) != 0 || leaves == NEVER)
            return false;
        if (i > 0 && s->one_at_a_time != (g->answered_ms > leaves))
            return false;
    }
    return true;
}

/* How many milliseconds a column of the picture is: 20, or as many more as it
 * takes. */
static int column_ms(const struct stage *s)
{
    int ms = 20;

    for (int i = 0; i < CLIENTS; i++)
        while (s->guests[i].left_ms / ms >= COLUMNS - 1)
            ms += 20;
    return ms;
}

static void print_axis(int ms)
{
    printf("     ");
    for (int column = 0; column < COLUMNS - 10; column += 10)
        printf("%-10d", column * ms);
    printf("ms\n");
}

/* What this client does in a column that begins at `ms` and ends at `end`. */
static char sign_at(const struct guest *g, double ms, double end)
{
    double left = g->left_ms == NEVER ? end : g->left_ms;

    if (g->asked_ms == NEVER || end <= g->asked_ms || ms > left)
        return ' ';
    if ((is_answered(g) && g->answered_ms >= ms && g->answered_ms < end) ||
        (g->left_ms != NEVER && g->left_ms >= ms && g->left_ms < end))
        return '#';
    return is_answered(g) && g->answered_ms < ms ? '-' : '.';
}

static void print_row(const struct guest *g, int ms)
{
    const char *colour = plain;
    char before = ' ';

    printf("  %s%c%s  ", bold, g->name, plain);
    for (int column = 0; column < COLUMNS; column++) {
        double from = column * ms;
        char sign = sign_at(g, from, from + ms);

        if (sign != before) {
            colour = sign == '#' ? green : sign == '.' ? yellow : dim;
            printf("%s%s", plain, colour);
        }
        putchar(before = sign);
        if (g->left_ms != NEVER && from + ms > g->left_ms)
            break;
    }
    printf("%s\n", plain);
}

static void print_guest(const struct guest *g)
{
    static const char *const places[CLIENTS] = {"first", "second", "third"};

    if (is_answered(g))
        printf("  %c asked at %4.0f ms and heard \"%s\" %6.1f ms later, %s\n",
               g->name, g->asked_ms, g->heard, g->answered_ms - g->asked_ms,
               places[g->place]);
    else
        printf("  %s%c was never answered%s\n", red, g->name, plain);
}

static void print_stage(const struct stage *s)
{
    int ms = column_ms(s);

    print_axis(ms);
    for (int i = 0; i < CLIENTS; i++)
        print_row(&s->guests[i], ms);
    putchar('\n');
    for (int i = 0; i < CLIENTS; i++)
        print_guest(&s->guests[i]);
    if (!s->as_it_should)
        printf("  %s** That is not as it should be: B and C should be answered "
               "%s A has left.%s\n",
               red, s->one_at_a_time ? "after" : "before", plain);
    else if (s->one_at_a_time)
        printf("  B and C %swait%s until A, who says nothing, has left.\n",
               yellow, plain);
    else
        printf("  B and C are %sanswered%s while A, who says nothing, is still "
               "there.\n",
               green, plain);
    putchar('\n');
    fflush(stdout);
}

static void print_table(void)
{
    printf("%s%-12s %-26s %9s %7s %8s  %s%s\n", bold, "stage", "model",
           "processes", "threads", "memory", "answers", plain);
    for (int i = 0; i < n_stages; i++) {
        const struct stage *s = &stages[i];
        char memory[16] = "-";

        if (s->memory.pss >= 0)
            snprintf(memory, sizeof(memory), "%.0f KiB",
                     (double)s->memory.pss / 1024);
        printf("%-12s %-26s %9d %7d %8s  %s%s%s\n", s->name, s->model,
               s->usage.processes, s->usage.threads, memory,
               s->as_it_should ? "" : red,
               s->order[0] != '\0' ? s->order + 1 : "-", plain);
    }
    printf("%smemory: of all processes of the server, shared pages counted "
           "once (PSS);\nanswers: in this order; at | A left%s\n",
           dim, plain);
}

/* ---- command line ---- */

static const char *model_of(const struct server_info *s)
{
    static const struct {
        unsigned trait;
        const char *model;
    } models[] = {
        {TRAIT_ONE_AT_A_TIME, "one client after another"},
        {TRAIT_PROCESS_EACH, "a process for each client"},
        {TRAIT_THREAD_EACH, "a thread for each client"},
        {TRAIT_SELECT, "one loop around select"},
        {TRAIT_POLL, "one loop around poll"},
        {TRAIT_EPOLL, "one loop around epoll"},
    };

    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        if (server_has(s, models[i].trait))
            return models[i].model;
    return "-";
}

static void add_stage(const struct server_info *s)
{
    if (s->program != NULL && s->client != NULL && n_stages < STAGES)
        stages[n_stages++] =
            (struct stage){.name = s->name,
                           .server = s->program,
                           .client = s->client,
                           .model = model_of(s),
                           .memory.pss = -1,
                           .one_at_a_time = server_has(s, TRAIT_ONE_AT_A_TIME)};
}

static void read_command_line(int argc, char **argv)
{
    const struct server_info *s = argc > 1 ? server_named(argv[1]) : NULL;

    if (argc == 3 || argc > 4 || (argc > 1 && s == NULL)) {
        fputs("Usage: demo [NAME [SERVER CLIENT]]\n"
              "Lets three clients talk to each server in turn; to the one of\n"
              "this name, or to another in its place.\n",
              stderr);
        exit(EXIT_USAGE);
    }
    if (s != NULL)
        add_stage(s);
    for (size_t i = 0; argc == 1 && (s = server_at(i)) != NULL; i++)
        if (server_has(s, TRAIT_DEMO))
            add_stage(s);
    if (argc == 4 && n_stages == 1) {
        stages[0].server = argv[2];
        stages[0].client = argv[3];
    }
}

static void print_introduction(void)
{
    printf(
        "Three clients, the same for every server. A asks and stays, silent. "
        "B and C ask.\nThen A leaves, then B, then C.\n\n"
        "%s#%s answered   %s.%s waits for the answer   %s-%s silent, but still "
        "there\n\n",
        green, plain, yellow, plain, dim, plain);
}

int main(int argc, char **argv)
{
    int failed = 0;

    read_command_line(argc, argv);
    children_end_with_us();
    use_colours();
    print_introduction();
    for (int i = 0; i < n_stages; i++) {
        struct stage *s = &stages[i];

        printf("%s%s%s: %s\n", bold, s->name, plain, s->model);
        fflush(stdout);
        if (!run(s)) {
            printf("  %s** %s did not start%s\n\n", red, s->server, plain);
            failed++;
            continue;
        }
        s->as_it_should = is_as_it_should(s);
        failed += !s->as_it_should;
        print_stage(s);
    }
    print_table();
    if (fflush(stdout) != 0)
        return EXIT_FAILURE;
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
