/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel declares: see spec.h. */
#include "spec.h"
#include "hash.h"
#include "op.h"

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

static bool name_valid(const char name[SPEC_NAME])
{
    if (memchr(name, '\0', SPEC_NAME) == NULL || name[0] == '\0')
        return false;
    for (const char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && *p != '_')
            return false;
    return true;
}

/* Of values: a field of what a command prints can be any text (field.h), and
 * is shown to people. */
static bool text_valid(const char name[SPEC_NAME])
{
    if (memchr(name, '\0', SPEC_NAME) == NULL || name[0] == '\0')
        return false;
    for (const char *p = name; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            return false;
    return true;
}

struct ff_shape spec_shape(const struct spec *spec, uint32_t result)
{
    const struct spec_result *r = &spec->result[result];
    return (struct ff_shape){.lo = r->lo, .hi = r->hi, .n = r->n,
                             .form = r->form, .n_numbers = r->n_numbers,
                             .number = spec->number + r->first_number,
                             .labels = r->labels};
}

uint32_t spec_add_source(struct spec *spec, const char *name, uint32_t code)
{
    const struct op *op = op_find(code);
    struct spec_source *s = &spec->source[spec->n_sources];
    strcpy(s->name, name);
    strcpy(s->type, op->type);
    s->kind = op->kind;
    return spec->n_sources++;
}

uint32_t spec_add_result(struct spec *spec, const char *name, uint32_t op,
                         uint32_t source)
{
    struct spec_result *r = &spec->result[spec->n_results];
    strcpy(r->name, name);
    r->op = op;
    r->source = source;
    return spec->n_results++;
}

bool spec_takes(uint32_t code, const struct spec_source *source)
{
    const struct op *op = op_find(code);
    /* (Floats travel as doubles.) */
    return op != NULL
           && (strcmp(op->type, source->type) == 0
               || (strcmp(op->type, "f64") == 0
                   && strcmp(source->type, "f32") == 0))
           && (op->kind == source->kind
               || (op->kind == VALUE_KIND_ONE
                   && source->kind == VALUE_KIND_ITEM));
}

static bool result_valid(const struct spec *spec, uint32_t i,
                         uint64_t *words)
{
    const struct spec_result *r = &spec->result[i];
    const struct op *op = op_find(r->op);
    if (!name_valid(r->name) || op == NULL || r->source >= spec->n_sources
        || r->first_number > spec->n_numbers
        || r->n_numbers > spec->n_numbers - r->first_number
        || r->labels[SPEC_LABELS - 1] != '\0'
        || r->labels[SPEC_LABELS - 2] != '\0'
        || !spec_takes(r->op, &spec->source[r->source]))
        return false;
    const struct ff_shape shape = spec_shape(spec, i);
    if (op_wrong(op, &shape) != NULL)
        return false;
    *words += op->words(&shape);
    return *words <= SPEC_MAX_WORDS;
}

static bool results_valid(const struct spec *spec)
{
    uint64_t words = 0;
    if (spec->n_results > SPEC_MAX_RESULTS
        || spec->n_sources > SPEC_MAX_RESULTS
        || spec->n_numbers > SPEC_MAX_NUMBERS)
        return false;
    for (uint32_t i = 0; i < spec->n_sources; i++)
        if (!text_valid(spec->source[i].name)
            || spec->source[i].kind > VALUE_KIND_DIRECT
            || spec->source[i].type[3] != '\0')
            return false;
    for (uint32_t i = 0; i < spec->n_results; i++)
        if (!result_valid(spec, i, &words))
            return false;
    return true;
}

uint64_t spec_element_bytes(const struct spec_array *array)
{
    switch (array->type) {
    case FF_TYPE_F64:
    case FF_TYPE_I64:
        return 8;
    case FF_TYPE_F32:
    case FF_TYPE_I32:
        return 4;
    case FF_TYPE_U8:
        return 1;
    default:
        return 0;
    }
}

uint64_t spec_row_bytes(const struct spec_array *array)
{
    return spec_element_bytes(array) * array->columns;
}

static bool outputs_valid(const struct spec *spec)
{
    if (spec->n_outputs > SPEC_MAX_OUTPUTS || spec->n_arrays > SPEC_MAX_ARRAYS)
        return false;
    for (uint32_t i = 0; i < spec->n_outputs; i++)
        if (!name_valid(spec->output[i].name)
            || spec->output[i].source > spec->n_sources
            || (spec->output[i].source > 0
                && spec->source[spec->output[i].source - 1].kind
                   > VALUE_KIND_ITEM))
            return false;
    for (uint32_t i = 0; i < spec->n_arrays; i++)
        if (!name_valid(spec->array[i].name)
            || spec_element_bytes(&spec->array[i]) == 0
            || spec->array[i].columns - 1 >= SPEC_MAX_COLUMNS)
            return false;
    return true;
}

bool spec_valid(const struct spec *spec)
{
    if (spec->n_params > SPEC_MAX_PARAMS
        || (spec->kind > FF_KERNEL_ONCE && spec->kind != SPEC_COMMAND))
        return false;
    for (uint32_t i = 0; i < spec->n_params; i++)
        if (!name_valid(spec->param[i].name))
            return false;
    if (spec->n_shared > SPEC_MAX_SHARED)
        return false;
    for (uint32_t i = 0; i < spec->n_shared; i++)
        if (!name_valid(spec->shared[i].name)
            || spec->shared[i].bytes > SPEC_MAX_SHARED_BYTES)
            return false;
    return results_valid(spec) && outputs_valid(spec);
}

#define HEAD_BYTES offsetof(struct spec, result)

static uint32_t at_most(uint32_t n, uint32_t most)
{
    return n < most ? n : most;
}

void spec_copy(struct spec *to, const struct spec *from)
{
    memcpy(to, from, HEAD_BYTES);
    memcpy(to->result, from->result, sizeof to->result[0]
           * at_most(to->n_results, SPEC_MAX_RESULTS));
    memcpy(to->param, from->param, sizeof to->param[0]
           * at_most(to->n_params, SPEC_MAX_PARAMS));
    memcpy(to->output, from->output, sizeof to->output[0]
           * at_most(to->n_outputs, SPEC_MAX_OUTPUTS));
    memcpy(to->array, from->array, sizeof to->array[0]
           * at_most(to->n_arrays, SPEC_MAX_ARRAYS));
    memcpy(to->shared, from->shared, sizeof to->shared[0]
           * at_most(to->n_shared, SPEC_MAX_SHARED));
    memcpy(to->source, from->source, sizeof to->source[0]
           * at_most(to->n_sources, SPEC_MAX_RESULTS));
    memcpy(to->number, from->number, sizeof to->number[0]
           * at_most(to->n_numbers, SPEC_MAX_NUMBERS));
}

uint64_t spec_hash(const struct spec *spec)
{
    uint64_t h = hash_bytes(spec, HEAD_BYTES);
    h = hash_seeded(spec->result, spec->n_results * sizeof spec->result[0], h);
    h = hash_seeded(spec->param, spec->n_params * sizeof spec->param[0], h);
    h = hash_seeded(spec->output, spec->n_outputs * sizeof spec->output[0], h);
    h = hash_seeded(spec->array, spec->n_arrays * sizeof spec->array[0], h);
    h = hash_seeded(spec->shared, spec->n_shared * sizeof spec->shared[0], h);
    h = hash_seeded(spec->source, spec->n_sources * sizeof spec->source[0], h);
    return hash_seeded(spec->number, spec->n_numbers * sizeof spec->number[0],
                       h);
}

uint64_t spec_shared_offset(const struct spec *spec, uint32_t i)
{
    uint64_t offset = 0;
    for (uint32_t k = 0; k < i; k++) {
        /* At least something, so that each has an address of its own. */
        const uint64_t n = spec->shared[k].bytes > 0 ? spec->shared[k].bytes
                                                     : 1;
        offset += (n + SPEC_SHARED_ALIGN - 1) / SPEC_SHARED_ALIGN
                  * SPEC_SHARED_ALIGN;
    }
    return offset;
}

int spec_grid(const struct spec *spec, const uint64_t *range,
              uint64_t chunk_items, const char *kernel, struct grid *grid,
              struct ff_error *err)
{
    if (range != NULL)
        return grid_init(grid, range[0], range[1], chunk_items, err);
    if (!spec->has_items)
        return ff_error_set(err, FF_USAGE, "'%s' does not say how many items "
                            "there are: give --range 0:N, or -a FILE for "
                            "the lines of a file, or declare it there, by "
                            "FF_ITEMS(N), in Python @fanfold.kernel(items=N)",
                            kernel);
    if (spec->items > INT64_MAX)
        return ff_error_set(err, FF_USAGE, "FF_ITEMS of '%s' is negative: "
                            "%" PRId64, kernel, (int64_t)spec->items);
    return grid_init(grid, 0, spec->items, chunk_items, err);
}

int spec_grid_once(const struct spec *spec, bool has_input, bool has_range,
                   uint64_t chunk_items, uint32_t n_executors,
                   const char *kernel, struct grid *grid,
                   struct ff_error *err)
{
    const char *given = has_input ? "-a" : has_range ? "--range" : chunk_items != 0 ? "--chunk"
                        : spec->has_items ? "FF_ITEMS" : NULL;
    if (given != NULL)
        return ff_error_set(err, FF_USAGE, "%s means nothing to '%s': with "
                            "FF_ONCE each thread of each worker makes one "
                            "call (-n and --threads say how many)", given,
                            kernel);
    return grid_init(grid, 0, n_executors, 1, err);
}
