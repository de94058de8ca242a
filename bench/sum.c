/* SPDX-License-Identifier: Apache-2.0 */
/* sum N ROUNDS: a line a round, the ns an element that n doubles take to be
 * added exactly (xsum_add) and by a plain loop. */
#include "clock.h"
#include "xsum.h"

#include <stdio.h>
#include <stdlib.h>

enum { REPEAT = 64 };

__attribute__((noinline))
static double plain(const double *x, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += x[i];
    return s;
}

static double exact(const double *x, size_t n)
{
    int64_t sum[XSUM_WORDS] = {0};
    xsum_add(sum, x, n);
    return xsum_round(sum);
}

static double ns_an_element(double (*add)(const double *x, size_t n),
                            const double *x, size_t n)
{
    static volatile double kept;
    const uint64_t begin = clock_ns();
    for (int i = 0; i < REPEAT; i++)
        kept = add(x, n);
    (void)kept;
    return (double)(clock_ns() - begin) / REPEAT / (double)n;
}

int main(int argc, char **argv)
{
    const size_t n = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    double *x = malloc((n + 1) * sizeof *x);
    if (n == 0 || x == NULL) {
        fprintf(stderr, "usage: sum N ROUNDS\n");
        return 2;
    }
    srand48(1);
    for (size_t i = 0; i < n; i++)
        x[i] = (drand48() - 0.5) * (double)(1 << lrand48() % 20);
    for (int round = 0; round < atoi(argv[2]); round++) {
        const double ours = ns_an_element(exact, x, n);
        printf("%.4f %.4f\n", ours, ns_an_element(plain, x, n));
    }
    free(x);
    return 0;
}
