/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runner behind tap.h. CUnit registers, runs and catches failed fatal
 * assertions; what it prints is TAP 13. Each test is run by itself, because
 * CU_run_test resets the counts and the list of failures: they are read after
 * every test, not from CU_get_error, which is 0 with failed assertions.
 */
#include "tap.h"

#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char skip_reason[200]; /* of the test that runs; empty: not skipped */
static const char *running = "";

int tap_long(void)
{
    const char *s = getenv("FANFOLD_TEST_LONG");
    return s && strcmp(s, "1") == 0;
}

void tap_skip(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(skip_reason, sizeof skip_reason, format, ap);
    va_end(ap);
}

void tap_note(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("# ", stdout);
    vprintf(format, ap);
    putchar('\n');
    va_end(ap);
}

static void say(const char *s)
{
    if (write(STDOUT_FILENO, s, strlen(s)) < 0)
        _exit(1);
}

static void out_of_time(int signal_number)
{
    (void)signal_number;
    say("Bail out! out of time: ");
    say(running);
    say("\n");
    _exit(1);
}

/* Runs one test; returns whether it passed. */
static int run_one(CU_pSuite suite, CU_pTest test, size_t number)
{
    running = test->pName;
    skip_reason[0] = '\0';
    alarm(tap_long() ? 900 : 180);
    const CU_ErrorCode code = CU_run_test(suite, test);
    alarm(0);

    const int passed = code == CUE_SUCCESS && CU_get_number_of_failures() == 0;
    printf("%s %zu - %s%s%s\n", passed ? "ok" : "not ok", number, test->pName,
           skip_reason[0] ? " # SKIP " : "", skip_reason);
    if (code != CUE_SUCCESS)
        printf("# CUnit: %s\n", CU_get_error_msg());
    for (CU_pFailureRecord f = CU_get_failure_list(); f; f = f->pNext)
        printf("# %s:%u: %s\n", f->strFileName, f->uiLineNumber,
               f->strCondition);
    fflush(stdout);
    return passed;
}

int tap_run(const struct tap_test *tests, size_t n)
{
    int failed = 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%zu\n", n);
    if (CU_initialize_registry() != CUE_SUCCESS)
        goto out;
    CU_set_error_action(CUEA_IGNORE);
    CU_pSuite suite = CU_add_suite("tap", NULL, NULL);
    if (!suite)
        goto cleanup;
    signal(SIGALRM, out_of_time);
    failed = 0;
    for (size_t i = 0; i < n; i++) {
        CU_pTest test = CU_add_test(suite, tests[i].name, tests[i].run);
        if (!test || !run_one(suite, test, i + 1)) {
            failed = 1;
            if (!test)
                printf("not ok %zu - %s\n# %s\n", i + 1, tests[i].name,
                       CU_get_error_msg());
        }
    }
cleanup:
    CU_cleanup_registry();
out:
    if (fflush(stdout) != 0)
        failed = 1;
    return failed;
}
