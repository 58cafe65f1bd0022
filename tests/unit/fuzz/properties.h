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

/* Options of the codec `length` out of the first bytes of an input; returns
 * how many were taken. */
size_t take_options(struct codec *codec, const char *bytes, size_t len);

/* A message is read without looking beyond its end, or refused; what was read
 * lies within it; and written again, it reads as the same. */
void check_request(const char *bytes, size_t len);
void check_response(const char *bytes, size_t len);

/* libFuzzer calls this; each target defines it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
