/*
 * tests/compare/plain.h - for the tests: text in a file, and text that every
 * terminal can show.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"

/* Into a file of the case's own folder. */
static inline void put_file(const char *name, const char *text, size_t len)
{
    FILE *f = fopen(harness_path(name), "we");

    CHECK(f != NULL && fwrite(text, 1, len, f) == len && fclose(f) == 0);
}

/* At most 80 columns of ASCII, and no blank at the end; cuts the text up.
 * Returns how many lines are not empty. */
static inline int expect_plain_lines(char *text)
{
    int lines = 0;

    for (char *line = strtok(text, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        size_t len = strlen(line);

        check_step("%s", line);
        CHECK(len <= 80 && line[len - 1] != ' ');
        for (size_t i = 0; i < len; i++)
            CHECK(isprint((unsigned char)line[i]));
        lines++;
    }
    return lines;
}

#endif
