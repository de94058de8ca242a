/* SPDX-License-Identifier: Apache-2.0 */
/* Which Python runs a kernel that is a function of it, and where its library
 * is. */
#ifndef FANFOLD_LAUNCHER_INTERPRETER_H
#define FANFOLD_LAUNCHER_INTERPRETER_H

#include "command_runner.h"
#include "error.h"
#include "job.h"
#include "paths.h"

#include <stdbool.h>

struct interpreter {
    char program[PATHS_MAX]; /* sys.executable: in a virtual environment, its */
    char library[PATHS_MAX]; /* libpython3.11.so.1.0, or a path; "": the kernel
                                is none of Python */
    char version[32];        /* "3.11.2" */
    char plugin[PATHS_MAX];  /* our own */
    char file[PATHS_MAX];    /* the source as the user has it, absolute */
    char path[PATHS_MAX];    /* --python-path, absolute */
};

/* For the job's kernel, FILE.py or FILE.py:FUNCTION: --python, else that of
 * $VIRTUAL_ENV, of $CONDA_PREFIX, else the one that configure found. It is run
 * once, isolated, unless it is that one, or a virtual environment of it.
 * FF_USAGE without Python, or when it cannot be used. */
int interpreter_find(struct interpreter *out, const struct job *job,
                     command_runner *run, void *arg, struct ff_error *err);

/* Which program that is, absolute, without asking it: `named` stands for
 * --python, NULL when there is none. FF_USAGE when it is no program. */
int interpreter_choose(char out[PATHS_MAX], const char *named,
                       struct ff_error *err);

/* "3.11" of "3.11.2": what results and compiled modules depend on. */
void interpreter_minor(char out[16], const char *version);

#endif
