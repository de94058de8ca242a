/* The area under 4/(1 + x^2) from 0 to 1, which is pi, in a billion strips. A
 * chunk adds up its own; FF_SUM adds the chunks, exactly. */
#include <fanfold.h>
FF_ITEMS(1000000000)
FF_SUM(pi)
FF_KERNEL(ff, begin, end)
{
    double s = 0, x, h = 1.0 / (ff->last - ff->first);
    for (uint64_t i = begin; i < end; i++)
        x = (i + 0.5) * h, s += 4 / (1 + x * x);
    ff_sum(ff, pi, s * h);
}
