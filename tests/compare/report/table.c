/* tests/compare/report/table.c - see report.h: numbers in rows and columns,
 * with notes below. */
#include "report.h"

/* Where it ranges; where room is scarce, how far. */
static void write_cell_spread(FILE *out, const struct figure *f, bool is_brief)
{
    char a[NUMBER_SIZE], b[NUMBER_SIZE];

    if (!has_spread(f))
        return;
    if (is_brief && f->median != 0)
        fprintf(out, "<small>&#177;%s&#8239;%%</small>",
                percent_text(a, spread_percent(f)));
    else
        fprintf(out, "<small>%s&#8211;%s</small>", shown_text(a, f->low),
                shown_text(b, f->high));
}

static void write_cell(FILE *out, const struct grid *g, const struct figure *f,
                       const char *where, bool is_brief)
{
    char a[NUMBER_SIZE];

    if (f == NULL) {
        fputs("<td></td>", out);
        return;
    }
    fprintf(out, "<td><span>%s</span>", shown_text(a, f->median));
    if (note_of(g, f) > 0)
        fprintf(out, "<sup><a href=\"#%s%d\">%d</a></sup>", where,
                note_of(g, f), note_of(g, f));
    write_cell_spread(out, f, is_brief);
    fputs("</td>", out);
}

static void write_head(FILE *out, const struct grid *g, bool with_links)
{
    fputs("<thead><tr><td></td>", out);
    for (int i = 0; i < g->n_columns; i++) {
        if (with_links)
            markup(out, "<th scope=\"col\"><a href=\"#e%d\">%s</a></th>",
                   g->from[i]->number, g->headings[i]);
        else
            markup(out, "<th scope=\"col\">%s</th>", g->headings[i]);
    }
    fputs("</tr></thead>\n", out);
}

static void write_row(FILE *out, const struct grid *g, int row,
                      const char *where, bool is_models)
{
    fputs("<tr><th scope=\"row\">", out);
    write_name(out, g->from[0], g->names[row]);
    fputs("</th>", out);
    for (int i = 0; i < g->n_columns; i++)
        write_cell(out, g, g->figures[row][i], where, is_models);
    fputs("</tr>\n", out);
}

static void write_notes(FILE *out, const struct grid *g, const char *where)
{
    if (g->n_notes == 0)
        return;
    fputs("<ol class=\"notes\">\n", out);
    for (int i = 0; i < g->n_notes; i++)
        markup(out, "<li id=\"%s%d\">%s</li>\n", where, i + 1, g->notes[i]);
    fputs("</ol>\n", out);
}

void write_table(FILE *out, const struct grid *g, const char *caption,
                 const char *where, bool is_models)
{
    markup(out,
           "<div class=\"scroll%s\" tabindex=\"0\" role=\"region\" "
           "aria-labelledby=\"%scaption\"><table>\n"
           "<caption id=\"%scaption\"><span>%s</span></caption>\n",
           is_models ? " models" : "", where, where, caption);
    write_head(out, g, is_models);
    fputs("<tbody>\n", out);
    for (int i = 0; i < g->n_rows; i++)
        write_row(out, g, i, where, is_models);
    fputs("</tbody></table></div>\n", out);
    write_notes(out, g, where);
}
