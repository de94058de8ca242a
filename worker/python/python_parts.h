/* SPDX-License-Identifier: Apache-2.0 */
/* The plug-in's modules that are written in Python; their sources are built
 * in. */
#ifndef FANFOLD_WORKER_PYTHON_PARTS_H
#define FANFOLD_WORKER_PYTHON_PARTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* The file name of their code: frames of it are not shown. */
#define PYTHON_OURS "<fanfold>"

/* Module "fanfold", "_fanfold_opening" or "_fanfold_failure", run when it is
 * first asked for. A borrowed reference; NULL with an exception set. */
PyObject *python_part(const char *name);

#endif
