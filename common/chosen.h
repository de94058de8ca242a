/* SPDX-License-Identifier: Apache-2.0 */
/* Which chunks --verify runs twice: a share of all, by a hash of seed and
 * number, so that it does not depend on who runs them; at least one. */
#ifndef FANFOLD_COMMON_CHOSEN_H
#define FANFOLD_COMMON_CHOSEN_H

#include <stdbool.h>
#include <stdint.h>

/* SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t chosen_mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* share: of 2^64; 0 none, UINT64_MAX all. chunk < n_chunks. */
static inline bool chosen(uint64_t share, uint64_t seed, uint32_t chunk,
                          uint32_t n_chunks)
{
    const uint64_t from = chosen_mix(seed + UINT64_C(0x9e3779b97f4a7c15));
    return share == UINT64_MAX
           || (share > 0 && (chosen_mix(from + chunk) < share
                             || from % n_chunks == chunk));
}

#endif
