/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the function, and who holds the interpreter's lock. */
#ifndef FANFOLD_WORKER_PYTHON_CALL_H
#define FANFOLD_WORKER_PYTHON_CALL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "python_plugin.h"

#include <stdbool.h>
#include <stdint.h>

#define PYTHON_MAX_PARAMETERS 64

/* How an argument comes to be. */
enum python_argument { PYTHON_AS_IT_IS, PYTHON_INT, PYTHON_FLOAT, PYTHON_STR };

enum python_calling {
    PYTHON_BY_ITEM,  /* f(item): its number */
    PYTHON_BY_CHUNK, /* f(begin, end) */
    PYTHON_BY_TEXT,  /* f(text), f(column, column, ...) */
    PYTHON_ONCE      /* f() */
};

/* What is called, and how. References are its own. */
struct python_callee {
    PyObject *function;
    enum python_calling calling;
    uint32_t n_parameters;
    struct {
        const char *name;
        enum python_argument type;
    } parameter[PYTHON_MAX_PARAMETERS];
    PyObject *setup, *teardown; /* called without arguments; setup may be
                                   NULL */
    bool flush; /* what was printed is written out when a chunk ends */
};

/* Before anything is called; it stays where it is. */
void python_call_bind(const struct python_callee *callee);

/* The kernel, FF_SETUP and FF_TEARDOWN: they take the lock and give it back. */
void python_call_run(struct ff *ff, uint64_t begin, uint64_t end);
void python_call_setup(struct ff *ff);
void python_call_teardown(struct ff *ff);

/* Gives the lock back at the end of the opening, in the thread that started
 * the interpreter. */
void python_call_leave(void);

#endif
