/* SPDX-License-Identifier: Apache-2.0 */
/* A line of 20 bytes an item: its number. Printed by hand, since printf takes
 * longer than all the rest. */
#include <fanfold.h>

FF_OUTPUT(lines)

FF_KERNEL(ff, begin, end)
{
    char line[20];
    line[19] = '\n';
    for (uint64_t i = begin; i < end; i++) {
        uint64_t x = i;
        for (int k = 18; k >= 0; k--, x /= 10)
            line[k] = (char)('0' + x % 10);
        ff_emit(ff, lines, line, sizeof line);
    }
}
