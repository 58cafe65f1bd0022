/*
 * tests/conformance/option_names.h - the options of the contract, as --help
 * shows them. The suite knows no program's source; unit.options sees that ours
 * have these and no others.
 */
#ifndef OPTION_NAMES_H
#define OPTION_NAMES_H

static const char *const option_names[] = {
    "-b, --bind",         "-p, --port",  "-s, --service", "-m, --max-clients",
    "-t, --idle-timeout", "-g, --grace", "-w, --work-ms", "-q, --quiet",
    "-v, --verbose",      "-h, --help",  "-V, --version"};

#endif
