/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named points at which a test build can be made to fail:
 * FANFOLD_FAIL=point:n:action does `action` at the n-th time that a worker of
 * the first generation, or the launcher of the third node, comes by `point`.
 * Actions: kill, stop, exit, hang, sleep (10 ms, at every n-th time), each in
 * every worker.
 * In ordinary builds a failpoint is nothing.
 */
#ifndef FANFOLD_COMMON_FAILPOINT_H
#define FANFOLD_COMMON_FAILPOINT_H

#ifdef FF_FAILPOINTS
/* Called instead of the above when set; for tests with threads. */
extern void (*failpoint_hook)(const char *point);
void failpoint_arm(unsigned generation);
void failpoint_hit(const char *point);
#define FAILPOINT(point) failpoint_hit(point)
#define FAILPOINT_ARM(generation) failpoint_arm(generation)
#else
#define FAILPOINT(point) ((void)0)
#define FAILPOINT_ARM(generation) ((void)0)
#endif

#endif
