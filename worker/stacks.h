/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where all threads of a worker are, when it is about to be killed for having
 * taken too long.
 *
 *   launcher       stacks.wanted; SIGQUIT to the process
 *   any thread     handler of SIGQUIT: lists the threads, sends each of them
 *                  STACKS_SIGNAL; then stacks.asked
 *   each thread    handler of STACKS_SIGNAL: its frames; stacks.answered
 *   the last one   wakes the launcher, which kills
 *
 *   each thread    stays in its handler, and is killed there; or stacks.freed
 *
 * Nobody waits for another thread, so those that do not answer (they block the
 * signal, or hang in the kernel of the system) hold up none. Who has answered
 * does not go on, since its system call was interrupted: unless the chunk that
 * took too long, in a thread that did not answer, ends meanwhile, and the
 * worker lives. One of these signals that the launcher has not asked for ends
 * the process, as it would without us. Whoever has installed a handler of
 * SIGQUIT after us may call ours from it.
 */
#ifndef FANFOLD_WORKER_STACKS_H
#define FANFOLD_WORKER_STACKS_H

#include "ledger.h"

/* After crash_init. The kernel is the path of its object, "" when it has none;
 * event wakes the launcher. */
void stacks_init(struct worker_shm *worker, const char *kernel, int event);

#endif
