/* SPDX-License-Identifier: Apache-2.0 */
/* Errors, and what others wrote, to a terminal. */
#ifndef FANFOLD_LAUNCHER_COMPLAIN_H
#define FANFOLD_LAUNCHER_COMPLAIN_H

#include "error.h"

#include <stdio.h>

/* Tells an error on standard error; returns its status. Names in it may have
 * any byte: none of them drives the terminal. */
int complain(const struct ff_error *err);

/* The text with '?' in place of what is not UTF-8 or drives the terminal. */
void print_plain(FILE *out, const char *text);

#endif
