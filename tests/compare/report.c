#include "results.h"
int report_write(const struct results *r, const char *path)
{
    (void)r;
    (void)path;
    return 0;
}
