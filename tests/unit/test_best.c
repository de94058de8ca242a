/* SPDX-License-Identifier: Apache-2.0 */
/* Operators whose result is one of the values: extremes of floats and unsigned
 * integers, first and last; and those of truth values and bits. */
#include "fold.h"

#include <float.h>

static void extremes_of_unsigned(void)
{
    CU_ASSERT(is_int(result_of(FF_OP_MIN_UINT, VALUES(U(3), U(UINT64_MAX))),
                     "3"));
    CU_ASSERT(is_int(result_of(FF_OP_MAX_UINT, VALUES(U(3), U(UINT64_MAX))),
                     "18446744073709551615"));
    CU_ASSERT(is_int(result_of(FF_OP_MIN_UINT, VALUES(U(UINT64_MAX))),
                     "18446744073709551615"));
    CU_ASSERT(is_int(result_of(FF_OP_MAX_UINT, VALUES(U(0))), "0"));
    CU_ASSERT(is_int(result_of(FF_OP_MAX_UINT,
                               VALUES(U(UINT64_C(1) << 63), U(INT64_MAX))),
                     "9223372036854775808"));
    struct value v = result_of(FF_OP_ARGMAX_UINT,
                               VALUES(U(UINT64_MAX), U(9), U(UINT64_MAX), U(8),
                                      U(1), U(7)));
    CU_ASSERT(is_int(v, "18446744073709551615") && at_item(v, 8));
    v = result_of(FF_OP_ARGMIN_UINT, VALUES(U(UINT64_MAX), U(1), U(0), U(2)));
    CU_ASSERT(is_int(v, "0") && at_item(v, 2));
}

static void extremes_of_floats(void)
{
    static const uint32_t least[] = {FF_OP_MIN_FLOAT, FF_OP_ARGMIN_FLOAT};
    static const uint32_t most[] = {FF_OP_MAX_FLOAT, FF_OP_ARGMAX_FLOAT};
    for (int i = 0; i < 2; i++) { /* (where: the second place is an item) */
        struct value v = result_of(least[i], VALUES(F((double)0.1f), F(4)));
        CU_ASSERT(is_f64(v, (double)0.1f) && v.is_float);
        v = result_of(most[i], VALUES(F(-0.0), F(-4)));
        CU_ASSERT(is_f64(v, -0.0) && v.is_float);
        v = result_of(most[i], VALUES(F((double)FLT_MAX), F(4)));
        CU_ASSERT(is_f64(v, (double)FLT_MAX) && v.is_float);
        v = result_of(least[i], VALUES(F(NAN), F(3)));
        CU_ASSERT(is_f64(v, NAN));
        v = result_of(least[i], VALUES(F(0.1), F(3))); /* no float */
        CU_ASSERT(is_f64(v, (double)0.1f));
    }
    CU_ASSERT(at_item(result_of(FF_OP_ARGMIN_FLOAT,
                                VALUES(F(2), U(1), F(1), U(3), F(1), U(2))),
                      2));
}

static void first_and_last(void)
{
    struct value v;
    v = result_of(FF_OP_FIRST, VALUES(F(1), U(5), F(2), U(3), F(9), U(3)));
    CU_ASSERT(is_f64(v, 2) && at_item(v, 3));
    v = result_of(FF_OP_LAST, VALUES(F(1), U(5), F(2), U(5), F(9), U(3)));
    CU_ASSERT(is_f64(v, 2) && at_item(v, 5));
    v = result_of(FF_OP_FIRST, VALUES(F(-0.0), U(UINT64_MAX)));
    CU_ASSERT(is_f64(v, -0.0) && at_item(v, UINT64_MAX));
    v = result_of(FF_OP_LAST, VALUES(F(7), U(0), F(NAN), U(UINT64_MAX)));
    CU_ASSERT(is_f64(v, NAN) && at_item(v, UINT64_MAX));
    v = result_of(FF_OP_FIRST_INT, VALUES(I(-3), U(0), I(INT64_MIN), U(1)));
    CU_ASSERT(is_int(v, "-3") && at_item(v, 0));
    v = result_of(FF_OP_LAST_INT, VALUES(I(INT64_MIN), U(1), I(4), U(0)));
    CU_ASSERT(is_int(v, "-9223372036854775808") && at_item(v, 1));
    v = result_of(FF_OP_FIRST_UINT, VALUES(U(UINT64_MAX), U(1)));
    CU_ASSERT(is_int(v, "18446744073709551615") && at_item(v, 1));
    v = result_of(FF_OP_LAST_UINT, VALUES(U(2), U(1), U(0), U(1)));
    CU_ASSERT(is_int(v, "0") && at_item(v, 1));
}

static int is_bool(struct value v, const char *text)
{
    return v.type == VALUE_BOOL && strcmp(v.decimal, text) == 0;
}

static void truth_values(void)
{
    CU_ASSERT(is_bool(result_of(FF_OP_ALL, NULL, 0), "true"));
    CU_ASSERT(is_bool(result_of(FF_OP_ANY, NULL, 0), "false"));
    CU_ASSERT(is_bool(result_of(FF_OP_ALL, VALUES(U(1), U(2))), "true"));
    CU_ASSERT(is_bool(result_of(FF_OP_ALL, VALUES(U(1), U(0))), "false"));
    CU_ASSERT(is_bool(result_of(FF_OP_ANY, VALUES(U(0), U(0))), "false"));
    CU_ASSERT(is_bool(result_of(FF_OP_ANY, VALUES(U(0), U(1), U(0))),
                      "true"));
    CU_ASSERT(is_bool(result_of(FF_OP_ANY, VALUES(U(UINT64_C(1) << 63))),
                      "true"));
}

/* What NumPy's bitwise_and.reduce and the like give, also of nothing. */
static void bits(void)
{
    CU_ASSERT(is_int(result_of(FF_OP_BIT_AND, NULL, 0),
                     "18446744073709551615"));
    CU_ASSERT(is_int(result_of(FF_OP_BIT_OR, NULL, 0), "0"));
    CU_ASSERT(is_int(result_of(FF_OP_BIT_XOR, NULL, 0), "0"));
    CU_ASSERT(is_int(result_of(FF_OP_BIT_AND, VALUES(U(12), U(10))), "8"));
    CU_ASSERT(is_int(result_of(FF_OP_BIT_OR, VALUES(U(12), U(10))), "14"));
    CU_ASSERT(is_int(result_of(FF_OP_BIT_XOR, VALUES(U(12), U(10))), "6"));
    CU_ASSERT(is_int(result_of(FF_OP_BIT_OR, VALUES(U(UINT64_C(1) << 63))),
                     "9223372036854775808"));
}

static void made_up_slices_are_refused(void)
{
    static const int64_t two = 2, minus = -1;
    static const struct ff_shape none;
    for (uint32_t code = FF_OP_ALL; code <= FF_OP_ANY; code++) {
        CU_ASSERT(!op_find(code)->valid(&none, &two));
        CU_ASSERT(!op_find(code)->valid(&none, &minus));
    }
    const int64_t no_double[] = {1, INT64_MAX - 1, 0}, twice[] = {2, 0, 0};
    const int64_t item_of_none[] = {0, INT64_MIN, 1};
    CU_ASSERT(!op_find(FF_OP_FIRST)->valid(&none, no_double));
    CU_ASSERT(op_find(FF_OP_FIRST_UINT)->valid(&none, no_double));
    CU_ASSERT(!op_find(FF_OP_LAST_INT)->valid(&none, twice));
    CU_ASSERT(!op_find(FF_OP_LAST)->valid(&none, item_of_none));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"min, max and where, of unsigned integers", extremes_of_unsigned},
        {"min, max and where, of floats", extremes_of_floats},
        {"first and last", first_and_last},
        {"all and any", truth_values},
        {"and, or, exclusive or of bits", bits},
        {"made-up slices are refused", made_up_slices_are_refused},
    };
    return TAP_RUN(tests);
}
