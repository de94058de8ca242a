/* SPDX-License-Identifier: Apache-2.0 */
/* Item `item`, and with `every` each one so many after it, overwrites all that
 * it may write: shared memory, or `what`=all but its own stack. Files of the disk that are mapped are left alone. */
#include <fanfold.h>
#include <stdio.h>
#include <string.h>

FF_ITEMS(1000)
FF_INT(item, 7)
FF_INT(every, 0)
FF_TEXT(what, "shared")
FF_COUNT(items)
FF_SUM_INT(index_sum)

struct area {
    volatile unsigned char *begin, *end;
};

static int is_target(const char *line, const char *mode)
{
    int memory = strstr(line, "memfd:") || strstr(line, "/dev/zero");
    if (mode[1] != 'w')
        return 0;
    return mode[3] == 's' ? memory : strcmp(what, "all") == 0;
}

static size_t find_areas(struct area *area, size_t room)
{
    char line[512], mode[8];
    void *begin, *end;
    size_t n = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && n < room && fgets(line, sizeof line, maps))
        if (sscanf(line, "%p-%p %7s", &begin, &end, mode) == 3 &&
            is_target(line, mode))
            area[n++] = (struct area){begin, end};
    if (maps)
        fclose(maps);
    return n;
}

/* Calls nothing once it has begun: there is nothing left to call. */
static void act(void)
{
    struct area area[512];
    size_t n = find_areas(area, 512);
    volatile unsigned char *here = (volatile unsigned char *)area;
    for (size_t k = 0; k < n; k++) {
        if (area[k].begin <= here && here < area[k].end)
            continue;
        for (volatile unsigned char *p = area[k].begin; p < area[k].end; p++)
            *p = 0xa5;
    }
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        const int64_t from = (int64_t)i - item;
        if (from == 0 || (every > 0 && from > 0 && from % every == 0))
            act();
        ff_count(ff, items, 1);
        ff_sum_int(ff, index_sum, (int64_t)i);
    }
}
