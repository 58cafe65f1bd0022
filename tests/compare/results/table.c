/* tests/compare/results/table.c - see text.h: text and tables on a
 * terminal. */
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 80, GAP = 2, CELL_SIZE = 64 };

/* ---- text ---- */

bool shows_colours(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(fileno(out)) && (no == NULL || no[0] == '\0') &&
           terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void ink(FILE *out, const char *colour)
{
    if (shows_colours(out))
        fprintf(out, "\033[%sm", colour);
}

/* What is no character of its own, and what could make a terminal do something,
 * shows as a question mark. */
static size_t next_character(const char *at, bool *is_shown)
{
    size_t len = character_len(at);
    unsigned char first = (unsigned char)at[0], second = (unsigned char)at[1];

    *is_shown = len > 0 && first >= ' ' && first != 0x7F &&
                !(first == 0xC2 && second < 0xA0);
    return len > 0 ? len : 1;
}

static int width_of(const char *text, size_t len)
{
    int width = 0;
    bool is_shown;

    for (size_t at = 0; at < len; at += next_character(text + at, &is_shown))
        width++;
    return width;
}

int text_width(const char *text)
{
    return width_of(text, strlen(text));
}

static void put(FILE *out, const char *text, size_t len)
{
    for (size_t at = 0, bytes; at < len; at += bytes) {
        bool is_shown;

        bytes = next_character(text + at, &is_shown);
        fwrite(is_shown ? text + at : "?", 1, is_shown ? bytes : 1, out);
    }
}

static void pad(FILE *out, int width)
{
    if (width > 0)
        fprintf(out, "%*s", width, "");
}

void wrap(FILE *out, const char *text, int column, int indent)
{
    static const char blanks[] = " \t\r\n";
    bool first = true;

    for (text += strspn(text, blanks); *text != '\0';
         text += strspn(text, blanks)) {
        size_t len = strcspn(text, blanks);
        int width = width_of(text, len);

        if (!first && column + 1 + width > WIDTH) {
            fputc('\n', out);
            pad(out, indent);
            column = indent;
        } else if (!first) {
            fputc(' ', out);
            column++;
        }
        put(out, text, len);
        column += width;
        text += len;
        first = false;
    }
    fputc('\n', out);
}

/* ---- a table ---- */

enum form { WITH_RANGE, WITH_PERCENT, ALONE };

/* "4.81 (4.7-4.9)", "4.81 +-2%", "4.81", with the number of its note. */
static const char *cell_text(char text[CELL_SIZE], const struct grid *g,
                             const struct figure *f, enum form form)
{
    char a[NUMBER_SIZE], b[NUMBER_SIZE];
    size_t len;

    if (f == NULL)
        return strcpy(text, "");
    snprintf(text, CELL_SIZE, "%s", short_text(a, f->median));
    len = strlen(text);
    if (has_spread(f) && form == WITH_RANGE)
        snprintf(text + len, CELL_SIZE - len, " (%s-%s)", short_text(a, f->low),
                 short_text(b, f->high));
    else if (has_spread(f) && form == WITH_PERCENT)
        snprintf(text + len, CELL_SIZE - len, " +-%s%%",
                 percent_text(a, spread_percent(f)));
    len = strlen(text);
    if (note_of(g, f) != 0)
        snprintf(text + len, CELL_SIZE - len, " [%d]", note_of(g, f));
    return text;
}

/* Headings are broken between words, numbers are not. */
static int longest_word(const char *text)
{
    int longest = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        int width = width_of(text, len);

        longest = width > longest ? width : longest;
        text += len + strspn(text + len, " ");
    }
    return longest;
}

static int column_width(const struct grid *g, int column, enum form form)
{
    int width = longest_word(g->headings[column]), cell;
    char text[CELL_SIZE];

    for (int i = 0; i < g->n_rows; i++) {
        cell = text_width(cell_text(text, g, g->figures[i][column], form));
        width = cell > width ? cell : width;
    }
    return width;
}

static int names_width(const struct grid *g)
{
    int width = 0;

    for (int i = 0; i < g->n_rows; i++)
        if (text_width(g->names[i]) > width)
            width = text_width(g->names[i]);
    return width;
}

/* How many columns from `first` on fit in a line; at least one. */
static int columns_that_fit(const struct grid *g, int first, enum form form)
{
    int width = names_width(g), count = 0;

    while (first + count < g->n_columns) {
        width += GAP + column_width(g, first + count, form);
        if (width > WIDTH && count > 0)
            break;
        count++;
    }
    return count;
}

/* The next line of a heading, as many words as fit; moves `text` on. */
static size_t heading_line(const char **text, const char **line, int width)
{
    size_t len = 0, word;

    *line = *text;
    for (;;) {
        size_t start = len + (len > 0);

        if ((*text)[len] == '\0')
            break;
        word = strcspn(*text + start, " ");
        if (len > 0 && width_of(*text, start + word) > width)
            break;
        len = start + word;
    }
    *text += len + ((*text)[len] == ' ');
    return len;
}

static void print_headings(FILE *out, const struct grid *g, int first,
                           int count, const int *widths)
{
    const char *rest[MOST_XS], *line;
    bool more = true;

    for (int i = 0; i < count; i++)
        rest[i] = g->headings[first + i];
    while (more) {
        int owed = names_width(g);

        more = false;
        for (int i = 0; i < count; i++) {
            size_t len = heading_line(&rest[i], &line, widths[i]);
            int width = width_of(line, len);

            owed += GAP + widths[i] - width;
            if (len > 0) {
                pad(out, owed);
                put(out, line, len);
                owed = 0;
            }
            more = more || *rest[i] != '\0';
        }
        fputc('\n', out);
    }
}

static void print_block(FILE *out, const struct grid *g, int first, int count,
                        enum form form)
{
    int widths[MOST_XS], names = names_width(g);
    char text[CELL_SIZE];

    for (int i = 0; i < count; i++)
        widths[i] = column_width(g, first + i, form);
    ink(out, INK_QUIET);
    print_headings(out, g, first, count, widths);
    ink(out, INK_OFF);
    for (int row = 0; row < g->n_rows; row++) {
        int owed = names - text_width(g->names[row]);

        put(out, g->names[row], strlen(g->names[row]));
        for (int i = 0; i < count; i++) {
            cell_text(text, g, g->figures[row][first + i], form);
            owed += GAP + widths[i] - text_width(text);
            if (text[0] != '\0') {
                pad(out, owed);
                fputs(text, out);
                owed = 0;
            }
        }
        fputc('\n', out);
    }
}

static void print_worst(FILE *out, const struct grid *g)
{
    char text[NUMBER_SIZE];
    double worst = 0;

    for (int i = 0; i < g->n_rows; i++)
        for (int j = 0; j < g->n_columns; j++) {
            const struct figure *f = g->figures[i][j];

            if (f != NULL && spread_percent(f) > worst)
                worst = spread_percent(f);
        }
    if (worst > 0)
        fprintf(out, "The middle half of the rounds: +-%s%% or less.\n",
                percent_text(text, worst));
}

void print_grid(FILE *out, const struct grid *g)
{
    enum form form = WITH_RANGE;

    while (form < ALONE && columns_that_fit(g, 0, form) < g->n_columns)
        form++;
    for (int at = 0, count; at < g->n_columns; at += count) {
        count = columns_that_fit(g, at, form);
        if (at > 0)
            fputc('\n', out);
        print_block(out, g, at, count, form);
    }
    if (form == ALONE)
        print_worst(out, g);
    for (int i = 0; i < g->n_notes; i++)
        wrap(out, g->notes[i], fprintf(out, "[%d] ", i + 1), 4);
}
