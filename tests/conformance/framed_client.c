/* tests/conformance/framed_client.c - the client of stage 07, against its
 * server and against a peer who does what he likes. */
#include "framed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* `err` must be in stderr; NULL: nothing may be. */
static void expect_run(struct process_spec spec, const struct bytes *in,
                       int code, const struct bytes *out, const char *err)
{
    struct run r = run_program(spec, in->at, in->len);

    if (!WIFEXITED(r.status) || WEXITSTATUS(r.status) != code)
        CHECK_FAIL("expected exit status %d, wait status 0x%04x, stderr: %s",
                   code, (unsigned int)r.status, r.err);
    CHECK_BYTES(r.out, r.out_len, out->at, out->len);
    if (err == NULL && r.err_len > 0)
        CHECK_FAIL("on stderr: %s", r.err);
    if (err != NULL && strstr(r.err, err) == NULL)
        CHECK_FAIL("stderr does not say \"%s\": %s", err, r.err);
    run_free(&r);
}

static struct bytes text(const char *words)
{
    struct bytes b = {0};

    add_text(&b, words);
    return b;
}

static void expect_says(struct process_spec spec, const char *in,
                        const char *out)
{
    struct bytes said = text(in), want = text(out);

    expect_run(spec, &said, 0, &want, NULL);
}

/* ---- with its server ---- */

static void client_goodbye(void)
{
    struct server *s = server_start((struct server_spec){0});
    struct process_spec spec = client_of(s, "length");

    expect_says(spec, "hello world\n", "goodbye world!\n");
    expect_says(spec, "one\n\nthree\n",
                "goodbye world!\ngoodbye world!\ngoodbye world!\n");
    expect_says(spec, "", "");
    server_stop(s, 3);
}

static void client_codecs(void)
{
    for (int i = 0; codec_names[i] != NULL; i++) {
        bool is_http = strcmp(codec_names[i], "http") == 0;
        struct server *s = serve(codec_names[i], "upper");
        struct process_spec spec = client_of(s, codec_names[i]);

        hint("lines end in \\n or \\r\\n; the last one may have no end");
        expect_says(spec, "abc\n\nx y\r\nlast",
                    is_http ? "abc\n\nx y\nlast\n" : "ABC\n\nX Y\nLAST\n");
        server_stop(s, 1);
        server_forget(s);
    }
}

static void client_hex(void)
{
    struct server *s = serve("length", "echo");
    struct process_spec spec = client_of(s, "length");
    struct bytes in = {0}, want = text("6162\n\n007fff\n");

    add(&in, "ab\n\n\0\x7f\xff\n", 8);
    expect_run(spec, &in, 0, &in, NULL);
    spec.args[4] = "--hex";
    expect_run(spec, &in, 0, &want, NULL);
    server_stop(s, 2);
}

static void client_20000_lines(void)
{
    struct bytes lines = {0};

    add_messages(&lines, "line", 20000);
    for (int i = 0; codec_names[i] != NULL; i++) {
        struct server *s = serve(codec_names[i], "echo");

        expect_run(client_of(s, codec_names[i]), &lines, 0, &lines, NULL);
        server_stop(s, 1);
        server_forget(s);
    }
}

static void client_longest_line(void)
{
    struct server *s = serve("length", "echo");
    struct bytes line = {0};
    char *filler = keep(8 * MEGABYTE);

    memset(filler, 'x', 8 * MEGABYTE);
    add_frame(&line, "line", filler, 8 * MEGABYTE);
    expect_run(client_of(s, "length"), &line, 0, &line, NULL);
    server_stop(s, 1);
}

/* The lines before it are sent and answered. */
static void client_line_too_long(void)
{
    struct server *s = serve("length", "echo");
    struct process_spec spec = client_of(s, "length");
    struct bytes in = text("one\nexactly10!\neleven char\nafter\n");
    struct bytes want = text("one\nexactly10!\n");

    spec.args[4] = "--max-frame=10";
    expect_run(spec, &in, 1, &want, "line too long");
    server_stop(s, 1);
}

static void client_pipe(void)
{
    struct server *s = serve("tlv", "echo");
    struct process_spec spec = client_of(s, "tlv");
    struct bytes lines = {0};
    struct process *p;
    char *got;

    if (!is_instrumented())
        spec.address_space = 10 * (rlim_t)MEGABYTE;
    hint("thousands of frames on their way in both directions: a deadlock?");
    add_messages(&lines, "line", 1000000);
    got = keep(lines.len);
    spec.in = STDIO_PIPE;
    p = process_start(spec);
    for (size_t sent = 0, have = 0; have < lines.len;) {
        size_t n = lines.len - sent < 60000 ? lines.len - sent : 60000;
        ssize_t more;

        /* A pipe holds 64 KiB: after that the client must have read. */
        if (n > 0 && write(p->in, lines.at + sent, n) != (ssize_t)n)
            CHECK_FAIL("write to the client: %s", strerror(errno));
        sent += n;
        if (sent == lines.len)
            child_close_in(p);
        do {
            more = read(p->out, got + have, lines.len - have);
            CHECK(more > 0);
            have += (size_t)more;
        } while (sent == lines.len ? have < lines.len : have + 30000 < sent);
    }
    CHECK_BYTES(got, lines.len, lines.at, lines.len);
    EXPECT_EXIT(p, 0);
    server_stop(s, 1);
}

/* 15 MB from a file, 10 MB of address space; nobody paces it. */
static void client_file(void)
{
    struct server *s = serve("length", "echo");
    struct process_spec spec = client_of(s, "length");
    struct bytes lines = {0};

    if (!is_instrumented())
        spec.address_space = 10 * (rlim_t)MEGABYTE;
    add_messages(&lines, "line", 1000000);
    expect_run(spec, &lines, 0, &lines, NULL);
    server_stop(s, 1);
}

/* ---- with a peer ---- */

/* A client whose stdin we hold, and our end of its connection. */
struct talk {
    struct process *p;
    int fd;
};

static struct talk meet(const char *codec)
{
    char port[8];
    int listener = peer_listen(port);
    struct process_spec spec = client_at(port, codec);
    struct talk t;

    spec.in = STDIO_PIPE;
    t.p = process_start(spec);
    t.fd = peer_accept(listener);
    close(listener);
    return t;
}

static void type(const struct talk *t, const char *words)
{
    size_t len = strlen(words);

    CHECK(write(t->p->in, words, len) == (ssize_t)len);
}

/* A client that has asked for "a", which has come. */
static struct talk meet_and_ask(void)
{
    struct talk t = meet("length");

    type(&t, "a\n");
    EXPECT_BYTES(t.fd, "\0\0\0\1a", 5);
    return t;
}

static void expect_line(const struct talk *t, const char *want)
{
    char line[256];

    CHECK(process_read_line(t->p, line, sizeof(line)));
    CHECK_BYTES(line, strlen(line), want, strlen(want));
}

static void expect_end(const struct talk *t, int code, const char *err)
{
    EXPECT_EXIT(t->p, code);
    if (err != NULL && !process_log_has(t->p, err))
        CHECK_FAIL("stderr does not say \"%s\"", err);
    if (err == NULL)
        CHECK_EQ(process_log_count(t->p, "\n"), 0);
}

/* Stdin ends, the peer has heard all. */
static void finish(const struct talk *t)
{
    child_close_in(t->p);
    EXPECT_EOF(t->fd);
    close(t->fd);
    expect_end(t, 0, NULL);
}

/* A line goes out when it is whole, not before; to the byte. */
static void client_lines_become_frames(void)
{
    for (int i = 0; codec_names[i] != NULL; i++) {
        struct talk t = meet(codec_names[i]);
        struct bytes want = {0};

        add_frame(&want, codec_names[i], "hello world", 11);
        type(&t, "hello");
        type(&t, " world\nand");
        EXPECT_BYTES(t.fd, want.at, want.len);
        EXPECT_SILENCE(t.fd);
        type(&t, " on");
        child_close_in(t.p);
        want.len = 0;
        add_frame(&want, codec_names[i], "and on", 6);
        EXPECT_BYTES(t.fd, want.at, want.len);
        EXPECT_EOF(t.fd); /* the half-close */
        want.len = 0;
        add_echo(&want, codec_names[i], "one", 3);
        add_echo(&want, codec_names[i], "two", 3);
        SEND_BYTES(t.fd, want.at, want.len);
        expect_line(&t, "one");
        expect_line(&t, "two");
        close(t.fd);
        expect_end(&t, 0, NULL);
    }
}

/* Each answer is printed when it is whole, however it comes. */
static void client_answers_in_pieces(void)
{
    struct talk t = meet("length");
    static const char answers[] = "\0\0\0\5first\0\0\0\0\0\0\0\6second";

    type(&t, "a\nb\nc\n");
    EXPECT_BYTES(t.fd, "\0\0\0\1a\0\0\0\1b\0\0\0\1c", 15);
    for (size_t i = 0; i < 9; i++)
        SEND_BYTES(t.fd, answers + i, 1);
    expect_line(&t, "first");
    for (size_t i = 9; i < sizeof(answers) - 1; i++)
        SEND_BYTES(t.fd, answers + i, 1);
    expect_line(&t, "");
    expect_line(&t, "second");
    finish(&t);
}

static void client_unknown_types(void)
{
    struct talk t = meet("tlv");

    type(&t, "a\n");
    EXPECT_BYTES(t.fd, "\1\0\0\0\1a", 6);
    SEND_BYTES(t.fd, "\7\0\0\0\3no!\1\0\0\0\3yes\7\0\0\0\0", 21);
    expect_line(&t, "yes");
    finish(&t);
}

/* Says and is told at the same time: the peer reads nothing until it has sent
 * ten megabytes, the client has as many to send. */
static void client_peer_talks_first(void)
{
    enum { FRAMES = 20000, LEN = 1000 };
    char port[8], payload[LEN];
    int listener = peer_listen(port), fd;
    struct process_spec spec = client_at(port, "length");
    struct bytes lines = {0}, frames = {0};
    struct process *p;
    const char *path = harness_path("lines");
    int in;

    memset(payload, 'p', LEN);
    for (int i = 0; i < FRAMES; i++) {
        add_frame(&lines, "line", payload, LEN);
        add_frame(&frames, "length", payload, LEN);
    }
    in = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(in != -1 && write(in, lines.at, lines.len) == (ssize_t)lines.len);
    CHECK(lseek(in, 0, SEEK_SET) == 0);
    spec.in = in;
    spec.out = STDIO_NULL;
    p = process_start(spec);
    fd = peer_accept(listener);
    SEND_BYTES(fd, frames.at, frames.len);
    EXPECT_BYTES(fd, frames.at, frames.len);
    EXPECT_EOF(fd);
    close(fd);
    EXPECT_EXIT(p, 0);
    close(in);
}

static void client_truncated_answer(void)
{
    struct talk t = meet_and_ask();

    child_close_in(t.p);
    EXPECT_EOF(t.fd);
    SEND_BYTES(t.fd, "\0\0\0\4hal", 7);
    close(t.fd);
    expect_end(&t, 1, "truncated frame");
}

/* Behind a good one. */
static void client_bad_answer(void)
{
    struct talk t = meet("length");

    type(&t, "a\nb\n");
    EXPECT_BYTES(t.fd, "\0\0\0\1a\0\0\0\1b", 10);
    SEND_BYTES(t.fd, "\0\0\0\4good\xff\xff\xff\xff", 12);
    expect_line(&t, "good");
    expect_end(&t, 1, "frame size too big");
}

static void client_compressed_answer(void)
{
    struct talk t = meet("grpc");

    type(&t, "a\n");
    EXPECT_BYTES(t.fd, "\0\0\0\0\1a", 6);
    SEND_BYTES(t.fd, "\1\0\0\0\1a", 6);
    expect_end(&t, 1, "compressed");
}

/* One frame in, one frame out: who can count the answers can miss one. */
static void client_missing_answer(void)
{
    struct talk t = meet("length");

    type(&t, "a\nb\n");
    child_close_in(t.p);
    EXPECT_BYTES(t.fd, "\0\0\0\1a\0\0\0\1b", 10);
    EXPECT_EOF(t.fd);
    SEND_BYTES(t.fd, "\0\0\0\1A", 5);
    close(t.fd);
    expect_line(&t, "A");
    expect_end(&t, 1, "an answer is missing");
}

/* The server hangs up first: nothing is left to say, or something is. */
static void client_server_closes_first(void)
{
    for (int unsaid = 0; unsaid <= 1; unsaid++) {
        struct talk t = meet_and_ask();

        type(&t, unsaid ? "half a line" : "");
        SEND_BYTES(t.fd, "\0\0\0\1A", 5);
        expect_line(&t, "A");
        close(t.fd);
        expect_end(&t, unsaid, "server closed the connection");
    }
}

/* Half-closed and then reset, while the client stands still: its next write
 * is EPIPE, and SIGPIPE if nobody ignores that. What was said is printed. */
static void client_last_words(void)
{
    struct talk t = meet_and_ask();

    process_signal(t.p, SIGSTOP);
    WAIT_UNTIL(proc_state(t.p->pid) == 'T');
    SEND_BYTES(t.fd, "\0\0\0\4last", 8);
    half_close(t.fd);
    reset_connection(t.fd);
    type(&t, "b\n");
    process_signal(t.p, SIGCONT);
    expect_line(&t, "last");
    expect_end(&t, 1, "server closed the connection");
}

static void client_lost_connection(void)
{
    struct talk t = meet_and_ask();

    reset_connection(t.fd);
    expect_end(&t, 1, "ECONNRESET");
}

static void client_nobody_there(void)
{
    char port[8];
    int listener = peer_listen(port);
    struct bytes line = text("a\n"), nothing = {0};

    close(listener);
    expect_run(client_at(port, "length"), &line, 1, &nothing, "ECONNREFUSED");
}

/* ---- its surroundings ---- */

/* O_NONBLOCK would hold for the shell as well. */
static void client_leaves_stdin_blocking(void)
{
    struct server *s = serve("length", "echo");
    struct process_spec spec = client_of(s, "length");
    struct process *p;
    char line[16];
    int ends[2];

    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    spec.in = ends[0];
    p = process_start(spec);
    CHECK(write(ends[1], "a\n", 2) == 2);
    CHECK(process_read_line(p, line, sizeof(line)));
    CHECK((fcntl(ends[0], F_GETFL) & O_NONBLOCK) == 0);
    close(ends[1]);
    EXPECT_EXIT(p, 0);
    close(ends[0]);
    server_stop(s, 1);
}

/* It waits for its server and for us, and burns nothing meanwhile: neither
 * with stdin open, nor when that has ended. */
static void client_waits_quietly(void)
{
    struct talk t = meet_and_ask();
    struct server view = {.process = t.p, .pid = t.p->pid};

    if (server_cpu_share(&view, 500) > 0.2)
        CHECK_FAIL("CPU is burned while stdin is open");
    child_close_in(t.p);
    EXPECT_EOF(t.fd);
    if (server_cpu_share(&view, 500) > 0.2)
        CHECK_FAIL("CPU is burned after stdin has ended");
    SEND_BYTES(t.fd, "\0\0\0\1A", 5);
    close(t.fd);
    expect_end(&t, 0, NULL);
}

/* A peer that does not read: the client waits, and reads no more of stdin. */
static void client_peer_does_not_read(void)
{
    struct talk t = meet("length");
    struct server view = {.process = t.p, .pid = t.p->pid};
    long long until = now_ms() + patience_ms();
    char lines[4096];
    size_t sent = 0;

    memset(lines, '\n', sizeof(lines)); /* 4 bytes for each of these */
    CHECK(fcntl(t.p->in, F_SETFL, O_NONBLOCK) == 0);
    for (int full = 0; full < 20;) {
        ssize_t n = write(t.p->in, lines, sizeof(lines));

        sent += n > 0 ? (size_t)n : 0;
        full = n <= 0 && proc_state(t.p->pid) == 'S' ? full + 1 : 0;
        if (n <= 0)
            look_again(__FILE__, __LINE__, "the client takes no more", until);
        if (sent > 64 * MEGABYTE)
            CHECK_FAIL("the client stores what nobody reads");
    }
    if (server_cpu_share(&view, 500) > 0.2)
        CHECK_FAIL("CPU is burned while nothing can be sent");
    reset_connection(t.fd);
    expect_end(&t, 1, "ECONNRESET");
}

static void client_stdout_closed(void)
{
    struct server *s = serve("length", "echo");
    struct process_spec spec = client_of(s, "length");
    struct process *p;
    int ends[2];

    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    spec.in = STDIO_PIPE;
    spec.out = ends[1];
    p = process_start(spec);
    close(ends[1]);
    close(ends[0]);
    CHECK(write(p->in, "a\n", 2) == 2);
    EXPECT_EXIT(p, 1);
    CHECK(process_log_has(p, "EPIPE"));
    server_stop(s, 1);
}

static void client_wrong_words(void)
{
    static const struct {
        const char *first, *second, *word;
    } wrong[] = {
        {"--codec", "bogus", "bogus"},   {"--max-frame", "0", "0"},
        {"--hex=1", NULL, "hex"},        {"--service", "echo", "service"},
        {"127.0.0.1", "70000", "70000"},
    };

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++)
        expect_usage_error(need_client(), wrong[i].first, wrong[i].second,
                           wrong[i].word);
}

const struct check_case framed_client_cases[] = {
    CASE(client_goodbye, "client", 30, NEEDS_CLIENT, ALL_TRANSPORTS),
    CASE(client_codecs, "client", 30, NEEDS_CLIENT),
    CASE(client_hex, "client", 30, NEEDS_CLIENT),
    CASE(client_20000_lines, "client", 60, NEEDS_CLIENT, ALL_TRANSPORTS),
    CASE(client_longest_line, "client", 60, NEEDS_CLIENT),
    CASE(client_line_too_long, "client", 30, NEEDS_CLIENT),
    CASE(client_pipe, "client", 90, NEEDS_CLIENT),
    CASE(client_file, "client", 90, NEEDS_CLIENT, ALL_TRANSPORTS),
    CASE(client_lines_become_frames, "client", 30, NEEDS_CLIENT),
    CASE(client_answers_in_pieces, "client", 30, NEEDS_CLIENT),
    CASE(client_unknown_types, "client", 30, NEEDS_CLIENT),
    CASE(client_peer_talks_first, "client", 60, NEEDS_CLIENT),
    CASE(client_truncated_answer, "client", 30, NEEDS_CLIENT),
    CASE(client_bad_answer, "client", 30, NEEDS_CLIENT),
    CASE(client_compressed_answer, "client", 30, NEEDS_CLIENT),
    CASE(client_missing_answer, "client", 30, NEEDS_CLIENT),
    CASE(client_server_closes_first, "client", 30, NEEDS_CLIENT),
    CASE(client_last_words, "client", 30, NEEDS_CLIENT),
    CASE(client_lost_connection, "client", 30, NEEDS_CLIENT),
    CASE(client_nobody_there, "client", 30, NEEDS_CLIENT),
    CASE(client_leaves_stdin_blocking, "client", 30, NEEDS_CLIENT),
    CASE(client_waits_quietly, "client", 30, NEEDS_CLIENT),
    CASE(client_peer_does_not_read, "client", 60, NEEDS_CLIENT),
    CASE(client_stdout_closed, "client", 30, NEEDS_CLIENT),
    CASE(client_wrong_words, "client", 30, NEEDS_CLIENT),
    {0},
};
