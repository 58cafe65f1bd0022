/* tests/prose/text.c - see prose.h. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "case.h"
#include "prose.h"

struct kept {
    struct kept *next;
    void *memory;
};

static struct kept *all_kept;

void *keep(void *memory)
{
    struct kept *k = malloc(sizeof(*k));

    CHECK(memory != NULL && k != NULL);
    *k = (struct kept){all_kept, memory};
    all_kept = k;
    return memory;
}

static char *keep_vformat(const char *format, va_list args)
    __attribute__((format(printf, 1, 0)));

static char *keep_vformat(const char *format, va_list args)
{
    va_list again;
    char *text;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    CHECK(len >= 0);
    text = keep(malloc((size_t)len + 1));
    vsnprintf(text, (size_t)len + 1, format, args);
    return text;
}

char *keep_format(const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = keep_vformat(format, args);
    va_end(args);
    return text;
}

const char *in_root(const char *path)
{
    return keep_format("%s/%s", PROSE_ROOT, path);
}

const char *in_build(const char *path)
{
    return keep_format("%s/%s", PROSE_BUILD, path);
}

bool exists(const char *path)
{
    struct stat file;

    return stat(path, &file) == 0;
}

bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

char *trimmed(const char *line)
{
    char *copy = keep_format("%s", line + strspn(line, " \t"));
    size_t len = strlen(copy);

    while (len > 0 && isspace((unsigned char)copy[len - 1]))
        copy[--len] = '\0';
    return copy;
}

bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

const char *find_word(const char *line, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = line; *at != '\0'; at++)
        if (strncasecmp(at, word, len) == 0 && !is_word_char(at[len]) &&
            (at == line || !is_word_char(at[-1])))
            return at;
    return NULL;
}

static void add_line(struct text *t, char *line)
{
    char **lines = keep(malloc((t->count + 1) * sizeof(lines[0])));

    if (t->count > 0)
        memcpy(lines, t->lines, t->count * sizeof(lines[0]));
    lines[t->count++] = line;
    t->lines = lines;
}

static size_t count_newlines(const char *bytes)
{
    size_t n = 0;

    for (; *bytes != '\0'; bytes++)
        n += *bytes == '\n';
    return n;
}

struct text read_text(const char *format, ...)
{
    struct text t = {0};
    char *bytes, *end;
    va_list args;

    va_start(args, format);
    t.path = keep_vformat(format, args);
    va_end(args);
    bytes = keep(read_file(in_root(t.path), NULL));
    t.lines = keep(malloc((count_newlines(bytes) + 1) * sizeof(t.lines[0])));
    while (*bytes != '\0') {
        t.lines[t.count++] = bytes;
        end = strchr(bytes, '\n');
        if (end == NULL)
            break;
        *end = '\0';
        bytes = end + 1;
    }
    return t;
}

static bool has_suffix(const char *name, const char *suffixes)
{
    char *list = keep_format("%s", suffixes);

    for (char *s = strtok(list, " "); s != NULL; s = strtok(NULL, " "))
        if (ends_with(name, s))
            return true;
    return false;
}

static bool is_hidden(const char *name)
{
    return name[0] == '.' || starts_with(name, "build");
}

static void collect(struct text *found, const char *dir, const char *suffixes)
{
    DIR *d = opendir(in_root(dir));
    struct dirent *entry;
    struct stat file;

    CHECK(d != NULL);
    while ((entry = readdir(d)) != NULL) {
        const char *name = entry->d_name;
        char *path = keep_format("%s%s%s", dir, *dir == '\0' ? "" : "/", name);

        if (is_hidden(name) || lstat(in_root(path), &file) == -1)
            continue;
        if (S_ISDIR(file.st_mode))
            collect(found, path, suffixes);
        else if (S_ISREG(file.st_mode) && has_suffix(name, suffixes))
            add_line(found, path);
    }
    closedir(d);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct text files_with(const char *suffixes)
{
    struct text found = {.path = ""};

    collect(&found, "", suffixes);
    CHECK(found.count > 0);
    qsort(found.lines, found.count, sizeof(found.lines[0]), by_name);
    return found;
}
