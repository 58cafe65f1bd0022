/*
 * 07-framing/setup.h - the command lines of stage 07: those of common/options.h
 * and --codec, --max-frame; the server's --service is one of answer.h.
 */
#ifndef SETUP_H
#define SETUP_H

#include <stdbool.h>

#include "answer.h"
#include "frame.h"
#include "options.h"

/* Print and exit as parse_server_options does. */
void parse_framed_server(struct options *options, struct codec *codec,
                         enum answer_kind *answer, int argc, char **argv);

/* `hex`: payloads are to be printed as hex digits. */
void parse_framed_client(const char **host, const char **port,
                         struct codec *codec, bool *hex, int argc, char **argv);

#endif
