/* SPDX-License-Identifier: Apache-2.0 */
/* Replacement strings. Expected values are those of GNU parallel's manual
 * (parallel(1), OPTIONS, of 20220522: "{.}", "{/}", "{//}", "{/.}", "{n}",
 * "{-1}") and of dirname(1) of POSIX.1-2017; where none of them has the case it
 * follows from what template.h says. */
#include "tap.h"
#include "template.h"

#include <stdlib.h>
#include <string.h>

/* ---- items by hand -------------------------------------------------------- */

static struct item inputs(struct span *column, uint32_t n_inputs,
                          uint32_t n_columns)
{
    return (struct item){.number = 6, .n_inputs = n_inputs,
                         .n_columns = n_columns, .column = column};
}

static const struct template_place place = {
    .total = 40, .slot = 3, .rank = 5, .host = "n1", .core = "0-3"};

#define MOST_WORDS 8

/* Words joined by '|', since no value here has one. */
static void joined(const struct template *t, const struct item *item,
                   char out[400])
{
    struct expansion e = EXPANSION_EMPTY;
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(template_expand(t, item, &place, &e, &err), 0);
    out[0] = '\0';
    for (size_t i = 0; i < e.argc; i++) {
        if (i > 0)
            strcat(out, "|");
        strncat(out, e.argv[i], 390 - strlen(out));
    }
    CU_ASSERT_PTR_NULL(e.argv[e.argc]);
    expansion_release(&e);
}

static bool expands(const char *const *word, const struct item *item,
                    const struct items *items, const char *expected)
{
    size_t n = 0;
    while (word[n] != NULL)
        n++;
    const struct template_rules rules = {.append = true};
    struct ff_error err = {0};
    struct template *t = template_parse(word, n, &rules, items, &err);
    if (t == NULL) {
        tap_note("%s", err.text);
        return false;
    }
    char out[400];
    joined(t, item, out);
    template_free(t);
    if (strcmp(out, expected) != 0)
        tap_note("'%s' instead of '%s'", out, expected);
    return strcmp(out, expected) == 0;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static bool of_path(const char *string, const char *value, const char *expected)
{
    struct span column = span_of(value);
    const struct item item = inputs(&column, 1, 1);
    return expands(WORDS(string), &item, NULL, expected);
}

static void paths(void)
{
    /* parallel(1), {.} */
    CU_ASSERT(of_path("{.}", "foo.jpg", "foo"));
    CU_ASSERT(of_path("{.}", "subdir/foo.jpg", "subdir/foo"));
    CU_ASSERT(of_path("{.}", "sub.dir/foo.jpg", "sub.dir/foo"));
    CU_ASSERT(of_path("{.}", "sub.dir/bar", "sub.dir/bar"));
    CU_ASSERT(of_path("{.}", "foo.tar.gz", "foo.tar"));
    /* {/}: "with the directory part removed" */
    CU_ASSERT(of_path("{/}", "sub.dir/foo.jpg", "foo.jpg"));
    CU_ASSERT(of_path("{/}", "foo.jpg", "foo.jpg"));
    CU_ASSERT(of_path("{/}", "a/b/", ""));
    /* {//}: dirname */
    CU_ASSERT(of_path("{//}", "sub.dir/foo.jpg", "sub.dir"));
    CU_ASSERT(of_path("{//}", "foo.jpg", "."));
    CU_ASSERT(of_path("{//}", "a/b/", "a"));
    CU_ASSERT(of_path("{//}", "a//b", "a"));
    CU_ASSERT(of_path("{//}", "/", "/"));
    CU_ASSERT(of_path("{//}", "/a", "/"));
    CU_ASSERT(of_path("{//}", "///", "/"));
    CU_ASSERT(of_path("{//}", "", "."));
    /* {/.} */
    CU_ASSERT(of_path("{/.}", "sub.dir/foo.jpg", "foo"));
    CU_ASSERT(of_path("{/.}", "sub.dir/bar", "bar"));
    CU_ASSERT(of_path("{.}", "", ""));
}

static void columns(void)
{
    struct span column[] = {span_of("a.x"), span_of("d/b.y"), span_of("c")};
    const struct item item = inputs(column, 1, 3);
    CU_ASSERT(expands(WORDS("{2}", "{-1}", "{-3}"), &item, NULL,
                      "d/b.y|c|a.x"));
    CU_ASSERT(expands(WORDS("{1.}", "{2/}", "{2//}", "{2/.}", "{-2/.}"), &item,
                      NULL, "a|b.y|d|b|b"));
    CU_ASSERT(expands(WORDS("p"), &item, NULL, "p|a.x|d/b.y|c"));
    CU_ASSERT(expands(WORDS("<{}>"), &item, NULL, "<a.x d/b.y c>"));
    CU_ASSERT(expands(WORDS("<{.}>"), &item, NULL, "<a d/b c>"));
    CU_ASSERT(expands(WORDS("{4}{-4}."), &item, NULL, "."));
}

static void where_it_runs(void)
{
    struct span column = span_of("v");
    const struct item item = inputs(&column, 1, 1);
    CU_ASSERT(expands(WORDS("{#}", "{##}", "{%}", "{rank}", "{host}", "{core}"),
                      &item, NULL, "7|40|3|5|n1|0-3"));
}

static void other_braces(void)
{
    struct span column = span_of("v");
    const struct item item = inputs(&column, 1, 1);
    CU_ASSERT(expands(WORDS("{print $1}", "{print {}}", "{{}}", "{", "{}{", "{x}"),
                      &item, NULL, "{print $1}|{print v}|{v}|{|v{|{x}"));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"parts of paths", paths},
        {"columns", columns},
        {"where it runs", where_it_runs},
        {"other braces stay", other_braces},
    };
    return TAP_RUN(tests);
}
