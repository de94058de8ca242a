/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     sketch ROUNDS
 *
 * Folds doubles, 512 places a call as from an executor's buffer, into
 * quantiles, distinct values, bins, the top and a sample; and, for comparison,
 * into the buckets of a sketch by their logarithm. Prints names, then a line a
 * round: ns of this thread a double; a merge.
 */
#include "histogram.h"
#include "op.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N 49152 /* 384 KiB */
#define BATCH 512
#define TURNS 20
#define MERGES 200
#define BINS 50
#define MAX_WORDS 16384

static union ff_value narrow[N], wide[N], equal[N], whole[N];
static union ff_value with_item[N]; /* of half as many values */
static int64_t slice[MAX_WORDS], other[MAX_WORDS];
static double edge[HISTOGRAM_MAX_LISTED + 1];

/* Of this thread: others may be at work on this core. */
static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fill(void)
{
    srand48(1);
    for (int i = 0; i < N; i++) {
        narrow[i].f64 = 1 - drand48();
        wide[i].f64 = pow(10, 30 * drand48() - 15);
        equal[i].f64 = 3;
        whole[i].i64 = mrand48() >> (lrand48() % 30);
        if (i % 2)
            with_item[i].u64 = (uint64_t)i / 2;
        else
            with_item[i].f64 = narrow[i].f64;
    }
}

/* How it is done with libm: Masson, Rim, Lee (2019), section 2.1. */
static void fold_log(const union ff_value *value, size_t n)
{
    const double per_bucket = 1 / log(1.01 / 0.99);
    for (size_t i = 0; i < n; i++)
        slice[MAX_WORDS / 2 + (long)ceil(log(value[i].f64) * per_bucket)]++;
}

static double ns_a_value(enum ff_op code, const struct ff_shape *shape,
                         const union ff_value *value)
{
    const struct op *op = op_find(code);
    const double begin = cpu_ns();
    for (int turn = 0; turn < TURNS; turn++)
        for (size_t i = 0; i < N; i += BATCH)
            if (op != NULL)
                op->fold(shape, slice, value + i, BATCH);
            else
                fold_log(value + i, BATCH);
    const uint32_t places = op != NULL ? op_places(op) : 1;
    return (cpu_ns() - begin) / TURNS / N * places;
}

static double ns_a_merge(enum ff_op code, const union ff_value *value)
{
    static const struct ff_shape shape;
    const struct op *op = op_find(code);
    op->init(&shape, slice);
    op->init(&shape, other);
    op->fold(&shape, other, value, N);
    op_normalise(op, &shape, other);
    const double begin = cpu_ns();
    for (int i = 0; i < MERGES; i++)
        op->merge(&shape, slice, other);
    return (cpu_ns() - begin) / MERGES;
}

static const struct {
    const char *name;
    enum ff_op code; /* 0: by the logarithm */
    const union ff_value *value;
    struct ff_shape shape;
} way[] = {
    {"quantiles", FF_OP_QUANTILES, narrow, {.lo = 0}},
    {"quantiles_wide", FF_OP_QUANTILES, wide, {.lo = 0}},
    {"quantiles_equal", FF_OP_QUANTILES, equal, {.lo = 0}},
    {"quantiles_int", FF_OP_QUANTILES_INT, whole, {.lo = 0}},
    {"log", 0, narrow, {.lo = 0}},
    {"log_wide", 0, wide, {.lo = 0}},
    {"distinct", FF_OP_DISTINCT, narrow, {.lo = 0}},
    {"distinct_int", FF_OP_DISTINCT_INT, whole, {.lo = 0}},
    {"bins", FF_OP_HISTOGRAM, narrow, {.lo = 0, .hi = 1, .n = BINS}},
    {"bins_log", FF_OP_HISTOGRAM, wide,
     {.lo = 1e-15, .hi = 1e15, .n = BINS, .form = FF_LOGARITHMIC}},
    {"top", FF_OP_TOP, with_item, {.n = 10}},
    {"sample", FF_OP_SAMPLE, with_item, {.n = 1000}},
};
#define N_WAYS (sizeof way / sizeof way[0])

int main(int argc, char **argv)
{
    const int rounds = argc == 2 ? atoi(argv[1]) : 0;
    if (rounds <= 0) {
        fprintf(stderr, "usage: sketch ROUNDS\n");
        return 2;
    }
    fill();
    for (size_t i = 0; i < N_WAYS; i++)
        printf("%s ", way[i].name);
    puts("merge_quantiles merge_distinct");
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < N_WAYS; i++) {
            struct ff_shape shape = way[i].shape;
            memset(slice, 0, sizeof slice);
            histogram_spell(&shape, edge);
            if (way[i].code != 0)
                op_find(way[i].code)->init(&shape, slice);
            printf("%.4f ", ns_a_value(way[i].code, &shape, way[i].value));
        }
        printf("%.1f %.1f\n", ns_a_merge(FF_OP_QUANTILES, wide),
               ns_a_merge(FF_OP_DISTINCT, wide));
    }
    return 0;
}
