/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named points at which a test build can be made to fail:
 * FANFOLD_FAIL=POINT:N:ACTION[:WHO] does ACTION at the N-th time that WHO comes
 * by POINT. In ordinary builds a failpoint is nothing.
 *
 * ACTION  kill, stop, exit, hang; sleep (10 ms, at every N-th time); eio, enospc:
 *         what stands behind the point fails as if the kernel had said so, where
 *         it is a FAILPOINT_ERRNO; at others nothing happens
 * WHO     launcher: fanfold itself, which is the root of a run on several nodes
 *         node, nodeK: each launcher of a node of a cluster, or that of node K
 *         worker, workerR: each worker, or that of rank R; only the first that
 *         has the rank, not one in its place
 *         nothing: launcher, node2 and worker
 */
#ifndef FANFOLD_COMMON_FAILPOINT_H
#define FANFOLD_COMMON_FAILPOINT_H

#ifdef FF_FAILPOINTS
#include <stdbool.h>

/* Called instead of the above when set; for tests with threads. */
extern void (*failpoint_hook)(const char *point);

/* This process is the number-th of that kind; usual: armed also when no WHO is
 * said. */
void failpoint_arm(const char *kind, unsigned number, bool usual);
int failpoint_hit(const char *point); /* the errno, or 0 */
#define FAILPOINT(point) ((void)failpoint_hit(point))
#define FAILPOINT_ERRNO(point) failpoint_hit(point)
#define FAILPOINT_ARM(kind, number, usual) failpoint_arm(kind, number, usual)
#else
#define FAILPOINT(point) ((void)0)
#define FAILPOINT_ERRNO(point) 0
#define FAILPOINT_ARM(kind, number, usual) ((void)0)
#endif

#endif
