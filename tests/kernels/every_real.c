/* SPDX-License-Identifier: Apache-2.0 */
/* Every operator of doubles and floats, on values of all sizes. */
#include <fanfold.h>

FF_ITEMS(3000)
FF_SUM(sum)
FF_SUM_FLOAT(sum_float)
FF_NUMBER(number)
FF_NUMBER_FLOAT(number_float)
FF_MEAN(mean)
FF_MEAN_FLOAT(mean_float)
FF_VARIANCE(variance)
FF_VARIANCE_FLOAT(variance_float)
FF_SD(sd)
FF_SD_FLOAT(sd_float)
FF_NORM2(norm2)
FF_NORM2_FLOAT(norm2_float)
FF_DOT(dot)
FF_DOT_FLOAT(dot_float)
FF_PRODUCT(product)
FF_PRODUCT_FLOAT(product_float)
FF_MIN(min)
FF_MIN_FLOAT(min_float)
FF_MAX(max)
FF_MAX_FLOAT(max_float)
FF_ARGMIN(argmin)
FF_ARGMIN_FLOAT(argmin_float)
FF_ARGMAX(argmax)
FF_ARGMAX_FLOAT(argmax_float)
FF_FIRST(first)
FF_LAST(last)
FF_TOP(top, 5)
FF_BOTTOM(bottom, 40)
FF_SAMPLE(sample, 17)
FF_QUANTILES(quantiles)
FF_DISTINCT(distinct)
FF_HISTOGRAM(histogram, -1, 1, 7)
FF_VECTOR_SUM(vector_sum, 2)
FF_VECTOR_SUM_EXACT(vector_sum_exact, 2)
FF_VECTOR_MIN(vector_min, 2)
FF_VECTOR_MAX(vector_max, 2)

/* Its result tells the order of the chunks. */
struct horner { double x; };
static void horner_init(struct horner *h) { h->x = 1; }
static void horner_combine(struct horner *into, const struct horner *from)
{
    into->x = into->x * 0.75 + from->x;
}
static void horner_finish(const struct horner *h, double *number)
{
    *number = h->x;
}
FF_OPERATION(operation, struct horner, horner_init, horner_combine,
             horner_finish, 1)

/* A double between -2 and 2; every third one far smaller or larger. */
static double value(struct ff_rng *rng)
{
    const double x = 4 * ff_uniform(rng) - 2;
    const uint64_t how = ff_random(rng) % 6;
    return how == 0 ? x * 1e-30 : how == 1 ? x * 1e25 : x;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        struct ff_rng rng = ff_rng(ff, i);
        const double x = value(&rng), y = value(&rng), pair[2] = {x, y};
        const float f = (float)x;
        ff_sum(ff, sum, x);
        ff_sum_float(ff, sum_float, f);
        ff_number_of(ff, number, x);
        ff_number_of_float(ff, number_float, f);
        ff_mean(ff, mean, x);
        ff_mean_float(ff, mean_float, f);
        ff_variance(ff, variance, x);
        ff_variance_float(ff, variance_float, f);
        ff_sd(ff, sd, x);
        ff_sd_float(ff, sd_float, f);
        ff_norm2(ff, norm2, x);
        ff_norm2_float(ff, norm2_float, f);
        ff_dot(ff, dot, x, y);
        ff_dot_float(ff, dot_float, f, (float)y);
        ff_product(ff, product, 1 + x * 1e-28);
        ff_product_float(ff, product_float, 1 + f * 1e-28f);
        ff_min(ff, min, x);
        ff_min_float(ff, min_float, f);
        ff_max(ff, max, x);
        ff_max_float(ff, max_float, f);
        ff_argmin(ff, argmin, x, i);
        ff_argmin_float(ff, argmin_float, f, i);
        ff_argmax(ff, argmax, x, i);
        ff_argmax_float(ff, argmax_float, f, i);
        ff_first(ff, first, x, i);
        ff_first(ff, first, y, i);
        ff_last(ff, last, x, i);
        ff_last(ff, last, y, i);
        ff_top(ff, top, x, i);
        ff_bottom(ff, bottom, x, i);
        ff_sample(ff, sample, x, i);
        ff_quantiles(ff, quantiles, x);
        ff_distinct(ff, distinct, x);
        ff_histogram(ff, histogram, x);
        ff_vector_sum(ff, vector_sum, pair);
        ff_vector_sum_exact(ff, vector_sum_exact, pair);
        ff_vector_min(ff, vector_min, pair);
        ff_vector_max(ff, vector_max, pair);
        ff_state(ff, operation)->x += x;
    }
}
