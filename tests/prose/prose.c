/* tests/prose/prose.c - see prose.h: the cases, and the servers they are about.
 */
#include "prose.h"

#include <stdio.h>
#include <string.h>

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

static bool has_page(void)
{
    return exists(in_root(page_of(server)));
}

static bool has_built_page(void)
{
    return has_page() && server->absent == NULL;
}

/* A variant has no client and no README of its own. */
static bool is_stage(void)
{
    return !server_is_variant(server);
}

static bool is_variant_with_page(void)
{
    return server_is_variant(server) && has_page();
}

static bool is_built_stage(void)
{
    return is_stage() && server->absent == NULL;
}

static const struct row server_cases[] = {
    {CASE(case_sizes, "prose", 180), NULL},
    {CASE(case_header, "prose", 180), NULL},
    {CASE(case_order, "prose", 180), NULL},
    {CASE(case_twins, "prose", 180), NULL},
    {CASE(case_diff_budget, "prose", 180), has_neighbour},
    {CASE(case_riddles, "prose", 180), NULL},
    {CASE(case_readme_form, "prose", 180), is_stage},
    {CASE(case_page, "prose", 180), is_variant_with_page},
    {CASE(case_readme_names, "prose", 180), has_page},
    {CASE(case_readme_code, "prose", 180), has_page},
    {CASE(case_picture, "prose", 180), is_stage},
    {CASE(case_transcripts, "prose", 180), has_built_page},
    {CASE(case_cc_lines, "prose", 180), is_built_stage},
    {CASE(case_built_alone, "prose", 180), is_built_stage},
    {CASE(case_exercise, "prose", 180), is_built_stage},
};

static const struct row repository_cases[] = {
    {CASE(case_twins_table, "prose", 180), NULL},
    {CASE(case_stage_table, "prose", 180), NULL},
    {CASE(case_links, "prose", 180), NULL},
    {CASE(case_words, "prose", 180), NULL},
    {CASE(case_white_space, "prose", 180), NULL},
    {CASE(case_files_named, "prose", 180), NULL},
    {CASE(case_functions_named, "prose", 180), NULL},
    {CASE(case_errno_dictionary, "prose", 180), NULL},
    {CASE(case_commands_named, "prose", 180), NULL},
    {CASE(case_diff_targets, "prose", 180), NULL},
    {CASE(case_docs_cc_lines, "prose", 180), NULL},
    {CASE(case_docs_transcripts, "prose", 180), NULL},
    {CASE(case_format, "prose", 180), NULL},
    {CASE(case_file_heads, "prose", 180), NULL},
    {CASE(case_includes, "prose", 180), NULL},
    {CASE(case_rulers, "prose", 180), NULL},
    {CASE(case_names_agree, "prose", 180), NULL},
    {CASE(case_variant, "prose", 900), NULL},
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

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--stage") == 0) {
        server = server_named(argv[2]);
        if (server == NULL) {
            fprintf(stderr, "prose: no server '%s' in the list\n", argv[2]);
            return 2;
        }
        choose(server_cases, CHECK_COUNT(server_cases));
    } else {
        choose(repository_cases, CHECK_COUNT(repository_cases));
    }
    return check_main(argc, argv, cases, count);
}
