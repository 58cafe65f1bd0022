/*
 * tests/prose/prose.h - what the documents and the sources promise about
 * themselves, put to the test.
 *
 *     prose [--stage NAME] [--list | CASE]
 *
 * With --stage the cases are about that server of the one list
 * (../harness/servers.h), without it about the whole repository. A new case is
 * a function named here and a line in prose.c.
 */
#ifndef PROSE_H
#define PROSE_H

#include <stdbool.h>
#include <stddef.h>

#include "check.h"
#include "servers.h"

/* ---- text.c: files and lines ---- */

/* A file cut into lines, without their newlines. line[i] is the line that an
 * editor numbers i + 1. */
struct text {
    const char *path; /* from the root of the repository */
    char **lines;
    size_t count;
};

/* Reads a file; its path from the root, in printf's way. Fails if it cannot. */
struct text read_text(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Paths from the root of every file whose name ends in one of the `suffixes`
 * (separated by blanks), in order. What is built, and what is hidden, is left
 * out. */
struct text files_with(const char *suffixes);

/* Everything here lives as long as the case: nobody frees. keep() makes
 * memory known, so that no leak checker complains, and fails on NULL. */
void *keep(void *memory);
char *keep_format(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* A path from the root; and one in the build directory. */
const char *in_root(const char *path);
const char *in_build(const char *path);

bool exists(const char *path);
bool starts_with(const char *text, const char *start);
bool ends_with(const char *text, const char *end);
char *trimmed(const char *line); /* without blanks at both ends */
bool is_word_char(char c);

/* The first whole word `word` in the line, or NULL. Letters match in both
 * cases. */
const char *find_word(const char *line, const char *word);

/* ---- markdown.c ---- */

/* A fenced block: its lines are [first, end), its fence says `info`. */
struct block {
    const char *info; /* "console", "sh", "c", "text", ... */
    size_t first, end;
    const char *section; /* the text of the last "## " heading, or "" */
};

/* The next block at or after line `from`; begin with 0 and go on with
 * block.end. */
bool next_block(const struct text *t, size_t from, struct block *b);

/* The lines [*first, *end) of the section "## heading"; fails without it. */
void section_lines(const struct text *t, const char *heading, size_t *first,
                   size_t *end);

/* `code` between backticks in running text, one after the other. */
struct span {
    size_t line, column; /* where to go on; begin with {0} */
    const char *code;
    size_t code_line;
};
bool next_code(const struct text *t, struct span *s);

/* Logical lines of a block: "\" at the end of a line joins the next to it.
 * Begins at *line, which is set past the end. */
char *joined_line(const struct text *t, size_t *line, size_t end);

/* ---- source.c: C as .clang-format leaves it ---- */

struct function {
    char name[64];
    size_t comment;    /* where the comment above it begins, or == first */
    size_t first, end; /* [first, end): from its return type to its brace */
    int nesting;       /* how deep if, for, while, do, switch stand in others */
};

/* The function at or after line `from`; go on with function.end. */
bool next_function(const struct text *t, size_t from, struct function *f);
bool find_function(const struct text *t, const char *name, struct function *f);

/* A static variable of the file, and the comment that goes with it. */
struct variable {
    char name[64];
    size_t first, end;
    bool is_const;
};

/* The variable at or after line `from`; go on with variable.end. */
bool next_variable(const struct text *t, size_t from, struct variable *v);

/* The same lines with blanks for what is in comments and between quotes. */
struct text without_comments(const struct text *t);

/* ---- the server under test ---- */

extern const struct server_info *server; /* what --stage names */

struct text source_of(const struct server_info *s);

/* The one that the list says to read it beside, or NULL. */
const struct server_info *neighbour_of(const struct server_info *s);

/* The source of the client that comes with it, as a path from the root, or
 * NULL: a variant that has its stage's, or a system that cannot build it. */
const char *client_source(const struct server_info *s);

/* Its README, or a variant's page, which has its name and need not exist: the
 * key-value server's is in docs/. */
const char *page_of(const struct server_info *s);

/* How the tables and the targets name it: "06", and behind that "-edge" or
 * what else joins the two. */
const char *short_name(const struct server_info *s, const char *joint);

/* How many lines must be added to and removed from `old` to make `new`, by the
 * longest common sequence of lines. */
struct change {
    int added, removed;
};
struct change count_change(const struct text *old, const struct text *new);
struct change server_change(const struct server_info *s);

/* ---- run.c: commands ---- */

/* Makes an empty directory the current one that looks like the root of the
 * repository: a link for each of its entries, and with `with_build` a link
 * "build" to the build directory. Removed when the case ends. */
void enter_mirror(bool with_build);

/* The same with copies, which a case may change and build. */
void enter_copy(void);

/* Runs a shell command in the current directory; returns its exit status and
 * all it printed. */
int run_command(const char *command, char **output);

bool have_program(const char *name);

/* A network of the case's own, so that any port is free. False where the
 * system does not allow it. */
bool enter_own_network(void);

/* ---- cases ---- */

void case_sizes(void);
void case_header(void);
void case_order(void);
void case_twins(void);
void case_riddles(void);
void case_diff_budget(void);
void case_readme_form(void);
void case_page(void);
void case_readme_names(void);
void case_readme_code(void);
void case_picture(void);
void case_transcripts(void);
void case_cc_lines(void);
void case_docs_cc_lines(void);
void case_built_alone(void);
void case_exercise(void);

void case_twins_table(void);
void case_stage_table(void);
void case_links(void);
void case_words(void);
void case_white_space(void);
void case_files_named(void);
void case_functions_named(void);
void case_errno_dictionary(void);
void case_commands_named(void);
void case_diff_targets(void);
void case_docs_transcripts(void);
void case_format(void);
void case_file_heads(void);
void case_includes(void);
void case_rulers(void);
void case_names_agree(void);
void case_variant(void);

#endif
