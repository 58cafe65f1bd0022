/*
 * tests/unit/fuzz/properties.h - what holds for any input at all. The fuzz
 * targets and the mutation test throw bytes at these; a property that does not
 * hold ends the process.
 */
#ifndef PROPERTIES_H
#define PROPERTIES_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/* However a stream is cut, it gives the same frames and the same ending;
 * nothing beyond its end is read; and what was decoded, encoded again, decodes
 * to itself. */
void check_stream(const struct codec *codec, const char *bytes, size_t len);

/* What must hold of each decoder by its name: of a codec as above, of "length"
 * with options out of the first bytes of the input, of "http" on both sides; of
 * "protobuf", that a message is read without looking beyond its end, or
 * refused; what was read lies within it; and written again, it reads as the
 * same. */
void check_decoder(const char *name, const char *bytes, size_t len);

/* libFuzzer calls this; target.c defines it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
