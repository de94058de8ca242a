/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Means, variances and deviations of integers: in closed form at the limits,
 * and random cases against GNU MPFR, which adds and multiplies exactly and
 * rounds once (oracle.h): 1,000 of each kind, 200,000 with
 * FANFOLD_TEST_LONG=1. The values come in batches to leaves that are merged.
 */
#define MPFR_USE_INTMAX_T
#include "doubles.h"
#include "fold.h"
#include "oracle.h"
#include "xsum.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_LEAVES = 8, MAX_WORDS = 32, MAX_VALUES = 40 };

#define HALF_ROOT 0x1.6a09e667f3bcdp-1 /* of 2, known */

static int n_cases(void)
{
    return tap_long() ? 200000 : 1000;
}

/* ---- closed forms -------------------------------------------------------- */

static void results_of_few(void)
{
    static const uint32_t code[] = {
        FF_OP_MEAN_INT, FF_OP_VARIANCE_INT, FF_OP_SD_INT,
        FF_OP_MEAN_UINT, FF_OP_VARIANCE_UINT, FF_OP_SD_UINT};
    for (int i = 0; i < 6; i++)
        CU_ASSERT(is_f64(result_of(code[i], NULL, 0), NAN));
    for (int i = 0; i < 6; i++)
        CU_ASSERT(is_f64(result_of(code[i], VALUES(U(5))), i % 3 ? NAN : 5));
    for (int i = 0; i < 6; i++)
        CU_ASSERT(is_f64(result_of(code[i], VALUES(U(0), U(0))), 0.0));
}

static void means(void)
{
    const int64_t odd = (INT64_C(1) << 53) + 1; /* a tie */
    CU_ASSERT(is_f64(result_of(FF_OP_MEAN_INT, VALUES(I(INT64_MIN))),
                     -0x1p63));
    CU_ASSERT(is_f64(result_of(FF_OP_MEAN_INT,
                               VALUES(I(INT64_MIN), I(INT64_MAX))), -0.5));
    CU_ASSERT(is_f64(result_of(FF_OP_MEAN_INT, VALUES(I(-7), I(7))), 0.0));
    CU_ASSERT(is_f64(result_of(FF_OP_MEAN_INT, VALUES(I(odd))), 0x1p53));
    CU_ASSERT(is_f64(result_of(FF_OP_MEAN_INT,
                               VALUES(I(odd), I(odd), I(odd + 1))),
                     0x1p53 + 2)); /* a third above the tie */
    CU_ASSERT(is_f64(result_of(FF_OP_MEAN_INT, VALUES(I(-1), I(0), I(0))),
                     -1.0 / 3));
    CU_ASSERT(is_f64(result_of(FF_OP_MEAN_UINT, VALUES(U(UINT64_MAX))),
                     0x1p64));
    CU_ASSERT(is_f64(result_of(FF_OP_MEAN_UINT, VALUES(U(UINT64_MAX), U(1))),
                     0x1p63));
}

/* {a, a + 1} has the variance 1/2, {a, b} has (b - a)^2 / 2. */
static void variances(void)
{
    static const int64_t a[] = {INT64_MIN, -1, 0, (INT64_C(1) << 53) + 1,
                                INT64_MAX - 1};
    for (int i = 0; i < 5; i++) {
        CU_ASSERT(is_f64(result_of(FF_OP_VARIANCE_INT,
                                   VALUES(I(a[i]), I(a[i] + 1))), 0.5));
        CU_ASSERT(is_f64(result_of(FF_OP_SD_INT,
                                   VALUES(I(a[i] + 1), I(a[i]))), HALF_ROOT));
    }
    CU_ASSERT(is_f64(result_of(FF_OP_VARIANCE_UINT,
                               VALUES(U(UINT64_MAX), U(UINT64_MAX - 1))),
                     0.5));
    CU_ASSERT(is_f64(result_of(FF_OP_SD_UINT,
                               VALUES(U(UINT64_MAX), U(UINT64_MAX - 1))),
                     HALF_ROOT));
    /* (2^64 - 1)^2 / 2 and its root */
    CU_ASSERT(is_f64(result_of(FF_OP_VARIANCE_INT,
                               VALUES(I(INT64_MIN), I(INT64_MAX))), 0x1p127));
    CU_ASSERT(is_f64(result_of(FF_OP_VARIANCE_UINT,
                               VALUES(U(0), U(UINT64_MAX))), 0x1p127));
    CU_ASSERT(is_f64(result_of(FF_OP_SD_UINT, VALUES(U(0), U(UINT64_MAX))),
                     0x1p64 * HALF_ROOT));
}

/* 2^n of the value: what there is, merged with itself, n times. */
static void fold_many(const struct op *op, int64_t *slice, union ff_value v,
                      int n)
{
    op->init(NULL, slice);
    op->fold(NULL, slice, &v, 1);
    for (int i = 0; i < n; i++) {
        op->merge(NULL, slice, slice);
        CU_ASSERT(op->valid(NULL, slice));
    }
}

static struct value of_many(uint32_t code, union ff_value a, int n_a,
                            union ff_value b, int n_b)
{
    const struct op *op = op_find(code);
    int64_t slice[MAX_WORDS], other[MAX_WORDS];
    struct value out;
    CU_ASSERT_FATAL(op->words(NULL) <= MAX_WORDS);
    fold_many(op, slice, a, n_a);
    fold_many(op, other, b, n_b);
    op->merge(NULL, slice, other);
    op->normalise(NULL, slice);
    CU_ASSERT(op->valid(NULL, slice));
    op->finish(NULL, slice, &out);
    return out;
}

/* 2^40 of each end: with n = 2^41 the variance is (2^64 - 1)^2 / 4 * n / (n -
 * 1), which is 2^126 (1 + 2^-41) to 60 bits. One 1 among 2^62 zeros: the mean
 * is 1 / (2^62 + 1). */
static void very_many(void)
{
    const union ff_value lo = I(INT64_MIN), hi = I(INT64_MAX);
    const union ff_value zero = U(0), one = U(1), most = U(UINT64_MAX);
    CU_ASSERT(is_f64(of_many(FF_OP_MEAN_INT, lo, 40, hi, 40), -0.5));
    CU_ASSERT(is_f64(of_many(FF_OP_VARIANCE_INT, lo, 40, hi, 40),
                     0x1p126 + 0x1p85));
    CU_ASSERT(is_f64(of_many(FF_OP_SD_INT, lo, 40, hi, 40), 0x1p63 + 0x1p21));
    CU_ASSERT(is_f64(of_many(FF_OP_VARIANCE_UINT, zero, 40, most, 40),
                     0x1p126 + 0x1p85));
    CU_ASSERT(is_f64(of_many(FF_OP_VARIANCE_UINT, most, 60, most, 60), 0.0));
    CU_ASSERT(is_f64(of_many(FF_OP_MEAN_UINT, zero, 62, one, 0), 0x1p-62));
    CU_ASSERT(is_f64(of_many(FF_OP_SD_UINT, zero, 62, one, 0), 0x1p-31));
}

/* All values 0 .. n - 1 in one batch of more than a block: the mean is (n - 1)
 * / 2, the variance n (n + 1) / 12. */
static void long_batches(void)
{
    enum { N = 150000 };
    union ff_value *v = malloc(N * sizeof *v);
    CU_ASSERT_PTR_NOT_NULL_FATAL(v);
    for (uint64_t i = 0; i < N; i++)
        v[i].u64 = i;
    CU_ASSERT(is_f64(result_of(FF_OP_MEAN_INT, v, N), (N - 1) / 2.0));
    CU_ASSERT(is_f64(result_of(FF_OP_VARIANCE_INT, v, N),
                     N * (N + 1.0) / 12));
    CU_ASSERT(is_f64(result_of(FF_OP_VARIANCE_UINT, v, N),
                     N * (N + 1.0) / 12));
    CU_ASSERT(is_int(result_of(FF_OP_NUMBER_UINT, v, N), "150000"));
    free(v);
}

static void numbers(void)
{
    CU_ASSERT(is_int(result_of(FF_OP_NUMBER, NULL, 0), "0"));
    CU_ASSERT(is_int(result_of(FF_OP_NUMBER, VALUES(F(NAN), F(-0.0))), "2"));
    CU_ASSERT(is_int(result_of(FF_OP_NUMBER_FLOAT, VALUES(F(1))), "1"));
    CU_ASSERT(is_int(result_of(FF_OP_NUMBER_INT, VALUES(I(-5), I(9), I(0))),
                     "3"));
}

/* Not the sums of the same values, or of as many. */
static void sums_that_cannot_be(void)
{
    const struct op *op = op_find(FF_OP_VARIANCE_INT);
    const union ff_value v[] = {I(3), I(4)};
    int64_t slice[MAX_WORDS];
    struct value out;
    op->init(NULL, slice);
    op->fold(NULL, slice, v, 2);
    memset(slice + XINT_WORDS + XSUM_DIGITS, 0, XINT_SQR_N * sizeof *slice);
    CU_ASSERT(op->valid(NULL, slice));
    op->finish(NULL, slice, &out);
    CU_ASSERT(is_f64(out, NAN));
    slice[XINT_WORDS + XSUM_OTHER]++;
    CU_ASSERT_FALSE(op->valid(NULL, slice));
}

/* ---- against MPFR -------------------------------------------------------- */

struct sums {
    mpfr_t n, sum, squares, pairs; /* pairs: n (n - 1) */
};

static int set_value(mpfr_t x, union ff_value v, bool is_signed)
{
    return is_signed ? mpfr_set_sj(x, v.i64, MPFR_RNDN)
                     : mpfr_set_uj(x, v.u64, MPFR_RNDN);
}

/* Exact sums; squares becomes n * squares - sum^2. */
static void add_up(struct sums *s, const union ff_value *v, int n,
                   bool is_signed)
{
    int inexact = 0;
    mpfr_t x;
    mpfr_inits2(300, x, s->n, s->sum, s->squares, s->pairs, (mpfr_ptr)0);
    mpfr_set_si(s->n, n, MPFR_RNDN);
    mpfr_set_si(s->pairs, n * (n - 1), MPFR_RNDN);
    mpfr_set_zero(s->sum, 1);
    mpfr_set_zero(s->squares, 1);
    for (int i = 0; i < n; i++) {
        inexact |= set_value(x, v[i], is_signed);
        inexact |= mpfr_add(s->sum, s->sum, x, MPFR_RNDN);
        inexact |= mpfr_sqr(x, x, MPFR_RNDN);
        inexact |= mpfr_add(s->squares, s->squares, x, MPFR_RNDN);
    }
    inexact |= mpfr_mul(s->squares, s->squares, s->n, MPFR_RNDN);
    inexact |= mpfr_sqr(x, s->sum, MPFR_RNDN);
    inexact |= mpfr_sub(s->squares, s->squares, x, MPFR_RNDN);
    CU_ASSERT_FALSE(inexact); /* else it is no oracle */
    mpfr_clear(x);
}

static void clear(struct sums *s)
{
    mpfr_clears(s->n, s->sum, s->squares, s->pairs, (mpfr_ptr)0);
}

static struct value fold(uint32_t code, const union ff_value *v, int n)
{
    const struct op *op = op_find(code);
    int64_t leaf[MAX_LEAVES][MAX_WORDS];
    struct value out;
    const uint64_t n_leaves = 1 + doubles_below(MAX_LEAVES);
    for (uint64_t i = 0; i < n_leaves; i++)
        op->init(NULL, leaf[i]);
    for (int i = 0, batch; i < n; i += batch) {
        int64_t *slice = leaf[doubles_below(n_leaves)];
        batch = 1 + (int)doubles_below((uint64_t)(n - i));
        op->fold(NULL, slice, v + i, (size_t)batch);
        if (doubles_below(4) == 0)
            op->normalise(NULL, slice);
    }
    for (uint64_t i = n_leaves - 1; i > 0; i--)
        op->merge(NULL, leaf[doubles_below(i)], leaf[i]);
    CU_ASSERT(op->valid(NULL, leaf[0]));
    op->finish(NULL, leaf[0], &out);
    return out;
}

static int agrees(const char *what, struct value got, struct answer expected)
{
    if (is_f64(got, expected.as_double))
        return 1;
    tap_note("%s: %a, MPFR has %a", what, got.f64, expected.as_double);
    return 0;
}

static int case_agrees(const union ff_value *v, int n, bool is_signed)
{
    struct sums s;
    add_up(&s, v, n, is_signed);
    const int agree =
        agrees("mean", fold(is_signed ? FF_OP_MEAN_INT : FF_OP_MEAN_UINT, v, n),
               oracle_quotient(s.sum, s.n))
        && agrees("variance", fold(is_signed ? FF_OP_VARIANCE_INT
                                             : FF_OP_VARIANCE_UINT, v, n),
                  oracle_quotient(s.squares, s.pairs))
        && agrees("sd", fold(is_signed ? FF_OP_SD_INT : FF_OP_SD_UINT, v, n),
                  oracle_root(s.squares, s.pairs));
    clear(&s);
    return agree;
}

/* What a value is: of any size, at the limits, or a little beside an offset. */
static union ff_value random_value(int kind, uint64_t offset, unsigned shift)
{
    static const union ff_value limit[] = {
        I(INT64_MIN), I(INT64_MAX), I(-1), I(0), I(1), I(INT64_MIN + 1)};
    union ff_value v;
    if (kind == 1)
        return limit[doubles_below(6)];
    v.u64 = doubles_draw() >> shift;
    if (kind == 2)
        v.u64 += offset;
    else if (doubles_draw() & 1)
        v.u64 = -v.u64;
    return v;
}

static void compare(int kind)
{
    int n_wrong = 0;
    tap_note("%d cases with the seed %d", n_cases(), 200 + kind);
    for (int i = 0; i < n_cases() && n_wrong < 10; i++) {
        union ff_value v[MAX_VALUES];
        doubles_seed((uint64_t)(200 + kind) << 32 | (uint64_t)i);
        const uint64_t offset = doubles_draw();
        const unsigned shift = (unsigned)doubles_below(64);
        const int n = 2 + (int)doubles_below(doubles_below(4) ? 4
                                             : MAX_VALUES - 1);
        for (int k = 0; k < n; k++)
            v[k] = random_value(kind, offset, shift);
        if (!case_agrees(v, n, true) || !case_agrees(v, n, false)) {
            tap_note("in case %d of %d values", i, n);
            n_wrong++;
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

static void any_size(void)
{
    compare(0);
}

static void limits(void)
{
    compare(1);
}

static void beside_an_offset(void)
{
    compare(2);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"results of nothing, of one, of zeros", results_of_few},
        {"means", means},
        {"variances and deviations", variances},
        {"2^40 values and more", very_many},
        {"long batches", long_batches},
        {"how many came", numbers},
        {"sums that cannot be", sums_that_cannot_be},
        {"any integers, by MPFR", any_size},
        {"integers at the limits, by MPFR", limits},
        {"integers beside an offset, by MPFR", beside_an_offset},
    };
    const int failed = TAP_RUN(tests);
    mpfr_free_cache();
    return failed;
}
