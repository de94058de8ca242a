/* SPDX-License-Identifier: Apache-2.0 */
/* Where Python is when it crashes, or hangs. */
#ifndef FANFOLD_WORKER_PYTHON_CRASH_H
#define FANFOLD_WORKER_PYTHON_CRASH_H

/* From now on a fatal signal shows the Python stack of each thread on standard
 * error, behind the notes of the handlers that are installed already; SIGQUIT
 * shows them and does what it did before. The lock is held. Without the module
 * faulthandler nothing changes. */
void python_crash_init(void);

#endif
