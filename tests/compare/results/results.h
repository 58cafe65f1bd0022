/*
 * tests/compare/results/results.h - what the experiments found. Each experiment
 * is a process of its own; it keeps what it found in a file of its own, and
 * whoever wants to see everything reads all of them. So what was measured
 * before Ctrl-C is not lost, and one experiment can be repeated by itself.
 *
 * FOLDER/05-silent.result is text, a line for each fact, fields separated by
 * tabs, the first one naming the kind of line (results.c and record.c list
 * them). A reader leaves out lines of a kind it does not know.
 */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>
#include <stdio.h>

enum {
    NAME_SIZE = 32,
    LINE_SIZE = 160,
    TEXT_SIZE = 800,
    MOST_EXPERIMENTS = 24,
    MOST_PICTURES = 6, /* of an experiment */
    MOST_COMMANDS = 48,
    MOST_FACTS = 24,
    MOST_SERIES = 24, /* in a picture */
};

enum verdict {
    NOT_RUN,
    HOLDS,
    HOLDS_BUT,
    DOES_NOT_HOLD,
    NO_DIFFERENCE, /* noise is larger than what was to be seen */
    SKIPPED,       /* `says` gives the reason */
};

/* One number: of a model (its series), at a place of the x axis. */
struct figure {
    char picture;           /* 'a', 'b', ... : its picture's letter */
    char series[NAME_SIZE]; /* "06-epoll" */
    double x;               /* clients, bytes, a share of all messages ... */
    double median;          /* of the rounds */
    double low, high;       /* the middle half of the rounds lies between */
    int rounds;
    char note[LINE_SIZE]; /* "": nothing to be said against it */
};

enum shape {
    LINES,  /* a line for each series over x, a number */
    BARS,   /* a bar for each series; x is 0, 1, 2 ...: one group each */
    SHARES, /* latency: x is the share of messages (0.5, 0.99, 0.9999) that
               took no longer; drawn as 50 %, 90 %, 99 %, 99.9 % ... */
};

struct picture {
    char letter; /* 'a', 'b', ... */
    enum shape shape;
    bool log_x, log_y;
    char title[LINE_SIZE];
    char x_title[LINE_SIZE]; /* "clients" */
    char y_title[LINE_SIZE]; /* "CPU time for a message, in microseconds" */
    char groups[TEXT_SIZE];  /* BARS: what x = 0, 1, 2 ... are, "a|b|c" */
    char column[NAME_SIZE];  /* its heading in the table of the models, "":
                                it is not in it */
    double column_x;         /* and at which x */
};

struct experiment {
    int number;           /* 1, 2, ... */
    char name[NAME_SIZE]; /* "silent": one word */
    char claim[TEXT_SIZE];
    char source[LINE_SIZE]; /* who says so */
    enum verdict verdict;
    char says[TEXT_SIZE];     /* the verdict in a sentence, with its figures */
    char asserted[TEXT_SIZE]; /* what must be true of every machine, "": it is
                                 only reported */
    bool kept;                /* and was it */
    char missing[LINE_SIZE];  /* while it runs: why a figure that its verdict
                                 needs is not there, "": all are */
    char commands[MOST_COMMANDS][TEXT_SIZE]; /* how each figure is repeated */
    int n_commands;
    struct picture pictures[MOST_PICTURES];
    int n_pictures;
    struct figure *figures; /* freed by experiment_free() */
    int n_figures;
    char repeat[TEXT_SIZE]; /* the command that repeats the experiment */
    double seconds;         /* it took */
};

struct fact { /* about the machine and the programs */
    char name[NAME_SIZE], value[TEXT_SIZE];
};

struct results {
    struct fact facts[MOST_FACTS];
    int n_facts;
    struct experiment *experiments[MOST_EXPERIMENTS]; /* by number */
    int n_experiments;
};

/* ---- one experiment ---- */

/* Both keep a copy of what they are given. Figures without memory for them are
 * lost: -1 and errno. A command that is there already is not kept twice, and
 * those beyond MOST_COMMANDS are not kept. */
int experiment_add(struct experiment *e, const struct figure *figure);
void experiment_add_command(struct experiment *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds one like this, whose letter is the next; not more than MOST_PICTURES.
 * Returns it. The macro takes its members: ADD_PICTURE(e, .shape = BARS, ...).
 */
struct picture *add_picture(struct experiment *e, struct picture like);
#define ADD_PICTURE(e, ...) add_picture(e, (struct picture){__VA_ARGS__})

/* The figure of this series at this x, NULL: there is none. */
const struct figure *figure_of(const struct experiment *e, char picture,
                               const char *series, double x);

/* Writes FOLDER/NN-name.result, wholly or not at all (a new file, then
 * rename(2)). -1 and errno. */
int experiment_save(const struct experiment *e, const char *folder);

/* The claim, a table for each picture (a row for each series, a column for
 * each x), the verdict: for a terminal of 80 columns. */
void experiment_print(const struct experiment *e, FILE *out);

void experiment_free(struct experiment *e);

/* ---- all ---- */

/* Writes FOLDER/machine.result. -1 and errno. */
int facts_save(const struct fact *facts, int count, const char *folder);

/* Reads all there is in the folder. -1 and errno: the folder or a file in it
 * cannot be read, EPROTO: what a file says is not to be understood. */
int results_load(struct results *r, const char *folder);
void results_free(struct results *r);

/* "holds", "holds, but", "does not hold here", "no difference seen", "skipped",
 * "not run". */
const char *verdict_text(enum verdict verdict);

/* Two tables for a terminal of 80 columns: the models, with the columns that
 * pictures name; the claims with their verdicts. */
void results_print(const struct results *r, FILE *out);

/* The same for programs. -1 and errno. */
int results_write_json(const struct results *r, const char *path);

/* ---- the report ---- */

/* One HTML file that needs nothing else: report.c. -1 and errno. */
int report_write(const struct results *r, const char *path);

#endif
