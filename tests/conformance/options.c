/* tests/conformance/options.c */
#include "suite.h"

const struct suite_case options_cases[] = {
    {0},
};
