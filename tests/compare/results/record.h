/*
 * tests/compare/results/record.h - the lines of a .result file, as tables: who
 * writes them, who reads them, and who writes results.json go by the same.
 */
#ifndef RECORD_H
#define RECORD_H

#include "text.h"

enum { MOST_COLUMNS = 10 };

/* A line: its kind, and what stands behind it, divided by tabs. */
struct record {
    const char *kind;
    struct column {
        const char *name; /* in results.json; NULL: the end */
        enum { TEXT, LETTER, SHAPE, VERDICT, BOOL, COUNT, PLACE, NUMBER } type;
        size_t at, size; /* in the struct */
    } columns[MOST_COLUMNS + 1];
};

/* Of struct experiment a line each; of struct picture, figure and fact one. */
enum { EXPERIMENT_LINES = 9 };
extern const struct record experiment_lines[EXPERIMENT_LINES];
extern const struct record picture_line, figure_line, fact_line;

/* The line; `from` is the struct. */
void record_write(FILE *out, const struct record *r, const char *from);

/* Its columns as they stand in a line, count of them; false: they make no
 * sense. */
bool record_take(char *to, const struct record *r, char *const *words,
                 int count);

/* The columns as members of a JSON object (RFC 8259) without its brackets. */
void record_write_json(FILE *out, const struct record *r, const char *from);
void write_json_text(FILE *out, const char *text);

#endif
