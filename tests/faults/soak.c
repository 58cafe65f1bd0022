#include "inject_rules.h"
const struct suite_case soak_cases[] = {{0}};
