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
#include "failpoint.h"
#include "fdio.h"
#include "fpenv.h"
#include "rng.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_DUE_NS 10000000u /* a record is due after this long ... */
#define RECORD_COST 100u        /* ... and this many times what one costs */
#define BATCH_MIN_NS 5000u
#define BATCH_MAX_NS 200000u
#define SPIN_NS 20000u          /* look again without sleeping */
#define REST_MIN_NS 50000u
#define REST_MAX_NS 5000000u
#define ROOM_WAIT_NS 10000000u

static __thread struct executor *this_executor;

struct executor *executor_of_thread(void)
{
    return this_executor;
}

void executor_set_thread(struct executor *e)
{
    this_executor = e;
}

/* ---- the kernel's calls -------------------------------------------------- */

__attribute__((format(printf, 3, 0)))
static void fail(struct executor *e, uint64_t item, const char *format,
                 va_list args)
{
    if (e->failed)
        return;
    e->failed = true;
    e->fail_item = item;
    vsnprintf(e->fail_text, sizeof e->fail_text, format, args);
}

__attribute__((format(printf, 3, 4)))
static void call_fail(struct ff *ff, uint64_t item, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail((struct executor *)ff, item, format, args);
    va_end(args);
}

static void wrong_item(struct executor *e, uint32_t result, uint64_t item)
{
    const struct partial_layout *layout = e->stage.layout;
    call_fail(&e->ff, item,
              "result '%s' was given item %" PRIu64 ", which is not in this "
              "chunk [%" PRIu64 ", %" PRIu64 ")",
              layout->result[result].name, item,
              e->stage.begin, e->stage.end);
}

static void call_flush(struct ff *ff, uint32_t result)
{
    struct executor *e = (struct executor *)ff;
    uint64_t item;
    if (stage_flush(&e->stage, result, &item) != 0)
        wrong_item(e, result, item);
}

static void call_random(const struct ff *ff, uint64_t item, uint64_t block,
                        uint32_t out[4])
{
    rng_block(ff->seed, item, block, out);
}

static const struct ff_calls calls = {call_flush, call_fail, call_random};

/* ---- shared words -------------------------------------------------------- */

/* Every shared word but the claim words has one writer, us: plain stores. */
static void store64(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static void store32(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static void become_odd(struct executor *e) /* [ODD] */
{
    if (e->epoch % 2 == 0)
        store64(&e->shm->epoch, ++e->epoch);
    /* The next change of a claim word is an acquire-release RMW, so whoever
     * sees it sees this store as well. */
}

static void become_even(struct executor *e) /* [EVEN] */
{
    if (e->epoch % 2 == 1) {
        store32(&e->shm->current, NO_CHUNK);
        atomic_store_explicit(&e->shm->epoch, ++e->epoch,
                              memory_order_release);
    }
}

static void notify_launcher(const struct executor *e)
{
    const uint64_t one = 1;
    if (e->event >= 0 && write(e->event, &one, sizeof one) < 0) {
        /* The kernel may have closed it, or it is full: the launcher's tick
         * finds the record a little later. */
    }
}

static enum phase phase(const struct executor *e)
{
    return atomic_load_explicit(&e->job->phase, memory_order_acquire);
}

static bool somebody_hungry(const struct executor *e)
{
    return atomic_load_explicit(&e->node->hungry, memory_order_relaxed) != 0;
}

/* ---- publishing ---------------------------------------------------------- */

/* Waits for room in the ring: false when the launcher has ended the run. */
static bool wait_for_room(struct executor *e)
{
    struct ring *ring = &e->shm->ring;
    const uint32_t turn = atomic_load(&ring->turn);
    atomic_store(&ring->waiting, 1);
    notify_launcher(e);
    /* The launcher may have made room before it could see `waiting`. */
    if (!ring_has_room(ring, RING_MAX_PAYLOAD))
        futex_wait(&ring->turn, turn, ROOM_WAIT_NS);
    return phase(e) != PHASE_QUIT;
}

/* To a file: its length, then the message. A disk that is full ends the
 * process: nothing else would be reported. */
static bool write_to_file(const struct executor *e, const void *message,
                          size_t n)
{
    const uint64_t length = n;
    if (fd_write_all(e->file, &length, sizeof length) != 0
        || fd_write_all(e->file, message, n) != 0) {
        fprintf(stderr, "fanfold-worker: cannot write results: %s\n",
                strerror(errno));
        _exit(FF_UNWRITTEN);
    }
    return true;
}

/* [WRITE] A message of n bytes, in frames, waiting for room. */
static bool write_message(struct executor *e, const void *message, size_t n)
{
    const unsigned char *p = message;
    uint32_t flags = FRAME_FIRST;
    if (e->file >= 0)
        return write_to_file(e, message, n);
    for (;;) {
        const size_t part = n < RING_MAX_PAYLOAD ? n : RING_MAX_PAYLOAD;
        if (part == n)
            flags |= FRAME_LAST;
        while (!ring_write(&e->shm->ring, flags, p, part))
            if (!wait_for_room(e))
                return false;
        if (part == n)
            return true;
        FAILPOINT("mid-write");
        p += part;
        n -= part;
        flags = 0;
    }
}

static size_t record_bytes(const struct executor *e)
{
    return sizeof(struct record) + e->n_open * sizeof(struct range)
           + e->stage.layout->n_words * sizeof(int64_t);
}

static size_t encode_partial(struct executor *e)
{
    const struct record head = {RECORD_PARTIAL, e->n_open};
    unsigned char *p = e->message;
    memcpy(p, &head, sizeof head);
    p += sizeof head;
    for (uint32_t i = 0; i < e->n_open; i++, p += sizeof(struct range)) {
        const struct range r = claim_unpack(
            atomic_load_explicit(&e->shm->open[i], memory_order_relaxed));
        memcpy(p, &r, sizeof r);
    }
    memcpy(p, e->stage.partial, e->stage.layout->n_words * sizeof(int64_t));
    return record_bytes(e);
}

static void close_open(struct executor *e) /* [CLOSE] */
{
    e->n_open = 0;
    atomic_store_explicit(&e->shm->n_open, 0, memory_order_release);
}

/* Publishes what is open: all of it has been run. Unless forced, leaves it for
 * later when there is no room. */
static void publish(struct executor *e, bool forced)
{
    const uint64_t begin = clock_ns();
    if (e->n_open == 0)
        return;
    if (!forced && record_bytes(e) < RING_BYTES / 2
        && !ring_has_room(&e->shm->ring, record_bytes(e)))
        return;
    FAILPOINT("before-publish");
    stage_drain(&e->stage);
    if (!write_message(e, e->message, encode_partial(e)))
        return;
    FAILPOINT("after-publish");
    close_open(e);
    stage_reset(&e->stage);
    const uint64_t end = clock_ns();
    e->published_ns = end;
    e->due_ns = (end - begin) * RECORD_COST;
    if (e->due_ns < RECORD_DUE_NS)
        e->due_ns = RECORD_DUE_NS;
    store64(&e->shm->publish_ns, e->publish_ns += end - begin);
}

static void publish_failure(struct executor *e, uint32_t c)
{
    const struct record head = {RECORD_FAILED, 1};
    const struct range r = {c, c + 1};
    unsigned char message[sizeof head + sizeof r + sizeof(uint64_t)
                          + FAIL_TEXT];
    unsigned char *p = message;
    p = (unsigned char *)memcpy(p, &head, sizeof head) + sizeof head;
    p = (unsigned char *)memcpy(p, &r, sizeof r) + sizeof r;
    p = (unsigned char *)memcpy(p, &e->fail_item, sizeof e->fail_item)
        + sizeof e->fail_item;
    memcpy(p, e->fail_text, FAIL_TEXT);
    write_message(e, message, sizeof message);
}

/* ---- running ------------------------------------------------------------- */

static bool run_items(struct executor *e, uint64_t begin, uint64_t end)
{
    uint32_t result;
    uint64_t item;
    e->failed = false;
    stage_begin(&e->stage, begin, end);
    e->kernel(&e->ff, begin, end);
    fpenv_restore();
    if (!e->failed && stage_commit(&e->stage, &result, &item) != 0)
        wrong_item(e, result, item);
    if (e->failed)
        stage_discard(&e->stage);
    return !e->failed;
}

static bool run_chunk(struct executor *e, uint32_t c) /* [RUN] */
{
    uint64_t begin, end;
    grid_chunk(&e->job->grid, c, &begin, &end);
    store32(&e->shm->current, c);
    atomic_store_explicit(&e->shm->begun, ++e->begun, memory_order_release);
    const bool well = run_items(e, begin, end);
    if (well)
        store64(&e->shm->done, ++e->done);
    return well;
}

bool executor_try(struct executor *e, uint64_t begin, uint64_t end)
{
    store64(&e->shm->begun, ++e->begun);
    fpenv_restore();
    return run_items(e, begin, end);
}

/* [OPEN] r stands in the shared record before it is run. False when there is
 * no place for it, because the run is over. */
static bool open_range(struct executor *e, struct range r)
{
    if (e->n_open > 0 && e->last_open.hi == r.lo) {
        e->last_open.hi = r.hi;
    } else {
        if (e->n_open == OPEN_RANGES)
            publish(e, true);
        if (e->n_open == OPEN_RANGES)
            return false;
        e->last_open = r;
        e->n_open++;
    }
    atomic_store_explicit(&e->shm->open[e->n_open - 1],
                          claim_pack(e->last_open), memory_order_release);
    atomic_store_explicit(&e->shm->n_open, e->n_open, memory_order_release);
    return true;
}

/* The last open range now ends at hi. */
static void trim_open(struct executor *e, uint32_t hi)
{
    e->last_open.hi = hi;
    atomic_store_explicit(&e->shm->open[e->n_open - 1],
                          claim_pack(e->last_open), memory_order_release);
    if (e->last_open.lo == hi) {
        e->n_open--;
        if (e->n_open > 0)
            e->last_open = claim_unpack(atomic_load_explicit(
                &e->shm->open[e->n_open - 1], memory_order_relaxed));
        atomic_store_explicit(&e->shm->n_open, e->n_open,
                              memory_order_release);
    }
}

static claim_word *own_word(struct executor *e)
{
    return &e->node->claim[e->index].word;
}

/* [PUT] Only a wild write makes claim_put refuse: then our word is nonsense,
 * and what it lost is found at the end. */
static void put(struct executor *e, struct range r)
{
    if (!claim_put(own_word(e), r))
        atomic_store_explicit(own_word(e), claim_pack(r),
                              memory_order_release);
}

static void wake_idle(struct executor *e)
{
    store32(&e->node->hungry, 0);
    atomic_fetch_add_explicit(&e->node->wake, 1, memory_order_release);
    futex_wake(&e->node->wake);
}

/* Somebody is hungry, or the run is to stop: gives the rest of the batch,
 * [c, hi), back. True when the batch ends here. */
static bool give_back(struct executor *e, uint32_t c, uint32_t hi)
{
    if (phase(e) != PHASE_RUN) {
        trim_open(e, c);
        return true;
    }
    if (c < hi) {
        trim_open(e, c);
        FAILPOINT("give-back");
        put(e, (struct range){c, hi});
        wake_idle(e);
        return true;
    }
    const struct range own = claim_peek(own_word(e));
    if (own.lo < own.hi)
        wake_idle(e);
    return false;
}

/* Runs the batch r; *done chunks of it have been dealt with. */
static void run_open(struct executor *e, struct range r, uint32_t *next)
{
    for (uint32_t c = r.lo; c < r.hi; c++) {
        const bool well = run_chunk(e, c);
        if (!well) {
            /* The rest is opened anew by the caller. A death in between
             * loses it until the end of the run. */
            publish_failure(e, c);
            trim_open(e, c);
            *next = c + 1;
            return;
        }
        if (__builtin_expect(somebody_hungry(e) || phase(e) != PHASE_RUN, 0)
            && give_back(e, c + 1, r.hi)) {
            *next = r.hi;
            return;
        }
    }
    *next = r.hi;
}

static void adapt(struct executor *e, uint64_t elapsed_ns, uint64_t chunks)
{
    uint64_t target = (e->published_ns - e->started_ns) / 100;
    target = target < BATCH_MIN_NS ? BATCH_MIN_NS
             : target > BATCH_MAX_NS ? BATCH_MAX_NS : target;
    uint64_t batch = chunks * target / (elapsed_ns + 1);
    if (batch > (uint64_t)e->batch * 8)
        batch = (uint64_t)e->batch * 8;
    e->batch = batch < 1 ? 1 : batch > UINT32_MAX / 16 ? UINT32_MAX / 16
               : (uint32_t)batch;
}

static void run_batch(struct executor *e, struct range r)
{
    const uint64_t begin = clock_ns(), begun = e->begun;
    FAILPOINT("taken");
    while (r.lo < r.hi && open_range(e, r)) {
        FAILPOINT("opened");
        run_open(e, r, &r.lo);
    }
    store32(&e->shm->current, NO_CHUNK);
    const uint64_t end = clock_ns();
    store64(&e->shm->busy_ns, e->busy_ns += end - begin);
    adapt(e, end - begin, e->begun - begun);
    if (end - e->published_ns > e->due_ns)
        publish(e, false);
}

/* ---- finding chunks ------------------------------------------------------ */

/* Chunks that the grid does not have come from a wild write: dropped. */
static bool sane(const struct executor *e, struct range r)
{
    return r.hi <= e->job->grid.n_chunks;
}

static bool take_own(struct executor *e, struct range *r)
{
    if (!claim_take(own_word(e), e->batch, r)) /* [TAKE] */
        return false;
    if (sane(e, *r))
        return true;
    claim_take_all(own_word(e), r);
    return false;
}

/* Of what came from elsewhere we keep a batch, and put the rest into our own
 * word, where others can have half of it. (Were all put there and the batch
 * taken from it, two idle thieves could steal one chunk from each other for
 * ever.) */
static bool keep_batch(struct executor *e, struct range *r)
{
    if (!sane(e, *r))
        return false;
    FAILPOINT("between-words");
    if (r->hi - r->lo > e->batch) {
        put(e, (struct range){r->lo + e->batch, r->hi});
        r->hi = r->lo + e->batch;
    }
    return true;
}

static bool take_pool(struct executor *e, struct range *r)
{
    struct claim_line *pool = e->node->claim + e->job->n_executors;
    const uint32_t n = e->job->n_pool;
    for (uint32_t i = 0; i < n; i++)
        if (claim_take_all(&pool[(e->index + i) % n].word, r)) /* [EMPTY] */
            return keep_batch(e, r);
    return false;
}

static bool steal(struct executor *e, struct range *r)
{
    for (uint32_t i = 0; i < e->n_victims; i++)
        if (claim_steal(&e->node->claim[e->victim[i]].word, r)) { /* [STEAL] */
            store64(&e->shm->steals, ++e->steals);
            FAILPOINT("stolen");
            return keep_batch(e, r);
        }
    return false;
}

static bool find_chunks(struct executor *e, struct range *r)
{
    become_odd(e);
    FAILPOINT("odd");
    return take_own(e, r) || take_pool(e, r) || steal(e, r);
}

/* Is there anything to take? Only looks. */
static bool anything(struct executor *e)
{
    const uint32_t n = e->job->n_executors + e->job->n_pool;
    for (uint32_t i = 0; i < n; i++) {
        const struct range r = claim_peek(&e->node->claim[i].word);
        if (r.lo < r.hi)
            return true;
    }
    return false;
}

/* Should an idle executor get up? */
static bool must_rise(struct executor *e)
{
    const enum phase now = phase(e);
    return now == PHASE_QUIT || (now == PHASE_RUN && anything(e));
}

static bool spin(struct executor *e)
{
    const uint64_t until = clock_ns() + SPIN_NS;
    while (clock_ns() < until) {
        if (must_rise(e))
            return true;
        for (int i = 0; i < 32; i++)
            cpu_relax();
    }
    return false;
}

static void ask_for_chunks(struct executor *e)
{
    if (!somebody_hungry(e))
        store32(&e->node->hungry, 1);
}

/* Nothing to take: publishes, and waits until there is, or the end. The epoch
 * is stored again at every turn, should a wild write have hit it. */
static void rest(struct executor *e)
{
    publish(e, true);
    become_even(e);
    FAILPOINT("even");
    notify_launcher(e);
    ask_for_chunks(e);
    if (spin(e))
        return;
    for (uint64_t ns = REST_MIN_NS;; ns = ns < REST_MAX_NS ? ns * 2 : ns) {
        const uint32_t seen = atomic_load_explicit(&e->node->wake,
                                                   memory_order_acquire);
        atomic_store_explicit(&e->shm->epoch, e->epoch, memory_order_release);
        ask_for_chunks(e);
        if (must_rise(e))
            return;
        futex_wait(&e->node->wake, seen, ns);
    }
}

void executor_run(struct executor *e)
{
    struct range r;
    fpenv_restore();
    e->started_ns = e->published_ns = clock_ns();
    while (phase(e) != PHASE_QUIT) {
        if (phase(e) == PHASE_RUN && find_chunks(e, &r))
            run_batch(e, r);
        else
            rest(e);
    }
}

void executor_run_range(struct executor *e, struct range r)
{
    fpenv_restore();
    become_odd(e);
    e->started_ns = e->published_ns = clock_ns();
    if (sane(e, r))
        run_batch(e, r);
    publish(e, true);
    become_even(e);
    notify_launcher(e);
}

/* ---- life ---------------------------------------------------------------- */

/* How far away: smaller is nearer. */
static unsigned distance(const struct place *a, const struct place *b)
{
    return (a->l2 != b->l2) + (a->l3 != b->l3) + (a->numa != b->numa)
           + (a->package != b->package);
}

/* The victims, nearest first; among equals the next ones after us first, so
 * that thieves spread. */
static void order_victims(struct executor *e)
{
    const struct place *place = e->job->place;
    const uint32_t n = e->job->n_executors;
    for (unsigned d = 0; d <= 4; d++)
        for (uint32_t i = 1; i < n; i++) {
            const uint32_t v = (e->index + i) % n;
            if (distance(&place[e->index], &place[v]) == d)
                e->victim[e->n_victims++] = v;
        }
}

int executor_init(struct executor *e, const struct job_shm *job,
                  struct node_shm *node, struct executor_shm *shm,
                  uint32_t rank, uint32_t tid,
                  const struct partial_layout *layout, kernel_function *kernel,
                  int event, int file, struct ff_error *err)
{
    *e = (struct executor){
        .job = job, .node = node, .shm = shm, .kernel = kernel,
        .event = event, .file = file, .index = rank * job->threads + tid, .batch = 1,
        .due_ns = RECORD_DUE_NS};
    if (stage_init(&e->stage, layout, err) != 0)
        return -1;
    e->victim = calloc(job->n_executors, sizeof e->victim[0]);
    e->message = malloc(sizeof(struct record)
                        + OPEN_RANGES * sizeof(struct range)
                        + layout->n_words * sizeof(int64_t));
    if (e->victim == NULL || e->message == NULL) {
        ff_error_errno(err, FF_LOST, "cannot start executor %" PRIu32, tid);
        executor_release(e);
        return -1;
    }
    order_victims(e);
    e->ff = (struct ff){
        .first = job->grid.first, .last = job->grid.last,
        .seed = job->seed, .rank = rank, .size = job->n_workers,
        .thread = tid, .threads = job->threads,
        .buffer = e->stage.buffer, .calls = &calls};
    store32(&shm->current, NO_CHUNK);
    return 0;
}

void executor_release(struct executor *e)
{
    stage_release(&e->stage);
    free(e->victim);
    free(e->message);
    e->victim = NULL;
    e->message = NULL;
}
