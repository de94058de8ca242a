/* SPDX-License-Identifier: Apache-2.0 */
/* A file of Python as a kernel: imports it, finds the function, declares what
 * it declares. */
#ifndef FANFOLD_WORKER_PYTHON_KERNEL_H
#define FANFOLD_WORKER_PYTHON_KERNEL_H

#include "python_plugin.h"

/* The interpreter has been started, the caller holds its lock. Once a process.
 * FF_USAGE with the file and line of what is wrong. */
int python_kernel_open(const struct python_request *request,
                       struct python_kernel *kernel, struct ff_error *err);

#endif
