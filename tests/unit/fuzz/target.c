/* tests/unit/fuzz/target.c - any bytes for one decoder, DECODER. */
#include "properties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_decoder(DECODER, (const char *)data, size);
    return 0;
}
