/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums as people write them, beside which the exact ones are measured. Compiled
 * twice, as LOOP says: strictly, in the order of the array; and with
 * -ffast-math, when gcc keeps the partial sums in vector registers.
 */
#include <stddef.h>

enum work { SUM, VARIANCE, NORM2, DOT };

double LOOP(enum work work, const double *x, const double *y, size_t n);

#ifdef __FAST_MATH__
enum { PARTS = 32 };

#define ADD_UP(term)                                                           \
    do {                                                                       \
        double part[PARTS] = {0};                                              \
        size_t i = 0;                                                          \
        for (; i + PARTS <= n; i += PARTS)                                     \
            for (size_t j = i; j < i + PARTS; j++)                             \
                part[j - i] += term;                                           \
        for (size_t j = 0; j < PARTS; j++)                                     \
            s += part[j];                                                      \
        for (size_t j = i; j < n; j++)                                         \
            s += term;                                                         \
    } while (0)
#else
#define ADD_UP(term)                                                           \
    do {                                                                       \
        for (size_t j = 0; j < n; j++)                                         \
            s += term;                                                         \
    } while (0)
#endif

double LOOP(enum work work, const double *x, const double *y, size_t n)
{
    double s = 0, sum = 0;
    if (work == VARIANCE) { /* as the textbooks have it, in one pass */
        for (size_t j = 0; j < n; j++) {
            sum += x[j];
            s += x[j] * x[j];
        }
        return s - sum * sum / (double)n;
    }
    if (work == SUM)
        ADD_UP(x[j]);
    else if (work == NORM2)
        ADD_UP(x[j] * x[j]);
    else
        ADD_UP(x[j] * y[j]);
    return s;
}
