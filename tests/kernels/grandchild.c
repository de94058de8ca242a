/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item` leaves a sleeping grandchild in a session of its own. */
#include <fanfold.h>
#include <sys/wait.h>
#include <unistd.h>

FF_ITEMS(1000)
FF_INT(item, 7)
FF_COUNT(items)
FF_SUM_INT(index_sum)
FF_INT(seconds, 600)

static void act(void)
{
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() == 0)
            sleep((unsigned)seconds);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if ((int64_t)i == item)
            act();
        ff_count(ff, items, 1);
        ff_sum_int(ff, index_sum, (int64_t)i);
    }
}
