/*
 * tests/compare/load/histogram.h - many durations in little memory, and their
 * percentiles.
 *
 * The buckets are log-linear: values below 256 have one each, and from there
 * on every doubling is cut into 128. So a value is known to within 1/128 of
 * itself (0.8 %) from a nanosecond to centuries, in 58 KiB, and adding one
 * costs a few instructions. Values have no unit here; load counts
 * nanoseconds.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

enum {
    HISTOGRAM_SUB_BITS = 7, /* 2^7 buckets per doubling */
    HISTOGRAM_BUCKETS = (64 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS,
};

/* All zero is an empty one. */
struct histogram {
    uint64_t count;
    uint64_t max;
    double sum, sum_of_squares;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value);

/* The smallest value such that at least `share` (0.0 to 1.0) of all values
 * are no larger: the one at place ceil(share * count) of the sorted list. At
 * most 1/128 too large, never too small, and never above the largest value;
 * 0 if there is none. */
uint64_t histogram_at(const struct histogram *h, double share);

double histogram_mean(const struct histogram *h);
double histogram_deviation(const struct histogram *h);

/* Writes the percentiles as HdrHistogram's plotter reads them: value, share,
 * how many up to there, 1/(1-share); the steps become finer by half towards
 * the end. `unit`: by how much values are divided, 1e6 for nanoseconds to be
 * read as milliseconds. -1 when the file cannot be written. */
int histogram_print(const struct histogram *h, FILE *out, double unit);

#endif
