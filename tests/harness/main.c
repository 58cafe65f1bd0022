/* tests/harness/main.c - the main of a program that has no other (check.h). */
#include "runner.h"

int main(int argc, char **argv)
{
    static const struct check_case *const tables[] = {check_cases, NULL};
    static const struct test_program program = {.tables = tables};

    return run_tests(argc, argv, &program);
}
