/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of a kernel's own: see op_operation.h. The kernel folds by itself,
 * into the state of its chunk. */
#include "op_operation.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* Label i; NULL: there are not so many. */
static const char *label_of(const struct ff_shape *shape, uint64_t i)
{
    const char *text = shape->labels;
    while (text != NULL && *text != '\0' && i-- > 0)
        text += strlen(text) + 1;
    return text != NULL && *text != '\0' ? text : NULL;
}

static const char *labels_wrong(const struct ff_shape *shape)
{
    const char *label;
    uint32_t n = 0;
    for (; (label = label_of(shape, n)) != NULL; n++)
        for (; *label != '\0'; label++)
            if (!isalnum((unsigned char)*label) && *label != '_')
                return "has a label with more than letters, digits and _ in "
                       "it";
    return n == 0 || n == shape->form ? NULL
           : "must have a label for each of its numbers, or none";
}

static const char *wrong(const struct ff_shape *shape)
{
    if (shape->n == 0 || shape->n > OPERATION_MAX_BYTES)
        return "has no state of 1 to 4096 bytes";
    if (shape->form == 0 || shape->form > OPERATION_MAX_NUMBERS)
        return "must give 1 to 512 numbers";
    return labels_wrong(shape);
}

static uint32_t words(const struct ff_shape *shape)
{
    const uint32_t state = (uint32_t)((shape->n + 7) / 8);
    return 1 + (state > shape->form ? state : shape->form);
}

static void init(const struct ff_shape *shape, int64_t *slice)
{
    memset(slice, 0, words(shape) * sizeof *slice);
}

static void merge(const struct ff_shape *shape, int64_t *into,
                  const int64_t *from)
{
    if (from[0] == OPERATION_EMPTY)
        return;
    if (into[0] == OPERATION_EMPTY)
        memcpy(into, from, words(shape) * sizeof *into);
    else if (shape->operation != NULL)
        shape->operation->combine(into + 1, from + 1);
}

/* A state may be any bytes. */
static bool valid(const struct ff_shape *shape, const int64_t *slice)
{
    const uint32_t n = words(shape);
    int64_t any = 0;
    for (uint32_t i = 1; i < n; i++)
        any |= slice[i];
    return slice[0] == OPERATION_EMPTY ? any == 0
           : slice[0] == OPERATION_STATE || slice[0] == OPERATION_NUMBERS;
}

void operation_finish(const struct ff_shape *shape, int64_t *slice)
{
    double number[OPERATION_MAX_NUMBERS];
    if (slice[0] == OPERATION_EMPTY)
        return;
    for (uint32_t i = 0; i < shape->form; i++)
        number[i] = NAN;
    shape->operation->finish(slice + 1, number);
    init(shape, slice);
    slice[0] = OPERATION_NUMBERS;
    memcpy(slice + 1, number, shape->form * sizeof number[0]);
}

static void give(const int64_t *slice, uint64_t i, struct value *out)
{
    double x;
    memcpy(&x, slice + 1 + i, sizeof x);
    value_f64(out, x);
}

static void finish(const struct ff_shape *shape, const int64_t *slice,
                   struct value *out)
{
    value_none(out);
    if (slice[0] == OPERATION_STATE)
        out->note = "not combined";
    if (slice[0] != OPERATION_NUMBERS)
        return;
    if (shape->form == 1 && label_of(shape, 0) == NULL) {
        give(slice, 0, out);
        return;
    }
    out->type = VALUE_LIST;
    out->n = shape->form;
    out->slice = slice;
}

static void entry(const struct ff_shape *shape, const int64_t *slice,
                  uint64_t i, struct value *out)
{
    give(slice, i, out);
    out->label = label_of(shape, i);
}

static const struct op row[] = {
    {.code = FF_OP_OPERATION, .name = "operation", .type = "own",
     .gives = "f64", .kind = VALUE_KIND_DIRECT, .merge_kind = MERGE_LIST,
     .ordered = true, .wrong = wrong, .words = words, .init = init,
     .merge = merge, .valid = valid, .finish = finish, .entry = entry},
};

const struct op_family op_operations = {row, sizeof row / sizeof row[0]};
