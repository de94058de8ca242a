/* SPDX-License-Identifier: Apache-2.0 */
/* N queens that do not attack each other: a search tree as items. An item is a
 * place for each of the first two queens; a quarter are refuted at once, and
 * the others cost anything. `--arg n=13` is a parameter.
 * n = 8 .. 13: 92, 352, 724, 2680, 14200, 73712 (OEIS A000170). */
#include <fanfold.h>

FF_ABOUT("Ways to put N queens on a board so that none attacks another")
FF_INT(n, 12, "queens, and rows of the board; at least 2")
FF_ITEMS(n * n)
FF_COUNT(solutions, "ways, with turned and mirrored ones")

/* Ways to fill the rows that are left: a bit is a column that is taken, or
 * attacked along the one diagonal or the other. */
static uint64_t place(uint64_t columns, uint64_t left, uint64_t right)
{
    uint64_t all = (UINT64_C(1) << n) - 1, ways = 0;
    if (columns == all)
        return 1;
    for (uint64_t open = all & ~(columns | left | right); open;
         open &= open - 1) {
        uint64_t queen = open & -open;
        ways +=
            place(columns | queen, (left | queen) << 1, (right | queen) >> 1);
    }
    return ways;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        uint64_t a = UINT64_C(1) << i / n, b = UINT64_C(1) << i % n;
        if (b & (a | a << 1 | a >> 1))
            continue; /* the second queen is attacked: no solutions here */
        ff_count(ff, solutions,
                 place(a | b, (a << 1 | b) << 1, (a >> 1 | b) >> 1));
    }
}
