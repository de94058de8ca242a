/* SPDX-License-Identifier: Apache-2.0 */
/* The permutation without a list: that it is one, and that it looks like one
 * that was drawn. */
#include "permute.h"
#include "tap.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void is_permutation(void)
{
    const uint64_t most = tap_long() ? 5000 : 1100; /* beyond 4^5 */
    static unsigned char seen[5001];
    uint64_t n_wrong = 0;
    for (uint64_t n = 1; n <= most; n++) {
        memset(seen, 0, n);
        for (uint64_t i = 0; i < n; i++) {
            const uint64_t to = permute(i, n, n % 3);
            if (to >= n || seen[to]++)
                n_wrong++;
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Of a large one 100,000 places, at both ends and in between: none comes twice,
 * all are inside. */
static void large(void)
{
    static const uint64_t sizes[] = {
        (UINT64_C(1) << 32) - 1, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 1,
        UINT64_C(1000000000000), UINT64_C(1) << 62, UINT64_MAX};
    enum { SOME = 100000 };
    static uint64_t to[SOME];
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const uint64_t n = sizes[k];
        uint64_t n_wrong = 0;
        for (uint64_t i = 0; i < SOME; i++) {
            const uint64_t from = i % 3 == 0 ? i : i % 3 == 1 ? n - 1 - i
                                                              : n / 2 + i;
            to[i] = permute(from, n, k);
            n_wrong += to[i] >= n;
        }
        qsort(to, SOME, sizeof *to, compare);
        for (size_t i = 1; i < SOME; i++)
            n_wrong += to[i] == to[i - 1];
        CU_ASSERT_EQUAL(n_wrong, 0);
    }
}

/* Over keys each of the n! orders comes as often: chi-squared with n! - 1
 * degrees of freedom is not above its mean by 3.5 standard deviations (whose
 * square is 2 for each degree). */
static void check_orders(unsigned n, unsigned n_orders)
{
    static int count[3125];
    const uint64_t n_keys = 2000u * n_orders;
    unsigned n_seen = 0;
    double chi = 0;
    memset(count, 0, sizeof count);
    for (uint64_t key = 0; key < n_keys; key++) {
        unsigned order = 0;
        for (uint64_t i = 0; i < n; i++)
            order = order * n + (unsigned)permute(i, n, key);
        count[order]++;
    }
    for (int i = 0; i < 3125; i++)
        if (count[i] > 0) {
            chi += (count[i] - 2000.0) * (count[i] - 2000.0) / 2000.0;
            n_seen++;
        }
    tap_note("of %u values chi-squared is %.1f", n, chi);
    CU_ASSERT_EQUAL(n_seen, n_orders);
    CU_ASSERT(chi < n_orders - 1 + 3.5 * sqrt(2.0 * (n_orders - 1)));
}

static void orders(void)
{
    check_orders(2, 2);
    check_orders(3, 6);
    check_orders(4, 24);
    check_orders(5, 120);
}

/* Of 1,000 the place of each value over keys, in 10 bins of places: 9 degrees
 * of freedom, 27.9; and neighbours are as far apart as by chance: |x - y| of
 * two even numbers has the mean n / 3 and the variance n^2 / 18. */
static void places(void)
{
    enum { N = 1000, KEYS = 2000 };
    double worst = 0, away = 0;
    for (uint64_t i = 0; i < N; i += 111) {
        int bin[10] = {0};
        double chi = 0;
        for (uint64_t key = 0; key < KEYS; key++)
            bin[permute(i, N, key) / (N / 10)]++;
        for (int k = 0; k < 10; k++)
            chi += (bin[k] - KEYS / 10.0) * (bin[k] - KEYS / 10.0)
                   / (KEYS / 10.0);
        worst = chi > worst ? chi : worst;
    }
    for (uint64_t i = 0; i + 1 < N; i++)
        away += fabs((double)permute(i, N, 5) - (double)permute(i + 1, N, 5));
    tap_note("worst chi-squared %.1f, mean step %.1f", worst, away / (N - 1));
    CU_ASSERT(worst < 33.7); /* 99.99 % of one: there are ten */
    CU_ASSERT(fabs(away / (N - 1) - N / 3.0)
              < 5 * N / sqrt(18.0) / sqrt(N - 1.0));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"each comes once, whatever n is", is_permutation},
        {"large ones", large},
        {"all orders come as often", orders},
        {"all places come as often", places},
    };
    return TAP_RUN(tests);
}
