/*
 * tests/compare/load/load.h - the parts of the load generator: load.c reads the
 * command line, run.c does the work, print.c says what came out.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "content.h"
#include "histogram.h"
#include "target.h"

enum load_mode { CLOSED_LOOP, OPEN_LOOP, CHURN };

struct settings {
    struct target target;
    enum load_mode mode;
    uint64_t clients;  /* that talk */
    uint64_t idle;     /* and that are silent */
    uint64_t size;     /* bytes of a message */
    uint64_t depth;    /* closed loop: messages on their way, for each client */
    double rate;       /* open loop: messages a second, of all together */
    double seconds;    /* what is measured */
    double warmup_s;   /* what goes before it */
    double patience_s; /* for connections, and for the last answers */
    enum content_kind content;
    int prompt; /* no pause to gather replies */
    int marks;  /* say on stdout when the counted time begins and ends */
};

/* What went wrong; all zero when nothing did. */
struct errors {
    uint64_t wrong_bytes;  /* other than sent, or more than sent */
    uint64_t early_closes; /* the server hung up, or reset */
    uint64_t refused;      /* no connection was to be had */
    uint64_t unanswered;   /* messages that never came back whole */
    int first_errno;       /* of the first early close or refusal, 0: none */
};

struct outcome {
    double seconds;    /* really measured */
    uint64_t messages; /* answered in that time */
    uint32_t connected;
    struct histogram latency;  /* nanoseconds */
    struct histogram lateness; /* open loop: how late the messages were sent */
    struct errors errors;
    double user_s, system_s; /* CPU time of this process in that time */
    double waited_s;         /* and how long it waited for a CPU */
    long rss_kib;
};

/* Connects, measures, hangs up; ends early when nobody is connected any more,
 * and when load_stop() is called. -1 and errno when it could not begin. */
int load_run(const struct settings *s, struct outcome *out);

/* To be called by a signal handler. */
void load_stop(void);

bool load_failed(const struct outcome *out);

/* Was the generator itself at its limit, nearly always using or waiting for a
 * CPU, or responsible for most of the latency? Then what it measured is
 * itself. */
bool load_was_bottleneck(const struct outcome *out);

void print_text(const struct settings *s, const struct outcome *out);
/* A figure a line: NAME, a tab, its value. load --help names them. */
void print_lines(const struct settings *s, const struct outcome *out);

#endif
