/* tests/compare/results/print.c - see results.h: the results for a terminal. */
#include "text.h"

/* ---- an experiment ---- */

static const char *colour_of(const struct experiment *e)
{
    return has_failed(e) ? INK_RED : e->verdict == HOLDS ? INK_GREEN : INK_BOLD;
}

static void print_failure(FILE *out, const struct experiment *e)
{
    ink(out, INK_RED);
    fputs("FAILED", out);
    ink(out, INK_OFF);
    fprintf(out, ": %d ", e->number);
    wrap(out, e->asserted, 11, 4);
}

static void print_verdict(FILE *out, const struct experiment *e, int column)
{
    ink(out, colour_of(e));
    fputs(verdict_text(e->verdict), out);
    ink(out, INK_OFF);
    column += text_width(verdict_text(e->verdict));
    fputs(e->says[0] != '\0' ? ": " : "", out);
    wrap(out, e->says, column + 2, 4);
}

static void print_picture(FILE *out, const struct experiment *e,
                          const struct picture *p)
{
    static struct grid g;

    grid_of_picture(&g, e, p);
    fputc('\n', out);
    wrap(out, p->title, 0, 0);
    if (p->y_title[0] != '\0') {
        char text[2 * LINE_SIZE + 16];

        snprintf(text, sizeof(text), "%s%s%s", p->y_title,
                 p->shape != BARS && p->x_title[0] != '\0' ? "; columns: " : "",
                 p->shape != BARS ? p->x_title : "");
        wrap(out, text, fprintf(out, "  "), 2);
    }
    print_grid(out, &g);
}

void experiment_print(const struct experiment *e, FILE *out)
{
    ink(out, INK_BOLD);
    fprintf(out, "%d ", e->number);
    wrap(out, e->claim, 3, 3);
    ink(out, INK_OFF);
    for (int i = 0; i < e->n_pictures && has_run(e); i++)
        print_picture(out, e, &e->pictures[i]);
    fputc('\n', out);
    print_verdict(out, e, 0);
    if (has_failed(e))
        print_failure(out, e);
}

/* ---- all ---- */

static void print_claims(const struct results *r, FILE *out)
{
    for (int i = 0; i < r->n_experiments; i++) {
        const struct experiment *e = r->experiments[i];

        fprintf(out, "\n%2d  ", e->number);
        wrap(out, e->claim, 4, 4);
        fputs("    ", out);
        print_verdict(out, e, 4);
    }
}

/* What must be true of every machine. */
static void print_asserted(const struct results *r, FILE *out)
{
    int asserted = 0, failed = 0;

    for (int i = 0; i < r->n_experiments; i++) {
        asserted += has_run(r->experiments[i]) &&
                    r->experiments[i]->asserted[0] != '\0';
        failed += has_failed(r->experiments[i]);
    }
    if (asserted + failed == 0)
        return;
    fputc('\n', out);
    if (failed == 0)
        fprintf(out,
                "%d of %d claims have a part that must hold on any machine; "
                "all %d do.\n",
                asserted, r->n_experiments, asserted);
    for (int i = 0; i < r->n_experiments; i++)
        if (has_failed(r->experiments[i]))
            print_failure(out, r->experiments[i]);
}

void results_print(const struct results *r, FILE *out)
{
    static struct grid g;

    grid_of_models(&g, r);
    if (g.n_columns > 0)
        print_grid(out, &g);
    print_claims(r, out);
    print_asserted(r, out);
}
