/* SPDX-License-Identifier: Apache-2.0 */
/* FIELD of --fold for commands: what it is, how it is called, and that the
 * launcher believes the names that workers tell, but nothing else. What fields
 * find is in test_extract.c. */
#include "field.h"
#include "tap.h"

#include <string.h>

static void kinds(void)
{
    static const struct { const char *text; enum field_kind kind; int column; }
    samples[] = {
        {"", FIELD_LAST, 0}, {"1", FIELD_COLUMN, 1}, {"-12", FIELD_COLUMN, -12},
        {"007", FIELD_COLUMN, 7}, {"1000000", FIELD_COLUMN, 1000000},
        {"+1", FIELD_KEY, 0}, {"-", FIELD_KEY, 0}, {"1.5", FIELD_KEY, 0},
        {"3rd", FIELD_KEY, 0}, {"wall", FIELD_KEY, 0}, {"a/b", FIELD_KEY, 0},
        {"a:b,c=d", FIELD_KEY, 0}, {"a@b", FIELD_KEY, 0},
        {"/(a)/", FIELD_REGEX, 0}, {"/(a)/(b", FIELD_KEY, -1}};
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct field f;
        const int rc = field_init(&f, samples[i].text, NULL);
        if (samples[i].column == -1) {
            CU_ASSERT_EQUAL(rc, -1);
            continue;
        }
        CU_ASSERT_EQUAL(rc, 0);
        CU_ASSERT_EQUAL(f.kind, samples[i].kind);
        CU_ASSERT_EQUAL(f.column, samples[i].column);
        field_release(&f);
        field_release(&f); /* once more is nothing */
    }
}

static void rows(void)
{
    static const char *const words[] = {"wall", "user", "system", "cpu", "rss",
                                        "exit", "attempts"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct field f;
        const char *name = field_row_named(words[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(name);
        CU_ASSERT_EQUAL(name[0], '@');
        CU_ASSERT_STRING_EQUAL(name + 1, words[i]);
        CU_ASSERT_EQUAL(field_init(&f, name, NULL), 0);
        CU_ASSERT_EQUAL(f.kind, FIELD_ROW);
        CU_ASSERT_EQUAL(f.row, i);
    }
    CU_ASSERT_PTR_NULL(field_row_named("walls"));
}

static bool is_shown(const char *name)
{
    for (const char *p = name; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            return false;
    return name[0] != '\0' && strlen(name) < SPEC_NAME;
}

static void names(void)
{
    static char text[200];
    char name[SPEC_NAME], other[SPEC_NAME];
    field_name("", name);
    CU_ASSERT_STRING_EQUAL(name, "the last number printed");
    field_name("Elapsed time", name);
    CU_ASSERT_STRING_EQUAL(name, "Elapsed time");
    memset(text, 'a', SPEC_NAME - 1);
    field_name(text, name);
    CU_ASSERT_STRING_EQUAL(name, text);
    /* Longer, or not printable: what is shown is the begin, and differs. */
    for (size_t n = SPEC_NAME; n < sizeof text - 1; n++) {
        text[n - 1] = 'a';
        text[n] = 'b';
        field_name(text, name);
        CU_ASSERT_TRUE(is_shown(name));
        CU_ASSERT_NSTRING_EQUAL(name, text, SPEC_NAME - 10);
        text[n] = 'c';
        field_name(text, other);
        CU_ASSERT_STRING_NOT_EQUAL(name, other);
    }
    field_name("\xc3\xa9", name);
    field_name("\xc3\xa8", other);
    CU_ASSERT_TRUE(is_shown(name));
    CU_ASSERT_STRING_NOT_EQUAL(name, other);
    field_name("a\033[2J", name);
    CU_ASSERT_TRUE(is_shown(name));
}

/* A spec as a command has it. */
static void make(struct spec *spec, const char *name)
{
    memset(spec, 0, sizeof *spec);
    spec->kind = SPEC_COMMAND;
    spec_add_source(spec, name, FF_OP_ARGMIN);
    spec_add_result(spec, "t", FF_OP_MEAN, 0);
}

static void believed(void)
{
    static struct spec spec;
    static const char *const wrong[] = {"", "a\n", "\033[2J", "a\tb", "\x7f",
                                        "\xc2\x9b", "\xff"};
    make(&spec, "time (s): x=/,~");
    CU_ASSERT_TRUE(spec_valid(&spec));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        make(&spec, wrong[i]);
        CU_ASSERT_FALSE(spec_valid(&spec));
    }
    make(&spec, "t");
    memset(spec.source[0].name, 'a', SPEC_NAME); /* no end */
    CU_ASSERT_FALSE(spec_valid(&spec));
    /* Names of results are shown in tables, and stay identifiers. */
    make(&spec, "t");
    strcpy(spec.result[0].name, "a b");
    CU_ASSERT_FALSE(spec_valid(&spec));
}

static void folds(void)
{
    struct ff_error err = {0};
    CU_ASSERT_STRING_EQUAL(field_of_fold("t=mean", &err), "");
    CU_ASSERT_STRING_EQUAL(field_of_fold("t=mean:wall", &err), "wall");
    CU_ASSERT_STRING_EQUAL(field_of_fold("t=quantiles,0.5:/a:([^,]*),/", &err),
                           "/a:([^,]*),/");
    CU_ASSERT_EQUAL(err.status, 0);
    CU_ASSERT_PTR_NULL(field_of_fold("t=concat", &err));
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    CU_ASSERT_STRING_EQUAL(err.text, "--fold t=concat: 'concat' is for kernels: "
                           "what commands print is kept by --results");
    CU_ASSERT_PTR_NULL(field_of_fold("t=mean:@\033", &err));
    CU_ASSERT_PTR_NULL(strchr(err.text, '\033'));
    CU_ASSERT_PTR_NULL(field_of_fold("t=mean:", &err));
    CU_ASSERT_PTR_NULL(field_of_fold("t", NULL));
    CU_ASSERT_STRING_EQUAL(field_of_fold("mean", &err), "");
    CU_ASSERT_STRING_EQUAL(field_of_fold("max:@wall", &err), "@wall");
    CU_ASSERT_PTR_NULL(field_of_fold("vector_sum,3", &err));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"kinds of fields", kinds},
        {"how commands end", rows},
        {"names of fields", names},
        {"what a worker may tell", believed},
        {"what --fold asks of a command", folds},
    };
    return TAP_RUN(tests);
}
