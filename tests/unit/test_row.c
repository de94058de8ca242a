/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: what goes in comes out, also in pieces; what contradicts itself is no
 * row; why an item failed, in words. */
#include "row.h"
#include "tap.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct row some_row(void)
{
    return (struct row){
        .item = 41, .start_ns = 1376577364974000000, .wall_ns = 1500,
        .user_ns = 7, .system_ns = 8, .max_rss_kb = 1234, .sent = 3,
        .n_stdout = UINT64_C(5000000000), .n_stderr = 2, .attempts = 2,
        .end = ROW_EXITED, .exit = 3, .rank = 1, .node = 4,
        .tag = {"a\tb", 3}, .command = {"echo 'a b'", 10},
        .reason = {"", 0}, .inputs = {"a\0b\0", 4}};
}

static int is_same(struct span a, struct span b)
{
    return a.n == b.n && memcmp(a.at, b.at, a.n) == 0;
}

static void comes_back(void)
{
    const struct row a = some_row();
    struct row b;
    const size_t n = row_bytes(&a);
    char *p = malloc(2 * n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    row_encode(&a, p);
    row_encode(&a, p + n);
    CU_ASSERT_EQUAL(row_decode(p, 2 * n, &b), (long)n);
    CU_ASSERT(is_same(a.tag, b.tag) && is_same(a.command, b.command)
              && is_same(a.inputs, b.inputs) && b.reason.n == 0);
    CU_ASSERT_EQUAL(b.item, 41);
    CU_ASSERT_EQUAL(b.start_ns, 1376577364974000000);
    CU_ASSERT(b.wall_ns == 1500 && b.user_ns == 7 && b.system_ns == 8);
    CU_ASSERT(b.max_rss_kb == 1234 && b.sent == 3 && b.n_stderr == 2);
    CU_ASSERT_EQUAL(b.n_stdout, UINT64_C(5000000000));
    CU_ASSERT(b.attempts == 2 && b.end == ROW_EXITED && b.exit == 3
              && b.signal == 0 && b.rank == 1 && b.node == 4);
    free(p);
}

static void waits_for_all_of_it(void)
{
    const struct row a = some_row();
    struct row b;
    const size_t n = row_bytes(&a);
    char *p = malloc(n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    row_encode(&a, p);
    for (size_t i = 0; i < n; i++)
        CU_ASSERT_EQUAL(row_decode(p, i, &b), 0);
    free(p);
}

static long decode(const struct row *row)
{
    char p[512];
    struct row b;
    memset(p, 0, sizeof p);
    row_encode(row, p);
    return row_decode(p, sizeof p, &b);
}

static void refuses_what_contradicts_itself(void)
{
    struct row row = some_row();
    CU_ASSERT(decode(&row) > 0);
    row.exit = 0; /* exited with another status than 0 */
    CU_ASSERT_EQUAL(decode(&row), -1);
    row = some_row();
    row.end = ROW_WELL;
    CU_ASSERT_EQUAL(decode(&row), -1);
    row.exit = 0;
    CU_ASSERT(decode(&row) > 0);
    row.signal = SIGKILL;
    CU_ASSERT_EQUAL(decode(&row), -1);
    row = some_row();
    row.end = ROW_SIGNALLED;
    CU_ASSERT_EQUAL(decode(&row), -1);
    row = some_row();
    row.end = ROW_CANCELLED;
    CU_ASSERT_EQUAL(decode(&row), -1);
    row = some_row();
    row.attempts = 0;
    CU_ASSERT_EQUAL(decode(&row), -1);
    row = some_row();
    row.exit = 256;
    CU_ASSERT_EQUAL(decode(&row), -1);
}

/* Any byte changed: it decodes to something sound, or not at all; never past
 * its end (which the sanitizers see). */
static void survives_damage(void)
{
    const struct row a = some_row();
    const size_t n = row_bytes(&a);
    for (size_t i = 0; i < 8 * n; i++) {
        struct row b;
        char *p = malloc(n);
        CU_ASSERT_PTR_NOT_NULL_FATAL(p);
        row_encode(&a, p);
        p[i / 8] ^= (char)(1u << (i % 8));
        const long used = row_decode(p, n, &b);
        CU_ASSERT(used == -1 || used == 0 || used == (long)n);
        if (used > 0) {
            char why[256];
            row_why(&b, why);
            CU_ASSERT(memchr(why, '\0', sizeof why) != NULL);
            CU_ASSERT(b.tag.n + b.command.n + b.reason.n + b.inputs.n < n);
        }
        free(p);
    }
}

static const char *why(const struct row *row)
{
    static char text[256];
    row_why(row, text);
    return text;
}

static void says_why(void)
{
    struct row row = some_row();
    CU_ASSERT_STRING_EQUAL(why(&row), "exit status 3");
    row.end = ROW_SIGNALLED;
    row.signal = SIGSEGV;
    CU_ASSERT_STRING_EQUAL(why(&row),
                           "killed by SIGSEGV (segmentation fault)");
    row.end = ROW_TIMED_OUT;
    row.wall_ns = UINT64_C(2000000000);
    CU_ASSERT_STRING_EQUAL(why(&row), "timed out after 2 s");
    row.end = ROW_NOT_FOUND;
    row.reason = span_of("cannot find 'simm'\nnor\x1b[2J");
    CU_ASSERT_STRING_EQUAL(why(&row), "cannot find 'simm' nor [2J");
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"comes back as it was", comes_back},
        {"waits until all of it is there", waits_for_all_of_it},
        {"refuses what contradicts itself", refuses_what_contradicts_itself},
        {"survives damage", survives_damage},
        {"says why an item failed", says_why},
    };
    return TAP_RUN(tests);
}
