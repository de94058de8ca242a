/* SPDX-License-Identifier: Apache-2.0 */
/* Counter-based random numbers: Philox4x32-10 (J. K. Salmon et al., Parallel
 * random numbers: as easy as 1, 2, 3, SC'11), from the Random123 library. */
#ifndef FANFOLD_COMMON_RNG_H
#define FANFOLD_COMMON_RNG_H

#include <stdint.h>

/* 128 bits that depend on (seed, item, block) alone: key = seed, low word
 * first; counter = item low, item high, block low, block high. */
void rng_block(uint64_t seed, uint64_t item, uint64_t block, uint32_t out[4]);

#endif
