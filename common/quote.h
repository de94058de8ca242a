/* SPDX-License-Identifier: Apache-2.0 */
/* Quoting for a POSIX shell (XCU 2.2): what it reads back is the value, byte
 * for byte. */
#ifndef FANFOLD_COMMON_QUOTE_H
#define FANFOLD_COMMON_QUOTE_H

#include "span.h"
#include "text.h"

/* Where in a line the value is to stand. */
enum quoting {
    QUOTING_NONE,   /* no shell will read it */
    QUOTING_OUTSIDE,
    QUOTING_DOUBLE, /* between double quotes, which stay as they are */
    QUOTING_SINGLE, /* between single ones, likewise */
    QUOTING_NUMBER  /* in arithmetic: it stays as it is, and must be a number */
};

/* The value (without zero bytes: no word can have one) is appended. -1: no
 * memory. */
int quote_value(struct span value, enum quoting where, struct text *line);

/* A word of a command: without quotes when it needs none, as a person would
 * write it. */
int quote_word(struct span word, struct text *line);

/* The same of the name of the command, which must not be taken for an
 * assignment or a reserved word. */
int quote_name(struct span word, struct text *line);

#endif
