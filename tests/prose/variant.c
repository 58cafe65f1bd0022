/*
 * tests/prose/variant.c - a server becomes known by one line. The commands of
 * CONTRIBUTING.md add a variant to a copy of the tree, and then everything that
 * goes by the one list is asked whether it has found it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "prose.h"

/* What is asked in the copy, and what must be in the answer. */
static const struct {
    const char *what, *command, *answer;
} looks[] = {
    {"the build", "build/06-epoll/mine --version", "Seven Servers"},
    {"the suite", "ctest --test-dir build -N -L '^mine$'",
     ": 06-epoll/mine.half-close\n"},
    {"the suite's faults", "ctest --test-dir build -N -L '^06-epoll$'",
     ": 06-epoll/mine.reset-while-owed\n"},
    {"the traits' labels", "ctest --test-dir build -N -L '^changes-interest$'",
     ": 06-epoll/mine.half-close\n"},
    {"valgrind", "ctest --test-dir build -N -L '^valgrind$'",
     ": 06-epoll/mine.clients-leave-nothing.valgrind\n"},
    {"the museum", "build/tests/mutants/mutate museum .",
     "| 06/mine: `half-close` |"},
    {"the mutants",
     "build/tests/mutants/mutate museum . >tests/mutants/README.md &&"
     " ctest --test-dir build -V -R '^mutants.texts$'",
     "100% tests passed"},
    {"its sizes", "ctest --test-dir build -V -R '^prose.06-epoll/mine.sizes$'",
     "100% tests passed"},
    {"its header",
     "ctest --test-dir build -V -R '^prose.06-epoll/mine.header$'",
     "100% tests passed"},
    {"its twins", "ctest --test-dir build -V -R '^prose.06-epoll/mine.twins$'",
     "100% tests passed"},
    {"its budget",
     "ctest --test-dir build -V -R '^prose.06-epoll/mine.diff-budget$'",
     "06-epoll/mine from 06-epoll: 1 lines"},
    {"its diff", "cmake --build build --target diff-06-mine",
     "\n+ * 06-epoll/mine.c - "},
    {"the demo", "cmake --build build --target demo", "06-epoll/mine"},
    {"the comparison", "build/tests/compare/compare --only stall",
     "06-epoll/mine"},
    {"the README's table", "ctest --test-dir build -V -R '^prose.stage-table$'",
     "no row for 06-epoll/mine"},
    {"the tests themselves, one of each",
     "ctest --test-dir build -V -R "
     "'^06-epoll/mine.(half-close|reset-while-owed)$'",
     "100% tests passed"},
};

/* The commands of the block. Its tests are only counted: what they try has been
 * tried with the server that was copied. */
static void run_block(const struct text *t, const struct block *b)
{
    size_t line = b->first;
    char *output;

    while (line < b->end) {
        const char *command = joined_line(t, &line, b->end);

        if (starts_with(command, "ctest "))
            command = keep_format("%s -N", command);
        check_step("%s", command);
        if (run_command(command, &output) != 0)
            CHECK_FAIL("%s\n%s", command, output);
    }
}

/* A bug of the variant's own, which needs a case that is listed for it. */
static void add_mutant(void)
{
    FILE *f = fopen("tests/mutants/bytes/in-the-variant.mutant", "w");

    CHECK(f != NULL);
    fputs("bug: The beginning of main has a remark.\n"
          "seen: nothing\n"
          "from: tests/prose/variant.c\n"
          "\n"
          "in 06-epoll/mine: server.c\n"
          "test: half-close\n"
          "-int main(int argc, char **argv)\n"
          "+int main(int argc, char **argv) /* it begins here */\n",
          f);
    CHECK(fclose(f) == 0);
}

void case_variant(void)
{
    struct text t = read_text("CONTRIBUTING.md");
    struct block b = {0};
    int missing = 0;

    if (is_instrumented())
        check_skip("it builds the tree once more: once without a sanitizer");
    do
        if (!next_block(&t, b.end, &b))
            CHECK_FAIL("CONTRIBUTING.md does not say how a variant is added");
    while (strcmp(b.info, "sh variant") != 0);
    enter_copy();
    setenv("CMAKE_BUILD_TYPE", "Debug", 0); /* quicker to build */
    run_block(&t, &b);
    add_mutant();
    for (size_t i = 0; i < CHECK_COUNT(looks); i++) {
        char *output;

        check_step("%s: %s", looks[i].what, looks[i].command);
        run_command(looks[i].command, &output);
        if (strstr(output, looks[i].answer) != NULL)
            continue;
        fprintf(stderr, "%s: %s\n  shows no \"%s\":\n%s\n", looks[i].what,
                looks[i].command, looks[i].answer, output);
        missing++;
    }
    if (missing > 0)
        CHECK_FAIL("%d do not know the variant", missing);
}
