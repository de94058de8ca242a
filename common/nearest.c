/* SPDX-License-Identifier: Apache-2.0 */
/* Edit distance (Levenshtein) for suggestions: see nearest.h. */
#include "nearest.h"

#include <stdint.h>
#include <string.h>

#define LONGEST 64

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    const unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
    unsigned row[LONGEST + 1];
    n = n < LONGEST ? n : LONGEST;
    m = m < LONGEST ? m : LONGEST;
    for (size_t j = 0; j <= m; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            const unsigned up = row[j];
            row[j] = least(up + 1, row[j - 1] + 1,
                           diagonal + (a[i - 1] != b[j - 1]));
            diagonal = up;
        }
    }
    return row[m];
}

const char *nearest(const char *text, size_t n, const char *const *names,
                    size_t n_names)
{
    const char *best = names[0];
    unsigned best_distance = UINT32_MAX;
    for (size_t i = 0; i < n_names; i++) {
        const unsigned d = distance(text, n, names[i], strlen(names[i]));
        if (d < best_distance) {
            best_distance = d;
            best = names[i];
        }
    }
    return best;
}
