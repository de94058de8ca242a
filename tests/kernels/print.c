/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a line an item; `item` alone prints half a line, and to the error
 * stream. Nothing is flushed by hand. */
#include <fanfold.h>
#include <stdio.h>

FF_ITEMS(100)
FF_INT(item, -1)
FF_COUNT(items)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if ((int64_t)i == item)
            fprintf(stderr, "half a line, item %llu", (unsigned long long)i);
        else
            printf("item %llu\n", (unsigned long long)i);
        ff_count(ff, items, 1);
    }
}
