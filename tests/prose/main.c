/* tests/prose/main.c - see prose.h: the cases, and the stages they are about.
 */
#include <stdio.h>
#include <string.h>

#include "prose.h"

const struct stage *stage;

/* Neighbours and limits. What a diff may add is limited where the stages are
 * to be read side by side; 04 is the one rewrite, 07 brings codecs. */
static const struct stage stages[] = {
    {"01-blocking", NULL, 150, 0, ONE_AT_A_TIME},
    {"02-fork", "01-blocking", 150, 60, ONE_EACH},
    {"03-pthread", "01-blocking", 150, 60, ONE_EACH},
    {"04-select", "03-pthread", 240, 0, ONE_LOOP},
    {"05-poll", "04-select", 240, 70, ONE_LOOP},
    {"06-epoll", "05-poll", 240, 70, ONE_LOOP},
    {"07-framing", "06-epoll", 260, 0, ONE_LOOP},
};

/* A case, and the stages it is about. */
struct row {
    struct check_case c;
    bool (*applies)(void);
};

static bool has_neighbour(void)
{
    return stage->neighbour != NULL;
}

static const struct row stage_cases[] = {
    {{"sizes", case_sizes}, NULL},
    {{"header", case_header}, NULL},
    {{"order", case_order}, NULL},
    {{"shared-functions", case_shared}, shares_functions},
    {{"diff-budget", case_diff_budget}, has_neighbour},
    {{"readme-form", case_readme_form}, NULL},
    {{"readme-names", case_readme_names}, NULL},
    {{"readme-code", case_readme_code}, NULL},
    {{"picture", case_picture}, NULL},
    {{"transcripts", case_transcripts}, NULL},
    {{"cc-lines", case_cc_lines}, NULL},
    {{"built-alone", case_alone}, NULL},
    {{"exercise", case_exercise}, NULL},
};

static const struct row repository_cases[] = {
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
};

static struct check_case cases[32];
static size_t count;

const struct stage *stage_named(const char *name)
{
    for (size_t i = 0; i < CHECK_COUNT(stages); i++)
        if (strcmp(stages[i].name, name) == 0)
            return &stages[i];
    return NULL;
}

bool is_built(const struct stage *s)
{
    return find_word(PROSE_STAGES, s->name) != NULL;
}

const struct stage *stage_at(size_t index)
{
    return index < CHECK_COUNT(stages) ? &stages[index] : NULL;
}

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
        printf("%s prose all 180\n", cases[i].name);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--stage") == 0) {
        stage = stage_named(argv[2]);
        if (stage == NULL) {
            fprintf(stderr, "prose: no stage '%s' in main.c\n", argv[2]);
            return 2;
        }
        choose(stage_cases, CHECK_COUNT(stage_cases));
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
