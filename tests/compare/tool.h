/*
 * tests/compare/tool.h - what load and compare say of a word that should not
 * stand there, where rows of options (options.h) cannot say it.
 */
#ifndef TOOL_H
#define TOOL_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"

/* "load: 'WORD' WHAT", where to find help, and exit status 2. */
static inline _Noreturn void usage_error(const char *word, const char *what)
{
    const char *self = program_invocation_short_name;

    fprintf(stderr, "%s: '%s' %s\nTry '%s --help'.\n", self, word, what, self);
    exit(EXIT_USAGE);
}

/* The number that this word is, which may have a fraction; a usage error if it
 * is none, or not in this range. */
static inline double number(const char *word, double min, double max)
{
    char what[80], *end;
    double value = strtod(word, &end);

    snprintf(what, sizeof(what), "is not a number from %g to %g", min, max);
    if (end == word || *end != '\0' || !(value >= min && value <= max))
        usage_error(word, what);
    return value;
}

#endif
