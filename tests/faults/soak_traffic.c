#include "inject_rules.h"
