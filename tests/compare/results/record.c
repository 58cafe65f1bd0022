/* tests/compare/results/record.c - see record.h. */
#include "record.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(is, owner, member)                                              \
    {                                                                          \
        .name = #member, .type = is, .at = offsetof(struct owner, member),     \
        .size = sizeof(((struct owner *)NULL)->member)                         \
    }

const struct record experiment_lines[EXPERIMENT_LINES] = {
    {"experiment",
     {COLUMN(COUNT, experiment, number), COLUMN(TEXT, experiment, name)}},
    {"claim", {COLUMN(TEXT, experiment, claim)}},
    {"source", {COLUMN(TEXT, experiment, source)}},
    {"verdict", {COLUMN(VERDICT, experiment, verdict)}},
    {"says", {COLUMN(TEXT, experiment, says)}},
    {"asserted", {COLUMN(TEXT, experiment, asserted)}},
    {"kept", {COLUMN(BOOL, experiment, kept)}},
    {"repeat", {COLUMN(TEXT, experiment, repeat)}},
    {"seconds", {COLUMN(NUMBER, experiment, seconds)}},
};
const struct record picture_line = {
    "picture",
    {COLUMN(LETTER, picture, letter), COLUMN(SHAPE, picture, shape),
     COLUMN(BOOL, picture, log_x), COLUMN(BOOL, picture, log_y),
     COLUMN(TEXT, picture, title), COLUMN(TEXT, picture, x_title),
     COLUMN(TEXT, picture, y_title), COLUMN(TEXT, picture, groups),
     COLUMN(TEXT, picture, column), COLUMN(PLACE, picture, column_x)}};
const struct record figure_line = {
    "figure",
    {COLUMN(LETTER, figure, picture), COLUMN(TEXT, figure, series),
     COLUMN(PLACE, figure, x), COLUMN(NUMBER, figure, median),
     COLUMN(NUMBER, figure, low), COLUMN(NUMBER, figure, high),
     COLUMN(COUNT, figure, rounds), COLUMN(TEXT, figure, note)}};
const struct record fact_line = {
    "fact", {COLUMN(TEXT, fact, name), COLUMN(TEXT, fact, value)}};

/* The words of an enum, in its order. */
static const char *const shapes[] = {"lines", "bars", "shares", NULL};
static const char *const verdicts[] = {"not run",
                                       "holds",
                                       "holds, but",
                                       "does not hold here",
                                       "no difference seen",
                                       "skipped",
                                       NULL};

const char *verdict_text(enum verdict verdict)
{
    return verdicts[verdict];
}

static const char *const *words_of(const struct column *c)
{
    return c->type == SHAPE ? shapes : verdicts;
}

/* The number, whichever type it has. */
static double number_at(const struct column *c, const char *at)
{
    bool truth;
    int count;
    double number;

    switch (c->type) {
    case BOOL: memcpy(&truth, at, sizeof(truth)); return truth;
    case COUNT: memcpy(&count, at, sizeof(count)); return count;
    default: memcpy(&number, at, sizeof(number)); return number;
    }
}

/* The word, where it is one; NULL: it is a number. */
static const char *word_at(const struct column *c, const char *at,
                           char letter[2])
{
    unsigned place; /* an enum is as large */

    switch (c->type) {
    case TEXT: return at;
    case LETTER:
        letter[0] = *at;
        letter[1] = '\0';
        return letter;
    case SHAPE:
    case VERDICT: memcpy(&place, at, sizeof(place)); return words_of(c)[place];
    default: return NULL;
    }
}

/* ---- writing ---- */

void record_write(FILE *out, const struct record *r, const char *from)
{
    char letter[2];

    fputs(r->kind, out);
    for (const struct column *c = r->columns; c->name != NULL; c++) {
        const char *word = word_at(c, from + c->at, letter);

        fputc('\t', out);
        if (c->type == LETTER)
            fputs(word, out);
        else if (word != NULL)
            write_escaped(out, word);
        else
            fprintf(out, "%.17g", number_at(c, from + c->at));
    }
    fputc('\n', out);
}

/* What is no UTF-8 becomes U+FFFD: JSON knows nothing else. */
void write_json_text(FILE *out, const char *text)
{
    size_t len;

    fputc('"', out);
    for (; *text != '\0'; text += len > 0 ? len : 1) {
        len = character_len(text);
        if (len == 0)
            fputs("\\ufffd", out);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned)(unsigned char)*text);
        else
            fwrite(text, 1, len, out);
    }
    fputc('"', out);
}

void record_write_json(FILE *out, const struct record *r, const char *from)
{
    char letter[2], text[NUMBER_SIZE];

    for (const struct column *c = r->columns; c->name != NULL; c++) {
        const char *word = word_at(c, from + c->at, letter);

        fprintf(out, "%s\"%s\": ", c > r->columns ? ", " : "", c->name);
        if (word != NULL)
            write_json_text(out, word);
        else if (c->type == BOOL)
            fputs(number_at(c, from + c->at) != 0 ? "true" : "false", out);
        else
            fputs((c->type == PLACE ? place_text : number_text)(
                      text, number_at(c, from + c->at)),
                  out);
    }
}

/* ---- reading ---- */

static bool take_number(char *to, const struct column *c, const char *word)
{
    char *end;
    double number = strtod(word, &end);
    bool truth = number != 0, whole = number >= 0 && number <= 1e9;
    int count = whole ? (int)number : 0;

    if (end == word || *end != '\0' || (!whole && c->type <= COUNT))
        return false;
    if (c->type == BOOL)
        memcpy(to, &truth, sizeof(truth));
    else if (c->type == COUNT)
        memcpy(to, &count, sizeof(count));
    else
        memcpy(to, &number, sizeof(number));
    return true;
}

static bool take_word(char *to, const struct column *c, const char *word)
{
    for (unsigned i = 0; words_of(c)[i] != NULL; i++)
        if (strcmp(word, words_of(c)[i]) == 0) {
            memcpy(to, &i, sizeof(i));
            return true;
        }
    return false;
}

/* Text that does not fit is cut off, though nobody writes any that long. */
static bool take(char *to, const struct column *c, const char *word)
{
    switch (c->type) {
    case TEXT: snprintf(to, c->size, "%s", word); return true;
    case LETTER: *to = word[0]; return strlen(word) == 1;
    case SHAPE:
    case VERDICT: return take_word(to, c, word);
    default: return take_number(to, c, word);
    }
}

bool record_take(char *to, const struct record *r, char *const *words,
                 int count)
{
    int i = 0;

    for (; r->columns[i].name != NULL; i++)
        if (i >= count ||
            !take(to + r->columns[i].at, &r->columns[i], words[i]))
            return false;
    return true;
}
