/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root's loop: see root.h. It watches the stream to the nodes, what was
 * started, readers of outputs, signals, and a tick. Every wake ends in tend(),
 * which looks at all there is to look at, as in run.c.
 */
#include "root.h"
#include "clock.h"
#include "gauge.h"
#include "loop_memory.h"
#include "keeper.h"
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_S 0.02
#define BEAT_NS UINT64_C(1000000000) /* at most, ... */
#define BEATS 4 /* ... and so often in --node-timeout, after which we are
                   lost for nodes, as they are for us */
#define KILL_AGAIN_NS UINT64_C(500000000)
#define END_NS UINT64_C(5000000000)     /* nodes that do not leave at the end */
#define BORROWED_GRACE_NS UINT64_C(500000000) /* of the second that mpirun
                                                 gives us after a SIGTERM, */
#define BORROWED_NS UINT64_C(800000000) /* and with all that comes behind it */

void root_send(struct root *root, uint32_t kind, uint32_t node,
               const void *body, size_t n)
{
    if (!root->link_ended && root->start.link != NULL)
        link_send(root->start.link, kind, node, body, n);
}

static bool is_borrowed(const struct root *root)
{
    return root->hosts.n == 0;
}

/* ---- what ends it -------------------------------------------------------- */

void root_stop(struct run *run)
{
    struct root *root = run->root;
    root->grants.stopped = true;
    if (root->open)
        root_send(root, WIRE_STOP, WIRE_ALL, NULL, 0);
}

void root_ask(struct run *run)
{
    root_send(run->root, WIRE_TERM, WIRE_ALL, NULL, 0);
}

void root_kill(struct run *run)
{
    struct root *root = run->root;
    if (root->kill_told_ns != 0
        && run->now_ns - root->kill_told_ns < KILL_AGAIN_NS)
        return;
    root->kill_told_ns = run->now_ns;
    root_send(root, WIRE_KILL, WIRE_ALL, NULL, 0);
}

uint64_t root_grace_ns(const struct run *run)
{
    const uint64_t grace_ns = run->job->grace_ns;
    return is_borrowed(run->root) && grace_ns > BORROWED_GRACE_NS
               ? BORROWED_GRACE_NS : grace_ns;
}

/* Whoever started us is gone, or about to kill us: what is here counts. */
static void check_borrowed(struct root *root)
{
    struct run *run = root->run;
    if (!is_borrowed(root) || run->over)
        return;
    if (getppid() != root->parent && run->terminations == 0)
        raise(SIGTERM);
    if (run->terminations == 0)
        return;
    if (root->terminated_ns == 0)
        root->terminated_ns = run->now_ns;
    if (run->now_ns - root->terminated_ns < BORROWED_NS)
        return;
    if (run->opened && !root->folded)
        gather_unfold(&run->gather);
    run_end(run);
}

/* ---- chunks -------------------------------------------------------------- */

static void send_grants(struct root *root)
{
    struct grant grant;
    int rc = 0;
    if (!root->open || root->folding)
        return;
    grants_set_behind(&root->grants, deliver_is_behind(root->run));
    while ((rc = grants_next(&root->grants, root->run->now_ns, &grant)) == 0
           && grant.what != GRANT_NOTHING) {
        if (grant.what == GRANT_CHUNKS)
            root_send(root, WIRE_GRANT, grant.node, &grant.range,
                      sizeof grant.range);
        else
            root_send(root, WIRE_RECALL, grant.node, &grant.n,
                      sizeof grant.n);
    }
    if (rc != 0)
        run_fail_memory(root->run);
}

/* ---- the fold ------------------------------------------------------------ */

static void begin_fold(struct root *root)
{
    root->folding = true;
    root->fold_ns = root->run->now_ns;
    root_send(root, WIRE_FOLD, WIRE_ALL, NULL, 0);
}

static bool all_are_staged(const struct root *root)
{
    for (uint32_t k = 0; k < root->n_nodes; k++)
        if (!root->node[k].staged)
            return false;
    return root->has_lanes;
}

void root_quit(struct root *root)
{
    /* About to be killed by mpirun: at once, when the first of them leaves. */
    if (root->quit || root->terminated_ns != 0)
        return;
    root->quit = true;
    root_send(root, WIRE_QUIT, WIRE_ALL, NULL, 0);
}

/* All of it counts now, and nodes can leave: outputs may still wait for
 * readers. */
static void end_fold(struct root *root)
{
    struct run *run = root->run;
    struct ff_error err;
    const enum gather_verdict v = gather_fold(&run->gather, &root->lanes);
    if (v == GATHER_NO_MEMORY) {
        run_fail_memory(run);
        return;
    }
    if (v == GATHER_UNWRITTEN) {
        run_fail(run, &run->gather.error);
        return;
    }
    root->folded = true;
    root_quit(root);
    const uint64_t missing = run->gather.grid.n_chunks
                             - run->gather.accepted.n_chunks
                             - run->gather.failed.n_chunks;
    if (v == GATHER_ACCEPTED && (missing == 0 || run->stopping))
        return;
    ff_error_set(&err, FF_LOST, "%llu chunks were lost between the nodes: "
                 "this is a defect of fanfold",
                 (unsigned long long)missing);
    run_fail(run, &err);
}

void root_is_complete(struct root *root)
{
    gather_unfold(&root->run->gather);
    root->folded = true;
    root_quit(root);
    event_notify(root->run->crew->event); /* looks again */
}

static void tend_open(struct root *root)
{
    struct run *run = root->run;
    const bool written = deliver_write(run);
    if (root->folding && !root->folded && all_are_staged(root)) {
        end_fold(root); /* more counts now than has been written */
        event_notify(run->crew->event);
        return;
    }
    if (run->over)
        return;
    if (root->folded) {
        if (written || run->stopping)
            run_end(run);
        return;
    }
    ending_check_halt(run);
    root_check_hope(root);
    if (!root->open || root->folding || !grants_done(&root->grants))
        return;
    if (gather_complete(&run->gather))
        root_is_complete(root); /* of a slow run all may be here already */
    else
        begin_fold(root);
}

/* ---- how far it is ------------------------------------------------------- */

/* Records come each second, what nodes say of themselves more often. */
static uint64_t items_done(const struct root *root)
{
    const uint64_t recorded = root->run->gather.items_done;
    uint64_t said = root->items_before;
    for (uint32_t k = 0; root->granting && k < root->n_nodes; k++)
        said += root->grants.node[k].status.items_done;
    return said > recorded ? said : recorded;
}

static void describe_node(const struct root *root, uint32_t k,
                          struct gauge_node *out)
{
    const struct root_node *node = &root->node[k];
    const struct wire_status *s = &root->grants.node[k].status;
    const uint32_t each = node->threads > 0 ? node->threads : 1;
    *out = (struct gauge_node){
        .n_workers = node->n_workers, .n_executors = s->n_executors,
        .n_idle = s->n_idle < s->n_executors ? s->n_idle : s->n_executors,
        .chunks = s->ran, .deaths = s->workers_died, .lost = node->lost};
    out->alive = s->n_executors / each;
    if (out->alive > out->n_workers)
        out->alive = out->n_workers;
    if (node->hello.n_local > 1)
        snprintf(out->name, sizeof out->name, "%.15s rank %u", node->host, k);
    else
        snprintf(out->name, sizeof out->name, "%.31s", node->host);
}

static void show_progress(struct root *root)
{
    struct run *run = root->run;
    const struct grid *grid = &run->gather.grid;
    if (!run->opened || run->over || !root->granting
        || !progress_is_due(&run->progress, run->now_ns)
        || !deliver_tell_progress(run))
        return;
    struct gauge_node *node = calloc(root->n_nodes, sizeof node[0]);
    for (uint32_t k = 0; node != NULL && k < root->n_nodes; k++)
        describe_node(root, k, &node[k]);
    if (node != NULL)
        progress_show_nodes(&run->progress, run->now_ns, items_done(root),
                            grid->last - grid->first, node, root->n_nodes);
    free(node);
}

/* ---- the look at everything ---------------------------------------------- */

static bool all_are_done(const struct root *root)
{
    for (uint32_t k = 0; k < root->n_nodes; k++)
        if (!root->node[k].done
            && (root->node[k].said_hello || !root->start.ours))
            return false;
    return true;
}

/* The result is there, or there is none: nodes tell what their workers did,
 * but nobody waits for them for long. */
static void tend_end(struct root *root)
{
    struct run *run = root->run;
    if (!root->folded)
        root_kill(run);
    root_quit(root);
    const bool late = run->now_ns > run->over_ns + END_NS
                      || root->terminated_ns != 0 || run->interrupts >= 2;
    if (late || root->link_ended || root->n_nodes == 0 || all_are_done(root))
        ev_break(run->loop, EVBREAK_ALL);
}

static void watch_out(struct root *root)
{
    struct ev_loop *loop = root->run->loop;
    struct link *link = root->start.link;
    if (link == NULL)
        return;
    if (!root->link_ended)
        link_flush(link);
    if (root->link_ended)
        ev_io_stop(loop, &root->in);
    if (!root->link_ended && link_unsent(link) > 0)
        ev_io_start(loop, &root->out);
    else
        ev_io_stop(loop, &root->out);
}

/* While nothing is read, the stream must not wake us. */
static void watch_in(struct root *root)
{
    struct ev_loop *loop = root->run->loop;
    if (root->deaf)
        ev_io_stop(loop, &root->in);
    else if (!root->link_ended && root->start.link != NULL)
        ev_io_start(loop, &root->in);
}

static void tend(struct root *root)
{
    struct run *run = root->run;
    struct ff_error err;
    run->now_ns = clock_ns();
    ending_take_signals(run);
    root_take(root);
    if (!run->over && root_upload(root, &err) != 0)
        run_fail(run, &err);
    root_check_nodes(root);
    check_borrowed(root);
    /* Nodes that are not ready have nothing that would count. */
    if (run->stopping && !root->open && !root->folded)
        run_end(run);
    if (run->opened && !run->over)
        tend_open(root);
    if (run->opened && !run->over)
        send_grants(root);
    keeping_tend(run);
    if (run->over)
        tend_end(root);
    watch_in(root);
    watch_out(root);
}

static void beat(struct root *root)
{
    struct run *run = root->run;
    const uint64_t most_ns = run->job->node_timeout_ns / BEATS;
    if (run->now_ns - root->beat_ns < (most_ns < BEAT_NS ? most_ns : BEAT_NS)
        || root->quit)
        return;
    root->beat_ns = run->now_ns;
    root_send(root, WIRE_BEAT, WIRE_ALL, NULL, 0);
}

/* ---- the loop ------------------------------------------------------------ */

static void on_event(struct ev_loop *loop, ev_io *io, int events)
{
    struct run *run = io->data;
    uint64_t n;
    (void)loop;
    (void)events;
    if (read(io->fd, &n, sizeof n) < 0) {
        /* Somebody else read it: nothing lost. */
    }
    tend(run->root);
}

static void on_stream(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    tend(io->data);
}

static void on_errors(struct ev_loop *loop, ev_io *io, int events)
{
    struct root *root = io->data;
    const bool show = root->run->job->verbose;
    (void)events;
    if (show)
        progress_clear(&root->run->progress);
    start_read_errors(&root->start, show);
    if (root->start.errors < 0)
        ev_io_stop(loop, io);
}

static void on_ended(struct ev_loop *loop, ev_io *io, int events)
{
    (void)events;
    ev_io_stop(loop, io);
    tend(io->data);
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct run *run = timer->data;
    (void)loop;
    (void)events;
    tend(run->root);
    ending_check_limits(run);
    beat(run->root);
    show_progress(run->root);
}

void root_watch(struct root *root)
{
    struct ev_loop *loop = root->run->loop;
    const struct start *start = &root->start;
    root->in.data = root->out.data = root->errors.data = root;
    root->ended_io.data = root;
    ev_io_init(&root->in, on_stream, link_in(start->link), EV_READ);
    ev_io_init(&root->out, on_stream, link_out(start->link), EV_WRITE);
    ev_io_init(&root->errors, on_errors, start->errors, EV_READ);
    ev_io_init(&root->ended_io, on_ended, start->pidfd, EV_READ);
    ev_io_start(loop, &root->in);
    if (start->errors >= 0)
        ev_io_start(loop, &root->errors);
    if (start->pidfd >= 0)
        ev_io_start(loop, &root->ended_io);
}

static int init(struct root *root, uint64_t started_ns, struct ff_error *err)
{
    struct run *run = root->run;
    const struct job *job = run->job;
    loop_memory_set();
    run->loop = ev_loop_new(EVBACKEND_POLL | EVFLAG_NOENV);
    if (run->loop == NULL)
        return ff_error_set(err, FF_LOST, "cannot start the event loop");
    run->started_ns = started_ns;
    run->now_ns = run->ticked_ns = clock_ns();
    ending_begin(run, started_ns);
    root->parent = getppid();
    run->event.data = run->tick.data = run;
    ev_io_init(&run->event, on_event, run->crew->event, EV_READ);
    ev_io_start(run->loop, &run->event);
    ev_timer_init(&run->tick, on_tick, TICK_S, TICK_S);
    ev_timer_start(run->loop, &run->tick);
    signal(SIGPIPE, SIG_IGN);
    signals_watch(run->crew->event);
    if (progress_init(&run->progress, job->progress, root->plan, run->now_ns,
                      err) != 0
        || root_begin(root, err) != 0)
        return -1;
    root_watch(root);
    return 0;
}

int root_run(const struct job *job, struct plan *plan,
             const struct input *input, const struct work_file *work,
             struct crew *crew, const struct compiled *kernel,
             struct root *root, struct keeper *keeper, uint64_t started_ns,
             struct outcome *outcome, struct ff_error *err)
{
    static struct run run; /* most of it is never touched */
    int rc;
    run.job = job;
    run.plan = plan;
    run.input = input;
    run.work = work;
    run.crew = crew;
    run.keeper = keeper;
    run.root = root;
    root->run = &run;
    root->plan = plan;
    root->kernel = kernel;
    rc = init(root, started_ns, err);
    if (rc == 0) {
        ev_run(run.loop, 0);
        root_add_up(root);
        rc = run_conclude(&run, started_ns, outcome, err);
    }
    if (rc == 0)
        root_fill(root, outcome);
    run_release(&run);
    root->run = NULL;
    return rc;
}
