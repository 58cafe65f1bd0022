/* tests/compare/report/report.c - see results.h: the page. */
#include "report.h"

#include <string.h>

static void write_verdict(FILE *out, const struct experiment *e)
{
    fprintf(out, "<p><span class=\"v%s\">%s</span>",
            e->verdict == HOLDS ? " good" : "", verdict_text(e->verdict));
    fputs(e->says[0] != '\0' ? ": " : ".", out);
    write_prose(out, e->says);
    fputs("</p>\n", out);
    if (!has_failed(e))
        return;
    fputs("<p><span class=\"v bad\">failed</span>: this should be so on every "
          "machine, and was not: ",
          out);
    write_prose(out, e->asserted);
    fputs("</p>\n", out);
}

/* ---- an experiment ---- */

/* The picture takes the width that there is; who does not see it has the table
 * below it. */
static void write_picture(FILE *out, const struct grid *g)
{
    const struct picture *p = g->picture;

    markup(out,
           "<figure>\n<figcaption><h3>%s</h3>%s</figcaption>\n"
           "<div class=\"%s\" role=\"img\" data-experiment=\"%d\" "
           "data-picture=\"%c\" aria-label=\"%s: the numbers stand in the "
           "table below\">\n",
           p->title, p->y_title, p->shape == BARS ? "bars" : "plot",
           g->from[0]->number, p->letter, p->title);
    if (p->shape == BARS)
        write_bars(out, g);
    else
        write_lines(out, g);
    fputs("</div>\n</figure>\n", out);
}

static void write_picture_and_table(FILE *out, const struct experiment *e,
                                    const struct picture *p)
{
    static struct grid g;
    char where[NAME_SIZE], caption[2 * LINE_SIZE + 16];

    grid_of_picture(&g, e, p);
    if (g.n_rows == 0 || g.n_columns == 0)
        return;
    write_picture(out, &g);
    snprintf(where, sizeof(where), "e%d%c-", e->number, p->letter);
    snprintf(caption, sizeof(caption), "%s%s%s", p->y_title,
             p->x_title[0] != '\0' ? "; columns: " : "", p->x_title);
    write_table(out, &g, caption, where, false);
}

static void write_commands(FILE *out, const struct experiment *e)
{
    if (e->repeat[0] != '\0')
        markup(out,
               "<p class=\"label\">To repeat it</p>\n"
               "<pre class=\"repeat\">%s</pre>\n",
               e->repeat);
    if (e->n_commands == 0)
        return;
    fputs("<p class=\"label\">What it ran</p>\n<pre>", out);
    for (int i = 0; i < e->n_commands; i++)
        markup(out, "%s\n", e->commands[i]);
    fputs("</pre>\n", out);
}

static void write_experiment(FILE *out, const struct experiment *e)
{
    char seconds[NUMBER_SIZE];

    fprintf(out, "<section id=\"e%d\">\n<h2><span class=\"n\">%d</span>",
            e->number, e->number);
    write_prose(out, e->claim);
    fputs("</h2>\n", out);
    if (e->source[0] != '\0') {
        fputs("<p class=\"source\">Who says so: ", out);
        write_prose(out, e->source);
        fputs("</p>\n", out);
    }
    write_verdict(out, e);
    for (int i = 0; i < e->n_pictures; i++)
        write_picture_and_table(out, e, &e->pictures[i]);
    write_commands(out, e);
    if (has_run(e) && e->seconds > 0)
        fprintf(out, "<p class=\"label\">It took %s seconds.</p>\n",
                short_text(seconds, e->seconds));
    fputs("</section>\n", out);
}

/* ---- the page ---- */

static const char *fact_of(const struct results *r, const char *name)
{
    for (int i = 0; i < r->n_facts; i++)
        if (strcmp(r->facts[i].name, name) == 0)
            return r->facts[i].value;
    return "";
}

static void write_head_of_page(FILE *out, const struct results *r)
{
    const char *date = fact_of(r, "date");
    int run = 0;

    for (int i = 0; i < r->n_experiments; i++)
        run += has_run(r->experiments[i]);
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" "
          "content=\"width=device-width, initial-scale=1\">\n"
          "<title>Seven Servers: the comparison</title>\n",
          out);
    write_style(out);
    fprintf(out,
            "</head>\n<body>\n<header>\n<h1>Seven Servers: the comparison</h1>"
            "\n<p>The same service, served in several ways, under the same "
            "load. %d of %d claims were put to the test",
            run, r->n_experiments);
    markup(out,
           "%s%s. <a href=\"#reading\">How to read it</a> stands at the end."
           "</p>\n",
           date[0] != '\0' ? " on " : "", date);
    if (fact_of(r, "warning")[0] != '\0')
        markup(out, "<p><strong>%s</strong></p>\n", fact_of(r, "warning"));
    fputs("</header>\n<main>\n", out);
}

static void write_claims(FILE *out, const struct results *r)
{
    fputs("<section id=\"claims\">\n<h2>The claims</h2>\n"
          "<ol class=\"claims\">\n",
          out);
    for (int i = 0; i < r->n_experiments; i++) {
        const struct experiment *e = r->experiments[i];

        fprintf(out,
                "<li value=\"%d\"><span class=\"n\">%d</span><div>"
                "<a href=\"#e%d\">",
                e->number, e->number, e->number);
        write_prose(out, e->claim);
        fputs("</a>\n", out);
        write_verdict(out, e);
        fputs("</div></li>\n", out);
    }
    fputs("</ol>\n</section>\n", out);
}

static void write_models(FILE *out, const struct results *r)
{
    static struct grid g;

    grid_of_models(&g, r);
    if (g.n_rows == 0)
        return;
    fputs("<section id=\"models\">\n<h2>The models</h2>\n", out);
    write_table(out, &g,
                "A number from some of the experiments; its heading leads to "
                "the whole.",
                "models-", true);
    fputs("</section>\n", out);
}

static void write_facts(FILE *out, const struct results *r)
{
    fputs("<section id=\"machine\">\n<h2>The machine and the programs</h2>\n"
          "<table class=\"facts\">\n<caption>What the numbers depend on, as it "
          "was found</caption>\n<tbody>\n",
          out);
    for (int i = 0; i < r->n_facts; i++)
        markup(out, "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n",
               r->facts[i].name, r->facts[i].value);
    fputs("</tbody></table>\n</section>\n", out);
}

static void write_how_to_read(FILE *out)
{
    fputs(
        "<section id=\"reading\">\n<h2>How to read it</h2>\n"
        "<p>Each number is the median of several rounds. The rounds take "
        "turns, A B C, A B C, so that whatever else the machine did met all of "
        "them. The two small numbers below it, a bar in the picture, "
        "hold the middle half of the rounds: where two of them overlap, the "
        "next run may turn the order around.</p>\n"
        "<p><b>No difference seen</b> means that: the rounds of one differ "
        "more than one differs from the other. It does not mean that there is "
        "none. A longer run sees more.</p>\n"
        "<p>Where an axis goes 1, 10, 100, the same distance is the same "
        "ratio everywhere: a straight line is a power. Where it goes 90 %, "
        "99 %, 99.9 %, look right: that is how long the unlucky wait.</p>\n"
        "<p>A name that is drawn hollow and dashed is no stage of its own: a "
        "variant of a stage, a floor (the barest server of its kind), or a "
        "server that was entered.</p>\n</section>\n",
        out);
}

int report_write(const struct results *r, const char *path)
{
    struct draft d;

    if (draft_open(&d, path) == -1)
        return -1;
    write_head_of_page(d.file, r);
    write_claims(d.file, r);
    write_models(d.file, r);
    for (int i = 0; i < r->n_experiments; i++)
        write_experiment(d.file, r->experiments[i]);
    write_facts(d.file, r);
    write_how_to_read(d.file);
    fputs("</main>\n</body>\n</html>\n", d.file);
    return draft_keep(&d);
}
