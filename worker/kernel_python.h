/* SPDX-License-Identifier: Apache-2.0 */
/* A Python function as the kernel: the worker's side of it (python_plugin.h has
 * the other). Nothing of Python is loaded before kernel_python_open. */
#ifndef FANFOLD_WORKER_KERNEL_PYTHON_H
#define FANFOLD_WORKER_KERNEL_PYTHON_H

#include "error.h"
#include "kernel_c.h"
#include "ledger.h"
#include "spec.h"

#include <stdbool.h>

/* Is the kernel of the job a Python function? */
bool kernel_python_is_job(const struct job_shm *job);

/* Starts the interpreter of the job in this process, imports the file and finds
 * the function; what it declares and what is folded of its values go into
 * *spec, which is all zero. FF_USAGE, FF_LOST. */
int kernel_python_open(struct kernel *kernel, const struct job_shm *job,
                       uint32_t rank, struct spec *spec, struct ff_error *err);

#endif
