/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of the operators, as --fold takes them: see fold_text.h. An
 * operator that is not in the table takes none. */
#include "fold_text.h"

#include <string.h>

#define DEFAULT_ENTRIES 10

struct rule {
    const char *op, *usage;
    uint32_t words;            /* that it takes */
    uint32_t least, most;      /* numbers */
    int (*fill)(struct fold_text *fold, struct ff_shape *shape,
                struct ff_error *err);
};

static int whole(double x, uint64_t *out, struct ff_error *err)
{
    if (!(x >= 0 && x <= 0x1p53) || (double)(uint64_t)x != x)
        return ff_error_set(err, FF_USAGE, "has %g where a whole number is to "
                            "stand", x);
    *out = (uint64_t)x;
    return 0;
}

static int fill_entries(struct fold_text *fold, struct ff_shape *shape,
                        struct ff_error *err)
{
    return whole(fold->n_numbers > 0 ? fold->number[0] : DEFAULT_ENTRIES,
                 &shape->n, err);
}

static int fill_length(struct fold_text *fold, struct ff_shape *shape,
                       struct ff_error *err)
{
    return whole(fold->number[0], &shape->n, err);
}

static int fill_columns(struct fold_text *fold, struct ff_shape *shape,
                        struct ff_error *err)
{
    if (fill_length(fold, shape, err) != 0)
        return -1;
    return shape->n - 1 < SPEC_MAX_COLUMNS ? 0
           : ff_error_set(err, FF_USAGE, "has %g columns, where 1 or more can "
                          "be", fold->number[0]);
}

/* (Without, the shape says nothing, and the operator knows what that means.) */
static int fill_error(struct fold_text *fold, struct ff_shape *shape,
                      struct ff_error *err)
{
    if (!(fold->words & FOLD_ERROR))
        return 0;
    if (!(fold->error > 0))
        return ff_error_set(err, FF_USAGE, "has an error that is not above 0");
    shape->lo = fold->error;
    return 0;
}

static int fill_quantiles(struct fold_text *fold, struct ff_shape *shape,
                          struct ff_error *err)
{
    shape->number = fold->number;
    shape->n_numbers = fold->n_numbers;
    return fill_error(fold, shape, err);
}

static int fill_histogram(struct fold_text *fold, struct ff_shape *shape,
                          struct ff_error *err)
{
    const uint32_t n = fold->n_numbers;
    if (fold->words == (FOLD_EDGES | FOLD_LOG))
        return ff_error_set(err, FF_USAGE, "has both edges= and log: write "
                            "one");
    if (fold->words == FOLD_EDGES) {
        shape->form = FF_LIST;
        shape->number = fold->number;
        shape->n_numbers = n;
        shape->n = n - 1;
        shape->lo = fold->number[0];
        shape->hi = fold->number[n - 1];
        return 0;
    }
    if (n != 3)
        return ff_error_set(err, FF_USAGE, "needs FROM,TO,N, as in "
                            "histogram,0,100,50");
    shape->form = fold->words & FOLD_LOG ? FF_LOGARITHMIC : FF_LINEAR;
    shape->lo = fold->number[0];
    shape->hi = fold->number[1];
    if (whole(fold->number[2], &shape->n, err) != 0)
        return -1;
    const char *wrong = histogram_spell(shape, fold->edge);
    return wrong == NULL ? 0
           : ff_error_set(err, FF_USAGE, "cannot be: 'histogram' %s", wrong);
}

static const struct rule rules[] = {
    {"histogram", ",FROM,TO,N[,log] or ,edges=A,B",
     FOLD_LOG | FOLD_EDGES, 2, FOLD_MAX_NUMBERS, fill_histogram},
    {"quantiles", "[,P,...][,error=0.01]",
     FOLD_ERROR, 0, FOLD_MAX_NUMBERS, fill_quantiles},
    {"distinct", "[,error=0.0082]", FOLD_ERROR, 0, 0, fill_error},
    {"top", "[,10]", 0, 0, 1, fill_entries},
    {"bottom", "[,10]", 0, 0, 1, fill_entries},
    {"sample", "[,10]", 0, 0, 1, fill_entries},
    {"vector_sum", ",N", 0, 1, 1, fill_length},
    {"vector_sum_exact", ",N", 0, 1, 1, fill_length},
    {"vector_min", ",N", 0, 1, 1, fill_length},
    {"vector_max", ",N", 0, 1, 1, fill_length},
    {"array_f64", ",COLUMNS", 0, 1, 1, fill_columns},
    {"array_f32", ",COLUMNS", 0, 1, 1, fill_columns},
    {"array_i64", ",COLUMNS", 0, 1, 1, fill_columns},
    {"array_i32", ",COLUMNS", 0, 1, 1, fill_columns},
    {"array_u8", ",COLUMNS", 0, 1, 1, fill_columns},
};

static const struct rule *rule_of(const char *op)
{
    static const struct rule none = {"", "", 0, 0, 0, NULL};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rules[i].op, op) == 0)
            return &rules[i];
    return &none;
}

const char *fold_usage(const char *op)
{
    return rule_of(op)->usage;
}

int fold_shape(struct fold_text *fold, struct ff_shape *shape,
               struct ff_error *err)
{
    const struct rule *rule = rule_of(fold->op);
    *shape = (struct ff_shape){0};
    if (fold->n_numbers < rule->least)
        return ff_error_set(err, FF_USAGE, "has too few parameters for '%s': "
                            "write it like NAME=%s%s", fold->op, fold->op,
                            rule->usage);
    if ((fold->words & ~rule->words) != 0 || fold->n_numbers > rule->most)
        return ff_error_set(err, FF_USAGE, "has parameters that '%s' does not "
                            "take: write it like NAME=%s%s", fold->op, fold->op,
                            rule->usage);
    return rule->fill != NULL ? rule->fill(fold, shape, err) : 0;
}
