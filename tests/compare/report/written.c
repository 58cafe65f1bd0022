/* tests/compare/report/written.c - see written.h: HTML as report.c writes it.
 * It is stricter than HTML: every attribute in double quotes, no stray
 * character. */
#include "written.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* ---- pieces ---- */

/* The end of a tag that begins at `at`, which is '<': quotes are paired. */
static const char *tag_end(const char *at)
{
    bool is_quoted = false;

    for (; *at != '\0'; at++) {
        if (*at == '"')
            is_quoted = !is_quoted;
        if (*at == '>' && !is_quoted)
            return at;
        CHECK(*at != '<' || at[1] == '/' || isalpha((unsigned char)at[1]) ||
              at[1] == '!');
    }
    CHECK_FAIL("a tag without an end");
}

static struct token next_tag(const char **html)
{
    struct token t = {.kind = HTML_OPEN};
    const char *at = *html + 1, *end = tag_end(*html);
    size_t len;

    if (*at == '/') {
        t.kind = HTML_CLOSE;
        at++;
    } else if (end[-1] == '/') {
        t.kind = HTML_EMPTY;
    }
    len = strcspn(at, " />\n");
    CHECK(len > 0 && len < sizeof(t.name));
    memcpy(t.name, at, len);
    t.at = at + len;
    t.len = (size_t)(end - t.at) - (t.kind == HTML_EMPTY);
    *html = end + 1;
    return t;
}

struct token next_token(const char **html)
{
    struct token t = {.kind = HTML_END};

    if (**html == '<')
        return next_tag(html);
    if (**html == '\0')
        return t;
    t.kind = HTML_TEXT;
    t.at = *html;
    t.len = strcspn(*html, "<");
    *html += t.len;
    return t;
}

static const struct {
    const char *name, *bytes;
} entities[] = {
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&amp;", "&"},
    {"&quot;", "\""},
    {"&#39;", "'"},
    {"&#177;", "\xC2\xB1"},
    {"&#8211;", "\xE2\x80\x93"},
    {"&#8239;", "\xE2\x80\xAF"},
};

/* As much as there is room for. */
static void decode(char *to, size_t size, const char *from, size_t len)
{
    FILE *out = fmemopen(to, size, "w");

    CHECK(out != NULL);
    to[0] = '\0';
    for (const char *end = from + len; from < end;) {
        size_t i = 0, bytes = character_len(from);

        CHECK(bytes > 0 && *from != '<' && *from != '>' && *from != '"');
        CHECK((unsigned char)*from >= ' ' || *from == '\n' || *from == '\t');
        if (*from != '&') {
            fwrite(from, 1, bytes, out);
            from += bytes;
            continue;
        }
        while (i < CHECK_COUNT(entities) &&
               strncmp(from, entities[i].name, strlen(entities[i].name)) != 0)
            i++;
        if (i == CHECK_COUNT(entities))
            CHECK_FAIL("no entity: %.20s", from);
        fputs(entities[i].bytes, out);
        from += strlen(entities[i].name);
    }
    fclose(out);
    to[size - 1] = '\0';
}

void text_of(char *text, size_t size, const struct token *token)
{
    decode(text, size, token->at, token->len);
}

void attribute_of(char *value, size_t size, const struct token *token,
                  const char *name)
{
    const char *at = token->at, *end = token->at + token->len;

    value[0] = '\0';
    for (at += strspn(at, " \n"); at < end; at += strspn(at, " \n")) {
        size_t name_len = strcspn(at, "=\" />\n"), len;

        if (at[name_len] != '=') { /* <!DOCTYPE html> */
            at += name_len + 1;
            continue;
        }
        CHECK_EQ(at[name_len + 1], '"');
        len = strcspn(at + name_len + 2, "\"");
        if (name_len == strlen(name) && strncmp(at, name, name_len) == 0)
            decode(value, size, at + name_len + 2, len);
        at += name_len + len + 3;
    }
}

/* ---- numbers ---- */

static struct written *add_row(struct list *l)
{
    l->rows = realloc(l->rows, (size_t)(l->count + 1) * sizeof(*l->rows));
    CHECK(l->rows != NULL);
    return &l->rows[l->count++];
}

static void add_numbers(struct list *l, const struct experiment *e,
                        const struct picture *p)
{
    static struct grid g;

    grid_of_picture(&g, e, p);
    for (int i = 0; i < g.n_rows * g.n_columns; i++) {
        const struct figure *f = g.figures[i / g.n_columns][i % g.n_columns];
        struct written w = {.experiment = e->number, .picture = p->letter};

        if (f == NULL)
            continue;
        snprintf(w.series, sizeof(w.series), "%s", f->series);
        place_text(w.x, f->x);
        number_text(w.median, f->median);
        number_text(w.low, f->low);
        number_text(w.high, f->high);
        *add_row(l) = w;
    }
}

struct list numbers_of(const struct results *r)
{
    struct list l = {.count = 0};

    for (int i = 0; i < r->n_experiments; i++)
        for (int j = 0; j < r->experiments[i]->n_pictures; j++)
            add_numbers(&l, r->experiments[i], &r->experiments[i]->pictures[j]);
    return l;
}

/* ---- pictures ---- */

struct list read_pictures(const char *html)
{
    struct list l = {.count = 0};
    struct written now = {.experiment = 0};
    char value[TEXT_SIZE];
    struct token t;

    while ((t = next_token(&html)).kind != HTML_END) {
        if (t.kind != HTML_OPEN)
            continue;
        attribute_of(value, sizeof(value), &t, "data-experiment");
        if (value[0] != '\0') {
            now.experiment = atoi(value);
            attribute_of(value, sizeof(value), &t, "data-picture");
            now.picture = value[0];
        }
        attribute_of(value, sizeof(now.series), &t, "data-series");
        if (value[0] != '\0')
            snprintf(now.series, sizeof(now.series), "%.63s", value);
        attribute_of(now.x, sizeof(now.x), &t, "data-x");
        attribute_of(now.median, sizeof(now.median), &t, "data-median");
        attribute_of(now.low, sizeof(now.low), &t, "data-low");
        attribute_of(now.high, sizeof(now.high), &t, "data-high");
        if (now.median[0] != '\0')
            *add_row(&l) = now;
    }
    return l;
}

/* ---- tables ---- */

static void take_number(char to[NUMBER_SIZE], const char *text)
{
    size_t len = 0;

    for (; *text != '\0' && len < NUMBER_SIZE - 1; text++)
        if (*text != ',')
            to[len++] = *text;
    to[len] = '\0';
    if (strcmp(to, "-") == 0)
        strcpy(to, "null");
}

/* "4.7-4.9", with a dash that is no hyphen. */
static void take_range(struct written *w, char *text)
{
    char *dash = strstr(text, "\xE2\x80\x93");

    CHECK(dash != NULL);
    *dash = '\0';
    take_number(w->low, text);
    take_number(w->high, dash + 3);
}

/* Cells: the number stands in <span>, its range in <small>. */
static void take_text(struct list *l, struct written *now, const char *inside,
                      const struct token *t)
{
    char text[TEXT_SIZE];

    text_of(text, sizeof(text), t);
    if (strcmp(inside, "svg") == 0) /* the mark before it */
        snprintf(now->series, sizeof(now->series), "%.63s", text);
    if (strcmp(inside, "span") == 0) {
        take_number(now->median, text);
        *add_row(l) = *now;
    }
    if (strcmp(inside, "small") == 0)
        take_range(&l->rows[l->count - 1], text);
}

struct list read_tables(const char *html)
{
    struct list l = {.count = 0};
    struct written now = {.experiment = 0};
    bool is_body = false;
    char inside[32] = "", id[NAME_SIZE];
    int column = 0;
    struct token t;

    while ((t = next_token(&html)).kind != HTML_END) {
        if (t.kind == HTML_TEXT && is_body && now.experiment > 0)
            take_text(&l, &now, inside, &t);
        if (t.kind == HTML_CLOSE && strcmp(t.name, "table") == 0)
            is_body = false;
        if (t.kind != HTML_TEXT)
            snprintf(inside, sizeof(inside), "%s", t.name);
        if (t.kind != HTML_OPEN)
            continue;
        if (strcmp(t.name, "caption") == 0) {
            attribute_of(id, sizeof(id), &t, "id");
            now.experiment = 0;
            (void)sscanf(id, "e%d%c-", &now.experiment, &now.picture);
        }
        is_body = is_body || strcmp(t.name, "tbody") == 0;
        column = strcmp(t.name, "tr") == 0   ? -1
                 : strcmp(t.name, "td") == 0 ? column + 1
                                             : column;
        snprintf(now.x, sizeof(now.x), "%d", column);
        now.low[0] = now.high[0] = '\0';
    }
    return l;
}
