/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people, folded to the width of a terminal. */
#ifndef FANFOLD_LAUNCHER_PARAGRAPH_H
#define FANFOLD_LAUNCHER_PARAGRAPH_H

#include <stdio.h>

#define PARAGRAPH_WIDTH 79

/* Prints words from column `at` (0: the line is empty) on, further lines from
 * column `indent` on, and ends the line. A line of the text that begins with a
 * blank stays as it is; every newline in the text is one. */
void paragraph_print(FILE *out, const char *text, size_t at, size_t indent);

/* The same, with lines of at most `width` columns. */
void paragraph_fold(FILE *out, const char *text, size_t at, size_t indent,
                    size_t width);

#endif
