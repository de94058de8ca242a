/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs as MPI's users write them, against which fanfold on several nodes is
 * measured: each rank does its block of the items, MPI_Reduce adds up.
 *
 *     mpi_loops hello                  MPI_Init and MPI_Finalize
 *     mpi_loops pi STRIPS              examples/pi.c
 *     mpi_loops queens N               examples/queens.c, first half of items
 *     mpi_loops mandelbrot SIZE LIMIT  examples/mandelbrot.c, the upper half
 *
 * (Halves, since two ranks would do mirrored work else, which takes as long.)
 * Rank 0 prints the time from when all are there to the result, in ns, and the
 * result. Compiled with the flags that fanfold compiles kernels with.
 */
#include <inttypes.h>
#include <math.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, size;

/* Of n items, the block of this rank. */
static void block(uint64_t n, uint64_t *begin, uint64_t *end)
{
    *begin = n * (uint64_t)rank / (uint64_t)size;
    *end = n * ((uint64_t)rank + 1) / (uint64_t)size;
}

static double pi(uint64_t n)
{
    uint64_t begin, end;
    double s = 0, all = 0;
    const double h = 1.0 / (double)n;
    block(n, &begin, &end);
    for (uint64_t i = begin; i < end; i++) {
        const double x = ((double)i + 0.5) * h;
        s += 4 / (1 + x * x);
    }
    s *= h;
    MPI_Reduce(&s, &all, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    return all;
}

static uint64_t place(uint64_t all, uint64_t columns, uint64_t left,
                      uint64_t right)
{
    uint64_t ways = 0;
    if (columns == all)
        return 1;
    for (uint64_t open = all & ~(columns | left | right); open;
         open &= open - 1) {
        const uint64_t queen = open & -open;
        ways += place(all, columns | queen, (left | queen) << 1,
                      (right | queen) >> 1);
    }
    return ways;
}

static double queens(uint64_t n)
{
    uint64_t begin, end, ways = 0, all = 0;
    block(n * n / 2, &begin, &end);
    for (uint64_t i = begin; i < end; i++) {
        const uint64_t a = UINT64_C(1) << i / n, b = UINT64_C(1) << i % n;
        if (b & (a | a << 1 | a >> 1))
            continue;
        ways += place((UINT64_C(1) << n) - 1, a | b, (a << 1 | b) << 1,
                      (a >> 1 | b) >> 1);
    }
    MPI_Reduce(&ways, &all, 1, MPI_UINT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
    return (double)all;
}

static int64_t steps(double cx, double cy, int64_t limit)
{
    double x = 0, y = 0;
    int64_t n = 0;
    while (n < limit && x * x + y * y <= 4) {
        const double next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
        n++;
    }
    return n;
}

/* The rows of all ranks come together on rank 0, as a picture would. */
static void gather(const unsigned char *grey, uint64_t n_rows, uint64_t width)
{
    int *count = calloc((size_t)size, sizeof *count);
    int *at = calloc((size_t)size, sizeof *at);
    unsigned char *picture = rank == 0 ? malloc(n_rows * width) : NULL;
    uint64_t begin, end;
    for (int r = 0; r < size; r++) {
        at[r] = (int)(n_rows * (uint64_t)r / (uint64_t)size * width);
        count[r] = (int)(n_rows * ((uint64_t)r + 1) / (uint64_t)size * width) -
                   at[r];
    }
    block(n_rows, &begin, &end);
    MPI_Gatherv(grey, (int)((end - begin) * width), MPI_BYTE, picture, count,
                at, MPI_BYTE, 0, MPI_COMM_WORLD);
    free(picture);
    free(count);
    free(at);
}

static double mandelbrot(uint64_t width, int64_t limit)
{
    uint64_t begin, end, inside = 0, all = 0;
    block(width / 2, &begin, &end);
    unsigned char *grey = malloc((end - begin) * width + 1);
    const double pixel = 2.5 / (double)width;
    for (uint64_t row = begin; row < end; row++) {
        const double cy = ((double)width / 2 - 0.5 - (double)row) * pixel;
        for (uint64_t column = 0; column < width; column++) {
            const int64_t n =
                steps(-2 + ((double)column + 0.5) * pixel, cy, limit);
            grey[(row - begin) * width + column] =
                n == limit ? 0 : (unsigned char)(255 - n % 32 * 7);
            inside += n == limit;
        }
    }
    gather(grey, width / 2, width);
    MPI_Reduce(&inside, &all, 1, MPI_UINT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
    free(grey);
    return (double)all;
}

int main(int argc, char **argv)
{
    const char *const what = argc > 1 ? argv[1] : "hello";
    const uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    double result = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (strcmp(what, "hello") != 0) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double begun_s = MPI_Wtime();
        if (strcmp(what, "pi") == 0)
            result = pi(n);
        else if (strcmp(what, "queens") == 0)
            result = queens(n);
        else if (strcmp(what, "mandelbrot") == 0 && argc > 3)
            result = mandelbrot(n, strtoll(argv[3], NULL, 10));
        if (rank == 0)
            printf("%.0f %.17g\n", (MPI_Wtime() - begun_s) * 1e9, result);
    }
    MPI_Finalize();
    return 0;
}
