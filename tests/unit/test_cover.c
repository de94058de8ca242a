/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of chunk ranges. The oracle is an array with a flag for each chunk. */
#include "cover.h"
#include "tap.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define N 500u /* chunks of the oracle */
#define N_OPERATIONS 100000

#define R(lo, hi) ((struct range){(lo), (hi)})

/* xorshift64* (Vigna 2016); the seed is constant, so a failure repeats. */
static uint64_t state = 88172645463325252u;

static uint32_t below(uint32_t n)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 2685821657736338717u) >> 33) % n;
}

/* Mostly short, sometimes empty, any place. */
static struct range random_range(void)
{
    const uint32_t lo = below(N + 1);
    const uint32_t most = below(10) == 0 ? N : 12;
    const uint32_t n = below(most + 1);
    return R(lo, lo + n < N ? lo + n : N);
}

/* Is the cover what flags say, and well-formed? */
static bool same(const struct cover *cover, const bool flags[N])
{
    bool seen[N] = {false};
    uint64_t n_chunks = 0;
    for (size_t i = 0; i < cover->n; i++) {
        const struct range r = cover->range[i];
        if (r.lo >= r.hi || r.hi > N || cover->n > cover->room)
            return false;
        if (i > 0 && r.lo <= cover->range[i - 1].hi)
            return false;
        memset(seen + r.lo, true, r.hi - r.lo);
        n_chunks += r.hi - r.lo;
    }
    return n_chunks == cover->n_chunks && memcmp(seen, flags, sizeof seen) == 0;
}

static void set(bool flags[N], struct range r, bool value)
{
    if (r.lo < r.hi)
        memset(flags + r.lo, value, r.hi - r.lo);
}

/* How many of the chunks of r have a flag. */
static uint32_t count(const bool flags[N], struct range r)
{
    uint32_t n = 0;
    for (uint32_t c = r.lo; c < r.hi; c++)
        n += flags[c];
    return n;
}

static bool queries_agree(const struct cover *cover, const bool flags[N])
{
    const struct range r = random_range();
    const uint32_t n = count(flags, r);
    const uint32_t k = below(N + 1);
    const bool complete =
        count(flags, R(0, k)) == k && count(flags, R(k, N)) == 0;
    return cover_meets(cover, r) == (n > 0) &&
           cover_contains(cover, r) == (n == r.hi - r.lo) &&
           cover_complete(cover, k) == complete;
}

static bool take_agrees(struct cover *cover, bool flags[N])
{
    struct range got = R(7, 7), expected = R(0, 0);
    const uint32_t max = 1 + below(20);
    while (expected.lo < N && !flags[expected.lo])
        expected.lo++;
    for (expected.hi = expected.lo; expected.hi < N && flags[expected.hi] &&
                                    expected.hi - expected.lo < max;)
        expected.hi++;
    if (!cover_take(cover, max, &got))
        return expected.lo == N && got.lo == 7 && got.hi == 7;
    set(flags, expected, false);
    return got.lo == expected.lo && got.hi == expected.hi;
}

/* Adds to covers[2] what of r is in neither covers[0] nor covers[1]. */
static bool missing_agrees(struct cover covers[3], bool flags[3][N])
{
    const struct range r = random_range();
    const bool both = below(4) != 0;
    for (uint32_t c = r.lo; c < r.hi; c++)
        if (!flags[0][c] && !(both && flags[1][c]))
            flags[2][c] = true;
    return cover_add_missing(&covers[2], r, &covers[0],
                             both ? &covers[1] : NULL) == 0;
}

static bool take_last_agrees(struct cover *cover, bool flags[N])
{
    struct range got = R(7, 7), expected = R(N, N);
    const uint32_t max = 1 + below(20);
    while (expected.hi > 0 && !flags[expected.hi - 1])
        expected.hi--;
    for (expected.lo = expected.hi;
         expected.lo > 0 && flags[expected.lo - 1] &&
         expected.hi - expected.lo < max;)
        expected.lo--;
    if (!cover_take_last(cover, max, &got))
        return expected.hi == 0 && got.lo == 7 && got.hi == 7;
    set(flags, expected, false);
    return got.lo == expected.lo && got.hi == expected.hi;
}

/* Adds to covers[2] what of r is in covers[0]. */
static bool common_agrees(struct cover covers[3], bool flags[3][N])
{
    const struct range r = random_range();
    for (uint32_t c = r.lo; c < r.hi; c++)
        if (flags[0][c])
            flags[2][c] = true;
    return cover_add_common(&covers[2], r, &covers[0]) == 0;
}

static bool random_operation(struct cover covers[3], bool flags[3][N])
{
    const uint32_t which = below(3);
    const struct range r = random_range();
    switch (below(10)) {
    case 0:
    case 1:
    case 2:
        set(flags[which], r, true);
        return cover_add(&covers[which], r) == 0;
    case 3:
    case 4:
    case 5:
        set(flags[which], r, false);
        return cover_remove(&covers[which], r) == 0;
    case 6:
        return take_agrees(&covers[which], flags[which]);
    case 7:
        return take_last_agrees(&covers[which], flags[which]);
    case 8:
        return common_agrees(covers, flags);
    default:
        return missing_agrees(covers, flags);
    }
}

static void agrees_with_flags(void)
{
    struct cover covers[3] = {COVER_EMPTY, COVER_EMPTY, COVER_EMPTY};
    static bool flags[3][N];
    int n_bad = 0;
    for (int i = 0; i < N_OPERATIONS && n_bad == 0; i++) {
        n_bad += !random_operation(covers, flags);
        for (int c = 0; c < 3; c++) {
            n_bad += !same(&covers[c], flags[c]);
            n_bad += !queries_agree(&covers[c], flags[c]);
        }
        if (n_bad > 0)
            tap_note("first difference at operation %d", i);
    }
    CU_ASSERT_EQUAL(n_bad, 0);
    for (int c = 0; c < 3; c++)
        cover_release(&covers[c]);
}

static void empty(void)
{
    struct cover cover = COVER_EMPTY;
    struct range r = R(3, 4);
    CU_ASSERT(!cover_meets(&cover, R(0, UINT32_MAX)));
    CU_ASSERT(!cover_contains(&cover, R(0, 1)));
    CU_ASSERT(cover_contains(&cover, R(5, 5)));
    CU_ASSERT(cover_complete(&cover, 0));
    CU_ASSERT(!cover_complete(&cover, 1));
    CU_ASSERT(!cover_take(&cover, 10, &r));
    CU_ASSERT(r.lo == 3 && r.hi == 4);
    CU_ASSERT_EQUAL(cover_remove(&cover, R(0, UINT32_MAX)), 0);
    CU_ASSERT_EQUAL(cover_add(&cover, R(5, 5)), 0);
    CU_ASSERT_EQUAL(cover_add(&cover, R(6, 5)), 0);
    CU_ASSERT_EQUAL(cover_add_missing(&cover, R(6, 5), &cover, NULL), 0);
    CU_ASSERT_EQUAL(cover.n, 0);
    CU_ASSERT_PTR_NULL(cover.range);
    cover_release(&cover);
}

/* Chunk numbers end at 2^32 - 2, so ranges at 2^32 - 1. */
static void ends_of_numbers(void)
{
    struct cover cover = COVER_EMPTY;
    struct range r;
    CU_ASSERT_EQUAL(cover_add(&cover, R(UINT32_MAX - 1, UINT32_MAX)), 0);
    CU_ASSERT_EQUAL(cover_add(&cover, R(0, 1)), 0);
    CU_ASSERT_EQUAL(cover.n, 2);
    CU_ASSERT_EQUAL(cover.n_chunks, 2);
    CU_ASSERT(cover_meets(&cover, R(UINT32_MAX - 5, UINT32_MAX)));
    CU_ASSERT(!cover_meets(&cover, R(1, UINT32_MAX - 1)));
    CU_ASSERT_EQUAL(cover_add(&cover, R(1, UINT32_MAX - 1)), 0);
    CU_ASSERT(cover_complete(&cover, UINT32_MAX));
    CU_ASSERT(!cover_complete(&cover, UINT32_MAX - 1));
    CU_ASSERT_EQUAL(cover.n_chunks, UINT32_MAX);
    CU_ASSERT(cover_contains(&cover, R(0, UINT32_MAX)));
    CU_ASSERT_EQUAL(cover_remove(&cover, R(0, UINT32_MAX - 1)), 0);
    CU_ASSERT(cover_take(&cover, UINT32_MAX, &r));
    CU_ASSERT(r.lo == UINT32_MAX - 1 && r.hi == UINT32_MAX);
    CU_ASSERT_EQUAL(cover_add_missing(&cover, R(0, UINT32_MAX), &cover, NULL),
                    0);
    CU_ASSERT(cover_take(&cover, UINT32_MAX, &r));
    CU_ASSERT(r.lo == 0 && r.hi == UINT32_MAX);
    CU_ASSERT_EQUAL(cover.n_chunks, 0);
    cover_release(&cover);
}

static void touching_ranges_merge(void)
{
    struct cover cover = COVER_EMPTY;
    cover_add(&cover, R(10, 20));
    cover_add(&cover, R(30, 40));
    CU_ASSERT_EQUAL(cover.n, 2);
    cover_add(&cover, R(20, 30));
    CU_ASSERT_EQUAL(cover.n, 1);
    cover_add(&cover, R(12, 18));
    CU_ASSERT_EQUAL(cover.n, 1);
    CU_ASSERT_EQUAL(cover.n_chunks, 30);
    cover_remove(&cover, R(15, 16));
    CU_ASSERT_EQUAL(cover.n, 2);
    CU_ASSERT_EQUAL(cover.n_chunks, 29);
    cover_release(&cover);
}

static void take_of_none(void)
{
    struct cover cover = COVER_EMPTY;
    struct range r = R(1, 2);
    cover_add(&cover, R(10, 20));
    CU_ASSERT(!cover_take(&cover, 0, &r));
    CU_ASSERT_EQUAL(cover.n_chunks, 10);
    cover_release(&cover);
}

/* Many ranges, and removal of all but the ends in one go. */
static void many_ranges(void)
{
    struct cover cover = COVER_EMPTY;
    const uint32_t n = 100000;
    int failed = 0;
    for (uint32_t i = 0; i < n; i++)
        failed |= cover_add(&cover, R(4 * i, 4 * i + 1));
    CU_ASSERT_EQUAL(failed, 0);
    CU_ASSERT_EQUAL(cover.n, n);
    struct cover rest = COVER_EMPTY;
    CU_ASSERT_EQUAL(cover_add_missing(&rest, R(0, 4 * n), &cover, NULL), 0);
    CU_ASSERT_EQUAL(rest.n_chunks, 3 * (uint64_t)n);
    CU_ASSERT_EQUAL(rest.n, n);
    CU_ASSERT_EQUAL(cover_remove(&cover, R(1, 4 * n - 4)), 0);
    CU_ASSERT_EQUAL(cover.n, 2);
    cover_release(&rest);
    cover_release(&cover);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

/* A full array of 32 MiB cannot grow under a limit of 16 MiB. */
static void without_memory(void)
{
#ifdef SANITIZED
    tap_skip("a sanitizer's own memory does not fit under a limit");
#else
    const size_t n = 4u << 20;
    struct cover cover = COVER_EMPTY, whole = COVER_EMPTY;
    cover.range = malloc(n * sizeof *cover.range);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cover.range);
    for (size_t i = 0; i < n; i++)
        cover.range[i] = R((uint32_t)(4 * i), (uint32_t)(4 * i + 2));
    cover.n = cover.room = n;
    cover.n_chunks = 2 * n;
    struct rlimit old, none;
    getrlimit(RLIMIT_AS, &old);
    none = old;
    none.rlim_cur = 16u << 20;
    setrlimit(RLIMIT_AS, &none);
    errno = 0;
    const int added = cover_add(&cover, R(UINT32_MAX - 1, UINT32_MAX));
    const int cause = errno;
    const int split = cover_remove(&cover, R(4, 5)); /* needs no room */
    const int removed = cover_remove(&cover, R(9, 9));
    const int missing =
        cover_add_missing(&whole, R(0, 16u << 20), &cover, NULL);
    const int grown = cover_add(&cover, R(0, 3)); /* needs no room */
    setrlimit(RLIMIT_AS, &old);
    CU_ASSERT_EQUAL(added, -1);
    CU_ASSERT_EQUAL(cause, ENOMEM);
    CU_ASSERT_EQUAL(split, 0);
    CU_ASSERT_EQUAL(removed, 0);
    CU_ASSERT_EQUAL(missing, -1);
    CU_ASSERT_EQUAL(whole.n, 0);
    CU_ASSERT_EQUAL(grown, 0);
    CU_ASSERT_EQUAL(cover.n, n);
    CU_ASSERT_EQUAL(cover.n_chunks, 2 * n);
    cover_release(&whole);
    cover_release(&cover);
#endif
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"an empty cover", empty},
        {"the first and the last chunk number", ends_of_numbers},
        {"ranges that touch merge", touching_ranges_merge},
        {"take of no chunks", take_of_none},
        {"many ranges", many_ranges},
        {"nothing changes without memory", without_memory},
        {"random operations agree with flags", agrees_with_flags},
    };
    return TAP_RUN(tests);
}
