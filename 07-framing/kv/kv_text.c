/* 07-framing/kv/kv_text.c - see kv_text.h. */
#include "kv_text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a line into words ---- */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that two hex digits stand for, or -1. */
static int byte_of(const char *digits)
{
    int high = digit(digits[0]);
    int low;

    if (high == -1)
        return -1; /* perhaps the end of the word: look no further */
    low = digit(digits[1]);
    return low == -1 ? -1 : high << 4 | low;
}

/* `from` is behind a backslash. Returns what is behind the escape, NULL when
 * it is none. */
static char *unescape(char *from, char *to)
{
    int byte;

    switch (*from) {
    case '"':
    case '\\': *to = *from; return from + 1;
    case 'n': *to = '\n'; return from + 1;
    case 't': *to = '\t'; return from + 1;
    case 'x':
        byte = byte_of(from + 1);
        if (byte <= 0)
            return NULL;
        *to = (char)byte;
        return from + 3;
    default: return NULL;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* `from` is behind the opening quote; what is in the quotes moves to `to`.
 * Returns what is behind the closing one, NULL when something is wrong. */
static char *unquote(char *from, char *to)
{
    while (*from != '"') {
        if (*from == '\0')
            return NULL;
        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        from = unescape(from + 1, to++);
        if (from == NULL)
            return NULL;
    }
    from++;
    if (*from != '\0' && !is_blank(*from))
        return NULL;
    *to = '\0'; /* not beyond the closing quote */
    return from;
}

int split_line(char *line, char *words[MOST_WORDS], const char **why)
{
    int count = 0;

    for (;;) {
        while (is_blank(*line))
            line++;
        if (*line == '\0')
            return count;
        if (count == MOST_WORDS) {
            *why = "too many words";
            return -1;
        }
        words[count++] = line;
        if (*line == '"') {
            line = unquote(line + 1, line);
            if (line == NULL) {
                *why = "a quoted word must end in '\"' and a blank; in it are "
                       "\\\" \\\\ \\n \\t \\xHH";
                return -1;
            }
        } else {
            while (*line != '\0' && !is_blank(*line))
                line++;
        }
        if (*line != '\0')
            *line++ = '\0';
    }
}

/* ---- words into a request ---- */

static const char *const commands[] = {
    [KV_HGET] = "hget",   [KV_HGETALL] = "hgetall", [KV_HMGET] = "hmget",
    [KV_HSET] = "hset",   [KV_HMSET] = "hmset",     [KV_HDEL] = "hdel",
    [KV_HMDEL] = "hmdel", [KV_HEXIST] = "hexist",   [KV_HMEXIST] = "hmexist",
};

static const char *const forms[] = {
    [KV_NOTHING] = "TABLE",
    [KV_ONE_KEY] = "TABLE KEY",
    [KV_KEYS] = "TABLE KEY [KEY ...]",
    [KV_ONE_PAIR] = "TABLE KEY VALUE",
    [KV_PAIRS] = "TABLE KEY VALUE [KEY VALUE ...]",
};

static bool has_form(enum kv_argument argument, int count)
{
    switch (argument) {
    case KV_NOTHING: return count == 1;
    case KV_ONE_KEY: return count == 2;
    case KV_KEYS: return count >= 2;
    case KV_ONE_PAIR: return count == 3;
    case KV_PAIRS: return count >= 3 && count % 2 == 1;
    }
    return false;
}

/* KV_NONE: it is no command's name. */
static enum kv_command find_command(const char *word)
{
    for (int i = KV_NONE + 1; i <= KV_HMEXIST; i++)
        if (strcmp(commands[i], word) == 0)
            return (enum kv_command)i;
    return KV_NONE;
}

bool is_command(const char *word)
{
    return find_command(word) != KV_NONE;
}

static struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

/* The bytes take the place of their digits: each is shorter than its two. */
static bool read_hex(char *digits, struct kv_value *value)
{
    size_t len = strlen(digits);

    if (len % 2 != 0)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int byte = byte_of(digits + i);

        if (byte == -1)
            return false;
        digits[i / 2] = (char)byte;
    }
    value->type = KV_BINARY;
    value->bytes = (struct span){digits, len / 2};
    return true;
}

static bool read_integer(const char *word, struct kv_value *value)
{
    char *end;

    errno = 0;
    value->type = KV_INTEGER;
    value->integer = strtoll(word, &end, 10);
    return *word != '\0' && !is_blank(*word) && *end == '\0' && errno == 0;
}

static bool read_float(const char *word, struct kv_value *value)
{
    char *end;

    value->type = KV_FLOAT;
    value->number = strtod(word, &end);
    return *word != '\0' && !is_blank(*word) && *end == '\0';
}

static bool read_bool(const char *word, struct kv_value *value)
{
    value->type = KV_BOOL;
    value->flag = strcmp(word, "true") == 0;
    return value->flag || strcmp(word, "false") == 0;
}

static bool read_value(char *word, struct kv_value *value)
{
    *value = (struct kv_value){.type = KV_STRING, .bytes = span_of(word)};
    if (word[0] == '\0' || word[1] != ':')
        return true;
    switch (word[0]) {
    case 'i': return read_integer(word + 2, value);
    case 'f': return read_float(word + 2, value);
    case 'b': return read_bool(word + 2, value);
    case 'x': return read_hex(word + 2, value);
    case 's': value->bytes = span_of(word + 2); return true;
    case 'n': value->type = KV_EMPTY; return word[2] == '\0';
    default: return true;
    }
}

static enum words_status put_keys(enum kv_command command, char *const *words,
                                  int count, struct buffer *out)
{
    struct span keys[MOST_WORDS];

    for (int i = 1; i < count; i++)
        keys[i - 1] = span_of(words[i]);
    return kv_put_keys_request(out, command, span_of(words[0]), keys,
                               (size_t)count - 1)
               ? WORDS_OK
               : WORDS_NO_MEMORY;
}

static enum words_status put_pairs(enum kv_command command, char *const *words,
                                   int count, struct buffer *out,
                                   char why[WHY_LEN])
{
    struct kv_pair pairs[MOST_WORDS / 2];
    size_t n = 0;

    for (int i = 1; i < count; i += 2, n++) {
        pairs[n].key = span_of(words[i]);
        if (!read_value(words[i + 1], &pairs[n].value)) {
            snprintf(why, WHY_LEN, "'%.40s' is not a value", words[i + 1]);
            return WORDS_WRONG;
        }
    }
    return kv_put_pairs_request(out, command, span_of(words[0]), pairs, n)
               ? WORDS_OK
               : WORDS_NO_MEMORY;
}

enum words_status request_from_words(char *const *words, int count,
                                     struct buffer *out, char why[WHY_LEN])
{
    enum kv_command command = find_command(words[0]);
    enum kv_argument argument = kv_argument_of(command);

    if (command == KV_NONE) {
        snprintf(why, WHY_LEN, "'%.40s' is not a command", words[0]);
        return WORDS_WRONG;
    }
    if (count > MOST_WORDS) {
        snprintf(why, WHY_LEN, "more than %d words", MOST_WORDS);
        return WORDS_WRONG;
    }
    if (!has_form(argument, count - 1)) {
        snprintf(why, WHY_LEN, "it is: %s %s", words[0], forms[argument]);
        return WORDS_WRONG;
    }
    if (argument == KV_ONE_PAIR || argument == KV_PAIRS)
        return put_pairs(command, words + 1, count - 1, out, why);
    return put_keys(command, words + 1, count - 1, out);
}

/* ---- a response as text ---- */

/* A terminal obeys the bytes below a blank and 0x7f, and in UTF-8 the
 * characters U+0080 to U+009F (c2 80 to c2 9f). Other UTF-8 is left as it is;
 * the readers of command.h let nothing else through. */
void print_escaped(FILE *file, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.bytes[i];
        unsigned char next =
            i + 1 < text.len ? (unsigned char)text.bytes[i + 1] : 0;

        if (c == '"' || c == '\\')
            fprintf(file, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", file);
        else if (c == '\t')
            fputs("\\t", file);
        else if (c < ' ' || c == 0x7f ||
                 (c == 0xc2 && next >= 0x80 && next <= 0x9f))
            fprintf(file, "\\x%02x", (unsigned)c);
        else if (c >= 0x80 && c <= 0x9f && i > 0 &&
                 (unsigned char)text.bytes[i - 1] == 0xc2)
            fprintf(file, "\\x%02x", (unsigned)c);
        else
            fputc(c, file);
    }
}

static void print_quoted(FILE *file, struct span text)
{
    fputc('"', file);
    print_escaped(file, text);
    fputc('"', file);
}

/* The fewest digits that say this number and no other; with a point, so that
 * it does not look like an integer. */
static void print_float(FILE *file, double number)
{
    char text[64];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        if (!(strtod(text, NULL) < number) && !(strtod(text, NULL) > number))
            break;
    }
    fputs(text, file);
    if (isfinite(number) && strpbrk(text, ".e") == NULL)
        fputs(".0", file);
}

static void print_value(FILE *file, const struct kv_value *value)
{
    switch (value->type) {
    case KV_EMPTY: fputs("(none)", file); break;
    case KV_STRING: print_quoted(file, value->bytes); break;
    case KV_BINARY:
        fputs("x:", file);
        for (size_t i = 0; i < value->bytes.len; i++)
            fprintf(file, "%02x",
                    (unsigned)(unsigned char)value->bytes.bytes[i]);
        break;
    case KV_INTEGER: fprintf(file, "%lld", (long long)value->integer); break;
    case KV_FLOAT: print_float(file, value->number); break;
    case KV_BOOL: fputs(value->flag ? "true" : "false", file); break;
    }
}

void print_response(FILE *file, const struct kv_response *response)
{
    struct span lists = response->lists;
    struct kv_value value;
    struct kv_pair pair;

    while (kv_next_value(&lists, &value)) {
        print_value(file, &value);
        fputc('\n', file);
    }
    lists = response->lists;
    while (kv_next_answer_pair(&lists, &pair)) {
        print_quoted(file, pair.key);
        fputs(": ", file);
        print_value(file, &pair.value);
        fputc('\n', file);
    }
}
