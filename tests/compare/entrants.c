/* tests/compare/entrants.c - see entrants.h: the servers, and silent clients.
 */
#include "entrants.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

enum { PATIENCE_MS = 20000, END_MS = 500, CROWD_MS = 60000 };

struct models models;
bool is_one_of_ours_bad;

/* ---- which servers ---- */

static const char *first_with(unsigned traits)
{
    size_t i = 0;

    while (server_at(i) != NULL && !server_has(server_at(i), traits))
        i++;
    assert(server_at(i) != NULL);
    return server_at(i)->name;
}

void find_models(void)
{
    models = (struct models){
        .blocking = first_with(TRAIT_BYTES | TRAIT_ONE_AT_A_TIME),
        .fork = first_with(TRAIT_BYTES | TRAIT_PROCESS_EACH),
        .thread = first_with(TRAIT_BYTES | TRAIT_THREAD_EACH),
        .select = first_with(TRAIT_BYTES | TRAIT_SELECT),
        .poll = first_with(TRAIT_BYTES | TRAIT_POLL),
        .epoll = first_with(TRAIT_BYTES | TRAIT_EPOLL),
        .frames = first_with(TRAIT_FRAMES),
        .keyvalue = first_with(TRAIT_KEYVALUE),
    };
}

static bool is_asked(const struct server_info *s, unsigned traits)
{
    return s->program != NULL && server_has(s, traits) &&
           (server_has(s, TRAIT_BYTES) || server_has(s, TRAIT_FRAMES)) &&
           (wishes.full || server_has(s, TRAIT_REPRESENTATIVE));
}

/* For the tests: COMPARE_INSTEAD is NAME=PROGRAM, another server in the place
 * of one of ours. */
static const char *program_of(const struct server_info *s)
{
    const char *instead = getenv("COMPARE_INSTEAD");
    size_t len = strlen(s->name);

    return instead != NULL && strncmp(instead, s->name, len) == 0 &&
                   instead[len] == '='
               ? instead + len + 1
               : s->program;
}

const char *built_path(const struct server_info *server)
{
    static char path[NAME_SIZE + 16];

    snprintf(path, sizeof(path), "build/%s%s", server->name,
             server_is_variant(server) ? "" : "/server");
    return path;
}

int most_for(const struct entrant *entrant)
{
    const struct {
        unsigned trait;
        int most;
    } limits[] = {{TRAIT_ONE_AT_A_TIME, 1},
                  {TRAIT_PROCESS_EACH, 1000},
                  {TRAIT_THREAD_EACH, wishes.full ? 10000 : 1000}};
    const struct server_info *s = entrant->server;
    int most = most_clients();

    if (s == NULL)
        return most;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (server_has(s, limits[i].trait) && limits[i].most < most)
            most = limits[i].most;
    return s->max_clients > 0 && s->max_clients < most ? s->max_clients : most;
}

/* ---- starting ---- */

static void bury(struct entrant *entrant, const char *why)
{
    if (is_interrupted())
        why = "interrupted";
    else if (entrant->is_ours)
        is_one_of_ours_bad = true;
    entrant->dead = true;
    snprintf(entrant->why, sizeof(entrant->why), "%s", why);
    program_stop(&entrant->program);
}

/* Its output ends a moment before it does. False: it goes on. */
static bool wait_for_end(struct process *p)
{
    double end = moment_ms() + END_MS;

    while (p->pid > 0 && !child_has_ended(p) && moment_ms() < end)
        nap_ms(1);
    return p->pid <= 0 || child_has_ended(p);
}

static struct entrant *join(struct crew *crew, const char *name)
{
    struct entrant *entrant = &crew->all[crew->count];

    assert(crew->count < MOST_ENTRANTS);
    crew->count++;
    *entrant = (struct entrant){.is_ours = true};
    snprintf(entrant->name, sizeof(entrant->name), "%s", name);
    return entrant;
}

static void start(struct entrant *entrant, const char *const *argv)
{
    if (is_interrupted() || argv[0] == NULL ||
        program_start(&entrant->program, argv, server_cpu, false) == -1 ||
        !child_wait_listening(&entrant->program, LISTEN_MS))
        bury(entrant, wait_for_end(&entrant->program)
                          ? "it ended before it listened"
                          : "it did not say where it listens (see --port)");
}

struct entrant *crew_add_program(struct crew *crew, const char *name,
                                 const char *const *argv)
{
    struct entrant *entrant = join(crew, name);

    start(entrant, argv);
    return entrant;
}

/* A "%" at the end of an option stands for the server's name, as a file may be
 * called: no two servers listen at the same place. */
static const char *with_name(const char *option, const char *name, char *place,
                             size_t size)
{
    size_t len = strlen(option);

    if (len == 0 || option[len - 1] != '%')
        return option;
    snprintf(place, size, "%.*s%s", (int)len - 1, option, name);
    for (char *at = place + len - 1; (at = strchr(at, '/')) != NULL;)
        *at = '-';
    return place;
}

static void note_server(struct experiment *e, const struct server_info *s,
                        const char *const *options)
{
    char command[TEXT_SIZE];
    int len = snprintf(command, sizeof(command), "%s", built_path(s));

    for (; *options != NULL && len < TEXT_SIZE; options++)
        len +=
            snprintf(command + len, (size_t)(TEXT_SIZE - len), " %s", *options);
    experiment_add_command(e, "%s", command);
}

static void add_server(struct experiment *e, struct crew *crew,
                       const struct server_info *s, const char *const *options)
{
    const char *argv[MOST_WORDS] = {program_of(s), "-q", "-p", "0"};
    struct entrant *entrant = join(crew, s->name);
    char place[ADDRESS_TEXT];
    int n = 4;

    entrant->server = s;
    entrant->framed = server_has(s, TRAIT_FRAMES);
    if (entrant->framed) {
        argv[n++] = "--service=echo";
        argv[n++] = "--codec=length";
    }
    for (; options != NULL && *options != NULL && n < MOST_WORDS - 1; options++)
        argv[n++] = with_name(*options, s->name, place, sizeof(place));
    note_server(e, s, argv + 1);
    start(entrant, argv);
}

/* A server that does not say when it is ready: it is when it answers. */
static void start_at_port(struct entrant *entrant, const char *const *argv)
{
    struct process *p = &entrant->program;
    double end = moment_ms() + PATIENCE_MS;
    int fd = -1;

    if (program_start(p, argv, server_cpu, false) == 0) {
        snprintf(p->address, sizeof(p->address), "127.0.0.1:%d",
                 wishes.foreign_port);
        while ((fd = program_connect(p)) == -1 && !is_interrupted() &&
               !child_has_ended(p) && moment_ms() < end)
            nap_ms(1);
    }
    if (fd == -1)
        bury(entrant, "it does not listen there");
    else
        close(fd);
}

/* The shell takes the command apart, and then becomes it. */
static void add_foreign(struct crew *crew)
{
    const char *command = strchr(wishes.foreign, '=') + 1;
    char line[TEXT_SIZE], name[NAME_SIZE];
    const char *argv[] = {"sh", "-c", line, NULL};
    struct entrant *entrant;

    snprintf(line, sizeof(line), "exec %s", command);
    snprintf(name, sizeof(name), "%.*s", (int)(command - 1 - wishes.foreign),
             wishes.foreign);
    entrant = join(crew, name);
    entrant->is_ours = false;
    if (wishes.foreign_port == 0)
        start(entrant, argv);
    else
        start_at_port(entrant, argv);
}

void crew_add(struct experiment *e, struct crew *crew, unsigned traits,
              const char *const *options)
{
    const struct server_info *s;

    for (size_t i = 0; (s = server_at(i)) != NULL; i++)
        if (is_asked(s, traits & ~(unsigned)ENTERED))
            add_server(e, crew, s, options);
    if ((traits & ENTERED) && wishes.foreign != NULL)
        add_foreign(crew);
}

void entrant_look(struct entrant *entrant)
{
    if (!entrant->dead && child_has_ended(&entrant->program))
        bury(entrant, "it died under this load");
}

void crew_stop(struct crew *crew)
{
    for (int i = 0; i < crew->count; i++)
        program_stop(&crew->all[i].program);
}

/* ---- silent clients ---- */

/* Each model shows its clients in another way: as descriptors, processes,
 * threads. */
struct shown {
    int descriptors, processes, threads;
};

static struct shown shown_by(const struct entrant *server)
{
    struct usage u = usage_of(&server->program);

    return (struct shown){client_descriptors_of(&server->program), u.processes,
                          u.threads};
}

static bool has_more_by(const struct entrant *server,
                        const struct shown *before, int count)
{
    struct shown now = shown_by(server);

    return now.descriptors - before->descriptors >= count ||
           now.processes - before->processes >= count ||
           now.threads - before->threads >= count;
}

void note_crowd(struct experiment *e)
{
    experiment_add_command(e, "build/tests/compare/load --idle N --clients 1 "
                              "--rate 1 --seconds 3600 PORT");
}

bool crowd_start(struct process *crowd, const struct entrant *server, int count)
{
    struct shown before = shown_by(server);
    char number[16], line[LINE_SIZE];
    const char *argv[MOST_WORDS] = {
        load_path, "--idle",    number, "--clients", "1",          "--rate",
        "1",       "--seconds", "3600", "--marks",   "--patience", "30"};
    int n = 12;
    double end;

    if (server->framed)
        argv[n++] = "--framed";
    argv[n] = server->program.address;
    snprintf(number, sizeof(number), "%d", count);
    snprintf(line, sizeof(line), "%s, %d silent", server->name, count);
    progress(line);
    *crowd = (struct process){.pid = 0};
    if (server->dead || is_interrupted() ||
        program_start(crowd, argv, load_cpu, false) == -1 ||
        child_read_line(crowd, line, sizeof(line), CROWD_MS) != 1 ||
        strcmp(line, "begin") != 0)
        return false;
    end = moment_ms() + PATIENCE_MS;
    while (!has_more_by(server, &before, count + 1)) {
        if (is_interrupted() || moment_ms() > end)
            return false;
        nap_ms(1);
    }
    return true;
}

double kib_per_client(const struct entrant *server, int clients)
{
    struct memory before = memory_of(&server->program), after = {.anon = -1};
    struct process crowd;

    if (crowd_start(&crowd, server, clients))
        after = memory_of(&server->program);
    program_stop(&crowd);
    if (before.anon < 0 || after.anon < 0)
        return NAN;
    return (double)(after.anon - before.anon) / 1024 /
           (clients + 1); /* the crowd has one that talks */
}
