/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cores that a run has for itself while it lasts, so that two runs of one user
 * on one node do not bind workers to the same ones. One file a node, in
 * $XDG_RUNTIME_DIR/fanfold, else /run/user/UID/fanfold, else a directory of ours
 * (0700) in /tmp; a byte of it is locked for each core, by locks of the open
 * file (F_OFD_SETLK), so the kernel releases them when the launcher dies,
 * however that happens. Beside each lock stands who has it, as a hint for texts.
 *
 * Several layers: a core that is leased already can be leased once more on the
 * next one, which is how runs share cores evenly when none is free. A node whose
 * file cannot be made or locked has no leases: that is told with --verbose, and
 * never an error.
 */
#ifndef FANFOLD_LAUNCHER_LEASE_H
#define FANFOLD_LAUNCHER_LEASE_H

#include "machine.h"

#include <stdbool.h>
#include <stdint.h>

struct lease {
    int fd;                  /* -1: none; to be kept open */
    uint32_t n_cores;        /* leased */
    bool shared;             /* some of them are another run's as well */
    char told[400];          /* "" or one line: "cores 0-1 are used by another
                                run of yours (pid 4711): taking 2-3", "... all
                                cores are used ...: sharing them" */
};
#define LEASE_NONE ((struct lease){.fd = -1})

/* Leases cores of the machine's budget for `wanted` executors (0: as many as are
 * free, at least one), those first that fewest have, and takes all others out of
 * what may be used of the machine; its reason says so. Nothing changes when
 * nobody else has any. */
void lease_take(struct lease *lease, struct machine *machine, uint32_t wanted);
void lease_release(struct lease *lease);

#endif
