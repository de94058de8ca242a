/* SPDX-License-Identifier: Apache-2.0 */
/* Results that are some of the values, bits, products, vectors, in C++: of the
 * items 0 to 999 with values that fall from 999 to 0. */
#include <fanfold.h>

FF_ITEMS(1000)
FF_INT(n, 2, "entries of the lists")
FF_MIN_FLOAT(a_min_float)
FF_MIN_UINT(a_min_uint)
FF_MAX_FLOAT(a_max_float)
FF_MAX_UINT(a_max_uint)
FF_ARGMIN_FLOAT(a_argmin_float)
FF_ARGMIN_UINT(a_argmin_uint)
FF_ARGMAX_FLOAT(a_argmax_float)
FF_ARGMAX_UINT(a_argmax_uint)
FF_FIRST(a_first)
FF_FIRST_INT(a_first_int)
FF_FIRST_UINT(a_first_uint)
FF_LAST(a_last)
FF_LAST_INT(a_last_int)
FF_LAST_UINT(a_last_uint)
FF_TOP(a_top, n)
FF_TOP_INT(a_top_int, n)
FF_TOP_UINT(a_top_uint, n)
FF_BOTTOM(a_bottom, n)
FF_BOTTOM_INT(a_bottom_int, n)
FF_BOTTOM_UINT(a_bottom_uint, n)
FF_SAMPLE(a_sample, n)
FF_SAMPLE_INT(a_sample_int, n)
FF_SAMPLE_UINT(a_sample_uint, n)
FF_ALL(a_all)
FF_ANY(a_any)
FF_BIT_AND(a_bit_and)
FF_BIT_OR(a_bit_or)
FF_BIT_XOR(a_bit_xor)
FF_MEAN_INT(mean_int)
FF_MEAN_UINT(mean_uint)
FF_VARIANCE_INT(variance_int)
FF_VARIANCE_UINT(variance_uint)
FF_SD_INT(sd_int)
FF_SD_UINT(sd_uint)
FF_NUMBER(number)
FF_NUMBER_FLOAT(number_float)
FF_NUMBER_INT(number_int)
FF_NUMBER_UINT(number_uint)
FF_PRODUCT(product)
FF_PRODUCT_FLOAT(product_float)
FF_PRODUCT_INT(product_int)
FF_PRODUCT_UINT(product_uint)
FF_VECTOR_SUM(vector_sum, 2)
FF_VECTOR_SUM_EXACT(vector_sum_exact, 2)
FF_VECTOR_MIN(vector_min, 2)
FF_VECTOR_MAX(vector_max, 2)
FF_VECTOR_SUM_INT(vector_sum_int, 2)
FF_VECTOR_MIN_INT(vector_min_int, 2)
FF_VECTOR_MAX_INT(vector_max_int, 2)
FF_VALUES(values)
FF_VALUES_FLOAT(values_float)
FF_VALUES_INT(values_int)
FF_VALUES_UINT(values_uint)
FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        const uint64_t u = 999 - i;
        const int64_t x = static_cast<int64_t>(u);
        const double d = static_cast<double>(u);
        const float f = static_cast<float>(u);
        ff_min_float(ff, a_min_float, f);
        ff_min_uint(ff, a_min_uint, u);
        ff_max_float(ff, a_max_float, f);
        ff_max_uint(ff, a_max_uint, u);
        ff_argmin_float(ff, a_argmin_float, f, i);
        ff_argmin_uint(ff, a_argmin_uint, u, i);
        ff_argmax_float(ff, a_argmax_float, f, i);
        ff_argmax_uint(ff, a_argmax_uint, u, i);
        ff_first(ff, a_first, d, i);
        ff_first_int(ff, a_first_int, x, i);
        ff_first_uint(ff, a_first_uint, u, i);
        ff_last(ff, a_last, d, i);
        ff_last_int(ff, a_last_int, x, i);
        ff_last_uint(ff, a_last_uint, u, i);
        ff_top(ff, a_top, d, i);
        ff_top_int(ff, a_top_int, x, i);
        ff_top_uint(ff, a_top_uint, u, i);
        ff_bottom(ff, a_bottom, d, i);
        ff_bottom_int(ff, a_bottom_int, x, i);
        ff_bottom_uint(ff, a_bottom_uint, u, i);
        ff_sample(ff, a_sample, d, i);
        ff_sample_int(ff, a_sample_int, x, i);
        ff_sample_uint(ff, a_sample_uint, u, i);
        ff_all(ff, a_all, u > 0);
        ff_any(ff, a_any, u > 999);
        ff_bit_and(ff, a_bit_and, u);
        ff_bit_or(ff, a_bit_or, u);
        ff_bit_xor(ff, a_bit_xor, u);
        ff_mean_int(ff, mean_int, x);
        ff_mean_uint(ff, mean_uint, u);
        ff_variance_int(ff, variance_int, x);
        ff_variance_uint(ff, variance_uint, u);
        ff_sd_int(ff, sd_int, x);
        ff_sd_uint(ff, sd_uint, u);
        ff_number_of(ff, number, d);
        ff_number_of_float(ff, number_float, f);
        ff_number_of_int(ff, number_int, x);
        ff_number_of_uint(ff, number_uint, u);
        const double real[2] = {d, 1};
        const int64_t integer[2] = {x, 1};
        ff_product(ff, product, 1 + d / 1000);
        ff_product_float(ff, product_float, 1 + f / 1000);
        ff_product_int(ff, product_int, i < 3 ? x : 1);
        ff_product_uint(ff, product_uint, i < 3 ? u : 1);
        ff_vector_sum(ff, vector_sum, real);
        ff_vector_sum_exact(ff, vector_sum_exact, real);
        ff_vector_min(ff, vector_min, real);
        ff_vector_max(ff, vector_max, real);
        ff_vector_sum_int(ff, vector_sum_int, integer);
        ff_vector_min_int(ff, vector_min_int, integer);
        ff_vector_max_int(ff, vector_max_int, integer);
        ff_values(ff, values, d, i);
        ff_values_float(ff, values_float, f, i);
        ff_values_int(ff, values_int, x, i);
        ff_values_uint(ff, values_uint, u, i);
    }
}
