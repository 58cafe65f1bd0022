/* tests/harness/check.c - see check.h. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

enum { STEPS_KEPT = 64, STEPS_SHOWN = 12, STEP_LEN = 160, SHOWN_BYTES = 96 };

static char steps[STEPS_KEPT][STEP_LEN];
static int steps_taken, steps_shown = STEPS_SHOWN;
static char repeat_command[1024], repeat_with[64];
static const char *hint_text;
static void (*end_hook)(void);

const char *case_name = "", *case_word = "";

void check_step(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(steps[steps_taken++ % STEPS_KEPT], STEP_LEN, format, args);
    va_end(args);
}

void check_all_steps(void)
{
    steps_shown = STEPS_KEPT;
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
    int first = steps_taken > steps_shown ? steps_taken - steps_shown : 0;

    if (first > 0)
        fprintf(stderr, "  ...%s\n",
                steps_shown < STEPS_KEPT ? " (more with -v)" : "");
    for (int i = first; i < steps_taken; i++)
        fprintf(stderr, "  %3d. %s\n", i + 1, steps[i % STEPS_KEPT]);
}

void check_repeat(const char *command)
{
    snprintf(repeat_command, sizeof(repeat_command), "%s", command);
}

void check_repeat_with(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(repeat_with, sizeof(repeat_with), format, args);
    va_end(args);
}

static void start_report(const char *file, int line)
{
    fflush(stdout);
    fprintf(stderr, "FAILED: %s (%s:%d)\n", case_name, file, line);
}

static _Noreturn void finish_report(int status)
{
    if (hint_text != NULL)
        fprintf(stderr, "  hint: %s\n", hint_text);
    print_steps();
    run_end_hook();
    fprintf(stderr, "  repeat it with: %s%s%s\n", repeat_with,
            repeat_with[0] != '\0' ? " " : "", repeat_command);
    exit(status);
}

static void report_why(const char *file, int line, const char *format,
                       va_list args) __attribute__((format(printf, 3, 0)));

static void report_why(const char *file, int line, const char *format,
                       va_list args)
{
    start_report(file, line);
    fprintf(stderr, "  ---> ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
}

void check_fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report_why(file, line, format, args);
    va_end(args);
    finish_report(EXIT_FAILURE);
}

void check_never_began(const char *file, int line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report_why(file, line, format, args);
    va_end(args);
    finish_report(CHECK_NEVER_BEGAN);
}

void check_too_long(int limit_s)
{
    fflush(stdout);
    fprintf(stderr, "FAILED: %s took more than %d s\n", case_name, limit_s);
    finish_report(CHECK_TOO_LONG);
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
    finish_report(EXIT_FAILURE);
}

void check_equal(const char *file, int line, const char *what, long long got,
                 long long want)
{
    if (got == want)
        return;
    start_report(file, line);
    fprintf(stderr, "  ---> %s: expected %lld, got %lld\n", what, want, got);
    finish_report(EXIT_FAILURE);
}
