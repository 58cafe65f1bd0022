/*
 * tests/compare/results/print.h - text and tables for a terminal of 80 columns.
 */
#ifndef RESULTS_PRINT_H
#define RESULTS_PRINT_H

#include "text.h"

#define INK_BOLD  "1"
#define INK_QUIET "2"
#define INK_RED   "31"
#define INK_GREEN "32"
#define INK_OFF   "0"

/* Nothing but where `out` is a terminal that shows colours, and NO_COLOR is not
 * set. */
void ink(FILE *out, const char *colour);

/* How many columns it takes. */
int text_width(const char *text);

/* Word by word. The line has `column` columns already; the next ones begin
 * with `indent` blanks. */
void wrap(FILE *out, const char *text, int column, int indent);

/* The spread in figures where one line has room for it, else in percent, else
 * the widest of all below; a table that is still too wide goes on below. */
void print_grid(FILE *out, const struct grid *g);

#endif
