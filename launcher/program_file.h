/* SPDX-License-Identifier: Apache-2.0 */
/* A program by its name, as a shell finds it. */
#ifndef FANFOLD_LAUNCHER_PROGRAM_FILE_H
#define FANFOLD_LAUNCHER_PROGRAM_FILE_H

#include <limits.h>
#include <stdbool.h>

/* The file that execvp would run: name itself when there is a slash in it, else
 * the first of PATH. Links are not followed, and the path may be relative.
 * false: there is none. */
bool program_file(char out[PATH_MAX], const char *name);

#endif
