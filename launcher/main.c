/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold: finds the subcommand and runs it. */
#include "clock.h"
#include "cmd_run.h"
#include "nearest.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "?"
#endif

struct command {
    const char *name, *about;
    int (*run)(int argc, char **argv, char **all_argv, uint64_t started_ns);
};

static const struct command commands[] = {
    {"run", "run a kernel on every core", cmd_run},
};
#define N_COMMANDS (sizeof commands / sizeof commands[0])

static int help(FILE *out)
{
    fprintf(out,
            "Usage: fanfold COMMAND [OPTION]...\n"
            "Runs one function on every core and folds the results into one "
            "answer,\nthe same bits every time.\n\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].about);
    fprintf(out, "\n'fanfold COMMAND --help' tells more; "
            "'fanfold --version' the version.\n"
            "To begin with: fanfold run examples/pi.c\n");
    return fflush(out) == 0 ? 0 : 4;
}

static int unknown(const char *word)
{
    const char *names[N_COMMANDS];
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    fprintf(stderr, "fanfold: '%s' is not a command; did you mean 'fanfold "
            "%s'? ('fanfold --help' lists them)\n", word,
            nearest(word, strlen(word), names, N_COMMANDS));
    return 2;
}

/* A standard stream that is closed must not become something else of ours.
 * Results that nobody can read are an error, so that stream fails; messages
 * without a reader are not. open() returns the lowest free number. */
static void open_standard_streams(void)
{
    static const int flags[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) < 0)
            return;
}

int main(int argc, char **argv)
{
    const uint64_t started_ns = clock_ns();
    open_standard_streams();
    if (argc < 2) {
        help(stderr);
        return 2;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0
        || strcmp(word, "help") == 0)
        return help(stdout);
    if (strcmp(word, "--version") == 0) {
        printf("fanfold %s\n", PACKAGE_VERSION);
        return fflush(stdout) == 0 ? 0 : 4;
    }
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(word, commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1, argv, started_ns);
    return unknown(word);
}
