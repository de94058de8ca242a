/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a team does, as OpenMP's users write it; compiled with the flags of
 * kernels.
 *
 *     openmp_team barrier THREADS N     N barriers in one parallel region
 *     openmp_team fork THREADS N        N empty parallel regions
 *     openmp_team heat THREADS N        examples/heat.c on N x N points
 *
 * Prints the time in ns, and N or the steps that the heat took.
 */
#include "../examples/heat.c"

#include "clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t barriers(int threads, uint64_t turns)
{
#pragma omp parallel num_threads(threads)
    for (uint64_t i = 0; i < turns; i++) {
#pragma omp barrier
    }
    return turns;
}

static uint64_t forks(int threads, uint64_t turns)
{
    for (uint64_t i = 0; i < turns; i++) {
#pragma omp parallel num_threads(threads)
        __asm__ volatile("" : : "r"(i));
    }
    return turns;
}

static double change;

static uint64_t heat(int threads, uint64_t size)
{
    uint64_t taken = 0;
    n = (int64_t)size;
    plate[0] = calloc((size + 2) * (size + 2), sizeof(double));
    plate[1] = calloc((size + 2) * (size + 2), sizeof(double));
    if (plate[0] == NULL || plate[1] == NULL)
        return 0;
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static)
        for (uint64_t i = 1; i <= size; i++)
            warm(i, i + 1, 0);
        for (uint64_t s = 1;; s++) {
#pragma omp for schedule(static)
            for (uint64_t i = 1; i <= size; i++)
                step(plate[(s - 1) % 2], plate[s % 2], i, i + 1);
            if (s % CHECK_EVERY != 0)
                continue;
#pragma omp single
            change = 0;
#pragma omp for schedule(static) reduction(max : change)
            for (uint64_t i = 1; i <= size; i++)
                change = fmax(change, largest_change(i, i + 1));
            if (change < tolerance) {
#pragma omp single
                taken = s;
                break;
            }
#pragma omp barrier
        }
    }
    free(plate[0]);
    free(plate[1]);
    return taken;
}

int main(int argc, char **argv)
{
    const char *const name = argc == 4 ? argv[1] : "";
    uint64_t (*run)(int threads, uint64_t n) =
        strcmp(name, "barrier") == 0 ? barriers
        : strcmp(name, "fork") == 0  ? forks
        : strcmp(name, "heat") == 0  ? heat : NULL;
    if (run == NULL) {
        fprintf(stderr, "usage: openmp_team barrier|fork|heat THREADS N\n");
        return 2;
    }
    const int threads = atoi(argv[2]);
    forks(threads, 1); /* the threads are there */
    const uint64_t begin = clock_ns();
    const uint64_t found = run(threads, strtoull(argv[3], NULL, 10));
    printf("%" PRIu64 " %" PRIu64 "\n", clock_ns() - begin, found);
    return 0;
}
