/* tests/harness/check.c - see check.h. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "escape.h"

enum { STEPS_KEPT = 64, STEP_LEN = 160, SHOWN_BYTES = 96 };

static char steps[STEPS_KEPT][STEP_LEN];
static int steps_taken;
static const char *case_name = "";
static const char *program = "";
static const char *hint_text;
static void (*end_hook)(void);

void check_step(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(steps[steps_taken++ % STEPS_KEPT], STEP_LEN, format, args);
    va_end(args);
}

void hint(const char *text)
{
    hint_text = text;
}

void check_at_end(void (*hook)(void))
{
    end_hook = hook;
}

/* The hook is taken back first: it may fail itself, and must not come twice. */
static void run_end_hook(void)
{
    void (*hook)(void) = end_hook;

    end_hook = NULL;
    if (hook != NULL)
        hook();
}

static void print_steps(void)
{
    int first = steps_taken > STEPS_KEPT ? steps_taken - STEPS_KEPT : 0;

    for (int i = first; i < steps_taken; i++)
        fprintf(stderr, "  %3d. %s\n", i + 1, steps[i % STEPS_KEPT]);
}

static void start_report(const char *file, int line)
{
    fflush(stdout);
    fprintf(stderr, "FAILED: %s (%s:%d)\n", case_name, file, line);
    print_steps();
}

static _Noreturn void finish_report(void)
{
    if (hint_text != NULL)
        fprintf(stderr, "  hint: %s\n", hint_text);
    run_end_hook();
    if (getenv("CHECK_REPEAT") != NULL)
        fprintf(stderr, "  repeat it with: %s\n", getenv("CHECK_REPEAT"));
    else
        fprintf(stderr, "  repeat it with: %s %s\n", program, case_name);
    exit(EXIT_FAILURE);
}

void check_fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    start_report(file, line);
    fprintf(stderr, "  ---> ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    finish_report();
}

void check_skip(const char *format, ...)
{
    va_list args;

    printf("skipped: ");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    run_end_hook();
    exit(CHECK_SKIPPED);
}

static void show_escaped(const char *bytes, size_t len)
{
    char text[5];

    for (size_t i = 0; i < len; i++)
        fputs(escape_byte(text, bytes[i]), stderr);
}

static void show_hex(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(stderr, "%02x ", (unsigned char)bytes[i]);
}

void check_show(const char *label, const char *bytes, size_t len)
{
    size_t head = len > SHOWN_BYTES ? SHOWN_BYTES / 2 : len;
    size_t tail = len > SHOWN_BYTES ? len - SHOWN_BYTES / 2 : len;

    fprintf(stderr, "  %-8s %zu bytes \"", label, len);
    show_escaped(bytes, head);
    if (tail > head)
        fprintf(stderr, "\" ... \"");
    show_escaped(bytes + tail, len - tail);
    fprintf(stderr, "\"\n           ");
    show_hex(bytes, head);
    if (tail > head)
        fprintf(stderr, "... ");
    show_hex(bytes + tail, len - tail);
    fprintf(stderr, "\n");
}

void check_bytes(const char *file, int line, const char *got, size_t got_len,
                 const char *want, size_t want_len)
{
    size_t same = 0;

    while (same < got_len && same < want_len && got[same] == want[same])
        same++;
    if (same == got_len && same == want_len)
        return;
    start_report(file, line);
    fprintf(stderr, "  ---> other bytes than expected, from byte %zu on\n",
            same);
    check_show("expected", want, want_len);
    check_show("got", got, got_len);
    if (same > SHOWN_BYTES / 2) {
        check_show("exp. on", want + same, want_len - same);
        check_show("got on", got + same, got_len - same);
    }
    finish_report();
}

void check_equal(const char *file, int line, const char *what, long long got,
                 long long want)
{
    if (got == want)
        return;
    start_report(file, line);
    fprintf(stderr, "  ---> %s: expected %lld, got %lld\n", what, want, got);
    finish_report();
}

static int run_case(const struct check_case *c)
{
    case_name = c->name;
    c->run();
    return EXIT_SUCCESS;
}

/* One bad case must not take the others with it. */
static int run_in_child(const struct check_case *c)
{
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        exit(run_case(c));
    if (pid == -1 || waitpid(pid, &status, 0) == -1) {
        perror(c->name);
        return EXIT_FAILURE;
    }
    if (WIFSIGNALED(status))
        fprintf(stderr, "FAILED: %s died of signal %d\n", c->name,
                WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

static int run_all(const struct check_case *cases, size_t count)
{
    int failed = 0;

    for (size_t i = 0; i < count; i++) {
        int status = run_in_child(&cases[i]);

        if (status != EXIT_SUCCESS && status != CHECK_SKIPPED)
            failed++;
    }
    printf("%zu cases, %d failed\n", count, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int check_main(int argc, char **argv, const struct check_case *cases,
               size_t count)
{
    program = argv[0];
    if (argc < 2)
        return run_all(cases, count);
    if (strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < count; i++)
            printf("%s\n", cases[i].name);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < count; i++)
        if (strcmp(argv[1], cases[i].name) == 0)
            return run_case(&cases[i]);
    fprintf(stderr, "%s: no case '%s' (--list names them)\n", program, argv[1]);
    return 2;
}
