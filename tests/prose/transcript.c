/*
 * tests/prose/transcript.c - replays what the documents show of a terminal.
 *
 * A ```console block is a terminal. "$ " begins a command; the lines below it
 * are what it prints, stdout and stderr as they come, to the next "$ ". "^C"
 * at the beginning of a line is Ctrl-C. "..." alone is any number of lines, in
 * a line any number of characters.
 *
 * Which terminal a block shows is said in the paragraph above it, "terminal 2";
 * without that it is the same as before, the first being 1. A command whose
 * terminal goes on later in the section, and not with a "$ ", is left running;
 * every other one has to end, and with status 0 unless "$ echo $?" follows.
 * A server, and a client fed by "tail -f", may run to the end of the section,
 * where they get a Ctrl-C.
 *
 * Process ids, the ports of clients and descriptors differ each time: a number
 * in brackets, of five digits behind a colon, or behind "fd " stands for any.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "prose.h"

enum { TERMINALS = 6 };

struct terminal {
    struct process *running;
    const char *path; /* what it has shown since its last command began */
    size_t seen;      /* bytes of that which were compared */
    int status;       /* of the command before: $? */
    bool interrupted; /* by ^C: its status does not matter */
    bool stays;       /* its command ends by ^C only */
};

static struct terminal terminals[TERMINALS];
static int commands; /* so far: names files */
static const char *missing_program;

/* ---- lines ---- */

static bool may_differ(const char *line, const char *number, size_t digits)
{
    char before = number > line ? number[-1] : '\0';

    return (before == '[' && number[digits] == ']') ||
           (before == ':' && digits == 5) ||
           (number - line >= 3 && starts_with(number - 3, "fd "));
}

/* Each number that may differ becomes "N". */
static char *without_numbers(const char *line)
{
    char *copy = keep_format("%s", line), *to = copy;
    const char *at = line;

    while (*at != '\0') {
        size_t digits = strspn(at, "0123456789");

        if (digits > 0 && may_differ(line, at, digits)) {
            *to++ = 'N';
            at += digits;
            continue;
        }
        for (size_t i = 0; i < (digits > 0 ? digits : 1); i++)
            *to++ = *at++;
    }
    *to = '\0';
    return copy;
}

static bool matches(const char *pattern, const char *line)
{
    const char *dots = strstr(pattern, "...");
    size_t len = dots != NULL ? (size_t)(dots - pattern) : strlen(pattern);

    if (strncmp(pattern, line, len) != 0)
        return false;
    if (dots == NULL)
        return line[len] == '\0';
    for (line += len; !matches(dots + 3, line); line++)
        if (*line == '\0')
            return false;
    return true;
}

static bool same_line(const char *pattern, const char *line)
{
    return matches(without_numbers(pattern), without_numbers(line));
}

/* The next line the terminal shows, or NULL if it is not complete yet. At the
 * end of its command the last one need not have a newline. */
static char *next_line(struct terminal *t, bool ended)
{
    char *shown = keep(process_log(t->running));
    char *line = shown + t->seen;
    char *end = strchr(line, '\n');

    if (end == NULL && (!ended || *line == '\0'))
        return NULL;
    t->seen += end != NULL ? (size_t)(end + 1 - line) : strlen(line);
    return keep_format("%.*s", end != NULL ? (int)(end - line) : INT_MAX, line);
}

static char *wait_for_line(struct terminal *t)
{
    long long until = now_ms() + patience_ms();
    bool ended = false;
    char *line;

    while ((line = next_line(t, ended)) == NULL && !ended) {
        ended = process_has_ended(t->running); /* then look once more */
        if (now_ms() > until)
            CHECK_FAIL("the terminal shows nothing more");
        nap_ms(ended ? 0 : 3);
    }
    return line;
}

static void expect_line(struct terminal *t, const char *want, bool skip)
{
    char *got = wait_for_line(t);

    while (skip && got != NULL && !same_line(want, got))
        got = wait_for_line(t);
    if (got == NULL)
        CHECK_FAIL("the terminal shows nothing more, but must show\n    %s",
                   want);
    if (!same_line(want, got))
        CHECK_FAIL("the terminal must show\n    %s\n  and shows\n    %s", want,
                   got);
}

/* ---- commands ---- */

/* The tools of other packages that a document may speak of. */
static bool can_run(const char *tool)
{
    char *out;

    if (strcmp(tool, "strace") == 0) /* there, and allowed to */
        return run_command("strace -qq true", &out) == 0;
    return have_program(tool);
}

static const char *needed_program(const char *command)
{
    static const char *const tools[] = {"nc",     "socat", "telnet",
                                        "strace", "pgrep", "curl"};

    for (size_t i = 0; i < CHECK_COUNT(tools); i++)
        if (find_word(command, tools[i]) != NULL && !can_run(tools[i]))
            return tools[i];
    return NULL;
}

static void start(struct terminal *t, const char *command)
{
    struct process_spec spec = {.path = "sh", .unwrapped = true};

    t->path = keep_format("%s/terminal.%d", harness_dir(), ++commands);
    t->seen = 0;
    t->interrupted = false;
    t->stays = strstr(command, "/server") != NULL ||
               strstr(command, "tail -f ") != NULL;
    spec.log = t->path;
    spec.args[0] = "-c";
    spec.args[1] = keep_format("(exit %d)\n%s", t->status, command);
    spec.out = open(t->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    CHECK(spec.out != -1);
    t->running = process_start(spec);
    close(spec.out);
}

static void wait_for_end(struct terminal *t, bool skip)
{
    char *line;

    if (t->running == NULL)
        return;
    process_wait(t->running);
    line = next_line(t, true);
    if (line != NULL && !skip)
        CHECK_FAIL("the terminal shows more:\n    %s", line);
    t->status = WIFEXITED(t->running->status)
                    ? WEXITSTATUS(t->running->status)
                    : 128 + WTERMSIG(t->running->status);
    process_forget(t->running);
    t->running = NULL;
}

static void check_status(struct terminal *t, const char *next)
{
    if (t->status != 0 && !t->interrupted && strcmp(next, "$ echo $?") != 0)
        CHECK_FAIL("the command ended with status %d", t->status);
}

/* ---- blocks ---- */

static int terminal_number(const struct text *t, const struct block *b, int now)
{
    size_t line = b->first - 1; /* the fence */

    while (line > 0 && trimmed(t->lines[line - 1])[0] == '\0')
        line--;
    while (line > 0 && trimmed(t->lines[line - 1])[0] != '\0') {
        const char *at = find_word(t->lines[line - 1], "terminal");
        int number;

        if (at != NULL && sscanf(at + 8, " %d", &number) == 1) {
            CHECK(number > 0 && number < TERMINALS);
            return number;
        }
        line--;
    }
    return now;
}

/* What the terminal shows next in this section, or "" if nothing. */
static const char *continuation(const struct text *t, struct block b,
                                int number)
{
    const char *section = b.section;
    int now = number;

    while (next_block(t, b.end, &b) && strcmp(b.section, section) == 0) {
        if (strcmp(b.info, "console") != 0)
            continue;
        now = terminal_number(t, &b, now);
        if (now == number)
            return t->lines[b.first];
    }
    return "";
}

static bool is_command(const char *line)
{
    return starts_with(line, "$ ");
}

static void replay_line(struct terminal *t, const char *line, bool skip)
{
    if (is_command(line)) {
        wait_for_end(t, skip);
        check_status(t, line);
        start(t, line + 2);
        return;
    }
    if (t->running == NULL)
        CHECK_FAIL("no command has been given that could show this");
    if (starts_with(line, "^C")) {
        process_signal_group(t->running, SIGINT);
        t->interrupted = true;
        line += 2;
    }
    if (*line != '\0')
        expect_line(t, line, skip);
}

static void replay_block(const struct text *t, const struct block *b,
                         int number)
{
    struct terminal *terminal = &terminals[number];
    const char *next = continuation(t, *b, number);
    bool skip = false;

    for (size_t i = b->first; i < b->end; i++) {
        const char *line = t->lines[i];

        check_step("%s:%zu: terminal %d: %s", t->path, i + 1, number, line);
        if (is_command(line) && needed_program(line) != NULL) {
            missing_program = needed_program(line);
            return;
        }
        if (strcmp(line, "...") != 0)
            replay_line(terminal, line, skip);
        skip = strcmp(line, "...") == 0 || (skip && strcmp(line, "^C") == 0);
    }
    if ((*next != '\0' && !is_command(next)) ||
        (*next == '\0' && terminal->stays && !terminal->interrupted))
        return;
    wait_for_end(terminal, skip);
    check_status(terminal, next);
}

static void end_section(void)
{
    for (struct terminal *t = terminals; t < terminals + TERMINALS; t++)
        if (t->running != NULL) {
            process_signal_group(t->running, SIGINT);
            wait_for_end(t, true);
        }
    memset(terminals, 0, sizeof(terminals));
}

static bool uses_missing(const struct text *t, const char *section)
{
    struct block b = {0};

    while (next_block(t, b.end, &b))
        for (size_t i = b.first; i < b.end; i++)
            if (strcmp(b.section, section) == 0 &&
                strcmp(b.info, "console") == 0 && is_command(t->lines[i]) &&
                needed_program(t->lines[i])) {
                missing_program = needed_program(t->lines[i]);
                return true;
            }
    return false;
}

static int replay(const struct text *t)
{
    const char *section = "";
    struct block b = {0};
    bool left_out = false;
    int number = 1, blocks = 0;

    while (next_block(t, b.end, &b)) {
        if (strcmp(b.info, "console") != 0)
            continue;
        if (strcmp(b.section, section) != 0) {
            section = b.section;
            number = 1;
            end_section();
            left_out = uses_missing(t, section);
        }
        if (left_out)
            continue;
        number = terminal_number(t, &b, number);
        replay_block(t, &b, number);
        blocks++;
    }
    end_section();
    return blocks;
}

/* Without a network of our own the ports of the documents are shared with
 * everything else on this machine: one case at a time, and not if another
 * program has one of them. */
static void share_ports(void)
{
    int lock =
        open(in_build("prose-ports.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    CHECK(lock != -1 && flock(lock, LOCK_EX) == 0);
    for (size_t i = 0; server_at(i) != NULL; i++) {
        int port = server_at(i)->port;
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                      .sin_port = htons((in_port_t)port)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        CHECK(fd != -1);
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
            check_skip("port %d is in use here, and no network namespace can "
                       "be had",
                       port);
        close(fd);
    }
}

static void prepare(void)
{
    if (is_instrumented())
        check_skip("a sanitizer's threads and numbers are not the documents'");
    signal(SIGINT, SIG_DFL); /* a job in the background inherits "ignored" */
    if (!enter_own_network())
        share_ports();
    enter_mirror(true);
}

void case_transcripts(void)
{
    struct text t = read_text("%s", page_of(server));
    struct block b = {0};
    bool tried = false, broken = false;

    while (next_block(&t, b.end, &b)) {
        if (strcmp(b.info, "console") != 0)
            continue;
        tried = tried || strcmp(b.section, "Try it") == 0;
        broken = broken || strcmp(b.section, "Break it") == 0;
    }
    CHECK(tried && (broken || server_is_variant(server)));
    prepare();
    replay(&t);
    if (missing_program != NULL)
        check_skip("some need %s, which is not here", missing_program);
}

void case_docs_transcripts(void)
{
    struct text files = files_with(".md");
    int blocks = 0;

    prepare();
    for (size_t i = 0; i < files.count; i++) {
        struct text t = read_text("%s", files.lines[i]);

        if (starts_with(t.path, "docs/") || strchr(t.path, '/') == NULL ||
            strcmp(t.path, "tests/faults/README.md") == 0)
            blocks += replay(&t);
    }
    CHECK(blocks > 0);
    if (missing_program != NULL)
        check_skip("some need %s, which is not here", missing_program);
}
