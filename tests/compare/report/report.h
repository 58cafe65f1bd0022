/*
 * tests/compare/report/report.h - the parts of report_write(): text and marks
 * (look.c), scales (scale.c), pictures (lines.c, bars.c), tables (table.c), the
 * style (style.c), and the page itself (report.c).
 */
#ifndef REPORT_H
#define REPORT_H

#include "text.h"

/* ---- text and marks ---- */

/* A stage looks the same on the whole page: a colour (the style has one for
 * each number), a mark; hollow and dashed: it is no stage, but a variant, a
 * floor, somebody else's. The variants of a stage have its colour, and a mark
 * each. */
struct look {
    int colour, mark;
    bool is_hollow;
};

enum { STAGES = 7, OTHER_COLOURS = 5 };

/* What is no stage has the colours behind theirs, in the order of the
 * experiment; where there is no stage at all, theirs. */
struct look look_of(const struct experiment *e, const char *series);

/* As printf, of %s, %d, %c, %.2f and %%, and every %s is escaped: what is
 * markup stands in the format. What is no UTF-8 and what HTML forbids becomes
 * U+FFFD. */
void markup(FILE *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same of what people wrote: what stands between backquotes is code. */
void write_prose(FILE *out, const char *text);

/* The beginning of the element of a series, with colour and kind of line; the
 * mark around 0, 0, so many pixels in radius; both in SVG. */
void write_series_begin(FILE *out, struct look look, const char *name);
void write_mark(FILE *out, struct look look, double size);

/* For HTML: the mark in a picture of its own, and the name. */
void write_name(FILE *out, const struct experiment *e, const char *series);

/* Of the element of a figure: attributes that say all of it, the end of its
 * tag, and the same as a title. */
void write_point(FILE *out, const struct picture *p, const struct figure *f);

/* ---- scales ---- */

enum { MOST_TICKS = 24 };

/* From numbers to places in percent of a picture's width or height, which the
 * window decides. */
struct scale {
    enum { LINEAR, DECADES, PERCENTILES } kind;
    double first, last; /* the ends, as transformed: log10 or -log10(1 - x) */
    double from, to;    /* in percent */
    bool has_zero;      /* DECADES: `first` is the place of 0 */
    double ticks[MOST_TICKS];
    bool is_roomy[MOST_TICKS]; /* not shown where the window is narrow */
    int n_ticks;
};

/* For the places of a picture, and for its figures. `from` and `to` are set by
 * the caller, before scale_thin(). */
struct scale scale_of_places(const struct grid *g);
struct scale scale_of_figures(const struct grid *g);
double scale_at(const struct scale *s, double number);

/* "10 k", "1,000", "0.5". */
const char *tick_text(char text[NUMBER_SIZE], double number);

/* Leaves out ticks of a lying axis whose texts would touch where it has `wide`
 * pixels, and marks those that would where it has `narrow` ones. The texts are
 * headings of this picture; NULL: numbers. */
void scale_thin(struct scale *s, const struct picture *p, double wide,
                double narrow);
const char *tick_class(const struct scale *s, int tick);

/* ---- pictures ---- */

/* A line for each series, and their names beside it or below; a bar for each,
 * behind its name. Both take the width that there is. */
void write_lines(FILE *out, const struct grid *g);
void write_bars(FILE *out, const struct grid *g);

/* ---- tables ---- */

/* Too wide for the window, it scrolls in a box of its own, which the keyboard
 * reaches too. `where` begins its anchors. That of the models is brief, and its
 * headings lead to their experiments. */
void write_table(FILE *out, const struct grid *g, const char *caption,
                 const char *where, bool is_models);

/* ---- the page ---- */

void write_style(FILE *out);

#endif
