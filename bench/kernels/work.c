/* SPDX-License-Identifier: Apache-2.0 */
/* Items of known cost: each counts so many steps of busy work, by a law that
 * depends on the item alone. The mean of every law is `mean` steps. */
#include <fanfold.h>
#include <math.h>
#include <string.h>

FF_TEXT(law, "constant")
FF_INT(n, 1000)
FF_INT(mean, 1000)
FF_ITEMS(n)
FF_COUNT(steps)

#define LONG_ITEM 1000 /* one in so many takes so many times as long */

/* Uniform in (0, 1): splitmix64 (S. Vigna, prng.di.unimi.it). */
static double uniform(uint64_t i)
{
    uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return ((double)((z ^ z >> 31) >> 11) + 0.5) * 0x1p-53;
}

/* Box and Muller. */
static double normal(uint64_t i)
{
    const double r = sqrt(-2 * log(uniform(2 * i)));
    return r * cos(6.283185307179586 * uniform(2 * i + 1));
}

/* Of an item, over the mean. */
static double cost(uint64_t i)
{
    switch (law[0] == 'l' ? law[1] : law[0]) {
    case 'i': /* linear */
        return 2 * (double)i / (double)n;
    case 'e': /* exponential */
        return -log(uniform(i));
    case 'o': /* lognormal */
        return exp(normal(i) - 0.5);
    case 'b': /* bimodal */
        return (uniform(i) < 1.0 / LONG_ITEM ? LONG_ITEM : 1) * 0.5;
    default:
        return 1;
    }
}

static uint64_t burn(uint64_t count)
{
    uint64_t x = count;
    for (uint64_t i = 0; i < count; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
        __asm__ volatile("" : "+r"(x));
    }
    return count;
}

FF_KERNEL(ff, begin, end)
{
    uint64_t done = 0;
    for (uint64_t i = begin; i < end; i++)
        done += burn((uint64_t)(cost(i) * (double)mean));
    ff_count(ff, steps, done);
}
