/* SPDX-License-Identifier: Apache-2.0 */
/* The squares of 0 to 39, added. Each process kills itself in the middle of
 * an item, when it has begun `lives` of them: SIGKILL, which no program can
 * catch. What it had not handed in, others do again. */
#include <fanfold.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

FF_ABOUT("squares, in processes that do not live long")
FF_ITEMS(40)
FF_INT(pause_ms, 15)
FF_INT(lives, 0, "items that a process begins before it dies; 0: no limit")
FF_SUM_INT(squares)

FF_KERNEL(ff, begin, end)
{
    static atomic_int begun; /* in this process */

    for (uint64_t i = begin; i < end; i++) {
        usleep((useconds_t)(1000 * pause_ms));
        if (atomic_fetch_add(&begun, 1) + 1 == lives)
            kill(getpid(), SIGKILL); /* here it ends; nothing is tidied up */
        ff_sum_int(ff, squares, (int64_t)(i * i));
    }
}
