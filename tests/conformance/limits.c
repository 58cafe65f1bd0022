/* tests/conformance/limits.c */
#include "suite.h"

const struct suite_case limits_cases[] = {
    {0},
};
