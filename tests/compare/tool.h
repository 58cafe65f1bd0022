/*
 * tests/compare/tool.h - what the programs here have in common: what they say
 * of a word that should not stand there.
 */
#ifndef TOOL_H
#define TOOL_H

/* As the program is called in messages; set once, first thing in main. */
extern const char *tool_name;

/* "load: 'WORD' WHAT", where to find help, and exit status 2. */
_Noreturn void usage_error(const char *word, const char *what);

/* The number that this word is, which may have a fraction; a usage error if it
 * is none, or not in this range. */
double number(const char *word, double min, double max);

#endif
