/*
 * tests/compare/report/report.h - the parts of report_write(): text and marks
 * (look.c), scales (scale.c), places for names (labels.c), pictures (svg.c,
 * lines.c, bars.c), tables (table.c), the style (style.c), and the page itself
 * (report.c).
 */
#ifndef REPORT_H
#define REPORT_H

#include "text.h"

/* ---- text and marks ---- */

/* A stage looks the same on the whole page: a colour (the style has one for
 * each number), a mark; hollow and dashed: it is no stage, but a variant, a
 * floor, somebody else's. */
struct look {
    int colour, mark;
    bool is_hollow;
};

enum { STAGES = 7, OTHER_COLOURS = 5 };

/* What is no stage has the colours behind theirs, in the order of the
 * experiment; where there is no stage at all, theirs. */
struct look look_of(const struct experiment *e, const char *series);

/* As printf, of %s, %d, %c, %.1f and %%, and every %s is escaped: what is
 * markup stands in the format. What is no UTF-8 and what HTML forbids becomes
 * U+FFFD. */
void markup(FILE *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first `len` bytes of a text, escaped, whole characters. */
void write_html_part(FILE *out, const char *text, size_t len);

/* The same of what people wrote: what stands between backquotes is code. */
void write_prose(FILE *out, const char *text);

/* The beginning of the element of a series, with colour and kind of line; the
 * mark; both in SVG. */
void write_series_begin(FILE *out, struct look look, const char *name);
void write_mark(FILE *out, struct look look, double x, double y, double size);

/* About how wide it will be, in pixels: a little more, so that it fits. */
double text_px(const char *text, size_t len, double font_px);

/* Breaks text into lines of at most `width` pixels where that can be done
 * decently. Returns the count. */
enum { MOST_LINES = 4 };
struct lines {
    const char *at[MOST_LINES];
    size_t len[MOST_LINES];
    int count;
    double width; /* of the widest */
};
struct lines lines_of(const char *text, double width, double font_px);

/* ---- scales ---- */

enum { MOST_TICKS = 24 };

/* From numbers to pixels. */
struct scale {
    enum { LINEAR, DECADES, PERCENTILES } kind;
    double first, last; /* the ends, as transformed: log10 or -log10(1 - x) */
    double from, to;    /* in pixels */
    bool has_zero;      /* DECADES: `first` is the place of 0 */
    double ticks[MOST_TICKS];
    int n_ticks;
};

/* For the places of a picture, and for its figures. `from` and `to` are set by
 * the caller, before scale_thin(). */
struct scale scale_of_places(const struct view *v);
struct scale scale_of_figures(const struct experiment *e, const struct view *v);
double scale_at(const struct scale *s, double number);

/* "10 k", "1,000", "0.5". */
const char *tick_text(char text[NUMBER_SIZE], double number);

/* Leaves out ticks of a place axis whose headings would touch. */
void scale_thin(struct scale *s, const struct picture *p, double font_px);

/* ---- places for names ---- */

struct box {
    double left, top, right, bottom;
};

/* The name of a line: its lines of text, the line's end, and where the name
 * stands (the left end, the middle), with a mark before it. */
struct label {
    struct lines text;
    double end_x, end_y, x, y;
    bool has_line; /* there is one at all */
};

/* Sets x and y of each: beside the plot, moved apart. */
void labels_place(struct label *labels, int count, struct box plot);

/* Does it need a line from the line's end to it? */
bool label_leader(const struct label *l);

/* ---- pictures ---- */

enum { FONT_PX = 12, LINE_PX = 15, WIDE_PX = 760, NARROW_PX = 360 };

/* <svg> with <title> and <desc>; `width` is WIDE_PX or NARROW_PX. */
void write_picture(FILE *out, const struct experiment *e,
                   const struct picture *p, int width);
void write_bars(FILE *out, const struct experiment *e, const struct view *v,
                int width);

/* For both kinds of picture: the beginning of the element, lines of text, and
 * the beginning of one figure's element, which says all of it as attributes and
 * as a title. */
void write_svg_begin(FILE *out, const struct experiment *e,
                     const struct view *v, int width, double height);
void write_lines(FILE *out, const struct lines *lines, double x, double y,
                 const char *class_name);
void write_point_begin(FILE *out, const struct picture *p,
                       const struct figure *f);

/* ---- tables ---- */

/* Too wide for the window, it scrolls in a box of its own, which the keyboard
 * reaches too. `where` begins its anchors. That of the models is brief, and its
 * headings lead to their experiments. */
void write_table(FILE *out, const struct grid *g, const char *caption,
                 const char *where, bool is_models);

/* ---- the page ---- */

void write_style(FILE *out);

#endif
