/*
 * tests/compare/load/histogram_test.c - the percentiles that load prints,
 * against the definition: the sorted list itself.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "histogram.h"

enum { MANY = 20000 };

static struct histogram h; /* 58 KiB: not for a stack */
static uint64_t list[MANY];

static uint64_t next_random(void)
{
    return (uint64_t)mrand48() << 32 | (uint32_t)mrand48();
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The value at `share` in the sorted list, by the definition in the header. */
static uint64_t sorted_at(size_t count, double share)
{
    size_t place = (size_t)ceil(share * (double)count);

    return list[place < 1 ? 0 : place - 1];
}

static void fill(size_t count, uint64_t (*value)(void))
{
    memset(&h, 0, sizeof(h));
    for (size_t i = 0; i < count; i++)
        histogram_add(&h, list[i] = value());
    qsort(list, count, sizeof(list[0]), by_size);
}

static void expect_like_the_list(size_t count, uint64_t (*value)(void))
{
    static const double shares[] = {0,   0.001, 0.1,  0.25,  0.5,    0.75,
                                    0.9, 0.95,  0.99, 0.999, 0.9999, 1.0};

    fill(count, value);
    CHECK_EQ(h.count, count);
    CHECK_EQ(h.max, list[count - 1]);
    for (size_t i = 0; i < CHECK_COUNT(shares); i++) {
        uint64_t want = sorted_at(count, shares[i]);
        uint64_t got = histogram_at(&h, shares[i]);

        check_step("share %g of %zu values: %llu in the list, %llu", shares[i],
                   count, (unsigned long long)want, (unsigned long long)got);
        CHECK(got >= want);
        CHECK(got - want <= want / 128);
        CHECK(got <= h.max);
    }
}

static uint64_t small(void)
{
    return next_random() % 256;
}

static uint64_t latency(void)
{
    return 20000 + next_random() % 1000000;
}

/* As many of each length in bits: every bucket size gets its share. */
static uint64_t any(void)
{
    return next_random() >> next_random() % 64;
}

static uint64_t two_heaps(void)
{
    return next_random() % 100 == 0 ? 50000000 : 100000;
}

static void no_value(void)
{
    memset(&h, 0, sizeof(h));
    CHECK_EQ(histogram_at(&h, 0.5), 0);
    CHECK_EQ(histogram_at(&h, 1), 0);
    CHECK(histogram_mean(&h) == 0 && histogram_deviation(&h) == 0);
}

static void one_value(void)
{
    memset(&h, 0, sizeof(h));
    histogram_add(&h, 123456789);
    for (int i = 0; i <= 10; i++)
        CHECK_EQ(histogram_at(&h, i / 10.0), 123456789);
}

static void small_values_are_exact(void)
{
    fill(MANY, small);
    for (int i = 0; i <= 100; i++)
        CHECK_EQ(histogram_at(&h, i / 100.0), sorted_at(MANY, i / 100.0));
}

static void latencies(void)
{
    expect_like_the_list(MANY, latency);
}

static void all_sizes(void)
{
    expect_like_the_list(MANY, any);
}

static void few_values(void)
{
    for (size_t count = 1; count <= 130; count++)
        expect_like_the_list(count, any);
}

/* What a mean hides: one in a hundred is 500 times as slow. */
static void rare_stalls(void)
{
    expect_like_the_list(MANY, two_heaps);
    CHECK(histogram_at(&h, 0.5) < 101000);
    CHECK(histogram_at(&h, 0.999) == 50000000);
}

/* On both sides of every border between two bucket sizes. */
static void borders(void)
{
    for (int bit = 0; bit < 64; bit++)
        for (int off = -1; off <= 1; off++) {
            uint64_t value = ((uint64_t)1 << bit) + (uint64_t)off;

            memset(&h, 0, sizeof(h));
            histogram_add(&h, value);
            histogram_add(&h, UINT64_MAX);
            check_step("2^%d%+d", bit, off);
            CHECK(histogram_at(&h, 0.5) >= value);
            CHECK(histogram_at(&h, 0.5) - value <= value / 128);
            CHECK(histogram_at(&h, 1) == UINT64_MAX);
        }
}

static void mean_and_deviation(void)
{
    memset(&h, 0, sizeof(h));
    for (uint64_t v = 1; v <= 1000; v++)
        histogram_add(&h, v);
    CHECK(fabs(histogram_mean(&h) - 500.5) < 1e-9);
    CHECK(fabs(histogram_deviation(&h) - 288.674990) < 1e-5);
}

/* The text is read by a program that is not ours: head, rows of four numbers
 * that never fall, a last row with all values, three lines of #[...]. */
static void plotter_text(void)
{
    char line[200], rest[200];
    double value, share, last_value = 0, last_share = -1, inverse;
    unsigned long long count, rows = 0;
    FILE *f = tmpfile();
    int fields;

    fill(MANY, latency);
    CHECK(f != NULL && histogram_print(&h, f, 1e6) == 0);
    rewind(f);
    CHECK(fgets(line, sizeof(line), f) != NULL);
    CHECK(strcmp(line, "       Value     Percentile TotalCount "
                       "1/(1-Percentile)\n") == 0);
    CHECK(fgets(line, sizeof(line), f) != NULL && line[0] == '\n');
    do {
        CHECK(fgets(line, sizeof(line), f) != NULL);
        check_step("%s", line);
        fields = sscanf(line, "%lf %lf %llu %lf %199s", &value, &share, &count,
                        &inverse, rest);
        CHECK(fields == 4 || fields == 3);
        CHECK(value >= last_value && share > last_share);
        last_value = value;
        last_share = share;
        rows++;
    } while (fields == 4);
    CHECK(share == 1 && count == MANY && rows > 30 && rows < 200);
    CHECK(fgets(line, sizeof(line), f) && strncmp(line, "#[Mean ", 7) == 0);
    CHECK(fgets(line, sizeof(line), f) && strncmp(line, "#[Max ", 6) == 0);
    CHECK(fgets(line, sizeof(line), f) && strncmp(line, "#[Buckets ", 10) == 0);
    CHECK(fgets(line, sizeof(line), f) == NULL);
    fclose(f);
}

const struct check_case check_cases[] = {
    CASE(no_value, "unit"),
    CASE(one_value, "unit"),
    CASE(small_values_are_exact, "unit"),
    CASE(latencies, "unit"),
    CASE(all_sizes, "unit"),
    CASE(few_values, "unit"),
    CASE(rare_stalls, "unit"),
    CASE(borders, "unit"),
    CASE(mean_and_deviation, "unit"),
    CASE(plotter_text, "unit"),
    {0},
};
