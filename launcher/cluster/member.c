/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node of a cluster, from hello to farewell: see member.h. Before and after
 * the run it waits for the root in a loop of its own; during the run the loop
 * of run.c looks at everything, us among it.
 */
#include "member.h"
#include "cgroup.h"
#include "clock.h"
#include "failpoint.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "?"
#endif

/* ---- before the run ------------------------------------------------------ */

/* The fork server was started before: what is ours is its, too. */
static void share_with_server(const struct member *m)
{
    cpu_set_t *set;
    for (int n = 1024; (set = CPU_ALLOC((size_t)n)) != NULL; n *= 2) {
        const size_t size = CPU_ALLOC_SIZE((size_t)n);
        const int rc = sched_getaffinity(0, size, set);
        if (rc == 0)
            sched_setaffinity(m->crew->server, size, set);
        CPU_FREE(set);
        if (rc == 0 || errno != EINVAL)
            return;
    }
}

/* This machine, as far as it is for this node. */
static int read_machine(struct member *m, struct ff_error *err)
{
    struct parallel parallel;
    parallel_read(&parallel);
    if (parallel.n_local == 0) {
        parallel.local = carrier_local(m->carrier);
        parallel.n_local = carrier_n_local(m->carrier);
    }
    if (share_take(&m->share, &parallel, err) != 0)
        return -1;
    share_with_server(m);
    if (machine_init(&m->machine, err) != 0)
        return -1;
    share_limit(&m->share, &m->machine);
    return 0;
}

static void say_hello(struct member *m)
{
    const struct machine *machine = &m->machine;
    struct wire_hello hello = {
        .layout = wire_layout(), .n_nodes = carrier_n_nodes(m->carrier),
        .local = carrier_local(m->carrier),
        .n_local = carrier_n_local(m->carrier), .pid = getpid(),
        .budget = machine->budget, .hwthreads = share_hwthreads(machine),
        .n_cores = machine->n_cores_machine};
    snprintf(hello.version, sizeof hello.version, "%s", PACKAGE_VERSION);
    snprintf(hello.why, sizeof hello.why, "%s", machine->why);
    if (lease_is_due())
        hello.budget = lease_peek(machine, &hello.hwthreads, hello.why,
                                  sizeof hello.why);
    hello.limited = hello.budget < hello.n_cores;
    snprintf(hello.unit, sizeof hello.unit, "%s",
             machine->hwthreads ? "hwthread" : "core");
    snprintf(hello.host, sizeof hello.host, "%s", machine->host);
    carrier_send(m->carrier, WIRE_HELLO, &hello, sizeof hello);
}

/* Until there may be a message, or for a moment. */
static void wait_a_little(const struct member *m)
{
    const uint64_t ns = carrier_patience_ns(m->carrier);
    const struct timespec time = {.tv_sec = (time_t)(ns / 1000000000u),
                                  .tv_nsec = (long)(ns % 1000000000u)};
    struct pollfd on = {.fd = carrier_in(m->carrier), .events = POLLIN};
    ppoll(&on, 1, &time, NULL);
}

/* The next message: true; false: there was none yet. Does not come back when
 * the root is gone. */
static bool receive(struct member *m, struct wire_message *message)
{
    member_text_send(m);
    member_beat(m, clock_ns());
    const int rc = carrier_receive(m->carrier, message);
    if (rc < 0)
        member_leave(m, WIRE_BYE_ORPHANED);
    member_watch(m, rc > 0);
    if (rc == 0)
        wait_a_little(m);
    return rc > 0;
}

/* 0: the job can be run; 1: there is nothing to run; -1. */
static int get_job(struct member *m, struct ff_error *err)
{
    struct wire_message message;
    bool ready = false;
    while (!ready) {
        if (!receive(m, &message))
            continue;
        m->quit = message.head.kind == WIRE_QUIT;
        const int rc = m->quit ? 1 : member_take_job(m, &message, &ready, err);
        wire_message_release(&message);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* ---- the run ------------------------------------------------------------- */

static bool read_quota(const struct member *m, struct cgroup_throttle *t)
{
    return m->machine.quota_stat[0] != '\0'
           && cgroup_throttle_read(m->machine.quota_stat, t);
}

static void fill_done(const struct run *run, struct wire_done *done)
{
    done->n_workers = run->crew->n_workers;
    done->workers_died = run->workers_died;
    done->workers_recycled = run->workers_recycled;
    done->chunks_retried = run->dispatch.n_returned;
    done->slept_ns = run->slept_ns;
    done->longest_ns = run->longest_ns;
    done->longest_chunk = run->longest_chunk;
    memcpy(done->fingerprint_differs, run->fingerprint_differs,
           sizeof done->fingerprint_differs);
}

/* The loop has ended: what is known only now. */
static void conclude(struct run *run, struct ff_error *err)
{
    if (run->error.status == 0)
        supervise_tell_absent(run, true, &run->error);
    run_name_frames(run);
    for (size_t i = 0; i < run->gather.n_failures; i++)
        if (run->gather.failure[i].backtrace != NULL)
            member_failed(run, run->gather.failure[i].chunk);
    crew_hang_up(run->crew);
    if (run->error.status == 0)
        input_changed(run->input, &run->error);
    *err = run->error;
}

static void run_it(struct member *m, uint64_t started_ns,
                   struct wire_done *done, struct worker_outcome **worker,
                   struct ff_error *err)
{
    static struct run run; /* most of it is never touched */
    struct cgroup_throttle before = {0}, after = {0};
    const bool quota = read_quota(m, &before);
    run.job = &m->job;
    run.plan = &m->plan;
    run.input = &m->input;
    run.crew = m->crew;
    run.member = m;
    run.granted = &m->granted;
    m->run = &run;
    if (run_loop(&run, started_ns, err) == 0) {
        conclude(&run, err);
        fill_done(&run, done);
        *worker = run.worker;
    }
    if (quota && read_quota(m, &after)) {
        done->throttle_count = after.count - before.count;
        done->throttle_ns = after.ns - before.ns;
    }
    run_release(&run);
    lease_release(&m->lease); /* nothing runs; the next run may begin before
                                 we are gone */
    m->run = NULL;
}

/* ---- after it ------------------------------------------------------------ */

static void wait_for_quit(struct member *m)
{
    struct wire_message message;
    while (!m->quit)
        if (receive(m, &message)) {
            m->quit = message.head.kind == WIRE_QUIT;
            wire_message_release(&message);
        }
}

/* Prepared for what may come: Ctrl-C is for the root to decide on. */
static void set_signals(void)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static int work(struct member *m, uint64_t started_ns, struct wire_done *done,
                struct worker_outcome **worker, struct ff_error *err)
{
    if (member_text_open(m, err) != 0 || read_machine(m, err) != 0)
        return -1;
    m->crew->kernel_stdout = m->text[0].file;
    say_hello(m);
    if (get_job(m, err) == 0)
        run_it(m, started_ns, done, worker, err);
    return err->status == 0 ? 0 : -1;
}

int member_main(struct carrier *carrier, struct crew *crew, const char *argv0,
                uint64_t started_ns)
{
    static struct member m;
    struct ff_error err = {0};
    struct wire_done done = {0};
    struct worker_outcome *worker = NULL;
    (void)argv0;
    m.carrier = carrier;
    m.crew = crew;
    m.parent = getppid();
    m.looked_ns = clock_ns();
    m.input = INPUT_NONE;
    m.work = WORK_FILE_NONE;
    m.work_shm.fd = -1;
    m.lease = LEASE_NONE;
    set_signals();
    FAILPOINT_ARM("node", carrier_node(carrier), carrier_node(carrier) == 2);
    if (work(&m, started_ns, &done, &worker, &err) != 0)
        carrier_send(carrier, WIRE_ERROR, &err, sizeof err);
    crew_end(crew);
    wait_for_quit(&m);
    carrier_send2(carrier, WIRE_DONE, &done, sizeof done, worker,
                  done.n_workers * sizeof *worker);
    member_text_send(&m);
    free(worker);
    cover_release(&m.granted);
    cover_release(&m.waiting);
    cover_release(&m.failed_told);
    lanes_release(&m.lanes);
    free(m.spec);
    member_text_release(&m);
    member_job_release(&m);
    return 0;
}
