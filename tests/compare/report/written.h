/*
 * tests/compare/report/written.h - for the tests: reads what was written of
 * results as HTML, its pictures and its tables, into lists of numbers. What is
 * not well formed fails the case.
 */
#ifndef WRITTEN_H
#define WRITTEN_H

#include "text.h"

/* A number as it stands there, digit by digit. */
struct written {
    int experiment;
    char picture;
    char series[2 * NAME_SIZE];
    char x[NUMBER_SIZE], median[NUMBER_SIZE], low[NUMBER_SIZE],
        high[NUMBER_SIZE];
};

struct list {
    struct written *rows; /* the caller frees */
    int count;
};

/* What is to stand there: row by row, picture by picture. */
struct list numbers_of(const struct results *r);

/* The points of all pictures. */
struct list read_pictures(const char *html);

/* The cells of all tables below pictures. x is the column's number, and low and
 * high are "" where no spread is shown; no commas, and "-" is null. */
struct list read_tables(const char *html);

/* The next piece of HTML: a tag or text between tags. */
struct token {
    enum { HTML_END, HTML_OPEN, HTML_CLOSE, HTML_EMPTY, HTML_TEXT } kind;
    char name[32];
    const char *at; /* its attributes, or the text */
    size_t len;
};
struct token next_token(const char **html);

/* Decoded; "": there is none. */
void attribute_of(char *value, size_t size, const struct token *token,
                  const char *name);
void text_of(char *text, size_t size, const struct token *token);

#endif
