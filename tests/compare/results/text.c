/* tests/compare/results/text.c - see text.h: numbers, text, files. */
#include "text.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* ---- numbers ---- */

static const char *digits_text(char text[NUMBER_SIZE], double number, int count)
{
    if (!isfinite(number))
        return strcpy(text, "null");
    if (number == 0)
        return strcpy(text, "0"); /* not "-0" */
    if (fabs(number) >= (count > 3 ? 999.95 : 999.5) && fabs(number) < 1e15)
        snprintf(text, NUMBER_SIZE, "%.0f", number);
    else
        snprintf(text, NUMBER_SIZE, "%.*g", count, number);
    return text;
}

const char *number_text(char text[NUMBER_SIZE], double number)
{
    return digits_text(text, number, 4);
}

const char *place_text(char text[NUMBER_SIZE], double x)
{
    if (!isfinite(x))
        return strcpy(text, "null");
    snprintf(text, NUMBER_SIZE, "%.10g", x);
    return text;
}

/* "1234567" becomes "1,234,567", and "null" a dash. */
static const char *with_commas(char text[NUMBER_SIZE])
{
    size_t sign = text[0] == '-', len = strspn(text + sign, "0123456789");

    if (strcmp(text, "null") == 0)
        return strcpy(text, "-");
    if (text[sign + len] != '\0')
        return text;
    for (size_t at = len; at > 3; at -= 3) {
        char *comma = text + sign + at - 3;

        memmove(comma + 1, comma, strlen(comma) + 1);
        *comma = ',';
    }
    return text;
}

const char *shown_text(char text[NUMBER_SIZE], double number)
{
    number_text(text, number);
    return with_commas(text);
}

const char *short_text(char text[NUMBER_SIZE], double number)
{
    digits_text(text, number, 3);
    return with_commas(text);
}

static const char *group_text(char text[TEXT_SIZE], const char *groups, int at)
{
    size_t len;

    for (; at > 0 && groups != NULL; at--) {
        groups = strchr(groups, '|');
        groups = groups != NULL ? groups + 1 : NULL;
    }
    if (groups == NULL || at < 0)
        return strcpy(text, "");
    len = strcspn(groups, "|");
    memcpy(text, groups, len);
    text[len] = '\0';
    return text;
}

const char *heading_text(char text[TEXT_SIZE], const struct picture *p,
                         double x)
{
    char number[NUMBER_SIZE];

    if (p->shape == BARS && x >= 0 && x < TEXT_SIZE)
        return group_text(text, p->groups, (int)x);
    if (p->shape == SHARES && x >= 1)
        return strcpy(text, "max");
    if (p->shape == SHARES)
        snprintf(text, TEXT_SIZE, "%s %%", place_text(number, x * 100));
    else
        strcpy(text, with_commas((char *)place_text(number, x)));
    return text;
}

bool has_spread(const struct figure *f)
{
    return f->rounds > 1 && isfinite(f->low) && isfinite(f->high) &&
           f->low < f->high;
}

double spread_percent(const struct figure *f)
{
    return f->median == 0 || !has_spread(f)
               ? 0
               : 50 * (f->high - f->low) / fabs(f->median);
}

const char *percent_text(char text[NUMBER_SIZE], double percent)
{
    snprintf(text, NUMBER_SIZE, percent < 0.95 ? "%.1g" : "%.0f", percent);
    return text;
}

/* ---- text ---- */

size_t character_len(const char *at)
{
    /* What its first byte is, how long it is, and what its second byte is. */
    static const struct {
        unsigned char first, last;
        size_t len;
        unsigned char low, high;
    } kinds[] = {
        {0x01, 0x7F, 1, 0, 0},       {0xC2, 0xDF, 2, 0x80, 0xBF},
        {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
        {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF},
        {0xF0, 0xF0, 4, 0x90, 0xBF}, {0xF1, 0xF3, 4, 0x80, 0xBF},
        {0xF4, 0xF4, 4, 0x80, 0x8F},
    };
    const unsigned char *b = (const unsigned char *)at;
    size_t k = 0;

    while (k < sizeof(kinds) / sizeof(kinds[0]) &&
           (b[0] < kinds[k].first || b[0] > kinds[k].last))
        k++;
    if (k == sizeof(kinds) / sizeof(kinds[0]))
        return 0;
    for (size_t i = 1; i < kinds[k].len; i++)
        if (b[i] < (i == 1 ? kinds[k].low : 0x80) ||
            b[i] > (i == 1 ? kinds[k].high : 0xBF))
            return 0;
    return kinds[k].len;
}

void write_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\t')
            fputs("\\t", out);
        else if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '\\')
            fputs("\\\\", out);
        else
            fputc(*text, out);
}

void unescape(char *text)
{
    char *to = text;

    for (; *text != '\0'; text++) {
        if (text[0] == '\\' && text[1] != '\0') {
            text++;
            *to++ = *text == 't' ? '\t' : *text == 'n' ? '\n' : *text;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
}

/* ---- files ---- */

int draft_open(struct draft *d, const char *path)
{
    const char *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash - path + 1) : 0;

    if (strlen(path) >= sizeof(d->path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(d->path, path);
    snprintf(d->temporary, sizeof(d->temporary), "%.*s.%s.%ld", folder, path,
             path + folder, (long)getpid());
    d->file = fopen(d->temporary, "we");
    return d->file != NULL ? 0 : -1;
}

int draft_keep(struct draft *d)
{
    bool good = ferror(d->file) == 0;
    int error;

    if (fclose(d->file) == 0 && good && rename(d->temporary, d->path) == 0)
        return 0;
    error = good ? errno : EIO;
    (void)unlink(d->temporary);
    errno = error;
    return -1;
}
