/*
 * tests/compare/results/results_test.c - what experiments found: kept, read
 * again, printed for people, written for programs.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "harness.h"
#include "plain.h"
#include "written.h"

/* Large: not for a stack. A process has one case, and ends with it. */
static struct results made, loaded;

/* ---- kept and read again ---- */

/* To the byte, for what no text needs is 0; but for the pointer. */
static void expect_same(const struct experiment *a, const struct experiment *b)
{
    static struct experiment x, y;

    check_step("experiment %d", a->number);
    x = *a;
    y = *b;
    x.figures = y.figures = NULL;
    CHECK(memcmp(&x, &y, sizeof(x)) == 0);
    CHECK_EQ(a->n_figures, b->n_figures);
    CHECK(a->n_figures == 0 ||
          memcmp(a->figures, b->figures,
                 (size_t)a->n_figures * sizeof(a->figures[0])) == 0);
}

static void save_all(void)
{
    for (int i = 0; i < made.n_experiments; i++)
        CHECK_EQ(experiment_save(made.experiments[i], harness_dir()), 0);
    CHECK_EQ(facts_save(made.facts, made.n_facts, harness_dir()), 0);
}

static void round_trip(void)
{
    fixture_results(&made);
    save_all();
    CHECK_EQ(results_load(&loaded, harness_dir()), 0);
    CHECK_EQ(loaded.n_experiments, made.n_experiments);
    for (int i = 0; i < made.n_experiments; i++)
        expect_same(made.experiments[i], loaded.experiments[i]);
    CHECK_EQ(loaded.n_facts, made.n_facts);
    for (int i = 0; i < made.n_facts; i++) {
        CHECK(strcmp(loaded.facts[i].name, made.facts[i].name) == 0);
        CHECK(strcmp(loaded.facts[i].value, made.facts[i].value) == 0);
    }
    results_free(&made);
    results_free(&loaded);
}

/* Every byte, in every text. */
static void any_text(void)
{
    static struct experiment e = {
        .number = 7, .name = "any", .verdict = SKIPPED};
    struct picture *p = &e.pictures[e.n_pictures++];
    struct figure f = {.picture = '\\', .median = INFINITY, .low = NAN};
    char *const texts[] = {e.claim, e.says, e.asserted, e.repeat, p->groups};
    char *const lines[] = {e.source, p->title, p->x_title, p->y_title, f.note};

    for (size_t i = 0; i < CHECK_COUNT(texts); i++) {
        fixture_nasty(texts[i], TEXT_SIZE);
        fixture_nasty(lines[i], LINE_SIZE);
    }
    fixture_nasty(p->column, NAME_SIZE);
    fixture_nasty(f.series, NAME_SIZE);
    p->letter = '\\';
    CHECK_EQ(experiment_add(&e, &f), 0);
    experiment_add_command(&e, "%s", e.claim);
    experiment_add_command(&e, "\t\n\\t\\n\\");
    CHECK_EQ(experiment_save(&e, harness_dir()), 0);
    CHECK_EQ(results_load(&loaded, harness_dir()), 0);
    CHECK_EQ(loaded.n_experiments, 1);
    expect_same(&e, loaded.experiments[0]);
}

static void full(void)
{
    static struct experiment e = {.number = 1, .name = "full"};
    char last[32];

    snprintf(last, sizeof(last), "command %d", MOST_COMMANDS - 1);
    for (int i = 0; i < 1000; i++) {
        struct figure f = {.picture = 'a', .x = i, .median = -i, .rounds = 1};

        CHECK_EQ(experiment_add(&e, &f), 0);
        experiment_add_command(&e, "command %d", i / 2);
    }
    CHECK_EQ(e.n_commands, MOST_COMMANDS);
    CHECK(strcmp(e.commands[MOST_COMMANDS - 1], last) == 0);
    CHECK_EQ(figure_of(&e, 'a', "", 999)->median, -999);
    CHECK(figure_of(&e, 'b', "", 999) == NULL);
    CHECK(figure_of(&e, 'a', "x", 999) == NULL);
    CHECK(figure_of(&e, 'a', "", 0.5) == NULL);
}

/* ---- files that are not as they should be ---- */

static void expect_protocol_error(const char *text, size_t len)
{
    put_file("01-x.result", text, len);
    errno = 0;
    CHECK_EQ(results_load(&loaded, harness_dir()), -1);
    CHECK_EQ(errno, EPROTO);
    CHECK_EQ(loaded.n_experiments, 0);
}

/* After every byte. */
static void cut_off(void)
{
    static char *text;

    fixture_results(&made);
    CHECK_EQ(experiment_save(made.experiments[0], harness_dir()), 0);
    text = read_file(harness_path("01-stall.result"), NULL);
    CHECK_EQ(unlink(harness_path("01-stall.result")), 0);
    for (size_t len = 0; len < strlen(text); len++) {
        check_step("%zu bytes", len);
        expect_protocol_error(text, len);
    }
}

static void senseless(void)
{
    static const char *const lines[] = {
        "experiment\tone\tx",
        "experiment\t0\tx",
        "experiment\t1",
        "claim",
        "verdict\tperhaps",
        "kept\tyes",
        "seconds\t1x",
        "picture\ta\tpie\t0\t0\tt\tx\ty\tg\tc\t0",
        "picture\ta\tlines\t0\t0\tt\tx\ty\tg\tc",
        "figure\ta\ts\t1\t2\t3\t4\t5",
        "figure\tab\ts\t1\t2\t3\t4\t5\t",
        "figure\ta\ts\t1\t2\t3\t4\t-5\t",
        "figure\ta\ts\t1\t\t3\t4\t5\t",
    };
    char text[200];

    for (size_t i = 0; i < CHECK_COUNT(lines); i++) {
        snprintf(text, sizeof(text), "experiment\t1\tx\n%s\nend\n", lines[i]);
        check_step("%s", lines[i]);
        expect_protocol_error(text, strlen(text));
    }
    expect_protocol_error("experiment\t1\tx\0\nend\n", 20);
}

/* By a later version of us, or by somebody else. */
static void left_out(void)
{
    static const char known[] =
        "experiment\t3\tx\tmore\nnew kind\t1\n\nclaim\tc"
        "\nend\n";

    put_file("03-x.result", known, strlen(known));
    put_file(".04-x.result", "x", 1);
    put_file("04-x.result.1234", "x", 1);
    put_file("results.json", "x", 1);
    CHECK_EQ(results_load(&loaded, harness_dir()), 0);
    CHECK_EQ(loaded.n_experiments, 1);
    CHECK_EQ(loaded.experiments[0]->number, 3);
    CHECK(strcmp(loaded.experiments[0]->claim, "c") == 0);
    results_free(&loaded);
    CHECK_EQ(results_load(&loaded, harness_path("nowhere")), -1);
    CHECK_EQ(errno, ENOENT);
}

static int files_there(void)
{
    static struct dirent **entries;

    return scandir(harness_dir(), &entries, NULL, NULL) - 2; /* "." and ".." */
}

/* No room for the new one: the old one stays, and nothing beside it. */
static void wholly_or_not_at_all(void)
{
    struct rlimit before, small = {.rlim_cur = 200};
    const char *path;

    fixture_results(&made);
    CHECK_EQ(experiment_save(made.experiments[0], harness_dir()), 0);
    CHECK_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    strcpy(made.experiments[0]->claim, "new");
    CHECK_EQ(experiment_save(made.experiments[0], harness_dir()), -1);
    path = harness_path("results.json");
    CHECK_EQ(results_write_json(&made, path), -1);
    CHECK_EQ(report_write(&made, path), -1);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    CHECK_EQ(files_there(), 1);
    CHECK_EQ(results_load(&loaded, harness_dir()), 0);
    CHECK(strcmp(loaded.experiments[0]->claim, "new") != 0);
    CHECK_EQ(results_write_json(&made, "/nonexistent/x"), -1);
    CHECK_EQ(errno, ENOENT);
}

/* ---- for people ---- */

/* All but the last one, which has a claim that no terminal has seen. */
static char *printed(void)
{
    static char *text;
    FILE *f = fopen(harness_path("printed"), "we");

    CHECK(f != NULL);
    fixture_results(&made);
    experiment_free(made.experiments[--made.n_experiments]);
    free(made.experiments[made.n_experiments]);
    for (int i = 0; i < made.n_experiments; i++)
        experiment_print(made.experiments[i], f);
    results_print(&made, f);
    CHECK_EQ(fclose(f), 0);
    return text = read_file(harness_path("printed"), NULL);
}

static void fits_a_terminal(void)
{
    CHECK(expect_plain_lines(printed()) > 0);
}

static void says_all(void)
{
    static const char *const expected[] = {
        "\n02-fork       199 (197-202)  289 (284-297)  380 (368-395)\n",
        " 100 +-5%  100 +-8%  101 +-11%",
        "\nThe middle half of the rounds: +-",
        " [1]\n",
        "\n[1] select ends at FD_SETSIZE\n",
        "\nskipped: this machine allows",
        "\nno difference seen: ",
        "\nFAILED: 23 Threads serve at least 1.5 times",
    };
    char *text = printed();

    for (size_t i = 0; i < CHECK_COUNT(expected); i++) {
        check_step("%s", expected[i]);
        CHECK(strstr(text, expected[i]) != NULL);
    }
    free(text);
}

/* What a terminal gets. */
static size_t escapes_on_a_terminal(void)
{
    int main_end, end;
    char text[1 << 16];
    size_t escapes = 0;
    ssize_t n;
    FILE *f;

    CHECK_EQ(openpty(&main_end, &end, NULL, NULL, NULL), 0);
    f = fdopen(end, "w");
    CHECK(f != NULL);
    fixture_results(&made);
    experiment_print(made.experiments[0], f); /* a pty holds 4 KiB */
    CHECK_EQ(fflush(f), 0);
    n = read(main_end, text, sizeof(text));
    CHECK(n > 0);
    for (ssize_t i = 0; i < n; i++)
        escapes += text[i] == '\033';
    fclose(f);
    close(main_end);
    results_free(&made);
    return escapes;
}

static void colours(void)
{
    CHECK(setenv("TERM", "xterm", 1) == 0 && unsetenv("NO_COLOR") == 0);
    CHECK(escapes_on_a_terminal() > 0);
    CHECK(setenv("NO_COLOR", "1", 1) == 0);
    CHECK_EQ(escapes_on_a_terminal(), 0);
    CHECK(setenv("TERM", "dumb", 1) == 0 && unsetenv("NO_COLOR") == 0);
    CHECK_EQ(escapes_on_a_terminal(), 0);
}

/* ---- numbers and names ---- */

static void numbers(void)
{
    static const struct {
        double number;
        const char *written, *shown, *brief;
    } rows[] = {
        {0, "0", "0", "0"},
        {-0.0, "0", "0", "0"},
        {1234567.4, "1234567", "1,234,567", "1,234,567"},
        {999.96, "1000", "1,000", "1,000"},
        {999.6, "999.6", "999.6", "1,000"},
        {-1234, "-1234", "-1,234", "-1,234"},
        {4.81237, "4.812", "4.812", "4.81"},
        {0.00012346, "0.0001235", "0.0001235", "0.000123"},
        {1.5e-7, "1.5e-07", "1.5e-07", "1.5e-07"},
        {1e15, "1e+15", "1e+15", "1e+15"},
        {NAN, "null", "-", "-"},
        {-INFINITY, "null", "-", "-"},
    };
    char text[NUMBER_SIZE];

    for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
        check_step("%.17g", rows[i].number);
        CHECK(strcmp(number_text(text, rows[i].number), rows[i].written) == 0);
        CHECK(strcmp(shown_text(text, rows[i].number), rows[i].shown) == 0);
        CHECK(strcmp(short_text(text, rows[i].number), rows[i].brief) == 0);
    }
}

/* RFC 3629, section 4. */
static void characters(void)
{
    static const char *const of_len[][12] = {
        {"", "\x80", "\xC1\x80", "\xDF\x7F", "\xE0\x9F\xBF", "\xED\xA0\x80",
         "\xEF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
         "\xFF"},
        {"a", "\x7F"},
        {"\xC2\x80", "\xDF\xBF"},
        {"\xE0\xA0\x80", "\xED\x9F\xBF", "\xEF\xBF\xBD"},
        {"\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"},
    };

    for (size_t len = 0; len < CHECK_COUNT(of_len); len++)
        for (int i = 0; of_len[len][i] != NULL; i++) {
            check_step("text %d of %zu bytes", i, len);
            CHECK_EQ(character_len(of_len[len][i]), len);
        }
}

static void order_of_series(void)
{
    static const char *const come[] = {"zeta",  "06-epoll/edge", "02-fork",
                                       "alpha", "06-epoll",      "02-fork",
                                       "1-x",   "01-blocking"};
    static const char *const stand[] = {
        "01-blocking", "02-fork", "06-epoll", "06-epoll/edge",
        "zeta",        "alpha",   "1-x"};
    const char *names[CHECK_COUNT(come)];
    int count = 0;

    for (size_t i = 0; i < CHECK_COUNT(come); i++)
        count = add_series(names, count, come[i]);
    CHECK_EQ(count, CHECK_COUNT(stand));
    for (int i = 0; i < count; i++)
        CHECK(strcmp(names[i], stand[i]) == 0);
}

const struct check_case check_cases[] = {
    CASE(round_trip, "measure"),
    CASE(any_text, "measure"),
    CASE(full, "measure"),
    CASE(cut_off, "measure"),
    CASE(senseless, "measure"),
    CASE(left_out, "measure"),
    CASE(wholly_or_not_at_all, "measure"),
    CASE(fits_a_terminal, "measure"),
    CASE(says_all, "measure"),
    CASE(colours, "measure"),
    CASE(numbers, "measure"),
    CASE(characters, "measure"),
    CASE(order_of_series, "measure"),
    {0},
};
