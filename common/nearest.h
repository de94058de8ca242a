/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the candidate with the smallest edit distance, if small. */
#ifndef FANFOLD_COMMON_NEAREST_H
#define FANFOLD_COMMON_NEAREST_H

#include <stddef.h>

/* The one of n_names names that is nearest to the n bytes at text; NULL when
 * none is near: when more than about a third of the longer one differs. */
const char *nearest(const char *text, size_t n, const char *const *names,
                    size_t n_names);

#endif
