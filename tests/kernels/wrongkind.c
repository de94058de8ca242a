/* SPDX-License-Identifier: Apache-2.0 */
/* Counts into a sum: the compiler refuses it. */
#include <fanfold.h>

FF_ITEMS(1000)
FF_SUM(total)

FF_KERNEL(ff, begin, end)
{
    ff_count(ff, total, end - begin);
}
