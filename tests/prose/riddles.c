/*
 * tests/prose/riddles.c - what saves a line and costs a reader minutes, as far
 * as it can be seen in the text of a server or a client:
 *
 *     an assignment in a condition; but while ((n = recv(...)) > 0) is
 *     everyone's, and so are the loops around accept, waitpid, getopt_long
 *     an act behind "&&", "||" or "?": whether it happens hangs on what stands
 *     before it. One act is plain, if (shutdown(...) == -1), and so is one
 *     behind a look at what it is done with, if (fd == -1 || listen(fd, n)
 *     == -1), and a choice between two steps whose result is kept,
 *     error = writing ? conn_write(c) : conn_read(c)
 *     a ?: in another, and the comma operator
 *     an act whose value saves a line: now_ms += work(...)
 *     errno = 0, which makes of errno a second way to return
 *
 * It does not see a question that acts, an act in an initializer of many lines,
 * a failure looked at two calls later, and a sum that stands for a condition.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prose.h"

/* These look and change nothing. What begins with is_ or wants_ is one too. */
static const char *const questions[] = {
    "strlen",         "strcmp",     "strncmp",   "memcmp",   "memchr",
    "strchr",         "FD_ISSET",   "WIFEXITED", "clock_ms", "buffer_len",
    "accept_verdict", "stop_level", "sizeof",    "ferror",   "WEXITSTATUS",
};

/* What is in the parentheses of a control statement, as one line. */
struct piece {
    const char *keyword; /* "if", "while", "for", "switch" */
    char *code;
    size_t line, last; /* where the keyword stands, and the last parenthesis */
};

/* What is inside of an opening parenthesis and its partner, as one line; *line
 * becomes the partner's. */
static char *inside_parentheses(const struct text *t, size_t *line,
                                const char *open)
{
    char *code = keep_format("%s", open + 1);
    int depth = 1;
    char *at = code;

    for (;;) {
        if (*at == '\0') {
            size_t seen = (size_t)(at - code);

            CHECK(++*line < t->count);
            code = keep_format("%s %s", code, trimmed(t->lines[*line]));
            at = code + seen;
        }
        depth += (*at == '(') - (*at == ')');
        if (depth == 0)
            break;
        at++;
    }
    *at = '\0';
    return code;
}

/* The condition of the control statement that begins in this line. */
static bool find_condition(const struct text *t, size_t line, struct piece *p)
{
    static const char *const words[] = {"if", "while", "for", "switch"};

    for (size_t i = 0; i < CHECK_COUNT(words); i++) {
        const char *at = find_word(t->lines[line], words[i]);

        if (at == NULL || starts_with(t->lines[line], "#"))
            continue;
        at += strlen(words[i]);
        CHECK(starts_with(at, " ("));
        *p = (struct piece){.keyword = words[i], .line = line, .last = line};
        p->code = inside_parentheses(t, &p->last, at + 1);
        return true;
    }
    return false;
}

static bool is_question(const char *name, size_t len)
{
    if (strncmp(name, "is_", 3) == 0 || strncmp(name, "wants_", 6) == 0)
        return true;
    for (size_t i = 0; i < CHECK_COUNT(questions); i++)
        if (strlen(questions[i]) == len &&
            strncmp(questions[i], name, len) == 0)
            return true;
    return false;
}

/* The name of an act that the code calls, or NULL. */
static const char *act_in(const char *code)
{
    for (const char *open = strchr(code, '('); open != NULL;
         open = strchr(open + 1, '(')) {
        const char *name = open;

        while (name > code && is_word_char(name[-1]))
            name--;
        if (name < open && !is_question(name, (size_t)(open - name)))
            return keep_format("%.*s", (int)(open - name), name);
    }
    return NULL;
}

/* The first "=" that assigns. */
static const char *assignment_in(const char *code)
{
    for (const char *at = strchr(code, '='); at != NULL;
         at = strchr(at + 1, '=')) {
        if (at[1] == '=')
            at++;
        else if (at == code || strchr("=<>!", at[-1]) == NULL)
            return at;
    }
    return NULL;
}

/* "(n = recv(...)) > 0": the rest behind it, or NULL if it is none. */
static const char *behind_idiom(const char *condition)
{
    static const char *const calls[] = {"recv(",  "receive(", "read(",
                                        "accept", "waitpid(", "getopt_long("};
    static const char *const ends[] = {" > 0", " == -1", " != -1", " != 0"};
    const char *at = condition;
    bool is_one = false;
    int depth = 1;

    if (*at++ != '(')
        return NULL;
    while (is_word_char(*at))
        at++;
    for (size_t i = 0; i < CHECK_COUNT(calls); i++)
        is_one = is_one || starts_with(at, keep_format(" = %s", calls[i]));
    for (; is_one && *at != '\0' && depth > 0; at++)
        depth += (*at == '(') - (*at == ')');
    for (size_t i = 0; i < CHECK_COUNT(ends); i++)
        if (is_one && starts_with(at, ends[i]))
            return at + strlen(ends[i]);
    return NULL;
}

/* A comma that separates no arguments. */
static bool has_comma(const char *code)
{
    int depth = 0;

    for (; *code != '\0'; code++) {
        depth +=
            (*code == '(' || *code == '{') - (*code == ')' || *code == '}');
        if (*code == ',' && depth == 0)
            return true;
    }
    return false;
}

static void riddle(const struct text *t, size_t line, const char *what)
{
    struct text shown = read_text("%s", t->path); /* with what was blanked */

    fprintf(stderr, "%s:%zu: %s\n    %s\n", t->path, line + 1, what,
            trimmed(shown.lines[line]));
}

/* "n = 1, m = 2" assigns; "int n = 1, m = 2" declares. */
static bool begins_with_value(const char *code)
{
    code += strspn(code, " *(");
    if (*code == '[' || *code == '.')
        return false; /* in an initializer */
    while (is_word_char(*code) || (*code != '\0' && strchr(".[]->", *code)))
        code++;
    return starts_with(code, " = ") || starts_with(code, " += ") ||
           starts_with(code, " -= ") || starts_with(code, "++") ||
           starts_with(code, "--") || *code == '(';
}

/* What stands behind the first "&&", "||" or "?", a look at what is needed
 * apart; or NULL. */
static const char *behind_first(const char *code)
{
    const char *look = code;

    while (is_word_char(*look) || *look == '.')
        look++;
    if (starts_with(look, " == -1 || ") || starts_with(look, " == NULL || "))
        code = strstr(look, "||") + 2;
    for (; *code != '\0'; code++)
        if (starts_with(code, "&&") || starts_with(code, "||") || *code == '?')
            return code + 1;
    return NULL;
}

/* "conn_write(c)", and nothing else, up to `end`. */
static bool is_call(const char *code, const char *end)
{
    int depth = 0;

    while (is_word_char(*code))
        code++;
    if (*code != '(')
        return false;
    do {
        depth += (*code == '(') - (*code == ')');
        code++;
    } while (code < end && depth > 0);
    return code == end && depth == 0;
}

/* "error = writing ? conn_write(c) : conn_read(c);" */
static bool is_choice(const char *code)
{
    const char *value = strstr(code, " = ");
    const char *first = strstr(code, " ? ");
    const char *second = strstr(code, " : ");
    const char *end = strchr(code, ';');

    return value != NULL && first > value && second > first && end > second &&
           behind_first(value) == first + 2 &&
           act_in(keep_format("%.*s", (int)(first - value), value)) == NULL &&
           is_call(first + 3, second) && is_call(second + 3, end);
}

/* Each function returns how many riddles it has found, and names them. */
static int look_at_branches(const struct text *t, size_t line, const char *code)
{
    const char *rest = behind_first(code);
    const char *first = strchr(code, '?');
    int found = 0;

    if (rest != NULL && act_in(rest) != NULL && !is_choice(code)) {
        riddle(t, line,
               keep_format("whether %s() happens hangs on what is before it",
                           act_in(rest)));
        found++;
    }
    if (first != NULL && strchr(first + 1, '?') != NULL) {
        riddle(t, line, "a ?: in another");
        found++;
    }
    return found;
}

static int look_at_condition(const struct text *t, size_t line,
                             const char *code)
{
    int found = look_at_branches(t, line, code);

    if (assignment_in(code) != NULL) {
        riddle(t, line, "an assignment in a condition");
        found++;
    }
    if (has_comma(code)) {
        riddle(t, line, "a comma operator");
        found++;
    }
    return found;
}

/* for (this; that; next): that is a condition. */
static int look_at_for(const struct text *t, const struct piece *p)
{
    char *that = strchr(p->code, ';');
    char *next = that != NULL ? strchr(that + 1, ';') : NULL;

    CHECK(next != NULL);
    *that++ = '\0';
    *next++ = '\0';
    if ((begins_with_value(p->code) && has_comma(p->code)) || has_comma(next)) {
        riddle(t, p->line, "a comma operator");
        return 1;
    }
    return look_at_condition(t, p->line, that);
}

static int look_at_control(const struct text *t, const struct piece *p)
{
    const char *rest = NULL;

    if (strcmp(p->keyword, "for") == 0)
        return look_at_for(t, p);
    if (strcmp(p->keyword, "while") == 0)
        rest = behind_idiom(p->code);
    return look_at_condition(t, p->line, rest != NULL ? rest : p->code);
}

/* As one line: the lines up to the one with its ";". */
static char *statement(const struct text *t, size_t line)
{
    char *code = trimmed(t->lines[line]);

    while (*code != '\0' && strpbrk(code, ";{}") == NULL &&
           !ends_with(code, ":") && line + 1 < t->count)
        code = keep_format("%s %s", code, trimmed(t->lines[++line]));
    return code;
}

/* Behind what may stand before a statement: "case ACCEPT_RETRY: n++;". */
static const char *without_label(const char *code)
{
    const char *colon = strstr(code, ": ");

    if ((starts_with(code, "case ") || starts_with(code, "default:")) &&
        colon != NULL)
        return colon + 2;
    return code;
}

static int look_at_statement(const struct text *t, size_t line)
{
    static const char *const acts[] = {"(void)work(", "= work(",
                                       "= log_shortage("};
    const char *code = without_label(statement(t, line));
    int found = look_at_branches(t, line, code);

    if (starts_with(code, "errno = 0")) {
        riddle(t, line, "errno as a second way to return");
        found++;
    }
    if ((begins_with_value(code) || starts_with(code, "return ")) &&
        has_comma(code)) {
        riddle(t, line, "a comma operator");
        found++;
    }
    for (size_t i = 0; i < CHECK_COUNT(acts); i++)
        if (strstr(code, acts[i]) != NULL) {
            riddle(t, line, "an act whose value saves a line");
            found++;
        }
    return found;
}

static bool ends_statement(const char *line)
{
    const char *code = trimmed(line);

    return *code == '\0' || strchr(";{}:", code[strlen(code) - 1]) != NULL ||
           starts_with(code, "#") || ends_with(code, "else") ||
           strcmp(code, "do") == 0;
}

static int look_at(const char *path)
{
    struct text t = read_text("%s", path);
    struct text code = without_comments(&t);
    struct function f = {.end = 0};
    int found = 0;

    while (next_function(&code, f.end, &f)) {
        size_t body = f.end; /* of the last control statement */

        for (size_t i = f.first + 1; i < f.end; i++) {
            struct piece p;

            if (find_condition(&code, i, &p)) {
                found += look_at_control(&code, &p);
                body = p.last + 1;
            } else if (i == body || ends_statement(code.lines[i - 1])) {
                found += look_at_statement(&code, i);
            }
        }
    }
    return found;
}

void case_riddles(void)
{
    int found = look_at(server->source);

    if (client_source(server) != NULL)
        found += look_at(client_source(server));
    if (found > 0)
        CHECK_FAIL("%d riddles: say it in plain lines", found);
}
