/* SPDX-License-Identifier: Apache-2.0 */
/* Counter-based random numbers: see rng.h. */
#include "rng.h"

#include <Random123/philox.h>

void rng_block(uint64_t seed, uint64_t item, uint64_t block, uint32_t out[4])
{
    const philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    const philox4x32_ctr_t counter = {{(uint32_t)item, (uint32_t)(item >> 32),
                                       (uint32_t)block,
                                       (uint32_t)(block >> 32)}};
    const philox4x32_ctr_t r = philox4x32(counter, key);
    for (int i = 0; i < 4; i++)
        out[i] = r.v[i];
}
