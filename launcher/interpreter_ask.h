/* SPDX-License-Identifier: Apache-2.0 */
/* What an interpreter of Python says of itself, when it is run. */
#ifndef FANFOLD_LAUNCHER_INTERPRETER_ASK_H
#define FANFOLD_LAUNCHER_INTERPRETER_ASK_H

#include "command_runner.h"
#include "paths.h"

#include <stdbool.h>

struct interpreter_answer {
    char implementation[32];  /* "cpython" */
    char version[32];         /* "3.11.2" */
    int major, minor;
    char program[PATHS_MAX];  /* sys.executable */
    char library[PATHS_MAX];  /* its shared library; "": there is none, ... */
    char wanted[PATHS_MAX];   /* ... which should be here; "": it was built
                                 without */
    bool free_threaded;       /* it has no global lock */
};

/* Runs the program, isolated from PYTHON* and the user's packages. FF_USAGE
 * when it is no Python. */
int interpreter_ask(struct interpreter_answer *out, const char *program,
                    command_runner *run, void *arg, struct ff_error *err);

#endif
