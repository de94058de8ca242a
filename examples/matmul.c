/* SPDX-License-Identifier: Apache-2.0 */
/* C = A B by a team: the threads of a worker share the matrices, and a dynamic
 * loop hands them tiles of C. With A[i][j] = i + j and B[i][j] = i j all is
 * exact and known: S being the sum of 0 .. n-1 and Q that of their squares,
 * C[i][j] = j (i S + Q), so the trace is 2 S Q and the sum S (S^2 + n Q). */
#include <fanfold.h>
#include <stdlib.h>

FF_INT(n, 512)
FF_ITEMS(1)
FF_SUM(sum)
FF_SUM(trace)

enum { TILE = 64 };

static double *a, *b, *c;

static uint64_t least(uint64_t x, uint64_t y)
{
    return x < y ? x : y;
}

static void fill(uint64_t lo, uint64_t hi)
{
    for (uint64_t i = lo; i < hi; i++)
        for (uint64_t j = 0; j < (uint64_t)n; j++) {
            a[i * (uint64_t)n + j] = (double)(i + j);
            b[i * (uint64_t)n + j] = (double)(i * j);
            c[i * (uint64_t)n + j] = 0;
        }
}

/* Adds A[i0.., k0..] B[k0.., j0..] to the tile of C at i0, j0. */
static void multiply(uint64_t i0, uint64_t j0, uint64_t k0)
{
    const uint64_t w = (uint64_t)n;
    const uint64_t i1 = least(i0 + TILE, w), j1 = least(j0 + TILE, w);
    const uint64_t k1 = least(k0 + TILE, w);
    for (uint64_t i = i0; i < i1; i++)
        for (uint64_t k = k0; k < k1; k++) {
            const double x = a[i * w + k];
            const double *restrict from = b + k * w;
            double *restrict to = c + i * w;
            for (uint64_t j = j0; j < j1; j++)
                to[j] += x * from[j];
        }
}

/* Exact as it is, since all are integers: so one value a tile will do. */
static void fold(struct ff *ff, uint64_t i0, uint64_t j0)
{
    const uint64_t w = (uint64_t)n;
    double all = 0, diagonal = 0;
    for (uint64_t i = i0; i < least(i0 + TILE, w); i++) {
        for (uint64_t j = j0; j < least(j0 + TILE, w); j++)
            all += c[i * w + j];
        if (i0 == j0)
            diagonal += c[i * w + i];
    }
    ff_sum(ff, sum, all);
    ff_sum(ff, trace, diagonal);
}

FF_TEAM(ff, begin, end)
{
    const uint64_t tiles = ((uint64_t)n + TILE - 1) / TILE;
    uint64_t lo, hi;
    if (ff_single(ff)) {
        a = malloc((size_t)(3 * n * n) * sizeof *a);
        b = a != NULL ? a + n * n : NULL;
        c = a != NULL ? b + n * n : NULL;
    }
    ff_barrier(ff);
    if (a == NULL) {
        ff_fail(ff, begin, "no memory for matrices of %d rows", (int)n);
        return;
    }
    ff_team_share(ff, 0, (uint64_t)n, &lo, &hi);
    for (uint64_t item = begin; item < end; item++) {
        fill(lo, hi);
        ff_barrier(ff);
        struct ff_loop loop = ff_loop(ff, 0, tiles * tiles, 1);
        while (ff_next(ff, &loop, &lo, &hi))
            for (uint64_t t = lo; t < hi; t++) {
                const uint64_t i0 = t / tiles * TILE, j0 = t % tiles * TILE;
                for (uint64_t k0 = 0; k0 < (uint64_t)n; k0 += TILE)
                    multiply(i0, j0, k0);
                fold(ff, i0, j0);
            }
        ff_team_share(ff, 0, (uint64_t)n, &lo, &hi);
        ff_barrier(ff);
    }
    if (ff_single(ff))
        free(a);
}
