/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a lab file, strictly: fanfold-lab(5) is its format. */
#ifndef FANFOLD_LAUNCHER_LAB_FILE_H
#define FANFOLD_LAUNCHER_LAB_FILE_H

#include "lab.h"

/* NULL with *err: FF_USAGE with "PATH:LINE: ..." of what is wrong, and the
 * nearest right word; FF_UNSAFE when others could have written it; FF_LOST. All
 * files that it names are there. lab_destroy() frees. */
struct lab *lab_file_read(const char *path, struct ff_error *err);

/* The same of a text. files: those that it names are looked for. */
struct lab *lab_file_parse(const char *path, const char *text, size_t n,
                           bool files, struct ff_error *err);

#endif
