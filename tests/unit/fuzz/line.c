/* tests/unit/fuzz/line.c - the codec line, any stream. */
#include "properties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct codec codec = codec_defaults(CODEC_LINE);

    check_stream(&codec, (const char *)data, size);
    return 0;
}
