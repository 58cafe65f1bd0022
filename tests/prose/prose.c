/* tests/prose/prose.c - see prose.h: the cases, and the servers they are about.
 */
#include "prose.h"

#include "runner.h"

/* CTest's label, and a limit that replays many commands. */
#define PROSE "prose", 180

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
    {CASE(case_sizes, PROSE), NULL},
    {CASE(case_header, PROSE), NULL},
    {CASE(case_order, PROSE), NULL},
    {CASE(case_twins, PROSE), NULL},
    {CASE(case_diff_budget, PROSE), has_neighbour},
    {CASE(case_riddles, PROSE), NULL},
    {CASE(case_readme_form, PROSE), is_stage},
    {CASE(case_page, PROSE), is_variant_with_page},
    {CASE(case_readme_names, PROSE), has_page},
    {CASE(case_readme_code, PROSE), has_page},
    {CASE(case_picture, PROSE), is_stage},
    {CASE(case_transcripts, PROSE), has_built_page},
    {CASE(case_cc_lines, PROSE), is_built_stage},
    {CASE(case_built_alone, PROSE), is_built_stage},
    {CASE(case_exercise, PROSE), is_built_stage},
};

static const struct row repository_cases[] = {
    {CASE(case_twins_table, PROSE), NULL},
    {CASE(case_stage_table, PROSE), NULL},
    {CASE(case_links, PROSE), NULL},
    {CASE(case_words, PROSE), NULL},
    {CASE(case_white_space, PROSE), NULL},
    {CASE(case_files_named, PROSE), NULL},
    {CASE(case_functions_named, PROSE), NULL},
    {CASE(case_errno_dictionary, PROSE), NULL},
    {CASE(case_commands_named, PROSE), NULL},
    {CASE(case_diff_targets, PROSE), NULL},
    {CASE(case_docs_cc_lines, PROSE), NULL},
    {CASE(case_docs_transcripts, PROSE), NULL},
    {CASE(case_format, PROSE), NULL},
    {CASE(case_file_heads, PROSE), NULL},
    {CASE(case_includes, PROSE), NULL},
    {CASE(case_rulers, PROSE), NULL},
    {CASE(case_names_agree, PROSE), NULL},
    {CASE(case_variant, "prose", 900), NULL},
};

static struct check_case chosen[32]; /* {0} ends them */

static void choose(void)
{
    const struct row *rows = server_cases;
    size_t n = CHECK_COUNT(server_cases), count = 0;

    server = the_server;
    if (server == NULL) {
        rows = repository_cases;
        n = CHECK_COUNT(repository_cases);
    }
    CHECK(n < CHECK_COUNT(chosen));
    for (size_t i = 0; i < n; i++)
        if (rows[i].applies == NULL || rows[i].applies())
            chosen[count++] = rows[i].c;
}

int main(int argc, char **argv)
{
    static const struct check_case *const tables[] = {chosen, NULL};
    static const struct test_program prose = {
        .tables = tables,
        .help_end = "\n  --stage NAME    the cases about that server, not "
                    "those about the whole\n"
                    "                  repository\n",
        .choose = choose};

    return run_tests(argc, argv, &prose);
}
