/* SPDX-License-Identifier: Apache-2.0 */
/* Folds an item that is not of its chunk; with item=-1 it does not. */
#include <fanfold.h>

FF_ITEMS(1000)
FF_INT(item, 7)
FF_COUNT(items)
FF_ARGMAX_INT(largest)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        ff_count(ff, items, 1);
        ff_argmax_int(ff, largest, (int64_t)i, (int64_t)i == item ? end : i);
    }
}
