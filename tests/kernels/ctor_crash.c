/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes while it is being opened, before anybody can look up a symbol. */
#include <fanfold.h>

static int *volatile nowhere;

__attribute__((constructor)) static void crash(void)
{
    *nowhere = 1;
}

FF_ITEMS(1000)
FF_COUNT(items)

FF_KERNEL(ff, begin, end)
{
    ff_count(ff, items, end - begin);
}
