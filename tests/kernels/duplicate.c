/* SPDX-License-Identifier: Apache-2.0 */
/* Two results of one name, which the compiler cannot see: the name is given as
 * a text, as two files linked into one object would have it. */
#include <fanfold.h>

FF_ITEMS(1000)
FF_COUNT(items)
FF_DECLARE_(again, FF_DECL_RESULT, FF_OP_SUM, "items", .none = 0);

FF_KERNEL(ff, begin, end)
{
    ff_count(ff, items, end - begin);
}
