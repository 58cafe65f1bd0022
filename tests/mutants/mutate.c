/*
 * tests/mutants/mutate.c - makes mutants of our sources (mutant.h), and looks
 * after their texts.
 *
 *     mutate apply TEXT ROOT SERVER OUT   the changed source goes to OUT
 *     mutate museum ROOT                  prints tests/mutants/README.md
 *     mutate check ROOT LABEL=COMMAND...  every text applies, every case it
 *                                         names is listed by one of the
 *                                         commands, the README is current
 *     mutate verdict TEXT SERVER COMMAND...
 *                                         the case that the command ends in
 *                                         fails as it should
 */
#include "mutant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "servers.h"

/* ---- apply ---- */

static char *changed_source(const char *text, const char *root,
                            const char *server, const struct mutant *m)
{
    const struct part *part = mutant_part(m, server);
    const char *why = NULL;
    char path[1024], *source, *changed;

    if (part == NULL)
        give_up("%s is not about %s", text, server);
    snprintf(path, sizeof(path), "%s/%s", root, part_source(part, server));
    source = file_read(path);
    changed = part_apply(part, source, &why);
    if (changed == NULL)
        give_up("%s does not fit %s any more: %s", text, path, why);
    free(source);
    return changed;
}

static bool holds(const char *path, const char *text)
{
    char *there;
    bool same;

    if (access(path, F_OK) == -1)
        return false;
    there = file_read(path);
    same = strcmp(there, text) == 0;
    free(there);
    return same;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    if (f == NULL || fputs(text, f) == EOF || fclose(f) == EOF)
        give_up("%s: %s", path, strerror(errno));
}

static int run_apply(char **words)
{
    struct mutant m = mutant_read(words[0]);
    char *changed = changed_source(words[0], words[1], words[2], &m);

    /* What is there already is left alone: nothing need be compiled again. */
    if (!holds(words[3], changed))
        write_file(words[3], changed);
    free(changed);
    mutant_free(&m);
    return EXIT_SUCCESS;
}

/* ---- museum ---- */

static int run_museum(const char *root)
{
    size_t count;
    struct mutant *mutants = mutants_read(root, &count);

    museum(stdout, mutants, count);
    mutants_free(mutants, count);
    return EXIT_SUCCESS;
}

/* ---- check ---- */

/* What a command lists, "LABEL.case" a line; the case is the first word. */
static void list_cases(FILE *out, const char *label, const char *command)
{
    char line[512], name[256];
    FILE *p = popen(command, "r");

    if (p == NULL)
        give_up("%s: %s", command, strerror(errno));
    while (fgets(line, sizeof(line), p) != NULL)
        if (sscanf(line, "%255s", name) == 1)
            fprintf(out, "%s.%s\n", label, name);
    if (pclose(p) != 0)
        give_up("%s: it did not list its cases", command);
}

static char *list_all(char **commands, int n)
{
    struct text all;

    text_begin(&all);
    fprintf(all.out, "\n");
    for (int i = 0; i < n; i++) {
        char *equals = strchr(commands[i], '=');

        if (equals == NULL)
            give_up("expected LABEL=COMMAND, got %s", commands[i]);
        *equals = '\0';
        list_cases(all.out, commands[i], equals + 1);
    }
    text_end(&all);
    return all.bytes;
}

/* A test is one of the suite against the server, or names its program. */
static bool is_listed(const char *cases, const char *server, const char *test)
{
    char of_server[256], of_program[256];

    snprintf(of_server, sizeof(of_server), "\n%s.%s\n", server, test);
    snprintf(of_program, sizeof(of_program), "\n%s\n", test);
    return strstr(cases, of_server) != NULL ||
           strstr(cases, of_program) != NULL;
}

/* One name in the museum, one program a server. */
static void check_unique(const struct mutant *mutants, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct mutant *m = &mutants[i];

        for (size_t k = 0; k < i; k++)
            if (strcmp(m->name, mutants[k].name) == 0)
                give_up("two bugs with the name %s", m->name);
        for (int p = 0; p < m->n_parts; p++)
            for (int s = 0; m->parts[p].servers[s] != NULL; s++)
                if (mutant_part(m, m->parts[p].servers[s]) != &m->parts[p])
                    give_up("%s: two parts for %s", m->name,
                            m->parts[p].servers[s]);
    }
}

static int check_mutant(const struct mutant *m, const char *root,
                        const char *cases)
{
    int made = 0;

    for (int i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];

        for (int k = 0; p->servers[k] != NULL; k++) {
            const char *server = p->servers[k];

            free(changed_source(m->name, root, server, m));
            if (server_named(server)->absent == NULL &&
                !is_listed(cases, server, p->test))
                give_up("%s: %s has no case %s", m->name, server, p->test);
            made++;
        }
    }
    return made;
}

static void check_readme(const char *root, const struct mutant *mutants,
                         size_t count)
{
    struct text now;
    char path[1024], *kept;

    text_begin(&now);
    museum(now.out, mutants, count);
    text_end(&now);
    snprintf(path, sizeof(path), "%s/tests/mutants/README.md", root);
    kept = file_read(path);
    if (strcmp(kept, now.bytes) != 0)
        give_up("%s is not current: write it anew with `mutate museum`", path);
    free(kept);
    free(now.bytes);
}

static int run_check(const char *root, char **commands, int n)
{
    size_t count;
    struct mutant *mutants = mutants_read(root, &count);
    char *cases = list_all(commands, n);
    int made = 0;

    check_unique(mutants, count);
    for (size_t i = 0; i < count; i++)
        made += check_mutant(&mutants[i], root, cases);
    check_readme(root, mutants, count);
    printf("%zu bugs, %d mutants\n", count, made);
    free(cases);
    mutants_free(mutants, count);
    return EXIT_SUCCESS;
}

/* ---- verdict ---- */

static int run_verdict(char **words, int n)
{
    struct mutant m = mutant_read(words[0]);
    const struct part *part = mutant_part(&m, words[1]);
    int result;

    if (part == NULL)
        give_up("%s is not about %s", words[0], words[1]);
    result = verdict(words + 2, words[n - 1], part);
    mutant_free(&m);
    return result;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "apply") == 0 && argc == 6)
        return run_apply(argv + 2);
    if (strcmp(what, "museum") == 0 && argc == 3)
        return run_museum(argv[2]);
    if (strcmp(what, "check") == 0 && argc >= 3)
        return run_check(argv[2], argv + 3, argc - 3);
    if (strcmp(what, "verdict") == 0 && argc >= 6)
        return run_verdict(argv + 2, argc - 2);
    fprintf(stderr, "Usage: mutate apply TEXT ROOT SERVER OUT\n"
                    "       mutate museum ROOT\n"
                    "       mutate check ROOT LABEL=COMMAND...\n"
                    "       mutate verdict TEXT SERVER COMMAND...\n");
    return 2;
}
