/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     sum sum|variance|norm2|dot DATA N BATCH ROUNDS
 *
 * Adds N doubles, both they and their squares, their squares, or N products of
 * pairs, BATCH a call, in each way there is: exactly, by each version that this
 * CPU has, and as people do (loop.c). Prints their names, then a line a round:
 * ns of this thread a double or pair. DATA: narrow, uniform in [0, 1); wide,
 * exponents over 200 bits; any, all exponents.
 *
 *     sum merge ROUNDS
 *
 * The same of ns a merge, and a normalisation, of two sums of XSUM_WORDS lanes.
 */
#include "xsum.h"
#include "xsum_vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLE ((size_t)1 << 22) /* doubles, about */
#define MERGES 10000

enum work { SUM, VARIANCE, NORM2, DOT, N_WORKS };

typedef double loop(enum work work, const double *x, const double *y, size_t n);
loop loop_plain, loop_fast;

struct way {
    const char *name;
    loop *loop; /* NULL: exactly, by ... */
    const struct xsum_vector *vector;
};

/* Of this thread: others may be at work on this core. */
static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double add(const struct way *way, enum work work, const double *x,
                  const double *y, size_t n)
{
    int64_t sum[XSUM_WORDS] = {0}, products[XSQR_WORDS] = {0};
    if (way->loop != NULL)
        return way->loop(work, x, y, n);
    if (work == SUM || work == VARIANCE)
        xsum_add_by(way->vector, sum, x, n);
    if (work != SUM)
        xdot_add_by(way->vector, products, x, work == DOT ? y : x, 1, n);
    return (double)(sum[XSUM_DIGITS + 33] ^ products[XSUM_DIGITS + 67]);
}

static double ns_each(const struct way *way, enum work work, const double *x,
                      size_t n, size_t batch)
{
    static volatile double kept;
    const size_t turns = SAMPLE / n + 1;
    const double begin = cpu_ns();
    for (size_t turn = 0; turn < turns; turn++)
        for (size_t i = 0; i < n; i += batch)
            kept = add(way, work, x + i, x + n + i,
                       n - i < batch ? n - i : batch);
    (void)kept;
    return (cpu_ns() - begin) / (double)turns / (double)n;
}

/* Random fractions; exponents of [low, low + n), or all of uniform numbers. */
static void fill(double *x, size_t n, const char *data)
{
    const int is_wide = strcmp(data, "wide") == 0;
    const uint64_t low = is_wide ? 923 : 1, span = is_wide ? 200 : 2046;
    srand48(1);
    for (size_t i = 0; i < n; i++) {
        const uint64_t fraction = (uint64_t)mrand48() << 32 ^
                                  (uint64_t)lrand48() << 15;
        const uint64_t exponent = low + (uint64_t)lrand48() % span;
        const uint64_t bits = (fraction & UINT64_C(0x800fffffffffffff)) |
                              exponent << 52;
        memcpy(&x[i], &bits, sizeof bits);
        if (strcmp(data, "narrow") == 0)
            x[i] = (double)(fraction >> 11) * 0x1p-53;
    }
}

static int measure(enum work work, const char *data, size_t n, size_t batch,
                   int rounds)
{
    static const char *const versions[] = {"avx512", "avx2", "portable"};
    struct way way[6] = {{"plain", loop_plain, NULL}, {"fast", loop_fast, NULL},
                         {"none", NULL, NULL}};
    int n_ways = 3;
    for (int i = 0; i < 3; i++) {
        const struct xsum_vector *v = xsum_vector_find(versions[i]);
        if (v != NULL)
            way[n_ways++] = (struct way){v->name, NULL, v};
    }
    double *x = aligned_alloc(64, 2 * n * sizeof *x + 64);
    if (work == N_WORKS || n == 0 || batch == 0 || x == NULL)
        return 2;
    fill(x, 2 * n, data);
    for (int i = 0; i < n_ways; i++)
        printf("%s%c", way[i].name, i + 1 < n_ways ? ' ' : '\n');
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < n_ways; i++)
            printf("%.4f%c", ns_each(&way[i], work, x, n, batch),
                   i + 1 < n_ways ? ' ' : '\n');
    free(x);
    return 0;
}

/* Sums that are aligned to no vector, as most are in a partial, and cross no
 * page. */
static void measure_merges(int rounds)
{
    static _Alignas(4096) int64_t memory[2][512];
    int64_t *const into = memory[0] + 1, *const from = memory[1] + 3;
    double x[64];
    fill(x, 64, "wide");
    printf("merge normalise\n");
    for (int round = 0; round < rounds; round++) {
        memset(memory, 0, sizeof memory);
        xsum_add(from, x, 64);
        xsum_normalise(from, XSUM_N);
        const double begin = cpu_ns();
        for (int i = 0; i < MERGES; i++)
            xsum_merge(into, from, XSUM_N);
        const double middle = cpu_ns();
        for (int i = 0; i < MERGES; i++)
            xsum_normalise(into, XSUM_N);
        printf("%.3f %.3f\n", (middle - begin) / MERGES,
               (cpu_ns() - middle) / MERGES);
    }
}

static enum work work_named(const char *name)
{
    static const char *const names[] = {"sum", "variance", "norm2", "dot"};
    int i = 0;
    while (i < N_WORKS && strcmp(name, names[i]) != 0)
        i++;
    return (enum work)i;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "merge") == 0) {
        measure_merges(atoi(argv[2]));
        return 0;
    }
    if (argc == 6)
        return measure(work_named(argv[1]), argv[2],
                       strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10),
                       atoi(argv[5]));
    fprintf(stderr, "usage: sum sum|variance|norm2|dot narrow|wide|any N BATCH "
            "ROUNDS, sum merge ROUNDS\n");
    return 2;
}
