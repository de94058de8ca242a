/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel and a program that it runs find: a
 * line "WHO fd N" for each descriptor, "WHO SigBlk MASK" and "WHO SigIgn MASK"
 * of /proc. */
#include <dirent.h>
#include <fanfold.h>
#include <stdio.h>
#include <stdlib.h>

FF_ITEMS(1)
FF_COUNT(items)

static void tell_descriptors(const char *who)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (*entry->d_name != '.' && atoi(entry->d_name) != dirfd(dir))
            printf("%s fd %s\n", who, entry->d_name);
    if (dir)
        closedir(dir);
}

static void tell_signals(const char *who)
{
    char line[256], mask[256];
    FILE *f = fopen("/proc/thread-self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "SigBlk: %s", mask) == 1)
            printf("%s SigBlk %s\n", who, mask);
        else if (sscanf(line, "SigIgn: %s", mask) == 1)
            printf("%s SigIgn %s\n", who, mask);
    if (f)
        fclose(f);
}

FF_KERNEL(ff, begin, end)
{
    tell_descriptors("kernel");
    tell_signals("kernel");
    fflush(stdout);
    /* All in the shell, which blocks signals while it forks. The descriptor
     * that lists the folder is gone when each is looked at. */
    if (system("for f in /proc/$$/fd/*; do"
               "  [ -e $f ] && echo program fd ${f##*/}; done;"
               "while read -r name mask; do case $name in"
               "  SigBlk:|SigIgn:) echo program ${name%:} $mask; esac; "
               "done </proc/$$/status") != 0)
        ff_fail(ff, begin, "cannot run a shell");
    ff_count(ff, items, end - begin);
}
