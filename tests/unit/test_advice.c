/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advice: a good run has none; each cause has its line, at its threshold and
 * not below; and the first of two causes is the one that explains the other.
 */
#include "advice.h"
#include "tap.h"

#include <string.h>

#define MS UINT64_C(1000000)
#define MAX_WORKERS 16

/* A run, and its advice. */
struct scene {
    struct job job;
    struct machine machine;
    struct plan plan;
    struct worker_outcome worker[MAX_WORKERS];
    struct outcome o;
    char advice[ADVICE_TEXT];
};

/* 4 workers on 4 cores, 1 s, busy for 97 % of it; 1000 chunks of 10. */
static void good(struct scene *s)
{
    memset(s, 0, sizeof *s);
    s->machine.budget = s->machine.n_cores = 4;
    strcpy(s->machine.why, "all 4 cores");
    s->plan.n_workers = 4;
    s->plan.threads = 1;
    for (int i = 0; i < 4; i++)
        s->worker[i] = (struct worker_outcome){
            .chunks = 250, .busy_ns = 970 * MS, .publish_ns = MS,
            .cpu_ns = 960 * MS, .wait_ns = 10 * MS};
    s->o = (struct outcome){
        .end = RUN_COMPLETE, .worker = s->worker, .chunks_done = 1000,
        .grid = {.first = 0, .last = 10000, .chunk_items = 10,
                 .n_chunks = 1000},
        .wall_ns = 1010 * MS, .startup_ns = 10 * MS, .compute_ns = 1000 * MS,
        .longest_ns = 8 * MS, .longest_chunk = 7};
}

static void busy(struct scene *s, const uint64_t ms[4])
{
    for (int i = 0; i < 4; i++) {
        s->worker[i].busy_ns = ms[i] * MS;
        s->worker[i].cpu_ns = ms[i] * MS;
    }
}

static int says(struct scene *s, const char *text)
{
    advice_of(s->advice, &s->job, &s->machine, &s->plan, &s->o);
    const int well = *text == '\0' ? s->advice[0] == '\0'
                                   : strstr(s->advice, text) != NULL;
    if (!well)
        tap_note("advice is '%s', not '%s'", s->advice, text);
    return well;
}

static void none(void)
{
    struct scene s;
    good(&s);
    CU_ASSERT(says(&s, ""));
    s.o.worker = NULL;
    CU_ASSERT(says(&s, ""));
    good(&s);
    s.o.serial = true;
    CU_ASSERT(says(&s, ""));
    good(&s);
    busy(&s, (const uint64_t[]){900, 100, 100, 100});
    s.o.end = RUN_INTERRUPTED;
    CU_ASSERT(says(&s, ""));
    s.o.end = RUN_COMPLETE;
    s.o.spec.kind = FF_KERNEL_ONCE;
    CU_ASSERT(says(&s, ""));
    memset(&s.o, 0, sizeof s.o); /* no items */
    s.o.worker = s.worker;
    CU_ASSERT(says(&s, ""));
}

/* Poor, and nothing that we know explains it. */
static void no_guess(void)
{
    struct scene s;
    good(&s);
    busy(&s, (const uint64_t[]){500, 500, 500, 500});
    CU_ASSERT(says(&s, ""));
}

static void start(void)
{
    struct scene s;
    good(&s);
    s.o.compute_ns = 49 * MS;
    s.o.startup_ns = 50 * MS;
    CU_ASSERT(says(&s, "the run is too short for 4 workers"));
    s.o.spec.n_shared = 1; /* they were loaded */
    CU_ASSERT(says(&s, ""));
    s.o.spec.n_shared = 0;
    s.o.compile_ns = 45 * MS; /* is told anyway */
    CU_ASSERT(says(&s, ""));
    s.o.startup_ns = 49 * MS;
    CU_ASSERT(says(&s, ""));
    s.o.startup_ns = 900 * MS;
    s.o.compute_ns = 1000 * MS;
    CU_ASSERT(says(&s, ""));
}

static void quota(void)
{
    struct scene s;
    good(&s);
    strcpy(s.machine.why, "4 of 8 cores: cpu.max 350000/100000 in /x");
    s.o.throttle = (struct cgroup_throttle){9, 199 * MS};
    CU_ASSERT(says(&s, ""));
    s.o.throttle.ns = 200 * MS; /* 5 % of 4 s */
    CU_ASSERT(says(&s, "the CPU quota held the workers back 9 times, for "
                       "200.0 ms in all (4 of 8 cores: cpu.max "
                       "350000/100000 in /x)"));
    for (int i = 0; i < 4; i++)
        s.worker[i].wait_ns = 900 * MS; /* because of it */
    CU_ASSERT(says(&s, "the CPU quota held"));
    s.machine.budget = 2;
    CU_ASSERT(says(&s, "4 threads are more than the CPU quota has room for"));
}

static void crowded(void)
{
    struct scene s;
    good(&s);
    for (int i = 0; i < 4; i++)
        s.worker[i].wait_ns = 96 * MS;
    CU_ASSERT(says(&s, ""));
    for (int i = 0; i < 4; i++)
        s.worker[i].wait_ns = 97 * MS;
    CU_ASSERT(says(&s, "something else used the cores: the workers waited "
                       "388.0 ms for their turn, and were in chunks for "
                       "3.880 s"));
    s.machine.budget = 2;
    CU_ASSERT(says(&s, "4 threads shared 2 cores, and waited 388.0 ms for "
                       "their turn: -n 2 is enough"));
    s.plan.n_workers = 2; /* of two threads each */
    s.plan.threads = 2;
    for (int i = 0; i < 2; i++)
        s.worker[i].wait_ns *= 2;
    CU_ASSERT(says(&s, "4 threads shared 2 cores, and waited 388.0 ms for "
                       "their turn: 2 are enough"));
    good(&s);
    for (int i = 0; i < 4; i++) { /* hardly any work: it proves nothing */
        s.worker[i].busy_ns = MS;
        s.worker[i].wait_ns = 96 * MS;
    }
    CU_ASSERT(says(&s, ""));
}

static void long_chunk(void)
{
    struct scene s;
    good(&s);
    busy(&s, (const uint64_t[]){900, 300, 300, 300});
    s.o.longest_ns = 850 * MS;
    CU_ASSERT(says(&s, "chunk 7 (items 70 to 79) alone took 850.0 ms of 1.000 "
                       "s: --chunk 1 divides it"));
    s.o.longest_ns = 499 * MS; /* others were in its place for longer */
    CU_ASSERT(says(&s, ""));
    s.o.longest_ns = 850 * MS;
    s.o.grid.chunk_items = 1;
    CU_ASSERT(says(&s, "item 7 alone took 850.0 ms of 1.000 s"));
    /* Wide awake all the time: then it was not waited for. */
    busy(&s, (const uint64_t[]){900, 900, 900, 900});
    CU_ASSERT(says(&s, ""));
}

static void few(void)
{
    struct scene s;
    good(&s);
    busy(&s, (const uint64_t[]){900, 900, 450, 450});
    for (int i = 0; i < 4; i++)
        s.worker[i].chunks = 2;
    s.o.longest_ns = 450 * MS;
    s.o.grid = (struct grid){.last = 10000, .chunk_items = 1250, .n_chunks = 8};
    CU_ASSERT(says(&s, "8 chunks keep 4 threads not busy to the end: --chunk "
                       "156 makes 65 of them"));
    s.o.grid.n_chunks = 16;
    CU_ASSERT(says(&s, ""));
    s.o.grid = (struct grid){.last = 6, .chunk_items = 1, .n_chunks = 6};
    CU_ASSERT(says(&s, "6 items keep 4 threads not busy to the end"));
    s.o.grid = (struct grid){.last = 10000, .chunk_items = 10000,
                             .n_chunks = 1};
    CU_ASSERT(says(&s, "1 chunk keeps 4 threads not busy"));
}

static void pinned(void)
{
    struct scene s;
    good(&s);
    s.job.schedule = SCHEDULE_CYCLIC;
    CU_ASSERT(says(&s, ""));
    busy(&s, (const uint64_t[]){900, 300, 300, 300});
    CU_ASSERT(says(&s, "with --schedule=cyclic nobody takes over"));
}

static void died(void)
{
    struct scene s;
    good(&s);
    s.o.workers_died = 3;
    s.o.chunks_retried = 1;
    CU_ASSERT(says(&s, ""));
    busy(&s, (const uint64_t[]){500, 500, 500, 500});
    CU_ASSERT(says(&s, "")); /* is told anyway */
    for (int i = 0; i < 4; i++)
        s.worker[i].wait_ns = 900 * MS;
    CU_ASSERT(says(&s, ""));
    good(&s); /* all of two items ran too long */
    busy(&s, (const uint64_t[]){0, 0, 0, 0});
    s.o.grid = (struct grid){.last = 2, .chunk_items = 1, .n_chunks = 2};
    s.o.workers_died = 6;
    CU_ASSERT(says(&s, ""));
}

/* We were stopped, and handed out nothing. */
static void slept(void)
{
    struct scene s;
    good(&s);
    busy(&s, (const uint64_t[]){500, 500, 500, 500});
    for (int i = 0; i < 4; i++)
        s.worker[i].wait_ns = 100 * MS;
    CU_ASSERT(says(&s, "something else used the cores"));
    s.o.slept_ns = 51 * MS;
    CU_ASSERT(says(&s, ""));
    s.o.slept_ns = 50 * MS;
    CU_ASSERT(says(&s, "something else used the cores"));
}

static void asleep(void)
{
    struct scene s;
    good(&s);
    for (int i = 0; i < 4; i++)
        s.worker[i].cpu_ns = 240 * MS;
    CU_ASSERT(says(&s, "the kernel used a CPU in 25 % of its time"));
    CU_ASSERT(says(&s, "(-n 16 --oversubscribe)"));
    s.machine.budget = 2; /* it has that already */
    CU_ASSERT(says(&s, ""));
    s.machine.budget = 4;
    for (int i = 0; i < 4; i++)
        s.worker[i].wait_ns = 0; /* not known: others may have had the cores */
    CU_ASSERT(says(&s, ""));
}

/* The threads of a team are one executor. */
static void team(void)
{
    struct scene s;
    good(&s);
    s.plan.n_workers = 1;
    s.plan.threads = 4;
    s.o.spec.kind = FF_KERNEL_TEAM;
    s.worker[0].cpu_ns = 3900 * MS;
    CU_ASSERT(says(&s, ""));
    CU_ASSERT_EQUAL(outcome_executors(&s.o, &s.plan), 1);
    CU_ASSERT_DOUBLE_EQUAL(outcome_efficiency(&s.o, &s.plan), 0.97, 1e-12);
    s.worker[0].busy_ns = 500 * MS; /* more chunks would keep no other busy */
    s.o.grid = (struct grid){.last = 3, .chunk_items = 1, .n_chunks = 3};
    CU_ASSERT(says(&s, ""));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"a good run has none", none},
        {"nothing is guessed", no_guess},
        {"the start", start},
        {"the CPU quota", quota},
        {"waiting for a core", crowded},
        {"one long chunk", long_chunk},
        {"too few chunks", few},
        {"schedules without stealing", pinned},
        {"deaths", died},
        {"a launcher that was stopped", slept},
        {"a kernel that waits", asleep},
        {"a team is one executor", team},
    };
    return TAP_RUN(tests);
}
