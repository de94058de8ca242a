/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line and the environment of `fanfold run`: right inputs and the
 * job that they make; wrong ones, each with words that its error must have.
 */
#include "job.h"
#include "job_parse.h"
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 16
#define SECOND UINT64_C(1000000000)

static struct job job;
static struct ff_error err;
static char command[512];
static char *words[MAX_WORDS];

/* Parses a command line, split at blanks; "''" is an empty word. */
static int parse(const char *line)
{
    int n = 0;
    snprintf(command, sizeof command, "run %s", line);
    for (char *p = strtok(command, " "); p != NULL; p = strtok(NULL, " "))
        words[n++] = strcmp(p, "''") == 0 ? p + 2 : p;
    words[n] = NULL;
    err = (struct ff_error){0};
    struct job before = job;
    const int rc = job_parse(&job, n, words, &err);
    if (rc == 0)
        job_release(&before);
    return rc;
}

static bool parses(const char *line)
{
    const int rc = parse(line);
    CU_ASSERT_EQUAL(rc, 0);
    if (rc != 0)
        tap_note("%s: %s", line, err.text);
    return rc == 0;
}

/* Is refused with one line that has all of these words (up to a NULL). */
static void refused(const char *line, ...)
{
    const struct job before = job;
    va_list args;
    const char *word;
    const int rc = parse(line);
    CU_ASSERT_EQUAL(rc, -1);
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    CU_ASSERT_PTR_NULL(strchr(err.text, '\n'));
    CU_ASSERT_EQUAL(memcmp(&before, &job, sizeof job), 0);
    va_start(args, line);
    while ((word = va_arg(args, const char *)) != NULL) {
        const bool has = strstr(err.text, word) != NULL;
        CU_ASSERT_TRUE(has);
        if (!has)
            tap_note("%s: '%s' without '%s'", line, err.text, word);
    }
    va_end(args);
}

static void clean_environment(void)
{
    static const char *const names[] = {
        "OMP_NUM_THREADS", "FANFOLD_OPT_N", "FANFOLD_OPT_THREADS",
        "FANFOLD_OPT_CHUNK", "FANFOLD_OPT_QUIET", "FANFOLD_OPT_VERBOSE",
        "FANFOLD_OPT_TIME_LIMIT", "FANFOLD_OPT_ARG", "FANFOLD_OPT_RANGE",
        "FANFOLD_OPT_JSON", "FANFOLD_OPT_SERIAL", "FANFOLD_OPT_THREDS",
        "FANFOLD_OPT_FROBNICATE", "FANFOLD_OPT_"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

/* ---- command line -------------------------------------------------------- */

static void defaults(void)
{
    clean_environment();
    if (!parses("pi.c"))
        return;
    CU_ASSERT_STRING_EQUAL(job.kernel, "pi.c");
    CU_ASSERT_PTR_NULL(job.ldflags);
    CU_ASSERT_PTR_NULL(job.json);
    CU_ASSERT_EQUAL(job.n_args, 0);
    CU_ASSERT_FALSE(job.has_range);
    CU_ASSERT_EQUAL(job.chunk_items, 0);
    CU_ASSERT_EQUAL(job.seed, 0);
    CU_ASSERT_EQUAL(job.workers, 0);
    CU_ASSERT_EQUAL(job.threads, 1);
    CU_ASSERT_EQUAL(job.timeout_ns, 0);
    CU_ASSERT_EQUAL(job.time_limit_ns, 0);
    CU_ASSERT_EQUAL(job.grace_ns, 5 * SECOND);
    CU_ASSERT_EQUAL(job.crash_limit, 3);
    CU_ASSERT_FALSE(job.serial || job.quiet || job.verbose || job.tag_output);
}

static void all_options(void)
{
    clean_environment();
    if (!parses("-n 4 --threads 2 --range 10:1e6 --chunk 64 --seed 7 "
                "pi.so --timeout=1.5h --time-limit 10m"))
        return;
    CU_ASSERT_STRING_EQUAL(job.kernel, "pi.so");
    CU_ASSERT_EQUAL(job.workers, 4);
    CU_ASSERT_EQUAL(job.threads, 2);
    CU_ASSERT_TRUE(job.has_range);
    CU_ASSERT_EQUAL(job.first, 10);
    CU_ASSERT_EQUAL(job.last, 1000000);
    CU_ASSERT_EQUAL(job.chunk_items, 64);
    CU_ASSERT_EQUAL(job.seed, 7);
    CU_ASSERT_EQUAL(job.timeout_ns, 5400 * SECOND);
    CU_ASSERT_EQUAL(job.time_limit_ns, 600 * SECOND);
    if (!parses("--grace 0 --crash-limit 1 --ldflags -lgsl --json - "
                "--serial --verbose --tag-output pi.c"))
        return;
    CU_ASSERT_EQUAL(job.grace_ns, 0);
    CU_ASSERT_EQUAL(job.crash_limit, 1);
    CU_ASSERT_STRING_EQUAL(job.ldflags, "-lgsl");
    CU_ASSERT_STRING_EQUAL(job.json, "-");
    CU_ASSERT_TRUE(job.serial && job.verbose && job.tag_output);
}

static void spellings(void)
{
    clean_environment();
    if (parses("-np 3 k.c"))
        CU_ASSERT_EQUAL(job.workers, 3);
    if (parses("k.c --np 3"))
        CU_ASSERT_EQUAL(job.workers, 3);
    if (parses("-n3 k.c"))
        CU_ASSERT_EQUAL(job.workers, 3);
    if (parses("--n=3 k.c"))
        CU_ASSERT_EQUAL(job.workers, 3);
    if (parses("--tag k.c --timestamp-output"))
        CU_ASSERT_TRUE(job.tag_output && job.timestamp_output);
    if (parses("--json -np k.c")) /* a value, not an option */
        CU_ASSERT_STRING_EQUAL(job.json, "-np");
    if (parses("--thr 3 k.c"))
        CU_ASSERT_EQUAL(job.threads, 3);
    if (parses("-- -k.c"))
        CU_ASSERT_STRING_EQUAL(job.kernel, "-k.c");
    if (parses("--chunk 3 --chunk 4 k.c"))
        CU_ASSERT_EQUAL(job.chunk_items, 4);
    if (parses("--timeout 1 --timeout 0 --time-limit 0s k.c"))
        CU_ASSERT_TRUE(job.timeout_ns == 0 && job.time_limit_ns == 0);
    if (parses("--verbose --quiet k.c"))
        CU_ASSERT_TRUE(job.quiet && !job.verbose);
    if (parses("--quiet --verbose k.c"))
        CU_ASSERT_TRUE(!job.quiet && job.verbose);
}

static void arguments(void)
{
    clean_environment();
    if (!parses("--arg n=14 --arg=text= --arg _x1=a=b k.c"))
        return;
    CU_ASSERT_EQUAL(job.n_args, 3);
    CU_ASSERT_STRING_EQUAL(job.arg[0], "n=14");
    CU_ASSERT_STRING_EQUAL(job.arg[1], "text=");
    CU_ASSERT_STRING_EQUAL(job.arg[2], "_x1=a=b");
}

static void ranges(void)
{
    static const struct { const char *line; uint64_t first, last; } table[] = {
        {"--range 0:1e9 k.c", 0, UINT64_C(1000000000)},
        {"--range 0-31 k.c", 0, 32},
        {"--range 5-5 k.c", 5, 6},
        {"--range 5:5 k.c", 5, 5},
        {"--range=1e3-2e3 k.c", 1000, 2001},
        {"--range 0:18446744073709551615 k.c", 0, UINT64_MAX},
        {"--range 0-18446744073709551614 k.c", 0, UINT64_MAX},
    };
    clean_environment();
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (parses(table[i].line)) {
            CU_ASSERT_TRUE(job.has_range);
            CU_ASSERT_EQUAL(job.first, table[i].first);
            CU_ASSERT_EQUAL(job.last, table[i].last);
        }
}

static void wrong_ranges(void)
{
    static const char *const no_range[] = {
        "--range 5 k.c", "--range 5: k.c", "--range 5- k.c", "--range :5 k.c",
        "--range a:b k.c", "--range 1:x k.c", "--range '' k.c",
        "--range 1.5:3 k.c"};
    clean_environment();
    for (size_t i = 0; i < sizeof no_range / sizeof no_range[0]; i++)
        refused(no_range[i], "'--range'", "0:1000", NULL);
    refused("--range 1-7:2 k.c", "contiguous", "'1-7:2'", NULL);
    refused("--range 0:10:2 k.c", "contiguous", NULL);
    refused("--range 1,3,5 k.c", "contiguous", NULL);
    refused("--range 0:1,000 k.c", "separators", "'0:1,000'", NULL);
    refused("--range 0:1,00 k.c", "contiguous", NULL);
    refused("--range 3:1 k.c", "ends before it begins", NULL);
    refused("--range 3-2 k.c", "ends before it begins", NULL);
    refused("--range -3:2 k.c", "negative", NULL);
    refused("--range 0:1e30 k.c", "2^64", NULL);
    refused("--range 0-18446744073709551615 k.c", "2^64", NULL);
}

static void wrong_values(void)
{
    clean_environment();
    refused("-n 0 k.c", "'-n'", "'0'", NULL);
    refused("-n -1 k.c", "'-n'", "'-1'", NULL);
    refused("-n x k.c", "'-n'", "whole number", NULL);
    refused("-n 1e10 k.c", "'-n'", "too large", NULL);
    refused("--threads 0 k.c", "'--threads'", NULL);
    refused("--chunk 1.5 k.c", "'--chunk'", "'1.5'", NULL);
    refused("--chunk 65,536 k.c", "'--chunk'", "separators", "1000", NULL);
    refused("-n 1,5 k.c", "'-n'", "whole number", NULL);
    refused("--seed 1,000,000 k.c", "'--seed'", "separators", NULL);
    refused("--chunk 1e20 k.c", "'--chunk'", "too large", NULL);
    refused("--seed -1 k.c", "'--seed'", NULL);
    refused("--timeout soon k.c", "'--timeout'", "1.5h", NULL);
    refused("--time-limit -3 k.c", "'--time-limit'", NULL);
    refused("--grace 1e30 k.c", "'--grace'", "out of range", NULL);
    refused("--crash-limit 0 k.c", "'--crash-limit'", NULL);
    refused("--arg n k.c", "'--arg'", "NAME=VALUE", NULL);
    refused("--arg =3 k.c", "NAME=VALUE", NULL);
    refused("--arg 2n=3 k.c", "NAME=VALUE", NULL);
    refused("--arg a-b=3 k.c", "NAME=VALUE", NULL);
    refused("--json= k.c", "'--json'", "empty", NULL);
}

static void wrong_words(void)
{
    clean_environment();
    refused("", "no kernel", "fanfold run", NULL);
    refused("-n 2", "no kernel", NULL);
    refused("a.c b.c", "'a.c'", "'b.c'", NULL);
    refused("''", "kernel", "empty", NULL);
    refused("--chnk 3 k.c", "'--chnk'", "did you mean '--chunk'", NULL);
    refused("--treads=3 k.c", "'--treads'", "'--threads'", NULL);
    refused("--thraeds=3 k.c", "did you mean '--threads'", NULL);
    refused("--version", "did you mean 'fanfold --version'", NULL);
    refused("--hlep", "did you mean '--help'", NULL);
    refused("--frobnicate k.c", "option '--frobnicate': 'fanfold run", NULL);
    refused("--time 3 k.c", "'--time'", "'--timeout'", "'--time-limit'", NULL);
    refused("-z k.c", "'-z'", "--help", NULL);
    refused("k.c --chunk", "'--chunk' needs a value", NULL);
    refused("k.c -n", "'-n' needs a value", NULL);
    refused("--quiet=1 k.c", "'--quiet' takes no value", NULL);
}

static void too_many_arguments(void)
{
    static char word[] = "--arg=n=1", kernel[] = "k.c";
    static char *argv[JOB_MAX_ARGS + 4];
    clean_environment();
    for (int i = 1; i <= JOB_MAX_ARGS + 1; i++)
        argv[i] = word;
    argv[0] = argv[JOB_MAX_ARGS + 2] = kernel;
    CU_ASSERT_EQUAL(job_parse(&job, JOB_MAX_ARGS + 3, argv, &err), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "256"));
    argv[JOB_MAX_ARGS + 1] = kernel;
    job_release(&job);
    CU_ASSERT_EQUAL(job_parse(&job, JOB_MAX_ARGS + 2, argv, &err), 0);
    CU_ASSERT_EQUAL(job.n_args, JOB_MAX_ARGS);
}

/* ---- environment --------------------------------------------------------- */

static void environment(void)
{
    clean_environment();
    setenv("FANFOLD_OPT_CHUNK", "64", 1);
    setenv("FANFOLD_OPT_TIME_LIMIT", "1m", 1);
    setenv("FANFOLD_OPT_N", "5", 1);
    setenv("FANFOLD_OPT_QUIET", "1", 1);
    setenv("FANFOLD_OPT_SERIAL", "0", 1);
    setenv("FANFOLD_OPT_JSON", "", 1); /* as if unset */
    setenv("FANFOLD_OPT_ARG", "a=1", 1);
    if (parses("k.c")) {
        CU_ASSERT_EQUAL(job.chunk_items, 64);
        CU_ASSERT_EQUAL(job.time_limit_ns, 60 * SECOND);
        CU_ASSERT_EQUAL(job.workers, 5);
        CU_ASSERT_TRUE(job.quiet && !job.serial);
        CU_ASSERT_PTR_NULL(job.json);
        CU_ASSERT_STRING_EQUAL(job.arg[0], "a=1");
    }
    if (parses("--chunk 8 -n 2 --verbose --arg a=2 k.c")) {
        CU_ASSERT_EQUAL(job.chunk_items, 8);
        CU_ASSERT_EQUAL(job.workers, 2);
        CU_ASSERT_TRUE(job.verbose && !job.quiet);
        CU_ASSERT_EQUAL(job.n_args, 2); /* the last of a name counts */
        CU_ASSERT_STRING_EQUAL(job.arg[1], "a=2");
    }
    clean_environment();
}

static void wrong_environment(void)
{
    clean_environment();
    setenv("FANFOLD_OPT_TIME_LIMIT", "soon", 1);
    refused("k.c", "'FANFOLD_OPT_TIME_LIMIT'", "'soon'", "duration", NULL);
    clean_environment();
    setenv("FANFOLD_OPT_QUIET", "yes", 1);
    refused("k.c", "'FANFOLD_OPT_QUIET'", "1", "0", NULL);
    clean_environment();
    setenv("FANFOLD_OPT_N", "0", 1);
    refused("k.c", "'FANFOLD_OPT_N'", NULL);
    clean_environment();
    setenv("FANFOLD_OPT_RANGE", "1,2", 1);
    refused("k.c", "'FANFOLD_OPT_RANGE'", "contiguous", NULL);
    clean_environment();
}

/* A variable that is no option's is no error, but said. */
static void unknown_variables(void)
{
    clean_environment();
    setenv("FANFOLD_OPT_CHUNK", "64", 1);
    setenv("FANFOLD_OPT_THREDS", "", 1); /* as if unset */
    if (parses("k.c"))
        CU_ASSERT_STRING_EQUAL(job.warning, "");
    setenv("FANFOLD_OPT_THREDS", "2", 1);
    if (parses("k.c")) {
        CU_ASSERT_PTR_NOT_NULL(strstr(job.warning, "'FANFOLD_OPT_THREDS'"));
        CU_ASSERT_PTR_NOT_NULL(strstr(job.warning, "'FANFOLD_OPT_THREADS'"));
        CU_ASSERT_EQUAL(job.threads, 1);
    }
    clean_environment();
    setenv("FANFOLD_OPT_FROBNICATE", "2", 1);
    if (parses("k.c")) {
        CU_ASSERT_PTR_NOT_NULL(strstr(job.warning, "FROBNICATE"));
        CU_ASSERT_PTR_NULL(strstr(job.warning, "did you mean"));
    }
    clean_environment();
    setenv("FANFOLD_OPT_", "2", 1);
    if (parses("k.c"))
        CU_ASSERT_PTR_NOT_NULL(strstr(job.warning, "'FANFOLD_OPT_'"));
    clean_environment();
}

static void openmp_threads(void)
{
    static const struct { const char *text; uint32_t threads; } table[] = {
        {"4", 4}, {"4,2", 4}, {" 8 ", 8}, {"", 1}, {"0", 1}, {"-3", 1},
        {"many", 1}, {"99999999999", 1}};
    clean_environment();
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        setenv("OMP_NUM_THREADS", table[i].text, 1);
        if (parses("k.c")) {
            CU_ASSERT_EQUAL(job.threads, table[i].threads);
            CU_ASSERT_EQUAL(job.openmp_threads, *table[i].text != '\0'
                            && strchr("48 ", *table[i].text) != NULL);
        }
    }
    setenv("OMP_NUM_THREADS", "4", 1);
    setenv("FANFOLD_OPT_THREADS", "3", 1);
    if (parses("k.c"))
        CU_ASSERT_EQUAL(job.threads, 3);
    if (parses("--threads 2 k.c"))
        CU_ASSERT_TRUE(job.threads == 2 && !job.openmp_threads);
    clean_environment();
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"defaults", defaults},
        {"all options", all_options},
        {"spellings of options", spellings},
        {"arguments of the kernel", arguments},
        {"too many arguments", too_many_arguments},
        {"ranges", ranges},
        {"wrong ranges", wrong_ranges},
        {"wrong values", wrong_values},
        {"wrong words", wrong_words},
        {"environment", environment},
        {"wrong environment", wrong_environment},
        {"unknown variables", unknown_variables},
        {"OMP_NUM_THREADS", openmp_threads},
    };
    return TAP_RUN(tests);
}
