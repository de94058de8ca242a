/* SPDX-License-Identifier: Apache-2.0 */
/* What --fold says: every part of it, what is wrong with it, and texts changed
 * at random, the same each time (FANFOLD_TEST_LONG=1: many more). */
#include "fold_text.h"
#include "tap.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUICK_CASES 1000
#define LONG_CASES 100000
#define MAX_BYTES 256

static void parts(void)
{
    static struct fold_text f;
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(fold_text_parse(&f, "h_1=histogram,0,1e2,50:x:y=z,w", &err),
                    0);
    CU_ASSERT_STRING_EQUAL(f.name, "h_1");
    CU_ASSERT_STRING_EQUAL(f.op, "histogram");
    CU_ASSERT_STRING_EQUAL(fold_text_field(&f), "x:y=z,w");
    CU_ASSERT_TRUE(f.n_numbers == 3 && f.number[0] == 0 && f.number[1] == 100
                   && f.number[2] == 50 && f.words == 0);
    CU_ASSERT_EQUAL(fold_text_parse(&f, "total=max", &err), 0);
    CU_ASSERT_PTR_NULL(f.field);
    CU_ASSERT_STRING_EQUAL(fold_text_field(&f), "total");
    CU_ASSERT_EQUAL(fold_text_parse(&f, "x=concat:@wall", &err), 0);
    CU_ASSERT_STRING_EQUAL(f.op, FOLD_CONCAT);
    CU_ASSERT_STRING_EQUAL(fold_text_field(&f), "@wall");
}

/* Text, and the parts that it has when the operator is the name. */
static void operators_alone(void)
{
    static const struct {
        const char *text, *name, *field;
        uint32_t n_numbers;
    } table[] = {
        {"max", "max", "max", 0},
        {"quantiles,0.5,0.9", "quantiles", "quantiles", 2},
        {"histogram,edges=1,2:x=y", "histogram", "x=y", 2},
        {"argmin:latency,ms", "argmin", "latency,ms", 0},
        {"concat:x", "concat", "x", 0},
        {"vector_sum_exact,8", "vector_sum_exact", "vector_sum_exact", 1},
    };
    static struct fold_text f;
    struct ff_error err = {0};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        CU_ASSERT_EQUAL(fold_text_parse(&f, table[i].text, &err), 0);
        CU_ASSERT_STRING_EQUAL(f.name, table[i].name);
        CU_ASSERT_STRING_EQUAL(f.op, table[i].name);
        CU_ASSERT_STRING_EQUAL(fold_text_field(&f), table[i].field);
        CU_ASSERT_EQUAL(f.n_numbers, table[i].n_numbers);
    }
    CU_ASSERT_TRUE(fold_text_same_name("max", "max=min:x"));
    CU_ASSERT_TRUE(fold_text_same_name("top,5", "top:x"));
    CU_ASSERT_FALSE(fold_text_same_name("max", "maximum=max"));
    CU_ASSERT_TRUE(fold_text_takes_arrays(&f));
    CU_ASSERT_EQUAL(fold_text_array_type(&f), 0);
    CU_ASSERT_EQUAL(fold_text_parse(&f, "rows=array_i32,7:x", &err), 0);
    CU_ASSERT_TRUE(fold_text_takes_arrays(&f));
    CU_ASSERT_EQUAL(fold_text_array_type(&f), FF_TYPE_I32);
}

static void shapes(void)
{
    static struct fold_text f;
    struct ff_shape s;
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(fold_text_parse(&f, "h=histogram,-1.5,2,30", &err), 0);
    CU_ASSERT_EQUAL(fold_shape(&f, &s, &err), 0);
    CU_ASSERT_TRUE(s.form == FF_LINEAR && s.lo == -1.5 && s.hi == 2
                   && s.n == 30 && s.n_numbers == 0);
    /* The rest as the table has it, whether its operators are there or not. */
    f = (struct fold_text){.op = "histogram", .words = FOLD_LOG,
                           .n_numbers = 3, .number = {1, 1000, 30}};
    CU_ASSERT_EQUAL(fold_shape(&f, &s, &err), 0);
    CU_ASSERT_TRUE(s.form == FF_LIST && s.n == 30 && s.n_numbers == 31
                   && s.number[0] == 1 && s.number[10] == 10
                   && s.number[30] == 1000);
    CU_ASSERT_EQUAL(fold_shape(&f, &s, &err), 0);
    CU_ASSERT_TRUE(s.number[20] == 100);
    f = (struct fold_text){.op = "histogram", .words = FOLD_EDGES,
                           .n_numbers = 4, .number = {0, 1, 5, 10}};
    CU_ASSERT_EQUAL(fold_shape(&f, &s, &err), 0);
    CU_ASSERT_TRUE(s.form == FF_LIST && s.n == 3 && s.n_numbers == 4
                   && s.number[2] == 5 && s.lo == 0 && s.hi == 10);
    f = (struct fold_text){.op = "quantiles"};
    CU_ASSERT_EQUAL(fold_shape(&f, &s, &err), 0);
    CU_ASSERT_TRUE(s.n_numbers == 0 && s.lo == 0);
    f = (struct fold_text){.op = "quantiles", .words = FOLD_ERROR,
                           .error = 0.001, .n_numbers = 1, .number = {0.25}};
    CU_ASSERT_EQUAL(fold_shape(&f, &s, &err), 0);
    CU_ASSERT_TRUE(s.n_numbers == 1 && s.number[0] == 0.25 && s.lo == 0.001);
    f = (struct fold_text){.op = "top"};
    CU_ASSERT_TRUE(fold_shape(&f, &s, &err) == 0 && s.n == 10);
    f = (struct fold_text){.op = "sample", .n_numbers = 1, .number = {100}};
    CU_ASSERT_TRUE(fold_shape(&f, &s, &err) == 0 && s.n == 100);
    f = (struct fold_text){.op = "bottom", .n_numbers = 1, .number = {2.5}};
    CU_ASSERT_EQUAL(fold_shape(&f, &s, &err), -1);
    f = (struct fold_text){.op = "bottom", .n_numbers = 1, .number = {-1}};
    CU_ASSERT_EQUAL(fold_shape(&f, &s, &err), -1);
    f = (struct fold_text){.op = "bottom", .n_numbers = 1, .number = {NAN}};
    CU_ASSERT_EQUAL(fold_shape(&f, &s, &err), -1);
}

/* Text, and what the error says of it. */
static void errors(void)
{
    static const struct {
        const char *text, *says;
    } table[] = {
        {"", "is not NAME=OPERATOR"},
        {"total", "is not NAME=OPERATOR"},
        {"total:max", "is not NAME=OPERATOR"},
        {"maxx", "is not NAME=OPERATOR, nor an operator; did you mean 'max'?"},
        {"average:x", "did you mean 'mean'?"},
        {"max,1", "'max' does not take: write it like NAME=max"},
        {"max:", "nothing behind the ':'"},
        {"concat,1", "'concat' does not take"},
        {"operation", "'operation', which only a kernel can declare"},
        {"=max", "no name"},
        {"a b=max", "letters, digits and _"},
        {"0123456789012345678901234567890123456789012345678901234567890123"
         "=max", "more than 63 bytes"},
        {"total=", "no operator behind the '='"},
        {"total=:x", "no operator behind the '='"},
        {"total=maxx", "there is no 'maxx'; did you mean 'max'?"},
        {"total=MAX", "there is no 'MAX'; did you mean 'max'?"},
        {"total=Median", "did you mean 'quantiles,0.5'?"},
        {"total=avg", "did you mean 'mean'?"},
        {"total=zzzzzzzzz", "there is no 'zzzzzzzzz', but sum, "},
        {"total=max,", "nothing behind a comma"},
        {"total=max,1", "'max' does not take: write it like NAME=max"},
        {"total=max,log", "'max' does not take"},
        {"total=max:", "nothing behind the ':'"},
        {"x=operation", "'operation', which only a kernel can declare"},
        {"x=vector_sum", "too few parameters for 'vector_sum': write it like "
                         "NAME=vector_sum,N"},
        {"x=array_f64", "too few parameters for 'array_f64': write it like "
                        "NAME=array_f64,COLUMNS"},
        {"x=array_f64,0", "has 0 columns, where 1 or more can be"},
        {"x=array_f16,3", "there is no 'array_f16'; did you mean 'array_"},
        {"x=vector_min,0", "cannot be: 'vector_min' "},
        {"x=vector_max,2.5", "2.5 where a whole number"},
        {"vector_sum,3,4", "'vector_sum' does not take"},
        {"x=concat,1", "'concat' does not take"},
        {"h=histogram", "too few parameters for 'histogram': write it "
                        "like NAME=histogram,FROM,TO,N[,log] or "},
        {"h=histogram,1,2", "needs FROM,TO,N"},
        {"h=histogram,1,2,x", "has 'x' where a number is to stand"},
        {"h=histogram,1,2,2.5", "2.5 where a whole number"},
        {"h=histogram,1,1,5", "cannot be: 'histogram' ends before it begins"},
        {"h=histogram,0,1,5,bins=3", "parameter 'bins': there are error="},
        {"h=histogram,0,1,5,error=3", "'histogram' does not take"},
        {"h=histogram,0,1,5,log,log", "has 'log' twice"},
        {"h=histogram,edges=1,2,edges=3", "has 'edges' twice"},
        {"h=histogram,0,9,5,log", "do not begin above 0"},
        {"q=quantiles,0.5,1.5", "cannot be: 'quantiles' has a"},
        {"q=quantiles,error=0", "an error that is not above 0"},
        {"h=histogram,edges=1,log,2", "both edges= and log"},
        {"h=histogram,edges=1", "too few parameters"},
        {"h=histogram,edges=,2", "has '' where a number"},
    };
    static struct fold_text f;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct ff_error err = {0};
        const int rc = fold_text_parse(&f, table[i].text, &err);
        const bool good = rc == -1 && err.status == FF_USAGE
                          && strstr(err.text, table[i].says) != NULL;
        if (!good)
            tap_note("'%s': %d %s", table[i].text, rc, err.text);
        CU_ASSERT_TRUE(good);
    }
}

/* Every operator is found by its name, once. */
static void names(void)
{
    const char *name;
    size_t n = 0;
    bool concat = false;
    for (; (name = fold_name(n)) != NULL; n++) {
        CU_ASSERT_FALSE(concat); /* it is the last one */
        concat = strcmp(name, FOLD_CONCAT) == 0;
        for (size_t k = 0; k < n; k++)
            CU_ASSERT_STRING_NOT_EQUAL(fold_name(k), name);
    }
    CU_ASSERT_TRUE(concat);
    for (size_t i = 0; op_row(i) != NULL; i++) {
        bool found = false;
        for (size_t k = 0; k < n; k++)
            found = found || strcmp(fold_name(k), op_row(i)->name) == 0;
        CU_ASSERT_TRUE(found);
    }
}

/* "0.5" is a number also where people write "0,5". */
static void locales(void)
{
    static struct fold_text f;
    struct ff_error err = {0};
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        tap_skip("no locale de_DE.UTF-8");
    CU_ASSERT_EQUAL(fold_text_parse(&f, "h=histogram,0.5,1.5,2", &err), 0);
    CU_ASSERT_TRUE(f.number[0] == 0.5 && f.number[1] == 1.5);
    setlocale(LC_ALL, "C");
}

/* ---- random -------------------------------------------------------------- */

static const char *const tokens[] = {
    "lat=quantiles,0.5,0.9,error=0.001", "h=histogram,0,100,50",
    "h=histogram,1,1000,30,log", "h=histogram,edges=0,1,5,10", "best=top,10",
    "total=max:x", "x=concat", ",", "=", ":", "edges=", "error=", "log", "max",
    "1e308", "-0", "nan", "inf", "0x1p-3", "\x80", " ", "99999999999999999999",
    "histogram", "p=", "1"};
#define N_TOKENS (sizeof tokens / sizeof tokens[0])

static uint64_t state = 88172645463325252u; /* xorshift64, Marsaglia 2003 */

static size_t below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % n);
}

static size_t make_text(char text[MAX_BYTES])
{
    size_t n = 0;
    for (size_t k = 1 + below(5); k > 0; k--) {
        const char *token = tokens[below(N_TOKENS)];
        if (n + strlen(token) < MAX_BYTES)
            n += (size_t)sprintf(text + n, "%s", token);
    }
    for (size_t k = below(3); k > 0; k--)
        text[below(n)] = (char)(1 + below(255));
    return n;
}

/* Whatever comes is read, or refused with one line. What is read names an
 * operator that is there, in a shape that it can have. */
static bool is_good(const char *text, bool *read)
{
    static struct fold_text f;
    struct ff_error err = {0};
    struct ff_shape shape;
    *read = fold_text_parse(&f, text, &err) == 0;
    if (!*read)
        return err.status == FF_USAGE && err.text[0] != '\0'
               && strchr(err.text, '\n') == NULL
               && strlen(err.text) < sizeof err.text - 1;
    return f.name[0] != '\0' && strlen(f.name) < SPEC_NAME
           && (f.field == NULL || (f.field > text && *f.field != '\0'))
           && f.n_numbers <= FOLD_MAX_NUMBERS
           && fold_shape(&f, &shape, &err) == 0;
}

static void mutations(void)
{
    const unsigned n_cases = tap_long() ? LONG_CASES : QUICK_CASES;
    unsigned n_read = 0, n_bad = 0;
    for (unsigned i = 0; i < n_cases && n_bad < 5; i++) {
        char text[MAX_BYTES] = "";
        bool read;
        make_text(text);
        char *exact = strdup(text); /* a sanitizer sees a byte too far */
        if (exact == NULL)
            abort();
        if (!is_good(exact, &read)) {
            n_bad++;
            tap_note("case %u: %s", i, exact);
        }
        n_read += read;
        free(exact);
    }
    CU_ASSERT_EQUAL(n_bad, 0);
    CU_ASSERT_TRUE(n_read > n_cases / 50 && n_read < n_cases * 19 / 20);
    tap_note("%u of %u were read", n_read, n_cases);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"name, operator, parameters, field", parts},
        {"operators without a name", operators_alone},
        {"shapes, and what they are by default", shapes},
        {"what is wrong is told", errors},
        {"the operators that there are", names},
        {"whatever the locale is", locales},
        {"changed texts are read, or refused", mutations},
    };
    return TAP_RUN(tests);
}
