/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process of a user's program: vfork and exec, its own process group,
 * nothing inherited but descriptors 0, 1 and 2, default signals, an end with
 * ours. (posix_spawn cannot set the parent-death signal.)
 */
#ifndef FANFOLD_WORKER_SPAWN_H
#define FANFOLD_WORKER_SPAWN_H

#include "error.h"
#include "program.h"

#include <stdint.h>
#include <sys/types.h>

struct spawn {
    char *const *argv;
    char *const *envp;
    int in, out, err;       /* become 0, 1, 2; stay open here */
    int nice;               /* added to ours */
    uint64_t memory_bytes;  /* rlimit; 0: none */
    int cgroup;             /* cgroup.procs of the group to join; -1: none */
    struct program program; /* kept from one to the next; first all zero */
};

/* Once in a process: of our descriptors programs inherit 0, 1 and 2 only, and
 * signals that are ignored are not any more. */
void spawn_prepare(void);

/* The process, or -1 with *status, 127 (there is no such program) or 126 (it
 * cannot be run), and why, for people, in *err. argv[0] is looked for in PATH
 * as execvp does, once for each name. */
pid_t spawn_start(struct spawn *s, int *status, struct ff_error *err);

#endif
