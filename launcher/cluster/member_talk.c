/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the root says while a node runs. A message is acted on in the look at
 * everything in which it is found; chunks that come before workers can take
 * them wait in `waiting`.
 */
#include "clock.h"
#include "failpoint.h"
#include "member.h"
#include "owned.h"

#include <stdlib.h>
#include <string.h>

#define EAGER_NS 200000u
#define EAGER_FOR_NS 100000000u /* no longer: it costs time of a core */

static void fail(struct run *run, const char *what)
{
    struct ff_error err;
    ff_error_set(&err, FF_LOST, "the root of the run sent %s that makes no "
                 "sense: are the nodes of one version of fanfold?", what);
    run_fail(run, &err);
}

/* ---- START --------------------------------------------------------------- */

static void take_start(struct run *run, const struct wire_message *message)
{
    struct member *m = run->member;
    const size_t n = message->head.bytes;
    if (m->started || (n != sizeof m->start
                       && n != sizeof m->start + sizeof *m->spec)) {
        fail(run, "a start");
        return;
    }
    memcpy(&m->start, message->body, sizeof m->start);
    if (n > sizeof m->start && (m->spec = malloc(sizeof *m->spec)) == NULL)
        run_fail_memory(run);
    if (m->spec != NULL)
        memcpy(m->spec, message->body + sizeof m->start, sizeof *m->spec);
    m->started = true;
}

/* A node without workers is told what the kernel declares. */
static bool take_spec(struct run *run)
{
    struct member *m = run->member;
    if (run->described)
        return true;
    if (run->plan->n_workers > 0)
        return false; /* the first worker will tell */
    if (m->spec == NULL || !spec_valid(m->spec)) {
        fail(run, "a start");
        return false;
    }
    spec_copy(&run->spec, m->spec);
    crew_job(run->crew)->spec_hash = spec_hash(&run->spec);
    run->described = true;
    return true;
}

static int check_spec(const struct run *run, struct ff_error *err)
{
    const struct member *m = run->member;
    if (crew_job(run->crew)->spec_hash == m->start.spec_hash)
        return 0;
    return ff_error_set(err, FF_USAGE, "'%s' declares something else on host "
                        "'%s' than on the first node: do its declarations "
                        "depend on where it runs?", run->job->kernel,
                        m->machine.host);
}

/* START came, and the kernel is open here: chunks can be taken. */
static void begin(struct run *run)
{
    struct member *m = run->member;
    struct job_shm *job = crew_job(run->crew);
    struct ff_error err;
    if (!m->started || m->begun || run->over || !take_spec(run))
        return;
    m->begun = true;
    job->grid = m->start.grid;
    job->schedule = m->start.schedule;
    if (check_spec(run, &err) != 0 || run_begin(run, &err) != 0)
        run_fail(run, &err);
    else if (m->stop)
        run_stop(run, FF_INTERRUPTED, UINT64_MAX);
}

/* ---- chunks --------------------------------------------------------------- */

static void take_grant(struct run *run, const struct wire_message *message)
{
    struct member *m = run->member;
    const struct range *r;
    const long n = !m->started ? -1
                   : wire_ranges(message, m->start.grid.n_chunks, &r);
    if (n < 0) {
        fail(run, "chunks");
        return;
    }
    for (long i = 0; i < n; i++) {
        if (cover_add(&m->granted, r[i]) != 0
            || cover_add(&m->waiting, r[i]) != 0)
            run_fail_memory(run);
        m->n_granted += r[i].hi - r[i].lo;
    }
}

/* Adds what belongs to the executors of this node from the start. */
static int add_owned(const struct job_shm *job, struct cover *owned)
{
    for (uint32_t i = 0; i < job->n_executors; i += job->team)
        if (owned_add(owned, job->schedule, job->grid.n_chunks,
                      job_taker(job, i), job_n_takers(job)) != 0)
            return -1;
    return 0;
}

/* Where executors have chunks of their own and these are what came, they get
 * them before anybody takes one; what came besides is for all. (When a part of
 * them was done before, by nodes that were lost, all is for all.) */
static int hand_out_owned(struct run *run)
{
    struct member *m = run->member;
    struct cover owned = COVER_EMPTY, rest = COVER_EMPTY;
    int rc = add_owned(crew_job(run->crew), &owned);
    for (size_t i = 0; rc == 0 && i < owned.n; i++)
        if (!cover_contains(&m->waiting, owned.range[i]))
            goto out; /* rc 0: nothing was handed out */
    for (size_t i = 0; rc == 0 && i < m->waiting.n; i++)
        rc = cover_add_missing(&rest, m->waiting.range[i], &owned, NULL);
    if (rc == 0)
        rc = dispatch_all(&run->dispatch);
    if (rc == 0) {
        cover_release(&m->waiting);
        m->waiting = rest;
        rest = COVER_EMPTY;
    }
out:
    cover_release(&owned);
    cover_release(&rest);
    return rc;
}

static void hand_out(struct run *run)
{
    struct member *m = run->member;
    const uint32_t schedule = crew_job(run->crew)->schedule;
    const bool owned = schedule == SCHEDULE_STATIC
                       || schedule == SCHEDULE_CYCLIC;
    if (!run->opened || run->over)
        return;
    if (!m->let_go && owned) {
        if (m->waiting.n == 0)
            return; /* they come in one GRANT */
        if (hand_out_owned(run) != 0)
            run_fail_memory(run);
    }
    for (size_t i = 0; i < m->waiting.n; i++)
        if (dispatch_add(&run->dispatch, m->waiting.range[i]) != 0)
            run_fail_memory(run);
    cover_release(&m->waiting);
    dispatch_post(&run->dispatch);
    if (!m->let_go)
        run_let_go(run);
    m->let_go = true;
}

/* Those that have killed a worker or failed stay: here it is known how often
 * they did. */
static int keep_struck(const struct run *run, struct cover *keep)
{
    for (size_t i = 0; i < run->blame.n_strikes; i++) {
        const uint32_t c = run->blame.strikes[i].chunk;
        if (cover_add(keep, (struct range){c, c + 1}) != 0)
            return -1;
    }
    return 0;
}

static int find_recalled(struct run *run, uint32_t n, struct cover *out)
{
    struct member *m = run->member;
    struct cover keep = COVER_EMPTY;
    struct range r;
    int rc = 0;
    while (out->n_chunks < n
           && cover_take_last(&m->waiting, n - (uint32_t)out->n_chunks, &r))
        if (cover_add(out, r) != 0)
            return -1;
    if (run->opened && out->n_chunks < n) {
        rc = keep_struck(run, &keep);
        if (rc == 0)
            rc = dispatch_recall(&run->dispatch, n, &keep, out);
    }
    cover_release(&keep);
    return rc;
}

static void take_recall(struct run *run, const struct wire_message *message)
{
    struct member *m = run->member;
    struct cover out = COVER_EMPTY;
    uint32_t n = 0;
    if (message->head.bytes == sizeof n)
        memcpy(&n, message->body, sizeof n);
    if (find_recalled(run, n, &out) != 0)
        run_fail_memory(run);
    for (size_t i = 0; i < out.n; i++)
        if (cover_remove(&m->granted, out.range[i]) != 0)
            run_fail_memory(run);
    carrier_send(m->carrier, WIRE_RETURN, out.range,
                 out.n * sizeof out.range[0]);
    cover_release(&out);
    if (run->opened)
        dispatch_post(&run->dispatch);
}

/* ---- the end ------------------------------------------------------------- */

/* Before it is known what the kernel declares nothing could be folded: then it
 * waits for that. */
static void take_stop(struct run *run)
{
    run->member->stop = true;
    if (run->member->begun)
        run_stop(run, FF_INTERRUPTED, UINT64_MAX);
}

static void take_fold(struct run *run)
{
    struct member *m = run->member;
    struct ff_error err;
    if (!m->begun || m->folding) {
        fail(run, "a fold");
        return;
    }
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        run_drain(run, rank);
    m->folding = true;
    member_record(run, true);
    FAILPOINT("folding");
    if (!run->over && carrier_fold_begin(m->carrier, &m->lanes) != 0) {
        ff_error_set(&err, FF_LOST, "cannot fold over nodes: MPI refuses");
        run_fail(run, &err);
    }
}

static void look_at_fold(struct run *run)
{
    struct member *m = run->member;
    struct ff_error err;
    if (!m->folding || m->folded || run->over)
        return;
    const int rc = carrier_fold_test(m->carrier);
    m->folded = rc > 0;
    if (m->folded)
        FAILPOINT("folded");
    if (rc < 0) {
        ff_error_set(&err, FF_LOST, "cannot fold over nodes: MPI failed");
        run_fail(run, &err);
    }
}

/* ---- messages ------------------------------------------------------------ */

static void take(struct run *run, const struct wire_message *message)
{
    struct member *m = run->member;
    switch (message->head.kind) {
    case WIRE_START:
        take_start(run, message);
        break;
    case WIRE_GRANT:
        take_grant(run, message);
        break;
    case WIRE_RECALL:
        take_recall(run, message);
        break;
    case WIRE_STOP:
        take_stop(run);
        break;
    case WIRE_TERM:
        take_stop(run);
        if (m->begun)
            run_ask(run);
        break;
    case WIRE_KILL:
        m->stop = true;
        run_stop(run, FF_INTERRUPTED, run->now_ns);
        break;
    case WIRE_FOLD:
        begin(run); /* both may have come at once */
        take_fold(run);
        break;
    case WIRE_QUIT:
        m->quit = true;
        run_end(run);
        break;
    case WIRE_BEAT:
        break;
    default:
        fail(run, "a message");
    }
}

void member_receive(struct run *run)
{
    struct member *m = run->member;
    struct wire_message message;
    bool heard = false;
    int rc;
    while ((rc = carrier_receive(m->carrier, &message)) > 0) {
        heard = true;
        take(run, &message);
        wire_message_release(&message);
    }
    if (rc < 0)
        member_leave(m, WIRE_BYE_ORPHANED);
    member_watch(m, heard);
    member_check_signals(run);
    begin(run);
    hand_out(run);
    look_at_fold(run);
}

void member_quiet(struct run *run)
{
    run->member->quiet = true;
}

/* ---- when to look -------------------------------------------------------- */

static void on_poll(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct member *m = timer->data;
    (void)loop;
    (void)events;
    run_tend(m->run);
}

static void on_stream(struct ev_loop *loop, ev_io *io, int events)
{
    struct member *m = io->data;
    (void)loop;
    (void)events;
    run_tend(m->run);
}

void member_listen(struct member *m)
{
    const int in = carrier_in(m->carrier);
    m->poll.data = m->stream.data = m;
    ev_init(&m->poll, on_poll);
    if (in >= 0) {
        ev_io_init(&m->stream, on_stream, in, EV_READ);
        ev_io_start(m->run->loop, &m->stream);
    }
    member_wait(m, m->run->now_ns);
}

void member_wait(struct member *m, uint64_t now_ns)
{
    uint64_t ns = carrier_patience_ns(m->carrier);
    /* Somebody has nothing to do until the root answers. */
    if (m->told.left == 0 && m->told.n_idle > 0 && ns > EAGER_NS
        && now_ns - m->told_ns < EAGER_FOR_NS)
        ns = EAGER_NS;
    if (m->due_ns != 0 && m->due_ns < now_ns + ns)
        ns = m->due_ns > now_ns ? m->due_ns - now_ns : 1;
    m->poll.repeat = (double)ns / 1e9;
    ev_timer_again(m->run->loop, &m->poll);
}
