/* tests/compare/results/fixture.c - see fixture.h. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static struct experiment *begin(struct results *r, int number, const char *name,
                                const char *claim, const char *source,
                                enum verdict verdict, const char *says)
{
    struct experiment *e = calloc(1, sizeof(*e));

    CHECK(e != NULL && r->n_experiments < MOST_EXPERIMENTS);
    e->kept = true;
    e->number = number;
    e->verdict = verdict;
    snprintf(e->name, sizeof(e->name), "%s", name);
    snprintf(e->claim, sizeof(e->claim), "%s", claim);
    snprintf(e->source, sizeof(e->source), "%s", source);
    snprintf(e->says, sizeof(e->says), "%s", says);
    snprintf(e->repeat, sizeof(e->repeat),
             "build/tests/compare/compare --only %d", number);
    e->seconds = 4.25 + number;
    r->experiments[r->n_experiments++] = e;
    return e;
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
    CHECK_EQ(experiment_add(e, &f), 0);
}

/* ---- the experiments ---- */

static void stacks(struct results *r)
{
    begin(r, 21, "stacks",
          "10,000 threads take 20 GB, for each has a stack of 2 MB.",
          "folklore", SKIPPED,
          "this machine allows 4,096 threads; `ulimit -u` and "
          "/proc/sys/kernel/threads-max say how many.");
}

/* Names of every kind, lines that lie on each other and one that crosses. */
static void own(struct results *r)
{
    static const char *const names[] = {
        "04-select", "06-epoll", "06-epoll/edge-triggered", "floor-epoll"};
    static const double places[] = {0, 100, 900, 10000};
    struct experiment *e = begin(
        r, 22, "own", "epoll is always faster than poll, and poll than select.",
        "folklore", DOES_NOT_HOLD,
        "When everyone is busy, select and poll ask once and get everything: "
        "the three lie within 3 %, which is less than the rounds differ.");
    struct picture *p = ADD_PICTURE(
        e, .title = "All clients are busy", .x_title = "clients",
        .y_title = "CPU time for a message, in microseconds", .log_x = true,
        .log_y = true, .column = "CPU us, 100 busy clients", .column_x = 100);

    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            add(e, p, names[i], places[j], 3.4 - 0.31 * j + 0.02 * i, 2,
                i == 0 && j == 3 ? "select ends at FD_SETSIZE" : "");
    for (int j = 0; j < 4; j++)
        add(e, p, "my <own> server & a long name", places[j], 6.1 - 1.3 * j, 9,
            "");
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
    struct experiment *e = begin(
        r, 23, "work", "An event loop must not block.", "04-select/README.md",
        HOLDS_BUT,
        "Threads serve 380 messages a second and a loop 198, but this machine "
        "has two CPUs and 20 clients wait for them.");
    struct picture *p =
        ADD_PICTURE(e, .shape = SHARES,
                    .title = "Latency when an answer takes 5 ms of work",
                    .x_title = "share of the messages that took no longer",
                    .y_title = "latency, in milliseconds");
    struct picture *q = ADD_PICTURE(
        e, .shape = BARS, .title = "Messages a second at the same time",
        .x_title = "clients", .y_title = "messages a second",
        .groups = "1|5|20", .column = "messages/s, 5 ms of work",
        .column_x = 2);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int j = 0; j < 6; j++)
            add(e, p, rows[i].name, shares[j], rows[i].ms[j], 4 + 3 * j, "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int j = 0; j < 3; j++)
            add(e, q, rows[i].name, j,
                i == 2 || i == 3 ? 198.3 : 199 + 90.4 * j, 1 + j, "");
    snprintf(e->asserted, sizeof(e->asserted),
             "Threads serve at least 1.5 times as many as a loop.");
    e->kept = false;
}

static void sizes(struct results *r)
{
    static const char *const names[] = {
        "01-blocking", "02-fork",    "03-pthread",  "04-select",   "05-poll",
        "06-epoll",    "07-framing", "floor-epoll", "floor-thread"};
    struct experiment *e =
        begin(r, 24, "sizes", "", "<script>alert(1)</script>", HOLDS_BUT,
              "it was interrupted");
    struct picture *p = ADD_PICTURE(
        e, .title = "Throughput against clients", .x_title = "clients",
        .y_title = "messages a second", .log_x = true,
        .column = "messages/s, 100 clients", .column_x = 100);

    fixture_nasty(e->claim, sizeof(e->claim));
    for (int i = 0; i < 9; i++)
        for (int j = 0; j < 5; j++)
            add(e, p, names[i], pow(10, j),
                (i == 0 && j > 0) ? NAN
                                  : 60000 + 43000 * sqrt(j) + 3000 * i * j -
                                        900.5 * j * j * j * (i < 4),
                2 + (i == 8) * 6, "");
    experiment_add_command(e, "x </code></pre><b>\"&amp;' \t\\n");
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
    CHECK_EQ(results_load(r, KEPT_RUN), 0);
    stacks(r);
    own(r);
    work(r);
    sizes(r);
}
