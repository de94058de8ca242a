/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of an executor: find chunks, run them, publish, rest. The words in
 * brackets are the steps of common/ledger.h and of the model.
 *
 * How many chunks to take at once: as many as make a batch worth about 1 % of
 * the time that the run has taken so far (5 us .. 200 us), by the cost just
 * measured. What is taken cannot be stolen; so an executor that finds nothing
 * sets `hungry`, and whoever sees it between two chunks gives the
 * rest of its batch back. That keeps the tail short whatever the costs are.
 */
#include "executor.h"
#include "clock.h"
#include "concat.h"
#include "executor_calls.h"
#include "executor_rest.h"
#include "failpoint.h"
#include "fpenv.h"

#include <string.h>

#define BATCH_MIN_NS 5000u
#define BATCH_MAX_NS 200000u
#define NO_LINE UINT64_MAX
#define NO_ITEM UINT64_MAX      /* the failure is of none of them */

static __thread struct executor *this_executor;

struct executor *executor_of_thread(void)
{
    return this_executor;
}

void executor_set_thread(struct executor *e)
{
    this_executor = e;
}

void executor_cancel(struct executor *e)
{
    e->failed = e->cancelled = true;
}

/* ---- running ------------------------------------------------------------- */

static inline void begin_chunk(struct executor *e, uint32_t c, uint64_t begin,
                               uint64_t end)
{
    e->failed = e->differs = e->cancelled = false;
    stage_begin(&e->stage, c, begin, end);
}

void executor_begin(struct executor *e, uint64_t begin, uint64_t end)
{
    begin_chunk(e, NO_CHUNK, begin, end);
}

void executor_drop(struct executor *e)
{
    e->ff.line_item = NO_LINE;
    e->ff.line = e->ff.lines_end; /* so that no item is found there */
    stage_discard(&e->stage);
}

/* Outputs and rows are made ready for the chunk. */
__attribute__((noinline))
static void open_outlet(struct executor *e, uint32_t c, uint64_t begin,
                        uint64_t end)
{
    if (outlet_begin(&e->outlet, c, begin, end) != 0)
        executor_calls.fail(&e->ff, begin, "cannot get memory for the rows of "
                            "this chunk: make it smaller with --chunk");
}

/* What goes to outputs though the kernel has not emitted it. */
__attribute__((noinline)) static void fill_outlet(struct executor *e)
{
    if (e->concat != NULL && !e->failed)
        concat_take(e->concat, CONCAT_ALL, &e->stage, &e->outlet);
    if (outlet_take_printed(&e->outlet) != 0)
        executor_calls.fail(&e->ff, NO_ITEM, "cannot keep all that it printed "
                            "(--keep-order): is there room in TMPDIR?");
}

/* Around what may combine states of the kernel's own operations: that it died
 * there is not this chunk's fault. */
static void combine_begins(struct executor *e)
{
    if (!e->stage.layout->has_operation)
        return;
    if (atomic_load(&e->job->apart))
        e->stage.tree.merge = NULL;
    atomic_store(&e->shm->combines, e->stage.tree.merge != NULL);
}

static void combine_ends(struct executor *e)
{
    if (!e->stage.layout->has_operation)
        return;
    atomic_store(&e->shm->combines, 0);
    fpenv_restore();
}

/* The chunk ended well, unless it was given items that are not its own. */
static inline void commit(struct executor *e)
{
    uint32_t source;
    uint64_t item;
    combine_begins(e);
    if (stage_commit(&e->stage, &source, &item) != 0)
        executor_fail_wrong_item(e, source, item);
    combine_ends(e);
}

/* The kernel over [begin, end), into the stage and the outputs; then they wait
 * to be ended. Inline, and what is rare is not: where chunks are small, a call
 * is a good part of what they cost. */
static inline void run_kernel(struct executor *e, uint32_t c, uint64_t begin,
                              uint64_t end)
{
    begin_chunk(e, c, begin, end);
    if (outlet_is_used(&e->outlet))
        open_outlet(e, c, begin, end);
    if (!e->failed)
        e->kernel(&e->ff, begin, end);
    fpenv_restore();
    if (outlet_is_used(&e->outlet))
        fill_outlet(e);
    if (!e->failed)
        commit(e);
    if (e->failed)
        executor_drop(e);
}

static bool run_items(struct executor *e, uint32_t c, uint64_t begin,
                      uint64_t end)
{
    run_kernel(e, c, begin, end);
    if (outlet_is_used(&e->outlet))
        outlet_end(&e->outlet, !e->failed);
    return !e->failed;
}

/* One of two runs, into a stage of its own, which is then folded. What the
 * first emits is sent as that of a chunk that still runs: should the second
 * differ, the failure takes it back. What the second emits is dropped. */
static bool run_turn(struct executor *e, int turn, uint32_t c, uint64_t begin,
                     uint64_t end)
{
    struct stage *apart = &e->verify.apart[turn];
    const struct stage kept = e->stage;
    e->stage = *apart;
    e->ff.buffer = e->stage.buffer;
    e->outlet.emit.muted = turn > 0;
    emit_digest(&e->outlet.emit);
    verify_before(turn);
    run_kernel(e, c, begin, end);
    verify_after();
    if (e->failed)
        emit_discard(&e->outlet.emit);
    else
        record_stream(&e->record, true);
    verify_note(&e->verify, turn, &e->outlet.emit, &e->outlet.rows);
    e->outlet.emit.muted = false;
    *apart = e->stage;
    e->stage = kept;
    e->ff.buffer = e->stage.buffer;
    stage_drain(apart);
    return !e->failed;
}

/* --verify. What failed the first time has failed as ever. */
__attribute__((noinline))
static bool run_twice(struct executor *e, uint32_t c, uint64_t begin,
                      uint64_t end)
{
    const bool well = run_turn(e, 0, c, begin, end);
    if (well && !run_turn(e, 1, c, begin, end)) {
        e->differs = true;
        verify_failed_again(e->fail_text);
    } else if (well && !verify_same(&e->verify, e->fail_text)) {
        e->failed = e->differs = true;
        e->fail_item = NO_ITEM;
    }
    combine_begins(e);
    if (!e->failed)
        stage_take(&e->stage, &e->verify.apart[0]);
    combine_ends(e);
    verify_reset(&e->verify);
    if (outlet_is_used(&e->outlet))
        outlet_end(&e->outlet, !e->failed);
    return !e->failed;
}

static bool run_chunk(struct executor *e, uint32_t c) /* [RUN] */
{
    uint64_t begin, end;
    grid_chunk(&e->job->grid, c, &begin, &end);
    shared_store32(&e->shm->current, c);
    atomic_store_explicit(&e->shm->begun, ++e->begun, memory_order_release);
    const bool well = e->job->verify != 0 && verify_wants(&e->verify, c)
                          ? run_twice(e, c, begin, end)
                          : run_items(e, c, begin, end);
    if (well)
        shared_store64(&e->shm->done, ++e->done);
    return well;
}

bool executor_try(struct executor *e, uint64_t begin, uint64_t end)
{
    shared_store64(&e->shm->begun, ++e->begun);
    fpenv_restore();
    return run_items(e, NO_CHUNK, begin, end);
}

/* (A chunk that is run twice has a stage of its own until it counts.) */
void executor_settle(struct executor *e)
{
    if (e->job->verify == 0)
        record_settle(&e->record, atomic_load_explicit(&e->shm->current,
                                                       memory_order_relaxed));
}

/* Somebody is hungry, or the run is to stop: gives the rest of the batch,
 * [c, hi), back. True when the batch ends here. */
static bool give_back(struct executor *e, uint32_t c, uint32_t hi)
{
    if (executor_phase(e) != PHASE_RUN) {
        record_trim(&e->record, c);
        return true;
    }
    if (c < hi) {
        record_trim(&e->record, c);
        FAILPOINT("give-back");
        find_put(&e->find, (struct range){c, hi});
        executor_wake_idle(e);
        return true;
    }
    if (find_has_own(&e->find))
        executor_wake_idle(e);
    return false;
}

/* The ration is at its end: the rest of the batch, [c, hi), goes back as in
 * give_back; and who idles here is to notice. */
__attribute__((noinline))
static void end_ration(struct executor *e, uint32_t c, uint32_t hi)
{
    record_trim(&e->record, c);
    FAILPOINT("give-back");
    find_put(&e->find, (struct range){c, hi});
    executor_wake_idle(e);
}

/* No other chunk fits into the record: it is published, and the rest of the
 * batch, from c on, opened anew by the caller. When that is not possible, since
 * the run is over, nothing of the rest is run. */
__attribute__((noinline))
static uint32_t publish_full(struct executor *e, uint32_t c, uint32_t hi)
{
    record_trim(&e->record, c);
    record_publish(&e->record, true);
    return stage_is_full(&e->stage) ? hi : c;
}

static void publish_failure(struct executor *e, uint32_t c)
{
    if (e->cancelled)
        record_publish_cancelled(&e->record, c);
    else
        record_publish_failure(&e->record, e->differs ? RECORD_DIFFERS
                               : RECORD_FAILED, c, e->fail_item,
                               e->fail_text);
}

/* Runs the batch r; *done chunks of it have been dealt with. */
static void run_open(struct executor *e, struct range r, uint32_t *next)
{
    for (uint32_t c = r.lo; c < r.hi; c++) {
        if (e->ration != NULL && !ration_take(e->ration)) {
            end_ration(e, c, r.hi);
            *next = r.hi;
            return;
        }
        const bool well = run_chunk(e, c);
        if (!well) {
            /* The rest is opened anew by the caller. A death in between
             * loses it until the end of the run. */
            publish_failure(e, c);
            record_trim(&e->record, c);
            *next = e->cancelled ? r.hi : c + 1;
            return;
        }
        if (__builtin_expect(executor_sees_hunger(e)
                             || executor_phase(e) != PHASE_RUN, 0)
            && give_back(e, c + 1, r.hi)) {
            *next = r.hi;
            return;
        }
        if (__builtin_expect(stage_is_full(&e->stage), 0)) {
            *next = publish_full(e, c + 1, r.hi);
            return;
        }
    }
    *next = r.hi;
}

/* (Of commands one at a time: nothing is to wait behind one that lasts.) */
static void adapt(struct executor *e, uint64_t elapsed_ns, uint64_t chunks)
{
    if (e->command != NULL)
        return;
    uint64_t target = (e->record.published_ns - e->started_ns) / 100;
    target = target < BATCH_MIN_NS ? BATCH_MIN_NS
             : target > BATCH_MAX_NS ? BATCH_MAX_NS : target;
    uint64_t batch = chunks * target / (elapsed_ns + 1);
    if (batch > (uint64_t)e->batch * 8)
        batch = (uint64_t)e->batch * 8;
    e->batch = batch < 1 ? 1 : batch > UINT32_MAX / 16 ? UINT32_MAX / 16
               : (uint32_t)batch;
}

/* A batch of one chunk tells how long that took; a chunk that is long is soon
 * in one. (One that is not is seen by the launcher's clock.) */
static void note_longest(struct executor *e, uint32_t c, uint64_t elapsed_ns)
{
    if (elapsed_ns <= e->longest_ns)
        return;
    shared_store32(&e->shm->longest_chunk, c);
    shared_store64(&e->shm->longest_ns, e->longest_ns = elapsed_ns);
}

__attribute__((noinline)) static void tell_now(struct executor *e)
{
    e->tells = false;
    record_publish(&e->record, true);
    record_wait_looked(&e->record);
}

static void run_batch(struct executor *e, struct range r)
{
    const uint64_t begin = clock_ns(), begun = e->begun;
    const uint32_t first = r.lo;
    FAILPOINT("taken");
    while (r.lo < r.hi && record_open(&e->record, r)) {
        FAILPOINT("opened");
        run_open(e, r, &r.lo);
    }
    shared_store32(&e->shm->current, NO_CHUNK);
    const uint64_t end = clock_ns();
    shared_store64(&e->shm->busy_ns, e->busy_ns += end - begin);
    if (e->begun - begun == 1)
        note_longest(e, first, end - begin);
    adapt(e, end - begin, e->begun - begun);
    /* (What was given back may have left a full one.) */
    if (stage_is_full(&e->stage)
        || outlet_is_full(&e->outlet,
                          e->stage.layout->n_words * sizeof(int64_t)))
        record_publish(&e->record, true);
    else if (end - e->record.published_ns > e->record.due_ns)
        record_publish(&e->record, false);
    if (e->tells)
        tell_now(e);
}

/* ---- the loop ------------------------------------------------------------ */

static bool find_chunks(struct executor *e, struct range *r)
{
    const uint64_t steals = e->find.steals;
    executor_become_odd(e);
    FAILPOINT("odd");
    uint32_t batch = e->batch;
    if (e->ration != NULL && batch > ration_left(e->ration))
        batch = ration_left(e->ration) + 1;
    const bool found = find_take(&e->find, batch, r);
    if (e->find.steals != steals)
        shared_store64(&e->shm->steals, e->find.steals);
    return found;
}

void executor_run(struct executor *e)
{
    struct range r;
    fpenv_restore();
    e->started_ns = e->record.published_ns = clock_ns();
    while (executor_phase(e) != PHASE_QUIT) {
        if (executor_is_spent(e)) {
            executor_leave(e);
            return;
        }
        if (executor_phase(e) == PHASE_RUN && find_chunks(e, &r))
            run_batch(e, r);
        else
            executor_rest(e);
    }
}

void executor_run_range(struct executor *e, struct range r)
{
    fpenv_restore();
    executor_become_odd(e);
    e->started_ns = e->record.published_ns = clock_ns();
    if (r.hi <= e->job->grid.n_chunks)
        run_batch(e, r);
    record_publish(&e->record, true);
    executor_become_even(e);
    record_notify(&e->record);
}

/* ---- life ---------------------------------------------------------------- */

int executor_init(struct executor *e, const struct job_shm *job,
                  struct node_shm *node, struct executor_shm *shm,
                  uint32_t rank, uint32_t tid,
                  const struct partial_layout *layout, kernel_function *kernel,
                  int event, int file, struct ff_error *err)
{
    static const struct item_texts no_texts;
    *e = (struct executor){
        .job = job, .node = node, .shm = shm, .kernel = kernel,
        .texts = &no_texts, .batch = 1};
    if (stage_init(&e->stage, layout, job->grid.n_chunks, err) != 0
        || record_init(&e->record, job, shm, &e->stage, event, file, err) != 0)
        goto fail;
    if (verify_init(&e->verify, job, layout, err) != 0
        || find_init(&e->find, job, node, rank * job->threads + tid, err) != 0)
        goto fail;
    e->ff = (struct ff){
        .first = job->grid.first, .last = job->grid.last,
        .seed = job->seed, .rank = job_rank(job, rank), .size = job->size,
        .thread = tid, .threads = job->threads,
        .buffer = e->stage.buffer, .calls = &executor_calls,
        .line = "", .line_item = NO_LINE, .line_ends_with = '\n'};
    e->ff.lines_end = e->ff.line;
    shared_store32(&shm->current, NO_CHUNK);
    return 0;
fail:
    executor_release(e);
    return -1;
}

void executor_set_texts(struct executor *e, const struct item_texts *texts)
{
    e->texts = texts;
    e->ff.line = e->ff.lines_end = texts->lines.end;
    e->ff.line_ends_with = texts->lines.ends_with;
}

int executor_open_outputs(struct executor *e, const struct spec *spec,
                          bool muted, struct ff_error *err)
{
    if (outlet_open(&e->outlet, &e->record, spec, e->job, muted, err) != 0)
        return -1;
    e->verify.spec = spec;
    e->concat = concat_is_used(spec) ? spec : NULL;
    e->ff.bytes = e->outlet.emit.bytes;
    return 0;
}

void executor_release(struct executor *e)
{
    item_text_release(&e->item_text);
    outlet_release(&e->outlet);
    stage_release(&e->stage);
    record_release(&e->record);
    verify_release(&e->verify);
    find_release(&e->find);
}
