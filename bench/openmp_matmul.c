/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openmp_matmul THREADS N: examples/matmul.c with OpenMP in place of the team,
 * compiled with the flags of kernels. Prints the time in ns, and the trace.
 */
#include "../examples/matmul.c"

#include "clock.h"

#include <inttypes.h>
#include <stdio.h>

static void run(int threads)
{
    const uint64_t w = (uint64_t)n, tiles = (w + TILE - 1) / TILE;
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static)
        for (uint64_t i = 0; i < w; i++)
            fill(i, i + 1);
#pragma omp for schedule(dynamic, 1)
        for (uint64_t t = 0; t < tiles * tiles; t++)
            for (uint64_t k = 0; k < w; k += TILE)
                multiply(t / tiles * TILE, t % tiles * TILE, k);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: openmp_matmul THREADS N\n");
        return 2;
    }
    n = atoll(argv[2]);
    const uint64_t begin = clock_ns();
    a = malloc((size_t)(3 * n * n) * sizeof *a);
    if (a == NULL)
        return 1;
    b = a + n * n;
    c = b + n * n;
    run(atoi(argv[1]));
    double sum_of_all = 0, diagonal = 0;
    for (int64_t i = 0; i < n * n; i++)
        sum_of_all += c[i];
    for (int64_t i = 0; i < n; i++)
        diagonal += c[i * n + i];
    const uint64_t ns = clock_ns() - begin;
    printf("%" PRIu64 " %" PRIu64 "\n", ns + (sum_of_all < 0),
           (uint64_t)diagonal);
    free(a);
    return 0;
}
