/* common/service.c - the four services. See service.h. */
#include "service.h"

#include <string.h>
#include <time.h>

struct service {
    const char *name;
    const char *opening;
    struct reply (*feed)(struct session *s, char *bytes, size_t len);
};

static bool is_farewell(const char *line, size_t len)
{
    static const char words[][FAREWELL_LEN] = {"bye", "exit", "quit"};

    if (len > 0 && line[len - 1] == '\r')
        len--;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (len == strlen(words[i]) && memcmp(line, words[i], len) == 0)
            return true;
    return false;
}

/* Takes the bytes up to and with the next newline, or all; returns how many.
 * A line longer than every farewell counts FAREWELL_LEN + 1, however long it
 * is, and nothing of it need be kept. */
static size_t take_line(struct session *s, const char *bytes, size_t len)
{
    const char *newline = memchr(bytes, '\n', len);
    size_t line_len = newline != NULL ? (size_t)(newline - bytes) : len;

    if (s->seen + line_len > FAREWELL_LEN) {
        s->seen = FAREWELL_LEN + 1;
    } else {
        memcpy(s->line + s->seen, bytes, line_len);
        s->seen = (unsigned char)(s->seen + line_len);
    }
    return newline != NULL ? line_len + 1 : line_len;
}

/* Everything comes back, up to and with a farewell. */
static struct reply feed_echo(struct session *s, char *bytes, size_t len)
{
    struct reply reply = {bytes, 0, false};

    while (reply.len < len && !reply.last) {
        reply.len += take_line(s, bytes + reply.len, len - reply.len);
        if (bytes[reply.len - 1] != '\n')
            break;
        reply.last = s->seen <= FAREWELL_LEN && is_farewell(s->line, s->seen);
        s->seen = 0;
    }
    return reply;
}

/* Bytes, not letters: a UTF-8 sequence cut in two must come back whole. */
static struct reply feed_upper(struct session *s, char *bytes, size_t len)
{
    struct reply reply = feed_echo(s, bytes, len);

    for (size_t i = 0; i < reply.len; i++)
        if (bytes[i] >= 'a' && bytes[i] <= 'z')
            bytes[i] = (char)(bytes[i] - 'a' + 'A');
    return reply;
}

static struct reply feed_hello(struct session *s, char *bytes, size_t len)
{
    (void)s;
    (void)len;
    return (struct reply){bytes, 0, false};
}

static struct reply feed_greet(struct session *s, char *bytes, size_t len)
{
    static const char answer[] = "glad to meet you!";

    if (len < (size_t)(GREET_LEN - s->seen)) {
        s->seen = (unsigned char)(s->seen + len);
        return (struct reply){bytes, 0, false};
    }
    return (struct reply){answer, sizeof(answer) - 1, true};
}

static const struct service services[] = {
    {"echo", "", feed_echo},
    {"upper", "", feed_upper},
    {"hello", "hello world\n", feed_hello},
    {"greet", "", feed_greet},
};

const char *service_name(int i)
{
    return (size_t)i < sizeof(services) / sizeof(services[0]) ? services[i].name
                                                              : NULL;
}

const struct service *service_find(const char *name)
{
    for (int i = 0; service_name(i) != NULL; i++)
        if (strcmp(service_name(i), name) == 0)
            return &services[i];
    return NULL;
}

struct reply session_open(struct session *s, const struct service *service)
{
    *s = (struct session){.service = service};
    return (struct reply){service->opening, strlen(service->opening), false};
}

struct reply session_feed(struct session *s, char *bytes, size_t len)
{
    return s->service->feed(s, bytes, len);
}

void work(int ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000L};

    while (ms > 0 && nanosleep(&left, &left) == -1)
        continue;
}
