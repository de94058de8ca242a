/* SPDX-License-Identifier: Apache-2.0 */
/* Items, from the command line to their values: the launcher writes the work,
 * items.h takes it apart. What is expected is worked out by hand, or by loops
 * over the sources. */
#include "items.h"
#include "job.h"
#include "tap.h"
#include "work_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILES 4

/* A job, and what was made of it. */
static struct job job;
static struct work_file work;
static struct input input;
static struct ff_error error;
static struct item item;
static char path[MAX_FILES][64];

static void begin(void)
{
    static char echo[] = "echo";
    static char *word[] = {echo, NULL};
    memset(&job, 0, sizeof job);
    memset(&error, 0, sizeof error);
    job.task.word = word;
    job.task.n_words = 1;
    item = ITEM_EMPTY;
}

static struct task_source *add_source(enum task_source_kind kind)
{
    struct task_source *s = &job.task.source[job.task.n_sources++];
    *s = (struct task_source){.kind = kind};
    return s;
}

/* "a|b|c": a source of three values. */
static void add_values(const char *text)
{
    static char words[8][64];
    static const char *value[8][64];
    const size_t at = job.task.n_sources;
    struct task_source *s = add_source(TASK_VALUES);
    snprintf(words[at], sizeof words[at], "%s", text);
    for (char *w = words[at]; w != NULL && *text != '\0';) {
        value[at][s->n++] = strsep(&w, "|");
    }
    s->value = value[at];
}

static void add_linked(const char *text)
{
    add_values(text);
    job.task.source[job.task.n_sources - 1].linked = true;
}

static void add_range(const char *text)
{
    static const char *value[8];
    const size_t at = job.task.n_sources;
    struct task_source *s = add_source(TASK_RANGES);
    value[at] = text;
    s->value = &value[at];
    s->n = 1;
}

static const char *write_file(int i, const char *bytes, size_t n)
{
    snprintf(path[i], sizeof path[i], "/tmp/fanfold-test-items-XXXXXX");
    const int fd = mkstemp(path[i]);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(write(fd, bytes, n), (ssize_t)n);
    close(fd);
    return path[i];
}

static void add_file(const char *text)
{
    const size_t at = job.task.n_sources;
    struct task_source *s = add_source(TASK_FILE);
    s->path = write_file((int)at, text, strlen(text));
}

static void make(void)
{
    if (work_file_make(&work, &job, &input, &error) != 0) {
        CU_FAIL_FATAL("no work");
    }
}

static void end(void)
{
    item_release(&item);
    work_file_release(&work);
    input_release(&input);
    for (int i = 0; i < MAX_FILES; i++)
        if (*path[i] != '\0') {
            unlink(path[i]);
            *path[i] = '\0';
        }
}

/* The item as a line: its inputs with " / " in between, of each its columns
 * with "|" in between. */
static const char *columns(uint64_t i)
{
    static char line[65536];
    size_t n = 0;
    if (items_get(&work.items, i, &item, &error) != 0)
        return error.text;
    for (uint32_t k = 0; k < item.n_inputs; k++)
        for (uint32_t c = 0; c < item.n_columns; c++) {
            const struct span *s = &item.column[k * item.n_columns + c];
            n += (size_t)snprintf(line + n, sizeof line - n, "%s%.*s",
                                  c > 0 ? "|" : k > 0 ? " / " : "", (int)s->n,
                                  s->at);
        }
    return line;
}

static const char *whole(uint64_t i)
{
    static char line[65536];
    size_t n = 0;
    if (items_get(&work.items, i, &item, &error) != 0)
        return error.text;
    for (uint32_t k = 0; k < item.n_inputs; k++)
        n += (size_t)snprintf(line + n, sizeof line - n, "%s%.*s",
                              k > 0 ? " / " : "", (int)item.whole[k].n,
                              item.whole[k].at);
    return line;
}

/* The columns of all items are those lines. */
static void compare(const char *const *line, size_t n)
{
    CU_ASSERT_EQUAL(work.n_items, n);
    for (size_t i = 0; i < n; i++) {
        const char *is = columns(i);
        if (strcmp(is, line[i]) != 0)
            tap_note("item %zu is '%s', not '%s'", i, is, line[i]);
        CU_ASSERT_STRING_EQUAL(is, line[i]);
    }
}

#define COMPARE(...)                                                          \
    compare((const char *const[]){__VA_ARGS__},                               \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void make_fails(const char *why)
{
    const int rc = work_file_make(&work, &job, &input, &error);
    CU_ASSERT_EQUAL(rc, -1);
    CU_ASSERT_EQUAL(error.status, FF_USAGE);
    if (strstr(error.text, why) == NULL)
        tap_note("'%s' does not say '%s'", error.text, why);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, why));
    end();
}

/* ---- sources ------------------------------------------------------------- */

static void values(void)
{
    begin();
    add_values("a|b c||d\ne");
    make();
    COMPARE("a", "b c", "", "d\ne");
    CU_ASSERT_STRING_EQUAL(whole(1), "b c");
    CU_ASSERT_STRING_EQUAL(columns(2), "");
    CU_ASSERT_STRING_EQUAL(columns(0), "a");
    CU_ASSERT_EQUAL(items_get(&work.items, 4, &item, &error), -1);
    end();
}

/* parallel(1), "Multiple input sources": the last runs fastest. */
static void product(void)
{
    begin();
    add_values("1|2");
    add_values("a|b|c");
    add_file("X\nY");
    make();
    COMPARE("1|a|X", "1|a|Y", "1|b|X", "1|b|Y", "1|c|X", "1|c|Y", "2|a|X",
            "2|a|Y", "2|b|X", "2|b|Y", "2|c|X", "2|c|Y");
    CU_ASSERT_STRING_EQUAL(whole(3), "1 b Y");
    end();
}

/* parallel(1), ":::+": "parallel echo ::: a b c :::+ 1 2 3 ::: X Y :::+ 11 22"
 * (its example), and "the shortest input source determines the length". */
static void linked(void)
{
    begin();
    add_values("a|b|c");
    add_linked("1|2|3");
    add_values("X|Y");
    add_linked("11|22");
    make();
    COMPARE("a|1|X|11", "a|1|Y|22", "b|2|X|11", "b|2|Y|22", "c|3|X|11",
            "c|3|Y|22");
    end();
    begin();
    add_values("a|b|c");
    add_linked("1|2");
    make();
    COMPARE("a|1", "b|2");
    end();
}

static void empty_source(void)
{
    begin();
    add_values("a|b");
    add_file("");
    make();
    CU_ASSERT_EQUAL(work.n_items, 0);
    end();
    begin();
    add_file("");
    make();
    CU_ASSERT_EQUAL(work.n_items, 0);
    end();
}

/* A single file stays where it is; bytes are as they are. */
static void one_file(void)
{
    begin();
    add_file("one\n\ntwo \r\n three");
    make();
    CU_ASSERT_PTR_NOT_NULL(input.name);
    COMPARE("one", "", "two \r", " three");
    end();
}

static void several_inputs(void)
{
    begin();
    add_values("1|2|3|4|5");
    job.task.max_args = 2;
    make();
    COMPARE("1 / 2", "3 / 4", "5");
    CU_ASSERT_STRING_EQUAL(whole(1), "3 / 4");
    end();
    begin();
    add_range("0:3");
    add_values("a|b");
    job.task.max_args = 4;
    make();
    COMPARE("0|a / 0|b / 1|a / 1|b", "2|a / 2|b");
    CU_ASSERT_STRING_EQUAL(whole(1), "2 a / 2 b");
    end();
}

/* ---- ranges -------------------------------------------------------------- */

static void check_range(const char *text, const char *want)
{
    char line[1024] = "";
    begin();
    add_range(text);
    make();
    for (uint64_t i = 0; i < work.n_items; i++) {
        strcat(line, i > 0 ? " " : "");
        strcat(line, columns(i));
    }
    if (strcmp(line, want) != 0)
        tap_note("%s is '%s', not '%s'", text, line, want);
    CU_ASSERT_STRING_EQUAL(line, want);
    end();
}

/* sbatch(1), --array: "0-15", "0,6,16-32", "0-15:4" is "0,4,8,12". */
static void ranges(void)
{
    check_range("0:4", "0 1 2 3");
    check_range("0-3", "0 1 2 3");
    check_range("0-15:4", "0 4 8 12");
    check_range("0,6,16-18", "0 6 16 17 18");
    check_range("1-7:2", "1 3 5 7");
    check_range("1-5,10,20-40:4", "1 2 3 4 5 10 20 24 28 32 36 40");
    check_range("7", "7");
    check_range("0:0", "");
    check_range("5:5,3", "3");
    check_range("-2:2", "-2 -1 0 1");
    check_range("-3--1", "-3 -2 -1");
    check_range("0:10:3", "0 3 6 9");
}

static void wrong_range(const char *text, const char *why)
{
    begin();
    add_range(text);
    make_fails(why);
}

static void wrong_ranges(void)
{
    wrong_range("0-15%4", "-n N");
    wrong_range("", "is no range");
    wrong_range("1,", "is no range");
    wrong_range("a-b", "is no range");
    wrong_range("3-1", "ends before it begins");
    wrong_range("0-9:0", "step");
    wrong_range("0-9223372036854775807", "2^63");
    wrong_range("0-99999999999999999999", "64 bits");
    wrong_range("-9223372036854775808-9223372036854775806:5", "2^63");
    wrong_range("1-2-3", "not separated by commas");
}

/* Nothing that grows with the number of items. */
static void large_product(void)
{
    begin();
    add_range("0:1000000000000");
    add_range("0:1000000");
    make();
    CU_ASSERT_EQUAL(work.n_items, UINT64_C(1000000000000000000));
    CU_ASSERT_STRING_EQUAL(columns(UINT64_C(999999999999999999)),
                           "999999999999|999999");
    CU_ASSERT_STRING_EQUAL(columns(UINT64_C(123456789012345678)),
                           "123456789012|345678");
    CU_ASSERT(work.bytes < 65536);
    end();
    begin();
    add_range("0:10000000000");
    add_range("0:10000000000");
    make_fails("2^62");
}

/* ---- columns ------------------------------------------------------------- */

/* parallel(1), --colsep: "parallel --colsep '-' echo {4} {3} {2} {1} ::: A-B
 * C-D ::: e-f g-h"; {} is all columns; "--colsep implies --trim rl". */
static void colsep(void)
{
    begin();
    job.task.colsep = "-";
    add_values("A-B|C-D");
    add_values("e-f|g-h");
    make();
    COMPARE("A|B|e|f", "A|B|g|h", "C|D|e|f", "C|D|g|h");
    CU_ASSERT_STRING_EQUAL(whole(1), "A B g h");
    end();
    begin();
    job.task.colsep = ",";
    add_file(" a , b c,\n,x\n\none");
    make();
    COMPARE("a|b c|", "|x", "", "one");
    end();
}

static void check_colsep(const char *separator, const char *line,
                         const char *want)
{
    begin();
    job.task.colsep = separator;
    add_file(line);
    make();
    COMPARE(want);
    end();
}

static void colsep_expressions(void)
{
    check_colsep("\\t", "a\tb t\tc", "a|b t|c");
    check_colsep("\\|", "a|b", "a|b");
    check_colsep(" +", "a  b c", "a|b|c");
    check_colsep("[,;]", "a,b;c", "a|b|c");
    check_colsep("[\\t;]", "a\tb;t", "a|b|t");
    check_colsep("\\s+", "a \t b", "a|b");
    check_colsep("\\d", "a1b2c", "a|b|c");
    check_colsep("[\\d.]+", "a1.5b2c", "a|b|c");
    check_colsep(", *|; *", "a, b;c", "a|b|c");
    check_colsep("::", "a::b:c::", "a|b:c|");
    check_colsep("\\x2c", "a,b", "a|b");
    check_colsep("[[:digit:]]", "a1b", "a|b");
    check_colsep("[]x]", "a]bxc", "a|b|c");
    check_colsep(",?-", "a,-b-c", "a|b|c");
}

static void wrong_colsep(const char *separator, const char *why)
{
    begin();
    job.task.colsep = separator;
    add_values("a");
    make_fails(why);
}

static void wrong_colseps(void)
{
    wrong_colsep("(", "no regular expression");
    wrong_colsep("[a", "no regular expression");
    wrong_colsep("x*", "matches nothing at all");
    wrong_colsep("|", "'\\|'");
    wrong_colsep("\\", "no regular expression");
}

/* Lines need not have as many columns; items of several are filled up. */
static void ragged(void)
{
    begin();
    job.task.colsep = ",";
    job.task.max_args = 3;
    add_values("a|b,c,d|e,f|g");
    make();
    COMPARE("a|| / b|c|d / e|f|", "g");
    CU_ASSERT_STRING_EQUAL(whole(0), "a / b c d / e f");
    end();
}

/* RFC 4180, section 2: its examples of rules 1 to 7. */
static void csv(void)
{
    begin();
    job.task.csv = true;
    add_file("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n"
             "\"aaa\",\"b \r\nbb\",\"ccc\"\r\n"
             "\"aaa\",\"b\"\"bb\",\"ccc\"\r\n");
    make();
    COMPARE("aaa|bbb|ccc", "zzz|yyy|xxx", "aaa|b \r\nbb|ccc",
            "aaa|b\"bb|ccc");
    CU_ASSERT_STRING_EQUAL(whole(3), "aaa b\"bb ccc");
    end();
    begin();
    job.task.csv = true;
    add_file("\xef\xbb\xbf\"\",a \n\n, \n\"\"\"\"\n5\" disk,\"x,y\"");
    make();
    COMPARE("|a ", "| ", "\"", "5\" disk|x,y");
    end();
    begin();
    job.task.csv = true;
    job.task.colsep = ";";
    add_values("a,b;\"c;d\"");
    make();
    COMPARE("a,b|c;d");
    end();
}

static void wrong_csv(const char *text, size_t n, const char *why)
{
    begin();
    job.task.csv = true;
    add_source(TASK_FILE)->path = write_file(0, text, n);
    make_fails(why);
}

#define WRONG_CSV(text, why) wrong_csv(text, sizeof(text) - 1, why)

static void wrong_csvs(void)
{
    WRONG_CSV("a,b\n\"c\nd,e\nf", ":2: this quote is not closed");
    WRONG_CSV("a\n\"b\nc\",\"d\"e\n", ":3: there is text behind");
    WRONG_CSV("a\n\"b\"\rc\n", ":2: there is text behind");
    WRONG_CSV("a\n\0b\n", "zero byte");
    begin();
    job.task.csv = true;
    job.task.colsep = "ab";
    add_values("a");
    make_fails("one byte");
    /* Of values of the command line an item is wrong, not all. */
    begin();
    job.task.csv = true;
    add_values("a|\"b|c");
    make();
    CU_ASSERT_EQUAL(items_get(&work.items, 1, &item, &error), -1);
    CU_ASSERT_EQUAL(error.status, FF_ITEMS_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "quote is not closed"));
    CU_ASSERT_STRING_EQUAL(columns(2), "c");
    end();
}

/* ---- headers ------------------------------------------------------------- */

/* parallel(1), --header: "for ::: the first value is the name". */
static void headers(void)
{
    begin();
    job.task.header = true;
    add_values("size|1|2");
    add_range("7,9");
    add_file("name\nx\ny");
    make();
    COMPARE("1|7|x", "1|7|y", "1|9|x", "1|9|y", "2|7|x", "2|7|y", "2|9|x",
            "2|9|y");
    CU_ASSERT_EQUAL(items_column(&work.items, span_of("size")), 0);
    CU_ASSERT_EQUAL(items_column(&work.items, span_of("name")), 2);
    CU_ASSERT_EQUAL(items_column(&work.items, span_of("nam")), -1);
    CU_ASSERT_EQUAL(items_column(&work.items, span_of("")), -1);
    CU_ASSERT(span_is(items_name(&work.items, 2), "name"));
    CU_ASSERT_EQUAL(items_name(&work.items, 1).n, 0);
    CU_ASSERT_EQUAL(items_name(&work.items, 3).n, 0);
    end();
}

static void csv_headers(void)
{
    begin();
    job.task.csv = job.task.header = true;
    add_file("\xef\xbb\xbfid,\"two\nlines\",\"a \"\"b\"\"\"\r\n1,2,3\r\n"
             "4,5\r\n\r\n6,7,8,9\r\n");
    make();
    CU_ASSERT_EQUAL(items_column(&work.items, span_of("id")), 0);
    CU_ASSERT_EQUAL(items_column(&work.items, span_of("two\nlines")), 1);
    CU_ASSERT_EQUAL(items_column(&work.items, span_of("a \"b\"")), 2);
    CU_ASSERT_EQUAL(work.n_items, 3);
    CU_ASSERT_STRING_EQUAL(columns(0), "1|2|3");
    CU_ASSERT_STRING_EQUAL(columns(1), "4|5|");
    CU_ASSERT_EQUAL(items_get(&work.items, 2, &item, &error), -1);
    CU_ASSERT_EQUAL(error.status, FF_ITEMS_FAILED);
    CU_ASSERT_STRING_EQUAL(error.text, "the header has 3 columns, and there "
                           "are more in '6,7,8,9'");
    end();
}

/* Of several sources columns are where the headers say. */
static void headers_in_line(void)
{
    begin();
    job.task.colsep = "\\t";
    job.task.header = true;
    add_file("a\tb\n1\t2\n3\n");
    add_file("c\nx\n");
    make();
    COMPARE("1|2|x", "3||x");
    CU_ASSERT_EQUAL(items_column(&work.items, span_of("c")), 2);
    end();
    /* GNU parallel has more columns than names, too. */
    begin();
    job.task.colsep = ",";
    job.task.header = true;
    add_file("a,b\n1,2\n3,4,5\n6");
    make();
    COMPARE("1|2", "3|4|5", "6|");
    end();
}

static void wrong_headers(void)
{
    begin();
    job.task.header = true;
    add_values("x|1");
    add_values("x|2");
    make_fails("two columns have the name 'x'");
    begin();
    job.task.header = true;
    add_file("");
    make();
    CU_ASSERT_EQUAL(work.n_items, 0);
    end();
    begin();
    job.task.header = true;
    add_file("only");
    make();
    CU_ASSERT_EQUAL(work.n_items, 0);
    CU_ASSERT_EQUAL(items_column(&work.items, span_of("only")), 0);
    end();
}

/* ---- which of them ------------------------------------------------------- */

static void null_ended(void)
{
    begin();
    job.null_ended = true;
    add_source(TASK_FILE)->path = write_file(0, "a\nb\0c\0\0d", 8);
    make();
    COMPARE("a\nb", "c", "", "d");
    end();
}

static void filtered(void)
{
    begin();
    job.task.filter = "{1} + {2} == 4";
    job.task.max_args = 2;
    add_range("0-4");
    add_range("0-4");
    make();
    COMPARE("0|4 / 1|3", "2|2 / 3|1", "4|0");
    end();
    begin();
    job.task.csv = job.task.header = true;
    job.task.filter = "{n} > 1";
    add_file("n,m\n1,a\n2,b\n3,c\n");
    make();
    COMPARE("2|b", "3|c");
    end();
    begin();
    job.task.filter = "{1} > 5";
    add_file("1\n2\n");
    make();
    CU_ASSERT_PTR_NOT_NULL(input.name);
    CU_ASSERT_EQUAL(work.n_items, 0);
    end();
    begin();
    job.task.filter = "{1} / 0 > 5";
    add_values("1");
    make_fails("input 1 ('1')");
}

/* Each once, in the same order for the same seed. */
static void shuffled(void)
{
    static char first[100][sizeof ((struct ff_error *)NULL)->text];
    char seen[100] = "";
    int n_moved = 0, n_other = 0;
    for (int turn = 0; turn < 3; turn++) {
        begin();
        job.task.shuffle = true;
        job.seed = turn < 2 ? 42 : 43;
        add_range("0:100");
        make();
        CU_ASSERT_EQUAL(work.n_items, 100);
        for (uint64_t i = 0; i < 100; i++) {
            const char *is = columns(i);
            seen[atoi(is)]++;
            if (turn == 0)
                snprintf(first[i], sizeof first[i], "%s", is);
            if (turn == 1)
                CU_ASSERT_STRING_EQUAL(first[i], is);
            n_other += turn == 2 && strcmp(first[i], is) != 0;
            n_moved += turn == 0 && (uint64_t)atoi(is) != i;
        }
        end();
    }
    for (int i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(seen[i], 3);
    CU_ASSERT(n_moved > 80);
    CU_ASSERT(n_other > 80);
}

/* ---- the file ------------------------------------------------------------ */

static uint64_t state = 88172645463325252u;

/* Xorshift: G. Marsaglia, Xorshift RNGs, J. Stat. Software 8 (2003). */
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* All that a damaged file says, if it is taken for one. */
static bool read_damaged(const uint64_t *bytes, size_t n)
{
    struct work damaged;
    struct items items;
    struct ff_error err = {0};
    uint64_t n_items, n_inputs;
    if (work_open(&damaged, bytes, n, &err) != 0
        || items_open(&items, &damaged, &(struct items_input){.n_blocks = 0},
                      &err) != 0)
        return false;
    if (items_count(&items, &n_items, &n_inputs, &err) == 0)
        for (uint64_t i = 0; i < 20 && i < n_items; i++)
            if (damaged.head->max_args < 100)
                (void)items_get(&items, i, &item, &err);
    items_column(&items, span_of("n"));
    items_release(&items);
    item_release(&item);
    return true;
}

/* Bytes of the file changed at random: it is refused, or read without a fault
 * (which a sanitizer would tell). */
static void damaged(void)
{
    begin();
    job.task.csv = job.task.header = true;
    job.task.filter = "{n} > 0";
    add_file("n,m\n1,a\n2,b\n3,c\n");
    add_range("1,3-9");
    make();
    const size_t n = work.bytes;
    uint64_t *bytes = malloc(n);
    uint64_t n_opened = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    for (int turn = 0; turn < 20000; turn++) {
        memcpy(bytes, work.at, n);
        for (uint64_t k = next() % 3 + 1; k > 0; k--)
            ((unsigned char *)bytes)[next() % n] =
                (unsigned char)(next() % 4 == 0 ? next() : next() % 4);
        n_opened += read_damaged(bytes, n);
    }
    memcpy(bytes, work.at, n);
    CU_ASSERT(read_damaged(bytes, n));
    for (size_t k = 0; k < n; k += 97)
        CU_ASSERT_FALSE(read_damaged(bytes, k));
    tap_note("%" PRIu64 " of 20000 were opened", n_opened);
    free(bytes);
    end();
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"values of the command line", values},
        {"several sources make a product", product},
        {"linked sources go along", linked},
        {"an empty source has no items", empty_source},
        {"a single file stays where it is", one_file},
        {"several inputs an item", several_inputs},
        {"ranges, and arrays as Slurm has them", ranges},
        {"what is no range is told", wrong_ranges},
        {"a product is not listed", large_product},
        {"columns separated by a text", colsep},
        {"columns separated by expressions", colsep_expressions},
        {"expressions that cannot be", wrong_colseps},
        {"lines with fewer columns", ragged},
        {"CSV as in RFC 4180", csv},
        {"what is no CSV", wrong_csvs},
        {"headers give names", headers},
        {"headers of CSV", csv_headers},
        {"headers say where columns are", headers_in_line},
        {"headers that cannot be, or are all", wrong_headers},
        {"lines that end with zero bytes", null_ended},
        {"--filter", filtered},
        {"--shuf", shuffled},
        {"a file that is damaged", damaged},
    };
    return TAP_RUN(tests);
}
