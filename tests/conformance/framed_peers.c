/* tests/conformance/framed_peers.c - programs of other people talk to the HTTP
 * form: curl, wrk, a browser. Skipped, visibly, where one is missing. */
#include "framed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char json[] = "{\"name\":\"Tyr\"}";

static bool is_installed(const char *program)
{
    char path[1024];
    const char *dirs = getenv("PATH");

    while (dirs != NULL && *dirs != '\0') {
        size_t len = strcspn(dirs, ":");

        snprintf(path, sizeof(path), "%.*s/%s", (int)len, dirs, program);
        if (access(path, X_OK) == 0)
            return true;
        dirs += len + (dirs[len] == ':');
    }
    return false;
}

static void need_program(const char *program)
{
    if (!is_installed(program))
        check_skip("%s is not installed", program);
}

static const char *url(const struct server *s, const char *path)
{
    static char urls[4][256];
    static unsigned int next;
    char *text = urls[next++ % 4];

    snprintf(text, sizeof(urls[0]), "http://%s%s", s->address, path);
    return text;
}

static void expect_ok(const struct run *r)
{
    if (r->status != 0)
        CHECK_FAIL("wait status 0x%04x, stdout: %s, stderr: %s",
                   (unsigned int)r->status, r->out, r->err);
}

static void expect_has(const struct run *r, const char *words)
{
    if (strstr(r->out, words) == NULL)
        CHECK_FAIL("\"%s\" is not in: %s\nstderr: %s", words, r->out, r->err);
}

/* Its words: of at most six. */
static struct run curl(const char *const *words)
{
    struct process_spec spec = {.path = "curl",
                                .args = {"-sS", "--noproxy", "*", "-m", "15"},
                                .unwrapped = true};
    struct run r;

    for (int i = 0; words[i] != NULL; i++)
        spec.args[5 + i] = words[i];
    r = run_program(spec, NULL, 0);
    expect_ok(&r);
    return r;
}

#define CURL(...) curl((const char *[]){__VA_ARGS__, NULL})

static void expect_said(struct run r, const char *words)
{
    expect_has(&r, words);
    run_free(&r);
}

static void expect_all(struct run r, const char *words)
{
    CHECK_BYTES(r.out, r.out_len, words, strlen(words));
    run_free(&r);
}

static void curl_gets_and_posts(void)
{
    struct server *s;

    need_program("curl");
    s = serve("http", "goodbye");
    expect_all(CURL(url(s, "/")), json);
    expect_said(CURL("-i", url(s, "/")),
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n");
    expect_all(CURL("-d", "posted words", url(s, "/echo")), "posted words");
    expect_said(CURL("-I", url(s, "/")), "Content-Length: 14\r\n");
    expect_all(
        CURL("-o", "/dev/null", "-w", "%{http_code}", url(s, "/nothing")),
        "404");
    expect_said(CURL("--http1.0", "-i", url(s, "/")), json);
    server_stop(s, 6);
}

/* Two URLs, one connection. */
static void curl_keeps_alive(void)
{
    struct server *s;
    struct run r;

    need_program("curl");
    s = serve("http", "goodbye");
    r = CURL("-w", "[%{num_connects}]", url(s, "/"), url(s, "/nothing"),
             url(s, "/"));
    expect_has(&r, "{\"name\":\"Tyr\"}[1]");
    expect_has(&r, "[0]{\"name\":\"Tyr\"}[0]");
    run_free(&r);
    server_stop(s, 1);
}

/* For a body of more than a megabyte it asks first: Expect: 100-continue. */
static void curl_posts_a_large_body(void)
{
    const char *path = harness_path("body"), *copy = harness_path("copy");
    char *body = keep(8 * MEGABYTE), at[160];
    struct server *s;
    struct run r;
    FILE *f;

    need_program("curl");
    fill_pattern(body, 8 * MEGABYTE, 0);
    f = fopen(path, "we");
    CHECK(f != NULL && fwrite(body, 1, 8 * MEGABYTE, f) == 8 * MEGABYTE);
    CHECK(fclose(f) == 0);
    snprintf(at, sizeof(at), "@%s", path);
    s = serve_with("http", "goodbye", (const char *[]){"-v", NULL});
    r = CURL("--data-binary", at, "-H", "Expect: 100-continue", "-o", copy,
             url(s, "/echo"));
    run_free(&r);
    r = run_program((struct process_spec){.path = "cmp", .args = {path, copy}},
                    NULL, 0);
    expect_ok(&r);
    run_free(&r);
    server_stop(s, 1);
    CHECK(process_log_has(s->process, "100 Continue"));
}

/* Many connections, each with many requests, for a second. */
static void case_wrk(void)
{
    struct server *s;
    struct run r;

    need_program("wrk");
    s = serve_with("http", "goodbye", (const char *[]){"-q", NULL});
    r = run_program(
        (struct process_spec){.path = "wrk",
                              .args = {"-t1", "-c50", "-d1s", url(s, "/")},
                              .unwrapped = true},
        NULL, 0);
    expect_ok(&r);
    check_step("%s", r.out);
    expect_has(&r, "requests in");
    CHECK(strstr(r.out, " 0 requests in") == NULL);
    if (strstr(r.out, "Socket errors") != NULL ||
        strstr(r.out, "Non-2xx") != NULL)
        CHECK_FAIL("%s", r.out);
    run_free(&r);
    server_stop(s, SERVED_ANY);
}

static const char *browser(void)
{
    static const char *const names[] = {"chromium", "chromium-browser",
                                        "google-chrome"};

    for (size_t i = 0; i < CHECK_COUNT(names); i++)
        if (is_installed(names[i]))
            return names[i];
    check_skip("neither chromium nor google-chrome is installed");
}

/* Its profile is a tree of files, which the harness does not remove. */
static void remove_tree(const char *path)
{
    struct run r = run_program(
        (struct process_spec){.path = "rm", .args = {"-rf", path}}, NULL, 0);

    run_free(&r);
}

static void case_browser(void)
{
    const char *name = browser();
    char profile[] = "/tmp/seven-browser-XXXXXX", directory[128];
    struct process_spec spec = {
        .path = "timeout",
        .args = {"60", name, "--headless", "--no-sandbox", "--disable-gpu",
                 "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
                 "--disable-background-networking",
                 "--disable-component-update", "--disable-sync",
                 "--no-proxy-server", directory, "--dump-dom"},
        .unwrapped = true};
    struct server *s;
    struct process *p;
    char page[4096] = "", line[1024];

    CHECK(mkdtemp(profile) != NULL);
    snprintf(directory, sizeof(directory), "--user-data-dir=%s", profile);
    s = serve("http", "goodbye");
    spec.args[14] = url(s, "/");
    p = process_start(spec);
    while (strlen(page) + sizeof(line) < sizeof(page)) {
        ssize_t n = read(p->out, line, sizeof(line) - 1);

        if (n <= 0)
            break;
        line[n] = '\0';
        strcat(page, line);
    }
    for (long long until = now_ms() + 70000; !process_has_ended(p);)
        look_again(__FILE__, __LINE__, "the browser ends", until);
    remove_tree(profile);
    if (strstr(page, json) == NULL)
        CHECK_FAIL("%s is not in what %s shows: %s", json, name, page);
    server_stop(s, SERVED_ANY);
}

const struct check_case framed_peer_cases[] = {
    CASE(curl_gets_and_posts, "peer", 60),
    CASE(curl_keeps_alive, "peer", 60),
    CASE(curl_posts_a_large_body, "peer", 60),
    CASE(case_wrk, "load", 60),
    CASE(case_browser, "peer", 120),
    {0},
};
