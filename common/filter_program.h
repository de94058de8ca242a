/* SPDX-License-Identifier: Apache-2.0 */
/* What an expression of filter.h becomes: steps of a machine with a stack.
 * Between filter.c, which writes them, and filter_run.c. */
#ifndef FANFOLD_COMMON_FILTER_PROGRAM_H
#define FANFOLD_COMMON_FILTER_PROGRAM_H

#include "span.h"

#include <regex.h>
#include <stddef.h>
#include <stdint.h>

enum filter_code {
    FILTER_NUMBER,
    FILTER_TEXT,
    FILTER_WHOLE,  /* {} */
    FILTER_COLUMN,
    FILTER_NEGATE,
    FILTER_NOT,
    FILTER_LENGTH,
    FILTER_ADD, FILTER_SUBTRACT, FILTER_MULTIPLY, FILTER_DIVIDE,
    FILTER_REMAINDER,
    FILTER_EQUAL, FILTER_UNEQUAL, FILTER_LESS, FILTER_AT_MOST, FILTER_MORE,
    FILTER_AT_LEAST,
    FILTER_MATCHES, FILTER_DIFFERS, /* a regular expression */
    FILTER_TRUTH,  /* to 1 or 0 */
    FILTER_AND,    /* when it is false it is 0, and goes to `jump`; else it is
                      taken off */
    FILTER_OR      /* when it is true it is 1, and goes to `jump`; else ... */
};

struct filter_step {
    enum filter_code code;
    uint32_t begin, end; /* where in the source the whole of it stands */
    union {
        double number;
        struct span text; /* in the source */
        long column;      /* from 1; -1: the last */
        size_t jump;      /* number of a step */
        regex_t *regex;
    } u;
};

struct filter_value {
    enum {
        VALUE_NUMBER,
        VALUE_TEXT,   /* quoted: never a number, but in arithmetic */
        VALUE_COLUMN  /* a number if it looks like one */
    } kind;
    double number;
    struct span text;
};

struct filter {
    char *source;
    struct filter_step *step;
    size_t n_steps, room;
    struct filter_value *stack; /* as much as they need */
    char *copy;                 /* of a text, for regular expressions */
    size_t copy_room;
};

#endif
