/* SPDX-License-Identifier: Apache-2.0 */
/* Item 50 crashes after a while; parts of the chunk take their time too, so
 * that something else can die while the culprit is looked for. how=97 leaves
 * with a status that fanfold's own worker uses. */
#include <fanfold.h>
#include <string.h>
#include <unistd.h>

FF_ITEMS(64)
FF_TEXT(how, "segv")
FF_COUNT(items)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        if (i == 50) {
            usleep(50000);
            if (strcmp(how, "97") == 0)
                _exit(97);
            *(volatile int *)0 = 1;
        }
        if (end - begin < 64)
            usleep(10000);
        ff_count(ff, items, 1);
    }
}
