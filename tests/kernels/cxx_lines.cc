/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a file, in C++: their sum; what is no number is passed over.
 * The same by the first column, which without columns is the line. */
#include <fanfold.h>

FF_SUM(sum)
FF_SUM(again)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        size_t n;
        const char *text = ff_item_text(ff, i, &n);
        double x;
        if (ff_number(ff, text, n, &x) == 0)
            ff_sum(ff, sum, x);
        text = ff_item_column(ff, i, 1 + ff_column(ff, "none"), &n);
        if (ff_number(ff, text, n, &x) == 0)
            ff_sum(ff, again, x);
    }
}
