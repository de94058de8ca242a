/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the interpreter of this process. */
#ifndef FANFOLD_WORKER_PYTHON_INTERPRET_H
#define FANFOLD_WORKER_PYTHON_INTERPRET_H

#include "python_plugin.h"

/* Isolated: nothing of PYTHON* and no user site; hashes and text encoding are
 * the same in all workers. No handlers of signals, but SIGPIPE is ignored, as
 * Python expects. The caller's thread is Python's main one and has the lock
 * afterwards. FF_LOST. */
int interpret_start(const struct python_request *request,
                    struct ff_error *err);

#endif
