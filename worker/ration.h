/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --recycle: the chunks that a worker may begin before it leaves to be
 * replaced, shared by its executors. A chunk is taken from it before it is run,
 * so a worker runs just so many, however many threads it has.
 */
#ifndef FANFOLD_WORKER_RATION_H
#define FANFOLD_WORKER_RATION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ration {
    _Atomic int64_t left; /* less than 0: so many were refused */
};

/* May another chunk be begun? */
static inline bool ration_take(struct ration *r)
{
    return atomic_fetch_sub_explicit(&r->left, 1, memory_order_relaxed) > 0;
}

/* How many it would still give. */
static inline uint32_t ration_left(const struct ration *r)
{
    const int64_t left = atomic_load_explicit(&r->left, memory_order_relaxed);
    return left > 0 ? (uint32_t)left : 0;
}

#endif
