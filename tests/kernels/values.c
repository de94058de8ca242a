/* SPDX-License-Identifier: Apache-2.0 */
/* Values for --fold, of several kinds: special doubles at the first items,
 * then such with many digits; integers; single values and pairs of declared
 * results. With `fail` the chunk of that item fails. */
#include <fanfold.h>
#include <math.h>

FF_ITEMS(3000)
FF_INT(fail, -1, "an item that fails")
FF_VALUES(x, "special ones first")
FF_VALUES_INT(steps, "i * i, of either sign")
FF_SUM(total, "of 1 / (item + 1)")
FF_MAX(blocks, "item / 4, 1,000 times for each 1,000th item, else once")
FF_SUM_INT(whole)
FF_DOT(pairs)
FF_ARGMAX_INT(most)
FF_OUTPUT(text)
FF_ARRAY_U8(bytes, 1)

static double special(uint64_t i)
{
    switch (i) {
    case 0:
        return -0.0;
    case 1:
        return 5e-324;
    case 2:
        return 1.7976931348623157e308;
    case 3:
        return 0.1;
    case 4:
        return -1e23;
    case 5:
        return 9007199254740993.0;
    default:
        return (i % 2 ? 1 : -1) / (double)(3 * i);
    }
}

enum { BLOCK = 1000 };

FF_KERNEL(ff, begin, end)
{
    double block[BLOCK];
    for (uint64_t i = begin; i < end; i++) {
        const int64_t square = (int64_t)(i * i);
        ff_values(ff, x, special(i), i);
        ff_values_int(ff, steps, i % 2 ? square : -square, i);
        ff_sum(ff, total, 1.0 / (double)(i + 1));
        for (int k = 0; k < BLOCK; k++)
            block[k] = (double)i / 4;
        ff_max_array(ff, blocks, block, i % BLOCK == 0 ? BLOCK : 1);
        ff_sum_int(ff, whole, square);
        ff_dot(ff, pairs, 1, (double)i);
        ff_argmax_int(ff, most, square, i);
        if (fail >= 0 && i == (uint64_t)fail)
            ff_fail(ff, i, "as asked for");
    }
}
