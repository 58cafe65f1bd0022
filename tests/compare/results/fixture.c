/* tests/compare/results/fixture.c - see fixture.h. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct experiment *begin(struct results *r, int number, const char *name)
{
    struct experiment *e = calloc(1, sizeof(*e));

    if (e == NULL)
        exit(1);
    e->number = number;
    snprintf(e->name, sizeof(e->name), "%s", name);
    snprintf(e->repeat, sizeof(e->repeat),
             "build/tests/compare/compare --only %d", number);
    e->seconds = 4.25 + number;
    r->experiments[r->n_experiments++] = e;
    return e;
}

static void end(struct experiment *e, enum verdict verdict, const char *says)
{
    e->verdict = verdict;
    snprintf(e->says, sizeof(e->says), "%s", says);
}

static void asserts(struct experiment *e, const char *what, bool kept)
{
    snprintf(e->asserted, sizeof(e->asserted), "%s", what);
    e->kept = kept;
}

static void claims(struct experiment *e, const char *claim, const char *source)
{
    snprintf(e->claim, sizeof(e->claim), "%s", claim);
    snprintf(e->source, sizeof(e->source), "%s", source);
}

static struct picture *draw(struct experiment *e, enum shape shape,
                            const char *title, const char *x, const char *y)
{
    struct picture *p = &e->pictures[e->n_pictures];

    p->letter = (char)('a' + e->n_pictures++);
    p->shape = shape;
    snprintf(p->title, sizeof(p->title), "%s", title);
    snprintf(p->x_title, sizeof(p->x_title), "%s", x);
    snprintf(p->y_title, sizeof(p->y_title), "%s", y);
    return p;
}

static void column(struct picture *p, const char *heading, double x)
{
    snprintf(p->column, sizeof(p->column), "%s", heading);
    p->column_x = x;
}

/* The middle half is `percent` to each side, a little more above. */
static void add(struct experiment *e, const struct picture *p,
                const char *series, double x, double median, double percent,
                const char *note)
{
    struct figure f = {.picture = p->letter,
                       .x = x,
                       .median = median,
                       .low = median * (1 - percent / 100),
                       .high = median * (1 + 1.3 * percent / 100),
                       .rounds = percent > 0 ? 5 : 1};

    snprintf(f.series, sizeof(f.series), "%s", series);
    snprintf(f.note, sizeof(f.note), "%s", note);
    if (experiment_add(e, &f) == -1)
        exit(1);
}

/* Over 1, 10, 100 ...; a 0 leaves one out. */
static void decades(struct experiment *e, const struct picture *p,
                    const char *series, double percent, const double *medians,
                    int count)
{
    for (int i = 0; i < count; i++)
        if (medians[i] != 0)
            add(e, p, series, pow(10, i), medians[i], percent, "");
}

#define DECADES(e, p, series, percent, ...)                                    \
    decades((e), (p), (series), (percent), (const double[]){__VA_ARGS__},      \
            (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)))

/* ---- the experiments --------------------------------------------------- */

static void waits(struct results *r)
{
    static const char *const names[] = {"01-blocking", "02-fork", "03-pthread",
                                        "04-select",   "05-poll", "06-epoll"};
    struct experiment *e = begin(r, 1, "waits");
    struct picture *p =
        draw(e, BARS, "How long B waits while A is silent for two seconds",
             "while A", "time until B is answered, in milliseconds");

    claims(e, "A blocking server cannot serve B while it serves A.",
           "01-blocking/README.md");
    snprintf(p->groups, sizeof(p->groups), "is silent|has left");
    p->log_y = true;
    for (int i = 0; i < 6; i++) {
        add(e, p, names[i], 0, i == 0 ? 2000.4 : 0.11 + 0.01 * i, 3, "");
        add(e, p, names[i], 1, 0.105 + 0.007 * i, 4, "");
    }
    experiment_add_command(e, "build/01-blocking/server -p 0");
    asserts(e, "01 answers B only after A has left; 02 to 07 answer at once.",
            true);
    end(e, HOLDS,
        "B waited 2,000 ms for 01-blocking, as long as A was silent, and less "
        "than 1 ms for every other model.");
}

static void memory(struct results *r)
{
    struct experiment *e = begin(r, 2, "memory");
    struct picture *p =
        draw(e, LINES, "Memory for idle clients", "idle clients",
             "resident memory for a client, in KiB");

    claims(e,
           "A process for each client costs more memory than a thread, and "
           "a thread more than an event loop.",
           "02-fork/README.md");
    p->log_x = p->log_y = true;
    column(p, "KiB for an idle client", 1000);
    DECADES(e, p, "01-blocking", 2, 180);
    DECADES(e, p, "02-fork", 2, 196, 166.1, 161.2, 160.8);
    DECADES(e, p, "03-pthread", 2, 61, 17.2, 11.9, 11.4, 11.31);
    DECADES(e, p, "04-select", 2, 40, 4.2, 0.52);
    DECADES(e, p, "05-poll", 2, 40, 4.1, 0.49, 0.13, 0.118);
    DECADES(e, p, "06-epoll", 2, 40, 4.15, 0.5, 0.12, 0.109);
    DECADES(e, p, "07-framing", 2, 41, 4.4, 0.57, 0.16, 0.149);
    asserts(e, "At 1,000 clients: fork more than thread more than epoll.",
            true);
    end(e, HOLDS,
        "A client costs 161 KiB in 02-fork, 11.4 KiB in 03-pthread and 0.12 "
        "KiB in 06-epoll at 1,000 clients.");
}

static void stacks(struct results *r)
{
    struct experiment *e = begin(r, 3, "stacks");

    claims(e, "10,000 threads take 20 GB, for each has a stack of 2 MB.",
           "folklore");
    end(e, SKIPPED,
        "this machine allows 4,096 threads; `ulimit -u` and "
        "/proc/sys/kernel/threads-max say how many.");
}

static void silent(struct results *r)
{
    static const double places[] = {0, 100, 900, 1000, 10000},
                        poll[] = {2.28, 4.8, 25.1, 27.9, 412};
    struct experiment *e = begin(r, 5, "silent");
    struct picture *p =
        draw(e, LINES, "Ten busy clients among silent ones", "silent clients",
             "CPU time of the server for a message, in "
             "microseconds");

    claims(e,
           "epoll does not care how many clients are silent; select and "
           "poll do.",
           "06-epoll/README.md");
    p->log_x = p->log_y = true;
    column(p, "CPU us, 1,000 silent clients", 1000);
    add(e, p, "04-select", 0, 2.31, 3, "");
    add(e, p, "04-select", 100, 3.95, 3, "");
    add(e, p, "04-select", 900, 14.7, 3,
        "select ends at FD_SETSIZE: 900 silent clients are the most");
    for (int i = 0; i < 5; i++) {
        add(e, p, "05-poll", places[i], poll[i], 4, "");
        add(e, p, "06-epoll", places[i], 2.2 + 0.02 * i, 5, "");
        add(e, p, "06-epoll/edge-triggered", places[i], 2.21 + 0.018 * i, 5,
            "");
    }
    add(e, p, "07-framing", 0, 2.5, 4, "");
    add(e, p, "07-framing", 10000, 2.61, 6,
        "the generator was the bottleneck in 2 of 5 rounds");
    experiment_add_command(e, "build/tests/compare/load --clients 10 --idle "
                              "10000 --seconds 0.5 PORT");
    experiment_add_command(e, "build/05-poll/server -p 0 -m 20000");
    asserts(e,
            "With 10,000 silent clients poll needs at least 5 times the CPU "
            "time of epoll.",
            true);
    end(e, HOLDS,
        "With 10,000 silent clients 05-poll takes 412 us of CPU for a message "
        "and 06-epoll 2.3: 179 times as much.");
}

static void busy(struct results *r)
{
    struct experiment *e = begin(r, 6, "busy");
    struct picture *p = draw(e, LINES, "All clients are busy", "clients",
                             "CPU time for a message, in microseconds");

    claims(e, "epoll is always faster than poll, and poll than select.",
           "folklore");
    p->log_x = true;
    column(p, "CPU us, 100 busy clients", 100);
    DECADES(e, p, "04-select", 2, 3.6, 2.61, 2.31, 2.36);
    DECADES(e, p, "05-poll", 2, 3.5, 2.6, 2.33, 2.39);
    DECADES(e, p, "06-epoll", 2, 3.4, 2.63, 2.38, 2.41);
    DECADES(e, p, "floor-epoll", 2, 3.38, 2.6, 2.35, 2.38);
    DECADES(e, p, "my <own> server & a long name", 9, 6.1, 4.4, 3.1, 2.2);
    end(e, DOES_NOT_HOLD,
        "When everyone is busy, select and poll ask once and get everything: "
        "the three lie within 3 %, which is less than the rounds differ.");
}

static void work(struct results *r)
{
    static const double shares[] = {0.5, 0.9, 0.99, 0.999, 0.9999, 1};
    static const struct {
        const char *name;
        double ms[6];
    } rows[] = {
        {"02-fork", {52, 58, 71, 96, 131, 140}},
        {"03-pthread", {51.4, 57, 69, 93, 122, 131}},
        {"05-poll", {100.1, 100.4, 100.9, 101.5, 104, 108}},
        {"06-epoll", {100.2, 100.5, 101, 101.4, 103, 106}},
        {"floor-thread", {50.1, 56, 66, 90, 118, 126}},
    };
    struct experiment *e = begin(r, 8, "work");
    struct picture *p =
        draw(e, SHARES, "Latency when an answer takes 5 ms of work",
             "share of the messages that took no longer",
             "latency, in milliseconds");
    struct picture *q = draw(e, BARS, "Messages a second at the same time",
                             "clients", "messages a second");

    claims(e, "An event loop must not block.", "04-select/README.md");
    snprintf(q->groups, sizeof(q->groups), "1|5|20");
    column(q, "messages/s, 5 ms of work", 2);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int j = 0; j < 6; j++)
            add(e, p, rows[i].name, shares[j], rows[i].ms[j], 4 + 3 * j, "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int j = 0; j < 3; j++)
            add(e, q, rows[i].name, j,
                i == 2 || i == 3 ? 198.3 : 199 + 90.4 * j, 1 + j, "");
    asserts(e, "Threads serve at least 1.5 times as many as a loop.", false);
    end(e, HOLDS_BUT,
        "Threads serve 380 messages a second and a loop 198, but this machine "
        "has two CPUs and 20 clients wait for them.");
}

static void locks(struct results *r)
{
    static const char *const names[] = {"lock", "shards", "owner"};
    static const char *const groups[] = {"1 thread|4 threads|16 threads"};
    struct experiment *e = begin(r, 10, "locks");
    struct picture *p = draw(e, BARS, "Reads of a store that threads share",
                             "threads", "requests a second");

    claims(e, "The more locks, the better.", "docs/sharing.md");
    snprintf(p->groups, sizeof(p->groups), "%s", groups[0]);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            add(e, p, names[i], j, 181234 + 17000 * i * j - 9000 * j, 3,
                i == 2 && j == 2 ? "one round of five was lost" : "");
    end(e, NO_DIFFERENCE,
        "Between one lock and 16 there are 4 %, and the rounds differ by 5 %.");
}

static void sizes(struct results *r)
{
    static const char *const names[] = {
        "01-blocking", "02-fork",    "03-pthread",  "04-select",   "05-poll",
        "06-epoll",    "07-framing", "floor-epoll", "floor-thread"};
    struct experiment *e = begin(r, 14, "sizes");
    struct picture *p = draw(e, LINES, "Throughput against clients", "clients",
                             "messages a second");

    claims(e, "", "");
    fixture_nasty(e->claim, sizeof(e->claim));
    snprintf(e->source, sizeof(e->source), "<script>alert(1)</script>");
    p->log_x = true;
    column(p, "messages/s, 100 clients", 100);
    for (int i = 0; i < 9; i++)
        for (int j = 0; j < 5; j++)
            add(e, p, names[i], pow(10, j),
                (i == 0 && j > 0) ? NAN
                                  : 60000 + 43000 * sqrt(j) + 3000 * i * j -
                                        900.5 * j * j * j * (i < 4),
                2 + (i == 8) * 6, "");
    experiment_add_command(e, "x </code></pre><b>\"&amp;' \t\\n");
    end(e, NOT_RUN, "it was interrupted");
    e->verdict = HOLDS_BUT;
}

void fixture_nasty(char *text, size_t size)
{
    size_t len = (size_t)snprintf(
        text, size,
        "<b>\"&amp;' </svg><script>x</script> \\n\\\\ \n\t--> ]]> ");

    for (int byte = 1; byte < 256 && len < size - 1; byte++)
        text[len++] = (char)byte;
    text[len] = '\0';
}

void fixture_results(struct results *r)
{
    static const struct fact facts[] = {
        {"machine", "x86_64, AMD EPYC 7B13, 2 CPUs"},
        {"kernel", "Linux 6.1.0"},
        {"compiler", "gcc 12.2.0"},
        {"flags", "-O2 -g"},
        {"pinned", "server to CPU 0, load to CPU 1"},
        {"descriptor limit", "1,048,576"},
        {"backlog", "4,096 (net.core.somaxconn)"},
        {"date", "2025-01-31 12:00 UTC"},
    };

    *r = (struct results){.n_facts = sizeof(facts) / sizeof(facts[0])};
    memcpy(r->facts, facts, sizeof(facts));
    waits(r);
    memory(r);
    stacks(r);
    silent(r);
    busy(r);
    work(r);
    locks(r);
    sizes(r);
}
