/* SPDX-License-Identifier: Apache-2.0 */
/* Edit distance for suggestions: see nearest.h. Levenshtein's, with the swap of
 * two neighbours as one more edit ("optimal string alignment"): the commonest
 * slip of fingers. */
#include "nearest.h"

#include <stdint.h>
#include <string.h>

#define LONGEST 64

static unsigned lesser(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
    unsigned rows[3][LONGEST + 1]; /* of the last three prefixes of a */
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = lesser(lesser(up[j], row[j - 1]) + 1,
                            up[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = lesser(row[j], up2[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *nearest(const char *text, size_t n, const char *const *names,
                    size_t n_names)
{
    const char *best = NULL;
    unsigned best_distance = UINT32_MAX;
    for (size_t i = 0; n <= LONGEST && i < n_names; i++) {
        const size_t m = strlen(names[i]);
        if (m > LONGEST)
            continue;
        const unsigned d = distance(text, n, names[i], m);
        if (d < best_distance && d <= ((n > m ? n : m) + 1) / 3) {
            best_distance = d;
            best = names[i];
        }
    }
    return best;
}
