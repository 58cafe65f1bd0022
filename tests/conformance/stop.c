/* tests/conformance/stop.c */
#include "suite.h"

const struct suite_case stop_cases[] = {
    {0},
};
