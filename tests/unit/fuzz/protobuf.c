/* tests/unit/fuzz/protobuf.c - the key-value messages, any bytes. */
#include "properties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_request((const char *)data, size);
    check_response((const char *)data, size);
    return 0;
}
