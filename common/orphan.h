/* SPDX-License-Identifier: Apache-2.0 */
/* The children of a subreaper: everything below it that lost its parent
 * becomes its child, so killing children until there are none ends a tree. */
#ifndef FANFOLD_COMMON_ORPHAN_H
#define FANFOLD_COMMON_ORPHAN_H

#include <stdbool.h>
#include <sys/types.h>

/* The children that this process has now, ended by 0; NULL when there are none
 * (or no memory). The caller frees. */
pid_t *orphan_list(void);

/* SIGKILL to every child of this process for which keep(pid, arg) is false
 * (keep may be NULL: to all). From /proc; children that are dead but not
 * reaped are children too. Returns how many it could kill. */
int orphan_kill(bool (*keep)(pid_t pid, void *arg), void *arg);

/* Kills and reaps all children but those in the list (ended by 0; NULL: none),
 * until there are none, or none that it may kill, or some seconds passed. */
void orphan_end_all(const pid_t *keep);

#endif
