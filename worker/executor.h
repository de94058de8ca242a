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

#include "executor_state.h"

/* tid is the thread's number in its worker. The job's grid must be set. */
int executor_init(struct executor *e, const struct job_shm *job,
                  struct node_shm *node, struct executor_shm *shm,
                  uint32_t rank, uint32_t tid,
                  const struct partial_layout *layout, kernel_function *kernel,
                  int event, int file, struct ff_error *err);
void executor_release(struct executor *e);

/* The kernel reads these texts; they must outlive the executor. Without it
 * there are none. */
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

/* The executor whose thread this is, or NULL. */
struct executor *executor_of_thread(void);
void executor_set_thread(struct executor *e);

#endif
