/* tests/harness/escape.c - see escape.h. */
#include "escape.h"

#include <stdio.h>

const char *escape_byte(char text[5], char byte)
{
    static const char named[] = "\\\\\nn\rr\tt";

    for (size_t i = 0; i < sizeof(named) - 1; i += 2)
        if (byte == named[i]) {
            snprintf(text, 5, "\\%c", named[i + 1]);
            return text;
        }
    if (byte >= ' ' && byte <= '~')
        snprintf(text, 5, "%c", byte);
    else
        snprintf(text, 5, "\\x%02x", (unsigned int)(unsigned char)byte);
    return text;
}
