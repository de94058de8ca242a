/* SPDX-License-Identifier: Apache-2.0 */
/* From what the user wrote to a shared object that workers can open. */
#ifndef FANFOLD_LAUNCHER_COMPILE_H
#define FANFOLD_LAUNCHER_COMPILE_H

#include "command_runner.h"
#include "error.h"
#include "interpreter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What compile_resolve found out. */
struct compiled {
    char object[4096];  /* path of the .so, absolute; of Python, of a copy of
                           the source */
    struct interpreter python; /* of its kernel, or without a library */
    bool cached;        /* no compiler was run */
    bool given;         /* the user gave a .so */
    uint64_t took_ns;   /* in the compiler */
};

/* kernel: path of a .c, .cc, .cpp, .cxx or .so. A .so is taken as it is. A
 * source is compiled into the cache (cache.h), keyed by content of the source
 * and of what it includes, compiler and flags; an object that is there is used
 * as it is. Errors of the compiler are err->text, as they are (too long ones
 * are shown before it); its warnings go to stderr, also when the object is
 * there already. FF_USAGE: no such file, not a kernel, does
 * not compile; FF_UNSAFE: another user could replace the cache. */
int compile_resolve(struct compiled *out, const char *kernel,
                    const char *ldflags, command_runner *run, void *arg,
                    struct ff_error *err);

/* The object, if there is one already: nothing is compiled, nothing said. */
bool compile_find(struct compiled *out, const char *kernel,
                  const char *ldflags);

#endif
