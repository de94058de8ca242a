/* SPDX-License-Identifier: Apache-2.0 */
/* Item 50 crashes. Parts of the chunk of all 64 items, in which it is looked
 * for, wait until the file `gate` exists, so that something else can die while
 * they do. how=97 leaves with a status that fanfold's own worker uses. */
#include <fanfold.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

FF_ITEMS(64)
FF_TEXT(how, "segv")
FF_TEXT(gate, "")
FF_TEXT(attempts, "") /* file that gets a line when a part waits */
FF_COUNT(items)

static void wait_at_gate(void)
{
    int fd = open(attempts, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "\n", 1) != 1)
        _exit(1);
    close(fd);
    while (access(gate, F_OK) != 0)
        usleep(1000);
}

FF_KERNEL(ff, begin, end)
{
    if (*gate && end - begin < 64)
        wait_at_gate();
    for (uint64_t i = begin; i < end; i++) {
        if (i == 50 && strcmp(how, "97") == 0) {
            usleep(50000); /* others are busy then */
            _exit(97);
        }
        if (i == 50)
            *(volatile int *)0 = 1;
        if (strcmp(how, "97") == 0)
            usleep(5000);
        ff_count(ff, items, 1);
    }
}
