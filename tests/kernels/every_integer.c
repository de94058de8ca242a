/* SPDX-License-Identifier: Apache-2.0 */
/* Every operator of integers, signed and unsigned, on values of all sizes. */
#include <fanfold.h>

FF_ITEMS(3000)
FF_SUM_INT(sum_int)
FF_SUM_UINT(sum_uint)
FF_COUNT(count)
FF_NUMBER_INT(number_int)
FF_NUMBER_UINT(number_uint)
FF_MEAN_INT(mean_int)
FF_MEAN_UINT(mean_uint)
FF_VARIANCE_INT(variance_int)
FF_VARIANCE_UINT(variance_uint)
FF_SD_INT(sd_int)
FF_SD_UINT(sd_uint)
FF_PRODUCT_INT(product_int)
FF_PRODUCT_UINT(product_uint)
FF_MIN_INT(min_int)
FF_MIN_UINT(min_uint)
FF_MAX_INT(max_int)
FF_MAX_UINT(max_uint)
FF_ARGMIN_INT(argmin_int)
FF_ARGMIN_UINT(argmin_uint)
FF_ARGMAX_INT(argmax_int)
FF_ARGMAX_UINT(argmax_uint)
FF_ALL(all)
FF_ANY(any)
FF_BIT_AND(bit_and)
FF_BIT_OR(bit_or)
FF_BIT_XOR(bit_xor)
FF_FIRST_INT(first_int)
FF_FIRST_UINT(first_uint)
FF_LAST_INT(last_int)
FF_LAST_UINT(last_uint)
FF_TOP_INT(top_int, 5)
FF_TOP_UINT(top_uint, 1)
FF_BOTTOM_INT(bottom_int, 40)
FF_BOTTOM_UINT(bottom_uint, 3)
FF_SAMPLE_INT(sample_int, 17)
FF_SAMPLE_UINT(sample_uint, 1)
FF_QUANTILES_INT(quantiles_int)
FF_QUANTILES_UINT(quantiles_uint)
FF_DISTINCT_INT(distinct_int)
FF_DISTINCT_UINT(distinct_uint)
FF_VECTOR_SUM_INT(vector_sum_int, 2)
FF_VECTOR_MIN_INT(vector_min_int, 2)
FF_VECTOR_MAX_INT(vector_max_int, 2)

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        struct ff_rng rng = ff_rng(ff, i);
        const uint64_t wide = ff_random(&rng);
        const uint64_t u = wide >> ff_random(&rng) % 64;
        const int64_t x = wide % 2 ? (int64_t)(u / 2) : -(int64_t)(u / 2);
        const int64_t pair[2] = {x / 4096, (int64_t)i};
        ff_sum_int(ff, sum_int, x);
        ff_sum_uint(ff, sum_uint, u);
        ff_count(ff, count, u);
        ff_number_of_int(ff, number_int, x);
        ff_number_of_uint(ff, number_uint, u);
        ff_mean_int(ff, mean_int, x);
        ff_mean_uint(ff, mean_uint, u);
        ff_variance_int(ff, variance_int, x);
        ff_variance_uint(ff, variance_uint, u);
        ff_sd_int(ff, sd_int, x);
        ff_sd_uint(ff, sd_uint, u);
        ff_product_int(ff, product_int, i % 50 == 1 ? -2 : 1);
        ff_product_uint(ff, product_uint, i % 50 == 1 ? 3 : 1);
        ff_min_int(ff, min_int, x);
        ff_min_uint(ff, min_uint, u);
        ff_max_int(ff, max_int, x);
        ff_max_uint(ff, max_uint, u);
        ff_argmin_int(ff, argmin_int, x, i);
        ff_argmin_uint(ff, argmin_uint, u, i);
        ff_argmax_int(ff, argmax_int, x, i);
        ff_argmax_uint(ff, argmax_uint, u, i);
        ff_all(ff, all, u != 12345);
        ff_any(ff, any, u == 12345);
        ff_bit_and(ff, bit_and, u | 6);
        ff_bit_or(ff, bit_or, u / 16);
        ff_bit_xor(ff, bit_xor, u);
        ff_first_int(ff, first_int, x, i);
        ff_first_uint(ff, first_uint, u, i);
        ff_last_int(ff, last_int, x, i);
        ff_last_uint(ff, last_uint, u, i);
        ff_top_int(ff, top_int, x, i);
        ff_top_uint(ff, top_uint, u, i);
        ff_bottom_int(ff, bottom_int, x, i);
        ff_bottom_uint(ff, bottom_uint, u, i);
        ff_sample_int(ff, sample_int, x, i);
        ff_sample_uint(ff, sample_uint, u, i);
        ff_quantiles_int(ff, quantiles_int, x);
        ff_quantiles_uint(ff, quantiles_uint, u);
        ff_distinct_int(ff, distinct_int, x);
        ff_distinct_uint(ff, distinct_uint, u);
        ff_vector_sum_int(ff, vector_sum_int, pair);
        ff_vector_min_int(ff, vector_min_int, pair);
        ff_vector_max_int(ff, vector_max_int, pair);
    }
}
