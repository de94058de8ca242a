/* SPDX-License-Identifier: Apache-2.0 */
/* Can the cores of a machine be of several kinds? */
#ifndef FANFOLD_COMMON_HYBRID_H
#define FANFOLD_COMMON_HYBRID_H

#include <stdbool.h>

/* Looks at two CPUs at most: all of them are files by the hundred on a large
 * machine, of which few are hybrid. sys: "/sys" (tests: another folder). */
bool hybrid_possible(const char *sys);

#endif
