/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Staging: what of a chunk counts when it ends well, and that nothing counts
 * when it fails, however much it folded: less than a buffer, a buffer to the
 * place, several buffers. Values are pushed as the inlined calls of fanfold.h
 * do. What must come out is kept beside it in plain integers.
 */
#include "ledger.h"
#include "stage.h"
#include "tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT, SUM, LEAST, VARIANCE, FIRST_BEST, N_RESULTS,
       N_CHUNKS = 100000 };

/* Sum and sum of squares of what was committed, all values integers. */
struct expected {
    int64_t n, sum, least, best;
    uint64_t best_item;
};

struct bench {
    struct spec spec;
    struct partial_layout layout;
    struct stage stage;
    struct expected all, chunk;
    uint32_t next_chunk;
    uint64_t bad_item;
    bool bad; /* a flush saw an item outside the chunk */
};

static void bench_init(struct bench *b)
{
    static const uint32_t ops[N_RESULTS] = {
        FF_OP_COUNT, FF_OP_SUM, FF_OP_MIN_INT, FF_OP_VARIANCE,
        FF_OP_ARGMAX_INT};
    *b = (struct bench){.bad = false};
    for (uint32_t r = 0; r < N_RESULTS; r++) {
        char name[SPEC_NAME];
        snprintf(name, sizeof name, "r%" PRIu32, r);
        spec_add_result(&b->spec, name, ops[r],
                        spec_add_source(&b->spec, name, ops[r]));
    }
    partial_layout_init(&b->layout, &b->spec, 0);
    CU_ASSERT_FATAL(stage_init(&b->stage, &b->layout, N_CHUNKS, NULL) == 0);
    b->all = (struct expected){.least = INT64_MAX, .best = INT64_MIN};
}

static void bench_release(struct bench *b)
{
    stage_release(&b->stage);
}

/* As ff_room_. */
static union ff_value *place(struct bench *b, uint32_t result, uint32_t places)
{
    struct ff_buffer *buffer = &b->stage.buffer[result];
    uint64_t item;
    if (buffer->n == buffer->room
        && stage_flush(&b->stage, result, &item) != 0) {
        b->bad = true;
        b->bad_item = item;
    }
    CU_ASSERT_FATAL(buffer->n + places <= buffer->room);
    union ff_value *v = buffer->value + buffer->n;
    buffer->n += places;
    return v;
}

static void note(struct expected *e, int64_t x, uint64_t item)
{
    e->n++;
    e->sum += x;
    e->least = x < e->least ? x : e->least;
    if (x > e->best || (x == e->best && item < e->best_item)) {
        e->best = x;
        e->best_item = item;
    }
}

static void push(struct bench *b, int64_t x, uint64_t item)
{
    place(b, COUNT, 1)->u64 = 1;
    place(b, SUM, 1)->f64 = (double)x;
    place(b, LEAST, 1)->i64 = x;
    place(b, VARIANCE, 1)->f64 = (double)x;
    union ff_value *v = place(b, FIRST_BEST, 2);
    v[0].i64 = x;
    v[1].u64 = item;
    note(&b->chunk, x, item);
}

static void begin(struct bench *b, uint64_t first, uint64_t last)
{
    stage_begin(&b->stage, b->next_chunk++, first, last);
    b->chunk = b->all;
    b->bad = false;
}

static void end_well(struct bench *b)
{
    uint32_t result;
    uint64_t item;
    CU_ASSERT_FALSE(b->bad);
    CU_ASSERT_EQUAL(stage_commit(&b->stage, &result, &item), 0);
    b->all = b->chunk;
}

static void end_badly(struct bench *b)
{
    stage_discard(&b->stage);
}

static bool is_int(struct bench *b, uint32_t result, int64_t x)
{
    struct value v;
    char text[32];
    partial_finish(&b->layout, b->stage.partial, NULL, result, &v);
    snprintf(text, sizeof text, "%" PRId64, x);
    return v.type == VALUE_INT && strcmp(v.decimal, text) == 0;
}

/* Drains, compares, and empties the partial. */
static void check(struct bench *b)
{
    struct value v;
    stage_drain(&b->stage);
    CU_ASSERT_TRUE(partial_valid(&b->layout, b->stage.partial));
    CU_ASSERT_TRUE(is_int(b, COUNT, b->all.n));
    partial_finish(&b->layout, b->stage.partial, NULL, SUM, &v);
    CU_ASSERT_EQUAL(v.f64, (double)b->all.sum);
    partial_finish(&b->layout, b->stage.partial, NULL, FIRST_BEST, &v);
    if (b->all.n == 0) {
        CU_ASSERT_EQUAL(v.type, VALUE_NONE);
    } else {
        CU_ASSERT_TRUE(is_int(b, LEAST, b->all.least));
        CU_ASSERT_TRUE(is_int(b, FIRST_BEST, b->all.best));
        CU_ASSERT_EQUAL(v.item, b->all.best_item);
    }
    stage_reset(&b->stage);
    b->all = (struct expected){.least = INT64_MAX, .best = INT64_MIN};
}

static void push_many(struct bench *b, uint64_t first, unsigned n, int64_t x)
{
    for (unsigned i = 0; i < n; i++)
        push(b, x + (int64_t)(i * 7919 % 1009), first + i % 100);
}

/* The same values as arrays, in two parts. */
static void push_arrays(struct bench *b, uint64_t first, unsigned n, int64_t x)
{
    static union ff_value one[5000], real[5000], integer[5000];
    const unsigned half = n / 3;
    for (unsigned i = 0; i < n; i++) {
        const int64_t value = x + (int64_t)(i * 7919 % 1009);
        const uint64_t item = first + i % 100;
        one[i].u64 = 1;
        real[i].f64 = (double)value;
        integer[i].i64 = value;
        union ff_value *v = place(b, FIRST_BEST, 2);
        v[0].i64 = value;
        v[1].u64 = item;
        note(&b->chunk, value, item);
    }
    const union ff_value *const of[] = {one, real, integer, real};
    for (uint32_t r = 0; r < FIRST_BEST; r++) {
        stage_fold_array(&b->stage, r, of[r], half);
        stage_fold_array(&b->stage, r, of[r] + half, n - half);
    }
}

/* ---- tests --------------------------------------------------------------- */

static const unsigned sizes[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 700,
                                 1023, 1024, 1025, 1536, 5000};
#define N_SIZES (sizeof sizes / sizeof sizes[0])

static void starts_empty(void)
{
    struct bench b;
    bench_init(&b);
    check(&b);
    bench_release(&b);
}

/* A chunk that ends well and one that fails in both orders, of all sizes. The
 * one that fails has all the extreme values. */
static void failed_chunks_never_count(void)
{
    struct bench b;
    bench_init(&b);
    for (unsigned i = 0; i < N_SIZES * N_SIZES; i++) {
        const unsigned well = sizes[i % N_SIZES], badly = sizes[i / N_SIZES];
        begin(&b, 0, 100);
        push_many(&b, 0, well, 10);
        end_well(&b);
        begin(&b, 100, 200);
        push_many(&b, 100, badly, INT64_C(1) << 40);
        push_many(&b, 100, badly, -(INT64_C(1) << 40));
        end_badly(&b);
        begin(&b, 200, 300);
        push_many(&b, 200, well, 20);
        end_well(&b);
        check(&b);
    }
    bench_release(&b);
}

static void only_failed_chunks_leave_nothing(void)
{
    struct bench b;
    bench_init(&b);
    for (unsigned i = 0; i < N_SIZES; i++) {
        begin(&b, 0, 100);
        push_many(&b, 0, sizes[i], 5);
        end_badly(&b);
        check(&b);
    }
    bench_release(&b);
}

/* Many chunks of any size and fate in a row, drained now and then. */
static void any_sequence(void)
{
    struct bench b;
    uint64_t r = 1;
    bench_init(&b);
    for (unsigned i = 0; i < 20000; i++) {
        const uint64_t first = i * UINT64_C(100);
        r = r * UINT64_C(6364136223846793005) + 1442695040888963407;
        begin(&b, first, first + 100);
        push_many(&b, first, r >> 40 & 15 ? (unsigned)(r >> 50) % 64
                                          : (unsigned)(r >> 50) % 1400,
                  (int64_t)(r >> 44));
        if (r >> 36 & 3)
            end_well(&b);
        else
            end_badly(&b);
        if ((r >> 30 & 31) == 0)
            check(&b);
    }
    check(&b);
    bench_release(&b);
}

/* Arrays among single values, in chunks of both fates: the same bytes. */
static void arrays_are_values(void)
{
    struct bench a, b;
    bench_init(&a);
    bench_init(&b);
    for (unsigned i = 0; i < N_SIZES * N_SIZES; i++) {
        const unsigned n = sizes[i % N_SIZES], before = sizes[i / N_SIZES];
        begin(&a, 0, 100);
        begin(&b, 0, 100);
        push_many(&a, 0, before, -3);
        push_many(&b, 0, before, -3);
        push_many(&a, 0, n, i);
        push_arrays(&b, 0, n, i);
        push_many(&a, 0, n / 2, 7);
        push_many(&b, 0, n / 2, 7);
        if (i % 3) {
            end_well(&a);
            end_well(&b);
        } else {
            end_badly(&a);
            end_badly(&b);
        }
    }
    stage_drain(&a.stage);
    stage_drain(&b.stage);
    CU_ASSERT_EQUAL(memcmp(a.stage.partial, b.stage.partial,
                           a.layout.n_words * sizeof(int64_t)), 0);
    check(&b);
    bench_release(&a);
    bench_release(&b);
}

/* The same chunks drained after each, or only at the end: the same bytes. */
static void draining_does_not_matter(void)
{
    struct bench a, b;
    bench_init(&a);
    bench_init(&b);
    for (unsigned i = 0; i < 300; i++) {
        begin(&a, 0, 100);
        begin(&b, 0, 100);
        push_many(&a, 0, i * 5, i);
        push_many(&b, 0, i * 5, i);
        end_well(&a);
        end_well(&b);
        stage_drain(&a.stage);
    }
    stage_drain(&b.stage);
    CU_ASSERT_EQUAL(memcmp(a.stage.partial, b.stage.partial,
                           a.layout.n_words * sizeof(int64_t)), 0);
    bench_release(&a);
    bench_release(&b);
}

/* `bad` of `n` values has an item outside the chunk: the chunk fails, be it
 * noticed by a flush or at the end, and what was before it stays. */
static void refuses_item(unsigned n, unsigned bad, uint64_t item)
{
    struct bench b;
    uint32_t result = 0;
    uint64_t named = 0;
    bench_init(&b);
    begin(&b, 0, 100);
    push_many(&b, 0, 300, 50);
    end_well(&b);
    begin(&b, 100, 200);
    for (unsigned i = 0; i < n; i++)
        push(&b, 1000 + i, i == bad ? item : 100 + i % 100);
    if (b.bad) {
        CU_ASSERT_EQUAL(b.bad_item, item);
    } else {
        CU_ASSERT_EQUAL(stage_commit(&b.stage, &result, &named), -1);
        CU_ASSERT_EQUAL(result, FIRST_BEST);
        CU_ASSERT_EQUAL(named, item);
    }
    end_badly(&b);
    check(&b);
    bench_release(&b);
}

static void items_outside_the_chunk_are_refused(void)
{
    static const uint64_t outside[] = {99, 200, 0, UINT64_MAX};
    for (unsigned i = 0; i < N_SIZES; i++)
        for (unsigned k = 0; k < 4 && sizes[i] > 0; k++) {
            refuses_item(sizes[i], 0, outside[k]);
            refuses_item(sizes[i], sizes[i] / 2, outside[k]);
            refuses_item(sizes[i], sizes[i] - 1, outside[k]);
        }
}

static void items_at_the_chunks_ends_are_not(void)
{
    struct bench b;
    bench_init(&b);
    begin(&b, 100, 200);
    push(&b, 1, 100);
    push(&b, 2, 199);
    end_well(&b);
    check(&b);
    bench_release(&b);
}

/* The next chunk's range does not apply to what is committed already. */
static void committed_items_are_not_looked_at_again(void)
{
    struct bench b;
    bench_init(&b);
    for (uint64_t c = 0; c < 50; c++) {
        begin(&b, c * 100, c * 100 + 100);
        push_many(&b, c * 100, 30, (int64_t)c);
        end_well(&b);
    }
    check(&b);
    bench_release(&b);
}

/* Value x of an item, for both results. */
static void push_end(struct stage *stage, int64_t x, uint64_t item)
{
    for (uint32_t s = 0; s < 2; s++) {
        struct ff_buffer *b = &stage->buffer[s];
        uint64_t bad;
        if (b->n == b->room)
            CU_ASSERT_EQUAL(stage_flush(stage, s, &bad), 0);
        b->value[b->n].i64 = x;
        b->value[b->n + 1].u64 = item;
        b->n += 2;
    }
}

/* Chunks of two items, whose values are numbered in the order of the calls:
 * those of the team's first thread, then those of the second one, so many each;
 * up to several buffers. Returns the number behind the last one. */
static int64_t run_chunk(struct stage *thread, uint32_t chunk,
                         const uint32_t n[2], int64_t x)
{
    uint32_t source;
    uint64_t item;
    for (int t = 0; t < 2; t++) {
        stage_begin(&thread[t], chunk, 2 * chunk, 2 * chunk + 2);
        for (uint32_t i = 0; i < n[t]; i++, x += 2) {
            push_end(&thread[t], x, 2 * chunk);
            push_end(&thread[t], x + 1, 2 * chunk + 1);
        }
    }
    stage_absorb(&thread[0], &thread[1]);
    CU_ASSERT_EQUAL(stage_commit(&thread[0], &source, &item), 0);
    return x;
}

static void first_and_last_call(void)
{
    static const uint32_t lengths[] = {1, 3, 100, 128, 129, 300, 700};
    static struct spec spec;
    struct partial_layout layout;
    struct stage thread[2];
    int64_t x = 1;
    spec_add_result(&spec, "a", FF_OP_FIRST_INT,
                    spec_add_source(&spec, "a", FF_OP_FIRST_INT));
    spec_add_result(&spec, "b", FF_OP_LAST_INT,
                    spec_add_source(&spec, "b", FF_OP_LAST_INT));
    partial_layout_init(&layout, &spec, 0);
    for (int t = 0; t < 2; t++)
        CU_ASSERT_EQUAL_FATAL(stage_init(&thread[t], &layout, 1000, NULL), 0);
    for (uint32_t c = 0; c < 98; c++) { /* each is the lowest or highest yet */
        const uint32_t n[] = {lengths[c % 7], lengths[c / 14]};
        const int64_t begin = x;
        x = run_chunk(thread, c % 2 ? 500 + c : 499 - c, n, x);
        if (c % 3 < 2) {
            stage_drain(&thread[0]);
            struct bench b = {.layout = layout, .stage = thread[0]};
            CU_ASSERT(c % 2 ? is_int(&b, 1, x - 1) : is_int(&b, 0, begin));
        }
    }
    for (int t = 0; t < 2; t++)
        stage_release(&thread[t]);
}

static void results_may_be_none(void)
{
    const struct spec none = {0};
    struct partial_layout layout;
    struct stage stage;
    uint32_t result;
    uint64_t item;
    partial_layout_init(&layout, &none, 0);
    CU_ASSERT_EQUAL_FATAL(stage_init(&stage, &layout, 1, NULL), 0);
    stage_begin(&stage, 0, 0, 10);
    CU_ASSERT_EQUAL(stage_commit(&stage, &result, &item), 0);
    stage_discard(&stage);
    stage_drain(&stage);
    stage_reset(&stage);
    stage_release(&stage);
}

/* ---- ordered results ----------------------------------------------------- */

/* Products keep 128 bits, so the bytes of a state tell in which order it was
 * folded. One source has a sum as well. */
enum { PRODUCT, PRODUCT_AND_SUM, N_SOURCES, N_LEAVES = 40 };

struct ordered {
    struct spec spec;
    struct partial_layout layout;
    struct stage stage, member;
    uint64_t random;
};

static void ordered_init(struct ordered *o)
{
    *o = (struct ordered){.random = 1};
    spec_add_result(&o->spec, "a", FF_OP_PRODUCT,
                    spec_add_source(&o->spec, "a", FF_OP_PRODUCT));
    const uint32_t b = spec_add_source(&o->spec, "b", FF_OP_PRODUCT);
    spec_add_result(&o->spec, "sum", FF_OP_SUM, b);
    spec_add_result(&o->spec, "b", FF_OP_PRODUCT, b);
    partial_layout_init(&o->layout, &o->spec, 0);
    CU_ASSERT_FATAL(stage_init(&o->stage, &o->layout, N_LEAVES, NULL) == 0);
    CU_ASSERT_FATAL(stage_init(&o->member, &o->layout, N_LEAVES, NULL) == 0);
}

static void ordered_release(struct ordered *o)
{
    stage_release(&o->stage);
    stage_release(&o->member);
}

static uint32_t ordered_draw(struct ordered *o)
{
    o->random = o->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(o->random >> 40);
}

/* Pushes some values to one of the sources, and folds them into `state` one by
 * one: that is what their order means. */
static void ordered_push(struct ordered *o, struct stage *stage, int64_t *state,
                         uint32_t n)
{
    const uint32_t source = ordered_draw(o) % N_SOURCES;
    const struct partial_result *r = &o->layout.result[source == 0 ? 0 : 2];
    uint64_t item;
    for (uint32_t i = 0; i < n; i++) {
        const union ff_value v = {.f64 = 1 + 1.0 / (1 + ordered_draw(o))};
        struct ff_buffer *b = &stage->buffer[source];
        if (b->n == b->room)
            stage_flush(stage, source, &item);
        b->value[b->n++] = v;
        r->op->fold(NULL, state + r->offset, &v, 1);
    }
}

static void ordered_chunk(struct ordered *o, uint32_t chunk, int64_t *state,
                          bool team)
{
    int64_t second[32];
    state_init(&o->layout, state);
    state_init(&o->layout, second);
    stage_begin(&o->stage, chunk, chunk, chunk + 1);
    stage_begin(&o->member, NO_CHUNK, chunk, chunk + 1);
    for (uint32_t k = ordered_draw(o) % 8; k > 0; k--)
        ordered_push(o, &o->stage, state, sizes[ordered_draw(o) % N_SIZES]);
    for (uint32_t k = ordered_draw(o) % 4; team && k > 0; k--)
        ordered_push(o, &o->member, second, sizes[ordered_draw(o) % N_SIZES]);
    state_merge(&o->layout, state, second);
    stage_absorb(&o->stage, &o->member);
}

static void leaves_are_in_the_order_of_calls(bool team)
{
    struct ordered o;
    struct tree expected;
    int64_t state[32];
    uint32_t source;
    uint64_t item;
    ordered_init(&o);
    CU_ASSERT_FATAL(o.layout.n_state_words <= 32);
    state_tree_init(&expected, &o.layout, N_LEAVES);
    for (uint32_t c = 0; c < N_LEAVES; c++) {
        ordered_chunk(&o, c, state, team);
        if (c % 5 == 4) {
            stage_discard(&o.stage);
            continue;
        }
        CU_ASSERT_EQUAL(stage_commit(&o.stage, &source, &item), 0);
        tree_add(&expected, (struct tree_node){c, 0}, state);
    }
    CU_ASSERT_EQUAL(o.stage.tree.n, expected.n);
    const int64_t *a = tree_root(&o.stage.tree), *b = tree_root(&expected);
    CU_ASSERT_FATAL(a != NULL && b != NULL);
    CU_ASSERT_EQUAL(memcmp(a, b, o.layout.n_state_words * sizeof *a), 0);
    tree_release(&expected);
    ordered_release(&o);
}

static void ordered_results(void)
{
    leaves_are_in_the_order_of_calls(false);
}

static void ordered_results_of_teams(void)
{
    leaves_are_in_the_order_of_calls(true);
}

static void a_diagnosis_is_no_leaf(void)
{
    struct ordered o;
    int64_t state[32];
    uint32_t source;
    uint64_t item;
    ordered_init(&o);
    ordered_chunk(&o, NO_CHUNK, state, false);
    CU_ASSERT_EQUAL(stage_commit(&o.stage, &source, &item), 0);
    CU_ASSERT_EQUAL(o.stage.tree.n, 0);
    ordered_release(&o);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"starts empty", starts_empty},
        {"failed chunks never count", failed_chunks_never_count},
        {"only failed chunks leave nothing", only_failed_chunks_leave_nothing},
        {"any sequence of chunks", any_sequence},
        {"when it is drained does not matter", draining_does_not_matter},
        {"arrays are values", arrays_are_values},
        {"items outside the chunk are refused",
         items_outside_the_chunk_are_refused},
        {"items at the chunk's ends are not",
         items_at_the_chunks_ends_are_not},
        {"committed items are not looked at again",
         committed_items_are_not_looked_at_again},
        {"the first and the last call for an item", first_and_last_call},
        {"a job may have no results", results_may_be_none},
        {"ordered results: in the order of calls", ordered_results},
        {"ordered results of a team: thread by thread",
         ordered_results_of_teams},
        {"a diagnosis is no leaf", a_diagnosis_is_no_leaf},
    };
    return TAP_RUN(tests);
}
