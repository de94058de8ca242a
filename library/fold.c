/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folds for other programs: fanfold/fold.h over the table of operators (op.h).
 *
 * A fold is an operator, a shape and one slice. The slice is brought to its
 * canonical form before anybody looks at it.
 */
#include <fanfold/fold.h>

#include "fold_text.h"
#include "histogram.h"
#include "op.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ff_fold {
    const struct op *op;
    struct ff_shape shape;
    uint32_t words;
    int64_t slice[];
};

const char *ff_fold_error(int status)
{
    static const char *const text[] = {
        [FF_FOLD_OK] = "no error",
        [FF_FOLD_TYPE] = "the fold does not take such values",
        [FF_FOLD_OTHER] = "not two folds of one operator and parameters",
        [FF_FOLD_LANES] = "these are not the lanes of such a fold",
        [FF_FOLD_MISSING] = "there is no value",
        [FF_FOLD_FORM] = "the result has another form",
        [FF_FOLD_RANGE] = "there are fewer entries or bins",
    };
    if (status < 0 || (size_t)status >= sizeof text / sizeof text[0])
        return "no such status";
    return text[status];
}

/* ---- creating ------------------------------------------------------------ */

__attribute__((format(printf, 2, 3)))
static int refuse(char *why, const char *format, ...)
{
    va_list args;
    if (why == NULL)
        return -1;
    va_start(args, format);
    vsnprintf(why, FF_FOLD_WHY, format, args);
    va_end(args);
    return -1;
}

/* What a text says; the shape's numbers may be in here. */
struct parsed {
    struct fold_text text;
    double edge[HISTOGRAM_MAX_LISTED + 1];
    const struct op *op;
    struct ff_shape shape;
};

static bool is_type(const char *type)
{
    return strcmp(type, "f64") == 0 || strcmp(type, "f32") == 0
           || strcmp(type, "i64") == 0 || strcmp(type, "u64") == 0;
}

/* 0, or -1. */
static int parse(const char *text, const char *type, struct parsed *p,
                 char *why)
{
    struct ff_error err;
    char *named;
    if (!is_type(type))
        return refuse(why, "there is no type '%s' of values: it is f64, f32, "
                      "i64 or u64", type);
    if (text[0] == '\0')
        return refuse(why, "there is no operator in an empty text");
    if (asprintf(&named, "result=%s", text) == -1)
        return refuse(why, "memory is short");
    const int rc = fold_text_parse(&p->text, named, &err);
    const bool has_field = p->text.field != NULL;
    free(named);
    if (rc != 0 || (!has_field && fold_shape(&p->text, &p->shape, &err) != 0))
        return refuse(why, "'%s' %s", text, err.text);
    p->op = op_named(p->text.op, strlen(p->text.op), type);
    if (has_field || p->op == NULL || !fold_allows(p->op))
        return refuse(why, "there is no operator '%s' for values of type '%s'",
                      text, type);
    const char *wrong = histogram_spell(&p->shape, p->edge);
    if (wrong == NULL)
        wrong = op_wrong(p->op, &p->shape);
    return wrong != NULL ? refuse(why, "'%s' %s", text, wrong) : 0;
}

/* A fold whose numbers are its own, behind the slice. */
static struct ff_fold *make(const struct op *op, const struct ff_shape *shape)
{
    const uint32_t words = op->words(shape), n = shape->n_numbers;
    struct ff_fold *fold = malloc(sizeof *fold + words * sizeof(int64_t)
                                  + n * sizeof(double));
    if (fold == NULL)
        return NULL;
    double *number = (double *)(fold->slice + words);
    fold->op = op;
    fold->shape = *shape;
    fold->words = words;
    if (n > 0)
        memcpy(number, shape->number, n * sizeof *number);
    fold->shape.number = number;
    ff_fold_reset(fold);
    return fold;
}

struct ff_fold *ff_fold_create(const char *op, const char *type,
                               char why[FF_FOLD_WHY])
{
    struct parsed parsed;
    if (parse(op, type, &parsed, why) == -1)
        return NULL;
    struct ff_fold *fold = make(parsed.op, &parsed.shape);
    if (fold == NULL)
        refuse(why, "memory is short for '%s'", op);
    return fold;
}

void ff_fold_destroy(struct ff_fold *fold)
{
    free(fold);
}

void ff_fold_seed(struct ff_fold *fold, uint64_t seed)
{
    fold->shape.seed = seed;
}

void ff_fold_reset(struct ff_fold *fold)
{
    fold->op->init(&fold->shape, fold->slice);
}

/* ---- adding -------------------------------------------------------------- */

static bool takes(const struct ff_fold *fold, const char *type,
                  enum value_kind kind)
{
    return fold->op->kind == kind && strcmp(fold->op->type, type) == 0;
}

static void add(struct ff_fold *fold, const union ff_value *value, size_t n)
{
    fold->op->fold(&fold->shape, fold->slice, value, n);
}

/* Values that are to be converted or paired go by so many at a time. */
#define BATCH ((size_t)256)

/* Values of eight bytes are places as they lie there. */
#define DEFINE_ADD(suffix, type, name)                                         \
    int ff_fold_add##suffix(struct ff_fold *fold, const type *x, size_t n)     \
    {                                                                          \
        if (!takes(fold, name, VALUE_KIND_ONE))                                \
            return FF_FOLD_TYPE;                                               \
        add(fold, (const union ff_value *)x, n);                               \
        return FF_FOLD_OK;                                                     \
    }

DEFINE_ADD(, double, "f64")
DEFINE_ADD(_int, int64_t, "i64")
DEFINE_ADD(_uint, uint64_t, "u64")

int ff_fold_add_float(struct ff_fold *fold, const float *x, size_t n)
{
    union ff_value value[BATCH];
    if (!takes(fold, "f32", VALUE_KIND_ONE))
        return FF_FOLD_TYPE;
    for (size_t done = 0, m; done < n; done += m) {
        m = n - done < BATCH ? n - done : BATCH;
        for (size_t i = 0; i < m; i++)
            value[i].f64 = (double)x[done + i];
        add(fold, value, m);
    }
    return FF_FOLD_OK;
}

/* Two arrays as places that lie side by side. */
#define DEFINE_ADD_TWO(suffix, name, kind, type, member, type2, member2)       \
    int ff_fold_add_##suffix(struct ff_fold *fold, const type *x,              \
                             const type2 *y, size_t n)                         \
    {                                                                          \
        union ff_value value[2 * BATCH];                                       \
        if (!takes(fold, name, kind))                                          \
            return FF_FOLD_TYPE;                                               \
        for (size_t done = 0, m; done < n; done += m) {                        \
            m = n - done < BATCH ? n - done : BATCH;                           \
            for (size_t i = 0; i < m; i++) {                                   \
                value[2 * i].member = x[done + i];                             \
                value[2 * i + 1].member2 = y[done + i];                        \
            }                                                                  \
            add(fold, value, 2 * m);                                           \
        }                                                                      \
        return FF_FOLD_OK;                                                     \
    }
#define DEFINE_ADD_ITEMS(suffix, name, type, member)                           \
    DEFINE_ADD_TWO(suffix, name, VALUE_KIND_ITEM, type, member, uint64_t, u64)

DEFINE_ADD_ITEMS(items, "f64", double, f64)
DEFINE_ADD_ITEMS(items_float, "f32", float, f64)
DEFINE_ADD_ITEMS(items_int, "i64", int64_t, i64)
DEFINE_ADD_ITEMS(items_uint, "u64", uint64_t, u64)
DEFINE_ADD_TWO(pairs, "f64", VALUE_KIND_PAIR, double, f64, double, f64)
DEFINE_ADD_TWO(pairs_float, "f32", VALUE_KIND_PAIR, float, f64, float, f64)

/* ---- merging, lanes ------------------------------------------------------ */

static void normalise(struct ff_fold *fold)
{
    op_normalise(fold->op, &fold->shape, fold->slice);
}

static void merge(struct ff_fold *into, const int64_t *from)
{
    into->op->merge(&into->shape, into->slice, from);
}

static bool same_numbers(const struct ff_shape *a, const struct ff_shape *b)
{
    return a->n_numbers == b->n_numbers &&
           (a->n_numbers == 0 ||
            memcmp(a->number, b->number, a->n_numbers * sizeof(double)) == 0);
}

static bool same(const struct ff_fold *a, const struct ff_fold *b)
{
    const struct ff_shape *s = &a->shape, *t = &b->shape;
    return a->op == b->op && memcmp(&s->lo, &t->lo, sizeof s->lo) == 0 &&
           memcmp(&s->hi, &t->hi, sizeof s->hi) == 0 && s->n == t->n &&
           s->form == t->form && s->seed == t->seed && same_numbers(s, t);
}

int ff_fold_merge(struct ff_fold *into, struct ff_fold *from)
{
    if (into == from || !same(into, from))
        return FF_FOLD_OTHER;
    normalise(from);
    merge(into, from->slice);
    return FF_FOLD_OK;
}

enum ff_fold_by ff_fold_reduces_by(const struct ff_fold *fold)
{
    static const enum ff_fold_by by[] = {[MERGE_SUM] = FF_BY_SUM,
                                         [MERGE_MAX] = FF_BY_MAX,
                                         [MERGE_MAX_BYTES] = FF_BY_MAX_BYTES,
                                         [MERGE_LIST] = FF_BY_MERGE};
    return fold->op->ordered ? FF_BY_MERGE : by[fold->op->merge_kind];
}

size_t ff_fold_lanes(const struct ff_fold *fold)
{
    return fold->words;
}

void ff_fold_encode(struct ff_fold *fold, int64_t *lanes)
{
    normalise(fold);
    memcpy(lanes, fold->slice, fold->words * sizeof *lanes);
}

int ff_fold_decode(struct ff_fold *fold, const int64_t *lanes)
{
    if (!fold->op->valid(&fold->shape, lanes))
        return FF_FOLD_LANES;
    memcpy(fold->slice, lanes, fold->words * sizeof *lanes);
    return FF_FOLD_OK;
}

int ff_fold_merge_lanes(struct ff_fold *fold, const int64_t *lanes)
{
    if (!fold->op->valid(&fold->shape, lanes))
        return FF_FOLD_LANES;
    merge(fold, lanes);
    return FF_FOLD_OK;
}

/* ---- results ------------------------------------------------------------- */

/* Digits that tell the number from any other of its type, with a point in
 * every locale. */
static void real_text(const struct value *v, char text[FF_FOLD_TEXT])
{
    char local[FF_FOLD_TEXT];
    snprintf(local, sizeof local, "%.*g", v->is_float ? 9 : 17, v->f64);
    size_t n = strspn(local, "+-0123456789infae");
    memcpy(text, local, n);
    if (local[n] != '\0') {
        const char *rest = local + n;
        text[n++] = '.';
        rest += strcspn(rest, "0123456789");
        memcpy(text + n, rest, strlen(rest));
        n += strlen(rest);
    }
    text[n] = '\0';
}

static void show(const struct ff_fold *fold, const struct value *v,
                 struct ff_fold_result *out)
{
    static const int form[] = {
        [VALUE_NONE] = FF_FORM_MISSING,     [VALUE_F64] = FF_FORM_REAL,
        [VALUE_INT] = FF_FORM_INT,          [VALUE_BOOL] = FF_FORM_BOOL,
        [VALUE_HISTOGRAM] = FF_FORM_HISTOGRAM, [VALUE_LIST] = FF_FORM_LIST};
    *out = (struct ff_fold_result){.form = form[v->type],
                                   .has_item = v->has_item,
                                   .item = v->item,
                                   .has_at = v->has_at,
                                   .at = v->at,
                                   .note = v->note};
    if (v->type == VALUE_HISTOGRAM)
        out->n = fold->shape.n;
    else if (v->type == VALUE_LIST)
        out->n = v->n;
    else if (v->type == VALUE_F64) {
        out->value = v->f64;
        real_text(v, out->text);
    } else if (v->type != VALUE_NONE) {
        out->value = v->type == VALUE_BOOL && v->decimal[0] == 't';
        memcpy(out->text, v->decimal, sizeof v->decimal);
    }
}

static void finish(struct ff_fold *fold, struct value *v)
{
    normalise(fold);
    fold->op->finish(&fold->shape, fold->slice, v);
}

void ff_fold_result(struct ff_fold *fold, struct ff_fold_result *result)
{
    struct value v;
    finish(fold, &v);
    show(fold, &v, result);
}

int ff_fold_value(struct ff_fold *fold, double *value)
{
    struct value v;
    finish(fold, &v);
    if (v.type != VALUE_F64)
        return v.type == VALUE_NONE ? FF_FOLD_MISSING : FF_FOLD_FORM;
    *value = v.f64;
    return FF_FOLD_OK;
}

int ff_fold_text(struct ff_fold *fold, char text[FF_FOLD_TEXT])
{
    struct ff_fold_result r;
    ff_fold_result(fold, &r);
    if (r.form == FF_FORM_MISSING)
        return FF_FOLD_MISSING;
    if (r.form == FF_FORM_LIST || r.form == FF_FORM_HISTOGRAM)
        return FF_FOLD_FORM;
    memcpy(text, r.text, sizeof r.text);
    return FF_FOLD_OK;
}

int ff_fold_entry(struct ff_fold *fold, uint64_t i,
                  struct ff_fold_result *entry)
{
    struct value v;
    finish(fold, &v);
    if (v.type != VALUE_LIST)
        return FF_FOLD_FORM;
    if (i >= v.n)
        return FF_FOLD_RANGE;
    fold->op->entry(&fold->shape, fold->slice, i, &v);
    show(fold, &v, entry);
    return FF_FOLD_OK;
}

/* The lane of bin i, and its edges. */
static int64_t bin(const struct ff_fold *fold, uint64_t i, double *from,
                   double *to)
{
    const uint64_t n = fold->shape.n;
    *from = i < n ? histogram_edge(&fold->shape, i) : -(double)INFINITY;
    *to = i < n ? histogram_edge(&fold->shape, i + 1) : (double)INFINITY;
    if (i < n)
        return fold->slice[HISTOGRAM_BINS + i];
    if (i == n) {
        *to = histogram_edge(&fold->shape, 0);
        return fold->slice[HISTOGRAM_BELOW];
    }
    if (i == n + 1) {
        *from = histogram_edge(&fold->shape, n);
        return fold->slice[HISTOGRAM_ABOVE];
    }
    *from = *to = (double)NAN;
    return fold->slice[HISTOGRAM_NAN];
}

int ff_fold_bin(struct ff_fold *fold, uint64_t i, double *from, double *to,
                uint64_t *count)
{
    struct value v;
    finish(fold, &v);
    if (v.type != VALUE_HISTOGRAM)
        return FF_FOLD_FORM;
    if (i > fold->shape.n + 2)
        return FF_FOLD_RANGE;
    *count = (uint64_t)bin(fold, i, from, to);
    return FF_FOLD_OK;
}
