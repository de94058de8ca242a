/* SPDX-License-Identifier: Apache-2.0 */
/* Work that only waits, as a program does for a disk, a server or a user: an
 * item is 20 ms of it, and needs a core for some microseconds.
 *
 *     fanfold run wait.c -n 1 --threads 8      eight wait at the same time */
#include <fanfold.h>
#include <unistd.h>

FF_ITEMS(32)
FF_REAL(pause_s, 0.02)
FF_COUNT(answers)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        usleep((useconds_t)(pause_s * 1e6));
        ff_count(ff, answers, 1);
    }
}
