/* SPDX-License-Identifier: Apache-2.0 */
/* Results that round on the way, so that their bits depend on the order in
 * which chunks are put together; and vectors that do not. tests/faults/order.py
 * does the same. */
#include <fanfold.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

FF_ITEMS(3000)
FF_INT(n, 5)          /* elements, at most 20,000 */
FF_INT(bad, 0)        /* every so many items one fails */
FF_TEXT(attempts, "") /* as in oracle.c */
FF_TEXT(gate, "")
FF_PRODUCT(product)
FF_PRODUCT_FLOAT(product_float)
FF_PRODUCT_INT(product_int)
FF_PRODUCT_UINT(too_large)
FF_VECTOR_SUM(sum, n)
FF_VECTOR_SUM_EXACT(exact, n < 5 ? n : 5)
FF_VECTOR_MIN(least, n)
FF_VECTOR_SUM_INT(sum_int, n)
FF_VECTOR_MAX_INT(most_int, n)

static uint32_t hash(uint64_t i, uint64_t j)
{
    return (uint32_t)(i * 2654435761u + j * 40503u);
}

static double element(uint64_t i, uint64_t j)
{
    const uint32_t h = hash(i, j);
    const double x = (double)(UINT64_C(1) << h % 31) / (double)(i + 1 + j);
    return h >> 31 ? -x : x;
}

static double small_factor(uint64_t i)
{
    const double f = 1 + (hash(i, 0) >> 8) * 0x1p-24;
    return i % 2 ? 1 / f : -f;
}

/* The partial products leave the range of doubles on the way. */
static double factor(uint64_t i)
{
    if (i >= 10 && i < 12)
        return 1e300;
    if (i >= 20 && i < 22)
        return 1e-300;
    return small_factor(i);
}

static void fold(struct ff *ff, uint64_t i)
{
    static __thread double x[20000];
    static __thread int64_t k[20000];
    for (int64_t j = 0; j < n; j++) {
        x[j] = element(i, (uint64_t)j);
        k[j] = (int64_t)(hash(i, (uint64_t)j) * UINT64_C(0x9e3779b97f4a7c15));
    }
    ff_product(ff, product, factor(i));
    ff_product_float(ff, product_float, (float)small_factor(i));
    ff_product_int(ff, product_int, i % 50 ? 1 : -3);
    ff_product_uint(ff, too_large, 1 + hash(i, 0));
    ff_vector_sum(ff, sum, x);
    ff_vector_sum_exact(ff, exact, x);
    ff_vector_min(ff, least, x);
    ff_vector_sum_int(ff, sum_int, k);
    ff_vector_max_int(ff, most_int, k);
}

/* Each chunk takes longer until the gate is there. */
static void wait_at_gate(void)
{
    const int fd = open(attempts, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
                        0600);
    if (fd >= 0 && write(fd, "\n", 1) == 1)
        close(fd);
    for (int i = 0; i < 2 && access(gate, F_OK) != 0; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
}

FF_KERNEL(ff, begin, end)
{
    if (*gate)
        wait_at_gate();
    for (uint64_t i = begin; i < end; i++) {
        fold(ff, i);
        if (bad > 0 && i % (uint64_t)bad == 3) {
            ff_fail(ff, i, "as was asked for");
            return;
        }
    }
}
