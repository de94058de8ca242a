/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From texts of folds to sources and results: see python_folds.h. What the
 * function returns is known only when it is called, so that all that is known
 * here is what must be asked of it: each part of it once, as the type that its
 * operators take.
 */
#include "python_folds.h"
#include "field.h"
#include "fold_text.h"
#include "folds.h"
#include "op.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WHAT_BYTES 400

/* One fold that is added. */
struct adding {
    struct python_folds *folds;
    struct spec *spec;
    const struct python_kernel *kernel;
    const char *text;
    const char *inherited; /* the field, when the text has none; or NULL */
    char what[WHAT_BYTES]; /* the text, in errors */
    struct fold_text fold;
    const struct op *op;   /* NULL: FOLD_CONCAT, or the rows of an array */
};

__attribute__((format(printf, 3, 4)))
static int refuse(const struct adding *a, struct ff_error *err,
                  const char *format, ...)
{
    char why[600];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return ff_error_set(err, FF_USAGE, "%s: %s", a->what, why);
}

/* ---- what is asked for --------------------------------------------------- */

/* Ints where the function says that it returns such, and the operator takes
 * them; bits and truth where it takes nothing else. */
static int choose_operator(struct adding *a, struct ff_error *err)
{
    static const char *const types[][3] = {{"f64", "u64", "i64"},
                                           {"i64", "f64", "u64"}};
    const char *name = a->fold.op;
    a->op = NULL;
    if (strcmp(name, FOLD_CONCAT) == 0 || fold_text_array_type(&a->fold) != 0)
        return 0;
    for (int i = 0; i < 3 && a->op == NULL; i++)
        a->op = op_named(name, strlen(name), types[a->kernel->integers][i]);
    if (a->op == NULL)
        return refuse(a, err, "'%s' folds nothing that a function returns",
                      name);
    if (a->op->kind == VALUE_KIND_PAIR)
        return refuse(a, err, "'%s' folds pairs of values, which no function "
                      "returns: return their product and fold its sum", name);
    return 0;
}

static char type_of(const struct adding *a)
{
    if (a->op == NULL)
        return a->kernel->integers ? 'i' : 'd';
    if (a->op->code == FF_OP_ALL || a->op->code == FF_OP_ANY)
        return 'b';
    return a->op->type[0] == 'f' ? 'd' : a->op->type[0];
}

/* ---- sources ------------------------------------------------------------- */

/* A name that no other source has. */
static void name_source(const struct adding *a, const char *field,
                        char name[SPEC_NAME])
{
    char wanted[SPEC_NAME];
    uint32_t i = 0, turn = 1;
    field_name(field != NULL ? field : a->fold.name, wanted);
    strcpy(name, wanted);
    while (i < a->spec->n_sources)
        if (strcmp(a->spec->source[i++].name, name) == 0) {
            snprintf(name, SPEC_NAME, "%.52s.%u", wanted, ++turn);
            i = 0;
        }
}

/* An operator that takes such values. */
static uint32_t taker(char type, uint32_t places)
{
    switch (type) {
    case 'd':
        return places == 2 ? FF_OP_ARGMIN : FF_OP_MIN;
    case 'i':
        return places == 2 ? FF_OP_ARGMIN_INT : FF_OP_MIN_INT;
    default:
        return places == 2 ? FF_OP_ARGMIN_UINT : FF_OP_MIN_UINT;
    }
}

/* The field that is asked for already, or NULL. Without FIELD it is the entry
 * of the result's name; where another result asks for that, too, no value that
 * has no entries will do. */
static struct python_field *known(const struct adding *a, const char *field,
                                  char type)
{
    const char *key = field != NULL ? field : a->fold.name;
    for (uint32_t i = 0; i < a->folds->n; i++) {
        struct python_field *f = &a->folds->field[i];
        if (strcmp(f->field != NULL ? f->field : f->name, key) != 0
            || f->type != type || f->into != PYTHON_VALUE)
            continue;
        if (f->field == NULL)
            f->field = field;
        return f;
    }
    return NULL;
}

static struct python_field *add_field(const struct adding *a,
                                      const char *field, char type,
                                      uint32_t code)
{
    char name[SPEC_NAME];
    name_source(a, field, name);
    const uint32_t source = spec_add_source(a->spec, name, code);
    const uint32_t i = a->folds->n++;
    struct python_field *f = &a->folds->field[i];
    strcpy(a->folds->name[i], a->fold.name);
    *f = (struct python_field){.field = field, .name = a->folds->name[i],
                               .type = type, .index = source};
    return f;
}

/* ---- adding -------------------------------------------------------------- */

static int add_vector(const struct adding *a, const char *field,
                      struct ff_error *err)
{
    struct python_field *f = add_field(a, field, type_of(a), a->op->code);
    f->into = PYTHON_VECTOR;
    f->n = (uint64_t)a->fold.number[0];
    return folds_add_of(a->spec, a->text, a->what, f->index, err);
}

/* Has something that is reported this name? */
static bool is_taken(const struct spec *spec, const char *name)
{
    for (uint32_t i = 0; i < spec->n_results; i++)
        if (strcmp(spec->result[i].name, name) == 0)
            return true;
    for (uint32_t i = 0; i < spec->n_outputs; i++)
        if (strcmp(spec->output[i].name, name) == 0)
            return true;
    for (uint32_t i = 0; i < spec->n_arrays; i++)
        if (strcmp(spec->array[i].name, name) == 0)
            return true;
    return false;
}

/* Rows have no source: they are written where they are asked for. */
static int add_array(const struct adding *a, const char *field,
                     struct ff_error *err)
{
    static const char types[] = {[FF_TYPE_F64] = 'd', [FF_TYPE_F32] = 'f',
                                 [FF_TYPE_I64] = 'i', [FF_TYPE_I32] = 'l',
                                 [FF_TYPE_U8] = 'c'};
    const enum ff_type type = fold_text_array_type(&a->fold);
    if (is_taken(a->spec, a->fold.name))
        return refuse(a, err, "there is another '%s': choose another name",
                      a->fold.name);
    if (a->spec->n_arrays == SPEC_MAX_ARRAYS)
        return refuse(a, err, "one array too many: %d are allowed",
                      SPEC_MAX_ARRAYS);
    const uint32_t index = a->spec->n_arrays++, i = a->folds->n++;
    struct spec_array *array = &a->spec->array[index];
    strcpy(array->name, a->fold.name);
    array->type = type;
    array->columns = (uint64_t)a->fold.number[0];
    strcpy(a->folds->name[i], a->fold.name);
    a->folds->field[i] = (struct python_field){
        .field = field, .name = a->folds->name[i], .into = PYTHON_ROW,
        .type = types[type], .index = index, .n = array->columns};
    return 0;
}

static int add_values(const struct adding *a, const char *field,
                      struct ff_error *err)
{
    const char type = type_of(a);
    const uint32_t places =
        a->op != NULL && a->op->kind == VALUE_KIND_ITEM ? 2 : 1;
    struct python_field *f = known(a, field, type);
    if (f == NULL) {
        f = add_field(a, field, type, taker(type, places));
        f->places = places;
    } else if (places == 2) {
        f->places = 2;
        a->spec->source[f->index].kind = VALUE_KIND_ITEM;
    }
    return folds_add_of(a->spec, a->text, a->what, f->index, err);
}

static int add(struct adding *a, struct ff_error *err)
{
    struct ff_error cause;
    if (fold_text_parse(&a->fold, a->text, &cause) != 0)
        return refuse(a, err, "%s", cause.text);
    if (choose_operator(a, err) != 0)
        return -1;
    if (a->folds->n == SPEC_MAX_RESULTS
        || a->spec->n_sources == SPEC_MAX_RESULTS
        || a->spec->n_results == SPEC_MAX_RESULTS)
        return refuse(a, err, "one result too many: %d are allowed",
                      SPEC_MAX_RESULTS);
    const char *field = a->fold.field != NULL ? a->fold.field : a->inherited;
    if (fold_text_array_type(&a->fold) != 0)
        return add_array(a, field, err);
    return a->op != NULL && a->op->kind == VALUE_KIND_DIRECT
               ? add_vector(a, field, err) : add_values(a, field, err);
}

/* ---- all of them --------------------------------------------------------- */

/* The text of the n `texts` that is of the same name, or NULL. */
static const char *same_name(const char *fold, const char *texts, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++, texts += strlen(texts) + 1)
        if (fold_text_same_name(texts, fold))
            return texts;
    return NULL;
}

/* "FILE:LINE: @fanfold.kernel(total='sum')" */
static void name_decorator(struct adding *a)
{
    const struct python_kernel *k = a->kernel;
    const int n = (int)fold_text_name_bytes(a->text);
    const struct ff_decl *d = NULL;
    size_t length = 0;
    for (size_t i = 0; i < k->n_decls; i++)
        if (k->decl[i]->kind == FF_DECL_KERNEL && k->decl[i]->line > 0)
            d = k->decl[i];
    if (d != NULL)
        length = (size_t)snprintf(a->what, WHAT_BYTES / 2, "%s:%u: ", d->file,
                                  d->line);
    if (length >= WHAT_BYTES / 2)
        length = WHAT_BYTES / 2 - 1;
    snprintf(a->what + length, WHAT_BYTES - length,
             "@fanfold.kernel(%.*s='%.100s')", n, a->text, a->text + n + 1);
}

/* The field that the decorator gives to the result of the same name. */
static const char *field_of_decorator(const struct adding *a)
{
    for (uint32_t i = 0; i < a->kernel->n_folds; i++)
        if (fold_text_same_name(a->kernel->fold[i], a->text)) {
            const char *colon = strchr(a->kernel->fold[i], ':');
            return colon != NULL && colon[1] != '\0' ? colon + 1 : NULL;
        }
    return NULL;
}

int python_folds_add(struct python_folds *folds, struct spec *spec,
                     const struct python_kernel *kernel, const char *texts,
                     uint32_t n_texts, struct ff_error *err)
{
    static struct adding a; /* only the main thread opens kernels */
    a.folds = folds;
    a.spec = spec;
    a.kernel = kernel;
    for (uint32_t i = 0; i < kernel->n_folds; i++) {
        a.text = kernel->fold[i];
        a.inherited = NULL;
        name_decorator(&a);
        if (same_name(a.text, texts, n_texts) == NULL && add(&a, err) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < n_texts; i++, texts += strlen(texts) + 1) {
        a.text = texts;
        a.inherited = field_of_decorator(&a);
        snprintf(a.what, sizeof a.what, "--fold %.300s", texts);
        if (add(&a, err) != 0)
            return -1;
    }
    return 0;
}
