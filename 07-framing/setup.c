/* 07-framing/setup.c - see setup.h. */
#include "setup.h"

/* --max-frame may stand before --codec, which sets defaults: so the codec is
 * made when all has been read. */
static int chosen_kind;
static uint64_t chosen_max; /* 0: the codec's own */

static const struct option_row codec_rows[] = {
    {0, "codec", "NAME", "one of", "length", .name_at = codec_name,
     .number = &chosen_kind},
    {0, "max-frame", "BYTES", "the longest payload (default: the codec's)",
     .min = 1, .max = UINT64_MAX, .size = &chosen_max},
};

static struct codec chosen_codec(void)
{
    struct codec codec = codec_defaults((enum codec_kind)chosen_kind);

    if (chosen_max > 0)
        codec.max_frame = chosen_max;
    return codec;
}

void parse_framed_server(struct options *options, struct codec *codec,
                         enum answer_kind *answer, int argc, char **argv)
{
    int kind;
    const struct option_row own[] = {
        codec_rows[0],
        codec_rows[1],
        {'s', "service", "NAME", "one of", "goodbye", .name_at = answer_name,
         .number = &kind},
        {0},
    };

    parse_server_options_and(options, argc, argv, "9007", own);
    *codec = chosen_codec();
    *answer = (enum answer_kind)kind;
}

void parse_framed_client(const char **host, const char **port,
                         struct codec *codec, bool *hex, int argc, char **argv)
{
    int as_hex = 0;
    const struct option_row own[] = {
        codec_rows[0],
        codec_rows[1],
        {0, "hex", NULL, "print payloads as hex digits", .value = 1,
         .number = &as_hex},
        {0},
    };

    parse_client_options_and(host, port, argc, argv, own);
    *codec = chosen_codec();
    codec->is_client = true;
    *hex = as_hex;
}
