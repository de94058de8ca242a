/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blame: strikes with their two limits, solo runs in order, and a diagnosis
 * driven by simulated kernels, for which it is known which items crash.
 */
#include "blame.h"
#include "tap.h"

/* ---- strikes ------------------------------------------------------------- */

/* Strikes a chunk and takes its solo run off the queue. */
static int strike(struct blame *b, uint32_t chunk, enum death death, bool sure,
                  uint32_t expected_attempts)
{
    uint32_t attempts = 0, solo;
    const int rc = blame_strike(b, chunk, death, sure, &attempts);
    CU_ASSERT_EQUAL(attempts, expected_attempts);
    if (rc == 0) {
        CU_ASSERT_TRUE(blame_next_solo(b, &solo));
        CU_ASSERT_EQUAL(solo, chunk);
    }
    CU_ASSERT_FALSE(blame_next_solo(b, &solo));
    return rc;
}

static void the_last_strike_fails(void)
{
    struct blame b;
    blame_init(&b, 3);
    CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OWN, true, 1), 0);
    CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OWN, true, 2), 0);
    CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OWN, true, 3), 1);
    blame_release(&b);
}

static void a_limit_of_one_fails_at_once(void)
{
    struct blame b;
    blame_init(&b, 1);
    CU_ASSERT_EQUAL(strike(&b, 0, DEATH_OWN, true, 1), 1);
    blame_release(&b);
}

static void an_unsure_strike_is_never_the_last(void)
{
    struct blame b;
    blame_init(&b, 3);
    for (uint32_t i = 1; i <= 50; i++)
        CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OWN, false, i), 0);
    CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OWN, true, 51), 1);
    blame_release(&b);
}

static void deaths_from_outside_have_ten_times_the_limit(void)
{
    struct blame b;
    blame_init(&b, 3);
    for (uint32_t i = 1; i < 3 * BLAME_OUTSIDE_FACTOR; i++)
        CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OUTSIDE, true, i), 0);
    CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OUTSIDE, true, 30), 1);
    CU_ASSERT_EQUAL(BLAME_OUTSIDE_FACTOR, 10);
    blame_release(&b);
}

static void the_two_limits_do_not_add_up(void)
{
    struct blame b;
    blame_init(&b, 3);
    for (uint32_t i = 1; i <= 29; i++)
        CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OUTSIDE, true, i), 0);
    CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OWN, true, 30), 0);
    CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OWN, true, 31), 0);
    CU_ASSERT_EQUAL(strike(&b, 7, DEATH_OWN, true, 32), 1);
    blame_release(&b);
}

static void chunks_are_judged_apart(void)
{
    struct blame b;
    blame_init(&b, 2);
    for (uint32_t c = 0; c < 100; c++)
        CU_ASSERT_EQUAL(strike(&b, c * 1000, DEATH_OWN, true, 1), 0);
    for (uint32_t c = 100; c-- > 0;)
        CU_ASSERT_EQUAL(strike(&b, c * 1000, DEATH_OWN, true, 2), 1);
    blame_release(&b);
}

static void solo_runs_come_in_order(void)
{
    struct blame b;
    uint32_t attempts, c;
    blame_init(&b, 3);
    CU_ASSERT_FALSE(blame_next_solo(&b, &c));
    for (uint32_t i = 0; i < 20; i++)
        CU_ASSERT_EQUAL(blame_strike(&b, 100 - i, DEATH_OWN, true, &attempts),
                        0);
    CU_ASSERT_EQUAL(blame_push_solo(&b, 5), 0);
    for (uint32_t i = 0; i < 20; i++) {
        CU_ASSERT_TRUE(blame_next_solo(&b, &c));
        CU_ASSERT_EQUAL(c, 100 - i);
    }
    CU_ASSERT_TRUE(blame_next_solo(&b, &c));
    CU_ASSERT_EQUAL(c, 5);
    CU_ASSERT_FALSE(blame_next_solo(&b, &c));
    blame_release(&b);
}

/* ---- diagnosis ----------------------------------------------------------- */

/* Which items crash: `bad` and `other`; in the first n_crashes tries alone. */
struct culprit {
    uint64_t bad, other;
    unsigned n_crashes;
};

#define ALWAYS 1000000u
#define NO_ITEM UINT64_MAX

static bool crashes(struct culprit *k, uint64_t begin, uint64_t end)
{
    const bool met = (k->bad >= begin && k->bad < end)
                     || (k->other >= begin && k->other < end);
    if (!met || k->n_crashes == 0)
        return false;
    k->n_crashes--;
    return true;
}

/* Diagnoses [begin, end): whether it was proven. What is tried always is a
 * part of what is suspected, and not empty. */
static bool diagnose(struct diagnosis *d, struct culprit k, uint64_t begin,
                     uint64_t end, unsigned *n_tries)
{
    bool proven = false;
    *n_tries = 0;
    diagnosis_begin(d, 3, begin, end, 1000);
    CU_ASSERT_TRUE(d->running);
    CU_ASSERT_EQUAL(d->chunk, 3);
    do {
        CU_ASSERT_FATAL(d->try_begin < d->try_end);
        CU_ASSERT(d->try_begin >= d->begin && d->try_end <= d->end);
        CU_ASSERT(d->begin >= begin && d->end <= end);
        ++*n_tries;
        CU_ASSERT_FATAL(*n_tries < 100);
    } while (diagnosis_next(d, crashes(&k, d->try_begin, d->try_end), 2000,
                            &proven));
    CU_ASSERT_FALSE(d->running);
    CU_ASSERT(d->begin < d->end);
    return proven;
}

static void finds_the_item(void)
{
    struct diagnosis d;
    unsigned n;
    for (uint64_t items = 1; items <= 70; items++)
        for (uint64_t bad = 0; bad < items; bad++) {
            const struct culprit k = {1000 + bad, NO_ITEM, ALWAYS};
            CU_ASSERT_TRUE(diagnose(&d, k, 1000, 1000 + items, &n));
            CU_ASSERT_EQUAL(d.begin, 1000 + bad);
            CU_ASSERT_EQUAL(d.end, 1001 + bad);
        }
}

/* Halves: ceil(log2 n) tries, and one more as the proof. */
static void needs_few_tries(void)
{
    struct diagnosis d;
    unsigned n;
    const uint64_t begin = UINT64_C(1) << 63, items = UINT64_C(1) << 40;
    for (uint64_t bad = 0; bad < items; bad += items / 13) {
        const struct culprit k = {begin + bad, NO_ITEM, ALWAYS};
        CU_ASSERT_TRUE(diagnose(&d, k, begin, begin + items, &n));
        CU_ASSERT_EQUAL(d.begin, begin + bad);
        CU_ASSERT_EQUAL(n, 41);
    }
}

static void reaches_the_last_items(void)
{
    struct diagnosis d;
    unsigned n;
    const struct culprit k = {UINT64_MAX - 1, NO_ITEM, ALWAYS};
    CU_ASSERT_TRUE(diagnose(&d, k, 0, UINT64_MAX, &n));
    CU_ASSERT_EQUAL(d.begin, UINT64_MAX - 1);
}

/* Two bad items: one of them, proven. The left half goes first. */
static void finds_the_first_of_two(void)
{
    struct diagnosis d;
    unsigned n;
    for (uint64_t a = 0; a < 40; a++)
        for (uint64_t b = a + 1; b < 40; b++) {
            const struct culprit k = {b, a, ALWAYS};
            CU_ASSERT_TRUE(diagnose(&d, k, 0, 40, &n));
            CU_ASSERT_EQUAL(d.begin, a);
            CU_ASSERT_EQUAL(d.end, a + 1);
        }
}

static void proves_nothing_that_does_not_come_again(void)
{
    struct diagnosis d;
    unsigned n;
    for (unsigned n_crashes = 0; n_crashes <= 8; n_crashes++) {
        /* 64 items: six tries lead to one item, the seventh proves it. Item
         * 0 is met by each try. */
        const struct culprit k = {0, NO_ITEM, n_crashes};
        CU_ASSERT_EQUAL(diagnose(&d, k, 0, 64, &n), n_crashes >= 7);
        CU_ASSERT_EQUAL(n, 7);
    }
}

static void tries_a_single_item_once(void)
{
    struct diagnosis d;
    unsigned n;
    CU_ASSERT_TRUE(diagnose(&d, (struct culprit){9, NO_ITEM, ALWAYS}, 9, 10,
                            &n));
    CU_ASSERT_EQUAL(n, 1);
    CU_ASSERT_EQUAL(d.begin, 9);
    CU_ASSERT_EQUAL(d.end, 10);
    CU_ASSERT_FALSE(diagnose(&d, (struct culprit){8, NO_ITEM, ALWAYS}, 9, 10,
                             &n));
    CU_ASSERT_EQUAL(n, 1);
}

/* After the deadline what is known so far is kept, with the item in it. */
static void ends_at_the_deadline(void)
{
    struct diagnosis d;
    bool proven = true;
    diagnosis_begin(&d, 3, 0, 64, 1000);
    CU_ASSERT_EQUAL(d.deadline_ns, 1000 + DIAGNOSIS_NS);
    CU_ASSERT_TRUE(diagnosis_next(&d, true, d.deadline_ns, &proven));
    CU_ASSERT_EQUAL(d.begin, 0);
    CU_ASSERT_EQUAL(d.end, 32);
    CU_ASSERT_FALSE(diagnosis_next(&d, true, d.deadline_ns + 1, &proven));
    CU_ASSERT_FALSE(proven);
    CU_ASSERT_FALSE(d.running);
    CU_ASSERT(d.begin == 0 && d.end <= 32 && d.end > 0);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"the last strike fails", the_last_strike_fails},
        {"a limit of one fails at once", a_limit_of_one_fails_at_once},
        {"an unsure strike is never the last",
         an_unsure_strike_is_never_the_last},
        {"deaths from outside have ten times the limit",
         deaths_from_outside_have_ten_times_the_limit},
        {"the two limits do not add up", the_two_limits_do_not_add_up},
        {"chunks are judged apart", chunks_are_judged_apart},
        {"solo runs come in order", solo_runs_come_in_order},
        {"diagnosis finds the item", finds_the_item},
        {"diagnosis needs few tries", needs_few_tries},
        {"diagnosis reaches the last items", reaches_the_last_items},
        {"diagnosis finds the first of two", finds_the_first_of_two},
        {"diagnosis proves nothing that does not come again",
         proves_nothing_that_does_not_come_again},
        {"diagnosis tries a single item once", tries_a_single_item_once},
        {"diagnosis ends at the deadline", ends_at_the_deadline},
    };
    return TAP_RUN(tests);
}
