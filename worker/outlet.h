/* SPDX-License-Identifier: Apache-2.0 */
/* What an executor hands over besides results, chunk by chunk: emitted bytes,
 * rows of arrays, and with --keep-order what was printed. */
#ifndef FANFOLD_WORKER_OUTLET_H
#define FANFOLD_WORKER_OUTLET_H

#include "capture.h"
#include "emit.h"
#include "record.h"
#include "rows.h"

#include <stdbool.h>

struct outlet {
    struct emit emit;
    struct rows rows;
    struct rows *rows_of_chunk; /* in a team, those of thread 0 */
    struct capture *capture;    /* --keep-order, or NULL */
    struct record *record;      /* by which emitted bytes are sent */
    bool muted;                 /* a diagnosis: nothing is handed over */
    bool used;
};

/* The outputs and arrays of the kernel; the record knows of them from now on.
 * With --keep-order what is printed is an output behind them. */
int outlet_open(struct outlet *o, struct record *record,
                const struct spec *spec, const struct job_shm *job, bool muted,
                struct ff_error *err);
void outlet_release(struct outlet *o);

/* Is there any of it? Else nothing of the below needs to be called. */
static inline bool outlet_is_used(const struct outlet *o)
{
    return __builtin_expect(o->used, 0);
}

/* Chunk c, the items [begin, end), is to run. -1: no memory for its rows. */
int outlet_begin(struct outlet *o, uint32_t c, uint64_t begin, uint64_t end);

/* The kernel has returned: what it has printed is emitted as well. -1: some of
 * it is lost. */
int outlet_take_printed(struct outlet *o);

/* The chunk has ended, well or not. */
void outlet_end(struct outlet *o, bool well);

/* n bytes for an output; data NULL: room for n bytes in its buffer. -1: no
 * memory. */
int outlet_emit(struct outlet *o, uint32_t output, const void *data,
                size_t n);

/* Has so much been emitted that the launcher, which keeps it until it counts,
 * should have the record, of so many bytes? */
bool outlet_is_full(const struct outlet *o, size_t record_bytes);

/* Around calls that are of no chunk: what is emitted then is dropped.
 * outlet_unmute is true when something was. */
void outlet_mute(struct outlet *o);
bool outlet_unmute(struct outlet *o);

#endif
