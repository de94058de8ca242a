/* SPDX-License-Identifier: Apache-2.0 */
/* Called once by each thread: folds and prints who it is. Call `item` ends in
 * the way `how`: each time, or only the first time when `marker` is the path
 * of a file that does not exist yet. */
#include <fanfold.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

FF_INT(item, -1)
FF_TEXT(how, "segv")
FF_TEXT(marker, "")
FF_COUNT(calls)
FF_SUM_INT(ranks)
FF_SUM_INT(squares) /* of rank + 1 */
FF_SUM_INT(threads)
FF_MAX_INT(size)

FF_ONCE(ff)
{
    const uint64_t call = (uint64_t)ff->rank * ff->threads + ff->thread;
    const int64_t next = (int64_t)ff->rank + 1;
    printf("rank %u thread %u\n", ff->rank, ff->thread);
    fflush(stdout);
    if ((int64_t)call == item
        && (*marker == '\0'
            || open(marker, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
               >= 0)) {
        if (strcmp(how, "segv") == 0)
            raise(SIGSEGV);
        if (strcmp(how, "kill") == 0)
            raise(SIGKILL);
        ff_fail(ff, call, "asked to fail");
        return;
    }
    ff_count(ff, calls, 1);
    ff_sum_int(ff, ranks, ff->rank);
    ff_sum_int(ff, squares, next * next);
    ff_sum_int(ff, threads, ff->thread);
    ff_max_int(ff, size, ff->size);
}
