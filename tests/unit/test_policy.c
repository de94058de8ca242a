/* SPDX-License-Identifier: Apache-2.0 */
/* When a run is halted, and whether a chunk is tried again. */
#include "blame.h"
#include "policy.h"
#include "tap.h"

static bool is_refused(const char *text)
{
    const struct halt before = {.when = HALT_NOW, .limit = 17};
    struct halt halt = before;
    return halt_parse(&halt, text) != NULL && halt.when == before.when
           && halt.limit == before.limit;
}

static void reads_when_to_halt(void)
{
    struct halt h = {.when = HALT_NOW};
    CU_ASSERT_PTR_NULL(halt_parse(&h, "never"));
    CU_ASSERT_EQUAL(h.when, HALT_NEVER);
    CU_ASSERT_PTR_NULL(halt_parse(&h, "soon,fail=3"));
    CU_ASSERT(h.when == HALT_SOON && !h.is_share && h.limit == 3);
    CU_ASSERT_PTR_NULL(halt_parse(&h, "now,fail=1e6"));
    CU_ASSERT(h.when == HALT_NOW && !h.is_share && h.limit == 1e6);
    CU_ASSERT_PTR_NULL(halt_parse(&h, "now,fail=12.5%"));
    CU_ASSERT(h.when == HALT_NOW && h.is_share && h.limit == 0.125);
    CU_ASSERT_PTR_NULL(halt_parse(&h, "soon,fail=100%"));
    CU_ASSERT(h.is_share && h.limit == 1);
}

static void refuses_the_rest(void)
{
    static const char *const texts[] = {
        "", ",", "soon", "now", "soon,", "soon,fail", "soon,fail=",
        "soon,fail=%", "soon,fail=0", "soon,fail=0%", "soon,fail=-1",
        "soon,fail=1.5", "soon,fail=101%", "soon,fail=nan%", "soon,fail=inf%",
        "soon,fail=3 ", "soon;fail=3", "sooner,fail=3", "so,fail=3",
        "never,fail=3", "Soon,fail=3", "fail=3",
        "now,fail=1111111111111111111111111111111111111111111%"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        CU_ASSERT(is_refused(texts[i]));
}

static void halts_at_a_number(void)
{
    const struct halt three = {.when = HALT_SOON, .limit = 3};
    CU_ASSERT_FALSE(halt_due(&three, 0, 0, 10));
    CU_ASSERT_FALSE(halt_due(&three, 0, 2, 10));
    CU_ASSERT_TRUE(halt_due(&three, 0, 3, 10));
    CU_ASSERT_TRUE(halt_due(&three, 0, 10, 10));
}

/* At N % or more of all, and never without a failure. */
static void halts_at_a_share(void)
{
    const struct halt tenth = {.when = HALT_NOW, .is_share = true,
                               .limit = 0.1};
    CU_ASSERT_FALSE(halt_due(&tenth, 0, 9, 100));
    CU_ASSERT_TRUE(halt_due(&tenth, 0, 10, 100));
    CU_ASSERT_FALSE(halt_due(&tenth, 0, 10, 101));
    CU_ASSERT_TRUE(halt_due(&tenth, 0, 1, 5));
    CU_ASSERT_FALSE(halt_due(&tenth, 0, 0, 0));
}

static void never_halts_unasked(void)
{
    const struct halt never = {.when = HALT_NEVER};
    CU_ASSERT_FALSE(halt_due(&never, 0, 1000, 1000));
}

static void tries_again_so_often(void)
{
    struct blame b;
    uint32_t attempts;
    blame_init(&b, 3);
    CU_ASSERT_EQUAL(blame_failed(&b, 5, 2, &attempts), 0);
    CU_ASSERT_EQUAL(blame_failed(&b, 4, 0, &attempts), 1);
    CU_ASSERT_EQUAL(attempts, 1);
    CU_ASSERT_EQUAL(blame_failed(&b, 5, 2, &attempts), 0);
    CU_ASSERT_EQUAL(attempts, 2);
    CU_ASSERT_EQUAL(blame_failed(&b, 5, 2, &attempts), 1);
    CU_ASSERT_EQUAL(attempts, 3);
    CU_ASSERT_EQUAL(b.n_solo, 0);
    blame_release(&b);
}

/* Crashes and failures have limits of their own, and are attempts both. */
static void counts_crashes_apart(void)
{
    struct blame b;
    uint32_t attempts;
    blame_init(&b, 2);
    CU_ASSERT_EQUAL(blame_strike(&b, 9, DEATH_OWN, true, &attempts), 0);
    CU_ASSERT_EQUAL(blame_failed(&b, 9, 1, &attempts), 0);
    CU_ASSERT_EQUAL(attempts, 2);
    CU_ASSERT_EQUAL(blame_failed(&b, 9, 1, &attempts), 1);
    CU_ASSERT_EQUAL(attempts, 3);
    CU_ASSERT_EQUAL(blame_strike(&b, 9, DEATH_OWN, true, &attempts), 1);
    CU_ASSERT_EQUAL(attempts, 4);
    blame_release(&b);
}

/* Chunks in any order keep their own counts. */
static void keeps_many_apart(void)
{
    struct blame b;
    uint32_t attempts;
    bool wrong = false;
    blame_init(&b, 3);
    for (uint32_t round = 1; round <= 3; round++)
        for (uint32_t i = 0; i < 1000; i++) {
            wrong |= blame_failed(&b, i * 7919 % 1000, 9, &attempts) != 0;
            wrong |= attempts != round;
        }
    CU_ASSERT_FALSE(wrong);
    CU_ASSERT_EQUAL(b.n_strikes, 1000);
    blame_release(&b);
}

static void finds_solo_chunks_of_a_range(void)
{
    struct blame b;
    uint32_t c = 99;
    blame_init(&b, 3);
    CU_ASSERT_EQUAL(blame_push_solo(&b, 7), 0);
    CU_ASSERT_EQUAL(blame_push_solo(&b, 2), 0);
    CU_ASSERT_EQUAL(blame_push_solo(&b, 3), 0);
    CU_ASSERT_TRUE(blame_has_solo_of(&b, 2, 4));
    CU_ASSERT_FALSE(blame_has_solo_of(&b, 4, 7));
    CU_ASSERT_FALSE(blame_next_solo_of(&b, 4, 7, &c));
    CU_ASSERT_EQUAL(c, 99);
    CU_ASSERT_TRUE(blame_next_solo_of(&b, 3, 7, &c));
    CU_ASSERT_EQUAL(c, 3);
    CU_ASSERT_TRUE(blame_next_solo(&b, &c));
    CU_ASSERT_EQUAL(c, 7);
    CU_ASSERT_TRUE(blame_next_solo(&b, &c));
    CU_ASSERT_EQUAL(c, 2);
    CU_ASSERT_FALSE(blame_next_solo(&b, &c));
    blame_release(&b);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"reads when to halt", reads_when_to_halt},
        {"refuses what is no such thing", refuses_the_rest},
        {"halts at a number of failures", halts_at_a_number},
        {"halts at a share of all chunks", halts_at_a_share},
        {"never halts unasked", never_halts_unasked},
        {"tries again as often as asked", tries_again_so_often},
        {"counts crashes apart", counts_crashes_apart},
        {"keeps many chunks apart", keeps_many_apart},
        {"finds the solo chunks of a worker", finds_solo_chunks_of_a_range},
    };
    return TAP_RUN(tests);
}
