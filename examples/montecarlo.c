/* SPDX-License-Identifier: Apache-2.0 */
/* Pi by throwing points at a square. An item's random numbers depend on the
 * seed and the item alone, so any crew throws the same points. Both idioms:
 * each item's estimate is folded exactly, the hits once a chunk. The answer is
 * pi, give or take the standard error sqrt(spread / items): about 0.00016. */
#include <fanfold.h>

FF_ABOUT("Pi by throwing points at a square")
FF_INT(points, 1000, "points of an item")
FF_ITEMS(100000)
FF_MEAN(pi, "mean of the items' estimates")
FF_VARIANCE(spread, "their variance")
FF_COUNT(inside, "points that hit the circle")

FF_KERNEL(ff, begin, end)
{
    uint64_t total = 0;
    for (uint64_t i = begin; i < end; i++) {
        struct ff_rng rng = ff_rng(ff, i);
        int64_t hits = 0;
        for (int64_t k = 0; k < points; k++) {
            double x = ff_uniform(&rng), y = ff_uniform(&rng);
            hits += x * x + y * y < 1;
        }
        double estimate = 4.0 * hits / points;
        ff_mean(ff, pi, estimate);
        ff_variance(ff, spread, estimate);
        total += hits;
    }
    ff_count(ff, inside, total);
}
