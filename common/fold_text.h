/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --fold asks for: [NAME=]OP[,PARAM...][:FIELD]; without NAME= the name is
 * OP. A PARAM is a number, the word `log`, or `error=NUMBER`; `edges=NUMBER` is
 * a number, too, and says that all of them are edges. FIELD is everything
 * behind the first colon.
 *
 * Which parameters an operator takes, and what is so without them, is in one
 * table in fold_shape.c.
 */
#ifndef FANFOLD_COMMON_FOLD_TEXT_H
#define FANFOLD_COMMON_FOLD_TEXT_H

#include "error.h"
#include "histogram.h"
#include "op.h"
#include "spec.h"

#include <stdbool.h>
#include <stdint.h>

#define FOLD_MAX_NUMBERS 1024

/* No operator: the values become an output, in the order of items. */
#define FOLD_CONCAT "concat"

/* The words that were there. */
enum fold_word { FOLD_ERROR = 1, FOLD_LOG = 2, FOLD_EDGES = 4 };

struct fold_text {
    char name[SPEC_NAME];  /* letters, digits and _ */
    char op[SPEC_NAME];    /* FOLD_CONCAT, of an array, or an operator of some
                              type */
    const char *field;     /* in the text that was parsed; NULL: none given */
    uint32_t words;        /* of enum fold_word */
    double error;          /* with FOLD_ERROR */
    uint32_t n_numbers;
    double number[FOLD_MAX_NUMBERS];
    double edge[HISTOGRAM_MAX_LISTED + 1]; /* for fold_shape */
};

/* Reads the text, whatever the locale is, and checks all that can be known
 * without a kernel. FF_USAGE with what is wrong, to stand behind the quoted
 * text ("has no operator ..."). */
int fold_text_parse(struct fold_text *fold, const char *text,
                    struct ff_error *err);

/* Of a text that could be read: how long its name is, and is that of another
 * text the same? */
size_t fold_text_name_bytes(const char *text);
bool fold_text_same_name(const char *a, const char *b);

/* Has it an operator that takes arrays, as only functions of Python return
 * them: that folds them element by element, or one of the following? */
bool fold_text_takes_arrays(const struct fold_text *fold);

/* "array_f64" and the like: what is returned becomes a row of an array file,
 * whose columns are the parameter. 0: it is not. */
enum ff_type fold_text_array_type(const struct fold_text *fold);

/* The name of the values that are folded. */
static inline const char *fold_text_field(const struct fold_text *fold)
{
    return fold->field != NULL ? fold->field : fold->name;
}

/* The shape that the parameters make; its numbers may be those of *fold. -1
 * with *err as above. */
int fold_shape(struct fold_text *fold, struct ff_shape *shape,
               struct ff_error *err);

/* How the parameters of an operator are written, in [] what they are when they
 * are left out: "[,10]". "": there are none. */
const char *fold_usage(const char *op);

/* Can --fold ask for it? Else only a kernel can declare it. */
static inline bool fold_allows(const struct op *op)
{
    return op->kind != VALUE_KIND_DIRECT;
}

/* Does it fold arrays element by element? --fold can ask it of functions of
 * Python, which return such. */
static inline bool fold_is_vector(const struct op *op)
{
    return op->kind == VALUE_KIND_DIRECT && op->code != FF_OP_OPERATION;
}

/* Name i of all operators, each once, in the order of the table, those of
 * arrays and FOLD_CONCAT last; NULL behind it. */
const char *fold_name(size_t i);

#endif
