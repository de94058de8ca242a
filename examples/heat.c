/* SPDX-License-Identifier: Apache-2.0 */
/* A plate cools: a team kernel. The threads of a worker share one plate, each
 * has some rows of it; a barrier stands between two steps, and ff_team_max
 * tells all of them at once when to stop. Item m is a plate in which the heat
 * is a wave of m + 1 humps a side; a step of n points a side damps it by
 * cos((m + 1) pi / (n + 1)), which is how the answer is known. */
#include <fanfold.h>
#include <math.h>
#include <stdlib.h>

FF_ABOUT("A plate that cools, step by step, until it hardly changes")
FF_INT(n, 127)            /* points a side; the rim stays cold */
FF_REAL(tolerance, 1e-6)  /* stop when no point changes more in a step */
FF_ITEMS(1)
FF_MAX_INT(steps)
FF_MAX(warmest)

enum { CHECK_EVERY = 50 }; /* steps */

static double *plate[2]; /* n + 2 rows and columns; now and next in turn */

static double *row(double *p, uint64_t i)
{
    return p + i * (uint64_t)(n + 2);
}

/* The rows [lo, hi) as they are at first, and cold ones around. */
static void warm(uint64_t lo, uint64_t hi, uint64_t m)
{
    const double a = (double)(m + 1) * 3.14159265358979323846 / (double)(n + 1);
    for (uint64_t i = lo; i < hi; i++)
        for (uint64_t j = 1; j <= (uint64_t)n; j++)
            row(plate[0], i)[j] = sin(a * (double)i) * sin(a * (double)j);
}

/* One step of the rows [lo, hi): each point becomes the mean of its four
 * neighbours (J. Jacobi's iteration). */
static void step(const double *from, double *to, uint64_t lo, uint64_t hi)
{
    const uint64_t w = (uint64_t)(n + 2);
    for (uint64_t i = lo; i < hi; i++) {
        const double *restrict u = from + i * w;
        double *restrict v = to + i * w;
        for (uint64_t j = 1; j < w - 1; j++)
            v[j] = 0.25 * ((u[j - w] + u[j + w]) + (u[j - 1] + u[j + 1]));
    }
}

static double largest_change(uint64_t lo, uint64_t hi)
{
    double change = 0;
    for (uint64_t i = lo; i < hi; i++)
        for (uint64_t j = 1; j <= (uint64_t)n; j++)
            change = fmax(change,
                          fabs(row(plate[0], i)[j] - row(plate[1], i)[j]));
    return change;
}

static int64_t cool(struct ff *ff, uint64_t lo, uint64_t hi)
{
    for (int64_t s = 1;; s++) {
        step(plate[(s - 1) % 2], plate[s % 2], lo, hi);
        ff_barrier(ff);
        if (s % CHECK_EVERY == 0
            && ff_team_max(ff, largest_change(lo, hi)) < tolerance)
            return s;
    }
}

FF_TEAM(ff, begin, end)
{
    const size_t bytes = (size_t)((n + 2) * (n + 2)) * sizeof(double);
    uint64_t lo, hi;
    ff_team_share(ff, 1, (uint64_t)n + 1, &lo, &hi);
    for (uint64_t m = begin; m < end; m++) {
        if (ff_single(ff)) {
            plate[0] = calloc(1, bytes);
            plate[1] = calloc(1, bytes);
        }
        ff_barrier(ff);
        if (plate[0] == NULL || plate[1] == NULL) {
            ff_fail(ff, m, "no memory for a plate of %d points", (int)n);
            return;
        }
        warm(lo, hi, m);
        ff_barrier(ff);
        const int64_t s = cool(ff, lo, hi);
        for (uint64_t i = lo; i < hi; i++)
            for (uint64_t j = 1; j <= (uint64_t)n; j++)
                ff_max(ff, warmest, row(plate[s % 2], i)[j]);
        ff_max_int(ff, steps, s);
        ff_barrier(ff);
        if (ff_single(ff)) {
            free(plate[0]);
            free(plate[1]);
        }
    }
}
