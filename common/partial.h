/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partial: the folded values of all results of a job, one vector of 64-bit
 * words. Each result has a slice of it; its operator says how long the slice
 * is, how values enter it, how two of them merge and what the result is.
 *
 * Every merge is associative and commutative, bit for bit: that is what makes
 * a result independent of who ran what. Slices of sums merge by adding lanes,
 * those of min and max by the larger lane, arg results as pairs.
 */
#ifndef FANFOLD_COMMON_PARTIAL_H
#define FANFOLD_COMMON_PARTIAL_H

#include "op.h"
#include "spec.h"

#include <stdbool.h>
#include <stdint.h>

struct partial_layout {
    uint32_t n_results;
    uint32_t n_words; /* of a whole partial */
    struct {
        const struct op *op;
        struct ff_shape shape;
        uint32_t offset; /* of its slice, in words */
        const char *name; /* the spec's, which must outlive the layout */
    } result[SPEC_MAX_RESULTS];
};

/* The layout for a valid spec. */
void partial_layout_init(struct partial_layout *layout,
                         const struct spec *spec);

/* words has layout->n_words places in all of these. */
void partial_init(const struct partial_layout *layout, int64_t *words);
void partial_merge(const struct partial_layout *layout, int64_t *into,
                   const int64_t *from);
void partial_normalise(const struct partial_layout *layout, int64_t *words);
bool partial_valid(const struct partial_layout *layout, const int64_t *words);
void partial_finish(const struct partial_layout *layout, const int64_t *words,
                    uint32_t result, struct value *out);

#endif
