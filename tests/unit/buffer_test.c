/* tests/unit/buffer_test.c - the growing buffer of stage 07. */
#include "buffer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "feed.h"

static void empty_holds_nothing(void)
{
    struct buffer b = {0};

    CHECK_EQ(buffer_len(&b), 0);
    CHECK(buffer_front(&b) == NULL);
    CHECK(buffer_append(&b, NULL, 0));
    CHECK(b.bytes == NULL);
    buffer_consume(&b, 0);
    CHECK(buffer_append(&b, "abc", 3));
    buffer_consume(&b, 2);
    CHECK_TEXT(buffer_front(&b), buffer_len(&b), "c");
    buffer_consume(&b, 1);
    CHECK(b.bytes == NULL && b.capacity == 0);
    CHECK(buffer_room(&b, 100) != NULL);
    buffer_grew(&b, 0);
    CHECK(b.bytes == NULL);
}

/* Against a plain array: what goes in comes out, in order. */
static void as_an_array(void)
{
    enum { ALL = 1 << 20 };
    unsigned long long seed = 3;
    struct buffer b = {0};
    char *all = malloc(ALL);
    size_t in = 0, out = 0;

    CHECK(all != NULL);
    for (size_t i = 0; i < ALL; i++)
        all[i] = (char)random_below(&seed, 256);
    while (out < ALL) {
        size_t more = random_below(&seed, 5000),
               less = random_below(&seed, 5000);

        more = more < ALL - in ? more : ALL - in;
        CHECK(buffer_append(&b, all + in, more));
        in += more;
        less = less < in - out ? less : in - out;
        CHECK_EQ(buffer_len(&b), in - out);
        if (less > 0)
            CHECK(memcmp(buffer_front(&b), all + out, less) == 0);
        buffer_consume(&b, less);
        out += less;
        CHECK(b.capacity <= 256 || b.capacity <= 16384 ||
              b.capacity <= 4 * buffer_len(&b));
    }
    CHECK(b.bytes == NULL);
    free(all);
}

/* The first bytes of the next frame do not keep the memory of the last. */
static void shrinks(void)
{
    enum { LONG = 8 << 20 };
    struct buffer b = {0};
    char *room = buffer_room(&b, LONG);

    CHECK(room != NULL);
    memset(room, 'x', LONG);
    buffer_grew(&b, LONG);
    CHECK(buffer_append(&b, "next", 4));
    buffer_consume(&b, LONG);
    CHECK_TEXT(buffer_front(&b), buffer_len(&b), "next");
    CHECK(b.capacity < 100);
    CHECK(buffer_append(&b, "after it", 8));
    CHECK_TEXT(buffer_front(&b), buffer_len(&b), "nextafter it");
    buffer_free(&b);
}

/* The queue moves on through its memory: steady traffic does not grow it. */
static void steady(void)
{
    struct buffer b = {0};
    char piece[100] = "";

    CHECK(buffer_append(&b, piece, sizeof(piece)));
    for (int i = 0; i < 100000; i++) {
        CHECK(buffer_append(&b, piece, sizeof(piece)));
        buffer_consume(&b, sizeof(piece));
        CHECK(b.capacity <= 1024);
    }
    buffer_free(&b);
}

/* A long queue from which a little is taken is not moved to its front for
 * each little that is added: that would be the square of its length. */
static void seldom_moved(void)
{
    enum { LONG = 1 << 20 };
    struct buffer b = {0};
    char *room = buffer_room(&b, LONG);
    int moved = 0;

    CHECK(room != NULL);
    memset(room, 'x', LONG);
    buffer_grew(&b, LONG);
    for (int i = 0; i < 1000; i++) {
        buffer_consume(&b, 1);
        CHECK(buffer_append(&b, "y", 1));
        moved += b.start == 0;
    }
    CHECK(moved <= 2);
    buffer_free(&b);
}

static void no_memory(void)
{
    struct buffer b = {0};

    CHECK(buffer_append(&b, "abc", 3));
    errno = 0;
    CHECK(buffer_room(&b, SIZE_MAX) == NULL);
    CHECK_EQ(errno, ENOMEM);
    EXPECT_WRITTEN(&b, BYTES("abc"));
}

const struct check_case check_cases[] = {
    CASE(empty_holds_nothing, "unit"),
    CASE(as_an_array, "unit"),
    CASE(shrinks, "unit"),
    CASE(steady, "unit"),
    CASE(seldom_moved, "unit"),
    CASE(no_memory, "unit"),
    {0},
};
