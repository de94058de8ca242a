/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold: finds the subcommand and runs it. */
#include "clock.h"
#include "cmd_cat.h"
#include "cmd_completion.h"
#include "cmd_fsck.h"
#include "cmd_lab.h"
#include "cmd_plan.h"
#include "cmd_resume.h"
#include "cmd_run.h"
#include "cmd_runs.h"
#include "cmd_show.h"
#include "cmd_topo.h"
#include "complain.h"
#include "failpoint.h"
#include "job_options.h"
#include "nearest.h"
#include "parallel.h"
#include "paths.h"
#include "start.h"
#include "streams.h"
#include "trust.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "?"
#endif

static int completion(int argc, char **argv, char **all_argv,
                      uint64_t started_ns);

static const struct command commands[] = {
    {"run", "run a kernel or a command on every core", cmd_run, &job_options},
    {"resume", "go on with a run that was begun", cmd_resume, &resume_options},
    {"plan", "show who would run where, and why", cmd_plan, &plan_options},
    {"topo", "show the machine, and what of it a run may use", cmd_topo,
     &topo_options},
    {"runs", "list the runs that are kept, or remove some", cmd_runs,
     &runs_options},
    {"show", "show the report of a run again", cmd_show, &show_options},
    {"cat", "print what an item of a run has printed", cmd_cat, &cat_options},
    {"fsck", "check the store of a run", cmd_fsck, &fsck_options},
    {"lab", "show by small experiments what processes and threads do", cmd_lab,
     &lab_options},
    {"completion", "make the shell complete all of this", completion,
     &completion_options},
};
#define N_COMMANDS (sizeof commands / sizeof commands[0])

/* The one command that speaks of all others. */
static int completion(int argc, char **argv, char **all_argv,
                      uint64_t started_ns)
{
    (void)all_argv;
    (void)started_ns;
    return cmd_completion(argc, argv, commands, N_COMMANDS);
}

static int help(FILE *out)
{
    fprintf(out,
            "Usage: fanfold COMMAND [OPTION]...\n"
            "Runs a function or a command on every core and folds the "
            "results into one\nanswer, the same bits every time.\n\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].about);
    fprintf(out, "\n'fanfold COMMAND --help' tells more; "
            "'fanfold --version' the version.\n"
            "To begin with: 'fanfold run pi.c', or 'fanfold run -- echo {} "
            "::: a b c'; fanfold(1)\nsays where the examples are.\n");
    return fflush(out) == 0 ? 0 : 4;
}

static const struct command *find_command(const char *word)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(word, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

static bool is_kernel(const char *word)
{
    static const char *const suffixes[] = {".c", ".cc", ".cpp", ".cxx", ".so"};
    const char *dot = strrchr(word, '.');
    for (size_t i = 0; dot != NULL && i < 5; i++)
        if (dot > word && strcmp(dot, suffixes[i]) == 0)
            return true;
    return false;
}

/* "run x" is what the user may have meant; NULL: no idea. */
static const char *meant(const char *word, char out[64])
{
    static const char *const options[] = {"help", "version"};
    const char *names[N_COMMANDS];
    const size_t dashes = strspn(word, "-");
    const char *rest = word + dashes, *near;
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    if (is_kernel(word) && strlen(word) < 50)
        snprintf(out, 64, "run %s", word);
    else if (strcmp(word, "-v") == 0 || strcmp(word, "-V") == 0)
        return "--version";
    else if ((near = nearest(rest, strlen(rest), names, N_COMMANDS)) != NULL)
        return near;
    else if ((near = nearest(rest, strlen(rest), options, 2)) != NULL)
        snprintf(out, 64, "--%s", near);
    else if (dashes > 0 && strlen(word) < 50)
        snprintf(out, 64, "run %s", word);
    else
        return NULL;
    return out;
}

static int unknown(const char *word)
{
    char text[64];
    const char *instead = meant(word, text);
    const char *what = word[0] == '-' ? "an option of fanfold" : "a command";
    struct ff_error err;
    if (instead != NULL)
        ff_error_set(&err, FF_USAGE, "'%s' is not %s; did you mean 'fanfold "
                     "%s'? ('fanfold --help' lists all)", word, what, instead);
    else
        ff_error_set(&err, FF_USAGE, "'%s' is not %s; 'fanfold --help' lists "
                     "all", word, what);
    return complain(&err);
}

/* `fanfold help run` is `fanfold run --help`. */
static int help_on(const char *word, uint64_t started_ns)
{
    char name[64], option[] = "--help";
    char *argv[] = {name, option, NULL};
    const struct command *command = find_command(word);
    if (command == NULL)
        return unknown(word);
    snprintf(name, sizeof name, "%s", word);
    return command->run(2, argv, argv, started_ns);
}

/* ---- one of several processes -------------------------------------------- */

/* Rank 0 tells of an error; who starts us may end the others before it has
 * done so, when they fail first. */
_Noreturn static void fail_quietly(int status)
{
    sleep(1);
    exit(status);
}

/* Each process but the first: `run` and `resume` make it a node, which is told all by the
 * first; anything else is done there alone. */
_Noreturn static void be_other(const struct parallel *parallel, bool runs)
{
    struct ff_error err;
    if (!runs)
        exit(FF_DONE);
    if (parallel->starter == STARTED_SLURM)
        fail_quietly(FF_LOST);
    start_become_node(parallel, &err);
    fail_quietly(err.status);
}

/* MPI cannot work without what srun tells it, nor a build without MPI. */
static int check_first(const struct parallel *parallel, struct ff_error *err)
{
    char path[PATHS_MAX];
    if (parallel->starter == STARTED_SLURM)
        return ff_error_set(err, FF_LOST, "srun has started %u processes that "
                            "cannot find each other: use 'srun --mpi=pmix' "
                            "(or 'srun -n 1' for one machine)",
                            parallel->size);
    return paths_node(path, parallel->starter == STARTED_PMI, err);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0
           || strcmp(word, "help") == 0;
}

/* Is it a command that runs a job, be it for its --help? */
static bool is_run(int argc, char **argv)
{
    const char *word = argc < 2 ? "" : is_help(argv[1]) && argc > 2
                       ? argv[2] : argv[1];
    const struct command *command = find_command(word);
    return command != NULL
           && (command->run == cmd_run || command->run == cmd_resume);
}

static void print_version(void)
{
    const struct paths_interpreter python = paths_interpreter();
    printf("fanfold %s\n", PACKAGE_VERSION);
    if (*python.library != '\0')
        printf("Python kernels: by %s (Python %s), or another 3.11 or later\n",
               python.program, python.version);
    else
        printf("Python kernels: none, it was built without\n");
}

static int obey(int argc, char **argv, uint64_t started_ns)
{
    if (argc < 2) {
        help(stderr);
        return 2;
    }
    const char *word = argv[1];
    if (is_help(word))
        return argc > 2 ? help_on(argv[2], started_ns) : help(stdout);
    if (strcmp(word, "--version") == 0) {
        print_version();
        return fflush(stdout) == 0 ? 0 : 4;
    }
    const struct command *command = find_command(word);
    return command != NULL ? command->run(argc - 1, argv + 1, argv, started_ns)
                           : unknown(word);
}

int main(int argc, char **argv)
{
    const uint64_t started_ns = clock_ns();
    const bool runs = is_run(argc, argv);
    struct parallel parallel;
    struct ff_error err;
    streams_open();
    FAILPOINT_ARM("launcher", 0, true);
    parallel_read(&parallel);
    if (trust_start(&err) != 0) {
        if (parallel.rank > 0)
            fail_quietly(err.status);
        return complain(&err);
    }
    if (parallel.rank > 0)
        be_other(&parallel, runs);
    if (runs && !parallel_is_alone(&parallel)
        && check_first(&parallel, &err) != 0)
        return complain(&err);
    return obey(argc, argv, started_ns);
}
