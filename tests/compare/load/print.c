/* tests/compare/load/print.c - what came out, for people and for programs. */
#include "load.h"

#include <inttypes.h>
#include <string.h>

#include "log.h"

static const double shares[] = {0.5, 0.9, 0.99, 0.999};
static const char *const share_names[] = {"p50", "p90", "p99", "p99.9"};
enum { SHARES = sizeof(shares) / sizeof(shares[0]) };

static double per_second(const struct outcome *out, double count)
{
    return out->seconds > 0 ? count / out->seconds : 0;
}

/* Each way: what is sent comes back. */
static double mb_per_second(const struct settings *s, const struct outcome *out)
{
    return per_second(out, (double)(out->messages * s->size)) / 1e6;
}

static double own_s(const struct outcome *out)
{
    return out->user_s + out->system_s;
}

static double own_us_per_message(const struct outcome *out)
{
    return out->messages > 0 ? own_s(out) * 1e6 / (double)out->messages : 0;
}

/* Three figures, and the unit in which they read well: "312 us". */
static const char *duration(uint64_t ns, char *text, size_t size)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    double value = (double)ns;
    size_t unit = 0;

    while (value >= 999.5 && unit < 3) {
        value /= 1000;
        unit++;
    }
    snprintf(text, size, "%.*f %s",
             value < 9.995   ? 2
             : value < 99.95 ? 1
                             : 0,
             value, units[unit]);
    return text;
}

static void print_mode(const struct settings *s)
{
    printf("load: %s, ", s->target.name);
    if (s->mode == CLOSED_LOOP)
        printf("closed loop, %" PRIu64 " on their way for each client\n",
               s->depth);
    else if (s->mode == OPEN_LOOP)
        printf("open loop, %.10g messages a second in all\n", s->rate);
    else
        printf("churn: a connection for each message\n");
    printf("  clients    %" PRIu64 " of %" PRIu64 " bytes", s->clients,
           s->size);
    if (s->idle > 0)
        printf(", and %" PRIu64 " that are silent", s->idle);
    printf(", for %.3g s\n", s->seconds);
}

static void print_latency(const struct outcome *out)
{
    char text[32];

    printf("  latency    ");
    for (int i = 0; i < SHARES; i++)
        printf("%s %s, ", share_names[i],
               duration(histogram_at(&out->latency, shares[i]), text,
                        sizeof(text)));
    printf("max %s\n", duration(out->latency.max, text, sizeof(text)));
}

static void print_count(uint64_t count, const char *what)
{
    if (count > 0)
        printf("  ** %llu %s\n", (unsigned long long)count, what);
}

static void print_errors(const struct outcome *out)
{
    const struct errors *e = &out->errors;

    print_count(e->wrong_bytes, "wrong bytes");
    print_count(e->refused, "connections refused");
    print_count(e->early_closes, "connections closed early, by the server");
    print_count(e->unanswered, "messages unanswered (in the latency: those "
                               "still waited for at the end)");
    if (e->first_errno != 0)
        printf("     the first error was %s (%s)\n",
               errno_symbol(e->first_errno), strerror(e->first_errno));
    if (!load_failed(out))
        printf("  errors     none\n");
}

void print_text(const struct settings *s, const struct outcome *out)
{
    char text[32];

    print_mode(s);
    printf("  %-10s %.0f/s, %llu in %.2f s, %.2f MB/s each way\n",
           s->mode == CHURN ? "connects" : "messages",
           per_second(out, (double)out->messages),
           (unsigned long long)out->messages, out->seconds,
           mb_per_second(s, out));
    print_latency(out);
    printf("  own CPU    %.0f %% (user %.0f, system %.0f), %.2f us a message; "
           "%.1f MB\n",
           100 * per_second(out, own_s(out)),
           100 * per_second(out, out->user_s),
           100 * per_second(out, out->system_s), own_us_per_message(out),
           (double)out->rss_kib * 1024 / 1e6);
    print_errors(out);
    if (load_was_bottleneck(out))
        printf(
            "  ** the generator itself was the bottleneck: it used a CPU "
            "%.0f %% of the\n     time, waited for one %.0f %%, and sent one "
            "in a hundred messages more than\n     %s late. The server may "
            "be faster than this.\n",
            100 * per_second(out, own_s(out)),
            100 * per_second(out, out->waited_s),
            duration(histogram_at(&out->lateness, 0.99), text, sizeof(text)));
}

void print_lines(const struct settings *s, const struct outcome *out)
{
    const struct histogram *h = &out->latency;
    const struct errors *e = &out->errors;
    const struct {
        const char *name;
        double value;
    } lines[] = {
        {"seconds", out->seconds},
        {"messages", (double)out->messages},
        {"per_s", per_second(out, (double)out->messages)},
        {"mb_per_s", mb_per_second(s, out)},
        {"all_messages", (double)h->count},
        {"mean_us", histogram_mean(h) / 1e3},
        {"p50_us", (double)histogram_at(h, 0.5) / 1e3},
        {"p90_us", (double)histogram_at(h, 0.9) / 1e3},
        {"p99_us", (double)histogram_at(h, 0.99) / 1e3},
        {"p999_us", (double)histogram_at(h, 0.999) / 1e3},
        {"max_us", (double)h->max / 1e3},
        {"wrong_bytes", (double)e->wrong_bytes},
        {"early_closes", (double)e->early_closes},
        {"refused", (double)e->refused},
        {"unanswered", (double)e->unanswered},
        {"own_user_s", out->user_s},
        {"own_system_s", out->system_s},
        {"own_waited_s", out->waited_s},
        {"own_us", own_us_per_message(out)},
        {"own_kib", (double)out->rss_kib},
        {"bottleneck", load_was_bottleneck(out)},
        {"ok", !load_failed(out)},
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        printf("%s\t%.10g\n", lines[i].name, lines[i].value);
    if (e->first_errno != 0)
        printf("first_error\t%s\n", errno_symbol(e->first_errno));
}
