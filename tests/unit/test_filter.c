/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --filter: what passes, what is refused and with which words. Tables are made
 * by hand after the grammar in filter.h; comparisons and the order of
 * operators are those of POSIX awk, and awk itself is asked about many more.
 */
#include "clock.h"
#include "filter.h"
#include "job.h"
#include "tap.h"
#include "work_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MAX_COLUMNS 8

static struct ff_error error;

/* "a|b|c" as an input of three columns. */
struct made {
    char text[256];
    struct span whole, column[MAX_COLUMNS];
    struct item item;
};

static void make(struct made *m, const char *text)
{
    uint32_t n = 0;
    snprintf(m->text, sizeof m->text, "%s", text);
    for (char *at = m->text, *value; n < MAX_COLUMNS
         && (value = strsep(&at, "|")) != NULL;)
        m->column[n++] = span_of(value);
    m->whole = span_of(text);
    m->item = (struct item){.n_inputs = 1, .n_columns = n, .whole = &m->whole,
                            .column = m->column};
}

static int passes(const char *expression, const char *input)
{
    struct made m;
    make(&m, input);
    error = (struct ff_error){.status = 0};
    struct filter *f = filter_parse(expression, NULL, &error);
    const int rc = f == NULL ? -2 : filter_passes(f, &m.item, &error);
    filter_free(f);
    return rc;
}

static void expect(const char *expression, const char *input, int wanted)
{
    const int rc = passes(expression, input);
    CU_ASSERT_EQUAL(rc, wanted);
    if (rc != wanted)
        tap_note("%s of %s: %d, not %d: %s", expression, input, rc, wanted,
                 error.text);
}

static void says(const char *expression, const char *input, const char *text)
{
    const int rc = passes(expression, input);
    CU_ASSERT(rc < 0 && error.status == FF_USAGE
              && strstr(error.text, text) != NULL);
    if (rc >= 0 || strstr(error.text, text) == NULL)
        tap_note("%s of %s: %d, '%s', not '%s'", expression, input, rc,
                 error.text, text);
}

/* ---- what passes --------------------------------------------------------- */

static void values_are_true(void)
{
    static const struct { const char *e, *input; int wanted; } table[] = {
        {"1", "", 1}, {"0", "", 0}, {"0.0", "", 0}, {".5", "", 1},
        {"1e-3", "", 1}, {"0e9", "", 0}, {"'a'", "", 1}, {"''", "", 0},
        {"\"\"", "", 0}, {"'0'", "", 1}, {"' '", "", 1},
        {"{1}", "x", 1}, {"{1}", "", 0}, {"{1}", "0", 0}, {"{1}", "0.0", 0},
        {"{1}", "-0", 0}, {"{1}", "00", 0}, {"{1}", "0x", 1}, {"{1}", "7", 1},
        {"{1}", " ", 1}, {"!{1}", "0", 1}, {"!{1}", "a", 0}, {"!!{1}", "a", 1},
        {"-{1}", "0", 0}, {"-{1}", "3", 1}, {"--{1} == {1}", "3", 1},
        {"  {1}\t\n", "x", 1},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        expect(table[i].e, table[i].input, table[i].wanted);
}

static void columns_are_found(void)
{
    expect("{1} == 'a' && {2} == 'b' && {3} == 'c'", "a|b|c", 1);
    expect("{-1} == 'c' && {-3} == 'a'", "a|b|c", 1);
    expect("{} == 'a|b|c'", "a|b|c", 1);
    expect("length({}) == 5 && length({2}) == 3", "a|bcd", 1);
    expect("length('') == 0 && length({1} + 7) == 2", "5", 1);
    expect("length('\xc3\xa9') == 2", "", 1); /* bytes */
    says("{3}", "a|b", "{3} of --filter: the input has 2 columns");
    says("{-2}", "a", "{-2} of --filter: the input has 1 column");
}

static void compares_as_awk_says(void)
{
    static const struct { const char *e, *input; int wanted; } table[] = {
        {"{1} < {2}", "9|10", 1}, {"{1} < {2}", "9|x10", 1},
        {"{1} < {2}", "9a|10", 0}, {"{1} == {2}", "1.0|1", 1},
        {"{1} == {2}", "1e2|100", 1}, {"{1} == {2}", "+5|5", 1},
        {"{1} == {2}", "abc|abc", 1}, {"{1} == {2}", "abc|abd", 0},
        {"{1} < {2}", "abc|abcd", 1}, {"{1} < {2}", "|a", 1},
        {"{1} == {2}", " 5 |5", 1}, {"{1} == {2}", "0x10|16", 0},
        {"{1} < {2}", "inf|5", 0}, {"{1} == {2}", "nan|nan", 1},
        {"{1} == '1'", "1.0", 0}, {"{1} == 1", "1.0", 1},
        {"{1} < '9'", "10", 1}, {"{1} < 9", "10", 0},
        {"{1} + 0 == 7", "007", 1}, {"{1} == '007'", "007", 1},
        {"{1} != 5", "5.0", 0}, {"{1} >= 5", "5", 1}, {"{1} <= 5", "5", 1},
        {"{1} > 5", "5", 0}, {"{1} == 1e999", "2e999", 1},
        /* Bytes, not signed ones. */
        {"{1} > 'z'", "\xc3\xa9", 1},
        /* A number among texts is what awk prints of it. */
        {"{1} < 5", "4x", 1}, {"{1} > 50", "5x", 1}, {"'10' == 5 + 5", "", 1},
        {"'0.5' == 1 / 2", "", 1},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        expect(table[i].e, table[i].input, table[i].wanted);
}

static void operators_bind_as_in_c(void)
{
    static const struct { const char *e; int wanted; } table[] = {
        {"1 + 2 * 3 == 7", 1}, {"(1 + 2) * 3 == 9", 1}, {"7 - 2 - 1 == 4", 1},
        {"8 / 4 / 2 == 1", 1}, {"7 % 4 == 3", 1}, {"-7 % 4 == -3", 1},
        {"7.5 % 2 == 1.5", 1}, {"2 * 7 % 4 == 2", 1}, {"- 2 + 3 == 1", 1},
        {"1 || 0 && 0", 1}, {"(1 || 0) && 0", 0}, {"0 || 0 || 3", 1},
        {"1 && 1 && 0", 0}, {"!1 == 2", 1}, {"!(1 == 2)", 1}, {"!0 && 1", 1},
        {"(2 && 3) == 1", 1}, {"('a' || 0) == 1", 1}, {"(0 || '') == 0", 1},
        {"(1 < 2) + (2 < 1) == 1", 1}, {"1-1", 0}, {"3*-1 < 0", 1},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        expect(table[i].e, "", table[i].wanted);
}

static void expressions_match(void)
{
    expect("{1} =~ '^a.*z$'", "abcz", 1);
    expect("{1} =~ '^a.*z$'", "abc", 0);
    expect("{1} !~ 'b+'", "abbc", 0);
    expect("{1} !~ 'x|y'", "abbc", 1);
    expect("{1} =~ ''", "", 1);
    expect("{1} =~ '^$' || {2} =~ \"[0-9]{3}\"", "x|ab123", 1);
    expect("{1} + 1 =~ '^1[0]$'", "9", 1);
    expect("{1} =~ '\\.c$' && {1} !~ '/'", "main.c", 1);
    expect("{2} =~ '^b$'", "a|b|c", 1); /* not what is beside it */
    expect("!{1} =~ 'a'", "b", 1);
}

static void a_zero_byte_is_a_byte(void)
{
    struct made m;
    make(&m, "a");
    m.column[0] = (struct span){"a\0b", 3};
    struct filter *f = filter_parse("{1} != 'a' && length({1}) == 3 && "
                                    "{1} =~ 'b$' && {1} > 'a'", NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(filter_passes(f, &m.item, &error), 1);
    m.column[0] = (struct span){"1\0", 2};
    CU_ASSERT_EQUAL(filter_passes(f, &m.item, &error), 0);
    filter_free(f);
}

/* What is right of && and || is not looked at in vain. */
static void decides_early(void)
{
    expect("{1} == 0 || 1 / {1} > 0.1", "0", 1);
    expect("{1} != 0 && 1 / {1} > 0.1", "0", 0);
    expect("{1} != '' && {1} + 1 > 2", "", 0);
    says("1 / {1} > 0.1", "0", "cannot compute 1 / {1} of --filter: "
         "division by zero");
    says("{1} % {2}", "1|0", "division by zero");
}

static void wrong_inputs_are_told(void)
{
    says("{1} + 1 > 2", "abc", "cannot compute {1} + 1 of --filter: 'abc' is "
         "no number");
    says("-{1} > 2", "x", "cannot compute -{1} of --filter: 'x' is no number");
    says("{1} * {2}", "1e200|1e200", "it is too large");
    says("2 * ({1} - 'q')", "7", "cannot compute {1} - 'q' of");
    says("{1} - 1", "", "'' is no number");
    says("{1} - 1", "0x1f", "'0x1f' is no number");
}

/* ---- what is refused ----------------------------------------------------- */

static void places_are_told(void)
{
    static const char value[] = "expected a number, a text in quotes, a column "
                                "like {1}, or a '('";
    static const struct { const char *e, *what, *where; } table[] = {
        {"", value, " at its end"},
        {"{1} <", value, " at its end"},
        {"{1} < && 3", value, " at character 7, before '&& 3'"},
        {"{1} = 3", "expected '==' or '=~'", " at character 5, before '= 3'"},
        {"{1} & 3", "expected an operator", " at character 5, before '& 3'"},
        {"{1} 3", "expected an operator", " at character 5, before '3'"},
        {"1 < 2 < 3", "expected an operator", " at character 7, before '< 3'"},
        {"(1 + 2", "expected an operator or a ')'", " at its end"},
        {"1 + 2)", "expected a '(' for the ')'", " at character 6"},
        {"'a", "expected a closing quote", " at character 1, before ''a'"},
        {"{1 == 2", "expected a '}'", " at character 1, before '{1 == 2'"},
        {"{0}", "expected a column from 1 to 1024", " at character 2"},
        {"{-0}", "expected a column from 1", " at character 2"},
        {"{99999999999999999999}", "expected a column from 1", ""},
        {"{1} =~ 3", "expected a regular expression in quotes",
         " at character 8"},
        {"{1} =~", "expected a regular expression in quotes", " at its end"},
        {"{1} =~ 'a(b'", "'a(b' is no regular expression: ", ""},
        {"length 3", "expected a '('", " at character 8, before '3'"},
        {"lengthy(3)", "expected a '('", " at character 7"},
        {"1..2", "expected a number", " at character 1"},
        {"1e", "expected a number", " at character 1"},
        {"{1} and {2}", "expected an operator", " at character 5"},
        {"name == 2", value, " at character 1, before 'name == 2'"},
        {"'\xc3\xa9\xc3\xa9' ?", "expected an operator", " at character 6"},
        {"{name} == 2", "there is no column 'name': columns have names with "
         "--header", ""},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        says(table[i].e, "1|2", table[i].what);
        says(table[i].e, "1|2", table[i].where);
    }
}

/* ---- names of columns ---------------------------------------------------- */

static void columns_have_names(void)
{
    static char echo[] = "echo";
    static char *word[] = {echo, NULL};
    static const char *const values[] = {"name,full size", "x,12"};
    struct job job = {.task = {.word = word, .n_words = 1, .colsep = ",",
                               .header = true, .n_sources = 1}};
    struct work_file work;
    struct input input;
    struct item item = ITEM_EMPTY;
    job.task.source[0] = (struct task_source){.kind = TASK_VALUES,
                                              .value = values, .n = 2};
    CU_ASSERT_EQUAL_FATAL(work_file_make(&work, &job, &input, &error), 0);
    CU_ASSERT_EQUAL_FATAL(items_get_input(&work.items, 0, &item, &error), 0);
    struct filter *f = filter_parse("{name} == 'x' && {full size} > 9 && {1} "
                                    "== {name}", &work.items, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(filter_passes(f, &item, &error), 1);
    filter_free(f);
    CU_ASSERT_PTR_NULL(filter_parse("{nam} == 1", &work.items, &error));
    CU_ASSERT_STRING_EQUAL(error.text, "--filter: there is no column 'nam': "
                           "there are name, full size");
    item_release(&item);
    work_file_release(&work);
    input_release(&input);
}

/* ---- awk ----------------------------------------------------------------- */

static uint64_t state = 88172645463325252u; /* xorshift64, Marsaglia 2003 */

static size_t below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % n);
}

/* Runs awk with the program on the input (both files are removed), and reads
 * what it prints. */
static FILE *begin_awk(const char *program, const char *input)
{
    char command[256];
    snprintf(command, sizeof command, "LC_ALL=C awk -F'|' -f %s %s", program,
             input);
    FILE *out = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    return out;
}

static FILE *scratch(char path[64])
{
    snprintf(path, 64, "/tmp/fanfold-test-filter-XXXXXX");
    const int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    return fdopen(fd, "w");
}

/* (Without hexadecimal, infinities and NaN, of which awks say different
 * things.) */
static const char *const samples[] = {
    "0", "1", "-1", "10", "9", "1.5", "1e1", "007", "+3", ".5", "5.", "-0",
    " 4", "4 ", "1e400", "-1e400", "12345678901234567890", "0.1", "1e-400",
    "a", "A", "abc", "ab", "1a", "a1", "1 2", "e5", "1e", ".", "-", "+", " ",
    "", "--1", "1e5", "100000", "1,5", "\xc3\xa9", "z"};

static void awk_compares_fields_alike(void)
{
    static const char *const relation[] = {"<", "<=", "==", "!=", ">", ">="};
    struct filter *filter[6];
    char program[64], input[64];
    unsigned n_wrong = 0, n = 0;
    FILE *f = scratch(program);
    fputs("{ print ($1 < $2) ($1 <= $2) ($1 == $2) ($1 != $2) ($1 > $2) "
          "($1 >= $2) ($1 ? 1 : 0) }\n", f);
    fclose(f);
    f = scratch(input);
    for (size_t i = 0; i < COUNT(samples); i++)
        for (size_t j = 0; j < COUNT(samples); j++)
            fprintf(f, "%s|%s\n", samples[i], samples[j]);
    fclose(f);
    for (size_t r = 0; r < 6; r++) {
        char text[32];
        snprintf(text, sizeof text, "{1} %s {2}", relation[r]);
        filter[r] = filter_parse(text, NULL, &error);
        CU_ASSERT_PTR_NOT_NULL_FATAL(filter[r]);
    }
    FILE *awk = begin_awk(program, input);
    for (size_t i = 0; i < COUNT(samples); i++)
        for (size_t j = 0; j < COUNT(samples); j++) {
            char line[64], ours[16] = "", pair[64];
            struct made m;
            if (fgets(line, sizeof line, awk) == NULL)
                break;
            line[strcspn(line, "\n")] = '\0';
            snprintf(pair, sizeof pair, "%s|%s", samples[i], samples[j]);
            make(&m, pair);
            for (size_t r = 0; r < 6; r++)
                ours[r] = (char)('0' + filter_passes(filter[r], &m.item, NULL));
            ours[6] = (char)('0' + passes("{1}", pair));
            n++;
            if (strcmp(line, ours) != 0 && n_wrong++ < 10)
                tap_note("'%s': awk %s, filter %s", pair, line, ours);
        }
    CU_ASSERT_EQUAL(pclose(awk), 0);
    CU_ASSERT_EQUAL(n, COUNT(samples) * COUNT(samples));
    CU_ASSERT_EQUAL(n_wrong, 0);
    for (size_t r = 0; r < 6; r++)
        filter_free(filter[r]);
    unlink(program);
    unlink(input);
}

struct text {
    char at[4096];
    size_t n;
};

static void add(struct text *t, const char *s)
{
    t->n += (size_t)snprintf(t->at + t->n, sizeof t->at - t->n, "%s", s);
}

/* A random expression for both, in one of which a column is {1}, in the other
 * $1. Levels: || && relation sum product unary. */
static void grow(struct text *ours, struct text *awks, int level, int depth)
{
    static const char *const operator[][4] = {
        {" || ", " || ", " || ", " || "}, {" && ", " && ", " && ", " && "},
        {" < ", " == ", " >= ", " != "}, {" + ", " - ", " + ", "-"},
        {" * ", " * ", "*", " * "}};
    char s[32];
    if (level == 5) {
        if (depth > 0 && below(3) == 0) {
            add(ours, "(");
            add(awks, "(");
            grow(ours, awks, 0, depth - 1);
            add(ours, ")");
            add(awks, ")");
        } else if (below(2)) {
            snprintf(s, sizeof s, "%zu", below(5));
            add(ours, s);
            add(awks, s);
        } else {
            const unsigned c = 1 + (unsigned)below(3);
            snprintf(s, sizeof s, "{%u}", c);
            add(ours, s);
            snprintf(s, sizeof s, "$%u", c);
            add(awks, s);
        }
        return;
    }
    /* A relation has one operator at most. */
    const size_t n = level == 2 ? below(2) : below(3) == 0 ? 1 + below(2) : 0;
    grow(ours, awks, level + 1, depth);
    for (size_t i = 0; i < n; i++) {
        const char *o = operator[level][below(4)];
        add(ours, o);
        add(awks, o);
        grow(ours, awks, level + 1, depth);
    }
}

#define N_EXPRESSIONS 400
static const char *const inputs[] = {"0|1|2", "3|3|-1", "2|0|0", "-4|10|9",
                                     "1|1|1", "0|0|0"};

static void awk_calculates_alike(void)
{
    static struct text ours[N_EXPRESSIONS];
    char program[64], input[64];
    unsigned n_wrong = 0, n_true = 0, n = 0;
    FILE *f = scratch(program);
    for (size_t i = 0; i < N_EXPRESSIONS; i++) {
        struct text awks = {.n = 0};
        grow(&ours[i], &awks, 0, 2);
        CU_ASSERT_FATAL(awks.n < sizeof awks.at - 1);
        fprintf(f, "{ print ((%s) ? 1 : 0) }\n", awks.at);
    }
    fclose(f);
    f = scratch(input);
    for (size_t i = 0; i < COUNT(inputs); i++)
        fprintf(f, "%s\n", inputs[i]);
    fclose(f);
    FILE *awk = begin_awk(program, input);
    for (size_t i = 0; i < COUNT(inputs); i++)
        for (size_t k = 0; k < N_EXPRESSIONS; k++) {
            int wanted;
            if (fscanf(awk, "%d", &wanted) != 1)
                break;
            const int rc = passes(ours[k].at, inputs[i]);
            n++;
            n_true += wanted == 1;
            if (rc != wanted && n_wrong++ < 10)
                tap_note("%s of %s: awk %d, filter %d", ours[k].at, inputs[i],
                         wanted, rc);
        }
    CU_ASSERT_EQUAL(pclose(awk), 0);
    CU_ASSERT_EQUAL(n, N_EXPRESSIONS * COUNT(inputs));
    CU_ASSERT_EQUAL(n_wrong, 0);
    tap_note("%u of %u are true", n_true, n);
    CU_ASSERT(n_true > n / 5 && n_true < n * 4 / 5);
    unlink(program);
    unlink(input);
}

/* ---- large ones ---------------------------------------------------------- */

/* `times` times `what`, then `end`. */
static int passes_repeated(const char *what, size_t times, const char *end)
{
    const size_t n = strlen(what);
    char *text = malloc(times * n + strlen(end) + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * n, what, n);
    strcpy(text + times * n, end);
    const int rc = passes(text, "1");
    free(text);
    return rc;
}

static void deep_ones_are_refused(void)
{
    static const char *const levels[] = {"(", "!", "-", "length(", "!(",
                                         "1||("};
    for (size_t i = 0; i < COUNT(levels); i++) {
        CU_ASSERT_EQUAL(passes_repeated(levels[i], 1000000, "1"), -2);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "more than 200 levels"));
    }
    CU_ASSERT_EQUAL(passes_repeated("!", 200, "1"), 1);
    CU_ASSERT_EQUAL(passes_repeated("!", 201, "1"), -2);
}

static void long_ones_are_not(void)
{
    CU_ASSERT_EQUAL(passes_repeated("1+", 1000000, "1 == 1000001"), 1);
    CU_ASSERT_EQUAL(passes_repeated("{1} == 2 || ", 100000, "{1} == 1"), 1);
    CU_ASSERT_EQUAL(passes_repeated("{1} && ", 100000, "0"), 0);
    CU_ASSERT_EQUAL(passes_repeated(" ", 1000000, "1"), 1);
}

static void millions_a_second(void)
{
    struct made m[2];
    unsigned n_passed = 0;
    const unsigned n = 1000000;
    struct filter *f = filter_parse("{1} < {2}", NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    make(&m[0], "1234.5|1235");
    make(&m[1], "77|8");
    const uint64_t begin = clock_ns();
    for (unsigned i = 0; i < n; i++)
        n_passed += filter_passes(f, &m[i % 2].item, NULL) == 1;
    const uint64_t ns = clock_ns() - begin;
    CU_ASSERT_EQUAL(n_passed, n / 2);
    tap_note("%.1f M/s", 1e3 * n / (double)ns);
    filter_free(f);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"values are true or not", values_are_true},
        {"columns", columns_are_found},
        {"comparisons of numbers and texts", compares_as_awk_says},
        {"which operator binds tighter", operators_bind_as_in_c},
        {"regular expressions", expressions_match},
        {"a zero byte is a byte", a_zero_byte_is_a_byte},
        {"&& and || decide early", decides_early},
        {"inputs that cannot be computed with", wrong_inputs_are_told},
        {"the place of a mistake", places_are_told},
        {"columns have names", columns_have_names},
        {"awk compares fields alike", awk_compares_fields_alike},
        {"awk calculates alike", awk_calculates_alike},
        {"deep ones are refused", deep_ones_are_refused},
        {"long ones are not", long_ones_are_not},
        {"millions a second", millions_a_second},
    };
    return TAP_RUN(tests);
}
