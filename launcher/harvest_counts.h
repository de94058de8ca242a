/* SPDX-License-Identifier: Apache-2.0 */
/* How items that are commands ended, counted. */
#ifndef FANFOLD_LAUNCHER_HARVEST_COUNTS_H
#define FANFOLD_LAUNCHER_HARVEST_COUNTS_H

#include <stdint.h>

struct harvest_counts {
    uint64_t rows, well, failed;        /* items */
    uint64_t not_found, not_run;        /* of the failed: 127, 126 */
    uint64_t retried;                   /* attempts beyond the first */
};

#endif
