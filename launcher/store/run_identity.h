/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run is about, as its store remembers it: all that its result depends
 * on, each with a name for people, so that a resume can say what has changed.
 * What does not matter (workers, nodes, placement, limits, reports) is not in
 * it. Pure but for reading the files.
 */
#ifndef FANFOLD_LAUNCHER_RUN_IDENTITY_H
#define FANFOLD_LAUNCHER_RUN_IDENTITY_H

#include "error.h"
#include "grid.h"
#include "job.h"
#include "spec.h"
#include "subject.h"

#include <stddef.h>
#include <stdint.h>

/* How a part counts. */
enum identity_kind {
    IDENTITY_PLAIN,
    IDENTITY_DERIVED, /* follows from others, unless it alone is another */
    IDENTITY_TEXT,    /* what it is made of is counted; need not be known */
    IDENTITY_SOURCE   /* of the kernel: says why the kernel is another */
};

/* One thing that must be the same. */
struct identity_part {
    char name[80];           /* "kernel", "--arg n", "input", "--seed" ... */
    char shown[256];         /* its value for people: "100", "pi.c" */
    uint64_t hash;           /* of all of it: the object's bytes ... */
    uint64_t count;          /* of lines or values; 0: not counted */
    uint32_t kind;           /* enum identity_kind */
    uint32_t reserved;
};

struct identity {
    struct identity_part *part;
    size_t n, room;
};
#define IDENTITY_NONE ((struct identity){NULL, 0, 0})

/* Of a run whose kernel is known (spec and grid); threads: of a worker, which
 * counts for the kernel of a team, or one that is called once by each. An input that grows is not in it (keeper.h
 * looks at it while it comes). FF_LOST, FF_USAGE. */
int identity_make(struct identity *id, const struct job *job,
                  const struct subject *subject, const struct spec *spec,
                  const struct grid *grid, uint32_t threads,
                  struct ff_error *err);
void identity_release(struct identity *id);

/* One number for all of it: the spec hash of JSON and store. */
uint64_t identity_hash(const struct identity *id);

/* As bytes, for the store, to be freed; and back. -1: no memory; these are
 * none. */
int identity_encode(const struct identity *id, void **bytes, size_t *n);
int identity_decode(struct identity *id, const void *bytes, size_t n);

/* 0: the same. -1 with FF_CHANGED: names all that differ, what it was and what
 * it is: "run 20261126-00c0ffee cannot go on: the kernel 'pi.c' has changed; --arg
 * n was '100', is '200': put it back, or start a new run". */
int identity_compare(const struct identity *was, const struct identity *is,
                     const char *run, struct ff_error *err);

#endif
