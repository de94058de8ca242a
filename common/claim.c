/* SPDX-License-Identifier: Apache-2.0 */
/* Claim words: see claim.h for the argument. */
#include "claim.h"

static bool swap(claim_word *word, uint64_t *seen, struct range r)
{
    return atomic_compare_exchange_weak_explicit(word, seen, claim_pack(r),
        memory_order_acq_rel, memory_order_acquire);
}

bool claim_take(claim_word *word, uint32_t max, struct range *taken)
{
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
    for (;;) {
        const struct range r = claim_unpack(seen);
        if (r.lo >= r.hi)
            return false;
        const uint32_t n = r.hi - r.lo < max ? r.hi - r.lo : max;
        if (swap(word, &seen, (struct range){r.lo + n, r.hi})) {
            *taken = (struct range){r.lo, r.lo + n};
            return true;
        }
    }
}

bool claim_steal(claim_word *word, struct range *stolen)
{
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
    for (;;) {
        const struct range r = claim_unpack(seen);
        if (r.lo >= r.hi)
            return false;
        const uint32_t middle = r.lo + (r.hi - r.lo) / 2;
        if (swap(word, &seen, (struct range){r.lo, middle})) {
            *stolen = (struct range){middle, r.hi};
            return true;
        }
    }
}

bool claim_take_all(claim_word *word, struct range *taken)
{
    return claim_take(word, UINT32_MAX, taken);
}

bool claim_put(claim_word *word, struct range r)
{
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
    for (;;) {
        struct range now = claim_unpack(seen);
        if (now.lo >= now.hi)
            now = (struct range){r.hi, r.hi};
        if (now.lo != r.hi)
            return false;
        if (swap(word, &seen, (struct range){r.lo, now.hi}))
            return true;
    }
}
