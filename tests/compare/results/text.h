/*
 * tests/compare/results/text.h - for those who write results out: numbers and
 * text as every one of them shows it, the rows and columns of a picture, and
 * files that are written wholly or not at all.
 */
#ifndef RESULTS_TEXT_H
#define RESULTS_TEXT_H

#include <stddef.h>

#include "results.h"

enum { NUMBER_SIZE = 40, MOST_XS = 64, MOST_NOTES = 64, PATH_SIZE = 4096 };

/* ---- numbers ---- */

/* What JSON and the report say of one number is the same to the digit:
 * four significant digits, and every digit before the point; places of the x
 * axis to ten. NAN and infinity: "null". All return `text`. */
const char *number_text(char text[NUMBER_SIZE], double number);
const char *place_text(char text[NUMBER_SIZE], double x);

/* For eyes: number_text with a comma between thousands, "-" for null; and with
 * three significant digits. */
const char *shown_text(char text[NUMBER_SIZE], double number);
const char *short_text(char text[NUMBER_SIZE], double number);

/* "10,000" (LINES), "99.9 %", "max" (SHARES), the group's name (BARS). */
const char *heading_text(char text[TEXT_SIZE], const struct picture *p,
                         double x);

/* Is there more than one round behind it, and a width to show? */
bool has_spread(const struct figure *f);

/* Half of it, in percent of the median, 0: none; and as text: "12", "3",
 * "0.4". */
double spread_percent(const struct figure *f);
const char *percent_text(char text[NUMBER_SIZE], double percent);

/* ---- text ---- */

/* How many bytes the UTF-8 character at `at` has, 0: the end, or no character
 * begins there (RFC 3629, section 4). */
size_t character_len(const char *at);

/* Tab, newline and backslash as \t, \n and \\; the other way in place. */
void write_escaped(FILE *out, const char *text);
void unescape(char *text);

/* ---- the rows and columns of a picture ---- */

/* The stage that a name begins with ("06-epoll" and "06-epoll/edge": 6), 0:
 * none. */
int stage_of(const char *series);

/* Its place among the variants of the stage in the list of servers, from 1; one
 * that is not in the list stands behind all; 0: it is no variant. */
int variant_of(const char *series);

/* Adds a name that is not there yet: the stages in their order, their variants
 * behind them, then the others in the order of coming. Returns the count, at
 * most MOST_SERIES; there is room for one more. */
int add_series(const char **names, int count, const char *name);

/* A table: names of the rows, headings of the columns, and a figure (or NULL)
 * where they cross. 65 KiB: not for a stack. */
struct grid {
    int n_rows, n_columns;
    const char *names[MOST_SERIES + 1];
    char headings[MOST_XS][TEXT_SIZE];
    const struct figure *figures[MOST_SERIES][MOST_XS];
    const struct experiment *from[MOST_XS]; /* where a column comes from */
    const char *notes[MOST_NOTES];          /* of its figures, each once */
    int n_notes;
    const struct picture *picture; /* of one picture alone: which, */
    double xs[MOST_XS];            /* and its places, from left to right */
};

/* The series and places of a picture. */
void grid_of_picture(struct grid *g, const struct experiment *e,
                     const struct picture *p);

/* The models, with a column for each picture that names one. */
void grid_of_models(struct grid *g, const struct results *r);

/* The number of a figure's note, 1, 2 ...; 0: it has none. */
int note_of(const struct grid *g, const struct figure *f);

/* Was something asserted, and did not hold? */
bool has_failed(const struct experiment *e);

/* Did it run at all? */
bool has_run(const struct experiment *e);

/* ---- on a terminal of 80 columns ---- */

#define INK_BOLD  "1"
#define INK_QUIET "2"
#define INK_RED   "31"
#define INK_GREEN "32"
#define INK_OFF   "0"

/* Is it a terminal that shows colours, and NO_COLOR not set? Only then, ink. */
bool shows_colours(FILE *out);
void ink(FILE *out, const char *colour);

/* How many columns it takes. */
int text_width(const char *text);

/* Word by word. The line has `column` columns already; the next ones begin
 * with `indent` blanks. */
void wrap(FILE *out, const char *text, int column, int indent);

/* The spread in figures where one line has room for it, else in percent, else
 * the widest of all below; a table that is still too wide goes on below. */
void print_grid(FILE *out, const struct grid *g);

/* ---- files ---- */

/* A new file in the place of `path`, which stays as it is until draft_keep().
 * All zero: none. */
struct draft {
    FILE *file;
    char path[PATH_SIZE], temporary[PATH_SIZE + 32];
};

/* Both: -1 and errno. draft_keep leaves no temporary file, whatever happens. */
int draft_open(struct draft *d, const char *path);
int draft_keep(struct draft *d);

#endif
