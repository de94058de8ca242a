/* SPDX-License-Identifier: Apache-2.0 */
/* Operators on trial: for tests of what must hold for every operator of the
 * table, whatever it computes. An operator with a shape is tried with each of
 * some shapes that it can take. */
#ifndef FANFOLD_TESTS_TRIAL_H
#define FANFOLD_TESTS_TRIAL_H

#include "fold.h"

/* Of values in a trial; of the places of them all; of slices. */
enum { MAX_VALUES = 64, MAX_TRIAL_PLACES = 20 * MAX_VALUES, MAX_LEAVES = 12 };

/* An operator with a shape, and room for its slices. */
struct trial {
    const struct op *op;
    const struct ff_shape *shape;
    size_t bytes;   /* of a slice */
    int places;     /* of a value: of a whole vector, when it folds those */
    int64_t *one, *other, *leaf[MAX_LEAVES];
};

/* Calls `check` for each operator, n times in all for each: it returns 1 when
 * all is well. */
void each_operator(int n, int (*check)(struct trial *t));

/* Random, from one source: 64 bits; a number below n. */
uint64_t random_bits(void);
uint32_t below(uint32_t n);

/* Up to MAX_VALUES - 1 values, in up to MAX_TRIAL_PLACES places: with specials
 * among the doubles, integers of all sizes, few items or many. Returns how many
 * values. */
int random_values(const struct trial *t, union ff_value *v);

/* Folds n values. */
void trial_fold(const struct trial *t, int64_t *slice, const union ff_value *v,
                int n);

#endif
