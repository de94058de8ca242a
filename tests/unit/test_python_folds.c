/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From folds of a Python function to sources and results: types, items, which
 * share a source, what is refused. What is expected was written by hand from
 * the rules of fanfold-python(7); that the spec could come from a worker is
 * spec_valid's answer.
 */
#include "op.h"
#include "python_folds.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXTS 80

/* A kernel, what is given to it, and what comes of it. */
struct trial {
    struct python_kernel kernel;
    const char *decorator[MAX_TEXTS];
    struct ff_decl decl, *decls;
    struct python_folds folds;
    struct spec spec;
    struct ff_error err;
};

/* Texts, each NULL-ended: of the decorator, of --fold. */
static int try(struct trial *t, bool integers, const char *const *decorator,
               const char *const *option)
{
    char texts[4096] = "";
    size_t at = 0;
    uint32_t n = 0;
    memset(t, 0, sizeof *t);
    t->decl = (struct ff_decl){.kind = FF_DECL_KERNEL, .name = "kernel",
                               .file = "f.py", .line = 12};
    t->decls = &t->decl;
    t->kernel = (struct python_kernel){.decl = &t->decls, .n_decls = 1,
                                       .fold = t->decorator,
                                       .integers = integers};
    for (; decorator[t->kernel.n_folds] != NULL; t->kernel.n_folds++)
        t->decorator[t->kernel.n_folds] = decorator[t->kernel.n_folds];
    for (; option[n] != NULL; n++, at += strlen(texts + at) + 1)
        strcpy(texts + at, option[n]);
    return python_folds_add(&t->folds, &t->spec, &t->kernel, texts, n,
                            &t->err);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
static const char *const none[] = {NULL};

/* "type places into index", and the key. */
static void has_field(const struct trial *t, uint32_t i, char type,
                      uint32_t places, const char *field, const char *name)
{
    const struct python_field *f = &t->folds.field[i];
    CU_ASSERT_TRUE_FATAL(i < t->folds.n);
    CU_ASSERT_EQUAL(f->type, type);
    CU_ASSERT_EQUAL(f->places, places);
    CU_ASSERT_EQUAL(f->index, i);
    CU_ASSERT_STRING_EQUAL(f->name, name);
    CU_ASSERT_TRUE((f->field == NULL) == (field == NULL));
    if (field != NULL && f->field != NULL)
        CU_ASSERT_STRING_EQUAL(f->field, field);
}

static void has_result(const struct trial *t, uint32_t i, const char *name,
                       uint32_t op, uint32_t source)
{
    CU_ASSERT_TRUE_FATAL(i < t->spec.n_results);
    CU_ASSERT_STRING_EQUAL(t->spec.result[i].name, name);
    CU_ASSERT_EQUAL(t->spec.result[i].op, op);
    CU_ASSERT_EQUAL(t->spec.result[i].source, source);
}

static struct trial t;

static void types(void)
{
    CU_ASSERT_EQUAL(try(&t, false, none, TEXTS("sum", "x=argmax", "all",
                                               "b=bit_or", "n=count")), 0);
    has_field(&t, 0, 'd', 1, NULL, "sum");
    has_field(&t, 1, 'd', 2, NULL, "x");
    has_field(&t, 2, 'b', 1, NULL, "all");
    has_field(&t, 3, 'u', 1, NULL, "b");
    has_field(&t, 4, 'u', 1, NULL, "n");
    has_result(&t, 0, "sum", FF_OP_SUM, 0);
    has_result(&t, 1, "x", FF_OP_ARGMAX, 1);
    has_result(&t, 2, "all", FF_OP_ALL, 2);
    CU_ASSERT_TRUE(spec_valid(&t.spec));
    CU_ASSERT_EQUAL(try(&t, true, none, TEXTS("sum", "x=histogram,0,1,2",
                                              "any", "v=vector_sum_exact,3",
                                              "norm2")), 0);
    has_field(&t, 0, 'i', 1, NULL, "sum");
    has_field(&t, 1, 'd', 1, NULL, "x"); /* there is no other histogram */
    has_field(&t, 2, 'b', 1, NULL, "any");
    has_field(&t, 4, 'd', 1, NULL, "norm2");
    has_result(&t, 0, "sum", FF_OP_SUM_INT, 0);
    CU_ASSERT_TRUE(spec_valid(&t.spec));
}

static void sharing(void)
{
    CU_ASSERT_EQUAL(try(&t, false, none, TEXTS("sum:e", "max:e", "at=argmin:e",
                                               "any:e", "mean:m", "e=min")), 0);
    CU_ASSERT_EQUAL(t.folds.n, 3);
    has_field(&t, 0, 'd', 2, "e", "sum"); /* one of them wants items */
    has_field(&t, 1, 'b', 1, "e", "any");
    has_field(&t, 2, 'd', 1, "m", "mean");
    has_result(&t, 5, "e", FF_OP_MIN, 0); /* of the entry, then */
    has_result(&t, 1, "max", FF_OP_MAX, 0);
    has_result(&t, 2, "at", FF_OP_ARGMIN, 0);
    CU_ASSERT_EQUAL(t.spec.source[0].kind, VALUE_KIND_ITEM);
    CU_ASSERT_TRUE(spec_valid(&t.spec));
    for (uint32_t i = 0; i < t.spec.n_sources; i++)
        for (uint32_t k = 0; k < i; k++)
            CU_ASSERT_STRING_NOT_EQUAL(t.spec.source[i].name,
                                       t.spec.source[k].name);
}

/* Whichever comes first. */
static void sharing_of_names(void)
{
    CU_ASSERT_EQUAL(try(&t, false, none, TEXTS("e=sum", "m=max:e", "any")), 0);
    CU_ASSERT_EQUAL(t.folds.n, 2);
    has_field(&t, 0, 'd', 1, "e", "e");
    has_field(&t, 1, 'b', 1, NULL, "any");
    has_result(&t, 1, "m", FF_OP_MAX, 0);
}

static void odd_fields(void)
{
    CU_ASSERT_EQUAL(try(&t, false, none,
                        TEXTS("sum:\xc3\xa4\t", "a=max:-1", "b=min:a b",
                              "c=min:0123456789012345678901234567890123456789"
                              "01234567890123456789012345")), 0);
    CU_ASSERT_TRUE(spec_valid(&t.spec));
    has_field(&t, 0, 'd', 1, "\xc3\xa4\t", "sum");
}

static void vectors(void)
{
    CU_ASSERT_EQUAL(try(&t, true, none,
                        TEXTS("vector_sum,5", "m=vector_max,7:x")), 0);
    CU_ASSERT_EQUAL(t.folds.n, 2);
    CU_ASSERT_TRUE(t.folds.field[0].into == PYTHON_VECTOR
                   && t.folds.field[0].n == 5 && t.folds.field[0].type == 'i');
    CU_ASSERT_TRUE(t.folds.field[1].into == PYTHON_VECTOR
                   && t.folds.field[1].n == 7);
    CU_ASSERT_STRING_EQUAL(t.folds.field[1].field, "x");
    has_result(&t, 0, "vector_sum", FF_OP_VECTOR_SUM_INT, 0);
    CU_ASSERT_EQUAL(t.spec.result[1].n, 7);
    CU_ASSERT_TRUE(spec_valid(&t.spec));
}

static void outputs(void)
{
    CU_ASSERT_EQUAL(try(&t, true, none, TEXTS("concat", "x=concat:e", "sum:e")),
                    0);
    CU_ASSERT_EQUAL(t.spec.n_outputs, 2);
    CU_ASSERT_EQUAL(t.spec.n_results, 1);
    CU_ASSERT_EQUAL(t.folds.n, 2);
    CU_ASSERT_EQUAL(t.spec.output[1].source, 2);
    has_result(&t, 0, "sum", FF_OP_SUM_INT, 1);
    CU_ASSERT_TRUE(spec_valid(&t.spec));
}

static void arrays(void)
{
    static const char *const ops[] = {"a=array_f64,3", "b=array_f32,1:x",
                                      "c=array_i64,2", "d=array_i32,5",
                                      "e=array_u8,7", "sum:x", NULL};
    CU_ASSERT_EQUAL(try(&t, true, none, ops), 0);
    CU_ASSERT_TRUE_FATAL(t.spec.n_arrays == 5 && t.folds.n == 6);
    for (uint32_t i = 0; i < 5; i++) {
        const struct python_field *f = &t.folds.field[i];
        CU_ASSERT_TRUE(f->into == PYTHON_ROW && f->index == i
                       && f->type == "dfilc"[i]
                       && f->n == t.spec.array[i].columns);
    }
    CU_ASSERT_TRUE(t.spec.array[1].type == FF_TYPE_F32
                   && t.spec.array[4].columns == 7);
    CU_ASSERT_STRING_EQUAL(t.folds.field[1].field, "x");
    CU_ASSERT_EQUAL(t.folds.field[5].index, 0);
    CU_ASSERT_TRUE(spec_valid(&t.spec));
    CU_ASSERT_EQUAL(try(&t, true, none, TEXTS("sum", "sum=array_u8,1")), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(t.err.text, "there is another 'sum'"));
    CU_ASSERT_EQUAL(try(&t, true, none, TEXTS("a=array_u8,1", "a=sum")), -1);
}

/* --fold replaces what the decorator says of the name, but not its field. */
static void overriding(void)
{
    CU_ASSERT_EQUAL(try(&t, false, TEXTS("total=sum:e", "max=max:e", "n=sum"),
                        TEXTS("total=min", "max:f")), 0);
    CU_ASSERT_EQUAL(t.spec.n_results, 3);
    has_result(&t, 0, "n", FF_OP_SUM, 0);
    has_result(&t, 1, "total", FF_OP_MIN, 1);
    has_result(&t, 2, "max", FF_OP_MAX, 2);
    has_field(&t, 1, 'd', 1, "e", "total");
    has_field(&t, 2, 'd', 1, "f", "max");
}

static void refused(void)
{
    static const struct {
        const char *decorator, *option, *says;
    } table[] = {
        {NULL, "x=dot", "--fold x=dot: 'dot' folds pairs of values"},
        {NULL, "x=maxx", "--fold x=maxx: has no operator"},
        {"x=maxx", NULL, "f.py:12: @fanfold.kernel(x='maxx'): has no operator"},
        {"x=vector_sum,99999999", NULL,
         "f.py:12: @fanfold.kernel(x='vector_sum,99999999'): "},
        {"\xc3\xa4=sum", NULL, "does not begin with a name of letters"},
        {"x=top,0", NULL, "f.py:12: @fanfold.kernel(x='top,0'): "},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *decorator[] = {table[i].decorator, NULL};
        const char *option[] = {table[i].option, NULL};
        const int rc = try(&t, false, decorator, option);
        const bool good = rc == -1 && t.err.status == FF_USAGE
                          && strstr(t.err.text, table[i].says) != NULL;
        if (!good)
            tap_note("%zu: %d %s", i, rc, t.err.text);
        CU_ASSERT_TRUE(good);
    }
}

static void limits(void)
{
    static char text[SPEC_MAX_RESULTS + 1][16];
    const char *option[SPEC_MAX_RESULTS + 2] = {NULL};
    for (int i = 0; i < SPEC_MAX_RESULTS; i++) {
        sprintf(text[i], "r%d=sum", i);
        option[i] = text[i];
    }
    CU_ASSERT_EQUAL(try(&t, false, none, option), 0);
    CU_ASSERT_EQUAL(t.folds.n, SPEC_MAX_RESULTS);
    CU_ASSERT_TRUE(spec_valid(&t.spec));
    option[SPEC_MAX_RESULTS] = "more=max";
    CU_ASSERT_EQUAL(try(&t, false, none, option), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(t.err.text, "--fold more=max: one result too "
                                              "many"));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"types of values", types},
        {"one source for what is asked for twice", sharing},
        {"a field that is the name of another result", sharing_of_names},
        {"fields of any text", odd_fields},
        {"vectors", vectors},
        {"outputs", outputs},
        {"arrays", arrays},
        {"--fold and the decorator", overriding},
        {"what is refused, and by whom it was asked for", refused},
        {"as many as there can be", limits},
    };
    return TAP_RUN(tests);
}
