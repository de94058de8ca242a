/* SPDX-License-Identifier: Apache-2.0 */
/* Shared data, setup and teardown, which go wrong as told: `where` (load,
 * setup, teardown, kernel) does `how`, always, or once when `mark` is a file
 * that is not there yet. Each call is noted in the file `note`. */
#include <fanfold.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

FF_INT(squares_n, 10000)
FF_INT(scale, 3)
FF_TEXT(where, "")
FF_TEXT(how, "")
FF_TEXT(mark, "")
FF_TEXT(note, "")
FF_ITEMS(squares_n)
FF_SUM_INT(sum)
FF_COUNT(items)

static int64_t factor; /* set up once a worker */

static void take_note(const char *what)
{
    int fd = *note != '\0' ? open(note, O_WRONLY | O_APPEND | O_CREAT, 0600)
                           : -1;
    char line[64];
    int n = snprintf(line, sizeof line, "%s %d\n", what, (int)getpid());
    if (fd >= 0 && write(fd, line, (size_t)n) != n)
        abort();
    close(fd);
}

static void wild_write(const void *p)
{
    *(volatile char *)p = 1;
}

static void go_wrong(struct ff *ff, const char *here, const void *memory)
{
    if (strcmp(here, where) != 0)
        return;
    if (*mark != '\0') {
        int fd = open(mark, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fd < 0)
            return;
        close(fd);
    }
    if (strcmp(how, "segv") == 0)
        raise(SIGSEGV);
    if (strcmp(how, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(how, "exit") == 0)
        exit(0);
    if (strcmp(how, "hang") == 0)
        for (;;)
            pause();
    if (strcmp(how, "fail") == 0)
        ff_fail(ff, 0, "there is no table for %d", (int)scale);
    if (strcmp(how, "fold") == 0)
        ff_count(ff, items, 1);
    if (strcmp(how, "write") == 0)
        wild_write(memory);
    if (strcmp(how, "log") == 0)
        ff_log(ff, "a line of\n%s", here);
}

FF_SHARED(first, 8, ff, memory, bytes)
{
    *(int64_t *)memory = scale;
}

/* Reads what was declared before it. */
FF_SHARED(table, squares_n * 8, ff, memory, bytes)
{
    int64_t *square = memory;
    const int64_t *by = ff_shared(ff, first);
    take_note("load");
    if (bytes != 8 * (uint64_t)squares_n)
        abort();
    for (int64_t i = 0; i < squares_n; i++) {
        if (square[i] != 0) /* what a loader that died has left */
            abort();
        square[i] = *by * i * i;
        if (i == squares_n / 2)
            go_wrong(ff, "load", memory);
    }
}

FF_SETUP(ff)
{
    take_note("setup");
    go_wrong(ff, "setup", ff_shared(ff, table));
    factor = *(const int64_t *)ff_shared(ff, first);
}

FF_TEARDOWN(ff)
{
    take_note("teardown");
    go_wrong(ff, "teardown", ff_shared(ff, table));
}

FF_KERNEL(ff, begin, end)
{
    const int64_t *square = ff_shared(ff, table);
    if (begin <= ff->first + 7 && ff->first + 7 < end)
        go_wrong(ff, "kernel", square);
    for (uint64_t i = begin; i < end; i++)
        ff_sum_int(ff, sum, square[i] * (factor == scale));
    ff_count(ff, items, end - begin);
}
