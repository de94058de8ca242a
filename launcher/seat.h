/* SPDX-License-Identifier: Apache-2.0 */
/* Which core each executor takes: pure. */
#ifndef FANFOLD_LAUNCHER_SEAT_H
#define FANFOLD_LAUNCHER_SEAT_H

#include "job.h"
#include "machine.h"

/* Fills core[n_workers * threads] with indices into machine->core, worker by
 * worker. When there are cores for all:
 *
 *   no core is taken twice;
 *   a worker's threads share the smallest of L2, L3, NUMA node that still has
 *   room for them, and none straddles NUMA nodes while one has room;
 *   of a hybrid machine the fastest cores are taken first, and a worker's
 *   threads get cores of one kind while there is room;
 *   MAP_NUMA, MAP_SOCKET: workers go to NUMA nodes (packages) in turn; else
 *   to the first that has room.
 *
 * With more executors than cores they take the cores in turn. 0, or -1 when
 * memory is short. */
int seat_executors(uint32_t *core, uint32_t n_workers, uint32_t threads,
                   enum map_by map_by, const struct machine *machine);

#endif
