/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a node that the root did not order. MPI and its starters notice
 * little, and late; so we look ourselves: our parent (mpirun's daemon, or the
 * root) must live, and the root be heard. What is below us ends with us: the
 * fork server is the guardian (crew.h).
 *
 * Silence is counted while we are awake: a node that was stopped for a while
 * finds the messages of that time waiting. After a pause so long that the root
 * has given it up (and goes on without it) it waits for a word of it just a
 * little.
 */
#include "clock.h"
#include "member.h"
#include "signals.h"
#include "start.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define AWAKE_NS 200000000u       /* between two looks; more: we were not */
#define PAUSED_NS 5000000000u     /* a word from the root, after a pause */
#define STOP_NS 300000000u        /* after SIGTERM: chunks may end, until they
                                     are killed, ... */
#define TERM_NS 400000000u        /* ... and all is sent; mpirun kills after */
#define LAST_NS 900000000u        /* 1 s, or when the first of us has left */
#define SEND_NS 200000000u        /* the last words */

/* ---- leaving ------------------------------------------------------------- */

static void send_rest(struct member *m)
{
    const uint64_t until_ns = clock_ns() + SEND_NS;
    struct wire_message message;
    int rc = 0;
    while (rc >= 0 && carrier_unsent(m->carrier) > 0
           && clock_ns() < until_ns) {
        poll(NULL, 0, 1);
        rc = carrier_receive(m->carrier, &message);
        if (rc > 0)
            wire_message_release(&message);
    }
}

static void record_rest(struct run *run)
{
    if (!run->opened || run->member->folding)
        return;
    for (uint32_t rank = 0; rank < run->crew->n_workers; rank++)
        run_drain(run, rank);
    member_record(run, false);
}

void member_leave(struct member *m, enum wire_bye why)
{
    const uint32_t bye = why;
    if (why == WIRE_BYE_ORPHANED) {
        crew_hang_up(m->crew);
        if (getppid() != m->parent)
            start_clean_rank();
    } else if (m->run != NULL) {
        record_rest(m->run);
    }
    crew_hang_up(m->crew);
    member_text_send(m);
    carrier_send(m->carrier, WIRE_BYE, &bye, sizeof bye);
    send_rest(m);
    _exit(why == WIRE_BYE_TERMINATED ? FF_KILLED_TERM : FF_LOST);
}

/* ---- looking ------------------------------------------------------------- */

void member_watch(struct member *m, bool heard)
{
    const uint64_t now_ns = clock_ns(), elapsed_ns = now_ns - m->looked_ns;
    m->looked_ns = now_ns;
    if (getppid() != m->parent)
        member_leave(m, WIRE_BYE_ORPHANED);
    if (heard) {
        m->silent_ns = 0;
        m->paused = false;
        return;
    }
    if (m->timeout_ns == 0)
        return;
    m->paused = m->paused || elapsed_ns > m->timeout_ns;
    m->silent_ns += elapsed_ns < AWAKE_NS ? elapsed_ns : AWAKE_NS;
    const uint64_t limit_ns = m->paused && PAUSED_NS < m->timeout_ns
                              ? PAUSED_NS : m->timeout_ns;
    if (m->silent_ns > limit_ns) {
        start_end_daemon(m->parent);
        member_leave(m, WIRE_BYE_ORPHANED);
    }
}

/* All that is here goes to the root, and we are still there for the fold: the
 * root may have time to report all that was done, as long as nobody leaves. */
void member_check_signals(struct run *run)
{
    struct member *m = run->member;
    const uint32_t bye = WIRE_BYE_TERMINATED;
    if (signals_seen().terminations == 0)
        return;
    if (m->term_ns == 0) {
        m->term_ns = run->now_ns;
        run_stop(run, FF_INTERRUPTED, run->now_ns + STOP_NS);
    }
    if (!m->said_bye && (m->quiet || run->now_ns - m->term_ns >= TERM_NS)) {
        m->said_bye = true;
        record_rest(run);
        carrier_send(m->carrier, WIRE_BYE, &bye, sizeof bye);
    }
    if (run->now_ns - m->term_ns >= LAST_NS)
        member_leave(m, WIRE_BYE_TERMINATED);
}
