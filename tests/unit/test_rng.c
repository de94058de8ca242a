/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers: Philox4x32-10 against the known answers that come with
 * Random123 (tests/kat_vectors, "philox4x32 10"), in the order of words that
 * rng.h and fanfold.h promise.
 */
#include "rng.h"
#include "tap.h"

#include <fanfold.h>

static const struct {
    uint32_t counter[4], key[2], answer[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0},
     {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};
#define N_KNOWN (sizeof known / sizeof known[0])

static uint64_t pair(const uint32_t w[2])
{
    return (uint64_t)w[1] << 32 | w[0];
}

static void blocks_are_philox(void)
{
    for (unsigned k = 0; k < N_KNOWN; k++) {
        uint32_t out[4];
        rng_block(pair(known[k].key), pair(known[k].counter),
                  pair(known[k].counter + 2), out);
        for (unsigned i = 0; i < 4; i++)
            CU_ASSERT_EQUAL(out[i], known[k].answer[i]);
    }
}

/* The order of words is part of the answer: swapped halves give another. */
static void order_of_words_matters(void)
{
    uint32_t out[4];
    rng_block(pair(known[2].key), pair(known[2].counter + 2),
              pair(known[2].counter), out);
    CU_ASSERT_NOT_EQUAL(out[0], known[2].answer[0]);
    rng_block(pair(known[2].key) >> 32 | pair(known[2].key) << 32,
              pair(known[2].counter), pair(known[2].counter + 2), out);
    CU_ASSERT_NOT_EQUAL(out[0], known[2].answer[0]);
}

/* ---- the kernel's view --------------------------------------------------- */

static unsigned n_calls;

static void call_random(const struct ff *ff, uint64_t item, uint64_t block,
                        uint32_t out[4])
{
    n_calls++;
    rng_block(ff->seed, item, block, out);
}

static const struct ff_calls calls = {.random = call_random};

static struct ff view(uint64_t seed)
{
    return (struct ff){.seed = seed, .calls = &calls};
}

static void streams_give_the_blocks_words(void)
{
    for (unsigned k = 0; k < N_KNOWN; k++) {
        const struct ff ff = view(pair(known[k].key));
        struct ff_rng r = ff_rng(&ff, pair(known[k].counter));
        r.block = pair(known[k].counter + 2);
        CU_ASSERT_EQUAL(ff_random(&r), pair(known[k].answer));
        CU_ASSERT_EQUAL(ff_random(&r), pair(known[k].answer + 2));
    }
}

static void streams_go_from_block_to_block(void)
{
    const struct ff ff = view(42);
    struct ff_rng r = ff_rng(&ff, UINT64_C(0x123456789abc));
    n_calls = 0;
    for (uint64_t block = 0; block < 1000; block++) {
        uint32_t out[4];
        rng_block(42, UINT64_C(0x123456789abc), block, out);
        CU_ASSERT_EQUAL(ff_random(&r), pair(out));
        CU_ASSERT_EQUAL(ff_random(&r), pair(out + 2));
    }
    CU_ASSERT_EQUAL(n_calls, 1000);
}

static void streams_depend_on_seed_and_item_alone(void)
{
    struct ff a = view(7), b = view(7), c = view(8);
    b.rank = 3;
    b.thread = 2;
    b.threads = 4;
    b.first = 1000;
    struct ff_rng x = ff_rng(&a, 5), y = ff_rng(&b, 5), z = ff_rng(&c, 5),
                  w = ff_rng(&a, 6);
    const uint64_t first = ff_random(&x);
    CU_ASSERT_EQUAL(ff_random(&y), first);
    CU_ASSERT_NOT_EQUAL(ff_random(&z), first);
    CU_ASSERT_NOT_EQUAL(ff_random(&w), first);
}

static void uniform_is_the_upper_53_bits(void)
{
    const struct ff ff = view(0);
    struct ff_rng r = ff_rng(&ff, 0), s = ff_rng(&ff, 1);
    /* 0xe169c58d6627e8d5 >> 11, from the first known answer. */
    CU_ASSERT_EQUAL(ff_uniform(&r), 0x1c2d38b1acc4fdp-53);
    for (unsigned i = 0; i < 100000; i++) {
        const double x = ff_uniform(&s);
        if (!(x >= 0 && x < 1)) {
            CU_FAIL("not in [0, 1)");
            return;
        }
    }
}

/* The mean of n uniform numbers is 1/2 with a deviation of 1/sqrt(12 n). */
static void uniform_has_its_mean(void)
{
    enum { N = 1000000 };
    const struct ff ff = view(2026);
    double sum = 0;
    for (uint64_t item = 0; item < N; item++) {
        struct ff_rng r = ff_rng(&ff, item);
        sum += ff_uniform(&r);
    }
    CU_ASSERT_DOUBLE_EQUAL(sum / N, 0.5, 6 * 0.000289);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"blocks are Philox4x32-10", blocks_are_philox},
        {"the order of words matters", order_of_words_matters},
        {"streams give the blocks' words", streams_give_the_blocks_words},
        {"streams go from block to block", streams_go_from_block_to_block},
        {"streams depend on seed and item alone",
         streams_depend_on_seed_and_item_alone},
        {"uniform numbers are the upper 53 bits",
         uniform_is_the_upper_53_bits},
        {"uniform numbers have their mean", uniform_has_its_mean},
    };
    return TAP_RUN(tests);
}
