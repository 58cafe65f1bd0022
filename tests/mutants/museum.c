/* tests/mutants/museum.c - see mutant.h: the bugs as a page to read. */
#include "mutant.h"

#include <stdlib.h>
#include <string.h>

#include "servers.h"

enum { WIDTH = 80 };

static const char introduction[] =
    "# A museum of bugs\n"
    "\n"
    "Every server of this kind that was ever written has had some of these. "
    "Each of them is put into ours, one at a time, and a test must notice: "
    "from outside, as a client or a keeper would. `cmake --workflow --preset "
    "mutants` builds all of them and runs, for each, the test that is named "
    "here; it passes when that test fails.\n"
    "\n"
    "The bugs stand here by kind. Below they are listed [by "
    "server](#by-server), for readers of one, and [by document](#by-document), "
    "for those who learned from one. A bug's name leads to its text: what "
    "somebody sees who uses such a server, where people meet it, and the lines "
    "that change. Read the sentence, guess the line, then look. `06: "
    "never-reads` says that in 06-epoll the case `never-reads` notices.\n"
    "\n"
    "This page is made from the texts by `mutate museum` and checked by the "
    "test `mutants.texts`. What a text names must be found exactly once in the "
    "current source, so it cannot drift away from it. [mutant.h](mutant.h) has "
    "its form. To add a bug, write a text, then a new page: "
    "`build/tests/mutants/mutate museum . > tests/mutants/README.md`.\n";

/* The folders of the texts. */
static const struct {
    const char *name, *title, *sentence;
} groups[] = {
    {"bytes", "Bytes",
     "A stream has no messages: what one read brings begins and ends anywhere, "
     "and one write may take a part of what it is given."},
    {"leaving", "Clients that leave",
     "A client says that it has said all, or is gone without a word, in the "
     "middle of anything. The server has to tell which, and to forget it."},
    {"many", "Many clients, and too little of everything",
     "Descriptors, memory and places run out. Who comes then waits; those who "
     "are there notice nothing."},
    {"processes", "Processes",
     "After fork(2) every descriptor is open twice, both go on at the same "
     "line, and a child that has ended waits to be asked about."},
    {"threads", "Threads",
     "Threads see each other's variables, and each has a stack that somebody "
     "gives back."},
    {"loops", "Event loops",
     "One thread serves all: what blocks, spins or is forgotten for one client "
     "is felt by everyone."},
    {"stopping", "Starting and stopping",
     "A server is started by a script, watched by nobody and stopped by a "
     "signal that comes at the worst time."},
    {"frames", "Frames",
     "A length is a stranger's claim, its own bytes come one at a time, and "
     "the stream ends in the middle."},
    {"clients", "The other side: clients",
     "A client hangs, loses and invents as well as a server does."},
};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

/* Who was read before this was written, and by which words of "from" a bug is
 * known to be theirs. */
static const struct {
    const char *words, *title;
} documents[] = {
    {"fork", "The tutorial in C on fork"},
    {"thread tutorial", "The tutorial in C on threads"},
    {"C client", "Their client"},
    {"Go ", "The Go tutorial and its client"},
    {"Zig", "A poll server in Zig"},
    {"mio", "The example of mio, in Rust"},
    {"std::net", "A thread server with Rust's std::net"},
    {"tokio", "A tutorial on framing with tokio"},
    {"key-value", "A key-value server in Rust"},
};
enum { DOCUMENTS = sizeof(documents) / sizeof(documents[0]) };

/* A paragraph, broken into lines; those after the first begin with `indent`. */
static void wrap(FILE *out, const char *indent, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, " \n");

        if (column > 0 && column + 1 + len > WIDTH) {
            fprintf(out, "\n%s", indent);
            column = strlen(indent);
        } else if (column > 0) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, len, out);
        column += len;
        text += len;
        if (*text == '\n') {
            fputc('\n', out);
            column = 0;
        }
        if (*text != '\0')
            text++;
    }
    if (column > 0)
        fputc('\n', out);
}

/* What a list shows; NULL asks for nothing. */
struct wanted {
    const char *group, *server, *words;
};

static bool is_wanted(const struct mutant *m, struct wanted w)
{
    return (w.group == NULL || strcmp(m->group, w.group) == 0) &&
           (w.server == NULL || mutant_part(m, w.server) != NULL) &&
           (w.words == NULL || strstr(m->from, w.words) != NULL);
}

/* An item that names them; nothing if there are none. */
static void list_names(FILE *out, const char *title, struct wanted w,
                       const struct mutant *mutants, size_t count)
{
    struct text item;
    int n = 0;

    text_begin(&item);
    fprintf(item.out, "- %s:", title);
    for (size_t i = 0; i < count; i++)
        if (is_wanted(&mutants[i], w)) {
            fprintf(item.out, "%s [%s]", n == 0 ? "" : ",", mutants[i].name);
            n++;
        }
    text_end(&item);
    if (n > 0)
        wrap(out, "  ", item.bytes);
    free(item.bytes);
}

/* ---- by kind ---- */

/* Whether a part above has this test too: then its servers stand there. */
static bool is_told(const struct mutant *m, int part)
{
    for (int i = 0; i < part; i++)
        if (strcmp(m->parts[i].test, m->parts[part].test) == 0)
            return true;
    return false;
}

/* "04 05 06/edge: `never-reads`" */
static void show_test(FILE *out, const struct mutant *m, const char *test)
{
    const struct server_info *server;

    for (size_t i = 0; (server = server_at(i)) != NULL; i++) {
        const struct part *part = mutant_part(m, server->name);
        const char *variant = strchr(server->name, '/');

        if (part != NULL && strcmp(part->test, test) == 0)
            fprintf(out, " %.2s%s", server->name,
                    variant != NULL ? variant : "");
    }
    fprintf(out, ": `%s`", test);
}

static void show_bug(FILE *out, const struct mutant *m)
{
    fprintf(out, "| [%s] | %s |", m->name, m->bug);
    for (int i = 0; i < m->n_parts; i++)
        if (!is_told(m, i)) {
            fprintf(out, "%s", i == 0 ? "" : ";");
            show_test(out, m, m->parts[i].test);
        }
    fprintf(out, " |\n");
}

static void show_group(FILE *out, int group, const struct mutant *mutants,
                       size_t count)
{
    fprintf(out, "\n## %s\n\n", groups[group].title);
    wrap(out, "", groups[group].sentence);
    fprintf(out, "\n| bug | what is wrong | where, and what notices |\n"
                 "|---|---|---|\n");
    for (size_t i = 0; i < count; i++)
        if (strcmp(mutants[i].group, groups[group].name) == 0)
            show_bug(out, &mutants[i]);
}

/* ---- by server, by document ---- */

static void show_server(FILE *out, const char *server,
                        const struct mutant *mutants, size_t count)
{
    fprintf(out, "\n### %s\n\n", server);
    for (int g = 0; g < GROUPS; g++)
        list_names(out, groups[g].title,
                   (struct wanted){.group = groups[g].name, .server = server},
                   mutants, count);
}

static bool has_bugs(const char *server, const struct mutant *mutants,
                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (mutant_part(&mutants[i], server) != NULL)
            return true;
    return false;
}

static void show_servers(FILE *out, const struct mutant *mutants, size_t count)
{
    const struct server_info *server;

    fprintf(out, "\n## By server\n");
    for (size_t i = 0; (server = server_at(i)) != NULL; i++)
        if (has_bugs(server->name, mutants, count))
            show_server(out, server->name, mutants, count);
}

static void show_documents(FILE *out, const struct mutant *mutants,
                           size_t count)
{
    fprintf(out, "\n## By document\n\n");
    wrap(out, "",
         "Before this was written, programs that others learn from were read "
         "and run. These bugs were theirs; the rest is folklore, met again "
         "and again.");
    fprintf(out, "\n");
    for (int d = 0; d < DOCUMENTS; d++)
        list_names(out, documents[d].title,
                   (struct wanted){.words = documents[d].words}, mutants,
                   count);
}

static void check_group(const struct mutant *m)
{
    for (int g = 0; g < GROUPS; g++)
        if (strcmp(m->group, groups[g].name) == 0)
            return;
    give_up("the folder %s of %s has no title in museum.c", m->group, m->name);
}

void museum(FILE *out, const struct mutant *mutants, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_group(&mutants[i]);
    wrap(out, "", introduction);
    for (int g = 0; g < GROUPS; g++)
        show_group(out, g, mutants, count);
    show_servers(out, mutants, count);
    show_documents(out, mutants, count);
    fprintf(out, "\n");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "[%s]: %s/%s.mutant\n", mutants[i].name, mutants[i].group,
                mutants[i].name);
}
