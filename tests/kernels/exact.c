/* SPDX-License-Identifier: Apache-2.0 */
/* Every exact result of the numbers of a file, one a line: also of the pairs
 * of a number and its line over 3; of them as floats, and in arrays. */
#include <fanfold.h>

FF_COUNT(count)
FF_SUM(sum)
FF_MEAN(mean)
FF_VARIANCE(variance)
FF_SD(sd)
FF_NORM2(norm2)
FF_DOT(dot)
FF_SUM_UINT(lines)
FF_SUM_FLOAT(sum_float)
FF_MEAN_FLOAT(mean_float)
FF_VARIANCE_FLOAT(variance_float)
FF_SD_FLOAT(sd_float)
FF_NORM2_FLOAT(norm2_float)
FF_DOT_FLOAT(dot_float)
FF_VARIANCE(variance_array)
FF_SD(sd_array)
FF_NORM2(norm2_array)
FF_DOT(dot_array)

enum { ROW = 700 };

static void fold_float(struct ff *ff, float x, float y)
{
    ff_sum_float(ff, sum_float, x);
    ff_mean_float(ff, mean_float, x);
    ff_variance_float(ff, variance_float, x);
    ff_sd_float(ff, sd_float, x);
    ff_norm2_float(ff, norm2_float, x);
    ff_dot_float(ff, dot_float, x, y);
}

static void fold_array(struct ff *ff, const double *x, const double *y,
                       size_t n)
{
    ff_variance_array(ff, variance_array, x, n);
    ff_sd_array(ff, sd_array, x, n);
    ff_norm2_array(ff, norm2_array, x, n);
    ff_dot_array(ff, dot_array, x, y, n);
}

FF_KERNEL(ff, begin, end)
{
    double row_x[ROW], row_y[ROW];
    size_t n_row = 0;
    for (uint64_t i = begin; i < end; i++) {
        size_t n;
        const char *text = ff_item_text(ff, i, &n);
        double x, y = (double)(i + 1) / 3;
        if (ff_number(ff, text, n, &x) != 0) {
            ff_fail(ff, i, "'%.*s' is not a number", (int)n, text);
            return;
        }
        ff_sum(ff, sum, x);
        ff_mean(ff, mean, x);
        ff_variance(ff, variance, x);
        ff_sd(ff, sd, x);
        ff_norm2(ff, norm2, x);
        ff_dot(ff, dot, x, y);
        ff_sum_uint(ff, lines, UINT64_MAX - i);
        fold_float(ff, (float)x, (float)y);
        row_x[n_row] = x;
        row_y[n_row++] = y;
        if (n_row == ROW || i + 1 == end) {
            fold_array(ff, row_x, row_y, n_row);
            n_row = 0;
        }
    }
    ff_count(ff, count, end - begin);
}
