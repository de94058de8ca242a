/* SPDX-License-Identifier: Apache-2.0 */
/* Where our own files are: beside a program of the build tree, below the
 * prefix of an installed one (also when it was moved as a whole, DESTDIR). */
#ifndef FANFOLD_LAUNCHER_PATHS_H
#define FANFOLD_LAUNCHER_PATHS_H

#include "error.h"

#include <stdbool.h>

#define PATHS_MAX 4096

/* The fanfold-worker program. Looked for, in this order: beside this program
 * (tests/failing), ../worker/ (build tree), the libexec directory relative to
 * this program, the compiled-in one. FF_LOST when it is nowhere. */
int paths_worker(char out[PATHS_MAX], struct ff_error *err);

/* The plug-in for Python, in the same places. FF_LOST. */
int paths_python(char out[PATHS_MAX], struct ff_error *err);

/* The interpreter that configure found; all "": none. */
struct paths_interpreter {
    const char *program;
    const char *library;  /* a path, or a name that the loader finds */
    const char *version;  /* "3.11" */
};
struct paths_interpreter paths_interpreter(void);

/* The program of a node, fanfold-mpi (Open MPI) or fanfold-mpich: beside this
 * program, or in the libexec directory. FF_LOST when it was not built. */
int paths_node(char out[PATHS_MAX], bool mpich, struct ff_error *err);

/* The directory of fanfold.h, likewise. */
int paths_include(char out[PATHS_MAX], struct ff_error *err);

/* The directory of the labs, likewise. */
int paths_labs(char out[PATHS_MAX], struct ff_error *err);

/* This program. */
int paths_self(char out[PATHS_MAX], struct ff_error *err);

#endif
