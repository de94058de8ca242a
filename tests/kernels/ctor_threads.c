/* SPDX-License-Identifier: Apache-2.0 */
/* Starts threads of its own while it is being opened; they never end. */
#include <fanfold.h>
#include <pthread.h>
#include <unistd.h>

FF_ITEMS(1000)
FF_COUNT(items)
FF_SUM_INT(index_sum)

static void *wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

__attribute__((constructor)) static void start_threads(void)
{
    pthread_t thread;
    for (int k = 0; k < 4; k++)
        pthread_create(&thread, NULL, wait_for_ever, NULL);
}

FF_KERNEL(ff, begin, end)
{
    ff_count(ff, items, end - begin);
    for (uint64_t i = begin; i < end; i++)
        ff_sum_int(ff, index_sum, (int64_t)i);
}
