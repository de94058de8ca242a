/* SPDX-License-Identifier: Apache-2.0 */
/* A C kernel: a shared object that declares results and parameters with the
 * macros of fanfold.h. */
#ifndef FANFOLD_WORKER_KERNEL_C_H
#define FANFOLD_WORKER_KERNEL_C_H

#include "error.h"
#include "executor.h"
#include "spec.h"

struct kernel {
    kernel_function *run;
    uint64_t (*items)(void); /* FF_ITEMS, or NULL */
    void (*setup)(struct ff *ff);    /* or NULL */
    void (*teardown)(struct ff *ff); /* or NULL */
    const char *setup_is, *teardown_is; /* as the user wrote them */
    void (*load[SPEC_MAX_SHARED])(struct ff *ff, void *memory,
                                  uint64_t bytes);
    const struct ff_operation *operation[SPEC_MAX_RESULTS]; /* one a source, or
                                                               NULL */
    struct ff_decl **decl;   /* the object's, in order of lines */
    size_t n_decls;
    void *object;
    struct command *command; /* it is one (command.h), or NULL */
};

/* Opens the object at path (user code runs: constructors) and reads what it
 * declares into *spec, which is all zero. FF_USAGE with the file and line of
 * what is wrong; name is what the user calls it. */
int kernel_open(struct kernel *kernel, const char *name, const char *path,
                struct spec *spec, struct ff_error *err);

/* The same for declarations that are there already, [first, last); they are put
 * in order. */
int kernel_adopt(struct kernel *kernel, struct ff_decl **first,
                 struct ff_decl **last, struct spec *spec,
                 struct ff_error *err);

/* Sets a parameter from "name=value". FF_USAGE when there is none of that
 * name (a near one is suggested), or the value is not of its type. The text
 * must outlive the kernel. */
int kernel_set(struct kernel *kernel, const char *assignment,
               struct ff_error *err);

/* Asks FF_ITEMS, with the parameters as they are now. */
void kernel_ask_items(const struct kernel *kernel, struct spec *spec);

/* Asks the histograms where their edges are, the arrays how many columns they
 * have, and the shared data how large they are, likewise. FF_USAGE with the
 * file and line of one that cannot be. */
int kernel_ask_shapes(struct kernel *kernel, struct spec *spec,
                      struct ff_error *err);

/* The layout of the results, with the kernel's own operations. */
void kernel_lay_out(const struct kernel *kernel, const struct spec *spec,
                    uint64_t seed, struct partial_layout *layout);

#endif
