/*
 * tests/unit/fuzz/replay.c - a fuzz target without a fuzzer, for compilers that
 * have none: replay FILE... runs each file once, as a finding is repeated.
 */
#include <stdio.h>
#include <stdlib.h>

#include "properties.h"

enum { FILE_MAX = 1 << 20 };

static int replay(const char *path)
{
    uint8_t *bytes = malloc(FILE_MAX);
    FILE *file = fopen(path, "rb");
    size_t len;

    if (file == NULL || bytes == NULL) {
        perror(path);
        return EXIT_FAILURE;
    }
    len = fread(bytes, 1, FILE_MAX, file);
    fclose(file); /* only read from */
    LLVMFuzzerTestOneInput(bytes, len);
    free(bytes);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (replay(argv[i]) != EXIT_SUCCESS)
            return EXIT_FAILURE;
    printf("%d inputs\n", argc - 1);
    return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
