/* SPDX-License-Identifier: Apache-2.0 */
/* What is waited for before a command starts: the times, of which some were
 * written by nobody in earnest, and starts of several workers on one node. */
#include "clock.h"
#include "gate.h"
#include "tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define S UINT64_C(1000000000)

static void next_starts(void)
{
    const uint64_t now = 1000 * S, delay = 2 * S;
    CU_ASSERT_EQUAL(gate_next(now, 0, delay), now);
    CU_ASSERT_EQUAL(gate_next(now, now - 1, delay), now);
    CU_ASSERT_EQUAL(gate_next(now, now, delay), now);
    CU_ASSERT_EQUAL(gate_next(now, now + 1, delay), now + 1);
    CU_ASSERT_EQUAL(gate_next(now, now + delay, delay), now + delay);
    /* Later than anybody can have meant. */
    CU_ASSERT_EQUAL(gate_next(now, now + delay + 1, delay), now);
    CU_ASSERT_EQUAL(gate_next(now, UINT64_MAX, delay), now);
}

static void patience_ends(void)
{
    const uint64_t since = 1000 * S, end = since + GATE_PATIENCE_NS;
    CU_ASSERT_TRUE(gate_is_patient(since, since, 0));
    CU_ASSERT_TRUE(gate_is_patient(end - 1, since, 0));
    CU_ASSERT_FALSE(gate_is_patient(end, since, 0));
    /* Something ran meanwhile. */
    CU_ASSERT_TRUE(gate_is_patient(end, since, since + 1));
    CU_ASSERT_TRUE(gate_is_patient(end + S, since, end - 1));
    CU_ASSERT_FALSE(gate_is_patient(end + S, since, since + S));
    /* Something ran before only. */
    CU_ASSERT_FALSE(gate_is_patient(end, since, since - 1));
    /* In the future: nobody wrote that in earnest. */
    CU_ASSERT_FALSE(gate_is_patient(end, since, end + 1));
    CU_ASSERT_FALSE(gate_is_patient(end, since, UINT64_MAX));
}

/* ---- starts -------------------------------------------------------------- */

#define N_THREADS 8
#define N_STARTS 4
#define DELAY_NS UINT64_C(2000000)

static struct job_shm *job;
static struct node_shm *node;
static struct work_head head;
static uint64_t claimed[N_THREADS * N_STARTS];

/* Zeroed, in whole lines of a cache. */
static void *lines(size_t bytes)
{
    const size_t n = (bytes + 63) / 64 * 64;
    void *p = aligned_alloc(64, n);
    CU_ASSERT_FATAL(p != NULL);
    return memset(p, 0, n);
}

static void set_up(void)
{
    job = lines(job_shm_bytes(1, 1));
    node = lines(node_shm_bytes(1, 1));
    atomic_store(&job->phase, PHASE_RUN);
    head = (struct work_head){.delay_ns = DELAY_NS};
}

static void tear_down(void)
{
    free(job);
    free(node);
}

static void *start_some(void *arg)
{
    uint64_t *at = arg;
    struct gate gate;
    struct ff_error err;
    if (gate_init(&gate, &head, job, &err) != 0)
        return NULL;
    for (int i = 0; i < N_STARTS; i++)
        if (gate_wait(&gate, node, NULL) == 0)
            at[i] = gate.claim_ns;
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Each has a time of its own. first_ns: what stands there at the beginning. */
static void start_apart(uint64_t first_ns)
{
    pthread_t thread[N_THREADS];
    unsigned n_near = 0;
    set_up();
    atomic_store(&node->gate.next_ns, first_ns);
    memset(claimed, 0, sizeof claimed);
    for (int i = 0; i < N_THREADS; i++)
        CU_ASSERT_EQUAL(pthread_create(&thread[i], NULL, start_some,
                                       claimed + i * N_STARTS), 0);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(thread[i], NULL);
    qsort(claimed, N_THREADS * N_STARTS, sizeof claimed[0], by_time);
    CU_ASSERT(claimed[0] > 0);
    for (int i = 1; i < N_THREADS * N_STARTS; i++)
        n_near += claimed[i] - claimed[i - 1] < DELAY_NS;
    CU_ASSERT_EQUAL(n_near, 0);
    tear_down();
}

static void starts_are_apart(void)
{
    start_apart(0);
}

static void a_wild_time_holds_nobody_up(void)
{
    start_apart(UINT64_MAX);
    start_apart(clock_ns() + 1000 * S);
}

/* The delay counts from when there was a process, unless another one was
 * started meanwhile. */
static void a_late_start_counts(void)
{
    struct gate a, b;
    struct ff_error err;
    set_up();
    CU_ASSERT_EQUAL_FATAL(gate_init(&a, &head, job, &err), 0);
    b = a;
    CU_ASSERT_EQUAL(gate_wait(&a, node, NULL), 0);
    const uint64_t before = clock_ns();
    gate_started(&a, node);
    const uint64_t next = atomic_load(&node->gate.next_ns);
    CU_ASSERT(next >= before + DELAY_NS);
    CU_ASSERT_EQUAL(gate_wait(&b, node, NULL), 0);
    CU_ASSERT(clock_ns() >= next);
    const uint64_t taken = atomic_load(&node->gate.next_ns);
    gate_started(&a, node);
    CU_ASSERT_EQUAL(atomic_load(&node->gate.next_ns), taken);
    tear_down();
}

static void the_end_of_a_run_ends_it(void)
{
    static const uint32_t phases[] = {PHASE_STOP, PHASE_TERM, PHASE_QUIT};
    struct gate gate;
    struct ff_error err;
    set_up();
    head.delay_ns = 1000 * S;
    CU_ASSERT_EQUAL_FATAL(gate_init(&gate, &head, job, &err), 0);
    for (int i = 0; i < 3; i++) {
        atomic_store(&job->phase, phases[i]);
        CU_ASSERT_EQUAL(gate_wait(&gate, node, NULL), -1);
        CU_ASSERT_EQUAL(atomic_load(&node->gate.next_ns), 0);
    }
    tear_down();
}

static void *stop(void *arg)
{
    (void)arg;
    atomic_store(&job->phase, PHASE_STOP);
    futex_wake(&job->phase);
    return NULL;
}

/* Whoever waits already, too. */
static void waits_end_with_the_run(void)
{
    pthread_t thread;
    struct gate gate;
    struct ff_error err;
    set_up();
    head.delay_ns = 1000 * S;
    CU_ASSERT_EQUAL_FATAL(gate_init(&gate, &head, job, &err), 0);
    CU_ASSERT_EQUAL(gate_wait(&gate, node, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, stop, NULL), 0);
    CU_ASSERT_EQUAL(gate_wait(&gate, node, NULL), -1);
    pthread_join(thread, NULL);
    tear_down();
}

static void too_much_memory_is_refused(void)
{
    struct gate gate;
    struct ff_error err = {.status = 0};
    set_up();
    head.memfree_bytes = UINT64_C(1) << 60;
    CU_ASSERT_EQUAL(gate_init(&gate, &head, job, &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    head.memfree_bytes = 1;
    CU_ASSERT_EQUAL(gate_init(&gate, &head, job, &err), 0);
    tear_down();
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"when the next one may start", next_starts},
        {"patience ends", patience_ends},
        {"starts of several are apart", starts_are_apart},
        {"a wild time holds nobody up", a_wild_time_holds_nobody_up},
        {"a late start counts", a_late_start_counts},
        {"nobody starts when the run ends", the_end_of_a_run_ends_it},
        {"whoever waits stops when the run ends", waits_end_with_the_run},
        {"more memory than there is", too_much_memory_is_refused},
    };
    return TAP_RUN(tests);
}
