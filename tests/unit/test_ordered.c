/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is emitted comes out in the order of chunks, each byte once: executors
 * that take chunks at random, publish, fail and die at random, and bytes that
 * anybody can work out. Also: what waits beyond the limit is in the file and
 * leaves it again; what is no message is refused.
 */
#include "ordered.h"
#include "ledger.h"
#include "tap.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { N_CHUNKS = 400, N_SOURCES = 5, N_OUTPUTS = 2, MAX_BYTES = 20000 };

static uint64_t state;

/* Marsaglia's xorshift64: any stream will do. */
static uint32_t draw(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

/* How many bytes chunk c emits into an output, and which. */
static size_t length_of(uint32_t c, uint32_t output)
{
    const uint32_t h = (c * 2654435761u) ^ output * 40503u;
    return h % 5 == 0 ? 0 : h % 31 == 7 ? h % MAX_BYTES : h % 300;
}

static unsigned char byte_of(uint32_t c, uint32_t output, size_t i)
{
    return (unsigned char)(c * 7 + output * 31 + i * 13);
}

/* ---- messages ------------------------------------------------------------ */

struct text {
    unsigned char *at;
    size_t n, room;
};

static void append(struct text *t, const void *bytes, size_t n)
{
    if (n == 0)
        return;
    if (t->n + n > t->room) {
        t->room = 2 * (t->n + n);
        t->at = realloc(t->at, t->room);
        CU_ASSERT_PTR_NOT_NULL_FATAL(t->at);
    }
    memcpy(t->at + t->n, bytes, n);
    t->n += n;
}

static void append_chunk(struct text *t, uint32_t c, uint32_t output,
                         size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const unsigned char b = byte_of(c, output, i);
        append(t, &b, 1);
    }
}

/* Sends bytes [from, to) of a chunk as a message of its own. */
static void send(struct ordered *o, uint32_t source, uint32_t c,
                 uint32_t output, size_t from, size_t to)
{
    struct text t = {0};
    const struct output_segment s = {c, c + 1, output, 0, to - from};
    if (from == to)
        return;
    append(&t, &s, sizeof s);
    append_chunk(&t, c, output, from, to);
    CU_ASSERT_EQUAL(ordered_take(o, source, t.at, t.n, 1, NULL), 0);
    free(t.at);
}

/* The chunks [lo, hi) in one segment an output. */
static void send_run(struct ordered *o, uint32_t source, uint32_t lo,
                     uint32_t hi)
{
    struct text head = {0}, body = {0};
    uint32_t n = 0;
    for (uint32_t output = 0; output < N_OUTPUTS; output++) {
        const size_t before = body.n;
        for (uint32_t c = lo; c < hi; c++)
            append_chunk(&body, c, output, 0, length_of(c, output));
        const struct output_segment s = {lo, hi, output, 0, body.n - before};
        if (s.bytes == 0)
            continue;
        append(&head, &s, sizeof s);
        n++;
    }
    if (n > 0) {
        append(&head, body.at, body.n);
        CU_ASSERT_EQUAL(ordered_take(o, source, head.at, head.n, n, NULL), 0);
    }
    free(head.at);
    free(body.at);
}

/* A chunk that is sent while it runs, in several messages. */
static void send_in_parts(struct ordered *o, uint32_t source, uint32_t c,
                          bool all)
{
    for (uint32_t output = 0; output < N_OUTPUTS; output++) {
        const size_t n = length_of(c, output);
        const size_t half = n / 2;
        send(o, source, c, output, 0, half);
        if (all)
            send(o, source, c, output, half, n);
    }
}

/* ---- a run --------------------------------------------------------------- */

struct board {
    struct ordered o;
    struct cover settled, failed, todo;
    struct text out[N_OUTPUTS];
};

static uint32_t frontier(const struct board *b)
{
    return cover_first_missing(&b->settled, 0);
}

static void write_some(struct board *b, uint32_t output)
{
    const char *data;
    size_t n;
    int rc;
    while ((rc = ordered_next(&b->o, output, frontier(b), &data, &n, NULL))
           > 0) {
        const size_t part = draw(3) == 0 ? n : 1 + draw((uint32_t)n);
        append(&b->out[output], data, part);
        ordered_written(&b->o, output, part);
    }
    CU_ASSERT_EQUAL(rc, 0);
}

static void commit(struct board *b, uint32_t source, struct cover *mine)
{
    CU_ASSERT(ordered_is_within(&b->o, source, mine));
    CU_ASSERT_EQUAL(ordered_commit(&b->o, source, NULL), 0);
    for (size_t i = 0; i < mine->n; i++)
        cover_add(&b->settled, mine->range[i]);
    cover_release(mine);
}

static void give_back(struct board *b, struct cover *mine)
{
    for (size_t i = 0; i < mine->n; i++)
        cover_add(&b->todo, mine->range[i]);
    cover_release(mine);
}

/* A chunk emits half, then fails: for good, or it is tried again. */
static void fail(struct board *b, uint32_t source, uint32_t c, bool again)
{
    const struct range r = {c, c + 1};
    send_in_parts(&b->o, source, c, false);
    ordered_drop_chunk(&b->o, source, c);
    if (again) {
        cover_add(&b->todo, r);
        return;
    }
    cover_add(&b->failed, r);
    cover_add(&b->settled, r);
}

static void run_some(struct board *b, uint32_t source, struct cover *mine)
{
    struct range r;
    const uint32_t from = draw(N_CHUNKS);
    /* From anywhere: what is below goes back. */
    if (!cover_take(&b->todo, 1 + draw(6), &r))
        return;
    if (r.lo < from && draw(2) == 0) {
        struct range far;
        if (cover_take(&b->todo, N_CHUNKS, &far)) {
            cover_add(&b->todo, r);
            r = (struct range){far.hi - 1, far.hi};
            if (far.lo < r.lo)
                cover_add(&b->todo, (struct range){far.lo, r.lo});
        }
    }
    if (r.hi - r.lo > 1 || draw(2) == 0) {
        send_run(&b->o, source, r.lo, r.hi);
        cover_add(mine, r);
    } else if (draw(4) == 0) {
        fail(b, source, r.lo, draw(2) == 0);
    } else {
        send_in_parts(&b->o, source, r.lo, true);
        cover_add(mine, r);
    }
}

static void check(const struct board *b)
{
    for (uint32_t output = 0; output < N_OUTPUTS; output++) {
        struct text right = {0};
        for (uint32_t c = 0; c < N_CHUNKS; c++)
            if (!cover_meets(&b->failed, (struct range){c, c + 1}))
                append_chunk(&right, c, output, 0, length_of(c, output));
        CU_ASSERT_EQUAL_FATAL(b->out[output].n, right.n);
        CU_ASSERT_EQUAL(memcmp(b->out[output].at, right.at, right.n), 0);
        CU_ASSERT_EQUAL(ordered_left(&b->o, output), 0);
        free(right.at);
    }
    CU_ASSERT_EQUAL(b->o.hold.bytes, 0);
}

static void play(uint64_t seed, uint64_t memory_bytes, bool *spilled)
{
    struct board b = {0};
    struct cover mine[N_SOURCES] = {{0}};
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    CU_ASSERT_FATAL(ordered_init(&b.o, N_OUTPUTS, N_SOURCES, N_CHUNKS,
                                 memory_bytes, NULL) == 0);
    cover_add(&b.todo, (struct range){0, N_CHUNKS});
    while (frontier(&b) < N_CHUNKS) {
        const uint32_t source = draw(N_SOURCES);
        const uint32_t what = draw(20);
        if (what < 12) {
            run_some(&b, source, &mine[source]);
        } else if (what < 17) {
            commit(&b, source, &mine[source]);
        } else if (what < 18) { /* dead, or its record is dropped */
            ordered_drop(&b.o, source);
            give_back(&b, &mine[source]);
        } else {
            write_some(&b, draw(N_OUTPUTS));
        }
        *spilled = *spilled || b.o.hold.file >= 0;
    }
    for (uint32_t output = 0; output < N_OUTPUTS; output++)
        write_some(&b, output);
    check(&b);
    for (uint32_t i = 0; i < N_SOURCES; i++)
        cover_release(&mine[i]);
    for (uint32_t i = 0; i < N_OUTPUTS; i++)
        free(b.out[i].at);
    cover_release(&b.settled);
    cover_release(&b.failed);
    cover_release(&b.todo);
    ordered_release(&b.o);
}

static void comes_in_order_from_memory(void)
{
    bool spilled = false;
    for (unsigned seed = 0; seed < (tap_long() ? 2000u : 40u); seed++)
        play(seed, 64u << 20, &spilled);
    CU_ASSERT_FALSE(spilled);
}

static void comes_in_order_from_a_file(void)
{
    bool spilled = false;
    for (unsigned seed = 0; seed < (tap_long() ? 2000u : 40u); seed++)
        play(seed, 8192, &spilled);
    CU_ASSERT_TRUE(spilled);
}

/* ---- bounds -------------------------------------------------------------- */

static void send_zeros(struct ordered *o, uint32_t c, size_t n)
{
    const struct output_segment s = {c, c + 1, 0, 0, n};
    unsigned char *m = calloc(1, sizeof s + n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    memcpy(m, &s, sizeof s);
    CU_ASSERT_EQUAL(ordered_take(o, 0, m, sizeof s + n, 1, NULL), 0);
    free(m);
}

static size_t in_memory(const struct ordered *o)
{
    size_t n = 0;
    for (uint32_t i = 0; i < o->hold.n_blocks; i++)
        n += o->hold.block[i].data != NULL ? o->hold.block_bytes : 0;
    return n;
}

/* 20 MB wait for chunk 0, in 1 MB of memory and the open block. */
static void waits_in_bounded_memory(void)
{
    struct ordered o;
    struct stat st;
    const char *data;
    size_t n, got = 0;
    CU_ASSERT_FATAL(ordered_init(&o, 1, 1, 100, 1u << 20, NULL) == 0);
    for (uint32_t c = 1; c < 81; c++) {
        send_zeros(&o, c, 250000);
        CU_ASSERT_EQUAL(ordered_commit(&o, 0, NULL), 0);
        CU_ASSERT(in_memory(&o) <= (1u << 20) + o.hold.block_bytes);
    }
    CU_ASSERT_EQUAL(ordered_next(&o, 0, 0, &data, &n, NULL), 0);
    CU_ASSERT(o.hold.file >= 0 && fstat(o.hold.file, &st) == 0);
    const blkcnt_t then = st.st_blocks;
    CU_ASSERT(then > 0);
    while (ordered_next(&o, 0, 100, &data, &n, NULL) > 0) {
        got += n;
        ordered_written(&o, 0, n);
    }
    CU_ASSERT_EQUAL(got, 80 * 250000);
    CU_ASSERT_EQUAL(o.hold.bytes, 0);
    CU_ASSERT(fstat(o.hold.file, &st) == 0 && st.st_blocks < then / 10 + 1);
    ordered_release(&o);
}

/* Chunks that come in order are few pieces, however many they are. */
static void keeps_pieces_of_runs_not_of_chunks(void)
{
    struct ordered o;
    CU_ASSERT_FATAL(ordered_init(&o, 1, 1, 100000, 1u << 20, NULL) == 0);
    for (uint32_t c = 1; c < 100000; c++)
        send_zeros(&o, c, 3);
    CU_ASSERT_EQUAL(ordered_commit(&o, 0, NULL), 0);
    CU_ASSERT(o.ready[0].n < 10);
    CU_ASSERT_EQUAL(ordered_left(&o, 0), 3 * 99999);
    ordered_release(&o);
}

/* ---- what is no message -------------------------------------------------- */

static int give(struct ordered *o, struct output_segment s, size_t n,
                uint32_t n_segments)
{
    unsigned char m[sizeof s + 16] = {0};
    memcpy(m, &s, sizeof s);
    return ordered_take(o, 1, m, sizeof s + n, n_segments, NULL);
}

static void refuses_what_is_no_message(void)
{
    struct ordered o;
    CU_ASSERT_FATAL(ordered_init(&o, 2, 2, 10, 1u << 20, NULL) == 0);
    const struct output_segment good = {3, 5, 1, 0, 16};
    CU_ASSERT_EQUAL(give(&o, good, 16, 1), 0);
    CU_ASSERT_EQUAL(give(&o, good, 15, 1), 1);
    CU_ASSERT_EQUAL(give(&o, good, 0, 1), 1);
    CU_ASSERT_EQUAL(give(&o, good, 16, 0), 1);
    CU_ASSERT_EQUAL(give(&o, good, 16, 2), 1);
    CU_ASSERT_EQUAL(give(&o, good, 16, UINT32_MAX), 1);
    const struct output_segment bad[] = {
        {5, 5, 1, 0, 16}, {5, 3, 1, 0, 16}, {9, 11, 1, 0, 16},
        {3, 5, 2, 0, 16}, {3, 5, 1, 0, 15}, {3, 5, 1, 0, 17},
        {3, 5, 1, 0, 0}, {3, 5, 1, 0, UINT64_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_EQUAL(give(&o, bad[i], 16, 1), 1);
    CU_ASSERT_EQUAL(o.pending[1].n, 1);
    ordered_release(&o);
}

static void tells_what_is_outside_a_cover(void)
{
    struct ordered o;
    struct cover cover = {0};
    CU_ASSERT_FATAL(ordered_init(&o, 2, 2, 10, 1u << 20, NULL) == 0);
    CU_ASSERT_EQUAL(give(&o, (struct output_segment){3, 6, 1, 0, 16}, 16, 1),
                    0);
    cover_add(&cover, (struct range){3, 5});
    CU_ASSERT_FALSE(ordered_is_within(&o, 1, &cover));
    CU_ASSERT_TRUE(ordered_is_within(&o, 0, &cover));
    cover_add(&cover, (struct range){5, 6});
    CU_ASSERT_TRUE(ordered_is_within(&o, 1, &cover));
    cover_release(&cover);
    ordered_release(&o);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"comes in order, from memory", comes_in_order_from_memory},
        {"comes in order, from a file", comes_in_order_from_a_file},
        {"waits in bounded memory", waits_in_bounded_memory},
        {"keeps pieces of runs, not of chunks",
         keeps_pieces_of_runs_not_of_chunks},
        {"refuses what is no message", refuses_what_is_no_message},
        {"tells what is outside a cover", tells_what_is_outside_a_cover},
    };
    return TAP_RUN(tests);
}
