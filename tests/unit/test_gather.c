/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit rule: what is counted, what is dropped with the rest of it to be
 * run again, what is no record at all. Each message lies in memory of just its
 * size, so that the address sanitizer sees who reads on. The verdict on
 * mutated records is worked out anew, chunk by chunk, in plain arrays.
 */
#include "gather.h"
#include "ledger.h"
#include "tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_CHUNKS = 1000, CHUNK_ITEMS = 10, COUNT = 0, SUM = 1 };

static struct spec spec(void)
{
    struct spec s = {.n_results = 0};
    spec_add_result(&s, "n", FF_OP_COUNT,
                    spec_add_source(&s, "n", FF_OP_COUNT));
    spec_add_result(&s, "sum", FF_OP_SUM_INT,
                    spec_add_source(&s, "sum", FF_OP_SUM_INT));
    return s;
}

static void init(struct gather *g)
{
    /* The layout's names are the spec's: it must outlive the gather. */
    static struct spec s;
    struct grid grid;
    s = spec();
    CU_ASSERT_FATAL(grid_init(&grid, 0, N_CHUNKS * CHUNK_ITEMS, CHUNK_ITEMS,
                              NULL) == 0);
    CU_ASSERT_FATAL(gather_init(g, &grid, &s, 0, NULL) == 0);
}

/* ---- messages ------------------------------------------------------------ */

struct message_bytes {
    unsigned char *at;
    size_t n;
};

static struct message_bytes bytes_of(size_t n)
{
    struct message_bytes m = {calloc(1, n > 0 ? n : 1), n};
    CU_ASSERT_PTR_NOT_NULL_FATAL(m.at);
    return m;
}

/* Folds what the chunks' kernel would: 1 for each item, and its number. */
static void fold_chunk(const struct gather *g, int64_t *words, uint32_t c)
{
    union ff_value one = {.u64 = 1}, number;
    for (uint64_t i = 0; i < CHUNK_ITEMS; i++) {
        number.i64 = (int64_t)(c * (uint64_t)CHUNK_ITEMS + i);
        g->layout.result[COUNT].op->fold(NULL, words + g->layout.result[COUNT].offset, &one, 1);
        g->layout.result[SUM].op->fold(NULL, words + g->layout.result[SUM].offset,
                                       &number, 1);
    }
}

static struct message_bytes partial_of(const struct gather *g,
                                       const struct range *r, uint32_t n)
{
    const struct record_head head = {RECORD_PARTIAL, n};
    int64_t words[64];
    CU_ASSERT_FATAL(g->layout.n_words <= 64);
    partial_init(&g->layout, words);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t c = r[i].lo; c < r[i].hi && c < N_CHUNKS; c++)
            fold_chunk(g, words, c);
    partial_normalise(&g->layout, words);
    struct message_bytes m = bytes_of(sizeof head + n * sizeof *r
                                      + g->layout.n_words * sizeof words[0]);
    memcpy(m.at, &head, sizeof head);
    if (n > 0)
        memcpy(m.at + sizeof head, r, n * sizeof *r);
    memcpy(m.at + sizeof head + n * sizeof *r, words,
           g->layout.n_words * sizeof words[0]);
    return m;
}

static struct message_bytes failed_of(struct range r, uint64_t item,
                                      const char *text)
{
    const struct record_head head = {RECORD_FAILED, 1};
    const size_t n = strnlen(text, FAIL_TEXT - 1) + 1;
    struct message_bytes m = bytes_of(sizeof head + sizeof r + sizeof item
                                      + n);
    memcpy(m.at, &head, sizeof head);
    memcpy(m.at + sizeof head, &r, sizeof r);
    memcpy(m.at + sizeof head + sizeof r, &item, sizeof item);
    memcpy(m.at + sizeof head + sizeof r + sizeof item, text, n);
    return m;
}

static enum gather_verdict give(struct gather *g, struct message_bytes m,
                                struct cover *again)
{
    *again = COVER_EMPTY;
    const enum gather_verdict v = gather_record(g, 0, m.at, m.n, again);
    free(m.at);
    return v;
}

#define RANGES(...)                                                            \
    (const struct range[]){__VA_ARGS__},                                       \
        sizeof((const struct range[]){__VA_ARGS__}) / sizeof(struct range)

static enum gather_verdict give_partial(struct gather *g,
                                        const struct range *r, size_t n)
{
    struct cover again;
    const enum gather_verdict v = give(g, partial_of(g, r, (uint32_t)n),
                                       &again);
    CU_ASSERT_EQUAL(again.n, 0);
    cover_release(&again);
    return v;
}

static enum gather_verdict give_failed(struct gather *g, struct range r,
                                       uint64_t item, const char *text)
{
    struct cover again;
    const enum gather_verdict v = give(g, failed_of(r, item, text), &again);
    CU_ASSERT_EQUAL(again.n, 0);
    cover_release(&again);
    return v;
}

static bool result_is(const struct gather *g, uint32_t result, uint64_t x)
{
    struct value v;
    char text[32];
    partial_finish(&g->layout, g->partial, NULL, result, &v);
    snprintf(text, sizeof text, "%" PRIu64, x);
    return v.type == VALUE_INT && strcmp(v.decimal, text) == 0;
}

/* Are the results those of the accepted chunks? */
static bool is_consistent(const struct gather *g)
{
    uint64_t n = 0, sum = 0;
    for (uint32_t c = 0; c < N_CHUNKS; c++)
        if (cover_meets(&g->accepted, (struct range){c, c + 1}))
            for (uint64_t i = 0; i < CHUNK_ITEMS; i++, n++)
                sum += c * (uint64_t)CHUNK_ITEMS + i;
    return result_is(g, COUNT, n) && result_is(g, SUM, sum)
           && g->items_done == n;
}

/* ---- partials ------------------------------------------------------------ */

static void counts_disjoint_records(void)
{
    struct gather g;
    init(&g);
    CU_ASSERT_TRUE(is_consistent(&g));
    CU_ASSERT_EQUAL(give_partial(&g, RANGES({0, 10}, {20, 30})),
                    GATHER_ACCEPTED);
    CU_ASSERT_EQUAL(give_partial(&g, RANGES({10, 20}, {999, 1000})),
                    GATHER_ACCEPTED);
    CU_ASSERT_EQUAL(g.accepted.n_chunks, 31);
    CU_ASSERT_TRUE(is_consistent(&g));
    CU_ASSERT_FALSE(gather_complete(&g));
    CU_ASSERT_EQUAL(give_partial(&g, RANGES({30, 999})), GATHER_ACCEPTED);
    CU_ASSERT_TRUE(gather_complete(&g));
    CU_ASSERT_TRUE(result_is(&g, COUNT, 10000));
    CU_ASSERT_TRUE(result_is(&g, SUM, 49995000)); /* 0 + ... + 9999 */
    gather_release(&g);
}

static void drops_a_duplicate(void)
{
    struct gather g;
    init(&g);
    CU_ASSERT_EQUAL(give_partial(&g, RANGES({5, 9}, {2, 3})), GATHER_ACCEPTED);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(give_partial(&g, RANGES({5, 9}, {2, 3})),
                        GATHER_DROPPED);
    CU_ASSERT_EQUAL(give_partial(&g, RANGES({6, 7})), GATHER_DROPPED);
    CU_ASSERT_EQUAL(g.accepted.n_chunks, 5);
    CU_ASSERT_TRUE(is_consistent(&g));
    gather_release(&g);
}

static void returns_what_is_left_of_an_overlap(void)
{
    struct gather g;
    struct cover again;
    const struct range late[] = {{95, 205}, {300, 310}};
    init(&g);
    CU_ASSERT_EQUAL(give_partial(&g, RANGES({100, 200})), GATHER_ACCEPTED);
    CU_ASSERT_EQUAL(give_failed(&g, (struct range){203, 204}, 2031, "no"),
                    GATHER_ACCEPTED);
    CU_ASSERT_EQUAL(give(&g, partial_of(&g, late, 2), &again),
                    GATHER_DROPPED);
    CU_ASSERT_EQUAL(again.n, 4);
    CU_ASSERT_EQUAL(again.n_chunks, 5 + 3 + 1 + 10);
    CU_ASSERT_TRUE(cover_contains(&again, (struct range){95, 100}));
    CU_ASSERT_TRUE(cover_contains(&again, (struct range){200, 203}));
    CU_ASSERT_TRUE(cover_contains(&again, (struct range){204, 205}));
    CU_ASSERT_TRUE(cover_contains(&again, (struct range){300, 310}));
    CU_ASSERT_EQUAL(g.accepted.n_chunks, 100);
    CU_ASSERT_TRUE(is_consistent(&g));
    cover_release(&again);
    gather_release(&g);
}

static void never_counts_a_record_that_meets_itself(void)
{
    struct gather g;
    struct cover again;
    const struct range twice[] = {{5, 9}, {8, 12}};
    init(&g);
    CU_ASSERT_NOT_EQUAL(give(&g, partial_of(&g, twice, 2), &again),
                        GATHER_ACCEPTED);
    CU_ASSERT_EQUAL(g.accepted.n_chunks, 0);
    CU_ASSERT_TRUE(is_consistent(&g));
    cover_release(&again);
    gather_release(&g);
}

/* Values without chunks: they would count beside the cover. */
static void never_counts_values_without_chunks(void)
{
    struct gather g;
    struct cover again;
    const struct range r = {5, 6};
    init(&g);
    struct message_bytes m = partial_of(&g, &r, 1);
    const struct record_head head = {RECORD_PARTIAL, 0};
    memmove(m.at + sizeof head, m.at + sizeof head + sizeof r,
            m.n - sizeof head - sizeof r);
    memcpy(m.at, &head, sizeof head);
    m.n -= sizeof r;
    CU_ASSERT_EQUAL(give(&g, m, &again), GATHER_DAMAGED);
    CU_ASSERT_TRUE(is_consistent(&g));
    gather_release(&g);
}

/* ---- failures ------------------------------------------------------------ */

static void notes_failures_in_order(void)
{
    static const uint32_t order[] = {500, 3, 999, 0, 700, 501};
    struct gather g;
    init(&g);
    for (unsigned i = 0; i < 6; i++) {
        const uint32_t c = order[i];
        CU_ASSERT_EQUAL(give_failed(&g, (struct range){c, c + 1}, c * 10 + 4,
                                    "bad luck"), GATHER_ACCEPTED);
    }
    CU_ASSERT_EQUAL_FATAL(g.n_failures, 6);
    for (unsigned i = 1; i < 6; i++)
        CU_ASSERT(g.failure[i - 1].chunk < g.failure[i].chunk);
    const struct failure *f = gather_failure(&g, 700);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(f->begin, 7000);
    CU_ASSERT_EQUAL(f->end, 7010);
    CU_ASSERT_TRUE(f->has_item);
    CU_ASSERT_EQUAL(f->item, 7004);
    CU_ASSERT_EQUAL(f->item_end, 7005);
    CU_ASSERT_STRING_EQUAL(f->reason, "bad luck");
    CU_ASSERT_PTR_NULL(gather_failure(&g, 701));
    gather_release(&g);
}

static void the_first_verdict_on_a_chunk_stays(void)
{
    struct gather g;
    init(&g);
    CU_ASSERT_EQUAL(give_failed(&g, (struct range){4, 5}, 41, "first"),
                    GATHER_ACCEPTED);
    give_failed(&g, (struct range){4, 5}, 42, "second");
    CU_ASSERT_EQUAL(g.n_failures, 1);
    CU_ASSERT_STRING_EQUAL(g.failure[0].reason, "first");
    CU_ASSERT_EQUAL(g.failure[0].item, 41);
    CU_ASSERT_EQUAL(give_partial(&g, RANGES({4, 5})), GATHER_DROPPED);
    CU_ASSERT_EQUAL(give_partial(&g, RANGES({5, 6})), GATHER_ACCEPTED);
    give_failed(&g, (struct range){5, 6}, 51, "too late");
    CU_ASSERT_EQUAL(g.n_failures, 1);
    CU_ASSERT_PTR_NULL(gather_fail(&g, 5, "too late"));
    CU_ASSERT_PTR_NULL(gather_fail(&g, 4, "again"));
    CU_ASSERT_EQUAL(g.failed.n_chunks, 1);
    CU_ASSERT_TRUE(gather_settled(&g, 4) && gather_settled(&g, 5));
    CU_ASSERT_FALSE(gather_settled(&g, 3) || gather_settled(&g, 6));
    CU_ASSERT_TRUE(is_consistent(&g));
    gather_release(&g);
}

static void ends_a_text_that_has_no_end(void)
{
    char text[FAIL_TEXT + 1];
    struct gather g;
    init(&g);
    memset(text, 'x', sizeof text);
    text[FAIL_TEXT] = '\0';
    CU_ASSERT_EQUAL(give_failed(&g, (struct range){4, 5}, 41, text),
                    GATHER_ACCEPTED);
    CU_ASSERT_EQUAL(strlen(g.failure[0].reason), FAIL_TEXT - 1);
    gather_release(&g);
}

/* ---- damage -------------------------------------------------------------- */

static void expect_damaged(struct message_bytes m)
{
    struct gather g;
    struct cover again;
    init(&g);
    CU_ASSERT_EQUAL(give(&g, m, &again), GATHER_DAMAGED);
    CU_ASSERT_EQUAL(again.n, 0);
    CU_ASSERT_EQUAL(g.accepted.n_chunks + g.failed.n_chunks, 0);
    CU_ASSERT_TRUE(is_consistent(&g));
    cover_release(&again);
    gather_release(&g);
}

static void refuses_all_other_sizes(void)
{
    struct gather g;
    const struct range r = {5, 9};
    init(&g);
    struct message_bytes partial = partial_of(&g, &r, 1);
    for (size_t n = 0; n < partial.n + 64; n++) {
        struct message_bytes m = bytes_of(n);
        memcpy(m.at, partial.at, n < partial.n ? n : partial.n);
        if (n != partial.n)
            expect_damaged(m);
        else
            free(m.at);
    }
    free(partial.at);
    gather_release(&g);
}

/* A text may be short or long: up to FAIL_TEXT bytes with the zero. */
static void refuses_failures_without_a_text_or_with_too_much(void)
{
    const size_t least = sizeof(struct record_head) + sizeof(struct range)
                         + sizeof(uint64_t);
    const struct message_bytes failed = failed_of((struct range){4, 5}, 41,
                                                  "no");
    struct cover again;
    struct gather g;
    for (size_t n = 0; n < least + FAIL_TEXT + 64; n++) {
        struct message_bytes m = bytes_of(n);
        memcpy(m.at, failed.at, n < failed.n ? n : failed.n);
        if (n <= least || n > least + FAIL_TEXT) {
            expect_damaged(m);
            continue;
        }
        init(&g);
        CU_ASSERT_EQUAL(give(&g, m, &again), GATHER_ACCEPTED);
        CU_ASSERT_EQUAL(strncmp(g.failure[0].reason, "no", n - least - 1), 0);
        gather_release(&g);
    }
    free(failed.at);
}

static void refuses_ranges_outside_the_grid(void)
{
    static const struct range bad[] = {
        {5, 5}, {6, 5}, {0, N_CHUNKS + 1}, {N_CHUNKS, N_CHUNKS + 1},
        {UINT32_MAX, 0}, {UINT32_MAX, UINT32_MAX}, {0, UINT32_MAX},
        {UINT32_MAX - 1, UINT32_MAX}};
    struct gather g;
    init(&g);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct range two[] = {{5, 9}, bad[i]};
        expect_damaged(partial_of(&g, &bad[i], 1));
        expect_damaged(partial_of(&g, two, 2));
        expect_damaged(failed_of(bad[i], 0, "no"));
    }
    expect_damaged(failed_of((struct range){4, 6}, 41, "two chunks"));
    gather_release(&g);
}

static void refuses_too_many_ranges(void)
{
    struct range r[OPEN_RANGES + 1];
    struct gather g;
    init(&g);
    for (uint32_t i = 0; i <= OPEN_RANGES; i++)
        r[i] = (struct range){2 * i, 2 * i + 1};
    expect_damaged(partial_of(&g, r, OPEN_RANGES + 1));
    CU_ASSERT_EQUAL(give_partial(&g, r, OPEN_RANGES), GATHER_ACCEPTED);
    CU_ASSERT_TRUE(is_consistent(&g));
    gather_release(&g);
}

static void refuses_other_kinds(void)
{
    static const uint32_t kinds[] = {0, 3, 4, 0x100, UINT32_MAX};
    struct gather g;
    const struct range r = {5, 9};
    init(&g);
    for (unsigned i = 0; i < 5; i++) {
        struct message_bytes m = partial_of(&g, &r, 1);
        memcpy(m.at, &kinds[i], sizeof kinds[i]);
        expect_damaged(m);
    }
    gather_release(&g);
}

static void refuses_words_that_are_no_partial(void)
{
    struct gather g;
    const struct range r = {5, 9};
    const int64_t weight = -1;
    init(&g);
    struct message_bytes m = partial_of(&g, &r, 1);
    memcpy(m.at + sizeof(struct record_head) + sizeof r, &weight, sizeof weight);
    expect_damaged(m);
    gather_release(&g);
}

/* ---- any damage ---------------------------------------------------------- */

static uint64_t state = 1;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t next(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)(next() % n);
}

static struct message_bytes any_record(const struct gather *g)
{
    struct range r[8];
    const uint32_t n = 1 + below(8), c = below(N_CHUNKS);
    if (below(8) == 0)
        return failed_of((struct range){c, c + 1}, c * 10, "any");
    for (uint32_t i = 0; i < n; i++) {
        r[i].lo = below(N_CHUNKS);
        r[i].hi = r[i].lo + 1 + below(3);
    }
    return partial_of(g, r, n);
}

/* Up to four changes, most of them near the front, where the cover is. */
static void mutate(struct message_bytes *m)
{
    static const unsigned char special[] = {0, 1, 2, 0x7f, 0x80, 0xff};
    for (unsigned k = below(5); k > 0; k--) {
        const size_t i = below(2) ? below(80) % m->n : below((uint32_t)m->n);
        switch (below(4)) {
        case 0:
            m->at[i] ^= (unsigned char)(1 << below(8));
            break;
        case 1:
            m->at[i] = special[below(6)];
            break;
        case 2:
            m->at[i] = (unsigned char)next();
            break;
        default:
            if (below(8) == 0)
                m->n = i + 1;
        }
    }
}

/* What a record that gather_record accepted did: chunks that were not settled
 * before, each once, all of them named in its ranges. */
static bool accepted_rightly(const struct message_bytes *m,
                             unsigned char *settled)
{
    struct record_head head;
    memcpy(&head, m->at, sizeof head);
    if (m->n < sizeof head + head.n_ranges * sizeof(struct range))
        return false;
    if (head.kind == RECORD_CANCELLED)
        return true; /* as if it had not been begun */
    for (uint32_t i = 0; i < head.n_ranges; i++) {
        struct range r;
        memcpy(&r, m->at + sizeof head + i * sizeof r, sizeof r);
        if (r.lo >= r.hi || r.hi > N_CHUNKS)
            return false;
        for (uint32_t c = r.lo; c < r.hi; c++) {
            if (settled[c] && head.kind == RECORD_PARTIAL)
                return false;
            settled[c] = 1;
        }
    }
    return true;
}

static bool covers_are(const struct gather *g, const unsigned char *settled)
{
    uint64_t n = 0;
    for (uint32_t c = 0; c < N_CHUNKS; c++) {
        n += settled[c];
        if (gather_settled(g, c) != settled[c])
            return false;
    }
    return g->accepted.n_chunks + g->failed.n_chunks == n;
}

/* One gather's life with records that are mostly damaged. */
static void live_with_damage(uint64_t verdicts[4], unsigned n)
{
    unsigned char settled[N_CHUNKS] = {0};
    struct gather g;
    struct cover again;
    init(&g);
    for (unsigned i = 0; i < n; i++) {
        struct message_bytes m = any_record(&g);
        mutate(&m);
        struct message_bytes copy = bytes_of(m.n);
        memcpy(copy.at, m.at, m.n);
        const enum gather_verdict v = give(&g, copy, &again);
        verdicts[v]++;
        if (v == GATHER_ACCEPTED)
            CU_ASSERT_TRUE(accepted_rightly(&m, settled));
        CU_ASSERT(v == GATHER_DROPPED || again.n == 0);
        for (size_t k = 0; k < again.n; k++)
            for (uint32_t c = again.range[k].lo; c < again.range[k].hi; c++)
                CU_ASSERT_FALSE(settled[c]);
        cover_release(&again);
        free(m.at);
    }
    CU_ASSERT_TRUE(covers_are(&g, settled));
    /* Damaged values may have been counted, those the ring's checksum guards;
     * but nothing goes wrong with them. */
    struct value v;
    partial_finish(&g.layout, g.partial, NULL, COUNT, &v);
    partial_finish(&g.layout, g.partial, NULL, SUM, &v);
    gather_release(&g);
}

static void survives_any_damage(void)
{
    uint64_t verdicts[4] = {0};
    const unsigned n = tap_long() ? 100000 : 4000;
    for (unsigned i = 0; i < n; i++)
        live_with_damage(verdicts, 100);
    tap_note("%" PRIu64 " accepted, %" PRIu64 " dropped, %" PRIu64 " damaged",
             verdicts[GATHER_ACCEPTED], verdicts[GATHER_DROPPED],
             verdicts[GATHER_DAMAGED]);
    CU_ASSERT(verdicts[GATHER_ACCEPTED] > 0 && verdicts[GATHER_DROPPED] > 0
              && verdicts[GATHER_DAMAGED] > 0);
    CU_ASSERT_EQUAL(verdicts[GATHER_NO_MEMORY], 0);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"counts disjoint records", counts_disjoint_records},
        {"drops a duplicate", drops_a_duplicate},
        {"returns what is left of an overlap",
         returns_what_is_left_of_an_overlap},
        {"never counts a record that meets itself",
         never_counts_a_record_that_meets_itself},
        {"never counts values without chunks",
         never_counts_values_without_chunks},
        {"notes failures in order", notes_failures_in_order},
        {"the first verdict on a chunk stays",
         the_first_verdict_on_a_chunk_stays},
        {"ends a text that has no end", ends_a_text_that_has_no_end},
        {"refuses all other sizes", refuses_all_other_sizes},
        {"refuses failures without a text, or with too much",
         refuses_failures_without_a_text_or_with_too_much},
        {"refuses ranges outside the grid", refuses_ranges_outside_the_grid},
        {"refuses too many ranges", refuses_too_many_ranges},
        {"refuses other kinds", refuses_other_kinds},
        {"refuses words that are no partial",
         refuses_words_that_are_no_partial},
        {"survives any damage", survives_any_damage},
    };
    return TAP_RUN(tests);
}
