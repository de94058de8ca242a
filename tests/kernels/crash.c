/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item` ends its process, or never ends, in the way `how`, each time. */
#include <fanfold.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

FF_ITEMS(1000)
FF_INT(item, -1)
FF_TEXT(how, "segv")
FF_COUNT(items)
FF_SUM_INT(index_sum)

static int *volatile nowhere;
static volatile int zero, one = 1;

static int is(const char *name)
{
    return strcmp(how, name) == 0;
}

static int descend(volatile char *above)
{
    volatile char page[4096];
    page[0] = above ? *above : 0;
    return zero ? 0 : descend(page) + page[0];
}

/* Returns from "stop" when continued, and from what it does not know. */
static void act(void)
{
    if (is("segv"))
        *nowhere = 1;
    if (is("abort"))
        abort();
    if (is("fpe"))
        one = one / zero;
    if (is("ill"))
        __builtin_trap();
    if (is("exit0"))
        exit(0);
    if (is("_exit0"))
        _exit(0);
    if (is("kill9"))
        kill(getpid(), SIGKILL);
    if (is("stop"))
        raise(SIGSTOP);
    if (is("pthread_exit"))
        pthread_exit(NULL);
    if (is("stack"))
        one = descend(NULL);
    while (is("hang"))
        one = 1;
    while (is("sleep"))
        pause();
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if ((int64_t)i == item) {
            act();
            if (!is("stop")) {
                ff_fail(ff, i, "asked to %s", how);
                return;
            }
        }
        ff_count(ff, items, 1);
        ff_sum_int(ff, index_sum, (int64_t)i);
    }
}
