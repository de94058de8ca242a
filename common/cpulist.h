/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of CPU numbers as people write them: "0-3,64". */
#ifndef FANFOLD_COMMON_CPULIST_H
#define FANFOLD_COMMON_CPULIST_H

#include <stddef.h>
#include <stdint.h>

/* Writes n ascending numbers (twice the same counts once); "none" for none.
 * What has no room becomes ",..." at the end. size >= 16. */
void cpu_list_text(const uint32_t *cpu, size_t n, char *out, size_t size);

#endif
