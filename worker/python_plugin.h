/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fanfold-worker and its plug-in for Python say to each other.
 *
 * The plug-in, fanfold-python.so, is the one object that uses CPython. It is
 * compiled for the stable ABI and linked with no libpython: the worker loads
 * the library of the interpreter that was chosen, for all to see, then the
 * plug-in, and calls fanfold_python_open once. From then on the function is a
 * kernel like another: declarations, a function over [begin, end), calls
 * through struct ff (fanfold.h).
 *
 *   worker                           plug-in
 *   python_request ----open--------> starts the interpreter, imports the file
 *   decl[], folds  <---------------- finds the function, what is declared
 *   which values go where --bind---> fields[]
 *   run(ff, begin, end) -----------> calls the function, item by item
 *
 * One interpreter a process and one lock in it, which a thread holds only while
 * it is in run, setup or teardown.
 */
#ifndef FANFOLD_WORKER_PYTHON_PLUGIN_H
#define FANFOLD_WORKER_PYTHON_PLUGIN_H

#include "error.h"

#include <fanfold.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PYTHON_PLUGIN "fanfold-python.so"
#define PYTHON_PLUGIN_ABI 1
#define PYTHON_OPEN "fanfold_python_open"

/* All texts outlive the kernel. */
struct python_request {
    uint32_t abi;         /* PYTHON_PLUGIN_ABI */
    const char *name;     /* as the user wrote it: squares.py:square */
    const char *function; /* behind the colon; NULL: the decorated one */
    const char *file;     /* absolute path of the source, for tracebacks and
                             sys.path */
    const char *source;   /* its text, and a zero byte */
    size_t n_source;
    const char *program;  /* the interpreter: sys.executable */
    const char *path;     /* directories for sys.path, ':' between them, or "" */
    const char *const *arg; /* "name=value" */
    uint32_t n_args;
    bool folds;           /* there are --fold */
    bool texts;           /* items are texts (-a, :::); else numbers */
    bool capture;         /* what is printed belongs to its item: written out
                             when a chunk ends */
    uint32_t rank, size, node, threads; /* of this worker */
    uint64_t seed;
};

/* Where values go that the function returns. */
enum python_into {
    PYTHON_VALUE, /* a number, or each element of a buffer, into a source of
                     values */
    PYTHON_VECTOR, /* a buffer of n elements, into a vector result */
    PYTHON_ROW    /* the same, into the row of an array file */
};

struct python_field {
    const char *field; /* what was asked for: a key, or "1", "2", ... of a
                          sequence; NULL: the value itself, or of a dict the
                          entry `name` */
    const char *name;  /* of the result */
    enum python_into into;
    char type;         /* 'd' f64, 'i' i64, 'u' u64, 'b' u64: is it true? Of
                          rows 'd', 'f' f32, 'i', 'l' i32, 'c' u8 */
    uint32_t places;   /* of PYTHON_VALUE: 1, or 2 with the item */
    uint32_t index;    /* of the source, the array */
    uint64_t n;        /* elements of a vector or row */
};

struct python_kernel {
    struct ff_decl **decl; /* of the plug-in's, n_decls */
    size_t n_decls;
    const char *const *fold; /* "NAME=OP...", of the decorator */
    uint32_t n_folds;
    bool integers;         /* the function is annotated "-> int" */
    /* Before the first call of the kernel; fields stay where they are. */
    void (*bind)(const struct python_field *field, uint32_t n);
};

/* Opens the kernel. 0, or -1 with FF_USAGE: the file does not compile, its
 * import fails, there is no such function; or FF_LOST: the interpreter does
 * not start. Once a process. */
typedef int python_open_function(const struct python_request *request,
                                 struct python_kernel *kernel,
                                 struct ff_error *err);

#endif
