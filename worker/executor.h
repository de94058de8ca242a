/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An executor: a thread of a worker that takes chunks, runs the kernel on
 * them, and publishes what it folded. The order of its stores, and why it is
 * that order, stands in common/ledger.h.
 *
 * It knows nothing of processes: tests run it on plain memory with threads.
 */
#ifndef FANFOLD_WORKER_EXECUTOR_H
#define FANFOLD_WORKER_EXECUTOR_H

#include "find.h"
#include "item_text.h"
#include "ledger.h"
#include "outlet.h"
#include "partial.h"
#include "record.h"
#include "stage.h"
#include "verify.h"

#include <fanfold.h>
#include <stdbool.h>
#include <stdint.h>

typedef void kernel_function(struct ff *ff, uint64_t begin, uint64_t end);

struct team;
struct command;
struct ration;

struct executor {
    struct ff ff; /* first: the kernel's view; the calls find us by it */
    const struct job_shm *job;
    struct node_shm *node;
    struct executor_shm *shm;
    kernel_function *kernel;
    const struct item_texts *texts; /* of the items */
    struct item_text item_text;     /* of one of them */
    struct team *team; /* whose thread this is (team.h), or NULL */
    struct command *command; /* that the kernel is (command.h), or NULL */
    struct ration *ration; /* of the worker (--recycle), or NULL */
    bool tells; /* what it runs now may be a reason to halt: told at once */
    struct stage stage;
    struct outlet outlet;
    const struct spec *concat; /* values become outputs (concat.h), or NULL */
    struct record record;

    struct find find;
    struct verify verify;

    uint64_t epoch;   /* copies of the shared fields: a wild write cannot */
    uint64_t begun;   /* change what we go by */
    uint64_t done;

    uint32_t batch;   /* how many chunks to take at once */
    uint64_t started_ns;
    uint64_t longest_ns;
    uint64_t busy_ns;

    bool failed;      /* the running chunk */
    bool differs;     /* --verify: because it gave different results */
    bool cancelled;   /* because the run ends: it counts as not begun */
    uint64_t fail_item;
    char fail_text[FAIL_TEXT];
};

/* tid is the thread's number in its worker. The job's grid must be set. */
int executor_init(struct executor *e, const struct job_shm *job,
                  struct node_shm *node, struct executor_shm *shm,
                  uint32_t rank, uint32_t tid,
                  const struct partial_layout *layout, kernel_function *kernel,
                  int event, int file, struct ff_error *err);
void executor_release(struct executor *e);

/* The kernel reads these texts; they must outlive the executor. Without it there
 * are none. */
void executor_set_texts(struct executor *e, const struct item_texts *texts);

/* After executor_init: the outputs and arrays of the kernel (outlet.h). */
int executor_open_outputs(struct executor *e, const struct spec *spec,
                          bool muted, struct ff_error *err);

/* Takes and runs chunks until the launcher says PHASE_QUIT, or the ration is at
 * its end. */
void executor_run(struct executor *e);

/* Runs just these chunks and publishes them: a chunk under suspicion, before
 * executor_run; all of them, with --serial. */
void executor_run_range(struct executor *e, struct range r);

/* Runs the kernel over [begin, end) and drops what it folded: true when it
 * ended well. For diagnosis. */
bool executor_try(struct executor *e, uint64_t begin, uint64_t end);

/* Around a call of the kernel, for what belongs to this thread: before it, and
 * when the chunk has failed. */
void executor_begin(struct executor *e, uint64_t begin, uint64_t end);
void executor_drop(struct executor *e);

/* The chunk that runs takes long: what was run before it is published, so that
 * it need not wait. Nothing that the running one emitted has been sent yet, or
 * this was called before. */
void executor_settle(struct executor *e);

/* The running chunk has failed, since the run ends and did not let it end: it
 * counts as not begun. */
void executor_cancel(struct executor *e);

/* A failure of the chunk that runs, as by ff_fail. */
void executor_fail_wrong_item(struct executor *e, uint32_t source,
                              uint64_t item);

/* The executor whose thread this is, or NULL. */
struct executor *executor_of_thread(void);
void executor_set_thread(struct executor *e);

#endif
