/* tests/compare/load/print.c - what came out, for people and for programs. */
#include "load.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>

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
    return per_second(out, (double)out->messages * s->size) / 1e6;
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

static const char *const mode_names[] = {"closed", "open", "churn"};

static void print_mode(const struct settings *s)
{
    printf("load: %s, ", s->target.name);
    if (s->mode == CLOSED_LOOP)
        printf("closed loop, %u on their way for each client\n", s->depth);
    else if (s->mode == OPEN_LOOP)
        printf("open loop, %.10g messages a second in all\n", s->rate);
    else
        printf("churn: a connection for each message\n");
    printf("  clients    %u of %u bytes", s->clients, s->size);
    if (s->idle > 0)
        printf(", and %u that are silent", s->idle);
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

/* A target may be a path with any byte in it. */
static void print_json_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < ' ')
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_json_latency(const struct histogram *h)
{
    printf(" \"latency_us\": {\"mean\": %.3f, ", histogram_mean(h) / 1e3);
    for (int i = 0; i < SHARES; i++)
        printf("\"%s\": %.3f, ", share_names[i],
               (double)histogram_at(h, shares[i]) / 1e3);
    printf("\"max\": %.3f, \"count\": %llu},\n", (double)h->max / 1e3,
           (unsigned long long)h->count);
}

static void print_json_own(const struct outcome *out)
{
    printf(" \"own\": {\"share\": %.4f, \"us_per_message\": %.4f, "
           "\"user_s\": %.6f, \"system_s\": %.6f, \"waited_s\": %.6f, "
           "\"rss_kib\": %ld, \"late_us_p99\": %.3f},\n",
           per_second(out, own_s(out)), own_us_per_message(out), out->user_s,
           out->system_s, out->waited_s, out->rss_kib,
           (double)histogram_at(&out->lateness, 0.99) / 1e3);
}

void print_json(const struct settings *s, const struct outcome *out)
{
    const struct errors *e = &out->errors;

    printf("{\"target\": ");
    print_json_text(s->target.name);
    printf(",\n \"mode\": \"%s\", \"clients\": %u, \"idle\": %u, "
           "\"size\": %u, \"depth\": %u, \"rate\": %.10g,\n",
           mode_names[s->mode], s->clients, s->idle, s->size, s->depth,
           s->rate);
    printf(" \"seconds\": %.6f, \"messages\": %llu, "
           "\"messages_per_s\": %.3f, \"mb_per_s\": %.6f,\n",
           out->seconds, (unsigned long long)out->messages,
           per_second(out, (double)out->messages), mb_per_second(s, out));
    print_json_latency(&out->latency);
    printf(" \"errors\": {\"wrong_bytes\": %llu, \"early_closes\": %llu, "
           "\"refused\": %llu, \"unanswered\": %llu, \"first\": ",
           (unsigned long long)e->wrong_bytes,
           (unsigned long long)e->early_closes, (unsigned long long)e->refused,
           (unsigned long long)e->unanswered);
    if (e->first_errno != 0)
        printf("\"%s\"},\n", errno_symbol(e->first_errno));
    else
        printf("null},\n");
    print_json_own(out);
    printf(" \"bottleneck\": %s, \"ok\": %s}\n",
           load_was_bottleneck(out) ? "true" : "false",
           load_failed(out) ? "false" : "true");
}
