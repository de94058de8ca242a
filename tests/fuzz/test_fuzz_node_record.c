/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of nodes that no node would send: right ones, cut at every byte and
 * changed at random, the same changes each time. Whatever comes, the root
 * refuses it, or takes just the chunks that it names, with states of just
 * these. Each message lies in memory of its size, so that the address sanitizer
 * sees who reads on. FANFOLD_TEST_LONG=1: many more.
 */
#include "array_rows.h"
#include "gather.h"
#include "ledger.h"
#include "node_record.h"
#include "op_operation.h"
#include "scratch_file.h"
#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N_CHUNKS = 64, ROW_BYTES = 24 };

static uint64_t state = 88172645463325252u; /* xorshift64, Marsaglia 2003 */

static uint32_t below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16) % n;
}

static void init(struct gather *g)
{
    static struct spec s;
    struct grid grid;
    s = (struct spec){.n_results = 0};
    static const uint32_t op[] = {FF_OP_SUM, FF_OP_ARGMAX, FF_OP_PRODUCT,
                                  FF_OP_OPERATION, FF_OP_MAX};
    for (uint32_t i = 0; i < sizeof op / sizeof op[0]; i++) {
        const char name[] = {(char)('a' + (int)i), '\0'};
        spec_add_result(&s, name, op[i], spec_add_source(&s, name, op[i]));
    }
    s.result[3].n = 8;
    s.result[3].form = 1;
    CU_ASSERT_FATAL(grid_init(&grid, 0, N_CHUNKS, 1, NULL) == 0);
    CU_ASSERT_FATAL(gather_init(g, &grid, &s, 0, NULL) == 0);
}

/* ---- right ones ---------------------------------------------------------- */

static const struct cover everything = {&(struct range){0, N_CHUNKS}, 1, 1,
                                        N_CHUNKS};

/* Some chunks, done by a node. */
static void do_some(struct gather *g)
{
    const struct partial_layout *l = &g->layout;
    const union ff_value v[] = {{.f64 = 0.1}, {.u64 = 3}};
    int64_t part[16];
    CU_ASSERT_FATAL(l->n_state_words <= 16);
    g->granted = &everything;
    for (uint32_t c = 0; c < N_CHUNKS; c++) {
        if (below(3) == 0)
            continue;
        for (uint32_t i = 0; i < l->n_results; i++)
            if (!l->result[i].op->ordered)
                l->result[i].op->fold(&l->result[i].shape,
                                      g->partial + l->result[i].offset, v,
                                      op_places(l->result[i].op));
        state_init(l, part);
        part[l->n_merged_words] = OPERATION_STATE;
        CU_ASSERT(tree_add(&g->tree, (struct tree_node){c, 0}, part) == 0);
        CU_ASSERT(tree_add(&g->own, (struct tree_node){c, 0},
                           part + l->n_merged_words) == 0);
        cover_add(&g->accepted, (struct range){c, c + 1});
        cover_add(&g->fresh, (struct range){c, c + 1});
    }
}

struct bytes {
    unsigned char *at;
    size_t n;
};

static struct bytes right_one(bool fold)
{
    struct gather g;
    struct lanes lanes = {0};
    struct bytes m;
    void *message = NULL;
    init(&g);
    do_some(&g);
    CU_ASSERT_EQUAL_FATAL(gather_take(&g, fold, &message, &m.n, &lanes), 1);
    m.at = message;
    lanes_release(&lanes);
    gather_release(&g);
    return m;
}

/* ---- and what is done with them ------------------------------------------ */

/* Did the root take what the message names, and that alone? */
static bool taken_rightly(const struct gather *g, const struct cover *cover,
                          const struct bytes *m)
{
    struct record_head head;
    uint64_t n = 0;
    memcpy(&head, m->at, sizeof head);
    for (uint32_t i = 0; i < head.n_ranges; i++) {
        struct range r;
        memcpy(&r, m->at + sizeof(struct record_node) + i * sizeof r,
               sizeof r);
        if (!cover_contains(cover, r))
            return false;
        n += r.hi - r.lo;
    }
    return n == cover->n_chunks && head.kind == RECORD_NODE
           && (n == 0 || cover->range[cover->n - 1].hi <= N_CHUNKS)
           && partial_valid(&g->layout, g->partial);
}

static enum gather_verdict fold_staged(struct gather *g)
{
    struct lanes lanes;
    CU_ASSERT_FATAL(lanes_init(&lanes, &g->layout, NULL) == 0);
    const enum gather_verdict v = gather_fold(g, &lanes);
    lanes_release(&lanes);
    return v;
}

static enum gather_verdict give(const struct bytes *m, bool stage)
{
    struct gather g;
    struct cover again = COVER_EMPTY;
    struct bytes copy = {malloc(m->n > 0 ? m->n : 1), m->n};
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy.at);
    memcpy(copy.at, m->at, m->n);
    init(&g);
    enum gather_verdict v =
        stage ? gather_stage(&g, below(3), copy.at, copy.n)
              : gather_record(&g, 0, copy.at, copy.n, &again);
    free(copy.at);
    if (v == GATHER_ACCEPTED && stage) {
        CU_ASSERT_EQUAL(g.accepted.n, 0);
        v = fold_staged(&g);
        CU_ASSERT_EQUAL(v, GATHER_ACCEPTED);
    }
    if (v == GATHER_ACCEPTED) {
        CU_ASSERT_TRUE(taken_rightly(&g, &g.accepted, m));
        CU_ASSERT_TRUE(tree_covers(&g.tree, &g.accepted));
        CU_ASSERT_TRUE(tree_covers(&g.own, &g.accepted));
        gather_finish(&g);
    } else {
        CU_ASSERT_EQUAL(g.accepted.n, 0);
        CU_ASSERT_EQUAL(g.tree.n + g.own.n, 0);
    }
    CU_ASSERT_EQUAL(again.n, 0);
    gather_release(&g);
    return v;
}

static void cut_anywhere(void)
{
    for (int fold = 0; fold < 2; fold++) {
        struct bytes m = right_one(fold);
        const size_t n = m.n;
        CU_ASSERT_EQUAL(give(&m, fold), GATHER_ACCEPTED);
        CU_ASSERT_EQUAL(give(&m, !fold), GATHER_DAMAGED);
        for (m.n = 0; m.n < n; m.n++) {
            CU_ASSERT_EQUAL(give(&m, false), GATHER_DAMAGED);
            CU_ASSERT_EQUAL(give(&m, true), GATHER_DAMAGED);
        }
        free(m.at);
    }
}

/* Up to four changes, most of them in the front, where the lengths are. */
static void change(struct bytes *m)
{
    static const unsigned char special[] = {0, 1, 2, 0x7f, 0x80, 0xff};
    for (uint32_t k = 1 + below(4); k > 0; k--) {
        const size_t front = m->n < 96 ? m->n : 96;
        const size_t i = below(2) ? below((uint32_t)front)
                                  : below((uint32_t)m->n);
        if (below(2))
            m->at[i] ^= (unsigned char)(1u << below(8));
        else
            m->at[i] = below(2) ? special[below(6)]
                                : (unsigned char)below(256);
    }
    if (below(16) == 0)
        m->n = 1 + below((uint32_t)m->n);
}

static void changed_at_random(void)
{
    uint64_t verdicts[5] = {0};
    const unsigned n = tap_long() ? 1000000 : 20000;
    for (unsigned i = 0; i < n; i++) {
        struct bytes m = right_one(i % 2);
        change(&m);
        verdicts[give(&m, i % 2)]++;
        free(m.at);
    }
    tap_note("%" PRIu64 " accepted, %" PRIu64 " damaged",
             verdicts[GATHER_ACCEPTED], verdicts[GATHER_DAMAGED]);
    CU_ASSERT(verdicts[GATHER_ACCEPTED] > 0 && verdicts[GATHER_DAMAGED] > 0);
    CU_ASSERT_EQUAL(verdicts[GATHER_DROPPED], 0);
}

/* ---- too large ----------------------------------------------------------- */

static void larger_than_a_message(void)
{
    struct gather g;
    size_t n;
    init(&g);
    struct partial_layout layout = g.layout;
    layout.n_words = 1u << 27; /* of eight bytes: that is 2^30, and a head */
    errno = 0;
    CU_ASSERT_PTR_NULL(node_record_make(&layout, &everything, g.partial,
                                        &g.tree, &g.own, false, &n));
    CU_ASSERT_EQUAL(errno, EMSGSIZE);
    gather_release(&g);
}

/* ---- rows ---------------------------------------------------------------- */

/* A file of rows, each with its number in front. */
static struct array_file rows_file(uint64_t n, bool full)
{
    struct array_file file = {.fd = scratch_file(), .row_bytes = ROW_BYTES,
                              .path = "rows", .bytes = n * ROW_BYTES};
    CU_ASSERT_FATAL(file.fd >= 0 && ftruncate(file.fd, (off_t)file.bytes) == 0);
    for (uint64_t i = 0; full && i < n; i++) {
        const uint64_t row[ROW_BYTES / sizeof(uint64_t)] = {i, ~i, i * i};
        CU_ASSERT_EQUAL(pwrite(file.fd, row, sizeof row,
                               (off_t)(i * ROW_BYTES)), ROW_BYTES);
    }
    return file;
}

/* Do just the rows of these chunks have their values? */
static bool rows_are(const struct array_file *file, const struct grid *grid,
                     const struct cover *chunks)
{
    for (uint64_t i = 0; i < grid->last - grid->first; i++) {
        uint64_t row[ROW_BYTES / sizeof(uint64_t)] = {0};
        const uint32_t c = grid_chunk_of(grid, grid->first + i);
        const bool there = cover_meets(chunks, (struct range){c, c + 1});
        if (pread(file->fd, row, sizeof row, (off_t)(i * ROW_BYTES))
                != ROW_BYTES
            || row[0] != (there ? i : 0) || row[1] != (there ? ~i : 0)
            || row[2] != (there ? i * i : 0))
            return false;
    }
    return true;
}

static void take_rows(struct array_rows *rows, const struct array_file *from,
                      const struct array_file *to, const struct grid *grid,
                      const struct cover *fresh)
{
    struct array_file both[2] = {*from, *to};
    void *message;
    size_t n;
    int rc;
    while ((rc = array_rows_take(rows, from, 1, grid, fresh, &message, &n,
                                 NULL)) > 0) {
        CU_ASSERT(n <= (1u << 20) + 100000);
        CU_ASSERT_EQUAL(array_rows_put(both, 2, grid, fresh, message, n,
                                       NULL), 0);
        free(message);
    }
    CU_ASSERT_EQUAL(rc, 0);
}

/* Chunks of this many items, in random handfuls; in the end the sender's file
 * is empty. */
static void rows_go_over(uint64_t chunk_items, uint64_t items)
{
    struct grid grid;
    struct array_rows rows = {.part = 0};
    struct cover all = COVER_EMPTY, fresh = COVER_EMPTY;
    struct stat st;
    CU_ASSERT_FATAL(grid_init(&grid, 5, 5 + items, chunk_items, NULL) == 0);
    struct array_file from = rows_file(items, true);
    struct array_file to = rows_file(items, false);
    while (all.n_chunks < grid.n_chunks) {
        for (uint32_t c = 0; c < grid.n_chunks; c++) {
            const struct range r = {c, c + 1};
            if (below(3) == 0 && !cover_meets(&all, r))
                cover_add(&fresh, r);
        }
        take_rows(&rows, &from, &to, &grid, &fresh);
        for (size_t i = 0; i < fresh.n; i++)
            cover_add(&all, fresh.range[i]);
        cover_release(&fresh);
        CU_ASSERT_TRUE(rows_are(&to, &grid, &all));
    }
    CU_ASSERT(fstat(from.fd, &st) == 0 && st.st_blocks == 0);
    close(from.fd);
    close(to.fd);
    array_rows_release(&rows);
    cover_release(&all);
}

static void rows_of_any_chunks(void)
{
    rows_go_over(1, 2000);
    rows_go_over(7, 20000);
    rows_go_over(5000, 123456);
    rows_go_over(100000, 250000); /* a chunk is more than a message */
}

static void made_up_rows(void)
{
    const struct cover holds = {&(struct range){3, 40}, 1, 1, 37};
    struct grid grid;
    unsigned n_refused = 0;
    CU_ASSERT_FATAL(grid_init(&grid, 0, 1000, 10, NULL) == 0);
    struct array_file from = rows_file(1000, true);
    struct array_file to[2] = {rows_file(1000, false), rows_file(1000, false)};
    for (unsigned i = 0; i < (tap_long() ? 200000u : 10000u); i++) {
        struct array_rows rows = {.part = 0};
        struct bytes m;
        void *message = NULL;
        CU_ASSERT_EQUAL(array_rows_take(&rows, &from, 0, &grid, &holds,
                                        &message, &m.n, NULL), 1);
        m.at = message;
        change(&m);
        struct bytes copy = {malloc(m.n), m.n};
        CU_ASSERT_PTR_NOT_NULL_FATAL(copy.at);
        memcpy(copy.at, m.at, m.n);
        n_refused += array_rows_put(to, 2, &grid, &holds, copy.at, copy.n,
                                    NULL) != 0;
        free(copy.at);
        free(m.at);
        array_rows_release(&rows);
    }
    CU_ASSERT(n_refused > 100);
    /* What is not held was never written. */
    for (int k = 0; k < 2; k++)
        for (off_t i = 0; i < 1000; i += i == 29 ? 371 : 1) {
            unsigned char row[ROW_BYTES], zero[ROW_BYTES] = {0};
            CU_ASSERT(pread(to[k].fd, row, sizeof row, i * ROW_BYTES)
                          == ROW_BYTES
                      && memcmp(row, zero, sizeof row) == 0);
        }
    close(from.fd);
    close(to[0].fd);
    close(to[1].fd);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"cut anywhere they are none", cut_anywhere},
        {"changed at random they do no harm", changed_at_random},
        {"none is larger than a message", larger_than_a_message},
        {"rows of any chunks go over", rows_of_any_chunks},
        {"made-up rows do no harm", made_up_rows},
    };
    return TAP_RUN(tests);
}
