/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses every item, with the text that is asked for. */
#include <fanfold.h>

FF_ITEMS(1000)
FF_TEXT(text, "no")
FF_COUNT(items)

FF_KERNEL(ff, begin, end)
{
    (void)end;
    ff_fail(ff, begin, "%s", text);
    ff_count(ff, items, 0);
}
