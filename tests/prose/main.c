/* tests/prose/main.c - see prose.h: the cases, and the stages they are about.
 */
#include <stdio.h>
#include <string.h>

#include "prose.h"

const struct server_info *server;

/* A case, and the servers it is about; NULL: all. */
struct row {
    struct check_case c;
    bool (*applies)(void);
};

static bool has_neighbour(void)
{
    return server->after != NULL;
}

/* A variant has no client and no README of its own. */
static bool is_stage(void)
{
    return !server_is_variant(server);
}

static bool is_built_stage(void)
{
    return is_stage() && server->absent == NULL;
}

static const struct row server_cases[] = {
    {{"sizes", case_sizes}, NULL},
    {{"header", case_header}, NULL},
    {{"order", case_order}, NULL},
    {{"twins", case_twins}, NULL},
    {{"diff-budget", case_diff_budget}, has_neighbour},
    {{"riddles", case_riddles}, NULL},
    {{"readme-form", case_readme_form}, is_stage},
    {{"readme-names", case_readme_names}, is_stage},
    {{"readme-code", case_readme_code}, is_stage},
    {{"picture", case_picture}, is_stage},
    {{"transcripts", case_transcripts}, is_built_stage},
    {{"cc-lines", case_cc_lines}, is_built_stage},
    {{"built-alone", case_built_alone}, is_built_stage},
    {{"exercise", case_exercise}, is_built_stage},
};

static const struct row repository_cases[] = {
    {{"twins-table", case_twins_table}, NULL},
    {{"stage-table", case_stage_table}, NULL},
    {{"links", case_links}, NULL},
    {{"words", case_words}, NULL},
    {{"white-space", case_white_space}, NULL},
    {{"files-named", case_files_named}, NULL},
    {{"functions-named", case_functions_named}, NULL},
    {{"errno-dictionary", case_errno_dictionary}, NULL},
    {{"commands-named", case_commands_named}, NULL},
    {{"diff-targets", case_diff_targets}, NULL},
    {{"docs-cc-lines", case_docs_cc_lines}, NULL},
    {{"docs-transcripts", case_docs_transcripts}, NULL},
    {{"format", case_format}, NULL},
    {{"file-heads", case_file_heads}, NULL},
    {{"includes", case_includes}, NULL},
    {{"rulers", case_rulers}, NULL},
    {{"names-agree", case_names_agree}, NULL},
    {{"variant", case_variant}, NULL},
};

static struct check_case cases[32];
static size_t count;

static void choose(const struct row *rows, size_t n)
{
    CHECK(n <= CHECK_COUNT(cases));
    for (size_t i = 0; i < n; i++)
        if (rows[i].applies == NULL || rows[i].applies())
            cases[count++] = rows[i].c;
}

/* The form that tests/discover.cmake reads: name, kind, stages, timeout. */
static int list(void)
{
    for (size_t i = 0; i < count; i++)
        printf("%s prose all %d\n", cases[i].name,
               cases[i].run == case_variant ? 900 : 180);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--stage") == 0) {
        server = server_named(argv[2]);
        if (server == NULL) {
            fprintf(stderr, "prose: no server '%s' in the list\n", argv[2]);
            return 2;
        }
        choose(server_cases, CHECK_COUNT(server_cases));
        argv[2] = argv[0];
        argv += 2;
        argc -= 2;
    } else {
        choose(repository_cases, CHECK_COUNT(repository_cases));
    }
    if (argc > 1 && strcmp(argv[1], "--list") == 0)
        return list();
    return check_main(argc, argv, cases, count);
}
