/* SPDX-License-Identifier: Apache-2.0 */
/* All that a kernel can declare and call, in C++: it must compile without a
 * warning. With --arg name=throw an exception leaves the kernel. */
#include <fanfold.h>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

FF_ABOUT("All that a kernel can declare and call.")
FF_INT(size, 1000, "how many")
FF_REAL(step, 0.5)
FF_TEXT(name, "x")
FF_ITEMS(size)
FF_SUM(sum)
FF_SUM_INT(sum_int)
FF_COUNT(count)
FF_MIN(least)
FF_MAX(most)
FF_MIN_INT(least_int)
FF_MAX_INT(most_int)
FF_MEAN(mean)
FF_VARIANCE(variance)
FF_SUM_UINT(sum_uint)
FF_SUM_FLOAT(sum_float)
FF_MEAN_FLOAT(mean_float)
FF_VARIANCE_FLOAT(variance_float)
FF_SD(sd)
FF_SD_FLOAT(sd_float)
FF_NORM2(norm2)
FF_NORM2_FLOAT(norm2_float)
FF_DOT(dot)
FF_DOT_FLOAT(dot_float)
FF_ARGMIN(arg_least)
FF_ARGMAX(arg_most)
FF_ARGMIN_INT(arg_least_int)
FF_ARGMAX_INT(arg_most_int)
FF_HISTOGRAM(bins, 0, size, 10)
FF_HISTOGRAM_LOG(log_bins, 1, size, 3, "of the same ratio")
FF_HISTOGRAM_EDGES(listed_bins, (0, 1, step * 10, (double)size), "listed")
FF_QUANTILES(quantiles)
FF_QUANTILES_INT(quantiles_int, "of integers")
FF_QUANTILES_UINT(quantiles_uint)
FF_QUANTILES_OF(quantiles_of, step / 10, (0.5, 1))
FF_QUANTILES_INT_OF(quantiles_int_of, 0.1, (step), "one")
FF_QUANTILES_UINT_OF(quantiles_uint_of, 0.1, (0, 1))
FF_DISTINCT(distinct)
FF_DISTINCT_INT(distinct_int, "integers")
FF_DISTINCT_UINT(distinct_uint)
FF_DISTINCT_TEXT(distinct_text)
FF_DISTINCT_OF(distinct_of, step / 10)
FF_DISTINCT_INT_OF(distinct_int_of, 0.1, "integers")
FF_DISTINCT_UINT_OF(distinct_uint_of, 0.1)
FF_DISTINCT_TEXT_OF(distinct_text_of, 0.1)
FF_OUTPUT(text, "the numbers")
FF_ARRAY_F64(f64, 2, "two a row")
FF_ARRAY_F32(f32, 1)
FF_ARRAY_I64(i64, 1)
FF_ARRAY_I32(i32, 1)
FF_ARRAY_U8(u8, size / 1000)
FF_SHARED(table, size * sizeof(double), ff, memory, bytes)
{
    double *x = static_cast<double *>(memory);
    for (int64_t i = 0; i < size; i++)
        x[i] = std::sqrt(static_cast<double>(i));
}
struct pair { double n, x; };
static void pair_init(pair *p) { p->n = 0; }
static void pair_combine(pair *p, const pair *q) { p->n += q->n; p->x += q->x; }
static void pair_finish(const pair *p, double *x) { x[0] = p->n; x[1] = p->x; }
FF_OPERATION(two, pair, pair_init, pair_combine, pair_finish, 2, "n x",
             "as labelled")
static std::vector<double> own;
FF_SETUP(ff) { own.assign(1, step); ff_log(ff, "set up %s", name); }
FF_TEARDOWN(ff) { own.clear(); }
static double half_of(uint64_t i) { return static_cast<double>(i) / 2; }
FF_KERNEL(ff, begin, end)
{
    const double *x = static_cast<const double *>(ff_shared(ff, table));
    const int64_t many[] = {1, 2};
    for (uint64_t i = begin; i < end; i++) {
        struct ff_rng rng = ff_rng(ff, i);
        ff_sum(ff, sum, x[i] * own[0]);
        ff_sum_int(ff, sum_int, 1);
        ff_count(ff, count, 1);
        ff_min(ff, least, x[i]);
        ff_max(ff, most, x[i]);
        ff_min_int(ff, least_int, -3);
        ff_max_int(ff, most_int, 3);
        ff_mean(ff, mean, ff_uniform(&rng));
        ff_variance(ff, variance, 1);
        ff_argmin(ff, arg_least, x[i], i);
        ff_argmax(ff, arg_most, x[i], i);
        ff_argmin_int(ff, arg_least_int, 7, i);
        ff_argmax_int(ff, arg_most_int, 7, i);
        ff_histogram(ff, bins, static_cast<double>(i));
        ff_sum_uint(ff, sum_uint, 1);
        ff_sum_float(ff, sum_float, 1);
        ff_mean_float(ff, mean_float, 1);
        ff_variance_float(ff, variance_float, 1);
        ff_sd(ff, sd, 1);
        ff_sd_float(ff, sd_float, 1);
        ff_norm2(ff, norm2, 1);
        ff_norm2_float(ff, norm2_float, 1);
        ff_dot(ff, dot, 1, 2);
        ff_dot_float(ff, dot_float, 1, 2);
        ff_sd_array(ff, sd, x, 2);
        ff_norm2_array(ff, norm2, x, 2);
        ff_dot_array(ff, dot, x, x, 2);
        ff_sum_array(ff, sum, x, 1); /* 0 */
        ff_sum_int_array(ff, sum_int, many, 2);
        ff_min_array(ff, least, x, 2);
        ff_max_array(ff, most, x, 2);
        ff_mean_array(ff, mean, x, 2);
        ff_variance_array(ff, variance, x, 2);
        pair *p = ff_state(ff, two);
        p->n += 1;
        p->x += half_of(i);
        ff_histogram(ff, log_bins, static_cast<double>(i));
        ff_histogram(ff, listed_bins, static_cast<double>(i));
        ff_quantiles(ff, quantiles, x[i]);
        ff_quantiles_int(ff, quantiles_int, -3);
        ff_quantiles_uint(ff, quantiles_uint, i);
        ff_quantiles(ff, quantiles_of, x[i]);
        ff_quantiles_int(ff, quantiles_int_of, -3);
        ff_quantiles_uint(ff, quantiles_uint_of, i);
        ff_distinct(ff, distinct, x[i]);
        ff_distinct_int(ff, distinct_int, -3);
        ff_distinct_uint(ff, distinct_uint, i);
        ff_distinct_text(ff, distinct_text, name, 1);
        ff_distinct(ff, distinct_of, x[i]);
        ff_distinct_int(ff, distinct_int_of, -3);
        ff_distinct_uint(ff, distinct_uint_of, i);
        ff_distinct_text(ff, distinct_text_of, name, 1);
        double half = 0;
        if (ff_number(ff, "0.5", 3, &half) != 0 || half != 0.5)
            ff_fail(ff, i, "%g is not a half", half);
        ff_emit(ff, text, "item ", 5);
        ff_emitf(ff, text, "%d\n", static_cast<int>(i));
        ff_array_f64(ff, f64, i)[1] = x[i];
        *ff_array_f32(ff, f32, i) = 1;
        *ff_array_i64(ff, i64, i) = static_cast<int64_t>(ff_random(&rng));
        *ff_array_i32(ff, i32, i) = 2;
        *ff_array_u8(ff, u8, i) = 3;
        if (i == 7 && std::string(name) == "throw")
            throw std::runtime_error("seven");
    }
}
