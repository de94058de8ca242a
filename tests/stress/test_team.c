/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Teams and their barrier with threads that stall anywhere, so that some spin
 * and some sleep; also under the thread sanitizer, which sees every access
 * that no barrier puts in order. What must come out is known in closed form.
 * Assertions are made by the main thread only; the others count faults.
 */
#include "barrier.h"
#include "clock.h"
#include "fpenv.h"
#include "tap.h"
#include "team.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_THREADS = 9 };

/* xorshift64*, Vigna 2016. */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

/* Mostly not, sometimes for longer than anybody spins. */
static void stall(uint64_t *random)
{
    const uint64_t r = draw(random) >> 32;
    if (r % 256 == 0)
        nanosleep(&(struct timespec){0, (long)(r / 256 % 200000)}, NULL);
    else if (r % 8 == 0)
        sched_yield();
    else
        for (uint64_t i = 0; i < r / 8 % 64; i++)
            cpu_relax();
}

/* ---- the barrier --------------------------------------------------------- */

struct meeting {
    struct barrier barrier;
    uint32_t n, turns, leaver, leaves_at; /* turns that the leaver comes to */
    uint32_t cell[MOST_THREADS];          /* plain: the barrier orders it */
    _Atomic uint32_t left;                /* turns that the leaver came to */
    _Atomic uint64_t faults, thrown_out;
};

static struct meeting meeting;

static bool somebody_left(const void *arg, uint32_t turn)
{
    const struct meeting *m = arg;
    const uint32_t left = atomic_load(&m->left);
    return left != 0 && (int32_t)(left - turn) < 0;
}

/* Writes its cell, meets, reads all cells, meets. */
static void *meet(void *arg)
{
    const uint32_t tid = (uint32_t)(uintptr_t)arg;
    uint64_t random = tid + 1;
    _Atomic uint32_t turn = 0;
    for (uint32_t i = 1; i <= meeting.turns; i++) {
        if (tid == meeting.leaver && 2 * i > meeting.leaves_at) {
            atomic_store(&meeting.left, atomic_load(&turn));
            return NULL;
        }
        stall(&random);
        meeting.cell[tid] = i;
        bool all = barrier_wait(&meeting.barrier, tid, &turn);
        for (uint32_t t = 0; t < meeting.n && all; t++)
            if (meeting.cell[t] != i)
                atomic_fetch_add(&meeting.faults, 1);
        all = all && barrier_wait(&meeting.barrier, tid, &turn);
        if (!all) {
            atomic_fetch_add(&meeting.thrown_out, 1);
            return NULL;
        }
    }
    return NULL;
}

static void run_meeting(uint32_t n, bool crowded, bool light, uint32_t turns,
                        uint32_t leaver, uint32_t leaves_at)
{
    pthread_t thread[MOST_THREADS];
    memset(&meeting, 0, sizeof meeting);
    CU_ASSERT_FATAL(barrier_init(&meeting.barrier, n, crowded, somebody_left,
                                 &meeting, NULL) == 0);
    meeting.barrier.light = meeting.barrier.light && light;
    meeting.n = n;
    meeting.turns = turns;
    meeting.leaver = leaver;
    meeting.leaves_at = leaves_at;
    for (uint32_t t = 0; t < n; t++)
        CU_ASSERT_FATAL(pthread_create(&thread[t], NULL, meet,
                                       (void *)(uintptr_t)t) == 0);
    for (uint32_t t = 0; t < n; t++)
        pthread_join(thread[t], NULL);
    barrier_release(&meeting.barrier);
}

static void nobody_passes_before_all_have_come(void)
{
    static const uint32_t sizes[] = {1, 2, 3, 5, 8, 9};
    const uint32_t turns = tap_long() ? 50000 : 1000;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int kind = 0; kind < 3; kind++) {
            /* Dissemination is slow with few cores, which is why it is not
             * used there. */
            const uint32_t some =
                kind != 0 && sizes[i] > 2 ? turns / 20 : turns;
            run_meeting(sizes[i], kind == 0, kind == 1, some, MOST_THREADS, 0);
            CU_ASSERT(atomic_load(&meeting.faults) == 0);
            CU_ASSERT(atomic_load(&meeting.thrown_out) == 0);
            for (uint32_t t = 0; t < sizes[i]; t++)
                CU_ASSERT(meeting.cell[t] == some);
        }
}

static void who_waits_in_vain_finds_out(void)
{
    for (uint32_t n = 2; n <= MOST_THREADS; n += 3)
        for (int crowded = 0; crowded < 2; crowded++)
            for (uint32_t leaver = 0; leaver < n; leaver += 2) {
                run_meeting(n, crowded, true, 20, leaver, 12);
                CU_ASSERT(atomic_load(&meeting.thrown_out) == n - 1);
                CU_ASSERT(atomic_load(&meeting.faults) == 0);
            }
}

/* ---- teams --------------------------------------------------------------- */

enum { ITEMS, SUM, REDUCED, LEAST, SINGLES, TORN, LOOPED, N_RESULTS };
enum { LOOPS = 21, MOST_ITEMS = 64 };

static const uint32_t ops[N_RESULTS] = {
    FF_OP_COUNT, FF_OP_SUM, FF_OP_SUM, FF_OP_MIN, FF_OP_COUNT, FF_OP_COUNT,
    FF_OP_COUNT};

static uint64_t owner[MOST_ITEMS]; /* plain: each item has one thread a loop */
static _Thread_local uint64_t random_state;
static uint64_t leave_in; /* the chunk that begins there goes wrong */

static void fold(struct ff *ff, uint32_t result, union ff_value value)
{
    struct ff_decl decl = {.index = result};
    *ff_room_(ff, &decl, 1) = value;
}

static void fold_f64(struct ff *ff, uint32_t result, double x)
{
    fold(ff, result, (union ff_value){.f64 = x});
}

static void count(struct ff *ff, uint32_t result, uint64_t n)
{
    fold(ff, result, (union ff_value){.u64 = n});
}

/* Every item of each loop comes to one thread; a barrier hands the owners of
 * the items on. */
static void run_loops(struct ff *ff, uint64_t begin, uint64_t end)
{
    for (uint64_t k = 0; k < LOOPS; k++) {
        struct ff_loop loop = ff_loop(ff, begin, end, 1 + k % 3);
        uint64_t lo, hi;
        while (ff_next(ff, &loop, &lo, &hi)) {
            stall(&random_state);
            count(ff, LOOPED, hi - lo);
            for (uint64_t i = lo; i < hi && k == 0; i++)
                owner[i - begin] = i;
        }
        if (k == 0)
            ff_barrier(ff);
    }
    for (uint64_t i = begin; i < end; i++)
        count(ff, TORN, owner[i - begin] != i);
    ff_barrier(ff);
}

/* What item i is worth. Sums of chunks fit a double, that of all may not. */
static int64_t integer(uint64_t i)
{
    return i % 3 == 0 ? 1000000000000000 : i % 3 == 1 ? 1 : -1000000000000000;
}

static void team_kernel(struct ff *ff, uint64_t begin, uint64_t end)
{
    double x[MOST_ITEMS];
    uint64_t lo, hi;
    if (random_state == 0)
        random_state = ff->thread + 1;
    ff_team_share(ff, begin, end, &lo, &hi);
    for (uint64_t i = lo; i < hi; i++) {
        x[i - lo] = (double)integer(i);
        fold_f64(ff, SUM, x[i - lo]);
        count(ff, ITEMS, 1);
    }
    stall(&random_state);
    if (leave_in == begin && ff->thread == 0)
        return;
    for (int k = 0; k < 3; k++)
        if (ff_single(ff))
            count(ff, SINGLES, 1);
    run_loops(ff, begin, end);
    const double sum = ff_team_sum(ff, x, hi - lo);
    const double least = ff_team_min(ff, (double)lo);
    if (ff_team_sum_int(ff, 1) != ff->threads || least != (double)begin
        || ff_team_max(ff, (double)hi) != (double)end)
        count(ff, TORN, 1);
    fold_f64(ff, LEAST, least);
    if (ff->thread == ff->threads - 1)
        fold_f64(ff, REDUCED, sum);
}

struct arena {
    struct job_shm *job;
    struct node_shm *node;
    struct executor_shm *shm;
    struct executor executor[MOST_THREADS];
    struct spec spec;
    struct partial_layout layout;
    struct team team;
    pthread_t thread[MOST_THREADS];
    uint32_t n;
};

static struct arena arena;

static void *serve(void *arg)
{
    team_serve(&arena.team, (uint32_t)(uintptr_t)arg);
    return NULL;
}

static void *zeroed(size_t bytes)
{
    bytes = (bytes + 63) / 64 * 64;
    void *p = aligned_alloc(64, bytes);
    CU_ASSERT_FATAL(p != NULL);
    return memset(p, 0, bytes);
}

static void arena_init(uint32_t n, bool crowded)
{
    struct arena *a = &arena;
    memset(a, 0, sizeof *a);
    a->n = n;
    a->job = zeroed(job_shm_bytes(n, 0));
    a->node = zeroed(node_shm_bytes(n, 1));
    a->shm = zeroed(n * sizeof *a->shm);
    a->job->n_workers = a->job->size = 1;
    a->job->threads = a->job->n_executors = a->job->team = n;
    a->job->n_pool = 1;
    for (uint32_t r = 0; r < N_RESULTS; r++) {
        char name[SPEC_NAME];
        snprintf(name, sizeof name, "r%u", r);
        spec_add_result(&a->spec, name, ops[r],
                        spec_add_source(&a->spec, name, ops[r]));
    }
    partial_layout_init(&a->layout, &a->spec, 0);
    for (uint32_t t = 0; t < n; t++)
        CU_ASSERT_FATAL(executor_init(&a->executor[t], a->job, a->node,
                                      &a->shm[t], 0, t, &a->layout,
                                      team_kernel, -1, -1, NULL) == 0);
    CU_ASSERT_FATAL(team_init(&a->team, a->executor, n, team_kernel, crowded,
                              NULL) == 0);
    for (uint32_t t = 1; t < n; t++)
        CU_ASSERT_FATAL(pthread_create(&a->thread[t], NULL, serve,
                                       (void *)(uintptr_t)t) == 0);
}

static void arena_release(void)
{
    struct arena *a = &arena;
    team_end(&a->team);
    for (uint32_t t = 1; t < a->n; t++)
        pthread_join(a->thread[t], NULL);
    team_release(&a->team);
    for (uint32_t t = 0; t < a->n; t++)
        executor_release(&a->executor[t]);
    free(a->job);
    free(a->node);
    free(a->shm);
}

static struct value value_of(uint32_t result)
{
    struct value v;
    partial_finish(&arena.layout, arena.executor[0].stage.partial, NULL,
                   result, &v);
    return v;
}

static uint64_t count_of(uint32_t result)
{
    return strtoull(value_of(result).decimal, NULL, 10);
}

/* Chunks of 0 .. MOST_ITEMS items; every eighth fails. */
static void run_team(uint32_t n, bool crowded, uint32_t chunks)
{
    uint64_t random = 7 * n + crowded, items = 0, well = 0;
    int64_t sum = 0;
    arena_init(n, crowded);
    for (uint32_t c = 0; c < chunks; c++) {
        const uint64_t begin = 100 * (uint64_t)c;
        const uint64_t end = begin + draw(&random) % (MOST_ITEMS + 1);
        const bool wrong = c % 8 == 3 && n > 1;
        leave_in = wrong ? begin : UINT64_MAX;
        CU_ASSERT(executor_try(&arena.executor[0], begin, end) == !wrong);
        if (wrong)
            continue;
        well++;
        items += end - begin;
        for (uint64_t i = begin; i < end; i++)
            sum += integer(i);
    }
    stage_drain(&arena.executor[0].stage);
    CU_ASSERT(count_of(ITEMS) == items);
    CU_ASSERT(count_of(LOOPED) == LOOPS * items);
    CU_ASSERT(count_of(SINGLES) == 3 * well);
    CU_ASSERT(count_of(TORN) == 0);
    CU_ASSERT(value_of(SUM).f64 == (double)sum);
    CU_ASSERT(value_of(REDUCED).f64 == (double)sum);
    CU_ASSERT(value_of(LEAST).f64 == 0);
    tap_note("%u threads%s: %u chunks, %llu items", n,
             crowded ? ", crowded" : "", chunks, (unsigned long long)items);
    arena_release();
}

static void a_team_does_what_one_thread_does(void)
{
    const uint32_t chunks = tap_long() ? 5000 : 40;
    for (uint32_t n = 1; n <= MOST_THREADS; n += n < 3 ? 1 : 3) {
        run_team(n, true, chunks);
        if (n <= 3)
            run_team(n, false, chunks);
    }
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"nobody passes a barrier before all have come",
         nobody_passes_before_all_have_come},
        {"who waits in vain finds out", who_waits_in_vain_finds_out},
        {"a team does what one thread does", a_team_does_what_one_thread_does},
    };
    return TAP_RUN(tests);
}
