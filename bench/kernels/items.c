/* SPDX-License-Identifier: Apache-2.0 */
/* A loop over items with an empty body that the compiler has to keep. */
#include <fanfold.h>

FF_ITEMS(1000000)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++)
        __asm__ volatile("" : : "r"(i));
}
