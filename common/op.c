/* SPDX-License-Identifier: Apache-2.0 */
/* The table of operators: its rows are in the families (op.h). */
#include "op.h"
#include "key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct op_family *const family[] = {
    &op_sums, &op_bests, &op_bits, &op_tops, &op_products, &op_vectors,
    &op_histograms, &op_quantiles, &op_distincts, &op_operations};

#define N_FAMILIES (sizeof family / sizeof family[0])

const struct op *op_row(size_t i)
{
    for (size_t f = 0; f < N_FAMILIES; f++) {
        if (i < family[f]->n)
            return &family[f]->row[i];
        i -= family[f]->n;
    }
    return NULL;
}

const struct op *op_find(uint32_t code)
{
    const struct op *op;
    for (size_t i = 0; (op = op_row(i)) != NULL; i++)
        if ((uint32_t)op->code == code)
            return op;
    return NULL;
}

const struct op *op_named(const char *name, size_t n, const char *type)
{
    const struct op *op;
    for (size_t i = 0; (op = op_row(i)) != NULL; i++)
        if (strlen(op->name) == n && memcmp(op->name, name, n) == 0
            && strcmp(op->type, type) == 0)
            return op;
    return NULL;
}

const char *op_gives(const struct op *op)
{
    return op->gives != NULL ? op->gives : op->type;
}

uint32_t op_places(const struct op *op)
{
    static const uint32_t places[] = {[VALUE_KIND_ONE] = 1,
                                      [VALUE_KIND_ITEM] = 2,
                                      [VALUE_KIND_PAIR] = 2,
                                      [VALUE_KIND_DIRECT] = 0};
    return places[op->kind];
}

const char *op_wrong(const struct op *op, const struct ff_shape *shape)
{
    return op->wrong != NULL ? op->wrong(shape) : NULL;
}

void op_normalise(const struct op *op, const struct ff_shape *shape,
                  int64_t *slice)
{
    if (op->normalise != NULL)
        op->normalise(shape, slice);
}

void value_none(struct value *out)
{
    memset(out, 0, sizeof *out);
    out->type = VALUE_NONE;
}

void value_f64(struct value *out, double x)
{
    value_none(out);
    out->type = VALUE_F64;
    out->f64 = x == x ? x : double_of_max_key(NAN_KEY);
}

void value_f32(struct value *out, double x)
{
    value_f64(out, x);
    out->is_float = true;
}

void value_i64(struct value *out, int64_t x)
{
    value_none(out);
    out->type = VALUE_INT;
    snprintf(out->decimal, sizeof out->decimal, "%" PRId64, x);
}

void value_u64(struct value *out, uint64_t x)
{
    value_none(out);
    out->type = VALUE_INT;
    snprintf(out->decimal, sizeof out->decimal, "%" PRIu64, x);
}

void value_wide(struct value *out, bool negative, uint64_t high, uint64_t low)
{
    unsigned __int128 rest = (unsigned __int128)high << 64 | low;
    char digits[40], *p = digits + sizeof digits;
    value_none(out);
    out->type = VALUE_INT;
    *--p = '\0';
    do {
        *--p = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest != 0);
    snprintf(out->decimal, sizeof out->decimal, "%s%s", negative ? "-" : "",
             p);
}
