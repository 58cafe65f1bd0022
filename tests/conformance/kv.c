/* tests/conformance/kv.c - the tables of the key-value server's cases. See
 * kv.h. */
#include "kv.h"

/* AddressSanitizer asks for this. Messages are made and not freed (kv.h), which
 * is nobody's leak; the programs under test are looked at as ever. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int main(int argc, char **argv)
{
    static const struct check_case *const tables[] = {
        kv_command_cases, kv_frame_cases,  kv_fault_cases,
        kv_client_cases,  kv_inject_cases, NULL};
    static const struct test_program kv = {.tables = tables,
                                           .like = "07-framing/kv-server"};

    return run_tests(argc, argv, &kv);
}
