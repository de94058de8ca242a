/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of xsum_vector.h, one a width of vectors, and which is taken.
 * The loops are in xsum_lanes.h.
 *
 * -ffast-math would let the compiler cancel x + big - big, so such a build has
 * no version; nor has another architecture, whose modes are not known here.
 */
#include "xsum_vector.h"

_Atomic(const struct xsum_vector *) xsum_vector_chosen;

#if defined(__x86_64__) && !defined(__FAST_MATH__)

#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

#define SIGN_BIT (UINT64_C(1) << 63)
#define FRACTION_BITS 52

static inline uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Takes `big` off the sums, n times. Beyond is what changed its exponent. */
static inline void finish_split(struct xsum_split *out, uint64_t sum0,
                                uint64_t sum1, size_t n, const double big[2])
{
    out->total[0] = (int64_t)(sum0 - n * bits_of(big[0]));
    out->total[1] = (int64_t)(sum1 - n * bits_of(big[1]));
    out->beyond >>= FRACTION_BITS;
}

#define WIDTH 2
#define TARGET
#define MAX(a, b) _mm_max_pd(a, b)
#define MIN(a, b) _mm_min_pd(a, b)
#define OR_XOR(a, b, c) ((a) | ((b) ^ (c)))
#define NAME(f) f##_2
#define LANES
#include "xsum_lanes.h"

#define WIDTH 4
#define TARGET __attribute__((target("avx2,fma")))
#define LESS_PRODUCT(a, b, p) _mm256_fmsub_pd(a, b, p)
#define FIRSTS(a, b) _mm256_unpacklo_pd(a, b)
#define SECONDS(a, b) _mm256_unpackhi_pd(a, b)
#define MAX(a, b) _mm256_max_pd(a, b)
#define MIN(a, b) _mm256_min_pd(a, b)
#define OR_XOR(a, b, c) ((a) | ((b) ^ (c)))
#define NAME(f) f##_4
#define LANES
#include "xsum_lanes.h"

#define WIDTH 8
#define TARGET __attribute__((target("avx512f,avx512dq")))
#define LESS_PRODUCT(a, b, p) _mm512_fmsub_pd(a, b, p)
#define FIRSTS(a, b) _mm512_unpacklo_pd(a, b)
#define SECONDS(a, b) _mm512_unpackhi_pd(a, b)
#define MAX(a, b) _mm512_max_pd(a, b)
#define MIN(a, b) _mm512_min_pd(a, b)
#define OR_XOR(a, b, c)                                                        \
    (WORDS)_mm512_ternarylogic_epi64((__m512i)(a), (__m512i)(b), (__m512i)(c), \
                                     0xf6)
#define NAME(f) f##_8
#include "xsum_lanes.h"

/* Lanes are added by 32 bytes at most: 64 cross a cache line wherever a sum
 * does not begin at one. */
#define VERSION(width, name, peels, multiply, lanes)                           \
    {name, peels, split_##width, peel_##width, largest_##width,                \
     range_##width, negative_zeros_##width, multiply, lanes}
/* The second of each where exceptions are to be relied on. */
static const struct xsum_vector
    avx512[2] = {VERSION(8, "avx512", 4, NULL, add_lanes_4),
                 VERSION(8, "avx512", 4, multiply_8, add_lanes_4)},
    avx2[2] = {VERSION(4, "avx2", 4, NULL, add_lanes_4),
               VERSION(4, "avx2", 4, multiply_4, add_lanes_4)},
    portable = VERSION(2, "portable", 1, NULL, add_lanes_2);

/* valgrind, for one, computes without raising any. */
static int exceptions_work(void)
{
    volatile double x = 0x1p-600;
    const unsigned mode = xsum_vector_enter();
    xsum_vector_clear();
    x = x * x;
    const int raised = xsum_vector_raised();
    xsum_vector_leave(mode);
    return raised;
}

const struct xsum_vector *xsum_vector_find(const char *name)
{
    const int has_avx2 = __builtin_cpu_supports("avx2") &&
                         __builtin_cpu_supports("fma");
    const int has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") &&
                           __builtin_cpu_supports("avx512dq");
    if (strcmp(name, "avx512") == 0)
        return has_avx512 ? &avx512[exceptions_work()] : NULL;
    if (strcmp(name, "avx2") == 0)
        return has_avx2 ? &avx2[exceptions_work()] : NULL;
    return strcmp(name, "portable") == 0 ? &portable : NULL;
}

const struct xsum_vector *xsum_vector_choose(void)
{
    static const char *const best_first[] = {"avx512", "avx2", "portable"};
    const char *wanted = getenv("FANFOLD_SIMD");
    const struct xsum_vector *found =
        wanted != NULL ? xsum_vector_find(wanted) : NULL;
    for (int i = 0; found == NULL; i++)
        found = xsum_vector_find(best_first[i]);
    atomic_store_explicit(&xsum_vector_chosen, found, memory_order_relaxed);
    return found;
}

#define MODE_FLAGS 0x3fu     /* what happened, not what to do */
#define MODE_DEFAULT 0x1f80u /* to nearest, denormals, nothing trapped */

unsigned xsum_vector_enter(void)
{
    const unsigned mode = _mm_getcsr();
    if (__builtin_expect((mode & ~MODE_FLAGS) != MODE_DEFAULT, 0))
        _mm_setcsr(MODE_DEFAULT);
    return mode;
}

void xsum_vector_leave(unsigned mode)
{
    if (__builtin_expect(_mm_getcsr() != mode, 0))
        _mm_setcsr(mode);
}

#define MODE_RAISED (0x01u | 0x08u | 0x10u) /* invalid, overflow, underflow */

void xsum_vector_clear(void)
{
    if (__builtin_expect((_mm_getcsr() & MODE_RAISED) != 0, 0))
        _mm_setcsr(MODE_DEFAULT);
}

int xsum_vector_raised(void)
{
    return (_mm_getcsr() & MODE_RAISED) != 0;
}

#else

const struct xsum_vector *xsum_vector_find(const char *name)
{
    (void)name;
    return NULL;
}

const struct xsum_vector *xsum_vector_choose(void)
{
    return NULL;
}

unsigned xsum_vector_enter(void)
{
    return 0;
}

void xsum_vector_leave(unsigned mode)
{
    (void)mode;
}

void xsum_vector_clear(void)
{
}

int xsum_vector_raised(void)
{
    return 1;
}

#endif
