/* tests/unit/feed.c - see feed.h. */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

void expect_written(const char *file, int line, struct buffer *b,
                    const char *want, size_t want_len)
{
    check_bytes(file, line, buffer_front(b), buffer_len(b), want, want_len);
    buffer_free(b);
}

void feed_begin(struct feed *f, const struct codec *codec)
{
    *f = (struct feed){.codec = codec};
}

static void note_frame(struct feed *f, const struct frame *frame)
{
    CHECK(frame->offset <= f->pending_len);
    CHECK(frame->len <= f->pending_len - frame->offset);
    CHECK(frame->len <= f->codec->max_frame);
    CHECK(buffer_append(&f->said, f->pending + frame->offset, frame->len));
    CHECK(buffer_append(&f->said, "|", 1));
    f->frames++;
}

static void drop(struct feed *f, char **front, size_t used)
{
    CHECK(used <= f->pending_len);
    *front += used;
    f->pending_len -= used;
    f->dropped += used;
}

static void check_error_stays(struct feed *f, const char *front)
{
    struct frame frame;

    CHECK(f->decoder.why != NULL);
    for (size_t len = 0; len <= f->pending_len; len += f->pending_len + 1) {
        CHECK(frame_decode(f->codec, &f->decoder, front, len, &frame) ==
              FRAME_ERROR);
        CHECK_EQ(frame.used, 0);
    }
}

void feed_piece(struct feed *f, const char *bytes, size_t len)
{
    char *all = malloc(f->pending_len + len);
    char *front = all;
    enum frame_status status;

    CHECK(all != NULL || f->pending_len + len == 0);
    if (f->pending_len > 0)
        memcpy(all, f->pending, f->pending_len);
    if (len > 0)
        memcpy(all + f->pending_len, bytes, len);
    free(f->pending);
    f->pending_len += len;
    do {
        struct frame frame;

        f->pending = front;
        status =
            frame_decode(f->codec, &f->decoder, front, f->pending_len, &frame);
        if (status == FRAME_READY && frame.expects)
            f->asked++;
        else if (status == FRAME_READY)
            note_frame(f, &frame);
        if (status == FRAME_READY)
            CHECK(frame.used > 0 || frame.expects);
        drop(f, &front, frame.used);
    } while (status == FRAME_READY);
    if (status == FRAME_ERROR)
        check_error_stays(f, front);
    /* What is left begins a piece of its own, again of exactly its size. */
    f->pending = f->pending_len > 0 ? malloc(f->pending_len) : NULL;
    if (f->pending != NULL)
        memcpy(f->pending, front, f->pending_len);
    free(all);
}

void feed_end(struct feed *f)
{
    if (f->decoder.why != NULL)
        f->ending = END_ERROR;
    else
        f->ending = f->pending_len == 0 ? END_CLEAN : END_TRUNCATED;
}

void feed_free(struct feed *f)
{
    buffer_free(&f->said);
    free(f->pending);
    f->pending = NULL;
}

static void expect_heard(struct feed *f, const char *want, size_t want_len,
                         enum ending ending)
{
    feed_end(f);
    CHECK_BYTES(buffer_front(&f->said), buffer_len(&f->said), want, want_len);
    CHECK_EQ(f->ending, ending);
    feed_free(f);
}

void expect_frames(const struct codec *codec, const char *bytes, size_t len,
                   const char *want, size_t want_len, enum ending ending)
{
    struct feed f;

    for (size_t cut = 0; cut < len; cut++) {
        check_step("the first %zu of %zu bytes, then the others", cut, len);
        feed_begin(&f, codec);
        feed_piece(&f, bytes, cut);
        feed_piece(&f, bytes + cut, len - cut);
        expect_heard(&f, want, want_len, ending);
    }
    check_step("%zu bytes, one at a time", len);
    feed_begin(&f, codec);
    for (size_t i = 0; i < len; i++)
        feed_piece(&f, bytes + i, 1);
    expect_heard(&f, want, want_len, ending);
}

unsigned random_below(unsigned long long *state, unsigned limit)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(*state >> 33) % limit;
}
