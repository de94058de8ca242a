/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before a command starts: see gate.h.
 *
 * The words in struct gate_shm are hints that all workers of a node move. Each
 * is taken by a compare-and-swap from the value that was looked at, so that of
 * those who find the gate open at the same time one goes through. Nobody waits
 * for somebody: who took a start and died has cost one --delay.
 */
#include "gate.h"
#include "clock.h"
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK_NS 50000000u      /* while there is something to wait for */
#define BEAT_NS 200000000u     /* busy_ns is not written more often */
#define TELL_AFTER_NS 2000000000u
#define TELL_AGAIN_NS UINT64_C(60000000000)

/* ---- words --------------------------------------------------------------- */

/* A time that is past: what is in the future was not written in earnest. */
static uint64_t past(uint64_t now, uint64_t ns)
{
    return ns <= now ? ns : 0;
}

uint64_t gate_next(uint64_t now, uint64_t next_ns, uint64_t delay_ns)
{
    return next_ns <= now || next_ns - now > delay_ns ? now : next_ns;
}

bool gate_is_patient(uint64_t now, uint64_t since, uint64_t busy_ns)
{
    const uint64_t busy = past(now, busy_ns);
    return now - (busy > since ? busy : since) < GATE_PATIENCE_NS;
}

static bool swap(_Atomic uint64_t *word, uint64_t seen, uint64_t ns)
{
    return atomic_compare_exchange_strong(word, &seen, ns);
}

/* ---- conditions ---------------------------------------------------------- */

/* The load of the last minute; 0 when it cannot be read. */
static double load_now(void)
{
    double load = 0;
    FILE *file = fopen("/proc/loadavg", "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lf", &load) != 1)
        load = 0;
    fclose(file);
    return load;
}

static double gib(uint64_t bytes)
{
    return (double)bytes / (1u << 30);
}

/* What is waited for, for people; NULL: nothing. */
static const char *obstacle(const struct gate *gate, char text[160])
{
    const struct work_head *h = gate->head;
    struct memory memory;
    if (h->load > 0 && load_now() >= h->load) {
        snprintf(text, 160, "the load is not below %g (--load)", h->load);
        return text;
    }
    if (h->memfree_bytes == 0)
        return NULL;
    memory_read("", &memory);
    if (memory.free_bytes < h->memfree_bytes) {
        snprintf(text, 160, "less than %.1f GiB of memory are free "
                 "(--memfree)", gib(h->memfree_bytes));
        return text;
    }
    return NULL;
}

static void tell(struct node_shm *node, const struct ff *ff, const char *what,
                 uint64_t now)
{
    const uint64_t told = atomic_load(&node->gate.told_ns);
    const uint64_t before = past(now, told);
    if ((before == 0 || now - before >= TELL_AGAIN_NS)
        && swap(&node->gate.told_ns, told, now))
        ff->calls->log(ff, "waits to start a command: %s", what);
}

/* ---- waiting ------------------------------------------------------------- */

static bool run_ends(const struct gate *gate)
{
    return atomic_load_explicit(&gate->job->phase, memory_order_acquire)
           != PHASE_RUN;
}

/* So long, unless the run ends before: true then. */
static bool rest(const struct gate *gate, uint64_t ns)
{
    futex_wait(&gate->job->phase, PHASE_RUN, ns < LOOK_NS ? ns : LOOK_NS);
    return run_ends(gate);
}

/* Until the conditions hold, or have not held for so long that one goes
 * through all the same. */
static int wait_for_node(const struct gate *gate, struct node_shm *node,
                         const struct ff *ff)
{
    const uint64_t since = clock_ns();
    char text[160];
    const char *what;
    while ((what = obstacle(gate, text)) != NULL) {
        const uint64_t now = clock_ns();
        const uint64_t busy = atomic_load(&node->gate.busy_ns);
        if (!gate_is_patient(now, since, busy)
            && swap(&node->gate.busy_ns, busy, now))
            break;
        if (now - since >= TELL_AFTER_NS)
            tell(node, ff, what, now);
        if (rest(gate, LOOK_NS))
            return -1;
    }
    return 0;
}

static int wait_for_turn(struct gate *gate, struct node_shm *node)
{
    const uint64_t delay = gate->head->delay_ns;
    for (;;) {
        /* In this order: whoever wrote it took the time before, so it is not
         * further ahead of ours than a delay, unless it is wild. */
        const uint64_t seen = atomic_load(&node->gate.next_ns);
        const uint64_t now = clock_ns();
        const uint64_t next = gate_next(now, seen, delay);
        gate->claim_ns = now + delay;
        if (next == now && swap(&node->gate.next_ns, seen, gate->claim_ns))
            return 0;
        if (rest(gate, next > now ? next - now : 1))
            return -1;
    }
}

int gate_wait(struct gate *gate, struct node_shm *node, const struct ff *ff)
{
    if (run_ends(gate))
        return -1;
    if (gate->watches && wait_for_node(gate, node, ff) != 0)
        return -1;
    return gate->head->delay_ns > 0 ? wait_for_turn(gate, node) : 0;
}

/* ---- what runs ----------------------------------------------------------- */

/* The delay counts from here, unless the next one has started already. */
void gate_started(struct gate *gate, struct node_shm *node)
{
    if (gate->head->delay_ns > 0)
        swap(&node->gate.next_ns, gate->claim_ns,
             clock_ns() + gate->head->delay_ns);
    gate_runs(gate, node);
}

void gate_runs(const struct gate *gate, struct node_shm *node)
{
    if (!gate->watches)
        return;
    const uint64_t now = clock_ns();
    const uint64_t busy = atomic_load(&node->gate.busy_ns);
    if (now - past(now, busy) >= BEAT_NS)
        swap(&node->gate.busy_ns, busy, now);
}

int gate_init(struct gate *gate, const struct work_head *head,
              const struct job_shm *job, struct ff_error *err)
{
    *gate = (struct gate){.head = head, .job = job,
                          .watches = head->load > 0
                                     || head->memfree_bytes > 0};
    if (head->memfree_bytes == 0)
        return 0;
    struct memory memory;
    memory_read("", &memory);
    if (memory.all_bytes == 0 || head->memfree_bytes <= memory.all_bytes)
        return 0;
    return ff_error_set(err, FF_USAGE, "--memfree: so much memory is never "
                        "free: %.1f of %.1f GiB", gib(head->memfree_bytes),
                        gib(memory.all_bytes));
}
