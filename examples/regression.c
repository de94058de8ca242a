/* SPDX-License-Identifier: Apache-2.0 */
/* The line through points by least squares: fanfold run -a FILE regression.c,
 * each line of the file "y x". The sums of a chunk are about its own means, so
 * that nothing cancels; two chunks are combined as in Chan, Golub and LeVeque
 * 1979 (Updating formulae and a pairwise algorithm for computing sample
 * variances). That rounds, but always in the same order. */
#include <fanfold.h>
#include <math.h>

struct points {
    double n, mean_x, mean_y;
    double xx, xy, yy; /* sums of (x - mean_x)^2 and so on */
};

static void points_init(struct points *p)
{
    *p = (struct points){0};
}

static void points_combine(struct points *p, const struct points *q)
{
    const double n = p->n + q->n, weight = p->n * q->n / n;
    const double dx = q->mean_x - p->mean_x, dy = q->mean_y - p->mean_y;
    p->mean_x += dx * q->n / n;
    p->mean_y += dy * q->n / n;
    p->xx += q->xx + dx * dx * weight;
    p->xy += q->xy + dx * dy * weight;
    p->yy += q->yy + dy * dy * weight;
    p->n = n;
}

static void points_finish(const struct points *p, double *number)
{
    const double slope = p->xy / p->xx;
    number[0] = p->mean_y - slope * p->mean_x;
    number[1] = slope;
    number[2] = sqrt((p->yy - slope * p->xy) / (p->n - 2));
}

FF_ABOUT("The line through points by least squares: give them by -a FILE, "
         "y and x a line")
FF_OPERATION(line, struct points, points_init, points_combine, points_finish,
             3, "intercept slope deviation", "of the residuals: deviation")

/* Reads "y x". */
static int read_point(struct ff *ff, uint64_t item, double *x, double *y)
{
    size_t n, blank = 0;
    const char *text = ff_item_text(ff, item, &n);
    while (blank < n && text[blank] != ' ')
        blank++;
    return ff_number(ff, text, blank, y) == 0
           && ff_number(ff, text + blank, n - blank, x) == 0 ? 0 : -1;
}

FF_KERNEL(ff, begin, end)
{
    struct points *p = ff_state(ff, line);
    for (uint64_t i = begin; i < end; i++) {
        struct points q = {.n = 1};
        if (read_point(ff, i, &q.mean_x, &q.mean_y) != 0) {
            ff_fail(ff, i, "no two numbers");
            return;
        }
        points_combine(p, &q);
    }
}
