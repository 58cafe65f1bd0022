/*
 * tests/harness/escape.h - bytes of others, written so that a person can read
 * them and a terminal does not obey them.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

/* A byte as itself if it is printable, as \n, \r, \t or \\, else as \x1b.
 * Returns `text`. */
const char *escape_byte(char text[5], char byte);

#endif
