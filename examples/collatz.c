/* SPDX-License-Identifier: Apache-2.0 */
/* Halve an even number, triple an odd one and add one: which start takes the
 * most steps to reach 1? An argmax gives the value and the item it belongs to;
 * folded once an item, since an item costs far more than a fold.
 * Below 10^5: 77031, 350 steps; below 10^6: 837799, 524 (OEIS A006877). */
#include <fanfold.h>

FF_ITEMS(1000000)
FF_ARGMAX_INT(longest)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t start = begin; start < end; start++) {
        int64_t steps = 0;
        if (start == 0)
            continue; /* 0 is not a start: it never leaves 0 */
        for (uint64_t x = start; x != 1; steps++)
            x = x % 2 ? 3 * x + 1 : x / 2;
        ff_argmax_int(ff, longest, steps, start);
    }
}
