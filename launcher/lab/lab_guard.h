/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes, so that nothing of a lab stays behind: one does the work, the
 * other waits for it. Whichever is killed, the other one ends what was started
 * below it and removes the folder.
 */
#ifndef FANFOLD_LAUNCHER_LAB_GUARD_H
#define FANFOLD_LAUNCHER_LAB_GUARD_H

#include "error.h"

/* Calls work in a process of its own, with a new folder of its own and an
 * eventfd that becomes readable when it is to end (Ctrl-C, SIGTERM); it is a
 * subreaper. work returns the exit status, which this returns; 9 when its
 * process was killed. -1 with *err when there is no folder or process. */
int lab_guard(int (*work)(const char *folder, int wake_fd, void *arg),
              void *arg, struct ff_error *err);

#endif
