/* SPDX-License-Identifier: Apache-2.0 */
/* Items are the numbers themselves: how many are prime? By trial division, on
 * purpose: an even number costs nothing and a prime the square root of itself,
 * so the work is uneven and grows to the end. One local count folded a chunk.
 * Below 10^6, 10^7, 10^8: 78498, 664579, 5761455 (OEIS A006880). */
#include <fanfold.h>

FF_ITEMS(10000000)
FF_COUNT(primes)

static int is_prime(uint64_t n)
{
    if (n % 2 == 0)
        return n == 2;
    for (uint64_t d = 3; d * d <= n; d += 2)
        if (n % d == 0)
            return 0;
    return n > 1;
}

FF_KERNEL(ff, begin, end)
{
    uint64_t found = 0;
    for (uint64_t n = begin; n < end; n++)
        found += is_prime(n);
    ff_count(ff, primes, found);
}
