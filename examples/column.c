/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of one column of a table, by its name in the header or its number:
 * fanfold run -a FILE.csv --csv-input --header column.c --arg column=price
 * fanfold run -a FILE --colsep '[ \t]+' column.c --arg column=2
 * Columns that are empty are passed over; one that is no number fails its chunk
 * and is named. */
#include <fanfold.h>
#include <stdlib.h>

FF_ABOUT("Statistics of a column of a table: give the table by -a FILE with "
         "--csv-input or --colsep")
FF_TEXT(column, "1", "its name, with --header, or its number")
FF_COUNT(count, "how many numbers")
FF_COUNT(empty, "rows where it is empty")
FF_MEAN(mean)
FF_SD(sd)
FF_ARGMIN(min, "and the row, from 0, that has it first")
FF_ARGMAX(max)

FF_KERNEL(ff, begin, end)
{
    uint32_t number = ff_column(ff, column);
    uint64_t n_empty = 0;
    if (number == 0)
        number = (uint32_t)strtoul(column, NULL, 10);
    if (number == 0) {
        ff_fail(ff, begin, "there is no column '%s'", column);
        return;
    }
    for (uint64_t i = begin; i < end; i++) {
        size_t n;
        const char *text = ff_item_column(ff, i, number, &n);
        double x;
        if (n == 0) {
            n_empty++;
            continue;
        }
        if (ff_number(ff, text, n, &x) != 0) {
            ff_fail(ff, i, "'%s' is not a number", text);
            return;
        }
        ff_mean(ff, mean, x);
        ff_sd(ff, sd, x);
        ff_argmin(ff, min, x, i);
        ff_argmax(ff, max, x, i);
    }
    ff_count(ff, count, end - begin - n_empty);
    ff_count(ff, empty, n_empty);
}
