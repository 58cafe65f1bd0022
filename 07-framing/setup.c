/* 07-framing/setup.c - see setup.h. */
#include "setup.h"

#include <errno.h>
#include <stdlib.h>

/* --max-frame may stand before --codec, which sets defaults: so it is kept
 * until all have been read. */
static struct codec chosen_codec;
static enum answer_kind chosen_answer;
static unsigned long long chosen_max; /* 0: the codec's own */
static bool chosen_hex;

static bool take_codec(const char *word)
{
    return codec_named(word, &chosen_codec);
}

static bool take_max_frame(const char *word)
{
    char *end;

    errno = 0;
    chosen_max = strtoull(word, &end, 10);
    return word[0] >= '0' && word[0] <= '9' && *end == '\0' && errno == 0 &&
           chosen_max > 0;
}

static bool take_answer(const char *word)
{
    return answer_named(word, &chosen_answer);
}

static bool take_hex(const char *word)
{
    (void)word;
    chosen_hex = true;
    return true;
}

static const struct own_option max_frame = {
    "max-frame", "BYTES: the longest payload (default: the codec's)", true,
    take_max_frame};
static const struct own_option codec_option = {
    "codec", "length, line, tlv, grpc or http (default length)", true,
    take_codec};

static struct codec finished_codec(void)
{
    if (chosen_max > 0)
        chosen_codec.max_frame = chosen_max;
    return chosen_codec;
}

void parse_framed_server(struct options *options, struct codec *codec,
                         enum answer_kind *answer, int argc, char **argv)
{
    const struct own_option own[] = {
        codec_option,
        max_frame,
        {"service", "goodbye, echo or upper (default goodbye)", true,
         take_answer},
    };

    chosen_codec = codec_defaults(CODEC_LENGTH);
    parse_server_options_and(options, argc, argv, "9007", own,
                             sizeof(own) / sizeof(own[0]));
    *codec = finished_codec();
    *answer = chosen_answer;
}

void parse_framed_client(const char **host, const char **port,
                         struct codec *codec, bool *hex, int argc, char **argv)
{
    const struct own_option own[] = {
        codec_option,
        max_frame,
        {"hex", "print payloads as hex digits", false, take_hex},
    };

    chosen_codec = codec_defaults(CODEC_LENGTH);
    parse_client_options_and(host, port, argc, argv, own,
                             sizeof(own) / sizeof(own[0]));
    *codec = finished_codec();
    codec->is_client = true;
    *hex = chosen_hex;
}
