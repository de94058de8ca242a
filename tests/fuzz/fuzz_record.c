/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes from executors and nodes as bytes. The first byte says what it is
 * taken for, the second which right message is changed (0: none, what follows
 * is the message): then come changes, each two bytes where and one that is put
 * there, "where" beyond the end cutting it off.
 *
 *   g  a record (gather_record): refused, or it counts just the chunks that it
 *      names, and states of just these; so does it when it comes again, as a
 *      duplicate
 *   s  the last record of a node, staged, folded or not
 *   k  a partial of a store (gather_restore)
 *   r  the row of an item: what is decoded is encoded, and decoded as the same
 *   w  ranges of a message: ascending, disjoint, in the grid
 *   a  rows of an array: only rows of chunks that are held are written
 */
#include "array_rows.h"
#include "fuzz.h"
#include "gather.h"
#include "ledger.h"
#include "node_record.h"
#include "op_operation.h"
#include "row.h"
#include "scratch_file.h"
#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { N_CHUNKS = 64, ROW_BYTES = 24 };

static struct spec *spec;

static void make_spec(void)
{
    static const uint32_t op[] = {FF_OP_SUM, FF_OP_ARGMAX, FF_OP_PRODUCT,
                                  FF_OP_OPERATION, FF_OP_MAX, FF_OP_TOP,
                                  FF_OP_DISTINCT};
    spec = calloc(1, sizeof *spec);
    FUZZ_EXPECT(spec != NULL);
    for (uint32_t i = 0; i < sizeof op / sizeof op[0]; i++) {
        const char name[] = {(char)('a' + (int)i), '\0'};
        spec_add_result(spec, name, op[i], spec_add_source(spec, name, op[i]));
    }
    spec->result[3].n = 8;
    spec->result[3].form = 1;
    spec->result[5].n = 4;
}

static void init(struct gather *g, struct ordered *ordered)
{
    struct grid grid;
    FUZZ_EXPECT(grid_init(&grid, 0, N_CHUNKS, 1, NULL) == 0);
    FUZZ_EXPECT(gather_init(g, &grid, spec, 0, NULL) == 0);
    FUZZ_EXPECT(ordered_init(ordered, 2, 2, N_CHUNKS, 1 << 20, NULL) == 0);
    g->ordered = ordered;
}

static void release(struct gather *g, struct ordered *ordered)
{
    gather_release(g);
    ordered_release(ordered);
}

/* ---- right ones ----------------------------------------------------------- */

static const struct cover everything = {&(struct range){0, N_CHUNKS}, 1, 1,
                                        N_CHUNKS};

static void do_some(struct gather *g, uint32_t step)
{
    const struct partial_layout *l = &g->layout;
    const union ff_value v[] = {{.f64 = 0.1}, {.u64 = 3}};
    int64_t part[64];
    FUZZ_EXPECT(l->n_state_words <= 64);
    g->granted = &everything;
    for (uint32_t c = 0; c < N_CHUNKS; c += step) {
        for (uint32_t i = 0; i < l->n_results; i++)
            if (!l->result[i].op->ordered)
                l->result[i].op->fold(&l->result[i].shape,
                                      g->partial + l->result[i].offset, v,
                                      op_places(l->result[i].op));
        state_init(l, part);
        part[l->n_merged_words] = OPERATION_STATE;
        FUZZ_EXPECT(tree_add(&g->tree, (struct tree_node){c, 0}, part) == 0);
        FUZZ_EXPECT(tree_add(&g->own, (struct tree_node){c, 0},
                             part + l->n_merged_words) == 0);
        cover_add(&g->accepted, (struct range){c, c + 1});
        cover_add(&g->fresh, (struct range){c, c + 1});
    }
}

static void *node_message(bool fold, uint32_t step, size_t *n)
{
    struct gather g;
    struct ordered ordered;
    struct lanes lanes = {0};
    void *message = NULL;
    init(&g, &ordered);
    do_some(&g, step);
    FUZZ_EXPECT(gather_take(&g, fold, &message, n, &lanes) == 1);
    lanes_release(&lanes);
    release(&g, &ordered);
    return message;
}

static void *row_message(size_t *n)
{
    const struct row row = {.item = 3, .attempts = 2, .exit = 1,
                            .end = ROW_EXITED, .tag = {"t\t", 2},
                            .command = {"false x", 7}, .reason = {"no", 2},
                            .inputs = {"x\0y", 4}};
    *n = row_bytes(&row);
    char *bytes = malloc(*n);
    FUZZ_EXPECT(bytes != NULL);
    row_encode(&row, bytes);
    return bytes;
}

/* Rows of an array of 1000, of ten items a chunk; NULL when they are not to be
 * written. */
static void *rows_message(size_t *n)
{
    struct grid grid;
    struct cover holds = {&(struct range){3, 6}, 1, 1, 3};
    struct array_rows rows = {.part = 0};
    void *message = NULL;
    struct array_file from = {.fd = memfd_create("rows", MFD_CLOEXEC),
                              .row_bytes = ROW_BYTES, .path = "rows",
                              .bytes = 1000 * ROW_BYTES};
    FUZZ_EXPECT(from.fd >= 0 && ftruncate(from.fd, (off_t)from.bytes) == 0);
    FUZZ_EXPECT(grid_init(&grid, 0, 1000, 10, NULL) == 0);
    FUZZ_EXPECT(array_rows_take(&rows, &from, 0, &grid, &holds, &message, n,
                                NULL) == 1);
    array_rows_release(&rows);
    close(from.fd);
    return message;
}

/* The message that is asked for, with its changes, in memory of its size. */
static unsigned char *make(uint8_t kind, struct fuzz_input *in, size_t *n)
{
    const uint8_t which = fuzz_byte(in);
    unsigned char *right;
    if (which == 0)
        return (unsigned char *)fuzz_rest(in, n);
    if (kind == 'r')
        right = row_message(n);
    else if (kind == 'a')
        right = rows_message(n);
    else
        right = node_message(kind == 's', which, n);
    while (in->n > 0) {
        size_t at = fuzz_byte(in);
        at |= (size_t)fuzz_byte(in) << 8;
        const uint8_t byte = fuzz_byte(in);
        if (at < *n)
            right[at] = byte;
        else
            *n = at % (*n + 1);
    }
    unsigned char *exact = malloc(*n > 0 ? *n : 1);
    FUZZ_EXPECT(exact != NULL);
    memcpy(exact, right, *n);
    free(right);
    return exact;
}

/* ---- what becomes of them ------------------------------------------------- */

static void expect_taken(struct gather *g)
{
    const struct cover *a = &g->accepted;
    FUZZ_EXPECT(a->n == 0 || a->range[a->n - 1].hi <= N_CHUNKS);
    FUZZ_EXPECT(partial_valid(&g->layout, g->partial));
    FUZZ_EXPECT(tree_covers(&g->tree, a));
    FUZZ_EXPECT(tree_covers(&g->own, a));
}

/* Of a record with a cover, what that says. */
static uint64_t named_chunks(const unsigned char *m)
{
    struct record_head head;
    uint64_t n = 0;
    memcpy(&head, m, sizeof head);
    const size_t at = head.kind == RECORD_NODE ? sizeof(struct record_node)
                                               : sizeof head;
    for (uint32_t i = 0; i < head.n_ranges; i++) {
        struct range r;
        memcpy(&r, m + at + i * sizeof r, sizeof r);
        n += r.hi - r.lo;
    }
    return head.kind == RECORD_NODE || head.kind == RECORD_PARTIAL ? n : 0;
}

static void try_record(const unsigned char *m, size_t n, bool restore)
{
    struct gather g;
    struct ordered ordered;
    struct cover again = COVER_EMPTY;
    init(&g, &ordered);
    enum gather_verdict v = restore ? gather_restore(&g, m, n)
                                    : gather_record(&g, 0, m, n, &again);
    FUZZ_EXPECT(v == GATHER_ACCEPTED || v == GATHER_DAMAGED
                || v == GATHER_DROPPED);
    FUZZ_EXPECT(again.n_chunks == 0 || v == GATHER_DROPPED);
    if (v == GATHER_ACCEPTED) {
        FUZZ_EXPECT(g.accepted.n_chunks == named_chunks(m));
        expect_taken(&g);
    } else
        FUZZ_EXPECT(g.accepted.n_chunks == 0 && g.tree.n + g.own.n == 0);
    if (g.accepted.n_chunks > 0) {
        v = restore ? gather_restore(&g, m, n)
                    : gather_record(&g, 1, m, n, &again);
        FUZZ_EXPECT(v == GATHER_DROPPED && again.n_chunks == 0);
        expect_taken(&g);
    }
    gather_finish(&g);
    cover_release(&again);
    release(&g, &ordered);
}

static void try_stage(const unsigned char *m, size_t n)
{
    struct gather g;
    struct ordered ordered;
    struct lanes lanes;
    init(&g, &ordered);
    const enum gather_verdict v = gather_stage(&g, 0, m, n);
    FUZZ_EXPECT(v == GATHER_ACCEPTED || v == GATHER_DAMAGED
                || v == GATHER_DROPPED);
    FUZZ_EXPECT(g.accepted.n_chunks == 0);
    if (v == GATHER_ACCEPTED) {
        FUZZ_EXPECT(gather_stage(&g, 0, m, n) == GATHER_DROPPED);
        gather_unfold(&g);
        FUZZ_EXPECT(gather_stage(&g, 1, m, n) == GATHER_ACCEPTED);
        FUZZ_EXPECT(lanes_init(&lanes, &g.layout, NULL) == 0);
        FUZZ_EXPECT(gather_fold(&g, &lanes) == GATHER_ACCEPTED);
        FUZZ_EXPECT(g.accepted.n_chunks == named_chunks(m));
        expect_taken(&g);
        lanes_release(&lanes);
    }
    release(&g, &ordered);
}

static bool same_span(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

static void try_row(const unsigned char *m, size_t n)
{
    struct row row, again;
    char why[256];
    const long k = row_decode((const char *)m, n, &row);
    FUZZ_EXPECT(k >= -1 && k <= (long)n);
    if (k <= 0)
        return;
    FUZZ_EXPECT(row_bytes(&row) == (size_t)k);
    char *copy = malloc((size_t)k);
    FUZZ_EXPECT(copy != NULL);
    row_encode(&row, copy);
    FUZZ_EXPECT(row_decode(copy, (size_t)k, &again) == k);
    FUZZ_EXPECT(same_span(row.tag, again.tag)
                && same_span(row.command, again.command)
                && same_span(row.reason, again.reason)
                && same_span(row.results, again.results)
                && same_span(row.inputs, again.inputs));
    FUZZ_EXPECT(row.item == again.item && row.end == again.end
                && row.exit == again.exit && row.wall_ns == again.wall_ns);
    row_why(&row, why);
    FUZZ_EXPECT(memchr(why, '\0', sizeof why) != NULL);
    free(copy);
}

static void try_ranges(unsigned char *m, size_t n)
{
    const struct wire_message message = {.head = {.bytes = n}, .body = m};
    const struct range *range;
    const long k = wire_ranges(&message, N_CHUNKS, &range);
    FUZZ_EXPECT(k >= -1 && k <= (long)(n / sizeof *range));
    for (long i = 0; i < k; i++)
        FUZZ_EXPECT(range[i].lo < range[i].hi && range[i].hi <= N_CHUNKS
                    && (i == 0 || range[i].lo >= range[i - 1].hi));
}

/* Of the chunks 2 to 4 only, and the file does not grow. */
static void try_rows(const unsigned char *m, size_t n)
{
    const struct cover holds = {&(struct range){2, 5}, 1, 1, 3};
    static const unsigned char unwritten[ROW_BYTES] = {
        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    struct array_file to = {.fd = memfd_create("rows", MFD_CLOEXEC),
                            .row_bytes = ROW_BYTES, .path = "rows",
                            .bytes = 1000 * ROW_BYTES};
    unsigned char all[1000 * ROW_BYTES];
    struct grid grid;
    memset(all, 7, sizeof all);
    FUZZ_EXPECT(to.fd >= 0 && write(to.fd, all, sizeof all) == sizeof all);
    FUZZ_EXPECT(grid_init(&grid, 0, 1000, 10, NULL) == 0);
    const int rc = array_rows_put(&to, 1, &grid, &holds, m, n, NULL);
    FUZZ_EXPECT(rc == 0 || rc == 1);
    FUZZ_EXPECT(pread(to.fd, all, sizeof all, 0) == sizeof all
                && lseek(to.fd, 0, SEEK_END) == sizeof all);
    for (size_t i = 0; i < 1000; i++)
        if (rc != 0 || i < 20 || i >= 50)
            FUZZ_EXPECT(memcmp(all + i * ROW_BYTES, unwritten, ROW_BYTES) == 0);
    close(to.fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const uint8_t kind = fuzz_byte(&in);
    size_t n;
    if (spec == NULL)
        make_spec();
    if (strchr("gskrwa", kind) == NULL || kind == '\0')
        return 0;
    unsigned char *m = make(kind, &in, &n);
    if (kind == 'g' || kind == 'k')
        try_record(m, n, kind == 'k');
    else if (kind == 's')
        try_stage(m, n);
    else if (kind == 'r')
        try_row(m, n);
    else if (kind == 'w')
        try_ranges(m, n);
    else
        try_rows(m, n);
    free(m);
    return 0;
}
