/*
 * tests/compare/compare.c - every model under the same load, every claim put to
 * the test. compare --help says how it is used. From top to bottom:
 *
 *     compare.c        command line, order of the experiments, the machine
 *     experiments/     the experiments: what is asked, measured and concluded
 *     rounds.h         loads in turn, and what becomes of their figures
 *     entrants.h       the servers: ours, the floors, one that somebody entered
 *     session.h        what was asked for, Ctrl-C, progress
 *     results.h        what comes out of them
 *     measure.h        programs, /proc, load
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "experiments.h"
#include "resources.h"
#include "tool.h"

enum { EXIT_SKIPPED = 77 };

static const char *folder = COMPARE_FOLDER, *which;
static int table_only, list_only;

/* Without a word on the command line all run that are ordinary. */
enum when { ORDINARY, ON_REQUEST };

static const struct plan {
    const char *name;
    void (*run)(struct experiment *e);
    enum when when;
    double seconds, full_seconds;
    const char *claim, *source;
} plans[] = {
#define EXPERIMENT(name, ...) {#name, experiment_##name, __VA_ARGS__},
#include "list.inc"
#undef EXPERIMENT
};
enum { PLANS = sizeof(plans) / sizeof(plans[0]) };
static bool wanted[PLANS];

/* In the list's order, the ordinary ones before the others. */
static int number_of(const struct plan *p)
{
    int before = 0;

    for (const struct plan *q = plans; q < plans + PLANS; q++)
        before += q->when < p->when || (q->when == p->when && q < p);
    return before + 1;
}

static int count_ordinary(void)
{
    int count = 0;

    for (int i = 0; i < PLANS; i++)
        count += plans[i].when == ORDINARY;
    return count;
}

static double planned_seconds(const struct plan *p)
{
    return wishes.full ? p->full_seconds : p->seconds;
}

/* Of the experiments behind this one. */
static double seconds_after(const struct plan *p)
{
    double seconds = 0;

    for (p++; p < plans + PLANS; p++)
        if (wanted[p - plans] || (is_under_ctest() && p->when == ORDINARY))
            seconds += planned_seconds(p);
    return seconds;
}

/* ---- the machine ---- */

static struct fact facts[MOST_FACTS];
static int n_facts;

static void add_fact(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_fact(const char *name, const char *format, ...)
{
    struct fact *f = &facts[n_facts];
    va_list arguments;

    n_facts += n_facts < MOST_FACTS - 1;
    snprintf(f->name, sizeof(f->name), "%s", name);
    va_start(arguments, format);
    vsnprintf(f->value, sizeof(f->value), format, arguments);
    va_end(arguments);
}

/* What stands behind the colon of the first line that begins so; for a file of
 * one line, "". */
static void add_line_of(const char *name, const char *path, const char *start)
{
    char line[512] = "";
    FILE *f = fopen(path, "re");
    const char *value = NULL;

    while (f != NULL && value == NULL && fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, start, strlen(start)) == 0) {
            line[strcspn(line, "\n")] = '\0';
            value = start[0] != '\0' ? strchr(line, ':') : line;
        }
    if (value != NULL)
        add_fact(name, "%s", value + (start[0] != '\0' ? 2 : 0));
    if (f != NULL)
        fclose(f);
}

/* How many programs beside this one want a CPU, on average over a tenth of a
 * second (proc(5), stat: procs_running). The load average is no help: it still
 * remembers the experiment before. */
static double others_running(void)
{
    enum { LOOKS = 20 };
    struct timespec pause = {0, 5000000};
    char line[256];
    long sum = 0, running;

    for (int i = 0; i < LOOKS; i++) {
        FILE *f = fopen("/proc/stat", "re");

        while (f != NULL && fgets(line, sizeof(line), f) != NULL)
            if (sscanf(line, "procs_running %ld", &running) == 1)
                sum += running - 1;
        if (f != NULL)
            fclose(f);
        (void)nanosleep(&pause, NULL);
    }
    return (double)sum / LOOKS;
}

static void gather_facts(void)
{
    double others = others_running();
    time_t now = time(NULL);
    struct utsname name;
    struct tm day;
    char date[32] = "";

    if (localtime_r(&now, &day) != NULL)
        strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &day);
    uname(&name);
    add_fact("date", "%s", date);
    add_line_of("processor", "/proc/cpuinfo", "model name");
    add_fact("CPUs", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    add_fact("pinned", "server on CPU %d, load on CPU %d%s", server_cpu,
             load_cpu, server_cpu == load_cpu ? ": there is only one" : "");
    add_fact("other programs", "%.1f wanted a CPU at the start", others);
    if (others > 0.5)
        add_fact("warning",
                 "The machine had other work when this began: on average %.1f "
                 "programs wanted one of its %ld CPUs. Believe the CPU time "
                 "for a message, and nothing about latency or messages a "
                 "second.",
                 others, sysconf(_SC_NPROCESSORS_ONLN));
    add_fact("kernel", "%s %s %s", name.sysname, name.release, name.machine);
    add_fact("compiler", "%s", COMPILER);
    add_fact("flags", "%s", COMPILER_FLAGS);
    add_fact("descriptor limit", "%d", set_descriptor_limit(0));
    add_line_of("backlog at most", "/proc/sys/net/core/somaxconn", "");
    add_fact("rounds", "%d, of %s s each", rounds_wanted(), round_seconds());
    if (wishes.foreign != NULL)
        add_fact("entered", "%s", wishes.foreign);
}

/* ---- running ---- */

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "compare: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

/* What is in the folder, from this run and from those before. */
static void write_files(struct results *r)
{
    char json[PATH_MAX], page[PATH_MAX];

    snprintf(json, sizeof(json), "%s/results.json", folder);
    snprintf(page, sizeof(page), "%s/report.html", folder);
    if (results_load(r, folder) == -1 || results_write_json(r, json) == -1 ||
        report_write(r, page) == -1)
        fail(folder);
}

/* As a shell would read it again. */
static void write_quoted(FILE *out, const char *word)
{
    fputc('\'', out);
    for (; *word != '\0'; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    fputc('\'', out);
}

static void describe_repeat(FILE *out, const struct plan *p)
{
    fprintf(out, "build/tests/compare/compare --only %s", p->name);
    if (wishes.full)
        fputs(" --full", out);
    if (wishes.rounds > 0)
        fprintf(out, " --rounds %d", wishes.rounds);
    if (wishes.seconds != NULL)
        fprintf(out, " --seconds %s", wishes.seconds);
    if (wishes.foreign != NULL) {
        fputs(" --server ", out);
        write_quoted(out, wishes.foreign);
    }
    if (wishes.foreign_port != 0)
        fprintf(out, " --port %d", wishes.foreign_port);
}

static void describe(struct experiment *e, const struct plan *p)
{
    FILE *repeat = fmemopen(e->repeat, sizeof(e->repeat), "w");

    snprintf(e->name, sizeof(e->name), "%s", p->name);
    snprintf(e->claim, sizeof(e->claim), "%s", p->claim);
    snprintf(e->source, sizeof(e->source), "%s", p->source);
    if (repeat != NULL) {
        describe_repeat(repeat, p);
        fclose(repeat);
    }
    e->number = number_of(p);
    e->kept = true;
}

/* Returns its exit status. */
static int run(const struct plan *p)
{
    static struct experiment e;
    char title[LINE_SIZE];
    int status;

    e = (struct experiment){.verdict = NOT_RUN};
    describe(&e, p);
    snprintf(title, sizeof(title), "%d of %d, %s", e.number,
             p->when == ORDINARY ? count_ordinary() : PLANS, p->name);
    progress_begin(title, planned_seconds(p), seconds_after(p));
    p->run(&e);
    e.seconds = progress_end();
    e.missing[0] = '\0'; /* what follows needs no figures */
    if (is_interrupted())
        conclude(&e, NOT_RUN,
                 "Interrupted; the figures are of what was "
                 "measured before that.");
    if (is_one_of_ours_bad) /* kept with the rest, for --table to see it too */
        assert_kept(&e, false, "no server of ours dies or answers wrongly");
    if (facts_save(facts, n_facts, folder) == -1 ||
        experiment_save(&e, folder) == -1)
        fail(folder);
    experiment_print(&e, stdout);
    fflush(stdout);
    if (!e.kept || e.verdict == NOT_RUN)
        status = EXIT_FAILURE;
    else
        status = e.verdict == SKIPPED ? EXIT_SKIPPED : EXIT_SUCCESS;
    experiment_free(&e);
    return status;
}

/* Also when some are missing, after Ctrl-C. */
static int print_table(void)
{
    struct results r;
    int status = EXIT_SUCCESS, all = count_ordinary(), ordinary = 0;

    write_files(&r);
    results_print(&r, stdout);
    for (int i = 0; i < r.n_experiments; i++) {
        ordinary += r.experiments[i]->number <= all;
        if (!r.experiments[i]->kept || r.experiments[i]->verdict == NOT_RUN)
            status = EXIT_FAILURE;
    }
    if (ordinary < all) {
        printf("\nNot all were run: %d of %d experiments.\n", ordinary, all);
        status = EXIT_FAILURE;
    }
    printf("\nThe report: %s/report.html\n", folder);
    results_free(&r);
    return status;
}

static int run_all(void)
{
    int status = EXIT_SUCCESS, last = EXIT_SUCCESS, count = 0;
    static struct results r;

    for (int i = 0; i < PLANS && !is_interrupted(); i++) {
        if (!wanted[i])
            continue;
        last = run(&plans[i]);
        count++;
        if (last == EXIT_FAILURE)
            status = EXIT_FAILURE;
    }
    if (count != 1) {
        (void)print_table();
        return status;
    }
    write_files(&r);
    results_free(&r);
    return last;
}

/* ---- command line ---- */

static int print_list(void)
{
    for (const struct plan *p = plans; p < plans + PLANS; p++)
        if (p->when == ORDINARY) {
            int len = printf("%02d-%s", number_of(p), p->name);

            printf("%*s%s\n", 14 - len, "", p->claim);
        }
    return EXIT_SUCCESS;
}

/* Its name, and how it is called in --list: 5, 05, silent, 05-silent. */
static bool is_word_for(const char *word, const struct plan *p)
{
    char *rest;
    long number = strtol(word, &rest, 10);

    if (rest == word)
        return strcmp(word, p->name) == 0;
    return number == number_of(p) &&
           (*rest == '\0' || (*rest == '-' && strcmp(rest + 1, p->name) == 0));
}

/* Words with commas between them; NULL: all that are ordinary. */
static void want(const char *words)
{
    char word[NAME_SIZE];

    for (int i = 0; i < PLANS; i++)
        wanted[i] = words == NULL && plans[i].when == ORDINARY;
    while (words != NULL) {
        const char *comma = strchr(words, ',');
        int i = 0, len = (int)strcspn(words, ",");

        snprintf(word, sizeof(word), "%.*s", len, words);
        while (i < PLANS && !is_word_for(word, &plans[i]))
            i++;
        if (i == PLANS)
            usage_error(word, "is no experiment; --list names them");
        wanted[i] = true;
        words = comma != NULL ? comma + 1 : NULL;
    }
}

static const struct option_row rows[] = {
    {0, "only", "WHICH",
     "only these experiments, by name or number, with commas between:"
#define EXPERIMENT(name, ...) " " #name
#include "list.inc"
#undef EXPERIMENT
     ". --only may be left out",
     .text = &which},
    {0, "full", NULL,
     "more rounds and up to 10,000 busy clients: a quarter of an hour",
     .value = true, .number = &wishes.full},
    {0, "rounds", "N", "measurements for each figure (default 3; full: 11)",
     .min = 1, .max = MOST_ROUNDS, .number = &wishes.rounds},
    {0, "seconds", "S", "of each measurement (default 0.2; full: 0.5)",
     .text = &wishes.seconds},
    {0, "server", "NAME=COMMAND",
     "one more server, beside ours where that makes sense: an echo server that "
     "prints \"listening on ADDRESS:PORT\"",
     .text = &wishes.foreign},
    {0, "port", "N",
     "it does not print that, but listens on port N of 127.0.0.1", .min = 1,
     .max = 65535, .number = &wishes.foreign_port},
    {0, "out", "FOLDER",
     "where the files go (default: compare in the build folder)",
     .text = &folder},
    {0, "list", NULL,
     "print the experiments that run when none is named, and exit",
     .value = true, .number = &list_only},
    {0, "table", NULL, "measure nothing: print what was found last",
     .value = true, .number = &table_only},
    {0, NULL, "WHICH", "as --only", .text = &which},
    {0},
};

static void check_foreign(const char *word)
{
    const char *command = strchr(word, '=');

    if (command == NULL || command == word || command[1] == '\0')
        usage_error(word, "is not NAME=COMMAND");
}

static void read_command_line(int argc, char **argv)
{
    struct command_line line = {
        .program = "compare",
        .usage = "[options] [WHICH]",
        .about = "Puts claims about servers to the test, each with an "
                 "experiment: all models\nunder the same load, in turns. "
                 "Prints what came out, and writes results.json\nand "
                 "report.html.\n",
        .end = "Ctrl-C ends it; what was measured by then is kept.\n\n"
               "Exit status: 0 all is as it must be on any machine; 1 "
               "something is not, a server\nof ours died or answered wrongly, "
               "or (--table) experiments are missing; 2 wrong\nusage; 77 the "
               "one experiment asked for was skipped; 128 and its number, a\n"
               "signal ended it.\n"};

    add_rows(&line, rows);
    (void)parse_command_line(&line, argc, argv);
    want(which);
    if (wishes.seconds != NULL)
        (void)number(wishes.seconds, 0.01, 60);
    if (wishes.foreign != NULL)
        check_foreign(wishes.foreign);
    if (wishes.foreign_port != 0 && wishes.foreign == NULL)
        usage_error("--port", "needs --server");
}

int main(int argc, char **argv)
{
    int status;

    wishes.full = getenv("COMPARE_FULL") != NULL; /* as CTest is told */
    read_command_line(argc, argv);
    if (list_only)
        return print_list();
    if (mkdir(folder, 0777) == -1 && errno != EEXIST)
        fail(folder);
    if (table_only)
        return print_table();
    load_path = PROGRAMS "/load";
    find_models();
    session_begin();
    (void)two_cpus(&server_cpu, &load_cpu);
    gather_facts();
    status = run_all();
    return is_interrupted() ? 128 + interrupting_signal() : status;
}
