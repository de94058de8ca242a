/* SPDX-License-Identifier: Apache-2.0 */
/* So many results that a record takes several frames of a ring. */
#include <fanfold.h>

FF_ITEMS(100000)
FF_INT(spin, 0) /* rounds of busy work an item */
FF_COUNT(items)

#define EACH(do_it)                                                           \
    do_it(00) do_it(01) do_it(02) do_it(03) do_it(04) do_it(05) do_it(06)     \
    do_it(07) do_it(10) do_it(11) do_it(12) do_it(13) do_it(14) do_it(15)     \
    do_it(16) do_it(17) do_it(20) do_it(21) do_it(22) do_it(23) do_it(24)     \
    do_it(25) do_it(26) do_it(27) do_it(30) do_it(31) do_it(32) do_it(33)     \
    do_it(34) do_it(35) do_it(36) do_it(37) do_it(40) do_it(41) do_it(42)     \
    do_it(43) do_it(44) do_it(45) do_it(46) do_it(47)

#define DECLARE(k) FF_SUM(sum##k)
EACH(DECLARE)

#define FOLD(k) ff_sum(ff, sum##k, 1.0 / (double)(i * 0##k + 3));

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        for (volatile int64_t k = 0; k < spin;)
            k = k + 1;
        ff_count(ff, items, 1);
        EACH(FOLD)
    }
}
