/* tests/unit/fuzz/http.c - the codec http, as a server reads requests and as a
 * client reads responses. */
#include "properties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct codec codec = codec_defaults(CODEC_HTTP);

    check_stream(&codec, (const char *)data, size);
    codec.is_client = true;
    check_stream(&codec, (const char *)data, size);
    return 0;
}
