/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cores that a run has for itself while it lasts, so that two runs of one user
 * on one node do not bind workers to the same ones. One file a node, in
 * $XDG_RUNTIME_DIR/fanfold, else /run/user/UID/fanfold, else /tmp/fanfold-UID
 * (0700, and ours, or there are no leases); a byte of it is locked for each PU
 * of a core, by locks of the open file (F_OFD_SETLK), so the kernel releases
 * them when the launcher dies, however that happens. The file says beside each
 * lock who has it, as a hint for texts.
 *
 * Several layers: a core that is leased already can be leased once more on the
 * next one, which is how runs share cores evenly when none is free. A node whose
 * file cannot be made or locked has no leases: that is told with --verbose, and
 * never an error.
 *
 * From lease_begin to lease_take one byte more is locked, the door: of two runs
 * that start at the same moment one sees what the other has taken. Nobody waits
 * for a door for long: a process that is stopped behind it costs the others
 * that they may share unevenly, since what counts is the lock of each core.
 */
#ifndef FANFOLD_LAUNCHER_LEASE_H
#define FANFOLD_LAUNCHER_LEASE_H

#include "machine.h"
#include "plan.h"

#include <stdbool.h>
#include <stdint.h>

struct lease {
    int fd;                  /* -1: none; to be kept open */
    uint64_t run;            /* whose */
    uint32_t n_cores;        /* leased */
    bool shared;             /* some of them are another run's as well */
    char told[400];          /* "" or a line: some are shared, and with whom */
    char trouble[400];       /* "" or why there are no leases */
};
#define LEASE_NONE ((struct lease){.fd = -1})

/* Does this process take leases? What a fanfold starts (FANFOLD_RANK) has its
 * parent's cores. */
bool lease_is_due(void);

/* Shuts the door, and takes out of what may be used of the machine the cores
 * that a run of so many workers (0: as many as there is room for) of so many
 * threads should leave to others (cores_left.h); its reason says so. Locks of
 * the same run, which another rank on this host has, are no others' (0: all
 * are). With oversubscribe nothing is taken out and nothing told. True: the
 * machine has changed, a plan for it is to be made anew. */
bool lease_begin(struct lease *lease, struct machine *machine,
                 const struct job *job, uint32_t workers, uint32_t threads,
                 uint64_t run);

/* Leases the cores of the plan, and opens the door. */
void lease_take(struct lease *lease, const struct machine *machine,
                const struct plan *plan);
void lease_release(struct lease *lease);

/* Some are shared: that is the plan's warning, unless it has another one,
 * which tells the same of the machine. */
void lease_tell(const struct lease *lease, struct plan *plan);

/* What of the machine a run of all that is free would use, and why; nothing is
 * leased. *why stays as it is when all of it is. */
uint32_t lease_peek(const struct machine *machine, uint32_t *hwthreads,
                    char *why, size_t size);

/* The run of this process and all that it starts, for `run` above. */
uint64_t lease_run(void);

#endif
