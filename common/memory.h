/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory may be used: of the machine, and within the limits of our
 * control groups (v1 memory.limit_in_bytes, v2 memory.max). */
#ifndef FANFOLD_COMMON_MEMORY_H
#define FANFOLD_COMMON_MEMORY_H

#include <stdint.h>

struct memory {
    uint64_t all_bytes;  /* there is no more; 0: not known */
    uint64_t free_bytes; /* without swapping; what files are cached in counts */
};

/* root as in cgroup_walk.h. What cannot be read is no limit. */
void memory_read(const char *root, struct memory *out);

#endif
