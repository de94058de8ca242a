/* SPDX-License-Identifier: Apache-2.0 */
/* Files that people write by hand and we read whole: job files, labs. */
#ifndef FANFOLD_LAUNCHER_TEXT_FILE_H
#define FANFOLD_LAUNCHER_TEXT_FILE_H

#include "error.h"

#include <stddef.h>

#define TEXT_FILE_MAX ((size_t)1 << 20) /* nobody writes more by hand */

/* All of a regular file, *n bytes, to be freed. NULL with *err: FF_UNSAFE as
 * trust_input says, FF_USAGE when it cannot be read, is another thing than a
 * file, or has more than TEXT_FILE_MAX bytes. noun: "job file". */
char *text_file_read(const char *path, const char *noun, size_t *n,
                     struct ff_error *err);

/* Is it a text in UTF-8 without control characters? -1 with "PATH:LINE: ...",
 * which libyaml's own message would not have. */
int text_file_check(const char *path, const char *text, size_t n,
                    struct ff_error *err);

#endif
