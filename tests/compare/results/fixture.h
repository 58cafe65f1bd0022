/*
 * tests/compare/results/fixture.h - the run that is kept (../full-run), and
 * made-up results: lines that cross and lines that lie on each other, long
 * names, a server that was entered, what was skipped, what failed, and text
 * that wants escaping.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "results.h"

/* The caller frees with results_free. */
void fixture_results(struct results *r);

/* Text with every byte but NUL, and markup of every kind. */
void fixture_nasty(char *text, size_t size);

#endif
