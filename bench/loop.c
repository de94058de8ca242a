/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums and dots as people write them, beside which the exact ones are measured.
 * Compiled twice, as LOOP says: strictly, in the order of the array; and with
 * -ffast-math, when gcc keeps the partial sums in vector registers.
 */
#include <stddef.h>

double LOOP(const double *x, size_t n);
double LOOP_DOT(const double *x, const double *y, size_t n);

#ifdef __FAST_MATH__
enum { PARTS = 32 };

double LOOP(const double *x, size_t n)
{
    double part[PARTS] = {0}, s = 0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (int j = 0; j < PARTS; j++)
            part[j] += x[i + (size_t)j];
    for (int j = 0; j < PARTS; j++)
        s += part[j];
    for (; i < n; i++)
        s += x[i];
    return s;
}
#else
double LOOP(const double *x, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += x[i];
    return s;
}
#endif

double LOOP_DOT(const double *x, const double *y, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += x[i] * y[i];
    return s;
}
