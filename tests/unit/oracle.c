/* SPDX-License-Identifier: Apache-2.0 */
/* GNU MPFR as oracle: see oracle.h. */
#include "oracle.h"
#include "tap.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Quotients are cut off after so many bits, roots after half of them. The
 * root of a cut quotient is on the same side of every tie of doubles as that
 * of the whole one, since the squares of ties have 108 bits. */
#define QUOTIENT_BITS 400

/* x was cut off: a bit far below the last one decides all ties. */
static void stick(mpfr_t x, int inexact)
{
    if (inexact == 0)
        return;
    mpfr_prec_round(x, mpfr_get_prec(x) + 2, MPFR_RNDZ);
    if (mpfr_sgn(x) > 0)
        mpfr_nextabove(x);
    else
        mpfr_nextbelow(x);
}

struct answer oracle_round(const mpfr_t x)
{
    return (struct answer){mpfr_get_d(x, MPFR_RNDN),
                           mpfr_get_flt(x, MPFR_RNDN)};
}

struct answer oracle_quotient(const mpfr_t a, const mpfr_t b)
{
    mpfr_t q;
    mpfr_init2(q, QUOTIENT_BITS);
    stick(q, mpfr_div(q, a, b, MPFR_RNDZ));
    const struct answer answer = oracle_round(q);
    mpfr_clear(q);
    return answer;
}

struct answer oracle_root(const mpfr_t a, const mpfr_t b)
{
    mpfr_t q, root;
    mpfr_init2(q, QUOTIENT_BITS);
    mpfr_init2(root, QUOTIENT_BITS / 2);
    stick(q, mpfr_div(q, a, b, MPFR_RNDZ));
    stick(root, mpfr_sqrt(root, q, MPFR_RNDZ));
    const struct answer answer = oracle_round(root);
    mpfr_clears(q, root, (mpfr_ptr)0);
    return answer;
}

static uint64_t bits_of_double(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? UINT64_C(0x7ff8000000000000) : bits;
}

static uint32_t bits_of_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? UINT32_C(0x7fc00000) : bits;
}

static long n_compared;

int oracle_same(const char *what, struct answer got, struct answer expected)
{
    n_compared += 2;
    if (bits_of_double(got.as_double) == bits_of_double(expected.as_double) &&
        bits_of_float(got.as_float) == bits_of_float(expected.as_float))
        return 1;
    tap_note("%s: %a and %a, MPFR has %a and %a", what, got.as_double,
             (double)got.as_float, expected.as_double,
             (double)expected.as_float);
    return 0;
}

long oracle_count(void)
{
    return n_compared;
}
