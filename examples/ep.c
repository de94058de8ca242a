/* SPDX-License-Identifier: Apache-2.0 */
/* NAS Parallel Benchmarks EP: Gaussian deviates from one random sequence. Each
 * item, 2^16 pairs, finds its own place in it by powers of the multiplier; a
 * real program's loop, folded once an item. Class S: sx -3247.834652034740,
 * sy -6958.407078382297, 13176389 Gaussian pairs (NPB, EP/ep verification). */
#include <fanfold.h>
#include <math.h>
#include <string.h>

enum { PAIRS = 1 << 16, BLOCK = 1 << 9, LANES = 32, ANNULI = 10 };
static const uint64_t multiplier = 1220703125; /* 5^13 */
static const uint64_t seed = 271828183;
static const uint64_t mask = (UINT64_C(1) << 46) - 1;

static uint64_t batches(void);
FF_TEXT(problem, "S", "the class: S, W, A, B or C")
FF_ITEMS(batches())
FF_SUM(sx)
FF_SUM(sy)
FF_COUNT(gaussians)
FF_COUNT(q0) /* q0 .. q9: the larger of |x|, |y| is in [0, 1), [1, 2), .. */
FF_COUNT(q1)
FF_COUNT(q2)
FF_COUNT(q3)
FF_COUNT(q4)
FF_COUNT(q5)
FF_COUNT(q6)
FF_COUNT(q7)
FF_COUNT(q8)
FF_COUNT(q9)

/* 1 for a class that there is not: an item, which fails. */
static uint64_t batches(void)
{
    static const char name[] = "SWABC";
    static const int log2_pairs[] = {24, 25, 28, 30, 32};
    const char *found = strlen(problem) == 1 ? strchr(name, *problem) : NULL;
    return found ? (UINT64_C(1) << log2_pairs[found - name]) / PAIRS : 1;
}

struct tally {
    double sx, sy;
    uint64_t n, annulus[16]; /* |x| < 11.2, since t >= 2^-89 */
};

/* The multiplier to the power e, mod 2^46. */
static uint64_t power(uint64_t e)
{
    uint64_t p = 1;
    for (uint64_t square = multiplier; e; e /= 2, square *= square)
        p = e % 2 ? p * square : p;
    return p & mask;
}

/* The next uniforms in (-1, 1), exact. `state` holds the next LANES numbers of
 * the sequence, so that the lanes advance side by side in vector registers. */
static void draw(uint64_t state[LANES], uint64_t jump, double x[2 * BLOCK])
{
    for (int k = 0; k < 2 * BLOCK; k += LANES)
        for (int l = 0; l < LANES; l++) {
            x[k + l] = 0x1p-45 * (double)(int64_t)state[l] - 1;
            state[l] = state[l] * jump & mask;
        }
}

/* The pairs inside the circle are first moved to the front: the choice is a
 * coin that no branch predictor guesses. */
static void count_pairs(struct tally *tally, double x[2 * BLOCK])
{
    double t[BLOCK];
    int n = 0;
    for (int k = 0; k < BLOCK; k++) {
        double a = x[2 * k], b = x[2 * k + 1];
        t[n] = a * a + b * b;
        x[2 * n] = a;
        x[2 * n + 1] = b;
        n += t[n] <= 1;
    }
    for (int k = 0; k < n; k++) {
        double f = sqrt(-2 * log(t[k]) / t[k]);
        double a = f * x[2 * k], b = f * x[2 * k + 1];
        int u = (int)fabs(a), v = (int)fabs(b);
        tally->annulus[u > v ? u : v]++;
        tally->sx += a;
        tally->sy += b;
    }
    tally->n += (uint64_t)n;
}

static void fold(struct ff *ff, const struct tally *tally)
{
    const struct ff_result_count annulus[ANNULI] = {q0, q1, q2, q3, q4,
                                                    q5, q6, q7, q8, q9};
    ff_sum(ff, sx, tally->sx);
    ff_sum(ff, sy, tally->sy);
    ff_count(ff, gaussians, tally->n);
    for (int l = 0; l < ANNULI; l++)
        ff_count(ff, annulus[l], tally->annulus[l]);
}

FF_KERNEL(ff, begin, end)
{
    uint64_t state[LANES], jump = power(LANES);
    double x[2 * BLOCK];
    if (batches() == 1) {
        ff_fail(ff, begin, "no class '%s': S, W, A, B or C", problem);
        return;
    }
    for (uint64_t item = begin; item < end; item++) {
        struct tally tally = {0};
        for (uint64_t l = 0; l < LANES; l++)
            state[l] = seed * power(2 * PAIRS * item + l + 1) & mask;
        for (int done = 0; done < PAIRS; done += BLOCK) {
            draw(state, jump, x);
            count_pairs(&tally, x);
        }
        fold(ff, &tally);
    }
}
