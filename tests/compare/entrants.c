/* tests/compare/entrants.c - see compare.h: the servers, and silent clients. */
#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* CMake writes it: {"01-blocking", "/path/of/its/server"}, ... */
static const struct stage {
    const char *name, *path;
} stages[] = {
#include "stages.inc"
};
enum { STAGES = sizeof(stages) / sizeof(stages[0]), CROWD_MS = 60000 };

bool is_one_of_ours_bad;

const char *server_path(const char *stage)
{
    for (int i = 0; i < STAGES; i++)
        if (strcmp(stages[i].name, stage) == 0)
            return stages[i].path;
    return NULL;
}

/* ---- starting ---------------------------------------------------------- */

/* Stages are named NN-model, and their number says what they are. */
static enum crew kind_of(const char *name)
{
    switch (atoi(name)) {
    case 1: return BLOCKING;
    case 2: return FORKS;
    case 3: return THREADS;
    case 7: return FRAMES;
    default: return LOOPS;
    }
}

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

/* Its output ends a moment before it does. */
static bool ends_soon(const struct program *p)
{
    enum { LOOKS = 500 };
    int looks = 0;

    while (p->pid > 0 && !program_has_ended(p) && looks < LOOKS)
        (void)is_patient(&looks);
    return p->pid <= 0 || looks < LOOKS;
}

void entrant_start(struct entrant *entrant, const char *name,
                   const char *const *argv)
{
    *entrant = (struct entrant){.is_ours = true};
    snprintf(entrant->name, sizeof(entrant->name), "%s", name);
    if (is_interrupted() || argv[0] == NULL ||
        program_start(&entrant->program, argv, server_cpu, false) == -1 ||
        !program_wait_listening(&entrant->program))
        bury(entrant, ends_soon(&entrant->program)
                          ? "it ended before it listened"
                          : "it did not say where it listens (see --port)");
}

/* A "%" at the end of an option stands for the stage's name: no two servers
 * listen at the same place. */
static const char *with_name(const char *option, const char *name, char *place,
                             size_t size)
{
    size_t len = strlen(option);

    if (len == 0 || option[len - 1] != '%')
        return option;
    snprintf(place, size, "%.*s%s", (int)len - 1, option, name);
    return place;
}

static void note_server(struct experiment *e, const char *stage,
                        const char *const *options)
{
    char command[TEXT_SIZE];
    int len = snprintf(command, sizeof(command), "build/%s/server", stage);

    for (; *options != NULL && len < TEXT_SIZE; options++)
        len +=
            snprintf(command + len, (size_t)(TEXT_SIZE - len), " %s", *options);
    experiment_add_command(e, command);
}

static void start_stage(struct experiment *e, struct entrant *entrant,
                        const struct stage *stage, const char *const *options)
{
    const char *argv[MOST_WORDS] = {stage->path, "-q", "-p", "0"};
    char place[ADDRESS_TEXT];
    bool framed = kind_of(stage->name) == FRAMES;
    int n = 4;

    if (framed) {
        argv[n++] = "--service=echo";
        argv[n++] = "--codec=length";
    }
    for (; options != NULL && *options != NULL && n < MOST_WORDS - 1; options++)
        argv[n++] = with_name(*options, stage->name, place, sizeof(place));
    note_server(e, stage->name, argv + 1);
    entrant_start(entrant, stage->name, argv);
    entrant->framed = framed;
}

/* For a server that does not say when it is ready: it is when it answers. */
static bool answers_at_port(struct entrant *entrant, const char *const *argv)
{
    struct program *p = &entrant->program;
    int looks = 0, fd;

    if (program_start(p, argv, server_cpu, false) == -1)
        return false;
    snprintf(p->address, sizeof(p->address), "127.0.0.1:%d",
             wishes.foreign_port);
    while ((fd = program_connect(p)) == -1)
        if (is_interrupted() || program_has_ended(p) || !is_patient(&looks))
            return false;
    close(fd);
    return true;
}

/* The shell takes the command apart, and then becomes it. */
static void start_foreign(struct entrant *entrant)
{
    const char *command = strchr(wishes.foreign, '=') + 1;
    char line[TEXT_SIZE], name[NAME_SIZE];
    const char *argv[] = {"sh", "-c", line, NULL};

    snprintf(line, sizeof(line), "exec %s", command);
    snprintf(name, sizeof(name), "%.*s", (int)(command - 1 - wishes.foreign),
             wishes.foreign);
    if (wishes.foreign_port == 0) {
        bool others = is_one_of_ours_bad;

        entrant_start(entrant, name, argv);
        entrant->is_ours = false;
        is_one_of_ours_bad = others;
        return;
    }
    *entrant = (struct entrant){.dead = false};
    snprintf(entrant->name, sizeof(entrant->name), "%s", name);
    if (!answers_at_port(entrant, argv))
        bury(entrant, "it does not listen there");
}

int crew_start(struct experiment *e, struct entrant crew[MOST_ENTRANTS],
               int kinds, const char *const *options)
{
    int count = 0;

    for (int i = 0; i < STAGES && count < MOST_ENTRANTS - 1; i++)
        if (kinds & (int)kind_of(stages[i].name))
            start_stage(e, &crew[count++], &stages[i], options);
    if ((kinds & FOREIGN) && wishes.foreign != NULL)
        start_foreign(&crew[count++]);
    return count;
}

void crew_look(struct entrant *crew, int count)
{
    for (int i = 0; i < count; i++)
        if (!crew[i].dead && program_has_ended(&crew[i].program))
            bury(&crew[i], "it died under this load");
}

void crew_stop(struct entrant *crew, int count)
{
    for (int i = 0; i < count; i++)
        program_stop(&crew[i].program);
}

/* ---- silent clients ---------------------------------------------------- */

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

bool crowd_start(struct program *crowd, const struct entrant *server, int count)
{
    struct shown before = shown_by(server);
    char number[16], line[LINE_SIZE];
    const char *argv[] = {load_path, "--idle",
                          number,    "--clients",
                          "1",       "--rate",
                          "1",       "--seconds",
                          "3600",    "--lines",
                          "--marks", "--patience",
                          "30",      server->program.address,
                          NULL,      NULL};
    int looks = 0;

    if (server->framed) {
        argv[14] = argv[13];
        argv[13] = "--framed";
    }
    snprintf(number, sizeof(number), "%d", count);
    snprintf(line, sizeof(line), "%s, %d silent", server->name, count);
    progress(line);
    *crowd = (struct program){.pid = 0};
    if (server->dead || is_interrupted() ||
        program_start(crowd, argv, load_cpu, false) == -1 ||
        !program_read_line(crowd, line, sizeof(line), CROWD_MS) ||
        strcmp(line, "begin") != 0)
        return false;
    while (!has_more_by(server, &before, count + 1))
        if (is_interrupted() || !is_patient(&looks))
            return false;
    return true;
}
