/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A permutation without a list: see permute.h. A balanced Feistel network of
 * random functions is a pseudorandom permutation from 3 rounds on (Luby and
 * Rackoff 1988), but of domains of a few bits that says little: so there are
 * more, and the round function is the finaliser of SplitMix64. And each round
 * is an even permutation, as soon as halves have two bits: half of the keys
 * exchange 0 and 1 at the end, or small permutations would be even more often
 * than odd (by 8 % of 5 values; tests/unit/test_permute.c).
 *
 * The domain has less than 4 n values (n <= 4^h, and h is the least), so that a
 * walk takes less than 4 steps in the mean; it ends, since it comes back to i,
 * which is inside, at the latest.
 */
#include "permute.h"
#include "chosen.h"

#define ROUNDS 16

static uint64_t feistel(uint64_t x, unsigned half, uint64_t key)
{
    const uint64_t mask = (UINT64_C(1) << half) - 1;
    uint64_t left = x >> half, right = x & mask, round = key;
    for (int i = 0; i < ROUNDS; i++) {
        round += UINT64_C(0x9e3779b97f4a7c15);
        const uint64_t next = left ^ (chosen_mix(round + right) & mask);
        left = right;
        right = next;
    }
    x = left << half | right;
    return x < 2 ? x ^ key >> 63 : x;
}

uint64_t permute(uint64_t i, uint64_t n, uint64_t key)
{
    if (n <= 1)
        return i;
    const unsigned bits = 64 - (unsigned)__builtin_clzll(n - 1);
    const unsigned half = (bits + 1) / 2;
    const uint64_t mixed = chosen_mix(key);
    do
        i = feistel(i, half, mixed);
    while (i >= n);
    return i;
}
