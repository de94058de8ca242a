/* SPDX-License-Identifier: Apache-2.0 */
/* Service times of a million requests, for --fold: the kernel says what there
 * is, who runs it what is to become of it. Pareto's distribution, of shape 2
 * and at least 1 ms, is heavy in the tail as such times are, and has quantiles
 * in closed form: 1 / sqrt(1 - p), so the median is 1.414 ms, nine in ten are
 * below 3.162, 99 of 100 below 10; the mean is 2. */
#include <fanfold.h>
#include <math.h>

FF_ABOUT("Service times of requests, drawn from Pareto's distribution")
FF_INT(requests, 1000000, "how many")
FF_ITEMS(requests)
FF_VALUES(latency, "of each request, in ms")

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        struct ff_rng random = ff_rng(ff, i);
        ff_values(ff, latency, 1 / sqrt(1 - ff_uniform(&random)), i);
    }
}
