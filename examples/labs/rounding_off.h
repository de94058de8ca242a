/* SPDX-License-Identifier: Apache-2.0 */
/* 1 + 1/2 + ... + 1/TERMS: by how much is a sum wrong? */
#include <math.h>

enum { TERMS = 1000000 };

/* In units of its last binary digit. */
static double off(double sum)
{
    long double exact = 0; /* has more digits, and the smallest come first */
    for (int i = TERMS; i > 0; i--)
        exact += 1.0 / i;
    return fabs((double)(sum - exact)) / 0x1p-49;
}
