/* tests/conformance/service.c */
#include "suite.h"

const struct suite_case service_cases[] = {
    {0},
};
