/* SPDX-License-Identifier: Apache-2.0 */
/* Every item kills its worker. */
#include <fanfold.h>

FF_ITEMS(1000)
FF_COUNT(items)

FF_KERNEL(ff, begin, end)
{
    ff_count(ff, items, end - begin);
    __builtin_trap();
}
