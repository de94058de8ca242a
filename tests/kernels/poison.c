/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item` is poison: its process dies of it, always, and each call that
 * has it to run leaves a line "begin end" in the file `attempts`. With `gate`
 * the N-th such call waits for the file gate.N before it does so. With how=fail the item fails in good order: what is left are the results that
 * the poison must leave behind. */
#include <fanfold.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

FF_ITEMS(10000)
FF_INT(item, -1)
FF_TEXT(how, "segv")
FF_TEXT(attempts, "")
FF_TEXT(gate, "")
FF_COUNT(items)
FF_SUM_INT(index_sum)
FF_SUM(total)

static void note_attempt(uint64_t begin, uint64_t end)
{
    char line[64];
    int n = snprintf(line, sizeof line, "%llu %llu\n",
                     (unsigned long long)begin, (unsigned long long)end);
    int fd = open(attempts, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, (size_t)n) != n)
        abort();
    close(fd);
}

static void wait_at_gate(void)
{
    FILE *file = fopen(attempts, "re");
    char path[4096];
    int n = 0, c;
    while (file && (c = getc(file)) != EOF)
        n += c == '\n';
    if (!file || fclose(file))
        abort();
    snprintf(path, sizeof path, "%s.%d", gate, n);
    while (access(path, F_OK) != 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void act(void)
{
    if (strcmp(how, "segv") == 0)
        raise(SIGSEGV);
    if (strcmp(how, "exit") == 0)
        exit(0);
    if (strcmp(how, "_exit") == 0)
        _exit(0);
    while (strcmp(how, "sleep") == 0)
        pause();
    while (strcmp(how, "hang") == 0)
        continue;
}

FF_KERNEL(ff, begin, end)
{
    int poisoned = item >= (int64_t)begin && item < (int64_t)end;
    if (poisoned && *attempts)
        note_attempt(begin, end);
    for (uint64_t i = begin; i < end; i++) {
        if ((int64_t)i == item) {
            if (*gate)
                wait_at_gate();
            act();
            ff_fail(ff, i, "asked to %s", how);
            return;
        }
        ff_count(ff, items, 1);
        ff_sum_int(ff, index_sum, (int64_t)i);
        ff_sum(ff, total, 1.0 / (double)(i + 1));
    }
}
