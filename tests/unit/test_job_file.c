/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Job files: what is read from them, and each key of the table wrong once in
 * each way. A message must begin with FILE:LINE of what is wrong.
 */
#include "job_file.h"
#include "job_options.h"
#include "job_parse.h"
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "dir/job.yaml"

static struct option_list list;
static struct text_pool pool;
static struct ff_error err;
static struct task_file of_command;

static void clear(void)
{
    option_list_release(&list);
    task_file_release(&of_command);
    text_pool_release(&pool);
    err = (struct ff_error){0};
}

static int parse_bytes(const char *text, size_t n)
{
    clear();
    return job_file_parse(PATH, text, n, &job_options, &list, &of_command, &pool,
                          &err);
}

static int parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

/* Reads and sets: as in a run. */
static int take(const char *text, struct job *job)
{
    *job = (struct job){0};
    const int rc = parse(text);
    return rc != 0 ? rc : options_apply(&job_options, &list, job, &err);
}

static bool takes(const char *text, struct job *job)
{
    const int rc = take(text, job);
    CU_ASSERT_EQUAL(rc, 0);
    if (rc != 0)
        tap_note("%s: %s", text, err.text);
    return rc == 0;
}

/* Is refused in this line, with all of these words (up to a NULL). */
static void refused(unsigned line, const char *text, ...)
{
    struct job job;
    char place[64];
    va_list args;
    const char *word;
    const int rc = take(text, &job);
    snprintf(place, sizeof place, PATH ":%u: ", line);
    const bool at_place = strncmp(err.text, place, strlen(place)) == 0;
    CU_ASSERT_EQUAL(rc, -1);
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    CU_ASSERT_TRUE(at_place);
    CU_ASSERT_PTR_NULL(strchr(err.text, '\n'));
    if (rc == 0 || !at_place)
        tap_note("%s: '%s' is not of line %u", text, err.text, line);
    va_start(args, text);
    while ((word = va_arg(args, const char *)) != NULL) {
        const bool has = strstr(err.text, word) != NULL;
        CU_ASSERT_TRUE(has);
        if (!has)
            tap_note("%s: '%s' without '%s'", text, err.text, word);
    }
    va_end(args);
}

/* ---- right --------------------------------------------------------------- */

static void all_kinds(void)
{
    struct job job;
    if (!takes("# a comment\n"
               "kernel: ../pi.c   # and another\n"
               "n: 4\n"
               "range: 0:1e6\n"
               "time-limit: '1.5h'\n"
               "quiet: true\n"
               "hex: false\n"
               "args:\n"
               "  n: 12\n"
               "  title: two words\n"
               "  empty: ''\n"
               "env: [A=1, \"B=x: #y\"]\n", &job))
        return;
    CU_ASSERT_STRING_EQUAL(job.kernel, "dir/../pi.c");
    CU_ASSERT_EQUAL(job.workers, 4);
    CU_ASSERT_TRUE(job.has_range && job.last == 1000000);
    CU_ASSERT_EQUAL(job.time_limit_ns, UINT64_C(5400000000000));
    CU_ASSERT_TRUE(job.quiet && !job.hex);
    CU_ASSERT_EQUAL(job.n_args, 3);
    CU_ASSERT_STRING_EQUAL(job.arg[0], "n=12");
    CU_ASSERT_STRING_EQUAL(job.arg[1], "title=two words");
    CU_ASSERT_STRING_EQUAL(job.arg[2], "empty=");
    CU_ASSERT_EQUAL(job.n_env, 2);
    CU_ASSERT_STRING_EQUAL(job.env[1], "B=x: #y");
    CU_ASSERT_EQUAL(list.at[3].line, 5);
}

static void spellings(void)
{
    struct job job;
    if (takes("{kernel: /a/pi.c, args: [n=1, m=2], seed: 7}", &job)) {
        CU_ASSERT_STRING_EQUAL(job.kernel, "/a/pi.c");
        CU_ASSERT_EQUAL(job.n_args, 2);
        CU_ASSERT_EQUAL(job.seed, 7);
    }
    if (takes("---\nkernel: pi.c\n...\n", &job))
        CU_ASSERT_STRING_EQUAL(job.kernel, "dir/pi.c");
    if (takes("\xef\xbb\xbfkernel: pi.c\r\nseed: 3\r\n", &job)) {
        CU_ASSERT_STRING_EQUAL(job.kernel, "dir/pi.c");
        CU_ASSERT_EQUAL(job.seed, 3);
    }
    if (takes("kernel: \"\\u00e9.c\"\nargs:\n  t: |\n    a\n    b\n", &job)) {
        CU_ASSERT_STRING_EQUAL(job.kernel, "dir/\xc3\xa9.c");
        CU_ASSERT_STRING_EQUAL(job.arg[0], "t=a\nb\n");
    }
}

/* ---- each key of the table ----------------------------------------------- */

static const char *key_of(size_t i)
{
    static char letter[2];
    return i < job_options.n_rows ? option_key(&job_options.row[i], letter)
                                  : job_options.operand_key;
}

static const struct option_row *row_of(size_t i)
{
    return i < job_options.n_rows ? &job_options.row[i] : NULL;
}

static void no_value(void)
{
    static const char *const nothings[] = {"", "~", "null", "# comment"};
    char text[200];
    for (size_t i = 0; i <= job_options.n_rows; i++)
        for (size_t k = 0; k < 4; k++) {
            snprintf(text, sizeof text, "\n\n%s: %s\n", key_of(i),
                     nothings[k]);
            refused(3, text, key_of(i), "has no value", NULL);
        }
}

static void twice(void)
{
    char text[200];
    for (size_t i = 0; i <= job_options.n_rows; i++) {
        const struct option_row *row = row_of(i);
        const char *value = row != NULL && option_is_flag(row) ? "true" : "A=1";
        snprintf(text, sizeof text, "%s: %s\n# and\n%s: %s\n", key_of(i),
                 value, key_of(i), value);
        refused(3, text, key_of(i), "twice", "line 1", NULL);
    }
}

static void wrong_types(void)
{
    char text[200];
    for (size_t i = 0; i <= job_options.n_rows; i++) {
        const struct option_row *row = row_of(i);
        const bool repeated = row != NULL && row->repeat != OPTION_ONCE;
        const char *key = key_of(i);
        snprintf(text, sizeof text, "%s: [[1]]\n", key);
        refused(1, text, key, "list", NULL);
        snprintf(text, sizeof text, "%s:\n  A: [1]\n", key);
        refused(2, text, NULL);
        snprintf(text, sizeof text, "\n? [%s]\n: 1\n", key);
        refused(2, text, "key", NULL);
        if (repeated)
            continue;
        snprintf(text, sizeof text, "%s: [a, b]\n", key);
        refused(1, text, key, "one value", NULL);
        snprintf(text, sizeof text, "%s: {a: b}\n", key);
        refused(1, text, key, "one value", NULL);
    }
}

static void wrong_flags(void)
{
    static const char *const values[] = {"yes", "1", "True", "''"};
    char text[200];
    for (size_t i = 0; i < job_options.n_rows; i++)
        for (size_t k = 0; option_is_flag(row_of(i)) && k < 4; k++) {
            snprintf(text, sizeof text, "%s:\n  %s\n", key_of(i), values[k]);
            refused(2, text, key_of(i), "true or false", NULL);
        }
}

/* A letter doubled: no key any more, and the right one is near. */
static void misspelt(void)
{
    char text[200], word[100];
    for (size_t i = 0; i <= job_options.n_rows; i++) {
        const char *key = key_of(i);
        const size_t half = strlen(key) / 2;
        if (strlen(key) < 3)
            continue;
        snprintf(word, sizeof word, "%.*s%s", (int)half + 1, key, key + half);
        snprintf(text, sizeof text, "\n%s: 1\n", word);
        refused(2, text, "unknown key", word, "did you mean", key, NULL);
    }
    refused(1, "frobnicate: 1", "unknown key 'frobnicate'", "--help", NULL);
    refused(1, "np: 1", "did you mean 'n'", NULL);
    refused(1, "arg: 1", "did you mean 'args'", NULL);
}

/* Values of which the table says that they are wrong: the line of the value. */
static void wrong_values(void)
{
    refused(2, "kernel: a.c\nn: 0\n", "n: '0'", "1 or more", NULL);
    refused(2, "chunk:\n  1.5\n", "chunk: '1.5'", NULL);
    refused(3, "args:\n  a: 1\n  2b: 1\n", "args: '2b=1'", NULL);
    refused(3, "args:\n  a: 1\n  a: 2\n", "'a'", "twice", NULL);
    refused(2, "args:\n  a:\n", "'a'", "no value", NULL);
    refused(1, "range: '1,2'\n", "contiguous", NULL);
    refused(1, "seed: \"1\\0\"\n", "zero byte", NULL);
    refused(1, "\"seed\\0\": 1\n", "zero byte", NULL);
}

/* ---- what is no job file ------------------------------------------------- */

static void no_yaml(void)
{
    refused(1, "", "empty", NULL);
    refused(1, "# nothing\n\n", "empty", NULL);
    refused(1, "pi.c\n", "key: value", NULL);
    refused(1, "- pi.c\n", "key: value", NULL);
    refused(1, "--- ''\n", "key: value", NULL);
    refused(2, "kernel: a.c\n\tseed: 1\n", "tab", NULL);
    refused(2, "kernel: a.c\nseed: 'x\n", "not YAML", NULL);
    refused(2, "kernel: a.c\nseed: [1\n", NULL);
    refused(2, "kernel: a.c\nseed 1\n", "not YAML", NULL);
    refused(2, "kernel: a.c\n---\nseed: 1\n", "second document", NULL);
    refused(2, "kernel: a.c\nseed: &a 1\n", "anchors", NULL);
    refused(1, "kernel: *a\n", "aliases", NULL);
    refused(1, "kernel: *.c\n", NULL);
    refused(1, "seed: !!int 1\n", "tags", NULL);
    refused(1, "env: !x [A=1]\n", "tags", NULL);
    refused(1, "<<: {seed: 1}\n", "unknown key '<<'", NULL);
    refused(2, "seed: 1\nkernel: \xff\n", "UTF-8", "0xff", NULL);
    refused(1, "kernel: \xc0\xaf.c\n", "UTF-8", NULL);
    refused(1, "kernel: \xed\xa0\x80.c\n", "UTF-8", NULL);
    refused(2, "seed: 1\nkernel: ''\n", "empty", NULL);
    refused(1, "kernel: a\x01.c\n", "control", NULL);
}

static void zero_bytes(void)
{
    static const char text[] = "seed: 1\nkernel: a\0b\n";
    CU_ASSERT_EQUAL(parse_bytes(text, sizeof text - 1), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, PATH ":2: "));
}

/* A bomb of nested lists costs what its length costs. */
static void nesting(void)
{
    enum { DEPTH = 100000 };
    char *text = malloc(DEPTH + 10);
    if (text == NULL)
        return;
    strcpy(text, "args: ");
    memset(text + 6, '[', DEPTH);
    CU_ASSERT_EQUAL(parse_bytes(text, DEPTH + 6), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, PATH ":1: "));
    free(text);
}

static void truncated(void)
{
    static const char text[] =
        "kernel: ../pi.c\nargs:\n  n: 12\n  t: \"a\\u00e9\"\nenv: [A=1, B]\n"
        "range: 0:1e6\nquiet: true\ntime-limit: 1.5h\n";
    for (size_t n = 0; n < sizeof text; n++) {
        struct job job = {0};
        const int rc = parse_bytes(text, n);
        if (rc == 0)
            options_apply(&job_options, &list, &job, &err);
        const bool said = strncmp(err.text, PATH ":", strlen(PATH) + 1) == 0;
        CU_ASSERT_TRUE(rc == 0 || (said && err.status == FF_USAGE));
    }
}

static void names(void)
{
    CU_ASSERT_TRUE(job_file_is("a.yaml") && job_file_is("d.c/a.yml"));
    CU_ASSERT_FALSE(job_file_is("a.c") || job_file_is("a.yaml.c")
                    || job_file_is("yaml"));
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"all kinds of values", all_kinds},
        {"spellings", spellings},
        {"each key without a value", no_value},
        {"each key twice", twice},
        {"each key with a value of a wrong type", wrong_types},
        {"each flag with another word", wrong_flags},
        {"each key misspelt", misspelt},
        {"wrong values", wrong_values},
        {"what is no job file", no_yaml},
        {"zero bytes", zero_bytes},
        {"deep nesting", nesting},
        {"truncated at every byte", truncated},
        {"names of job files", names},
    };
    const int status = TAP_RUN(tests);
    clear();
    return status;
}
