/* SPDX-License-Identifier: Apache-2.0 */
/* Fast hashing of bytes (XXH3): for noticing changes, not for secrets. */
#ifndef FANFOLD_COMMON_HASH_H
#define FANFOLD_COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t n);
uint64_t hash_seeded(const void *bytes, size_t n, uint64_t seed);

#endif
