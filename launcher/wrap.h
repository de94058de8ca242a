/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for people, as wide as the terminal: long ones are broken between
 * words, numbers and their units stay together. What is no terminal gets the
 * text as it is. */
#ifndef FANFOLD_LAUNCHER_WRAP_H
#define FANFOLD_LAUNCHER_WRAP_H

#include <stdio.h>

/* Whole lines only. */
void wrap_write(FILE *out, const char *text);

/* The same, of a text of at most 1500 bytes. */
__attribute__((format(printf, 2, 3)))
void wrap_print(FILE *out, const char *format, ...);

#endif
