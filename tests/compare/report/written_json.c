/* tests/compare/report/written_json.c - see written.h: JSON (RFC 8259) and TSV.
 */
#include "written.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

char *read_whole(const char *path)
{
    FILE *f = fopen(path, "re");
    size_t len = 0, room = 1 << 16;
    char *text = malloc(room);

    CHECK(f != NULL && text != NULL);
    while ((len += fread(text + len, 1, room - len - 1, f)) == room - 1) {
        text = realloc(text, room *= 2);
        CHECK(text != NULL);
    }
    fclose(f);
    text[len] = '\0';
    CHECK_EQ(strlen(text), len);
    return text;
}

static struct written *add_row(struct list *l)
{
    l->rows = realloc(l->rows, (size_t)(l->count + 1) * sizeof(*l->rows));
    CHECK(l->rows != NULL);
    memset(&l->rows[l->count], 0, sizeof(*l->rows));
    return &l->rows[l->count++];
}

/* ---- JSON -------------------------------------------------------------- */

/* Where the reader is, and what it has come by. */
struct reader {
    const char *at;
    struct list list;
    struct written now;
    bool in_facts;
    int depth;
};

static void skip_blanks(struct reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
}

static void expect(struct reader *r, char c)
{
    skip_blanks(r);
    if (*r->at != c)
        CHECK_FAIL("JSON: '%c' expected at: %.40s", c, r->at);
    r->at++;
}

/* Its characters are checked; of escapes only those below U+0080 are decoded,
 * the others become a question mark. */
static void read_string(struct reader *r, char *to, size_t size)
{
    size_t len = 0;

    expect(r, '"');
    while (*r->at != '"') {
        size_t bytes = character_len(r->at);
        char c = *r->at;

        CHECK(bytes > 0 && (unsigned char)c >= ' ');
        if (c == '\\' && r->at[1] == 'u') {
            char digits[5] = {0};

            memcpy(digits, r->at + 2, 4);
            CHECK_EQ(strspn(digits, "0123456789abcdef"), 4);
            c = (char)strtol(digits, NULL, 16);
            c = strncmp(digits, "00", 2) == 0 ? c : '?';
            bytes = 6;
        } else if (c == '\\') {
            CHECK(r->at[1] == '"' || r->at[1] == '\\');
            c = r->at[1];
            bytes = 2;
        }
        if (len + 1 < size)
            to[len++] = c;
        for (size_t i = 1; c == *r->at && i < bytes && len + 1 < size; i++)
            to[len++] = r->at[i]; /* the rest of a character */
        r->at += bytes;
    }
    r->at++;
    to[len] = '\0';
}

/* RFC 8259, section 6: no plus sign, no zero in front, digits after a point. */
static void read_number(struct reader *r, char *to)
{
    const char *from = r->at;
    size_t digits;

    r->at += *r->at == '-';
    digits = strspn(r->at, "0123456789");
    CHECK(digits > 0 && (digits == 1 || *r->at != '0'));
    r->at += digits;
    if (*r->at == '.') {
        CHECK(strspn(++r->at, "0123456789") > 0);
        r->at += strspn(r->at, "0123456789");
    }
    if (*r->at == 'e' || *r->at == 'E') {
        r->at++;
        r->at += *r->at == '-' || *r->at == '+';
        CHECK(strspn(r->at, "0123456789") > 0);
        r->at += strspn(r->at, "0123456789");
    }
    CHECK(r->at - from < NUMBER_SIZE);
    memcpy(to, from, (size_t)(r->at - from));
    to[r->at - from] = '\0';
}

static void read_word(struct reader *r, char *to)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < CHECK_COUNT(words); i++)
        if (strncmp(r->at, words[i], strlen(words[i])) == 0) {
            strcpy(to, words[i]);
            r->at += strlen(words[i]);
            return;
        }
    CHECK_FAIL("JSON: no value: %.40s", r->at);
}

/* What the last value says of the numbers to come. */
static void note(struct reader *r, const char *key, const char *value)
{
    struct written *now = &r->now;

    if (strcmp(key, "number") == 0)
        now->experiment = atoi(value);
    else if (strcmp(key, "letter") == 0)
        now->picture = value[0];
    else if (strcmp(key, "name") == 0)
        snprintf(now->series, sizeof(now->series), "%.63s", value);
    else if (strcmp(key, "x") == 0)
        snprintf(now->x, sizeof(now->x), "%.39s", value);
    else if (strcmp(key, "median") == 0)
        snprintf(now->median, sizeof(now->median), "%.39s", value);
    else if (strcmp(key, "low") == 0)
        snprintf(now->low, sizeof(now->low), "%.39s", value);
    if (strcmp(key, "high") != 0)
        return;
    snprintf(now->high, sizeof(now->high), "%.39s", value);
    *add_row(&r->list) = *now;
}

static void read_value(struct reader *r, const char *key)
{
    char text[2 * TEXT_SIZE], name[NAME_SIZE];

    skip_blanks(r);
    CHECK(++r->depth < 16);
    if (*r->at == '{' || *r->at == '[') {
        char close = *r->at == '{' ? '}' : ']';

        r->at++;
        skip_blanks(r);
        while (*r->at != close) {
            strcpy(name, "");
            if (close == '}') {
                read_string(r, name, sizeof(name));
                expect(r, ':');
            }
            read_value(r, name);
            skip_blanks(r);
            if (*r->at != close) {
                expect(r, ',');
                skip_blanks(r);
                CHECK(*r->at != close);
            }
        }
        r->at++;
    } else {
        if (*r->at == '"')
            read_string(r, text, sizeof(text));
        else if (strchr("-0123456789", *r->at) != NULL && *r->at != '\0')
            read_number(r, text);
        else
            read_word(r, text);
        note(r, key, text);
    }
    r->depth--;
}

struct list read_json(const char *text)
{
    struct reader r = {.at = text};

    read_value(&r, "");
    skip_blanks(&r);
    CHECK_EQ(*r.at, '\0');
    return r.list;
}

/* ---- TSV --------------------------------------------------------------- */

enum { COLUMNS = 11 };

static void split(char *line, char *columns[COLUMNS])
{
    int count = 0;

    for (char *next; line != NULL; line = next) {
        CHECK(count < COLUMNS);
        next = strchr(line, '\t');
        if (next != NULL)
            *next++ = '\0';
        unescape(line);
        columns[count++] = line;
    }
    CHECK_EQ(count, COLUMNS);
}

struct list read_tsv(char *text)
{
    struct list l = {.count = 0};
    char *columns[COLUMNS];
    bool is_first = true;

    for (char *line = text, *next; *line != '\0'; line = next) {
        next = strchr(line, '\n');
        CHECK(next != NULL);
        *next++ = '\0';
        split(line, columns);
        if (is_first) {
            CHECK(strcmp(columns[0], "experiment") == 0);
        } else {
            struct written *w = add_row(&l);

            w->experiment = atoi(columns[0]);
            w->picture = columns[2][0];
            snprintf(w->series, sizeof(w->series), "%s", columns[3]);
            snprintf(w->x, sizeof(w->x), "%s", columns[4]);
            snprintf(w->median, sizeof(w->median), "%s", columns[6]);
            snprintf(w->low, sizeof(w->low), "%s", columns[7]);
            snprintf(w->high, sizeof(w->high), "%s", columns[8]);
        }
        is_first = false;
    }
    return l;
}
