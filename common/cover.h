/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of chunks, kept as sorted disjoint ranges that do not touch. What has
 * been accepted, what failed, what is still to be handed out.
 * Not thread-safe: the launcher's own. Functions that may allocate return -1
 * with ENOMEM and change nothing. */
#ifndef FANFOLD_COMMON_COVER_H
#define FANFOLD_COMMON_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
    uint32_t lo, hi; /* chunks lo .. hi - 1 */
};

struct cover {
    struct range *range;
    size_t n, room;
    uint64_t n_chunks; /* in all ranges together */
};

#define COVER_EMPTY ((struct cover){0})

void cover_release(struct cover *cover);

/* Does [lo, hi) share a chunk with the cover? */
bool cover_meets(const struct cover *cover, struct range r);

/* Is all of [lo, hi) in the cover? */
bool cover_contains(const struct cover *cover, struct range r);

/* The first chunk from c on that is not in the cover. */
uint32_t cover_first_missing(const struct cover *cover, uint32_t c);

/* Adds r; chunks that are in already stay in. */
int cover_add(struct cover *cover, struct range r);

/* Takes r's chunks out. */
int cover_remove(struct cover *cover, struct range r);

/* Adds to *out what of r is in neither a nor b (b may be NULL). */
int cover_add_missing(struct cover *out, struct range r,
                      const struct cover *a, const struct cover *b);

/* Adds to *out what of r is in a. */
int cover_add_common(struct cover *out, struct range r,
                     const struct cover *a);

/* Cuts up to max chunks off the low end into *r; false when empty. */
bool cover_take(struct cover *cover, uint32_t max, struct range *r);

/* The same off the high end. */
bool cover_take_last(struct cover *cover, uint32_t max, struct range *r);

/* Is the cover exactly [0, n_chunks)? */
bool cover_complete(const struct cover *cover, uint32_t n_chunks);

#endif
