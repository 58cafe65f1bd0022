/* tests/prose/picture.c - the picture of each README, computed: three clients
 * ask, are silent, ask again and leave; only who works for them changes.
 *
 * '#': the server works for this client. '.': the client has asked and waits.
 * Blank: the client is not there, or says nothing. */
#include <stdio.h>
#include <string.h>

#include "prose.h"

enum {
    CLIENTS = 3,
    REQUESTS = 2,
    WORK = 2,    /* what an answer takes */
    SILENCE = 6, /* from an answer to the next question */
    LENGTH = 32, /* of the time axis */
    MARGIN = 7,  /* where the axis begins */
};

struct client {
    int asked_at; /* when its next question comes */
    int work;     /* what is left to do for it */
    int answered;
    bool accepted;
};

static bool has_asked(const struct client *c, int time)
{
    return c->answered < REQUESTS && c->asked_at <= time;
}

static bool is_there(const struct client *c, int time)
{
    return c->answered < REQUESTS && (c->answered > 0 || c->asked_at <= time);
}

/* Who is worked for in this moment, or -1: who has asked first; where one is
 * served at a time, the first that has not left. */
static int pick(const struct client *clients, int time, bool only_first)
{
    int picked = -1;

    for (int i = 0; i < CLIENTS; i++) {
        if (only_first && is_there(&clients[i], time))
            return has_asked(&clients[i], time) ? i : -1;
        if (has_asked(&clients[i], time) &&
            (picked == -1 || clients[i].asked_at < clients[picked].asked_at))
            picked = i;
    }
    return picked;
}

static char serve(struct client *c, int time)
{
    if (--c->work == 0) {
        c->work = WORK;
        c->answered++;
        c->asked_at = time + 1 + SILENCE;
    }
    return '#';
}

static void draw(char rows[CLIENTS][LENGTH + 1])
{
    struct client clients[CLIENTS];

    for (int i = 0; i < CLIENTS; i++)
        clients[i] = (struct client){.asked_at = i, .work = WORK};
    memset(rows, 0, CLIENTS * (LENGTH + 1));
    for (int time = 0; time < LENGTH; time++) {
        int picked =
            pick(clients, time, server_has(server, TRAIT_ONE_AT_A_TIME));

        for (int i = 0; i < CLIENTS; i++) {
            bool one_each = (server->traits &
                             (TRAIT_PROCESS_EACH | TRAIT_THREAD_EACH)) != 0;
            bool asked = has_asked(&clients[i], time);

            rows[i][time] = asked ? '.' : ' ';
            if (asked && (one_each || i == picked))
                rows[i][time] = serve(&clients[i], time);
        }
    }
}

static void check_row(const struct text *t, size_t line, const char *want)
{
    size_t len = strlen(want);
    const char *got = t->lines[line];

    while (len > 0 && want[len - 1] == ' ')
        len--;
    if (strncmp(got, want, len) != 0 ||
        strcspn(got + len, "#.") < strlen(got + len))
        CHECK_FAIL("%s:%zu: the picture must show\n  %.*s\n  and shows\n  %s",
                   t->path, line + 1, (int)len, want, got);
}

void case_picture(void)
{
    struct text readme = read_text("%s/README.md", server->name);
    char rows[CLIENTS][LENGTH + 1];
    struct block b = {0};

    draw(rows);
    while (next_block(&readme, b.end, &b))
        if (strcmp(b.section, "Picture") == 0)
            break;
    CHECK(strcmp(b.section, "Picture") == 0);
    CHECK(b.end - b.first >= 1 + CLIENTS);
    check_row(&readme, b.first, "time   0    5    10   15   20   25   30");
    for (int i = 0; i < CLIENTS; i++)
        check_row(&readme, b.first + 1 + (size_t)i,
                  keep_format("%c%*s%s", 'A' + i, MARGIN - 1, "", rows[i]));
}
