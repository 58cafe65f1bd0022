/*
 * 07-framing/kv/kv-client.c - talks to the key-value server, for people.
 *
 *     words -> request -> frame -> send   recv -> frame -> response -> text
 *
 * New here: an answer is a message, so the client knows when it has all of it
 * and may ask the next thing on the same connection.
 * From common/: send_all() sends a whole frame; log_always() says what is bad.
 * Its limit: one question at a time. A program would send many and then read.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "blocking.h"
#include "log.h"
#include "net.h"
#include "options.h"

#include "frame.h"
#include "kv_text.h"

enum { READ_SIZE = 16 * 1024 };

static const char commands[] =
    "  hset TABLE KEY VALUE                  hget TABLE KEY\n"
    "  hmset TABLE KEY VALUE [KEY VALUE...]  hmget TABLE KEY [KEY...]\n"
    "  hdel TABLE KEY                        hmdel TABLE KEY [KEY...]\n"
    "  hexist TABLE KEY                      hmexist TABLE KEY [KEY...]\n"
    "  hgetall TABLE\n"
    "\n"
    "hset, hmset, hdel and hmdel print what was there before. A VALUE is a\n"
    "string, unless it begins with one of these:\n"
    "  i:42     an integer         f:1.5   a float\n"
    "  b:true   a bool             x:00ff  bytes\n"
    "  s:i:42   the string i:42    n:      nothing\n"
    "On stdin a word may stand in quotes: \"two words\", with \\\" \\\\ \\n "
    "\\t "
    "\\xHH.\n"
    "\n"
    "Exit status: 0 done; 1 failed, or the server said 4xx or 5xx; 2 wrong\n"
    "usage.\n";

static struct codec codec;
static int server_fd;
static struct buffer in; /* what the server has said and is not read yet */

static void ask(const struct buffer *request)
{
    struct buffer out = {0};

    if (!frame_append(&codec, buffer_front(request), buffer_len(request), &out))
        die("cannot send so long a command");
    if (send_all(server_fd, buffer_front(&out), buffer_len(&out)) == -1)
        die("cannot send");
    buffer_free(&out);
}

static void read_more(void)
{
    char *room = buffer_room(&in, READ_SIZE);
    ssize_t n;

    if (room == NULL)
        die("cannot keep the answer");
    while ((n = recv(server_fd, room, READ_SIZE, 0)) == -1 && errno == EINTR)
        continue;
    if (n == -1)
        die("cannot receive");
    if (n == 0) {
        log_always("the server has hung up");
        exit(EXIT_FAILURE);
    }
    buffer_grew(&in, (size_t)n);
}

/* The next message; it stands in `in`, which the caller consumes. */
static struct frame hear(void)
{
    static struct decoder decoder;
    struct frame frame;

    for (;;) {
        enum frame_status status = frame_decode(
            &codec, &decoder, buffer_front(&in), buffer_len(&in), &frame);

        if (status == FRAME_READY)
            return frame;
        if (status == FRAME_ERROR) {
            log_always("cannot understand the server: %s", decoder.why);
            exit(EXIT_FAILURE);
        }
        read_more();
    }
}

/* Returns the exit status: EXIT_FAILURE when the server said no. */
static int show(struct span message)
{
    struct kv_response response;

    if (!kv_read_response(message, &response)) {
        log_always("cannot understand the server: malformed message");
        exit(EXIT_FAILURE);
    }
    if (response.status == 200) {
        print_response(stdout, &response);
        return EXIT_SUCCESS;
    }
    (void)fflush(stdout); /* what came before stands before it */
    fprintf(stderr, "client: %u ", (unsigned)response.status);
    print_escaped(stderr, response.message);
    fputc('\n', stderr);
    return EXIT_FAILURE;
}

/* Returns what is to be the exit status. The words may be rewritten. */
static int make_request(char *const *words, int count, struct buffer *request)
{
    char why[WHY_LEN];
    enum words_status status = request_from_words(words, count, request, why);

    if (status == WORDS_NO_MEMORY)
        die("cannot make the command");
    if (status == WORDS_WRONG) {
        log_always("%s; try --help", why);
        return EXIT_USAGE;
    }
    return EXIT_SUCCESS;
}

/* A question and its answer. Frees the request, returns the exit status. */
static int converse(struct buffer *request)
{
    struct frame frame;
    int status;

    ask(request);
    buffer_free(request);
    frame = hear();
    status = show((struct span){buffer_front(&in) + frame.offset, frame.len});
    buffer_consume(&in, frame.used);
    return status;
}

static int run_line(char *line)
{
    char *words[MOST_WORDS];
    struct buffer request = {0};
    const char *why;
    int count = split_line(line, words, &why);
    int status;

    if (count == -1) {
        log_always("%s", why);
        return EXIT_USAGE;
    }
    if (count == 0)
        return EXIT_SUCCESS;
    status = make_request(words, count, &request);
    if (status != EXIT_SUCCESS)
        return status;
    return converse(&request);
}

/* A line that is wrong is no reason not to do the next. */
static int run_lines(void)
{
    char *line = NULL;
    size_t size = 0;
    int worst = EXIT_SUCCESS;

    while (getline(&line, &size, stdin) != -1) {
        int status = run_line(line);

        /* The reader of the answer need not wait for the next question;
         * whether stdout can be written is asked at the end. */
        (void)fflush(stdout);
        if (status > worst)
            worst = status;
    }
    if (!feof(stdin)) /* an error, or no memory for the line */
        die("cannot read stdin");
    free(line);
    return worst;
}

static _Noreturn void usage(const char *self, const char *what,
                            const char *word)
{
    fprintf(stderr, "%s: '%s'%s\nTry '%s --help'.\n", self, word, what, self);
    exit(EXIT_USAGE);
}

static void check_port(const char *self, const char *word)
{
    char *end;
    long port = strtol(word, &end, 10);

    if (word[0] < '0' || word[0] > '9' || *end != '\0' || port < 1 ||
        port > 65535)
        usage(self, " is neither a command nor a port", word);
}

/* Sets *host and *port where they are given; returns where the command
 * begins in argv. A word that is a command's name is that command. */
static int parse_words(int argc, char **argv, const char **host,
                       const char **port)
{
    struct command_line line = {
        .program = "client",
        .usage = "[-h|-V] [HOST [PORT]] [COMMAND WORD...]",
        .about = "Asks the key-value server and prints its answer. Without a "
                 "command: one\nfrom each line of stdin.\n",
        .end = commands,
        .leaves_words = true}; /* a command's may look like options */
    const char *self = argc > 0 ? argv[0] : line.program;
    int i;

    add_host_and_port(&line, host, port);
    i = parse_command_line(&line, argc, argv);
    if (i < argc && !is_command(argv[i]))
        *host = argv[i++];
    if (i < argc && !is_command(argv[i])) {
        check_port(self, argv[i]);
        *port = argv[i++];
    }
    if (i < argc && !is_command(argv[i]))
        usage(self, " is not a command", argv[i]);
    return i;
}

/* Wrong words are found before there is a connection. */
int main(int argc, char **argv)
{
    const char *host, *port = "9527";
    struct buffer request = {0};
    int first = parse_words(argc, argv, &host, &port);
    bool has_command = first < argc;
    int status = EXIT_SUCCESS;

    signal(SIGPIPE, SIG_IGN); /* a server that left gives EPIPE: say so */
    codec = codec_defaults(CODEC_LENGTH);
    if (has_command)
        status = make_request(argv + first, argc - first, &request);
    if (status != EXIT_SUCCESS)
        return status;
    server_fd = connect_to(host, port);
    if (server_fd == -1)
        die("cannot connect to %s, port %s", host, port);
    if (has_command)
        status = converse(&request);
    else
        status = run_lines();
    close(server_fd);
    buffer_free(&in);
    if (fflush(stdout) != 0 || ferror(stdout))
        die("cannot print");
    return status;
}
