/*
 * tests/compare/report/report_test.c - the report: that its pictures, its
 * tables and results.json (json.cmake) hold the same numbers, that nothing in a
 * text breaks out of it, that it needs nothing else, and that a browser shows
 * it without overlaps.
 *
 * With --fixture FOLDER it writes the made-up results and their report there,
 * to look at.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "fixture.h"
#include "harness.h"
#include "plain.h"
#include "report.h"
#include "servers.h"
#include "written.h"

/* Large: not for a stack. A process has one case, and ends with it. */
static struct results made;
static char *html; /* the report of it */

static void report(void)
{
    fixture_results(&made);
    CHECK_EQ(report_write(&made, harness_path("report.html")), 0);
    html = read_file(harness_path("report.html"), NULL);
}

/* ---- the same numbers ---- */

static bool is_place(const struct written *a, const struct written *b)
{
    return a->experiment == b->experiment && a->picture == b->picture &&
           strcmp(a->series, b->series) == 0;
}

static void pictures_are_the_numbers(void)
{
    struct list numbers, points;
    int drawn = 0;

    report();
    numbers = numbers_of(&made);
    points = read_pictures(html);
    for (int i = 0; i < numbers.count; i++) {
        const struct written *a = &numbers.rows[i], *b = points.rows;
        int found = 0;

        if (strcmp(a->median, "null") == 0)
            continue;
        check_step("%d%c %s at %s: %s", a->experiment, a->picture, a->series,
                   a->x, a->median);
        for (int j = 0; j < points.count; j++, b++)
            found += is_place(a, b) && strcmp(a->x, b->x) == 0 &&
                     strcmp(a->median, b->median) == 0 &&
                     strcmp(a->low, b->low) == 0 &&
                     strcmp(a->high, b->high) == 0;
        CHECK_EQ(found, 1);
        drawn++;
    }
    CHECK(drawn > 100);
    CHECK_EQ(points.count, drawn);
    free(points.rows);
    free(numbers.rows);
}

/* The tables go row by row as the numbers do. Where several figures of a
 * picture have one place, they stand in one column: more to the right, larger
 * x. */
static void tables_are_the_numbers(void)
{
    struct list numbers, cells;

    report();
    numbers = numbers_of(&made);
    cells = read_tables(html);
    CHECK_EQ(cells.count, numbers.count);
    for (int i = 0; i < cells.count; i++) {
        const struct written *a = &numbers.rows[i], *b = &cells.rows[i];

        check_step("%d%c %s at %s: %s (%s to %s); in the table: %s (%s to %s)",
                   a->experiment, a->picture, a->series, a->x, a->median,
                   a->low, a->high, b->median, b->low, b->high);
        CHECK(is_place(a, b));
        CHECK(strcmp(a->median, b->median) == 0);
        CHECK(b->low[0] != '\0'
                  ? strcmp(a->low, b->low) == 0 && strcmp(a->high, b->high) == 0
                  : strcmp(a->low, a->high) == 0 ||
                        strcmp(a->low, "null") == 0);
        if (i > 0 && is_place(a, a - 1))
            CHECK(atof(a->x) > atof((a - 1)->x) &&
                  atoi(b->x) > atoi((b - 1)->x));
    }
    free(cells.rows);
    free(numbers.rows);
}

/* ---- well formed, and alone ---- */

enum { DEEPEST = 32 };

static bool is_void(const char *name)
{
    return strcmp(name, "meta") == 0 || strcmp(name, "!DOCTYPE") == 0;
}

static void tags_are_balanced(void)
{
    char stack[DEEPEST][32], text[1 << 14];
    const char *at;
    int depth = 0, tags = 0;
    struct token t;

    report();
    at = html;
    while ((t = next_token(&at)).kind != HTML_END) {
        if (t.kind == HTML_TEXT && strcmp(stack[depth - (depth > 0)], "style"))
            text_of(text, sizeof(text), &t); /* which checks it */
        if (t.kind == HTML_OPEN && !is_void(t.name)) {
            CHECK(depth < DEEPEST);
            strcpy(stack[depth++], t.name);
        }
        if (t.kind != HTML_CLOSE)
            continue;
        CHECK(depth > 0);
        check_step("<%s> ends with </%s>", stack[depth - 1], t.name);
        CHECK(strcmp(stack[--depth], t.name) == 0);
        tags++;
    }
    CHECK_EQ(depth, 0);
    CHECK(tags > 1000);
}

/* No script, nothing from elsewhere, each anchor is there, each id once. */
static void needs_nothing_else(void)
{
    static const char *const never[] = {"script", "link",   "img",  "iframe",
                                        "object", "embed",  "base", "use",
                                        "form",   "source", "image"};
    char value[TEXT_SIZE], want[TEXT_SIZE + 8];
    const char *at, *style;
    struct token t;

    report();
    at = html;
    while ((t = next_token(&at)).kind != HTML_END) {
        if (t.kind == HTML_TEXT)
            continue;
        for (size_t i = 0; i < CHECK_COUNT(never); i++)
            CHECK(strcmp(t.name, never[i]) != 0);
        attribute_of(value, sizeof(value), &t, "src");
        CHECK(value[0] == '\0');
        attribute_of(value, sizeof(value), &t, "style");
        CHECK(value[0] == '\0');
        attribute_of(value, sizeof(value), &t, "href");
        if (value[0] != '\0') {
            check_step("a link to %s", value);
            CHECK(value[0] == '#');
            snprintf(want, sizeof(want), " id=\"%s\"", value + 1);
            CHECK(strstr(html, want) != NULL);
        }
        attribute_of(value, sizeof(value), &t, "id");
        if (value[0] != '\0') {
            check_step("the id %s", value);
            snprintf(want, sizeof(want), " id=\"%s\"", value);
            CHECK(strstr(strstr(html, want) + 1, want) == NULL);
        }
    }
    style = strstr(html, "<style>");
    CHECK(style != NULL && strstr(style + 1, "<style>") == NULL);
    CHECK(strstr(html, "@import") == NULL && strstr(html, "url(") == NULL);
    CHECK(strstr(html, "://") == NULL);
}

/* ---- what must be there ---- */

/* The page from this picture on. */
static char *picture_in(int experiment, char letter)
{
    char begin[80];

    snprintf(begin, sizeof(begin), "data-experiment=\"%d\" data-picture=\"%c\"",
             experiment, letter);
    return strstr(html, begin);
}

/* Behind its mark, to be read. */
static void every_name_stands_in_the_picture(void)
{
    char want[8 * NAME_SIZE];

    report();
    for (int i = 0; i < made.n_experiments; i++) {
        const struct experiment *e = made.experiments[i];

        for (int j = 0; j < e->n_figures; j++) {
            const struct figure *f = &e->figures[j];
            char *picture = picture_in(e->number, f->picture), *found;
            FILE *out = fmemopen(want, sizeof(want), "w");

            CHECK(picture != NULL && out != NULL);
            markup(out, "</g></svg>%s<", f->series);
            CHECK_EQ(fclose(out), 0);
            check_step("%s of %d%c", want, e->number, f->picture);
            found = strstr(picture, want);
            CHECK(found != NULL && found < strstr(picture, "</figure>"));
        }
    }
}

static void says_what_was_not_run(void)
{
    static const char *const expected[] = {
        "<span class=\"v\">skipped</span>: this machine allows",
        "<span class=\"v bad\">failed</span>",
        "<code>ulimit -u</code>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;b&gt;&quot;&amp;amp;&#39; &lt;/svg&gt;&lt;script&gt;",
        "x &lt;/code&gt;&lt;/pre&gt;&lt;b&gt;",
        "build/tests/compare/compare --only 24",
        "load on CPU 1",
    };

    report();
    for (size_t i = 0; i < CHECK_COUNT(expected); i++) {
        check_step("%s", expected[i]);
        CHECK(strstr(html, expected[i]) != NULL);
    }
}

/* As far as there are marks for the variants of a stage. */
static void no_two_servers_look_the_same(void)
{
    const struct experiment e = {.number = 1};
    const struct server_info *s, *other;

    for (size_t i = 0; (s = server_at(i)) != NULL; i++)
        for (size_t j = 0; j < i; j++) {
            struct look a = look_of(&e, s->name), b;

            other = server_at(j);
            b = look_of(&e, other->name);
            check_step("%s, %s", s->name, other->name);
            CHECK(a.colour != b.colour || a.mark != b.mark ||
                  a.is_hollow != b.is_hollow);
        }
}

/* A run that was interrupted at once; numbers that no axis has a place for. */
static void nothing_there(void)
{
    static const double numbers[] = {NAN, 0, -1, INFINITY, 1e300, 1e-300};
    static struct results none;
    struct experiment e = {.number = 1, .name = "x", .verdict = NOT_RUN};
    struct picture *p = &e.pictures[0];

    CHECK_EQ(report_write(&none, harness_path("none.html")), 0);
    none.experiments[none.n_experiments++] = &e;
    p->letter = 'a';
    e.n_pictures = 1;
    for (int i = 0; i < 12 * (int)CHECK_COUNT(numbers); i++) {
        double number = numbers[i / 12];
        struct figure f = {'a', "s", number, number, number, number, 3, ""};

        p->shape = (enum shape)(i % 3);
        p->log_x = i / 3 % 2 == 1;
        p->log_y = i / 6 % 2 == 1;
        check_step("%g, shape %d, log %d %d", number, i % 3, p->log_x,
                   p->log_y);
        CHECK_EQ(experiment_add(&e, &f), 0);
        CHECK_EQ(report_write(&none, harness_path("none.html")), 0);
        html = read_file(harness_path("none.html"), NULL);
        CHECK(strstr(html, "nan") == NULL && strstr(html, "inf") == NULL);
        free(html);
    }
    experiment_free(&e);
}

/* ---- in a browser ---- */

/* Finds what is wider than the window, and texts of a picture that touch each
 * other or leave its figure. */
static const char script[] =
    "<script>addEventListener('load',()=>{let bad=[],seen=0;"
    "const wide=document.documentElement.scrollWidth;"
    "if(wide>innerWidth)bad.push('page '+wide+' > '+innerWidth);"
    "for(const e of document.querySelectorAll('body *')){"
    "if(e.closest('.scroll,pre')&&!e.matches('.scroll,pre'))continue;"
    "const r=e.getBoundingClientRect();"
    "if(r.width&&(r.right>innerWidth+0.5||r.left<-0.5))"
    "bad.push(e.tagName+' '+e.textContent.slice(0,30))}"
    "for(const s of document.querySelectorAll('figure')){"
    "const b=s.getBoundingClientRect();if(!b.width)continue;seen++;"
    "const t=[...s.querySelectorAll('text,span,li,p')].map(e=>["
    "e.getBoundingClientRect(),e.textContent])"
    ".filter(([r,n])=>r.width&&n);"
    "t.forEach(([r,n],i)=>{"
    "if(r.left<b.left-1||r.right>b.right+1||r.bottom>b.bottom+1||"
    "r.top<b.top-1)bad.push('outside: '+n);"
    "for(const[q,m]of t.slice(i+1))"
    "if(Math.min(q.right,r.right)-Math.max(q.left,r.left)>1&&"
    "Math.min(q.bottom,r.bottom)-Math.max(q.top,r.top)>4)"
    "bad.push('touch: '+n+' | '+m)})}"
    "parent.postMessage(innerWidth+' px, '+seen+' pictures: '+"
    "(bad.length?'BAD '+bad.join('; '):'GOOD'),'*')})</script></body>";

/* A window of its own for each width: headless windows are never narrower than
 * 500 pixels. */
static const char frames[] =
    "<!DOCTYPE html><body><pre></pre><script>"
    "onmessage=m=>document.querySelector('pre').append(m.data+'\\n');"
    "for(const w of [320,400,600,1000,1600]){"
    "const f=document.createElement('iframe');f.src='looked.html';"
    "f.width=w;f.height=900;document.body.append(f)}</script></body>";

/* With the Chromium that there is; the shell's 127: there is none. */
static struct run browse(const char *file)
{
    static const char find[] =
        "exec $(command -v chromium || command -v chromium-browser || "
        "command -v google-chrome || echo no-chromium) \"$@\"";
    char folder[PATH_SIZE + 32], url[PATH_SIZE];
    struct run r;

    CHECK(setenv("HARNESS_DEADLINE_MS", "110000", 1) == 0);
    snprintf(folder, sizeof(folder), "--user-data-dir=%s",
             harness_path("profile"));
    snprintf(url, sizeof(url), "file://%s", harness_path(file));
    r = run_program(
        (struct process_spec){
            .path = "sh",
            .args = {"-c", find, "sh", "--headless", "--no-sandbox",
                     "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking",
                     "--disable-component-update", "--disable-sync",
                     "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--enable-logging=stderr", "--v=0",
                     "--virtual-time-budget=10000", "--dump-dom", folder, url},
            .unwrapped = true},
        NULL, 0);
    CHECK(WIFEXITED(r.status));
    if (WEXITSTATUS(r.status) == 127)
        check_skip("no Chromium here");
    CHECK_EQ(WEXITSTATUS(r.status), 0);
    return r;
}

static void at_every_width(void)
{
    static const char *const widths[] = {"320", "400", "600", "1000", "1600"};
    char *looked, *end, want[64];
    int pictures = 0, len;
    struct run r;

    report();
    end = strstr(html, "</body>");
    len = (int)(end - html);
    looked = malloc(strlen(html) + sizeof(script));
    CHECK(looked != NULL);
    for (int i = 0; i < made.n_experiments; i++)
        pictures += made.experiments[i]->n_pictures;
    sprintf(looked, "%.*s%s%s", len, html, script, end + 7);
    put_file("looked.html", looked, strlen(looked));
    put_file("frames.html", frames, strlen(frames));
    r = browse("frames.html");
    for (size_t i = 0; i < CHECK_COUNT(widths); i++) {
        snprintf(want, sizeof(want), "%s px, %d pictures: GOOD\n", widths[i],
                 pictures);
        check_step("%s", want);
        if (strstr(r.out, want) == NULL)
            CHECK_FAIL("%s", r.out);
    }
    CHECK(strstr(r.err, "CONSOLE") == NULL);
    run_free(&r);
    free(looked);
}

/* As it is, without a script of ours: the browser finds nothing to mend. */
static void without_complaint(void)
{
    struct run r;

    report();
    r = browse("report.html");
    CHECK(strstr(r.err, "CONSOLE") == NULL);
    CHECK(strstr(r.out, "How to read it") != NULL);
    run_free(&r);
}

/* ---- to look at ---- */

/* A number a line, divided by tabs, for json.cmake. */
static int write_numbers(const char *path)
{
    char x[NUMBER_SIZE], median[NUMBER_SIZE], low[NUMBER_SIZE],
        high[NUMBER_SIZE];
    FILE *out = fopen(path, "we");

    for (int i = 0; out != NULL && i < made.n_experiments; i++)
        for (int j = 0; j < made.experiments[i]->n_figures; j++) {
            const struct figure *f = &made.experiments[i]->figures[j];

            fprintf(out, "%d\t%c\t%s\t%s\t%s\t%s\t%s\n",
                    made.experiments[i]->number, f->picture, f->series,
                    place_text(x, f->x), number_text(median, f->median),
                    number_text(low, f->low), number_text(high, f->high));
        }
    return out != NULL ? fclose(out) : -1;
}

static int write_fixture(const char *folder)
{
    char path[PATH_SIZE];
    int result = 0;

    fixture_results(&made);
    for (int i = 0; i < made.n_experiments; i++)
        result |= experiment_save(made.experiments[i], folder);
    result |= facts_save(made.facts, made.n_facts, folder);
    snprintf(path, sizeof(path), "%s/results.json", folder);
    result |= results_write_json(&made, path);
    snprintf(path, sizeof(path), "%s/numbers", folder);
    result |= write_numbers(path);
    snprintf(path, sizeof(path), "%s/report.html", folder);
    result |= report_write(&made, path);
    for (int i = 0; i < made.n_experiments; i++)
        experiment_print(made.experiments[i], stdout);
    results_print(&made, stdout);
    results_free(&made);
    return result == 0 ? 0 : 1;
}

static const struct check_case cases[] = {
    CASE(pictures_are_the_numbers, "measure"),
    CASE(tables_are_the_numbers, "measure"),
    CASE(tags_are_balanced, "measure"),
    CASE(needs_nothing_else, "measure"),
    CASE(every_name_stands_in_the_picture, "measure"),
    CASE(says_what_was_not_run, "measure"),
    CASE(no_two_servers_look_the_same, "measure"),
    CASE(nothing_there, "measure"),
    CASE(at_every_width, "browser", 240),
    CASE(without_complaint, "browser", 240),
};

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--fixture") == 0)
        return write_fixture(argv[2]);
    return check_main(argc, argv, cases, CHECK_COUNT(cases));
}
