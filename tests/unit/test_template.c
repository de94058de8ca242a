/* SPDX-License-Identifier: Apache-2.0 */
/* Replacement strings. Expected values are those of GNU parallel's manual
 * (parallel(1), OPTIONS, of 20220522: "{.}", "{/}", "{//}", "{/.}", "{n}",
 * "{-n}", -I, -N) and of dirname(1) of POSIX.1-2017; where none of them has the case it
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

/* ---- with items ------------------------------------------------------------ */

/* A work of so many sources, with names of columns ("" for none), n_names of
 * them. */
struct made_work {
    struct work_head head;
    char names[64];
};

static void open_items(struct items *items, struct made_work *made,
                       uint32_t n_sources, const char *names, uint32_t n_names)
{
    *made = (struct made_work){.head = {.n_sources = n_sources, .max_args = 1}};
    if (n_names > 0) {
        memcpy(made->names, names, sizeof made->names);
        made->head.names = offsetof(struct made_work, names);
        made->head.n_names = n_names;
    }
    for (uint32_t i = 0; i < n_sources; i++)
        made->head.source[i].kind = WORK_NUMBERS;
    const struct work work = {&made->head, (const char *)made};
    const struct items_input none = {.n_blocks = 0};
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(items_open(items, &work, &none, &err), 0);
}

static void names(void)
{
    static const char text[64] = "name\0size\0a.b\0host";
    struct made_work made;
    struct items items;
    open_items(&items, &made, 4, text, 4);
    struct span column[] = {span_of("d/x.y"), span_of("3"), span_of("z.q"),
                            span_of("mine")};
    const struct item item = inputs(column, 1, 4);
    CU_ASSERT(expands(WORDS("{name}", "{size}", "{name/.}", "{name//}"), &item,
                      &items, "d/x.y|3|x|d"));
    /* A name goes before what it could mean else. */
    CU_ASSERT(expands(WORDS("{a.b}", "{a.b.}", "{host}"), &item, &items,
                      "z.q|z|mine"));
    CU_ASSERT(expands(WORDS("{nam}{1}"), &item, &items, "{nam}d/x.y"));
    items_release(&items);
}

/* GNU parallel's -N: "{1} .. {max-args}"; the last has fewer. */
static void several_inputs(void)
{
    struct made_work made;
    struct items items;
    open_items(&items, &made, 1, "", 0);
    made.head.max_args = 3;
    struct span column[] = {span_of("a.x"), span_of("b"), span_of("c")};
    const struct item three = inputs(column, 3, 1), one = inputs(column, 1, 1);
    CU_ASSERT(expands(WORDS("p", "{2}", "{1}", "{-1}"), &three, &items,
                      "p|b|a.x|c"));
    CU_ASSERT(expands(WORDS("p"), &three, &items, "p|a.x|b|c"));
    CU_ASSERT(expands(WORDS("{.}", "<{}>"), &three, &items, "a|b|c|<a.x b c>"));
    CU_ASSERT(expands(WORDS("{2}", "{1}", "{-1}"), &one, &items, "|a.x|a.x"));
    items_release(&items);
    /* Of several columns {n} is a column of each input. */
    open_items(&items, &made, 2, "", 0);
    made.head.max_args = 2;
    struct span pairs[] = {span_of("a"), span_of("1"), span_of("b"),
                           span_of("2")};
    const struct item two = inputs(pairs, 2, 2);
    CU_ASSERT(expands(WORDS("{2}", "{1}", "x{2}"), &two, &items,
                      "1|2|a|b|x1 2"));
    CU_ASSERT(expands(WORDS("{}"), &two, &items, "a|1|b|2"));
    items_release(&items);
}

static bool is_refused(const char *word, const struct items *items,
                       const char *said)
{
    const struct template_rules rules = {.append = true};
    struct ff_error err = {0};
    struct template *t = template_parse(&word, 1, &rules, items, &err);
    const bool refused = t == NULL && err.status == FF_USAGE
                         && strstr(err.text, word) != NULL
                         && strstr(err.text, said) != NULL;
    if (!refused)
        tap_note("%s: %s", word, err.text);
    template_free(t);
    return refused;
}

static void no_column(void)
{
    struct made_work made;
    struct items items;
    CU_ASSERT(is_refused("a{0}", NULL, "count from 1"));
    CU_ASSERT(is_refused("{-0}", NULL, "count from 1"));
    CU_ASSERT(is_refused("{1025}", NULL, "at most 1024"));
    CU_ASSERT(is_refused("{99999999999999999999/.}", NULL, "at most 1024"));
    open_items(&items, &made, 2, "", 0);
    CU_ASSERT(is_refused("x{7}", &items, "an input has 2"));
    CU_ASSERT(is_refused("{-3.}", &items, "an input has 2"));
    items_release(&items);
    open_items(&items, &made, 1, "", 0);
    CU_ASSERT(is_refused("{2}", &items, "an input has 1"));
    made.head.max_args = 3;
    CU_ASSERT(is_refused("{4}", &items, "at most 3 inputs"));
    items_release(&items);
}

/* GNU parallel's -I: in the place of {}; the others stay what they are. */
static void marker(void)
{
    struct span column = span_of("a.b");
    const struct item item = inputs(&column, 1, 1);
    const struct template_rules rules = {.append = true, .marker = ",,"};
    const char *const word[] = {"{}", ",,", "{.}", "x,,,y"};
    struct ff_error err = {0};
    struct template *t = template_parse(word, 4, &rules, NULL, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    char out[400];
    joined(t, &item, out);
    CU_ASSERT_STRING_EQUAL(out, "{}|a.b|a|xa.b,y");
    template_free(t);
    const struct template_rules empty = {.marker = ""};
    CU_ASSERT_PTR_NULL(template_parse(word, 4, &empty, NULL, &err));
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
}

/* Nothing is appended when there is any string, and when it must not be. */
static void appending(void)
{
    struct span column = span_of("v");
    const struct item item = inputs(&column, 1, 1);
    CU_ASSERT(expands(WORDS("p"), &item, NULL, "p|v"));
    CU_ASSERT(expands(WORDS("p", "{#}"), &item, NULL, "p|7"));
    CU_ASSERT(expands(WORDS("p", "x{}"), &item, NULL, "p|xv"));
    const struct template_rules rules = {.append = false};
    const char *const word = "p";
    struct ff_error err = {0};
    struct template *t = template_parse(&word, 1, &rules, NULL, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    char out[400];
    joined(t, &item, out);
    CU_ASSERT_STRING_EQUAL(out, "p");
    CU_ASSERT_FALSE(template_uses_input(t));
    template_free(t);
}

static int expand_value(struct span value, const struct template_place *at,
                        const char *word, struct expansion *e,
                        struct ff_error *err)
{
    const struct item item = inputs(&value, 1, 1);
    const struct template_rules rules = {.append = true};
    struct template *t = template_parse(&word, 1, &rules, NULL, err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    const int rc = template_expand(t, &item, at, e, err);
    template_free(t);
    return rc;
}

static void zero_bytes(void)
{
    struct expansion e = EXPANSION_EMPTY;
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(expand_value((struct span){"a\0b", 3}, &place, "x{}", &e,
                                 &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_ITEMS_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "zero byte"));
    CU_ASSERT_EQUAL(expand_value((struct span){"", 0}, &place, "{}", &e, &err),
                    0);
    CU_ASSERT_EQUAL(e.argc, 1);
    CU_ASSERT_STRING_EQUAL(e.argv[0], "");
    expansion_release(&e);
}

/* The same words wherever the item runs. */
static void without_place(void)
{
    struct expansion e = EXPANSION_EMPTY;
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(expand_value(span_of("v"), NULL,
                                 "{#}{##}{%}{rank}{host}{core}{}", &e, &err),
                    0);
    CU_ASSERT_STRING_EQUAL(e.argv[0], "7{##}{%}{rank}{host}{core}v");
    expansion_release(&e);
}

/* ---- lines ------------------------------------------------------------------ */

static bool line_is(uint32_t from, struct span value, const char *expected)
{
    char *argv[] = {(char *)(uintptr_t)"wc", (char *)(uintptr_t)"-c", NULL};
    struct work_head head = {.stdin_from = from};
    const struct work work = {&head, (const char *)&head};
    struct item item = inputs(&value, 1, 1);
    item.whole = &value;
    struct text line = TEXT_EMPTY;
    CU_ASSERT_EQUAL(template_line(&work, &item, argv, value, &line), 0);
    const bool same = strcmp(line.at, expected) == 0;
    if (!same)
        tap_note("%s", line.at);
    text_release(&line);
    return same;
}

/* XXH3_64bits of no bytes is 2d06800538d394c2 (xxHash, its specification and
 * `printf '' | xxhsum -H3`); "a %\n" as printf(1) wants it. */
static void lines(void)
{
    CU_ASSERT(line_is(WORK_STDIN_NONE, span_of("v"), "wc -c"));
    CU_ASSERT(line_is(WORK_STDIN_ITEM, span_of("a b"),
                      "printf '%s\\n' 'a b' | wc -c"));
    CU_ASSERT(line_is(WORK_STDIN_ITEM, (struct span){"a\0%\\", 4},
                      "printf -- 'a\\000%%\\\\\\n' | wc -c"));
    CU_ASSERT(line_is(WORK_STDIN_BLOCK, span_of(""),
                      "wc -c # xxh3:2d06800538d394c2"));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"parts of paths", paths},
        {"columns", columns},
        {"where it runs", where_it_runs},
        {"other braces stay", other_braces},
        {"names of columns", names},
        {"several inputs", several_inputs},
        {"a column that is none", no_column},
        {"another marker", marker},
        {"what is appended", appending},
        {"zero bytes", zero_bytes},
        {"without a place", without_place},
        {"items as lines", lines},
    };
    return TAP_RUN(tests);
}
