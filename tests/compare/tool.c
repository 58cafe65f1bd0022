/* tests/compare/tool.c - see tool.h. */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>

#include "options.h"

const char *tool_name = "?";

void usage_error(const char *word, const char *what)
{
    fprintf(stderr, "%s: '%s' %s\nTry '%s --help'.\n", tool_name, word, what,
            tool_name);
    exit(EXIT_USAGE);
}

double number(const char *word, double min, double max)
{
    char what[80], *end;
    double value = strtod(word, &end);

    snprintf(what, sizeof(what), "is not a number from %g to %g", min, max);
    if (end == word || *end != '\0' || !(value >= min && value <= max))
        usage_error(word, what);
    return value;
}
