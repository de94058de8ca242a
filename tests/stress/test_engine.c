/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine under stress: executors that stall and die at every window that
 * common/ledger.h names, and at any instruction, while a launcher folds what
 * they publish. However it goes, at the end every chunk is counted exactly
 * once or has failed, and the results are those of a plain loop over the
 * items: counts and sums in 128-bit integers, exact (the doubles are multiples
 * of 2^-20), and bit for bit those of one executor that never dies.
 *
 * Seeds are fixed, schedules are not: FANFOLD_TEST_SEED=N gives other ones.
 */
#include "arena.h"
#include "tap.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif
#ifndef THREAD_SANITIZER
#define THREAD_SANITIZER 0
#endif

#define PERCENT (UINT32_C(1) << 20) / 100
#define PER_MILLE (UINT32_C(1) << 20) / 1000

/* ---- the kernel ---------------------------------------------------------- */

enum { N_ITEMS, ITEM_SUM, HASH_SUM, EXACT_SUM, LEAST, MOST, LEAST_HASH,
       MOST_HASH, VARIANCES, N_VARIANCES = 14, WIDE_VARIANCES = 22,
       MAX_RESULTS = VARIANCES + WIDE_VARIANCES };

/* "taken", "stolen", "between-words", "give-back", see arena.c. */
#define BETWEEN_WORDS (1u << 1 | 1u << 3 | 1u << 4 | 1u << 5)

static const struct ff_decl decl[MAX_RESULTS] = {
#define D(i) [i] = {.index = i}
    D(0), D(1), D(2), D(3), D(4), D(5), D(6), D(7), D(8), D(9), D(10), D(11),
    D(12), D(13), D(14), D(15), D(16), D(17), D(18), D(19), D(20), D(21),
    D(22), D(23), D(24), D(25), D(26), D(27), D(28), D(29)
#undef D
};

static struct spec spec_of(uint32_t n_results)
{
    static const uint32_t ops[] = {
        FF_OP_COUNT, FF_OP_SUM_INT, FF_OP_SUM_INT, FF_OP_SUM, FF_OP_MIN,
        FF_OP_MAX, FF_OP_MIN_INT, FF_OP_MAX_INT};
    struct spec spec = {.n_results = 0};
    for (uint32_t i = 0; i < n_results; i++) {
        const uint32_t op = i < VARIANCES ? ops[i]
                            : i + 1 < n_results ? FF_OP_VARIANCE
                                                : FF_OP_PRODUCT;
        char name[SPEC_NAME];
        snprintf(name, sizeof name, "r%" PRIu32, i);
        spec_add_result(&spec, name, op, spec_add_source(&spec, name, op));
    }
    return spec;
}

/* SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* An item's double, in 2^-20. */
static int64_t scaled(uint64_t item)
{
    return (int64_t)(mix(item) >> 24) - (INT64_C(1) << 39);
}

static double small_value(uint64_t item, uint32_t k)
{
    return (double)(mix(item) >> k & 1023);
}

/* What ff_fail is called for, and what kills its executor always. */
static bool is_refused(uint32_t chunk)
{
    return chunk == 3 || (mix(chunk) % 97 == 0
                          && mix(mix(chunk)) % (1 + chunk / 400) == 0);
}

static bool is_deadly(uint32_t chunk)
{
    return mix(~(uint64_t)chunk) % 150 == 0;
}

static uint32_t chunk_of(const struct ff *ff, uint64_t begin)
{
    return grid_chunk_of(&((const struct executor *)ff)->job->grid, begin);
}

static void fold_item(struct ff *ff, uint64_t i, uint32_t n_results)
{
    const double x = (double)scaled(i) * 0x1p-20;
    const int64_t h = (int64_t)mix(i);
#define RESULT(type, i) (struct ff_result_##type){&decl[i]}
    if (n_results > 0)
        ff_count(ff, RESULT(count, N_ITEMS), 1);
    if (n_results <= 1)
        return;
    ff_sum_int(ff, RESULT(sum_int, ITEM_SUM), (int64_t)i);
    ff_sum_int(ff, RESULT(sum_int, HASH_SUM), h);
    ff_sum(ff, RESULT(sum, EXACT_SUM), x);
    ff_min(ff, RESULT(min, LEAST), x);
    ff_max(ff, RESULT(max, MOST), x);
    ff_min_int(ff, RESULT(min_int, LEAST_HASH), h);
    ff_max_int(ff, RESULT(max_int, MOST_HASH), h);
    if (n_results > VARIANCES) /* ordered; its bytes tell in which order */
        ff_product(ff, RESULT(product, n_results - 1),
                   1 + small_value(i, 0) * 0x1p-20);
    for (uint32_t r = VARIANCES; r + 1 < n_results; r++)
        ff_variance(ff, RESULT(variance, r), small_value(i, r));
#undef RESULT
}

static void kernel(struct ff *ff, uint64_t begin, uint64_t end)
{
    const struct executor *e = (const struct executor *)ff;
    const uint32_t c = chunk_of(ff, begin);
    for (uint64_t i = begin; i < end; i++)
        fold_item(ff, i, e->stage.layout->n_results);
    if (c % 16 == 0)
        arena_point("kernel");
    if (is_refused(c))
        ff_fail(ff, begin, "chunk %" PRIu32, c);
}

static void deadly_kernel(struct ff *ff, uint64_t begin, uint64_t end)
{
    kernel(ff, begin, end);
    if (is_deadly(chunk_of(ff, begin)))
        arena_crash();
}

/* ---- the oracle ---------------------------------------------------------- */

struct moments {
    __int128 sum, squares;
};

struct oracle {
    __int128 n, items, hashes, scaled;
    int64_t least, most, least_hash, most_hash;
    struct moments of[WIDE_VARIANCES];
};

static void oracle_item(struct oracle *o, uint64_t i, uint32_t n_results)
{
    const int64_t x = scaled(i), h = (int64_t)mix(i);
    o->n++;
    o->items += (__int128)i;
    o->hashes += h;
    o->scaled += x;
    o->least = x < o->least ? x : o->least;
    o->most = x > o->most ? x : o->most;
    o->least_hash = h < o->least_hash ? h : o->least_hash;
    o->most_hash = h > o->most_hash ? h : o->most_hash;
    for (uint32_t r = VARIANCES; r < n_results; r++) {
        const int64_t v = (int64_t)(mix(i) >> r & 1023);
        o->of[r - VARIANCES].sum += v;
        o->of[r - VARIANCES].squares += v * v;
    }
}

/* The items of all chunks that are in `counted`. */
static void oracle_fill(struct oracle *o, const struct grid *g,
                        const struct cover *counted, uint32_t n_results)
{
    *o = (struct oracle){.least = INT64_MAX, .most = INT64_MIN,
                         .least_hash = INT64_MAX, .most_hash = INT64_MIN};
    for (uint32_t c = 0; c < g->n_chunks; c++) {
        const uint64_t begin = g->first + (uint64_t)c * g->chunk_items;
        if (!cover_contains(counted, (struct range){c, c + 1}))
            continue;
        for (uint64_t i = begin; i < begin + g->chunk_items && i < g->last;
             i++)
            oracle_item(o, i, n_results);
    }
}

static void say_decimal(__int128 x, char out[64])
{
    char *p = out + 63;
    unsigned __int128 rest = x < 0 ? -(unsigned __int128)x
                                   : (unsigned __int128)x;
    *p = '\0';
    do
        *--p = (char)('0' + (int)(rest % 10));
    while ((rest /= 10) != 0);
    if (x < 0)
        *--p = '-';
    memmove(out, p, strlen(p) + 1);
}

static bool is_integer(const struct value *v, __int128 x)
{
    char text[64];
    say_decimal(x, text);
    return v->type == VALUE_INT && strcmp(v->decimal, text) == 0;
}

/* x * 2^-20; the cast rounds to nearest even, once. */
static bool is_scaled(const struct value *v, __int128 x)
{
    return v->type == VALUE_F64 && v->f64 == (double)x * 0x1p-20;
}

/* The quotient of two integers below 2^64, in long doubles: right to one place
 * of a double. That the rest is right too: the same bits as one executor. */
static bool is_variance(const struct value *v, __int128 n, struct moments m)
{
    const long double numerator = (long double)(n * m.squares - m.sum * m.sum);
    const double q = (double)(numerator / (long double)(n * (n - 1)));
    if (n < 2)
        return v->type == VALUE_F64 && isnan(v->f64);
    return v->type == VALUE_F64 && v->f64 >= nextafter(q, -INFINITY)
           && v->f64 <= nextafter(q, INFINITY);
}

/* How many results are wrong. */
static unsigned count_wrong(const struct gather *g)
{
    const uint32_t n = g->layout.n_results;
    struct oracle o;
    struct value v[MAX_RESULTS];
    unsigned wrong = 0;
    oracle_fill(&o, &g->grid, &g->accepted, n);
    for (uint32_t r = 0; r < n; r++)
        partial_finish(&g->layout, g->partial, g->state, r, &v[r]);
    if (n > 0)
        wrong += !is_integer(&v[N_ITEMS], o.n);
    wrong += g->items_done != (uint64_t)o.n;
    if (n <= 1 || o.n == 0)
        return wrong;
    wrong += !is_integer(&v[ITEM_SUM], o.items);
    wrong += !is_integer(&v[HASH_SUM], o.hashes);
    wrong += !is_scaled(&v[EXACT_SUM], o.scaled);
    wrong += !is_scaled(&v[LEAST], o.least);
    wrong += !is_scaled(&v[MOST], o.most);
    wrong += !is_integer(&v[LEAST_HASH], o.least_hash);
    wrong += !is_integer(&v[MOST_HASH], o.most_hash);
    for (uint32_t r = VARIANCES; r + 1 < n; r++)
        wrong += !is_variance(&v[r], o.n, o.of[r - VARIANCES]);
    return wrong;
}

/* How many chunks failed that should not have, or the other way round, or
 * without their reason. */
static uint32_t count_misjudged(struct gather *g, bool deadly)
{
    uint32_t wrong = 0;
    for (uint32_t c = 0; c < g->grid.n_chunks; c++) {
        const struct failure *f = gather_failure(g, c);
        char text[64];
        if (!is_refused(c) && !(deadly && is_deadly(c))) {
            wrong += f != NULL;
            continue;
        }
        snprintf(text, sizeof text, "chunk %" PRIu32, c);
        if (f == NULL)
            wrong++;
        else if (deadly && is_deadly(c))
            wrong += strcmp(f->reason, "killed") != 0 || f->attempts == 0;
        else
            wrong += strcmp(f->reason, text) != 0 || !f->has_item
                     || f->item != g->grid.first + c * g->grid.chunk_items;
    }
    return wrong;
}

/* ---- running a scenario -------------------------------------------------- */

static struct tally total;

static uint64_t next_seed(void)
{
    static uint64_t seed;
    const char *text = getenv("FANFOLD_TEST_SEED");
    if (seed == 0 && text != NULL)
        seed = strtoull(text, NULL, 0) << 20;
    return ++seed;
}

static bool same_words(struct arena *a, struct arena *b)
{
    const uint32_t n = a->gather.layout.n_words;
    const uint32_t n_state = a->gather.layout.n_state_words;
    partial_normalise(&a->gather.layout, a->gather.partial);
    partial_normalise(&b->gather.layout, b->gather.partial);
    gather_finish(&a->gather);
    gather_finish(&b->gather);
    return n == b->gather.layout.n_words
           && memcmp(a->gather.partial, b->gather.partial,
                     n * sizeof a->gather.partial[0]) == 0
           && memcmp(a->gather.state, b->gather.state,
                     n_state * sizeof a->gather.state[0]) == 0;
}

/* Does one executor, undisturbed, come to the same bits? */
static void compare_with_one(struct arena *a)
{
    struct scenario calm = {.n_executors = 1,
        .n_chunks = a->scenario.n_chunks,
        .schedule = SCHEDULE_DYNAMIC,
        .chunk_items = a->scenario.chunk_items, .spec = a->scenario.spec,
        .kernel = kernel};
    struct arena one;
    CU_ASSERT_FATAL(arena_run(&one, &calm, 1, 120) == 0);
    CU_ASSERT(same_words(a, &one));
    arena_release(&one);
}

static void check_end(struct arena *a)
{
    struct gather *g = &a->gather;
    const struct scenario *s = &a->scenario;
    const bool deadly = s->kernel == deadly_kernel;
    bool meets = false;
    for (size_t i = 0; i < g->accepted.n; i++)
        meets |= cover_meets(&g->failed, g->accepted.range[i]);
    CU_ASSERT_FALSE(meets);
    CU_ASSERT_EQUAL(count_wrong(g), 0);
    if (s->stop_after > 0)
        return;
    CU_ASSERT(gather_complete(g));
    CU_ASSERT_EQUAL(g->accepted.n_chunks + g->failed.n_chunks, s->n_chunks);
    CU_ASSERT_EQUAL(count_misjudged(g, deadly), 0);
    if (!deadly)
        compare_with_one(a);
}

/* Runs it, checks all that must always hold, and adds to *tally. */
static void run(struct scenario s, uint32_t n_results, struct tally *tally)
{
    const struct spec spec = spec_of(n_results);
    struct arena a;
    if (s.kernel == NULL)
        s.kernel = kernel;
    s.spec = &spec;
    if (THREAD_SANITIZER) /* it delays signals to its own calls */
        s.signal_chance = 0;
    CU_ASSERT_FATAL(arena_run(&a, &s, next_seed(), tap_long() ? 300 : 60)
                    == 0);
    check_end(&a);
    if (s.hasty_chance == 0) { /* without a wrong hint no duplicates */
        CU_ASSERT_EQUAL(a.tally.dropped, a.tally.repeated);
        CU_ASSERT_EQUAL(a.tally.damaged, 0);
    }
    if (a.tally.deaths == 0 && s.lose_chance == 0 && s.hasty_chance == 0)
        CU_ASSERT_EQUAL(a.tally.quiet_lost, 0);
    tally_add(tally, &a.tally);
    arena_release(&a);
}

static void say_tally(const struct tally *t)
{
    tap_note("%" PRIu64 " batches, %" PRIu64 " steals, %" PRIu64 " records, %"
             PRIu64 " deaths (%" PRIu64 " by signal, %" PRIu64 " by its own "
             "hand), %" PRIu64 " chunks found lost", t->hits[1], t->stolen,
             t->records, t->deaths, t->signal_deaths, t->own_deaths,
             t->quiet_lost);
}

/* Runs s with every number of executors, chunks and results; times: how often
 * the small ones. */
static void run_all(struct scenario s, unsigned times)
{
    static const uint32_t executors[] = {1, 2, 3, 8, 16};
    static const uint32_t chunks[] = {1, 2, 7, 1000};
    static const uint32_t results[] = {0, 1, VARIANCES + N_VARIANCES,
                                       MAX_RESULTS};
    struct tally t = {0};
    for (unsigned i = 0; i < 5 * 4 * 4; i++) {
        s.n_executors = executors[i % 5];
        s.n_chunks = chunks[i / 5 % 4];
        /* Sometimes more values a chunk than a buffer has places. */
        for (unsigned k = 0; k < times; k++) {
            s.chunk_items = s.n_chunks > 7 ? 3 : k % 2 ? 4 : 1200;
            run(s, results[i / 20], &t);
        }
    }
    tally_add(&total, &t);
    say_tally(&t);
}

static void run_large(struct scenario s, uint32_t n_results)
{
    struct tally t = {0};
    s.n_chunks = THREAD_SANITIZER || !tap_long() ? 50000
                 : n_results > 1                 ? 200000
                                                 : 1000000;
    s.chunk_items = 2;
    run(s, n_results, &t);
    tally_add(&total, &t);
    say_tally(&t);
}

static unsigned times(unsigned usual, unsigned long_ones)
{
    return tap_long() ? long_ones : usual;
}

/* ---- tests --------------------------------------------------------------- */

static void counts_without_deaths(void)
{
    const struct scenario s = {.stall_chance = 20 * PERCENT,
                               .hurry_chance = 50 * PERCENT};
    const uint64_t deaths = total.deaths;
    run_all(s, times(1, 12));
    CU_ASSERT_EQUAL(total.deaths, deaths);
    CU_ASSERT_EQUAL(total.quiet_lost, 0);
}

static void counts_a_million_chunks(void)
{
    const struct scenario s = {.n_executors = 8,
                               .stall_chance = 2 * PERCENT,
                               .hurry_chance = 30 * PERCENT};
    run_large(s, 1);
    run_large(s, MAX_RESULTS);
    CU_ASSERT_EQUAL(total.quiet_lost, 0);
}

static void steals_by_the_thousand(void)
{
    const unsigned n = times(100, 9000);
    struct tally t = {0};
    for (unsigned i = 0; i < n; i++) {
        const struct scenario s = {.n_executors = i % 4 ? 16 : 3,
            .n_chunks = 1000, .chunk_items = 3,
            .stall_chance = 50 * PERCENT, .hurry_chance = 100 * PERCENT};
        run(s, 1, &t);
    }
    CU_ASSERT_EQUAL(t.quiet_lost, 0);
    tally_add(&total, &t);
    say_tally(&t);
}

static void survives_deaths_at_windows(void)
{
    const struct scenario s = {
        .stall_chance = 20 * PERCENT, .hurry_chance = 50 * PERCENT,
        .death_chance = 5 * PERCENT, .max_deaths = 40};
    run_all(s, times(1, 15));
}

static void survives_deaths_at_any_instruction(void)
{
    const struct scenario s = {
        .stall_chance = 10 * PERCENT, .hurry_chance = 50 * PERCENT,
        .death_chance = 1 * PERCENT, .signal_chance = 60 * PERCENT,
        .max_deaths = 40};
    if (THREAD_SANITIZER) {
        tap_skip("the thread sanitizer delays signals");
        return;
    }
    run_all(s, times(1, 15));
}

static void survives_deaths_of_halves(void)
{
    const struct scenario s = {
        .stall_chance = 10 * PERCENT, .hurry_chance = 50 * PERCENT,
        .half_chance = 20 * PERCENT, .max_deaths = 60};
    run_all(s, times(1, 12));
}

static void survives_deaths_by_the_thousand(void)
{
    const unsigned n = times(1, 4);
    for (unsigned i = 0; i < n; i++) {
        const struct scenario s = {.n_executors = i % 2 ? 3 : 16,
            .stall_chance = 2 * PERCENT, .hurry_chance = 30 * PERCENT,
            .death_chance = 2 * PERCENT,
            .signal_chance = 50 * PERCENT, .half_chance = 1 * PERCENT,
            .max_deaths = tap_long() ? 10000 : 1500};
        run_large(s, 1);
        run_large(s, i % 2 ? VARIANCES + N_VARIANCES : MAX_RESULTS);
    }
}

static void blames_deadly_chunks_alone(void)
{
    const unsigned n = times(2, 24);
    struct tally t = {0};
    for (unsigned i = 0; i < n; i++) {
        struct scenario s = {.kernel = deadly_kernel, .n_executors = 1 + i % 5,
            .n_chunks = 1000, .chunk_items = 3, .crash_limit = 3,
            .stall_chance = 10 * PERCENT, .hurry_chance = 50 * PERCENT};
        run(s, 1, &t);
        s.crash_limit = 20; /* outside deaths: ten times as many */
        s.death_chance = 1 * PERCENT;
        s.signal_chance = 10 * PERCENT;
        s.max_deaths = 100;
        run(s, VARIANCES + N_VARIANCES, &t);
    }
    CU_ASSERT(t.struck_out > 0 && t.solos > t.struck_out);
    tap_note("%" PRIu64 " solo runs, %" PRIu64 " struck out", t.solos,
             t.struck_out);
    tally_add(&total, &t);
}

static void stops_in_the_middle(void)
{
    const unsigned n = times(10, 240);
    struct tally t = {0};
    for (unsigned i = 0; i < n; i++) {
        const struct scenario s = {.n_executors = 1 + i % 8,
            .n_chunks = 100000, .chunk_items = 2, .stop_after = 1 + 50 * i,
            .stall_chance = 2 * PERCENT, .hurry_chance = 30 * PERCENT,
            .death_chance = 5 * PER_MILLE,
            .max_deaths = i % 2 ? 20 : 0};
        run(s, i % 3 ? 1 : MAX_RESULTS, &t);
    }
    tally_add(&total, &t);
}

/* Thousands of empty slots make the first pass of [QUIET] long: between its
 * look at the epochs and at the last word others rise and take chunks. */
static void is_not_fooled_by_a_long_first_pass(void)
{
    const unsigned n = times(100, 6000);
    struct tally t = {0};
    for (unsigned i = 0; i < n; i++) {
        const struct scenario s = {.n_executors = 1 + i % 3,
            .n_ghosts = 4000, .n_chunks = 1 + i % 5, .chunk_items = 3,
            .stall_chance = 2 * PERCENT, .hurry_chance = 50 * PERCENT};
        run(s, 1, &t);
    }
    CU_ASSERT_EQUAL(t.quiet_lost, 0);
    tally_add(&total, &t);
}

/* Only between two words can chunks be lost: everywhere else they stand in a
 * word or in open[], and are handed out as soon as the dead are settled. */
static void loses_nothing_outside_of_windows(void)
{
    const unsigned n = times(10, 240);
    struct tally t = {0};
    for (unsigned i = 0; i < n; i++) {
        const struct scenario s = {.n_executors = 1 + i % 9,
            .n_chunks = 20000, .chunk_items = 2, .max_deaths = 100,
            .stall_chance = 2 * PERCENT, .hurry_chance = 30 * PERCENT,
            .death_chance = 3 * PERCENT, .spared_points = BETWEEN_WORDS};
        run(s, i % 3 ? 1 : MAX_RESULTS, &t);
    }
    CU_ASSERT(t.deaths > 0);
    CU_ASSERT_EQUAL(t.quiet_lost, 0);
    tally_add(&total, &t);
    say_tally(&t);
}

/* Blocks, chunks in turn, one chunk each: whoever dies, no chunk is run twice
 * or lost, and without deaths nothing is found lost. */
static void keeps_to_a_schedule(void)
{
    const unsigned n = times(20, 1200);
    struct tally t = {0};
    for (unsigned i = 0; i < n; i++) {
        struct scenario s = {.n_executors = 1 + i % 9, .chunk_items = 2,
            .schedule = SCHEDULE_STATIC + i % 3,
            .n_chunks = i % 2 ? 20000 : 7,
            .stall_chance = 5 * PERCENT, .hurry_chance = 30 * PERCENT,
            .death_chance = i % 4 ? 2 * PERCENT : 0, .max_deaths = 60};
        if (s.schedule == SCHEDULE_ONCE)
            s.n_chunks = s.n_executors;
        run(s, i % 5 ? 1 : MAX_RESULTS, &t);
    }
    CU_ASSERT_EQUAL(t.stolen, 0);
    tally_add(&total, &t);
    say_tally(&t);
}

/* Is there a death at every window in what was run so far? */
static void has_died_everywhere(void)
{
    for (unsigned i = 0; i < ARENA_POINTS; i++) {
        tap_note("%-14s %9" PRIu64 " times, %6" PRIu64 " deaths",
                 arena_point_name(i), total.hits[i], total.deaths_at[i]);
        CU_ASSERT(total.deaths_at[i] > 0);
    }
    tap_note("chunks found lost by a quiet end: %" PRIu64 " in %" PRIu64
             " times", total.quiet_lost, total.quiet);
    CU_ASSERT(total.quiet_lost > 0);
    say_tally(&total);
}

/* ---- that the checks can fail -------------------------------------------- */

static const struct scenario control = {.n_executors = 4, .n_chunks = 20000,
    .chunk_items = 2, .stall_chance = 2 * PERCENT,
                               .hurry_chance = 30 * PERCENT};

static void drops_a_record_that_comes_twice(void)
{
    struct scenario s = control;
    struct tally t = {0};
    s.repeat_chance = 30 * PERCENT;
    run(s, VARIANCES + N_VARIANCES, &t);
    CU_ASSERT(t.repeated > 0);
    CU_ASSERT_EQUAL(t.dropped, t.repeated);
}

static void refuses_damaged_records(void)
{
    struct scenario s = control;
    struct tally t = {0};
    s.damage_chance = 50 * PERCENT;
    run(s, VARIANCES + N_VARIANCES, &t);
    CU_ASSERT(t.corrupted > 0);
    CU_ASSERT_EQUAL(t.refused, t.corrupted);
}

static void finds_what_vanished_from_a_word(void)
{
    struct scenario s = control;
    struct tally t = {0};
    s.lose_chance = 30 * PERCENT;
    s.n_chunks = 200000;
    for (unsigned i = 0; i < 20 && t.vanished == 0; i++)
        run(s, 1, &t);
    CU_ASSERT(t.vanished > 0);
    CU_ASSERT_EQUAL(t.quiet_lost, t.vanished);
}

/* A quiet end found in haste hands out what others hold: duplicates come,
 * all of them are dropped, nothing is counted twice. */
static void survives_a_hasty_quiet_end(void)
{
    struct scenario s = control;
    struct tally t = {0};
    s.hasty_chance = 5 * PERCENT;
    for (unsigned i = 0; i < 20 && t.dropped == 0; i++)
        run(s, VARIANCES + N_VARIANCES, &t);
    CU_ASSERT(t.quiet_lost > 0);
    CU_ASSERT(t.dropped > 0);
}

static void small_run(struct arena *a, const struct spec *spec)
{
    const struct scenario s = {.n_executors = 2, .n_chunks = 500,
        .chunk_items = 3, .spec = spec, .kernel = kernel};
    CU_ASSERT_FATAL(arena_run(a, &s, 1, 60) == 0);
}

/* The oracle sees a chunk that is counted twice, one that is missing, one
 * item's worth in any result. */
static void notices_wrong_results(void)
{
    const struct spec spec = spec_of(VARIANCES + N_VARIANCES);
    struct arena a, b;
    small_run(&a, &spec);
    small_run(&b, &spec);
    CU_ASSERT_EQUAL(count_wrong(&a.gather), 0);
    partial_merge(&a.gather.layout, a.gather.partial, b.gather.partial);
    CU_ASSERT(count_wrong(&a.gather) >= 5);
    CU_ASSERT_FALSE(same_words(&a, &b));
    const struct range last = {499, 500};
    CU_ASSERT_EQUAL(cover_remove(&b.gather.accepted, last), 0);
    CU_ASSERT(count_wrong(&b.gather) >= 5);
    CU_ASSERT_FALSE(gather_complete(&b.gather));
    CU_ASSERT_EQUAL(count_misjudged(&b.gather, false), 0);
    CU_ASSERT(count_misjudged(&b.gather, true) > 0);
    arena_release(&a);
    arena_release(&b);
}

/* A vector so long that a record has room for three chunks' states, and
 * somebody who is hungry after each: what is given back leaves a record that
 * is full. */
#define LONG_VECTOR 40000

static void long_kernel(struct ff *ff, uint64_t begin, uint64_t end)
{
    static double x[LONG_VECTOR];
    const struct executor *e = (const struct executor *)ff;
    for (uint64_t i = begin; i < end; i++)
        ff_vector_sum(ff, (struct ff_result_vector_sum){&decl[0]}, x);
    atomic_store(&e->node->hungry, 1);
}

static void publishes_what_is_full(void)
{
    struct spec spec = {.n_results = 0};
    const uint32_t op = FF_OP_VECTOR_SUM;
    spec_add_result(&spec, "sum", op, spec_add_source(&spec, "sum", op));
    spec.result[0].n = LONG_VECTOR;
    const struct scenario s = {.n_executors = 2, .n_chunks = 500,
        .chunk_items = 1, .spec = &spec, .kernel = long_kernel,
        .hurry_chance = 100 * PERCENT};
    struct arena a;
    CU_ASSERT_EQUAL(arena_run(&a, &s, 1, 60), 0);
    CU_ASSERT_EQUAL(a.tally.damaged, 0);
    CU_ASSERT_EQUAL(a.tally.dropped, 0);
    CU_ASSERT_TRUE(cover_complete(&a.gather.accepted, 500));
    arena_release(&a);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"without deaths nothing is found lost", counts_without_deaths},
        {"a million chunks", counts_a_million_chunks},
        {"steals by the thousand", steals_by_the_thousand},
        {"deaths at every window", survives_deaths_at_windows},
        {"deaths at any instruction", survives_deaths_at_any_instruction},
        {"deaths of half the executors at once", survives_deaths_of_halves},
        {"deaths by the thousand", survives_deaths_by_the_thousand},
        {"chunks that kill fail, and no others", blames_deadly_chunks_alone},
        {"a run that is stopped", stops_in_the_middle},
        {"a long first pass finds no false end",
         is_not_fooled_by_a_long_first_pass},
        {"nothing is lost outside of windows",
         loses_nothing_outside_of_windows},
        {"schedules, with deaths", keeps_to_a_schedule},
        {"each window had its deaths", has_died_everywhere},
        {"a record that comes twice is dropped",
         drops_a_record_that_comes_twice},
        {"damaged records are refused", refuses_damaged_records},
        {"what vanished from a word is found", finds_what_vanished_from_a_word},
        {"a hasty quiet end costs time alone", survives_a_hasty_quiet_end},
        {"a record is full when chunks are given back",
         publishes_what_is_full},
        {"the oracle notices wrong results", notices_wrong_results},
    };
    return TAP_RUN(tests);
}
