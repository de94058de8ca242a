/* SPDX-License-Identifier: Apache-2.0 */
/* Items `item`, item + every, ... up to `last` fail by ff_fail; each only the
 * first `times` times when `tally` is a folder, where each attempt leaves a
 * byte in a file of the item's. Other items wait until `wait_for` such files
 * are there, and `pace` milliseconds. With `company` items fail only after
 * another one has begun. */
#include <dirent.h>
#include <fanfold.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

FF_ITEMS(100)
FF_INT(item, 0)
FF_INT(every, 0)
FF_INT(last, 1000000)
FF_INT(pace, 0)
FF_INT(times, 1000000)
FF_INT(wait_for, 0)
FF_INT(company, 0)
FF_TEXT(tally, "")
FF_COUNT(items)
FF_SUM_INT(index_sum)

/* Which attempt this is, from 1. */
static int64_t attempt(uint64_t i)
{
    char path[4096];
    struct stat st = {.st_size = 1};
    snprintf(path, sizeof path, "%s/%llu", tally, (unsigned long long)i);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || fstat(fd, &st) != 0)
        fprintf(stderr, "flaky.c: no tally\n");
    close(fd);
    return (int64_t)st.st_size;
}

static int64_t n_files(void)
{
    DIR *dir = opendir(tally);
    int64_t n = -2; /* . and .. */
    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static const struct timespec ms = {0, 1000000};

/* A file beside the tally tells that an item has begun which does not fail. */
static void begun(int wait)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.begun", tally);
    if (wait)
        while (access(path, F_OK) != 0)
            nanosleep(&ms, NULL);
    else
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        const int64_t from = (int64_t)i - item;
        if ((int64_t)i <= last && (from == 0 || (every > 0 && from > 0
                                                 && from % every == 0))) {
            const int64_t n = *tally ? attempt(i) : 1;
            if (n <= times) {
                if (company)
                    begun(1);
                ff_fail(ff, i, "attempt %d failed", (int)n);
                return;
            }
        } else {
            if (company)
                begun(0);
            while (wait_for > 0 && n_files() < wait_for)
                nanosleep(&ms, NULL);
            for (int64_t k = 0; k < pace; k++)
                nanosleep(&ms, NULL);
        }
        ff_count(ff, items, 1);
        ff_sum_int(ff, index_sum, (int64_t)i);
    }
}
