/* SPDX-License-Identifier: Apache-2.0 */
/* A permutation of [0, n) that is no list: a Feistel network over the next
 * power of four, walked until it falls inside (Black and Rogaway 2002, "Ciphers
 * with arbitrary finite domains", cycle walking). */
#ifndef FANFOLD_COMMON_PERMUTE_H
#define FANFOLD_COMMON_PERMUTE_H

#include <stdint.h>

/* Where i < n goes; n >= 1. One for each key. */
uint64_t permute(uint64_t i, uint64_t n, uint64_t key);

#endif
