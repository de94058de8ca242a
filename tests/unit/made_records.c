/* SPDX-License-Identifier: Apache-2.0 */
/* A job whose records anybody can make: see made_records.h. */
#include "made_records.h"
#include "ledger.h"
#include "op_operation.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static uint64_t random_state;

void draw_seed(uint64_t seed)
{
    random_state = seed;
}

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t draw_below(uint32_t n)
{
    return (uint32_t)(mix(&random_state) >> 33) % n;
}

/* ---- the job ------------------------------------------------------------- */

static void add_result(struct spec *s, const char *name, uint32_t op,
                       uint64_t n, double lo)
{
    const uint32_t r = spec_add_result(s, name, op,
                                       spec_add_source(s, name, op));
    s->result[r].n = n;
    s->result[r].lo = lo;
}

const struct spec *made_spec(void)
{
    static struct spec s;
    if (s.n_results > 0)
        return &s;
    add_result(&s, "sum", FF_OP_SUM, 0, 0);
    add_result(&s, "own", FF_OP_OPERATION, 8, 0);
    s.result[1].form = 1;
    add_result(&s, "top", FF_OP_TOP, 4, 0);
    add_result(&s, "max", FF_OP_MAX, 0, 0);
    add_result(&s, "product", FF_OP_PRODUCT, 0, 0);
    add_result(&s, "distinct", FF_OP_DISTINCT, 0, 0.2);
    add_result(&s, "argmin", FF_OP_ARGMIN, 0, 0);
    add_result(&s, "count", FF_OP_COUNT, 0, 0);
    add_result(&s, "quantiles", FF_OP_QUANTILES, 0, 0.2);
    for (uint32_t r = 0; r < s.n_results; r++) {
        const struct ff_shape shape = spec_shape(&s, r);
        CU_ASSERT_PTR_NULL_FATAL(op_wrong(op_find(s.result[r].op), &shape));
    }
    return &s;
}

bool made_fails(uint32_t c)
{
    return c % 13 == 5;
}

/* What chunk c gives one of the results. */
static void fold_chunk(const struct partial_result *r, int64_t *slice,
                       uint32_t c)
{
    uint64_t state = c * UINT64_C(1000003) + r->source;
    if (r->op->code == FF_OP_OPERATION) {
        slice[0] = OPERATION_STATE;
        slice[1] = (int64_t)mix(&state);
        return;
    }
    for (uint32_t n = 1 + c % 5; n > 0; n--) {
        const union ff_value v[] = {
            {.f64 = (double)(int64_t)mix(&state) * (n == 2 ? 1e-30 : 1e-18)},
            {.u64 = c * 5 + n}};
        r->op->fold(&r->shape, slice, v, op_places(r->op));
    }
}

/* ---- records of executors ------------------------------------------------ */

void bytes_append(struct bytes *b, const void *from, size_t n)
{
    if (n == 0)
        return;
    if (b->n + n > b->room) {
        b->room = 2 * (b->n + n);
        b->at = realloc(b->at, b->room);
        CU_ASSERT_PTR_NOT_NULL_FATAL(b->at);
    }
    memcpy(b->at + b->n, from, n);
    b->n += n;
}

static void append_chunk(struct bytes *b, uint32_t c, uint32_t output)
{
    uint64_t state = c * 2 + output;
    for (uint64_t n = mix(&state) % (c % 17 == 3 ? 9000 : 60); n > 0; n--) {
        const unsigned char x = (unsigned char)mix(&state);
        bytes_append(b, &x, 1);
    }
}

static void emit(struct gather *g, uint32_t source, uint32_t c)
{
    for (uint32_t output = 0; output < N_OUTPUTS; output++) {
        struct bytes m = {0}, data = {0};
        const struct record_head head = {RECORD_OUTPUT, 1};
        append_chunk(&data, c, output);
        const struct output_segment s = {c, c + 1, output, 0, data.n};
        bytes_append(&m, &head, sizeof head);
        bytes_append(&m, &s, sizeof s);
        bytes_append(&m, data.at, data.n);
        if (data.n > 0)
            CU_ASSERT_EQUAL(gather_record(g, source, m.at, m.n, NULL),
                            GATHER_ACCEPTED);
        free(m.at);
        free(data.at);
    }
}

static void fold_chunks(const struct gather *g, const struct cover *mine,
                        int64_t *words, struct tree *tree)
{
    const struct partial_layout *l = &g->layout;
    int64_t *state = malloc(l->n_state_words * sizeof *state);
    CU_ASSERT_PTR_NOT_NULL_FATAL(state);
    partial_init(l, words);
    for (size_t i = 0; i < mine->n; i++)
        for (uint32_t c = mine->range[i].lo; c < mine->range[i].hi; c++) {
            state_init(l, state);
            for (uint32_t r = 0; r < l->n_results; r++)
                fold_chunk(&l->result[r],
                           (l->result[r].op->ordered ? state : words)
                               + l->result[r].offset, c);
            state_normalise(l, state);
            CU_ASSERT_EQUAL(tree_add(tree, (struct tree_node){c, 0}, state),
                            0);
        }
    free(state);
}

/* The record of these chunks. */
static struct bytes record_of(const struct gather *g, const struct cover *mine)
{
    const struct partial_layout *l = &g->layout;
    const struct record_head head = {RECORD_PARTIAL, (uint32_t)mine->n};
    struct tree tree; /* whose nodes stay apart: nobody here can combine */
    struct bytes m = {0};
    int64_t *words = malloc(l->n_words * sizeof *words);
    CU_ASSERT_PTR_NOT_NULL_FATAL(words);
    tree_init(&tree, N_CHUNKS, l->n_state_words, NULL, NULL);
    fold_chunks(g, mine, words, &tree);
    const size_t n = tree_encoded_words(&tree);
    int64_t *encoded = malloc(n * sizeof *encoded);
    CU_ASSERT_PTR_NOT_NULL_FATAL(encoded);
    tree_encode(&tree, encoded);
    bytes_append(&m, &head, sizeof head);
    bytes_append(&m, mine->range, mine->n * sizeof mine->range[0]);
    bytes_append(&m, words, l->n_words * sizeof *words);
    bytes_append(&m, encoded, n * sizeof *encoded);
    tree_release(&tree);
    free(words);
    free(encoded);
    return m;
}

enum gather_verdict run_chunks(struct gather *g, uint32_t source,
                               const struct cover *mine, struct cover *again)
{
    for (size_t i = 0; i < mine->n; i++)
        for (uint32_t c = mine->range[i].lo; c < mine->range[i].hi; c++)
            emit(g, source, c);
    struct bytes m = record_of(g, mine);
    const enum gather_verdict v = gather_record(g, source, m.at, m.n, again);
    free(m.at);
    return v;
}
