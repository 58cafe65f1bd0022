/* tests/compare/report/scale.c - see report.h: from numbers to places. */
#include "report.h"

#include <math.h>
#include <string.h>

/* A logarithm knows no 0, and a tail no end: both are infinitely far. */
static double transformed(const struct scale *s, double number)
{
    switch (s->kind) {
    case DECADES: return number > 0 ? log10(number) : -INFINITY;
    case PERCENTILES: return number < 1 ? -log10(1 - number) : INFINITY;
    case LINEAR: break;
    }
    return number;
}

/* What is beyond the scale stands at its end. */
double scale_at(const struct scale *s, double number)
{
    double t = transformed(s, number), width = s->last - s->first;

    t = t < s->first ? s->first : t > s->last ? s->last : t;
    return width > 0 ? s->from + (t - s->first) / width * (s->to - s->from)
                     : (s->from + s->to) / 2;
}

static void add_tick(struct scale *s, double number)
{
    if (s->n_ticks < MOST_TICKS)
        s->ticks[s->n_ticks++] = number;
}

const char *tick_text(char text[NUMBER_SIZE], double number)
{
    if (fabs(number) >= 999999.5)
        snprintf(text, NUMBER_SIZE, "%.6g M", number / 1e6);
    else if (fabs(number) >= 9999.5)
        snprintf(text, NUMBER_SIZE, "%.6g k", number / 1e3);
    else
        shown_text(text, number);
    return text;
}

/* ---- places ---- */

/* The tail of a distribution: 90 %, 99 %, 99.9 % at equal distances, and the
 * longest of all behind the last of them. */
struct scale scale_of_places(const struct grid *g)
{
    struct scale s = {.kind = g->picture->shape == SHARES ? PERCENTILES
                              : g->picture->log_x         ? DECADES
                                                          : LINEAR,
                      .first = INFINITY,
                      .last = -INFINITY};
    bool has_max = false;

    for (int i = 0; i < g->n_columns; i++) {
        double t = transformed(&s, g->xs[i]);

        add_tick(&s, g->xs[i]);
        s.has_zero = s.has_zero || t == -INFINITY;
        has_max = has_max || t == INFINITY;
        if (isfinite(t)) {
            s.first = fmin(s.first, t);
            s.last = fmax(s.last, t);
        }
    }
    if (s.first > s.last)
        s.first = s.last = 0;
    if (s.has_zero)
        s.first -= s.last > s.first ? 0.22 * (s.last - s.first) : 1;
    if (has_max)
        s.last += 0.6;
    return s;
}

static bool is_round(double number)
{
    double digits = number > 0 ? log10(number) : 0;

    return fabs(digits - round(digits)) < 1e-9;
}

/* About half of what it takes: no font of the style is wider. */
static double half_px(const struct picture *p, double tick)
{
    enum { DIGIT_TENTHS_PX = 76 };
    char text[TEXT_SIZE], number[NUMBER_SIZE];
    const char *shown =
        p != NULL ? heading_text(text, p, tick) : tick_text(number, tick);

    return (double)strlen(shown) * DIGIT_TENTHS_PX / 20;
}

/* Finds which have room on an axis of so many pixels: powers of ten and the
 * ends come first, then what fits between. */
static void find_room(const struct scale *s, const struct picture *p, double px,
                      bool has_room[MOST_TICKS])
{
    enum { GAP_PX = 8 };

    memset(has_room, false, MOST_TICKS * sizeof(has_room[0]));
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < s->n_ticks; i++) {
            bool first = is_round(s->ticks[i]) || i == 0 ||
                         (s->kind == PERCENTILES && i == s->n_ticks - 1);
            bool is_free = first == (pass == 0);

            for (int j = 0; j < s->n_ticks && is_free; j++) {
                double far =
                    fabs(scale_at(s, s->ticks[i]) - scale_at(s, s->ticks[j]));

                is_free = !has_room[j] ||
                          far * px / 100 > half_px(p, s->ticks[i]) +
                                               half_px(p, s->ticks[j]) + GAP_PX;
            }
            has_room[i] = has_room[i] || is_free;
        }
}

void scale_thin(struct scale *s, const struct picture *p, double wide,
                double narrow)
{
    bool has_room[MOST_TICKS];
    int n = 0;

    find_room(s, p, wide, has_room);
    for (int i = 0; i < s->n_ticks; i++)
        if (has_room[i])
            s->ticks[n++] = s->ticks[i];
    s->n_ticks = n;
    find_room(s, p, narrow, has_room);
    for (int i = 0; i < n; i++)
        s->is_roomy[i] = !has_room[i];
}

const char *tick_class(const struct scale *s, int tick)
{
    return s->is_roomy[tick] ? "tick middle roomy" : "tick middle";
}

/* ---- figures ---- */

/* 1, 2, 5, 10, 20 ...: the largest not above `number`. */
static double step_below(double number)
{
    double ten = pow(10, floor(log10(number) + 1e-9));

    return number >= 5 * ten * (1 - 1e-9)   ? 5 * ten
           : number >= 2 * ten * (1 - 1e-9) ? 2 * ten
                                            : ten;
}

static double step_after(double step)
{
    double ten = pow(10, floor(log10(step) + 1e-9)), first = step / ten;

    return first < 1.5 ? 2 * ten : first < 3 ? 5 * ten : 10 * ten;
}

/* From 0 on, or from below it. */
static struct scale linear_for(double low, double high)
{
    struct scale s = {.kind = LINEAR};
    double step;

    low = low > 0 ? 0 : low;
    high = high > low ? high : low + 1;
    step = step_after(step_below((high - low) / 5.5));
    s.first = floor(low / step) * step;
    s.last = ceil(high / step - 1e-9) * step;
    for (int i = 0; s.first + i * step < s.last + step / 2; i++)
        add_tick(&s, s.first + i * step);
    return s;
}

/* Between two of 1, 2, 5, 10 ...; their names only where decades are few. */
static struct scale decades_for(double low, double high)
{
    struct scale s = {.kind = DECADES};
    double end = step_below(high), decades;

    low = step_below(low);
    end = end < high * (1 - 1e-9) ? step_after(end) : end;
    end = end > low ? end : step_after(low);
    s.first = log10(low);
    s.last = log10(end);
    decades = s.last - s.first;
    for (double tick = low; tick < end * 1.01; tick = step_after(tick))
        if (decades < 3.2 ||
            (is_round(tick) && (decades < 12 || tick == low || tick * 9 > end)))
            add_tick(&s, tick);
    return s;
}

struct scale scale_of_figures(const struct grid *g)
{
    double low = INFINITY, high = -INFINITY;

    for (int i = 0; i < g->n_rows * g->n_columns; i++) {
        const struct figure *f = g->figures[i / g->n_columns][i % g->n_columns];
        bool is_wide = f != NULL && has_spread(f);
        const double numbers[] = {f != NULL ? f->median : NAN,
                                  is_wide ? f->low : NAN,
                                  is_wide ? f->high : NAN};

        for (int j = 0; j < 3; j++) {
            if (!isfinite(numbers[j]) || (g->picture->log_y && numbers[j] <= 0))
                continue;
            low = fmin(low, numbers[j]);
            high = fmax(high, numbers[j]);
        }
    }
    if (low > high)
        return linear_for(0, 1);
    if (g->picture->log_y && g->picture->shape == BARS)
        low *= 0.7; /* the shortest bar is to be seen */
    return g->picture->log_y ? decades_for(low, high) : linear_for(low, high);
}
