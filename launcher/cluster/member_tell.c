/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node tells the root: how far it is (STATUS; grants.h says when one is
 * due), what it has accepted (RECORD), which chunks have failed.
 *
 * Records are rare: one a second, and one when nothing is left to do for a
 * while. The last one is part of the fold; so a run of less than a second sends
 * one in all.
 */
#include "backtrace.h"
#include "clock.h"
#include "failpoint.h"
#include "grants.h"
#include "member.h"
#include "owned.h"

#include <stdlib.h>
#include <string.h>

#define BEAT_NS 500000000u
#define RECORD_NS 1000000000u
#define REST_NS 50000000u        /* nothing to do for so long: for a while */
#define STATE_BYTES (16u << 20)  /* a record sooner */
#define UNSENT_BYTES (4u << 20)  /* no record on top of so much */

/* ---- status -------------------------------------------------------------- */

static void add_executor(const struct executor_shm *e, bool runs,
                         struct wire_status *s)
{
    s->busy_ns += atomic_load(&e->busy_ns);
    s->ran += atomic_load(&e->done);
    s->n_idle += runs && atomic_load(&e->epoch) % 2 == 0;
}

/* Of the workers that live, and of what those did that do not. A worker that
 * nobody has started again, for want of chunks, is as good as an idle one. */
static void add_workers(const struct run *run, struct wire_status *s)
{
    const struct crew *crew = run->crew;
    const uint32_t team = crew_job(crew)->team;
    for (uint32_t w = 0; w < crew->n_workers; w++) {
        s->busy_ns += run->worker[w].busy_ns;
        s->ran += run->worker[w].chunks;
        if (crew->slot[w].absent)
            continue;
        s->n_executors += crew->threads / team;
        if (!crew->slot[w].live)
            s->n_idle += crew->threads / team;
        if (!crew->slot[w].live || crew->slot[w].diagnosing)
            continue;
        const bool runs = atomic_load(&crew_worker(crew, w)->state)
                          == WORKER_RUNNING;
        for (uint32_t t = 0; t < crew->threads; t += team)
            add_executor(crew->executor[w * crew->threads + t], runs, s);
    }
}

static bool all_is_done(const struct run *run)
{
    return gather_complete(&run->gather) || run->member->quiet;
}

/* What was granted needs nothing any more. When the root has stopped us that is
 * so as soon as nothing runs: what is being loaded, or tried to find the item
 * of a failure, does not go on then. (Should only we have been stopped, by a
 * signal, the rest is still to be done.) */
static bool is_settled(const struct run *run)
{
    const struct member *m = run->member;
    if (m->quiet)
        return m->stop && deliver_is_drained(run);
    return run->opened && m->waiting.n == 0 && !run->diagnosis.running
           && run->n_to_diagnose == 0 && gather_complete(&run->gather)
           && deliver_is_drained(run);
}

static struct wire_status status_of(const struct run *run)
{
    const struct member *m = run->member;
    const struct job_shm *job = crew_job(run->crew);
    struct wire_status s = {
        .granted = m->n_granted,
        .left = m->waiting.n_chunks,
        .accepted = run->gather.accepted.n_chunks,
        .failed = run->gather.failed.n_chunks,
        .items_done = run->gather.items_done,
        .longest_ns = run->longest_ns, .longest_chunk = run->longest_chunk,
        .ended_ns = ending_longest_ns(run),
        .settled = is_settled(run),
        .workers_died = run->workers_died,
        .workers_recycled = run->workers_recycled,
        .phase = atomic_load(&job->phase),
        .chunks_retried = run->dispatch.n_returned};
    if (run->opened) {
        s.left += dispatch_left(&run->dispatch);
        add_workers(run, &s);
    }
    return s;
}

/* Does what is left last so short that more should be on its way? */
static bool is_low(const struct wire_status *s)
{
    const double rate = s->busy_ns == 0 ? 0
                        : (double)s->n_executors * (double)s->ran
                              / (double)s->busy_ns;
    return (double)s->left <= rate * GRANTS_LEAD_NS / 2;
}

static bool is_urgent(struct member *m, const struct wire_status *s)
{
    const struct wire_status *told = &m->told;
    const bool was_low = m->low;
    m->low = is_low(s);
    if (s->settled
        && (!told->settled || s->granted != told->granted
            || s->accepted != told->accepted || s->failed != told->failed))
        return true;
    if (s->left == 0 && s->n_idle > 0
        && (s->n_idle > told->n_idle || s->ran != told->ran
            || s->granted != told->granted))
        return true;
    return (s->left == 0 && told->left > 0) || (m->low && !was_low);
}

/* When is this to be told? */
static uint64_t due_ns(struct member *m, const struct wire_status *s)
{
    if (m->told_ns == 0)
        return 0;
    if (m->urgent || is_urgent(m, s)) {
        m->urgent = true;
        return m->told_ns + GRANTS_STATUS_MIN_NS;
    }
    return m->told_ns
           + (memcmp(s, &m->told, sizeof *s) != 0 ? GRANTS_STATUS_NS
                                                  : BEAT_NS);
}

static void tell_status(struct run *run)
{
    struct member *m = run->member;
    const struct wire_status s = status_of(run);
    const bool idle = s.left == 0 && s.n_idle == s.n_executors;
    if (!idle)
        m->idle_ns = 0;
    else if (m->idle_ns == 0)
        m->idle_ns = run->now_ns;
    m->due_ns = due_ns(m, &s);
    if (m->due_ns > run->now_ns)
        return;
    carrier_send(m->carrier, WIRE_STATUS, &s, sizeof s);
    m->told = s;
    m->told_ns = run->now_ns;
    m->due_ns = run->now_ns + GRANTS_STATUS_NS;
    m->urgent = false;
}

/* ---- records ------------------------------------------------------------- */

/* Outputs and rows go before the record that makes them count; unless `all`,
 * only as long as not too much is unsent. 0: there is no more; 1; -1. */
static int send_outputs(struct run *run, bool all)
{
    struct carrier *carrier = run->member->carrier;
    struct ff_error err;
    void *message;
    size_t n;
    int rc;
    while ((rc = deliver_take(run, &message, &n, &err)) > 0) {
        carrier_send(carrier, WIRE_RECORD, message, n);
        free(message);
        if (!all && carrier_unsent(carrier) > UNSENT_BYTES)
            return 1;
    }
    if (rc < 0)
        run_fail(run, &err);
    return rc;
}

void member_record(struct run *run, bool fold)
{
    struct member *m = run->member;
    void *message;
    size_t n;
    if (send_outputs(run, true) != 0)
        return;
    FAILPOINT("before-record");
    const int rc = gather_take(&run->gather, fold, &message, &n, &m->lanes);
    if (rc < 0)
        run_fail(run, &run->gather.error);
    if (rc > 0) {
        carrier_send(m->carrier, WIRE_RECORD, message, n);
        free(message);
    }
    m->record_ns = run->now_ns;
    FAILPOINT("after-record");
}

/* What is emitted goes as it comes, and all of it before the node says that it
 * has settled what it was granted: then the last record is a small one. */
static void tell_record(struct run *run)
{
    struct member *m = run->member;
    const bool rests = m->idle_ns != 0 && run->now_ns - m->idle_ns > REST_NS;
    if (!run->opened || m->folding
        || carrier_unsent(m->carrier) > UNSENT_BYTES)
        return;
    if (m->record_ns == 0)
        m->record_ns = run->opened_ns;
    const bool due = rests || run->now_ns - m->record_ns >= RECORD_NS
                     || gather_state_bytes(&run->gather) > STATE_BYTES;
    if ((due || deliver_has_much(run) || all_is_done(run))
        && send_outputs(run, false) != 0)
        return;
    if (due && run->gather.fresh.n > 0)
        member_record(run, false);
}

/* Those that have failed for good since the last look. */
static void tell_failures(struct run *run)
{
    struct member *m = run->member;
    const struct cover *failed = &run->gather.failed;
    struct cover new = COVER_EMPTY;
    if (failed->n_chunks == m->failed_told.n_chunks)
        return;
    for (size_t i = 0; i < failed->n; i++)
        if (cover_add_missing(&new, failed->range[i], &m->failed_told, NULL)
            != 0)
            run_fail_memory(run);
    for (size_t i = 0; i < new.n; i++) {
        for (uint32_t c = new.range[i].lo; c < new.range[i].hi; c++)
            member_failed(run, c);
        if (cover_add(&m->failed_told, new.range[i]) != 0)
            run_fail_memory(run);
    }
    cover_release(&new);
}

void member_beat(struct member *m, uint64_t now_ns)
{
    if (now_ns - m->told_ns < BEAT_NS)
        return;
    carrier_send(m->carrier, WIRE_STATUS, &m->told, sizeof m->told);
    m->told_ns = now_ns;
}

void member_tell(struct run *run)
{
    struct member *m = run->member;
    if (m->begun && !run->over) {
        tell_failures(run);
        tell_record(run);
        tell_status(run);
    } else {
        member_beat(m, run->now_ns); /* not begun, or at its end */
    }
    member_text_send(m);
    member_wait(m, run->now_ns);
}

/* ---- the rest ------------------------------------------------------------ */

int member_opened(struct run *run, struct ff_error *err)
{
    struct member *m = run->member;
    struct wire_opened opened = {.spec_hash = crew_job(run->crew)->spec_hash,
                                 .fingerprint = run->fingerprint,
                                 .has_spec = carrier_node(m->carrier) == 0};
    (void)err;
    carrier_send2(m->carrier, WIRE_OPENED, &opened, sizeof opened, &run->spec,
                  opened.has_spec ? sizeof run->spec : 0);
    return 0;
}

/* The threads of a backtrace in a row, as they are sent; NULL: there are none,
 * or no memory. */
static unsigned char *pack_stacks(const struct backtrace *b, uint32_t *n,
                                  size_t *n_bytes)
{
    const size_t most = sizeof(struct wire_stack) + sizeof b->frame;
    unsigned char *bytes = b == NULL ? NULL : malloc(most * STACKS_THREADS);
    for (; bytes != NULL && b != NULL && *n < STACKS_THREADS; b = b->next) {
        const struct wire_stack head = {b->whose, b->thread, b->left_out, b->n};
        memcpy(bytes + *n_bytes, &head, sizeof head);
        *n_bytes += sizeof head;
        memcpy(bytes + *n_bytes, b->frame, b->n * sizeof b->frame[0]);
        *n_bytes += b->n * sizeof b->frame[0];
        ++*n;
    }
    return bytes;
}

void member_failed(struct run *run, uint32_t chunk)
{
    const struct failure *f = gather_failure(&run->gather, chunk);
    struct wire_failed failed = {.chunk = chunk};
    if (f == NULL)
        return;
    /* Their frames get names when all workers have left. */
    size_t n_bytes = 0;
    unsigned char *stacks = pack_stacks(run->over ? f->backtrace : NULL,
                                        &failed.n_stacks, &n_bytes);
    failed.attempts = f->attempts;
    failed.fatal = f->fatal;
    failed.has_item = f->has_item;
    failed.item = f->item;
    failed.item_end = f->item_end;
    failed.n_reason = (uint32_t)strnlen(f->reason, sizeof failed.reason);
    memcpy(failed.reason, f->reason, failed.n_reason);
    carrier_send2(run->member->carrier, WIRE_FAILED, &failed,
                  offsetof(struct wire_failed, reason) + failed.n_reason,
                  stacks, n_bytes);
    free(stacks);
}
