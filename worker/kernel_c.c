/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a C kernel and reads its declarations: see kernel_c.h. Runs in
 * workers only. */
#include "kernel_c.h"
#include "histogram.h"
#include "op.h"
#include "nearest.h"
#include "number.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_line(const void *a, const void *b)
{
    const struct ff_decl *const x = *(struct ff_decl *const *)a;
    const struct ff_decl *const y = *(struct ff_decl *const *)b;
    const int files = strcmp(x->file, y->file);
    if (files != 0)
        return files;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool is_param(const struct ff_decl *d)
{
    return d->kind == FF_DECL_INT || d->kind == FF_DECL_REAL
           || d->kind == FF_DECL_TEXT;
}

/* Has it a name of the user's? (FF_ITEMS and FF_KERNEL have not.) */
static bool is_named(const struct ff_decl *d)
{
    return d->kind == FF_DECL_RESULT || d->kind == FF_DECL_VALUES
           || d->kind == FF_DECL_SHARED || d->kind == FF_DECL_OUTPUT
           || d->kind == FF_DECL_ARRAY || is_param(d);
}

static void cannot_open(const char *name, const char *why,
                        struct ff_error *err)
{
    static const char undefined[] = "undefined symbol: ";
    const char *symbol = strstr(why, undefined);
    const char *used = symbol != NULL ? symbol + strlen(undefined) : "";
    if (strncmp(used, "ff_", 3) == 0)
        ff_error_set(err, FF_USAGE, "kernel '%s' calls '%s', which fanfold.h "
                     "does not have: fanfold-kernel(3) lists what it has",
                     name, used);
    else if (symbol != NULL)
        ff_error_set(err, FF_USAGE, "kernel '%s' uses '%s', which no library "
                     "has: add one, as in --ldflags '-lgsl'", name, used);
    else
        ff_error_set(err, FF_USAGE, "cannot open kernel '%s': %s", name, why);
}

static const struct ff_object *find_object(struct kernel *kernel,
                                           const char *name, const char *path,
                                           struct ff_error *err)
{
    kernel->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (kernel->object == NULL) {
        cannot_open(name, dlerror(), err);
        return NULL;
    }
    const struct ff_object *o = dlsym(kernel->object, "fanfold_object");
    if (o == NULL) {
        ff_error_set(err, FF_USAGE, "'%s' declares no kernel: write one with "
                     "FF_KERNEL(ff, begin, end) { ... }, see fanfold.h", name);
        return NULL;
    }
    if (o->abi != FF_ABI || o->decl_bytes != sizeof(struct ff_decl)) {
        ff_error_set(err, FF_USAGE, "'%s' was compiled with version %u of "
                     "fanfold.h, this fanfold has version %d: compile it "
                     "again", name, o->abi, FF_ABI);
        return NULL;
    }
    return o;
}

/* The values of a result, or those that are for --fold alone. */
static int add_source(struct spec *spec, struct ff_decl *d,
                      struct ff_error *err)
{
    if (spec->n_sources == SPEC_MAX_RESULTS)
        return ff_error_set(err, FF_USAGE, "%s:%u: '%s' is one result too "
                            "many: %d are allowed", d->file, d->line, d->name,
                            SPEC_MAX_RESULTS);
    if (op_find(d->op) == NULL)
        return ff_error_set(err, FF_USAGE, "%s:%u: result '%s' has an operator "
                            "that this fanfold does not know", d->file,
                            d->line, d->name);
    d->index = spec_add_source(spec, d->name, d->op);
    spec->source[d->index].line = d->line;
    snprintf(spec->source[d->index].about, SPEC_ABOUT, "%s", d->about);
    return 0;
}

static int add_result(struct spec *spec, struct ff_decl *d,
                      struct ff_error *err)
{
    if (add_source(spec, d, err) != 0)
        return -1;
    const uint32_t i = spec_add_result(spec, d->name, d->op, d->index);
    spec->result[i].line = d->line;
    snprintf(spec->result[i].about, SPEC_ABOUT, "%s", d->about);
    return 0;
}

/* What a parameter is when nobody sets it, in as few digits as it takes. */
static void set_default(char value[SPEC_NAME], const struct ff_decl *d)
{
    if (d->kind == FF_DECL_INT)
        snprintf(value, SPEC_NAME, "%" PRId64, *d->at.integer);
    else if (d->kind == FF_DECL_TEXT)
        snprintf(value, SPEC_NAME, "%s", *d->at.text ? *d->at.text : "");
    for (int digits = 1; d->kind == FF_DECL_REAL && digits <= 17; digits++) {
        snprintf(value, SPEC_NAME, "%.*g", digits, *d->at.real);
        if (strtod(value, NULL) == *d->at.real)
            break;
    }
}

static int add_param(struct spec *spec, const struct ff_decl *d,
                     struct ff_error *err)
{
    if (spec->n_params == SPEC_MAX_PARAMS)
        return ff_error_set(err, FF_USAGE, "%s:%u: '%s' is one parameter too "
                            "many: %d are allowed", d->file, d->line, d->name,
                            SPEC_MAX_PARAMS);
    struct spec_param *p = &spec->param[spec->n_params++];
    strcpy(p->name, d->name);
    snprintf(p->about, sizeof p->about, "%s", d->about);
    set_default(p->value, d);
    p->kind = d->kind;
    p->line = d->line;
    return 0;
}

static int add_shared(struct kernel *kernel, struct spec *spec,
                      struct ff_decl *d, struct ff_error *err)
{
    if (spec->n_shared == SPEC_MAX_SHARED)
        return ff_error_set(err, FF_USAGE, "%s:%u: '%s' is one FF_SHARED too "
                            "many: %d are allowed", d->file, d->line, d->name,
                            SPEC_MAX_SHARED);
    struct spec_shared *s = &spec->shared[spec->n_shared];
    strcpy(s->name, d->name);
    s->line = d->line;
    kernel->load[spec->n_shared] = d->at.load;
    d->index = spec->n_shared++;
    return 0;
}

static int add_output(struct spec *spec, struct ff_decl *d,
                      struct ff_error *err)
{
    if (spec->n_outputs == SPEC_MAX_OUTPUTS)
        return ff_error_set(err, FF_USAGE, "%s:%u: '%s' is one output too "
                            "many: %d are allowed", d->file, d->line, d->name,
                            SPEC_MAX_OUTPUTS);
    struct spec_output *o = &spec->output[spec->n_outputs];
    strcpy(o->name, d->name);
    o->line = d->line;
    snprintf(o->about, sizeof o->about, "%s", d->about);
    d->index = spec->n_outputs++;
    return 0;
}

static int add_array(struct spec *spec, struct ff_decl *d,
                     struct ff_error *err)
{
    if (spec->n_arrays == SPEC_MAX_ARRAYS)
        return ff_error_set(err, FF_USAGE, "%s:%u: '%s' is one array too "
                            "many: %d are allowed", d->file, d->line, d->name,
                            SPEC_MAX_ARRAYS);
    struct spec_array *a = &spec->array[spec->n_arrays];
    strcpy(a->name, d->name);
    a->type = d->op;
    a->line = d->line;
    snprintf(a->about, sizeof a->about, "%s", d->about);
    d->index = spec->n_arrays++;
    return 0;
}

static int check_name(const struct kernel *kernel, size_t i,
                      struct ff_error *err)
{
    const struct ff_decl *d = kernel->decl[i];
    if (strlen(d->name) >= SPEC_NAME)
        return ff_error_set(err, FF_USAGE, "%s:%u: the name '%s' is longer "
                            "than %d bytes", d->file, d->line, d->name,
                            SPEC_NAME - 1);
    for (size_t j = 0; j < i; j++) {
        const struct ff_decl *other = kernel->decl[j];
        if (is_named(d) == is_named(other)
            && strcmp(d->name, other->name) == 0)
            return ff_error_set(err, FF_USAGE, "%s:%u: '%s' is declared "
                                "twice, first at %s:%u", d->file, d->line,
                                d->name, other->file, other->line);
    }
    return 0;
}

static int add(struct kernel *kernel, size_t i, struct spec *spec,
               struct ff_error *err)
{
    struct ff_decl *d = kernel->decl[i];
    if (check_name(kernel, i, err) != 0)
        return -1;
    if (d->kind == FF_DECL_RESULT)
        return add_result(spec, d, err);
    if (d->kind == FF_DECL_VALUES)
        return add_source(spec, d, err);
    if (d->kind == FF_DECL_OUTPUT)
        return add_output(spec, d, err);
    if (d->kind == FF_DECL_ARRAY)
        return add_array(spec, d, err);
    if (is_param(d))
        return add_param(spec, d, err);
    if (d->kind == FF_DECL_SHARED)
        return add_shared(kernel, spec, d, err);
    if (d->kind == FF_DECL_KERNEL) {
        kernel->run = d->at.kernel;
        spec->kind = d->op;
    } else if (d->kind == FF_DECL_ITEMS) {
        kernel->items = d->at.items;
    } else if (d->kind == FF_DECL_SETUP) {
        kernel->setup = d->at.call;
        kernel->setup_is = *d->name == '@' ? d->name : "FF_SETUP";
    } else if (d->kind == FF_DECL_TEARDOWN) {
        kernel->teardown = d->at.call;
        kernel->teardown_is = *d->name == '@' ? d->name : "FF_TEARDOWN";
    } else if (d->kind == FF_DECL_ABOUT) {
        snprintf(spec->about, sizeof spec->about, "%s", d->about);
    }
    return 0;
}

int kernel_adopt(struct kernel *kernel, struct ff_decl **first,
                 struct ff_decl **last, struct spec *spec,
                 struct ff_error *err)
{
    kernel->decl = first;
    kernel->n_decls = (size_t)(last - first);
    qsort(kernel->decl, kernel->n_decls, sizeof kernel->decl[0], by_line);
    for (size_t i = 0; i < kernel->n_decls; i++)
        if (add(kernel, i, spec, err) != 0)
            return -1;
    spec->has_items = kernel->items != NULL;
    return 0;
}

int kernel_open(struct kernel *kernel, const char *name, const char *path,
                struct spec *spec, struct ff_error *err)
{
    *kernel = (struct kernel){0};
    const struct ff_object *o = find_object(kernel, name, path, err);
    return o == NULL ? -1 : kernel_adopt(kernel, o->first, o->last, spec, err);
}

static void append(struct ff_error *err, const char *between,
                   const char *text)
{
    const size_t n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n, "%s%s", between, text);
}

static int no_such(const struct kernel *kernel, const char *name, size_t n,
                   struct ff_error *err)
{
    const char *names[SPEC_MAX_PARAMS];
    size_t n_names = 0;
    for (size_t i = 0; i < kernel->n_decls && n_names < SPEC_MAX_PARAMS; i++)
        if (is_param(kernel->decl[i]))
            names[n_names++] = kernel->decl[i]->name;
    if (n_names == 0)
        return ff_error_set(err, FF_USAGE, "--arg %.*s: the kernel has no "
                            "parameters", (int)n, name);
    const char *near = nearest(name, n, names, n_names);
    if (near != NULL)
        return ff_error_set(err, FF_USAGE, "--arg %.*s: the kernel has no such "
                            "parameter; did you mean '%s'?", (int)n, name,
                            near);
    ff_error_set(err, FF_USAGE, "--arg %.*s: the kernel has no such parameter; "
                 "it has", (int)n, name);
    for (size_t i = 0; i < n_names; i++)
        append(err, i == 0 ? " " : ", ", names[i]);
    return -1;
}

static int assign(struct ff_decl *d, const char *value, struct ff_error *err)
{
    const char *type = "an integer";
    int rc = 0;
    if (d->kind == FF_DECL_INT) {
        rc = number_i64(value, d->at.integer);
    } else if (d->kind == FF_DECL_REAL) {
        type = "a number";
        rc = number_f64(value, d->at.real);
    } else {
        *d->at.text = value;
    }
    if (rc != 0 && errno == ERANGE)
        return ff_error_set(err, FF_USAGE, "--arg %s=%s: '%s' is out of range: "
                            "%s (declared at %s:%u)", d->name, value, value,
                            d->kind == FF_DECL_INT
                                ? "an integer here is less than 2^63"
                                : "a number is less than 1.8e308, or inf",
                            d->file, d->line);
    if (rc != 0)
        return ff_error_set(err, FF_USAGE, "--arg %s=%s: '%s' is not %s "
                            "(declared at %s:%u)", d->name, value, value, type,
                            d->file, d->line);
    return 0;
}

int kernel_set(struct kernel *kernel, const char *assignment,
               struct ff_error *err)
{
    const char *equals = strchr(assignment, '=');
    const size_t n = equals == NULL ? strlen(assignment)
                                    : (size_t)(equals - assignment);
    if (equals == NULL)
        return ff_error_set(err, FF_USAGE, "--arg %s: write NAME=VALUE",
                            assignment);
    for (size_t i = 0; i < kernel->n_decls; i++) {
        struct ff_decl *d = kernel->decl[i];
        if (is_param(d) && strlen(d->name) == n
            && memcmp(d->name, assignment, n) == 0)
            return assign(d, equals + 1, err);
    }
    return no_such(kernel, assignment, n, err);
}

void kernel_ask_items(const struct kernel *kernel, struct spec *spec)
{
    spec->items = kernel->items != NULL ? kernel->items() : 0;
}

/* The numbers of a shape go to those of the spec. */
static int add_numbers(const struct ff_decl *d, const struct ff_shape *shape,
                       struct spec *spec, struct ff_error *err)
{
    if (shape->n_numbers > SPEC_MAX_NUMBERS - spec->n_numbers)
        return ff_error_set(err, FF_USAGE, "%s:%u: with '%s' the kernel "
                            "declares more than %d numbers in lists", d->file,
                            d->line, d->name, SPEC_MAX_NUMBERS);
    for (uint32_t i = 0; i < shape->n_numbers; i++)
        spec->number[spec->n_numbers++] = shape->number[i];
    return 0;
}

/* ", (1, 2, 3)"; of a long list the first ones. */
static void append_numbers(const struct ff_shape *shape, struct ff_error *err)
{
    char number[32];
    for (uint32_t i = 0; i < shape->n_numbers && i < 8; i++) {
        snprintf(number, sizeof number, "%.16g", shape->number[i]);
        append(err, i == 0 ? ", (" : ", ", number);
    }
    append(err, shape->n_numbers > 8 ? ", ..." : "", ")");
}

/* What the declaration asks for, to stand behind what is wrong with it. */
static void append_asked(const struct ff_decl *d,
                         const struct ff_shape *shape, struct ff_error *err)
{
    const bool bins = d->op == FF_OP_HISTOGRAM && shape->form != FF_LIST;
    const char *const macro =
        bins ? (shape->form == FF_LINEAR ? "HISTOGRAM" : "HISTOGRAM_LOG")
        : d->op == FF_OP_HISTOGRAM ? "HISTOGRAM_EDGES"
        : d->op == FF_OP_QUANTILES ? "QUANTILES_OF"
        : d->op == FF_OP_QUANTILES_INT ? "QUANTILES_INT_OF"
        : d->op == FF_OP_QUANTILES_UINT ? "QUANTILES_UINT_OF"
        : d->op == FF_OP_DISTINCT ? "DISTINCT_OF"
        : d->op == FF_OP_DISTINCT_INT ? "DISTINCT_INT_OF"
        : d->op == FF_OP_DISTINCT_UINT ? "DISTINCT_..._OF" : NULL;
    char asked[128];
    if (d->op >= FF_OP_TOP && d->op <= FF_OP_SAMPLE_UINT) {
        snprintf(asked, sizeof asked, ", not %" PRId64,
                 (int64_t)shape->n);
        append(err, "", asked);
    }
    if (macro == NULL)
        return;
    snprintf(asked, sizeof asked, ": FF_%s(%s", macro, d->name);
    append(err, asked, "");
    if (bins)
        snprintf(asked, sizeof asked, ", %.16g, %.16g, %" PRId64, shape->lo,
                 shape->hi, (int64_t)shape->n);
    else
        snprintf(asked, sizeof asked, ", %.16g", shape->lo);
    if (d->op != FF_OP_HISTOGRAM || bins)
        append(err, asked, "");
    if (shape->n_numbers > 0)
        append_numbers(shape, err);
    append(err, ")", "");
}

/* The blanks between them become zero bytes. */
static int set_labels(const struct ff_decl *d, const char *text,
                      char labels[SPEC_LABELS], struct ff_error *err)
{
    size_t n = 0;
    for (; text != NULL && *text != '\0' && n < SPEC_LABELS - 2; text++)
        if (*text != ' ')
            labels[n++] = *text;
        else if (n > 0 && labels[n - 1] != '\0')
            labels[n++] = '\0';
    if (text == NULL || *text == '\0')
        return 0;
    return ff_error_set(err, FF_USAGE, "%s:%u: the labels of '%s' are longer "
                        "than %d bytes", d->file, d->line, d->name,
                        SPEC_LABELS - 2);
}

static int ask_result(struct kernel *kernel, const struct ff_decl *d,
                      struct spec *spec, uint32_t i, struct ff_error *err)
{
    struct spec_result *r = &spec->result[i];
    struct ff_shape asked = {0};
    double edge[HISTOGRAM_MAX_LISTED + 1];
    d->shape(&asked);
    kernel->operation[d->index] = asked.operation;
    struct ff_shape shape = asked;
    const char *wrong =
        r->op == FF_OP_HISTOGRAM ? histogram_spell(&shape, edge) : NULL;
    if (r->op >= FF_OP_QUANTILES && r->op <= FF_OP_DISTINCT_UINT
        && shape.lo == 0) /* which stands for the default */
        wrong = "has an error that is not above 0";
    r->lo = shape.lo;
    r->hi = shape.hi;
    r->n = shape.n;
    r->form = shape.form;
    r->first_number = spec->n_numbers;
    r->n_numbers = shape.n_numbers;
    if (add_numbers(d, &shape, spec, err) != 0
        || set_labels(d, shape.labels, r->labels, err) != 0)
        return -1;
    const struct op *op = op_find(r->op);
    shape = spec_shape(spec, i);
    if (wrong == NULL)
        wrong = op_wrong(op, &shape);
    if (wrong == NULL)
        return 0;
    ff_error_set(err, FF_USAGE, "%s:%u: %s '%s' %s", d->file, d->line,
                 op->name, d->name, wrong);
    append_asked(d, &asked, err);
    return -1;
}

static int ask_shared(const struct ff_decl *d, struct spec_shared *s,
                      struct ff_error *err)
{
    struct ff_shape shape = {0};
    d->shape(&shape);
    if (shape.n > SPEC_MAX_SHARED_BYTES)
        return ff_error_set(err, FF_USAGE, "%s:%u: FF_SHARED(%s, ...) asks for "
                            "%" PRId64 " bytes", d->file, d->line, d->name,
                            (int64_t)shape.n);
    s->bytes = shape.n;
    return 0;
}

static int ask_columns(const struct ff_decl *d, struct spec_array *a,
                       struct ff_error *err)
{
    struct ff_shape shape = {0};
    d->shape(&shape);
    if (shape.n - 1 >= SPEC_MAX_COLUMNS)
        return ff_error_set(err, FF_USAGE, "%s:%u: array '%s' cannot have "
                            "%" PRId64 " columns: 1 to %" PRIu64, d->file,
                            d->line, d->name, (int64_t)shape.n,
                            SPEC_MAX_COLUMNS);
    a->columns = shape.n;
    return 0;
}

/* Result i of the declaration. */
static uint32_t result_of(const struct spec *spec, const struct ff_decl *d)
{
    uint32_t i = 0;
    while (spec->result[i].source != d->index)
        i++;
    return i;
}

void kernel_lay_out(const struct kernel *kernel, const struct spec *spec,
                    uint64_t seed, struct partial_layout *layout)
{
    partial_layout_init(layout, spec, seed);
    for (uint32_t i = 0; i < layout->n_results; i++)
        layout->result[i].shape.operation =
            kernel->operation[layout->result[i].source];
}

int kernel_ask_shapes(struct kernel *kernel, struct spec *spec,
                      struct ff_error *err)
{
    for (size_t i = 0; i < kernel->n_decls; i++) {
        const struct ff_decl *d = kernel->decl[i];
        if (d->kind == FF_DECL_RESULT && d->shape != NULL
            && ask_result(kernel, d, spec, result_of(spec, d), err) != 0)
            return -1;
        if (d->kind == FF_DECL_SHARED
            && ask_shared(d, &spec->shared[d->index], err) != 0)
            return -1;
        if (d->kind == FF_DECL_ARRAY
            && ask_columns(d, &spec->array[d->index], err) != 0)
            return -1;
    }
    return 0;
}
