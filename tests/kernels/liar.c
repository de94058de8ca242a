/* SPDX-License-Identifier: Apache-2.0 */
/* Writes lies into the memory that its worker shares with the launcher: that
 * the first chunk was never taken, or (LIAR_STATUS) that the worker refuses,
 * with an exit status of its own. Compiled with the launcher's headers. */
#include "ledger.h"

#include <fanfold.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

FF_ITEMS(100000)
FF_SUM(total)
FF_COUNT(items)

/* The largest memfd that may be written is the worker's. */
static struct worker_shm *find(void)
{
    char line[512], mode[8];
    unsigned long begin, end, best = 0, size = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (strstr(line, "memfd:fanfold") &&
            sscanf(line, "%lx-%lx %7s", &begin, &end, mode) == 3 &&
            mode[1] == 'w' && end - begin > size) {
            best = begin;
            size = end - begin;
        }
    if (maps)
        fclose(maps);
    return (struct worker_shm *)best;
}

__attribute__((constructor)) static void refuse(void)
{
    const char *status = getenv("LIAR_STATUS");
    struct worker_shm *shm = find();
    if (!status || !shm)
        return;
    shm->error.status = atoi(status);
    strcpy(shm->error.text, "a lie");
    atomic_store(&shm->state, WORKER_REFUSED);
    _exit(0);
}

FF_KERNEL(ff, begin, end)
{
    static struct worker_shm *shm;
    ff_sum(ff, total, (double)(end - begin));
    ff_count(ff, items, end - begin);
    if (!shm)
        shm = find();
    struct executor_shm *mine = &shm->executor[ff->thread];
    struct range r = claim_unpack(mine->open[0]);
    if (mine->n_open == 1 && r.lo == 0 && r.hi > 1) {
        r.lo = 1;
        mine->open[0] = claim_pack(r);
    }
}
