/* tests/conformance/suite.c - see suite.h: its tables, one a file. */
#include "suite.h"

static const struct check_case *const tables[] = {
    options_cases,      start_cases,
    service_cases,      limits_cases,
    stop_cases,         client_cases,
    leaving_cases, /* this and on: ../faults */
    staying_cases,      many_cases,
    starving_cases,     storms_cases,
    network_cases,      inject_server_cases,
    inject_start_cases, inject_client_cases,
    soak_cases,         NULL,
};

bool is_loop(void)
{
    return is_a(TRAIT_LOOP);
}

bool is_told_again(void)
{
    return is_loop() && !is_a(TRAIT_EDGE);
}

bool serves_one_at_a_time(void)
{
    return is_a(TRAIT_ONE_AT_A_TIME);
}

bool waits_in_accept(void)
{
    return !is_loop() || is_a(TRAIT_ACCEPTOR);
}

int main(int argc, char **argv)
{
    static const struct test_program suite = {
        .tables = tables,
        .like = "04-select",
        .help_end =
            "\n"
            "Begin with:\n"
            "suite --server CMD --stage NAME --kind service --transport tcp "
            "--deadline 10000\n"};

    return run_tests(argc, argv, &suite);
}
