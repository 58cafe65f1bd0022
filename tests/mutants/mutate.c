/*
 * tests/mutants/mutate.c - makes mutants of our sources (mutant.h), and looks
 * after their texts.
 *
 *     mutate apply TEXT ROOT STAGE OUT   the changed source goes to OUT
 *     mutate museum ROOT                 prints tests/mutants/README.md
 *     mutate check ROOT SUITE...         every text applies, every case it
 *                                        names is listed by one of the test
 *                                        programs SUITE ("LABEL=COMMAND"),
 *                                        the README is current
 *     mutate verdict TEXT STAGE TEST COMMAND...
 *                                        the case TEST, run by COMMAND, fails
 *                                        as it should
 */
#include "mutant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- apply -------------------------------------------------------------- */

static char *changed_source(const char *text, const char *root,
                            const char *stage, const struct mutant *m)
{
    const struct part *part = mutant_part(m, stage);
    const char *why = NULL;
    char path[1024], *source, *changed;

    if (part == NULL)
        give_up("%s is not about %s", text, stage);
    snprintf(path, sizeof(path), "%s/%s", root, part_source(part, stage));
    source = file_read(path);
    changed = part_apply(part, source, &why);
    if (changed == NULL)
        give_up("%s does not fit %s any more: %s", text, path, why);
    free(source);
    return changed;
}

/* What is there already is left alone: nothing need be compiled again. */
static bool holds(const char *path, const char *text)
{
    FILE *f = fopen(path, "r");
    char *there;
    bool same;

    if (f == NULL)
        return false;
    fclose(f);
    there = file_read(path);
    same = strcmp(there, text) == 0;
    free(there);
    return same;
}

static int run_apply(char **words)
{
    struct mutant m = mutant_read(words[0]);
    char *changed = changed_source(words[0], words[1], words[2], &m);
    FILE *f;

    mutant_free(&m);
    if (holds(words[3], changed)) {
        free(changed);
        return EXIT_SUCCESS;
    }
    f = fopen(words[3], "w");
    if (f == NULL || fputs(changed, f) == EOF || fclose(f) == EOF)
        give_up("%s: %s", words[3], strerror(errno));
    free(changed);
    return EXIT_SUCCESS;
}

/* ---- museum ------------------------------------------------------------- */

static int run_museum(const char *root)
{
    size_t count;
    struct mutant *mutants = mutants_read(root, &count);
    char *text = museum(mutants, count);

    fputs(text, stdout);
    free(text);
    mutants_free(mutants, count);
    return EXIT_SUCCESS;
}

/* ---- check -------------------------------------------------------------- */

/* What the programs list: "LABEL.case" a line, LABEL being a stage's for the
 * suite, "framed", "kv" or "unit.frame" for others. */
static char *list_cases(char **programs, int n)
{
    size_t size = 1;
    char *all = calloc(1, 1), line[512], name[256];

    for (int i = 0; i < n && all != NULL; i++) {
        char *equals = strchr(programs[i], '=');
        FILE *p;

        if (equals == NULL)
            give_up("expected LABEL=COMMAND, got %s", programs[i]);
        *equals = '\0';
        p = popen(equals + 1, "r");
        while (p != NULL && fgets(line, sizeof(line), p) != NULL) {
            char entry[512];
            int len;

            if (sscanf(line, "%255s", name) != 1)
                continue;
            len = snprintf(entry, sizeof(entry), "%s.%s\n", programs[i], name);
            all = realloc(all, size + (size_t)len);
            if (all == NULL)
                give_up("no memory");
            strcpy(all + size - 1, entry);
            size += (size_t)len;
        }
        if (p == NULL || pclose(p) != 0)
            give_up("%s: it did not list its cases", equals + 1);
    }
    return all;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_listed(const char *cases, const char *stage, const char *test)
{
    char wanted[256];
    const char *at = cases;

    if (has_prefix(test, "unit.") || has_prefix(test, "framed.") ||
        has_prefix(test, "kv."))
        snprintf(wanted, sizeof(wanted), "%s\n", test);
    else
        snprintf(wanted, sizeof(wanted), "%s.%s\n", stage, test);
    while ((at = strstr(at, wanted)) != NULL) {
        if (at == cases || at[-1] == '\n')
            return true;
        at++;
    }
    return false;
}

/* One anchor in the museum, one program a stage. */
static void check_unique(const struct mutant *mutants, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct mutant *m = &mutants[i];

        for (size_t k = 0; k < i; k++)
            if (strcmp(m->name, mutants[k].name) == 0)
                give_up("two bugs with the name %s", m->name);
        for (int p = 0; p < m->n_parts; p++)
            for (int s = 0; m->parts[p].stages[s] != NULL; s++)
                if (mutant_part(m, m->parts[p].stages[s]) != &m->parts[p])
                    give_up("%s: two parts for %s", m->name,
                            m->parts[p].stages[s]);
    }
}

static int check_mutant(const struct mutant *m, const char *root,
                        const char *cases)
{
    int made = 0;

    for (int i = 0; i < m->n_parts; i++) {
        const struct part *p = &m->parts[i];

        for (int k = 0; p->stages[k] != NULL; k++, made++) {
            free(changed_source(m->name, root, p->stages[k], m));
            for (int t = 0; p->tests[t] != NULL; t++)
                if (!is_listed(cases, p->stages[k], p->tests[t]))
                    give_up("%s: %s has no case %s", m->name, p->stages[k],
                            p->tests[t]);
        }
    }
    return made;
}

static int run_check(const char *root, char **programs, int n)
{
    size_t count;
    struct mutant *mutants = mutants_read(root, &count);
    char *cases = list_cases(programs, n), *now = museum(mutants, count);
    char path[1024], *kept;
    int made = 0;

    check_unique(mutants, count);
    for (size_t i = 0; i < count; i++)
        made += check_mutant(&mutants[i], root, cases);
    snprintf(path, sizeof(path), "%s/tests/mutants/README.md", root);
    kept = file_read(path);
    if (strcmp(kept, now) != 0)
        give_up("%s is not current: write it anew with `mutate museum`", path);
    printf("%zu bugs, %d mutants\n", count, made);
    free(kept);
    free(now);
    free(cases);
    mutants_free(mutants, count);
    return EXIT_SUCCESS;
}

/* ---- verdict ------------------------------------------------------------ */

static int run_verdict(char **words)
{
    struct mutant m = mutant_read(words[0]);
    const struct part *part = mutant_part(&m, words[1]);
    int result;

    if (part == NULL)
        give_up("%s is not about %s", words[0], words[1]);
    result = verdict(words + 3, words[2], part->says, part->deadline_ms);
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
        return run_verdict(argv + 2);
    fprintf(stderr, "Usage: mutate apply TEXT ROOT STAGE OUT\n"
                    "       mutate museum ROOT\n"
                    "       mutate check ROOT [LABEL=COMMAND]...\n"
                    "       mutate verdict TEXT STAGE TEST COMMAND...\n");
    return 2;
}
