/* tests/compare/load/histogram.c - see histogram.h. */
#include "histogram.h"

#include <math.h>

enum { SUB = 1 << HISTOGRAM_SUB_BITS, STEPS_PER_HALF = 5 };

/* The first 2 * SUB values are their own bucket. A larger one is shifted until
 * it fits into that range, where it lands in the upper half: so each shift
 * needs SUB buckets more. */
static size_t bucket_of(uint64_t value)
{
    int highest_bit = 63 - __builtin_clzll(value | (2 * SUB - 1));
    unsigned shift = (unsigned)highest_bit - HISTOGRAM_SUB_BITS;

    return (size_t)shift * SUB + (size_t)(value >> shift);
}

/* The largest value that lands in this bucket. */
static uint64_t top_of(size_t bucket)
{
    unsigned shift;

    if (bucket < 2 * SUB)
        return bucket;
    shift = (unsigned)(bucket / SUB) - 1;
    return (((uint64_t)(bucket % SUB) + SUB + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
    h->buckets[bucket_of(value)]++;
    h->count++;
    h->sum += (double)value;
    h->sum_of_squares += (double)value * (double)value;
    if (value > h->max)
        h->max = value;
}

/* Also says how many values are no larger than that. */
static uint64_t find(const struct histogram *h, double share, uint64_t *below)
{
    uint64_t wanted = (uint64_t)ceil(share * (double)h->count);
    uint64_t top;
    size_t i = 0;

    wanted = wanted < 1 ? 1 : wanted > h->count ? h->count : wanted;
    *below = 0;
    if (h->count == 0)
        return 0;
    while ((*below += h->buckets[i]) < wanted)
        i++;
    top = top_of(i);
    return top < h->max ? top : h->max;
}

uint64_t histogram_at(const struct histogram *h, double share)
{
    uint64_t below;

    return find(h, share, &below);
}

double histogram_mean(const struct histogram *h)
{
    return h->count == 0 ? 0 : h->sum / (double)h->count;
}

double histogram_deviation(const struct histogram *h)
{
    double mean = histogram_mean(h);
    double square =
        h->count == 0 ? 0 : h->sum_of_squares / (double)h->count - mean * mean;

    return square > 0 ? sqrt(square) : 0;
}

/* The distance to 1 that is left is cut into steps; each time it has been
 * halved, the steps are halved too. */
static double next_share(double share)
{
    double half = pow(2, floor(log2(1 / (1 - share))) + 1);

    return share + 1 / (STEPS_PER_HALF * half);
}

int histogram_print(const struct histogram *h, FILE *out, double unit)
{
    uint64_t below = 0;

    fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    for (double share = 0; below < h->count; share = next_share(share)) {
        uint64_t value = find(h, share, &below);

        if (below < h->count)
            fprintf(out, "%12.3f %14.12f %10llu %14.2f\n", (double)value / unit,
                    share, (unsigned long long)below, 1 / (1 - share));
    }
    fprintf(out, "%12.3f %14.12f %10llu\n", (double)h->max / unit, 1.0,
            (unsigned long long)h->count);
    fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
            histogram_mean(h) / unit, histogram_deviation(h) / unit);
    fprintf(out, "#[Max     = %12.3f, Total count    = %12llu]\n",
            (double)h->max / unit, (unsigned long long)h->count);
    fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n",
            HISTOGRAM_BUCKETS / SUB, SUB);
    return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}
