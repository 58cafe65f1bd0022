/*
 * tests/unit/service_test.c - the four services, cut into pieces in every way.
 * Where the pieces are cut must never change what is said, nor when the server
 * hangs up.
 */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "clock.h"

enum { MAX = 2048 };

/* ---- a conversation fed in pieces ---- */

struct talk {
    struct session session;
    char heard[MAX];
    size_t heard_len;
    size_t taken; /* bytes fed, up to and with the piece that ended it */
    bool last;
};

static void hear(struct talk *t, struct reply reply)
{
    CHECK(t->heard_len + reply.len <= sizeof(t->heard));
    memcpy(t->heard + t->heard_len, reply.bytes, reply.len);
    t->heard_len += reply.len;
    t->last = reply.last;
}

static void open_talk(struct talk *t, const char *service)
{
    memset(t, 0, sizeof(*t));
    CHECK(service_find(service) != NULL);
    hear(t, session_open(&t->session, service_find(service)));
    CHECK(!t->last);
}

/* A copy, in memory of exactly that size: a sanitizer sees a byte too far. */
static void feed(struct talk *t, const char *bytes, size_t len)
{
    char *copy;

    if (t->last)
        return;
    copy = malloc(len > 0 ? len : 1);
    CHECK(copy != NULL);
    memcpy(copy, bytes, len);
    hear(t, session_feed(&t->session, copy, len));
    t->taken += len;
    free(copy);
}

static void expect_talk(const struct talk *t, const char *heard, size_t len,
                        bool last)
{
    CHECK_BYTES(t->heard, t->heard_len, heard, len);
    CHECK_EQ(t->last, last);
}

/* Says `said` in one piece, in two and three at every place, and bytewise. */
static void expect_at_every_split(const char *service, const char *said,
                                  size_t len, const char *heard,
                                  size_t heard_len, bool last)
{
    struct talk t;

    check_step("%s, cut at every place", service);
    for (size_t i = 0; i <= len; i++)
        for (size_t j = i; j <= len; j++) {
            open_talk(&t, service);
            feed(&t, said, i);
            feed(&t, said + i, j - i);
            feed(&t, said + j, len - j);
            expect_talk(&t, heard, heard_len, last);
        }
    open_talk(&t, service);
    for (size_t i = 0; i < len; i++)
        feed(&t, said + i, 1);
    expect_talk(&t, heard, heard_len, last);
}

/* ---- farewells ---- */

static const char *const farewells[] = {"bye\n",    "bye\r\n", "exit\n",
                                        "exit\r\n", "quit\n",  "quit\r\n"};

static const char *const before[] = {
    "",     "\n",        "hi\n",   "hi\r\n",
    "\r\n", "bye bye\n", "xbye\n", "abcdef\nquitx\n",
    "by\n"};

static const char *const after[] = {"", "more", "more\n", "\n", "bye\n"};

static void to_upper(char *text)
{
    for (; *text != '\0'; text++)
        if (strchr("abcdefghijklmnopqrstuvwxyz", *text) != NULL)
            *text = (char)(*text - 32);
}

/* Echoed, hung up, and what follows it dropped: at the start, after other
 * lines, in the middle of a read, with \n and with \r\n. */
static void every_farewell_at_every_split(void)
{
    char said[64], heard[64];

    for (size_t f = 0; f < CHECK_COUNT(farewells); f++)
        for (size_t b = 0; b < CHECK_COUNT(before); b++)
            for (size_t a = 0; a < CHECK_COUNT(after); a++) {
                snprintf(heard, sizeof(heard), "%s%s", before[b], farewells[f]);
                snprintf(said, sizeof(said), "%s%s", heard, after[a]);
                expect_at_every_split("echo", said, strlen(said), heard,
                                      strlen(heard), true);
                to_upper(heard);
                expect_at_every_split("upper", said, strlen(said), heard,
                                      strlen(heard), true);
            }
}

/* Between bars. */
static const char no_farewells[] =
    "|bye|bye\r|hi\nbye|xbye\n|bye \n| bye\n|byebye\n|goodbye Alice\n|BYE\n|"
    "Bye\n|by\ne\n|b\rye\n|bye\r\r\n|\rbye\n|bye\r \n|bye\0\n|\0bye\n|b\0ye\n|"
    "by\n|exi\n|exit!\n|exitt\r\n|exit\r\r\n|quit quit\n|quits\n|qui\nt\n|\r\n|"
    "bye;exit\n|quit\rexit\n|";

static void what_is_no_farewell(void)
{
    const char *end, *past = no_farewells + sizeof(no_farewells) - 1;

    for (const char *text = no_farewells; text < past; text = end + 1) {
        size_t len;

        end = memchr(text, '|', (size_t)(past - text));
        len = (size_t)(end - text);
        expect_at_every_split("echo", text, len, text, len, false);
    }
}

/* A counter of the bytes of a line that is a byte wide would come round. */
static void a_long_line_is_no_farewell(void)
{
    char said[MAX];

    for (size_t len = 4; len < 1100; len++) {
        struct talk t;

        memset(said, 'x', len);
        memcpy(said, "bye", 3);
        memcpy(said + len - 3, "bye", 3);
        said[len] = '\n';
        open_talk(&t, "echo");
        feed(&t, said, len + 1);
        expect_talk(&t, said, len + 1, false);
        feed(&t, "bye\n", 4);
        CHECK(t.last);
        open_talk(&t, "echo");
        for (size_t i = 0; i <= len; i++)
            feed(&t, said + i, 1);
        expect_talk(&t, said, len + 1, false);
    }
}

/* ---- echo and upper ---- */

/* In place: the reply is the buffer. */
static void upper_on_every_byte(void)
{
    const struct service *upper = service_find("upper");
    struct session session;
    struct reply reply;
    char bytes[256];

    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    (void)session_open(&session, upper);
    reply = session_feed(&session, bytes, sizeof(bytes));
    CHECK(reply.bytes == bytes);
    CHECK_EQ(reply.len, sizeof(bytes));
    CHECK(!reply.last);
    for (int i = 0; i < 256; i++) {
        int want = i >= 'a' && i <= 'z' ? i - 'a' + 'A' : i;

        CHECK_EQ((unsigned char)bytes[i], want);
    }
}

static void echo_leaves_every_byte(void)
{
    char bytes[256], same[256];
    struct session session;
    struct reply reply;

    for (int i = 0; i < 256; i++)
        same[i] = bytes[i] = (char)i;
    (void)session_open(&session, service_find("echo"));
    reply = session_feed(&session, bytes, sizeof(bytes));
    CHECK(reply.bytes == bytes);
    CHECK_BYTES(reply.bytes, reply.len, same, sizeof(same));
}

/* A letter of two bytes, cut in the middle, stays what it was; and no locale
 * has a say. */
static void upper_leaves_utf8_alone(void)
{
    static const char said[] = "gr\xc3\xbc\xc3\x9f dich\n";
    static const char heard[] = "GR\xc3\xbc\xc3\x9f DICH\n";

    expect_at_every_split("upper", said, sizeof(said) - 1, heard,
                          sizeof(heard) - 1, false);
}

/* ---- hello and greet ---- */

static void hello_says_one_thing(void)
{
    static const char said[] = "hello?\nbye\n";

    expect_at_every_split("hello", "", 0, "hello world\n", 12, false);
    expect_at_every_split("hello", said, sizeof(said) - 1, "hello world\n", 12,
                          false);
}

static void greet_counts_to_twelve(void)
{
    static const char said[] = "bye\n\0\xff........more than twelve";

    for (size_t len = 0; len < GREET_LEN; len++)
        expect_at_every_split("greet", said, len, "", 0, false);
    for (size_t len = GREET_LEN; len < sizeof(said); len++)
        expect_at_every_split("greet", said, len, "glad to meet you!", 17,
                              true);
}

/* Pieces of nothing change nothing. */
static void nothing_is_nothing(void)
{
    static const char *const names[] = {"echo", "upper", "hello", "greet"};

    for (size_t i = 0; i < CHECK_COUNT(names); i++) {
        struct talk t;

        open_talk(&t, names[i]);
        t.heard_len = 0;
        for (int round = 0; round < 300; round++)
            feed(&t, "", 0);
        expect_talk(&t, "", 0, false);
    }
}

static void services_by_name(void)
{
    static const char *const wrong[] = {"",      "ech",  "echoo", "ECHO",
                                        "echo ", "smtp", "bye"};

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++)
        CHECK(service_find(wrong[i]) == NULL);
    for (int i = 0; i < 4; i++)
        CHECK(service_find(service_name(i)) != NULL);
    CHECK(service_name(4) == NULL);
    CHECK(service_find("echo") != service_find("upper"));
    CHECK(service_find("hello") != service_find("greet"));
}

/* ---- any stream, against a second, plain reading of the contract ---- */

struct expected {
    char heard[MAX];
    size_t len;
    bool last;
};

static bool is_word(const char *line, size_t len)
{
    return (len == 3 && memcmp(line, "bye", 3) == 0) ||
           (len == 4 && memcmp(line, "exit", 4) == 0) ||
           (len == 4 && memcmp(line, "quit", 4) == 0);
}

/* All of the stream in hand, line after line. */
static void echo_by_the_book(struct expected *e, const char *all, size_t len)
{
    size_t start = 0;

    e->last = false;
    e->len = len;
    for (size_t i = 0; i < len && !e->last; i++) {
        size_t line_len = i - start;

        if (all[i] != '\n')
            continue;
        if (line_len > 0 && all[i - 1] == '\r')
            line_len--;
        e->last = is_word(all + start, line_len);
        if (e->last)
            e->len = i + 1;
        start = i + 1;
    }
    memcpy(e->heard, all, e->len);
}

static void by_the_book(struct expected *e, int which, const char *all,
                        size_t len)
{
    memset(e, 0, sizeof(*e));
    if (which < 2)
        echo_by_the_book(e, all, len);
    for (size_t i = 0; which == 1 && i < e->len; i++)
        if (e->heard[i] >= 97 && e->heard[i] <= 122)
            e->heard[i] = (char)(e->heard[i] & ~32);
    if (which == 2) {
        memcpy(e->heard, "hello world\n", 12);
        e->len = 12;
    }
    if (which == 3 && len >= 12) {
        memcpy(e->heard, "glad to meet you!", 17);
        e->len = 17;
        e->last = true;
    }
}

static unsigned random_below(unsigned long long *seed, unsigned n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % n;
}

/* Made of what matters, so that farewells and near misses are frequent. */
static size_t random_stream(unsigned long long *seed, char *all)
{
    static const char *const parts[] = {"b",  "y",  "e",    "bye",  "exit",
                                        "qu", "it", "quit", "\r",   "\n",
                                        "\n", " ",  "x",    "\r\n", "\xff"};
    size_t len = 0, n = random_below(seed, 40);

    while (n-- > 0) {
        const char *part = parts[random_below(seed, CHECK_COUNT(parts))];

        memcpy(all + len, part, strlen(part));
        len += strlen(part);
        if (random_below(seed, 50) == 0)
            all[len++] = '\0';
        if (random_below(seed, 100) == 0) {
            memset(all + len, 'e', 300);
            len += 300;
        }
        if (len > MAX - 400)
            break;
    }
    return len;
}

static void any_stream_in_any_pieces(void)
{
    static const char *const names[] = {"echo", "upper", "hello", "greet"};
    unsigned long long seed = 1;
    static char all[MAX];
    static struct expected e;
    int farewells_seen = 0;

    for (int round = 0; round < 60000; round++) {
        int which = (int)random_below(&seed, 8) % 5 % 4; /* echo most often */
        size_t len = random_stream(&seed, all), done = 0;
        struct talk t;

        by_the_book(&e, which, all, len);
        open_talk(&t, names[which]);
        while (done < len) {
            size_t n = 1 + random_below(&seed, 7);

            n = n < len - done ? n : len - done;
            feed(&t, all + done, n);
            done += n;
        }
        if (t.heard_len != e.len || memcmp(t.heard, e.heard, e.len) != 0 ||
            t.last != e.last) {
            check_show("said", all, len);
            check_step("%s, round %d", names[which], round);
            expect_talk(&t, e.heard, e.len, e.last);
        }
        /* It hung up in the piece in which the farewell ended. */
        if (which < 2 && t.last)
            CHECK(t.taken >= e.len && t.taken - e.len < 7);
        farewells_seen += which < 2 && t.last;
    }
    CHECK(farewells_seen > 5000);
}

/* ---- work ---- */

static void work_takes_its_time(void)
{
    long long start = clock_ms();

    work(30);
    CHECK(clock_ms() - start >= 29);
    work(0);
    work(-1);
}

const struct check_case check_cases[] = {
    CASE(every_farewell_at_every_split, "unit"),
    CASE(what_is_no_farewell, "unit"),
    CASE(a_long_line_is_no_farewell, "unit"),
    CASE(upper_on_every_byte, "unit"),
    CASE(echo_leaves_every_byte, "unit"),
    CASE(upper_leaves_utf8_alone, "unit"),
    CASE(hello_says_one_thing, "unit"),
    CASE(greet_counts_to_twelve, "unit"),
    CASE(nothing_is_nothing, "unit"),
    CASE(services_by_name, "unit"),
    CASE(any_stream_in_any_pieces, "unit"),
    CASE(work_takes_its_time, "unit"),
    {0},
};
