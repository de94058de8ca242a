/* SPDX-License-Identifier: Apache-2.0 */
/* What --fold asks of a kernel: see folds.h. Every worker does this by itself,
 * with the same outcome. */
#include "folds.h"
#include "fold_text.h"
#include "nearest.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One --fold, and the values that it is about. */
struct wish {
    const char *text;
    const char *what; /* stands for it in errors; NULL: it is a --fold */
    struct fold_text fold;
    const struct spec_source *source;
    uint32_t source_index;
};

/* "--fold TEXT: " in front of what is wrong. */
__attribute__((format(printf, 3, 4)))
static int refuse(const struct wish *w, struct ff_error *err,
                  const char *format, ...)
{
    char why[600];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return w->what != NULL
               ? ff_error_set(err, FF_USAGE, "%.300s: %s", w->what, why)
               : ff_error_set(err, FF_USAGE, "--fold %.300s: %s", w->text,
                              why);
}

/* ---- which values -------------------------------------------------------- */

static int no_values(const struct wish *w, const struct spec *spec,
                     struct ff_error *err)
{
    const char *field = fold_text_field(&w->fold);
    const char *names[SPEC_MAX_RESULTS];
    char all[300] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < spec->n_sources; i++)
        names[i] = spec->source[i].name;
    for (uint32_t i = 0; i < spec->n_sources && n < sizeof all; i++)
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s",
                              i > 0 ? ", " : "", names[i]);
    if (spec->n_sources == 0)
        return refuse(w, err, "the kernel folds nothing: declare a result in "
                      "it, or FF_VALUES");
    const char *near = nearest(field, strlen(field), names, spec->n_sources);
    if (near != NULL)
        return refuse(w, err, "the kernel has no values '%.64s'; did you mean "
                      "'%s'?", field, near);
    return refuse(w, err, "the kernel has no values '%.64s'; it has %s%s",
                  field, all, w->fold.field == NULL
                      ? " (NAME=OP:VALUES folds others than NAME's)" : "");
}

static int find_values(struct wish *w, const struct spec *spec,
                       struct ff_error *err)
{
    for (uint32_t i = 0; i < spec->n_sources; i++)
        if (strcmp(spec->source[i].name, fold_text_field(&w->fold)) == 0) {
            w->source = &spec->source[i];
            w->source_index = i;
            return w->source->kind != VALUE_KIND_DIRECT ? 0
                   : refuse(w, err, "'%s' is folded by the kernel itself, and "
                            "by nothing else", w->source->name);
        }
    return no_values(w, spec, err);
}

/* ---- can they be folded so ----------------------------------------------- */

/* There is no row of that name for their type. */
static int wrong_type(const struct wish *w, struct ff_error *err)
{
    char types[64] = "";
    const struct op *op;
    for (size_t i = 0; (op = op_row(i)) != NULL; i++) {
        const size_t n = strlen(types);
        if (strcmp(op->name, w->fold.op) == 0 && n < sizeof types)
            snprintf(types + n, sizeof types - n, "%s%s", n > 0 ? ", " : "",
                     op->type);
    }
    return refuse(w, err, "'%s' folds values of type %s, and those of '%s' are "
                  "%s%s", w->fold.op, types, w->source->name, w->source->type,
                  strcmp(w->fold.op, "count") == 0
                      ? ": 'number' tells how many values came" : "");
}

static int wrong_kind(const struct wish *w, uint32_t wanted,
                      struct ff_error *err)
{
    static const char *const kinds[] = {
        [VALUE_KIND_ONE] = "single values",
        [VALUE_KIND_ITEM] = "values with their items",
        [VALUE_KIND_PAIR] = "pairs of values",
        [VALUE_KIND_DIRECT] = "arrays that a Python function returns"};
    return refuse(w, err, "'%s' folds %s, and those of '%s' are %s%s",
                  w->fold.op, kinds[wanted], w->source->name,
                  kinds[w->source->kind],
                  wanted == VALUE_KIND_ITEM
                      ? ": give it FF_VALUES, or a result with items like "
                        "argmax" : "");
}

/* ---- results ------------------------------------------------------------- */

/* The index of a result; n_results: there is none. */
static uint32_t find_result(const struct spec *spec, const char *name)
{
    uint32_t i = 0;
    while (i < spec->n_results && strcmp(spec->result[i].name, name) != 0)
        i++;
    return i;
}

/* The name must not be that of something else which is reported, nor of a
 * result that the kernel works on itself. */
static int check_name(const struct wish *w, const struct spec *spec,
                      struct ff_error *err)
{
    const uint32_t r = find_result(spec, w->fold.name);
    if (r < spec->n_results
        && spec->source[spec->result[r].source].kind == VALUE_KIND_DIRECT)
        return refuse(w, err, "'%s' is a result that only the kernel can fold: "
                      "choose another name", w->fold.name);
    for (uint32_t i = 0; i < spec->n_outputs; i++)
        if (strcmp(spec->output[i].name, w->fold.name) == 0)
            return refuse(w, err, "'%s' is an output: choose another "
                          "name", w->fold.name);
    for (uint32_t i = 0; i < spec->n_arrays; i++)
        if (strcmp(spec->array[i].name, w->fold.name) == 0)
            return refuse(w, err, "'%s' is an array of the kernel: choose "
                          "another name", w->fold.name);
    return 0;
}

static int set_shape(struct wish *w, const struct op *op,
                     struct spec *spec, struct spec_result *r,
                     struct ff_error *err)
{
    struct ff_shape shape;
    struct ff_error cause;
    if (fold_shape(&w->fold, &shape, &cause) != 0)
        return refuse(w, err, "%s", cause.text);
    const char *wrong = op_wrong(op, &shape);
    if (wrong != NULL)
        return refuse(w, err, "'%s' %s", op->name, wrong);
    if (shape.n_numbers > SPEC_MAX_NUMBERS - spec->n_numbers)
        return refuse(w, err, "the lists of all results have more than %d "
                      "numbers", SPEC_MAX_NUMBERS);
    r->lo = shape.lo;
    r->hi = shape.hi;
    r->n = shape.n;
    r->form = shape.form;
    r->first_number = spec->n_numbers;
    r->n_numbers = shape.n_numbers;
    for (uint32_t i = 0; i < shape.n_numbers; i++)
        spec->number[spec->n_numbers++] = shape.number[i];
    return 0;
}

static int add_result(struct wish *w, struct spec *spec,
                      struct ff_error *err)
{
    const size_t n = strlen(w->fold.op);
    const struct op *op = op_named(w->fold.op, n, w->source->type);
    const uint32_t i = find_result(spec, w->fold.name);
    if (op == NULL && strcmp(w->source->type, "f32") == 0)
        op = op_named(w->fold.op, n, "f64");
    if (op == NULL)
        return wrong_type(w, err);
    if (!spec_takes(op->code, w->source))
        return wrong_kind(w, op->kind, err);
    if (i == SPEC_MAX_RESULTS)
        return refuse(w, err, "one result too many: %d are allowed",
                      SPEC_MAX_RESULTS);
    if (i == spec->n_results)
        spec_add_result(spec, w->fold.name, op->code, w->source_index);
    struct spec_result *r = &spec->result[i];
    r->op = op->code;
    r->line = 0;
    r->source = w->source_index;
    /* It told what the declared operator makes of them. */
    memset(r->about, 0, sizeof r->about);
    memset(r->labels, 0, sizeof r->labels);
    return set_shape(w, op, spec, r, err);
}

/* ---- outputs ------------------------------------------------------------- */

static int add_output(const struct wish *w, struct spec *spec,
                      struct ff_error *err)
{
    const uint32_t i = find_result(spec, w->fold.name);
    if (w->source->kind == VALUE_KIND_PAIR)
        return wrong_kind(w, VALUE_KIND_ONE, err);
    if (spec->kind == FF_KERNEL_TEAM)
        return refuse(w, err, "the threads of a team fold in no order that "
                      "could be kept");
    if (spec->n_outputs == SPEC_MAX_OUTPUTS)
        return refuse(w, err, "one output too many: %d are allowed",
                      SPEC_MAX_OUTPUTS);
    struct spec_output *o = &spec->output[spec->n_outputs++];
    strcpy(o->name, w->fold.name);
    o->source = w->source_index + 1;
    if (i == spec->n_results)
        return 0;
    /* It was a result until now. */
    memmove(&spec->result[i], &spec->result[i + 1],
            (--spec->n_results - i) * sizeof spec->result[0]);
    return 0;
}

/* Its text is parsed, its values are found. */
static int add(struct wish *w, struct spec *spec, struct ff_error *err)
{
    if (fold_text_array_type(&w->fold) != 0)
        return refuse(w, err, "'%s' is for functions of Python, which return "
                      "arrays", w->fold.op);
    return strcmp(w->fold.op, FOLD_CONCAT) == 0 ? add_output(w, spec, err)
                                                : add_result(w, spec, err);
}

static int parse(struct wish *w, const struct spec *spec, const char *text,
                 struct ff_error *err)
{
    struct ff_error cause;
    w->text = text;
    if (fold_text_parse(&w->fold, text, &cause) != 0)
        return refuse(w, err, "%s", cause.text);
    return check_name(w, spec, err);
}

int folds_add(struct spec *spec, const char *texts, uint32_t n,
              struct ff_error *err)
{
    static struct wish w; /* only the main thread opens kernels */
    for (uint32_t i = 0; i < n; i++, texts += strlen(texts) + 1)
        if (parse(&w, spec, texts, err) != 0
            || find_values(&w, spec, err) != 0 || add(&w, spec, err) != 0)
            return -1;
    return 0;
}

int folds_add_of(struct spec *spec, const char *text, const char *what,
                 uint32_t source, struct ff_error *err)
{
    static struct wish w;
    w.what = what;
    if (parse(&w, spec, text, err) != 0)
        return -1;
    w.source = &spec->source[source];
    w.source_index = source;
    return add(&w, spec, err);
}

int folds_check_words(const struct spec *spec, struct ff_error *err)
{
    uint64_t words = 0;
    for (uint32_t i = 0; i < spec->n_results; i++) {
        const struct op *op = op_find(spec->result[i].op);
        const struct ff_shape shape = spec_shape(spec, i);
        const uint64_t more = op->words(&shape);
        words += more;
        if (words > SPEC_MAX_WORDS)
            return ff_error_set(err, FF_USAGE, "with %s '%s', which takes %"
                                PRIu64 " bytes, the results are larger than "
                                "the %u that all may have together", op->name,
                                spec->result[i].name, more * 8,
                                SPEC_MAX_WORDS * 8);
    }
    return 0;
}
