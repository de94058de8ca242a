/* SPDX-License-Identifier: Apache-2.0 */
/* All threads of a team write rows, one emits: 5000 lines "ITEM SQUARE". */
#include <fanfold.h>

FF_ITEMS(5000)
FF_COUNT(items)
FF_OUTPUT(lines)
FF_ARRAY_I64(squares, 1)

FF_TEAM(ff, begin, end)
{
    uint64_t lo, hi;
    struct ff_loop loop = ff_loop(ff, begin, end, 3);
    while (ff_next(ff, &loop, &lo, &hi))
        for (uint64_t i = lo; i < hi; i++) {
            *ff_array_i64(ff, squares, i) = (int64_t)(i * i);
            ff_count(ff, items, 1);
        }
    ff_barrier(ff);
    if (ff->thread == 0)
        for (uint64_t i = begin; i < end; i++)
            ff_emitf(ff, lines, "%llu %lld\n", (unsigned long long)i,
                     (long long)*ff_array_i64(ff, squares, i));
}
