/* tests/unit/fuzz/length.c - the codec length: the first bytes of an input
 * choose its options, the others are the stream. */
#include "properties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct codec codec;
    size_t taken = take_options(&codec, bytes, size);

    check_stream(&codec, bytes + taken, size - taken);
    return 0;
}
