/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs CUnit tests and prints TAP, which CUnit cannot do by itself.
 *
 *     static void adds(void) { CU_ASSERT_EQUAL(1 + 1, 2); }
 *
 *     int main(void)
 *     {
 *         static const struct tap_test tests[] = {
 *             {"adds two numbers", adds},
 *         };
 *         return TAP_RUN(tests);
 *     }
 */
#ifndef FANFOLD_TESTS_TAP_H
#define FANFOLD_TESTS_TAP_H

#include <CUnit/CUnit.h>
#include <stddef.h>

struct tap_test {
    const char *name; /* unique; no '#', which TAP gives a meaning */
    void (*run)(void);
};

/* Runs the n tests in order and prints `1..n`, then `ok i - name` or
 * `not ok i - name` with each failed assertion as a `# ` line. Each test has
 * 180 s (900 s when FANFOLD_TEST_LONG=1), then the program bails out; uses
 * SIGALRM. Returns what main should: 0 if nothing failed, else 1. */
int tap_run(const struct tap_test *tests, size_t n);

#define TAP_RUN(tests) tap_run((tests), sizeof(tests) / sizeof((tests)[0]))

/* Called by a test: it counts as `ok i - name # SKIP reason` (unless an
 * assertion fails). The test should return after it. */
void tap_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Called by a test: a `# ` line for the reader of the log. */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Was FANFOLD_TEST_LONG=1 given? */
int tap_long(void);

#endif
