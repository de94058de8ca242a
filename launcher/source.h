/* SPDX-License-Identifier: Apache-2.0 */
/* The file that a user names as a kernel: a source, and in which language, or
 * a shared object. Of Python the function that is named with it is no part of
 * its path (common/python_name.h). */
#ifndef FANFOLD_LAUNCHER_SOURCE_H
#define FANFOLD_LAUNCHER_SOURCE_H

#include "error.h"

#include <stdbool.h>

#define SOURCE_PATH 4096

struct language {
    const char *name;
    const char *suffix[4];
    const char *variable; /* names the compiler, ... */
    const char *compiler; /* ... this one unless it is set, ... */
    const char *package;  /* ... which comes in */
    const char *another;  /* for example */
    char *const *flags;   /* of its own, NULL behind the last */
};

/* The language of a source, by its suffix; NULL: it is none. */
const struct language *source_language(const char *kernel);

/* Is it a source or a shared object, by its suffix? */
bool source_is_kernel(const char *name);

/* A shared object, by its suffix? */
bool source_is_object(const char *kernel);

/* A file of Python, by its suffix, also with ":FUNCTION" behind it? */
bool source_is_python(const char *name);

/* Without the ":FUNCTION" of Python. */
void source_file(char out[SOURCE_PATH], const char *kernel);

/* Does the beginning of a Python file look like one that declares a kernel? */
bool source_declares(const char *file);

/* Is it a file that could be a kernel? FF_USAGE when it is none or cannot be
 * read; FF_UNSAFE when another user could replace it. */
int source_check(const char *kernel, struct ff_error *err);

/* The absolute path of a shared object, which is taken as it is. FF_USAGE when
 * it is none. */
int source_object(char object[SOURCE_PATH], const char *kernel,
                  struct ff_error *err);

#endif
