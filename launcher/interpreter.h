/* SPDX-License-Identifier: Apache-2.0 */
/* Which Python runs a kernel that is a function of it, and where its library
 * is. */
#ifndef FANFOLD_LAUNCHER_INTERPRETER_H
#define FANFOLD_LAUNCHER_INTERPRETER_H

#include "error.h"
#include "paths.h"

#include <stdbool.h>

struct interpreter {
    char program[PATHS_MAX]; /* sys.executable */
    char library[PATHS_MAX]; /* libpython3.11.so.1.0, or a path; "": the kernel
                                is none of Python */
    char plugin[PATHS_MAX];  /* our own */
    char file[PATHS_MAX];    /* the source, absolute */
};

/* For FILE.py or FILE.py:FUNCTION, which the user calls `kernel`. FF_USAGE
 * without Python. */
int interpreter_find(struct interpreter *out, const char *kernel,
                     struct ff_error *err);

#endif
