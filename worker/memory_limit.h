/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --memory: what an item may use. In a control group of our own (memory_group.h)
 * the system sees to it, exactly. Where there is none
 *
 *   - each process has so much for its data (RLIMIT_DATA): beyond that it is
 *     denied memory, and most programs then fail;
 *   - all processes of the item together are looked at a few times a second, and
 *     killed when they use more.
 */
#ifndef FANFOLD_WORKER_MEMORY_LIMIT_H
#define FANFOLD_WORKER_MEMORY_LIMIT_H

#include "error.h"
#include "memory_group.h"
#include "row.h"
#include "spawn.h"

#include <stdbool.h>
#include <stdint.h>

struct memory_limit {
    uint64_t bytes;            /* 0: there is no limit */
    struct memory_group group;
    uint64_t looked_ns, used;  /* what was too much */
};

/* name: of the group, of no other worker. Sets what a process is started with. */
void memory_limit_open(struct memory_limit *m, uint64_t bytes,
                       const char *name, struct spawn *s);
void memory_limit_close(struct memory_limit *m);

/* Do our descendants use more, now? Looks only now and then. */
bool memory_limit_is_exceeded(struct memory_limit *m);

/* An attempt has ended: did it for want of memory? Then row->end and *why say
 * so. */
void memory_limit_judge(struct memory_limit *m, struct row *row,
                        struct ff_error *why);

/* ---- for tests ------------------------------------------------------------ */

/* Memory that the descendants of a process use, without what they share with a
 * file; what several of them have is counted once when it matters (precise). */
uint64_t memory_of_descendants(int pid, bool precise);

#endif
