/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops of xsum_vector.h for one width, included once for each with
 *     WIDTH      doubles in a vector
 *     TARGET     the attribute that lets the compiler use it
 *     MAX(a, b)  of two vectors; b when a is a NaN. MIN likewise
 *     OR_XOR(a, b, c)  a | (b ^ c), of words
 *     LESS_PRODUCT(a, b, p)  a * b - p, rounded once, if multiply is wanted;
 *                with FIRSTS(a, b), every other one of a's and b's from the
 *                first on, in any order, and SECONDS, those behind them
 *     LANES      if add_lanes is wanted
 *     NAME(f)    the name of this width's function f
 * gcc and clang turn the operators on vectors into the instructions.
 */
#define VECTOR(type, name)                                                     \
    typedef type NAME(name) __attribute__((vector_size(8 * WIDTH), may_alias))
VECTOR(double, reals);
VECTOR(uint64_t, words);
/* The same anywhere in memory. */
typedef NAME(reals) NAME(reals_at) __attribute__((aligned(8)));
typedef NAME(words) NAME(words_at) __attribute__((aligned(8)));

#define REALS NAME(reals)
#define WORDS NAME(words)
#define REALS_AT(p) (*(const NAME(reals_at) *)(p))

TARGET static void NAME(split)(const double *x, size_t n, const double big[2],
                               struct xsum_split *out)
{
    const REALS big0 = big[0] + (REALS){0}, big1 = big[1] + (REALS){0};
    WORDS total0 = {0}, total1 = {0}, left = {0}, beyond = {0};

    for (size_t i = 0; i < n; i += WIDTH) {
        const REALS v = REALS_AT(x + i);
        const REALS t0 = v + big0;
        const REALS below = v - (t0 - big0);
        const REALS t1 = below + big1;
        total0 += (WORDS)t0;
        total1 += (WORDS)t1;
        /* Equal but for -0.0 (and NaNs, which are beyond): else a rest. */
        left = OR_XOR(left, (WORDS)below, (WORDS)(t1 - big1));
        beyond = OR_XOR(beyond, (WORDS)t0, (WORDS)big0);
    }
    *out = (struct xsum_split){0};
    uint64_t sum0 = 0, sum1 = 0;
    for (int j = 0; j < WIDTH; j++) {
        sum0 += total0[j];
        sum1 += total1[j];
        out->left |= left[j];
        out->beyond |= beyond[j];
    }
    finish_split(out, sum0, sum1, n, big);
}

TARGET static void NAME(peel)(const double *x, size_t n, const double big[2],
                              double *rest, struct xsum_split *out)
{
    const REALS big0 = big[0] + (REALS){0}, big1 = big[1] + (REALS){0};
    const WORDS magnitude = ~SIGN_BIT + (WORDS){0};
    WORDS total0 = {0}, total1 = {0}, left = {0}, beyond = {0};
    REALS most = {0};

    for (size_t i = 0; i < n; i += WIDTH) {
        const REALS v = REALS_AT(x + i);
        const REALS t0 = v + big0;
        const REALS below = v - (t0 - big0);
        const REALS t1 = below + big1;
        const REALS r = below - (t1 - big1);
        total0 += (WORDS)t0;
        total1 += (WORDS)t1;
        left |= (WORDS)r;
        beyond |= (WORDS)t0 ^ (WORDS)big0;
        most = MAX((REALS)((WORDS)r & magnitude), most);
        *(NAME(reals_at) *)(rest + i) = r;
    }
    *out = (struct xsum_split){0};
    uint64_t sum0 = 0, sum1 = 0;
    for (int j = 0; j < WIDTH; j++) {
        sum0 += total0[j];
        sum1 += total1[j];
        out->left |= left[j];
        out->beyond |= beyond[j];
        if (most[j] > out->most_left)
            out->most_left = most[j];
    }
    finish_split(out, sum0, sum1, n, big);
}

TARGET static double NAME(largest)(const double *x, size_t n)
{
    const WORDS magnitude = ~SIGN_BIT + (WORDS){0};
    REALS most = {0};
    for (size_t i = 0; i < n; i += WIDTH)
        most = MAX((REALS)((WORDS)REALS_AT(x + i) & magnitude), most);
    double largest = 0;
    for (int j = 0; j < WIDTH; j++)
        if (most[j] > largest)
            largest = most[j];
    return largest;
}

TARGET static double NAME(range)(const double *x, size_t n, double *least)
{
    const WORDS magnitude = ~SIGN_BIT + (WORDS){0};
    REALS most = {0}, low = __builtin_inf() + (REALS){0};
    for (size_t i = 0; i < n; i += WIDTH) {
        const REALS v = (REALS)((WORDS)REALS_AT(x + i) & magnitude);
        most = MAX(v, most);
        low = MIN(v, low);
    }
    double largest = 0;
    *least = low[0];
    for (int j = 0; j < WIDTH; j++) {
        if (most[j] > largest)
            largest = most[j];
        if (low[j] < *least)
            *least = low[j];
    }
    return largest;
}

TARGET static size_t NAME(negative_zeros)(const double *x, size_t n)
{
    const WORDS minus_zero = SIGN_BIT + (WORDS){0};
    WORDS found = {0};
    for (size_t i = 0; i < n; i += WIDTH)
        found -= (WORDS)((WORDS)REALS_AT(x + i) == minus_zero);
    uint64_t sum = 0;
    for (int j = 0; j < WIDTH; j++)
        sum += found[j];
    return sum;
}

#ifdef LESS_PRODUCT
TARGET static uint64_t NAME(multiply)(const double *x, const double *y,
                                      size_t stride, size_t n, double *product,
                                      double *error)
{
    WORDS odd = {0};
    for (size_t i = 0; i < n; i += WIDTH) {
        REALS a = REALS_AT(x + i * stride), b = REALS_AT(y + i * stride);
        if (stride == 2) { /* x, y, x, y ... */
            const REALS first = a, second = REALS_AT(x + 2 * i + WIDTH);
            a = FIRSTS(first, second);
            b = SECONDS(first, second);
        }
        const REALS p = a * b;
        odd |= (WORDS)(p - p); /* 0, if it is finite */
        *(NAME(reals_at) *)(product + i) = p;
        *(NAME(reals_at) *)(error + i) = LESS_PRODUCT(a, b, p);
    }
    uint64_t any = 0;
    for (int j = 0; j < WIDTH; j++)
        any |= odd[j];
    return any;
}
#undef LESS_PRODUCT
#undef FIRSTS
#undef SECONDS
#endif

#ifdef LANES
#define ADD_AT(i)                                                              \
    (*(NAME(words_at) *)(into + (i)) +=                                        \
     *(const NAME(words_at) *)(from + (i)))
TARGET static void NAME(add_lanes)(int64_t *into, const int64_t *from, int n)
{
    int i = 0;
    for (; i + 4 * WIDTH <= n; i += 4 * WIDTH) { /* whose end is foreseen */
        ADD_AT(i);
        ADD_AT(i + WIDTH);
        ADD_AT(i + 2 * WIDTH);
        ADD_AT(i + 3 * WIDTH);
    }
    for (; i + WIDTH <= n; i += WIDTH)
        ADD_AT(i);
    for (; i < n; i++)
        into[i] = (int64_t)((uint64_t)into[i] + (uint64_t)from[i]);
}
#undef ADD_AT
#undef LANES
#endif

#undef VECTOR
#undef REALS
#undef WORDS
#undef REALS_AT
#undef WIDTH
#undef TARGET
#undef MAX
#undef MIN
#undef OR_XOR
#undef NAME
