/* SPDX-License-Identifier: Apache-2.0 */
/* The children of a subreaper: everything below it that lost its parent
 * becomes its child, so killing children until there are none ends a tree. */
#ifndef FANFOLD_COMMON_ORPHAN_H
#define FANFOLD_COMMON_ORPHAN_H

#include <stdbool.h>
#include <sys/types.h>

/* SIGKILL to every child of this process for which keep(pid, arg) is false
 * (keep may be NULL: to all). From /proc; children that are dead but not
 * reaped are children too. Returns how many. */
int orphan_kill(bool (*keep)(pid_t pid, void *arg), void *arg);

/* Kills and reaps until this process has no children. */
void orphan_end_all(void);

#endif
