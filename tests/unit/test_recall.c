/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks that a node gives back: none that is not free is among them, none is
 * lost, and what was asked for comes as far as there is so much. Checked
 * against an array of flags. */
#include "dispatch.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { EXECUTORS = 3, POOL = 4, CHUNKS = 200 };

#define R(lo, hi) ((struct range){(lo), (hi)})

struct node {
    struct job_shm *job;
    struct node_shm *words;
    struct gather gather;
    struct dispatch dispatch;
    struct executor_shm *executor[EXECUTORS];
    struct cover granted;
};

static void begin(struct node *n, uint32_t schedule)
{
    struct ff_error err;
    memset(n, 0, sizeof *n);
    n->job = calloc(1, job_shm_bytes(EXECUTORS, 0));
    n->words = calloc(1, node_shm_bytes(EXECUTORS, POOL));
    n->job->n_executors = EXECUTORS;
    n->job->n_pool = POOL;
    n->job->schedule = schedule;
    n->job->grid.n_chunks = CHUNKS;
    n->gather.grid.n_chunks = CHUNKS;
    n->gather.granted = &n->granted;
    CU_ASSERT_EQUAL_FATAL(dispatch_init(&n->dispatch, n->job, n->words,
                                        &n->gather, n->executor, &err), 0);
}

static void end(struct node *n)
{
    dispatch_release(&n->dispatch);
    cover_release(&n->gather.accepted);
    cover_release(&n->gather.failed);
    cover_release(&n->granted);
    free(n->job);
    free(n->words);
}

static void grant(struct node *n, struct range r)
{
    CU_ASSERT_EQUAL(cover_add(&n->granted, r), 0);
    CU_ASSERT_EQUAL(dispatch_add(&n->dispatch, r), 0);
}

/* All that is free here, as flags; false when a chunk is free twice. */
static bool free_chunks(const struct node *n, bool flag[CHUNKS])
{
    bool once = true;
    memset(flag, 0, CHUNKS);
    for (size_t i = 0; i < n->dispatch.backlog.n; i++)
        for (uint32_t c = n->dispatch.backlog.range[i].lo;
             c < n->dispatch.backlog.range[i].hi; c++)
            flag[c] = true;
    for (uint32_t w = 0; w < EXECUTORS + POOL; w++) {
        const struct range r = claim_peek(&n->words->claim[w].word);
        for (uint32_t c = r.lo; c < r.hi; c++) {
            once = once && !flag[c];
            flag[c] = true;
        }
    }
    return once;
}

/* What is given back and what stays are together what was there. */
static uint64_t recall(struct node *n, uint64_t want, const struct cover *keep)
{
    bool before[CHUNKS], after[CHUNKS];
    struct cover out = COVER_EMPTY;
    CU_ASSERT(free_chunks(n, before));
    CU_ASSERT_EQUAL(dispatch_recall(&n->dispatch, want, keep, &out), 0);
    CU_ASSERT(free_chunks(n, after));
    for (uint32_t c = 0; c < CHUNKS; c++) {
        const bool back = cover_meets(&out, R(c, c + 1));
        CU_ASSERT(before[c] == (back || after[c]));
        CU_ASSERT(!(back && after[c]));
        CU_ASSERT(!(back && cover_meets(keep, R(c, c + 1))));
    }
    const uint64_t n_back = out.n_chunks;
    cover_release(&out);
    return n_back;
}

static void from_the_backlog(void)
{
    struct node n;
    const struct cover none = COVER_EMPTY;
    begin(&n, SCHEDULE_DYNAMIC);
    grant(&n, R(10, 60));
    CU_ASSERT_EQUAL(dispatch_left(&n.dispatch), 50);
    CU_ASSERT_EQUAL(recall(&n, 20, &none), 20);
    CU_ASSERT(cover_contains(&n.dispatch.backlog, R(10, 40))); /* the low */
    CU_ASSERT_EQUAL(dispatch_left(&n.dispatch), 30);
    CU_ASSERT_EQUAL(recall(&n, 100, &none), 30);
    CU_ASSERT_EQUAL(recall(&n, 100, &none), 0);
    end(&n);
}

static void from_words(void)
{
    struct node n;
    const struct cover none = COVER_EMPTY;
    begin(&n, SCHEDULE_DYNAMIC);
    grant(&n, R(0, 40));
    dispatch_post(&n.dispatch);
    CU_ASSERT_EQUAL(n.dispatch.backlog.n, 0);
    CU_ASSERT(cover_add(&n.granted, R(100, 150)) == 0
              && claim_put(&n.words->claim[1].word, R(100, 150)));
    CU_ASSERT_EQUAL(dispatch_left(&n.dispatch), 90);
    CU_ASSERT_EQUAL(recall(&n, 30, &none), 30);
    CU_ASSERT_EQUAL(recall(&n, 1, &none), 1);
    CU_ASSERT_EQUAL(recall(&n, 1000, &none), 59); /* to the last one */
    CU_ASSERT_EQUAL(dispatch_left(&n.dispatch), 0);
    end(&n);
}

/* What is settled, not granted, withheld, or to be kept does not go back; nor
 * does it stay when nobody needs it. */
static void only_what_is_free(void)
{
    struct node n;
    struct cover keep = COVER_EMPTY, out = COVER_EMPTY;
    begin(&n, SCHEDULE_DYNAMIC);
    grant(&n, R(0, 30));
    CU_ASSERT_EQUAL(cover_add(&n.gather.accepted, R(5, 10)), 0);
    CU_ASSERT_EQUAL(cover_add(&n.gather.failed, R(10, 11)), 0);
    CU_ASSERT_EQUAL(cover_add(&n.dispatch.withheld, R(20, 22)), 0);
    CU_ASSERT_EQUAL(cover_add(&keep, R(28, 30)), 0);
    CU_ASSERT(claim_put(&n.words->claim[0].word, R(50, 60)));
    CU_ASSERT_EQUAL(dispatch_recall(&n.dispatch, 100, &keep, &out), 0);
    CU_ASSERT_EQUAL(out.n_chunks, 20);
    CU_ASSERT(cover_contains(&out, R(0, 5)) && cover_contains(&out, R(11, 20))
              && cover_contains(&out, R(22, 28)));
    CU_ASSERT_EQUAL(n.dispatch.backlog.n_chunks, 2);
    CU_ASSERT(cover_contains(&n.dispatch.backlog, R(28, 30)));
    cover_release(&keep);
    cover_release(&out);
    end(&n);
}

/* Words that a wild write has filled: nothing of them comes back. */
static void nonsense(void)
{
    struct node n;
    const struct cover none = COVER_EMPTY;
    struct cover out = COVER_EMPTY;
    begin(&n, SCHEDULE_DYNAMIC);
    grant(&n, R(0, 10));
    atomic_store(&n.words->claim[2].word, claim_pack(R(7, UINT32_MAX)));
    CU_ASSERT_EQUAL(dispatch_left(&n.dispatch), 10);
    CU_ASSERT_EQUAL(dispatch_recall(&n.dispatch, 50, &none, &out), 0);
    CU_ASSERT(out.n == 1 && out.range[0].lo == 0 && out.range[0].hi == 10);
    cover_release(&out);
    end(&n);
}

static void own_chunks_stay(void)
{
    static const uint32_t schedules[] = {SCHEDULE_STATIC, SCHEDULE_CYCLIC,
                                         SCHEDULE_ONCE};
    const struct cover none = COVER_EMPTY;
    for (int i = 0; i < 3; i++) {
        struct node n;
        begin(&n, schedules[i]);
        grant(&n, R(0, 10));
        CU_ASSERT_EQUAL(recall(&n, 5, &none), 0);
        end(&n);
    }
}

/* Only what is granted is handed out again; what is missing is looked for
 * there. */
static void what_is_granted(void)
{
    struct node n;
    begin(&n, SCHEDULE_DYNAMIC);
    CU_ASSERT_EQUAL(cover_add(&n.granted, R(10, 20)), 0);
    CU_ASSERT_EQUAL(cover_add(&n.granted, R(30, 40)), 0);
    CU_ASSERT_EQUAL(cover_add(&n.gather.accepted, R(10, 15)), 0);
    CU_ASSERT_EQUAL(dispatch_add_lost(&n.dispatch), 15);
    CU_ASSERT_EQUAL(dispatch_add(&n.dispatch, R(0, CHUNKS)), 0);
    CU_ASSERT_EQUAL(n.dispatch.backlog.n_chunks, 20);
    end(&n);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"from the backlog, its high end", from_the_backlog},
        {"from words, in rounds", from_words},
        {"only what is free", only_what_is_free},
        {"a damaged word", nonsense},
        {"chunks that are an executor's own stay", own_chunks_stay},
        {"only what is granted is run, or missed", what_is_granted},
    };
    return TAP_RUN(tests);
}
