/* SPDX-License-Identifier: Apache-2.0 */
/* What a run is about, as bytes and compared: messages as documented in
 * launcher/store/run_identity.h; any bytes that are none are refused. */
#include "run_identity.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static struct identity_part parts_was[] = {
    {.name = "kernel", .shown = "pi.c", .hash = 1},
    {.name = "source", .shown = "pi.c", .hash = 2, .kind = IDENTITY_SOURCE},
    {.name = "--arg n", .shown = "100", .hash = 3},
    {.name = "input", .shown = "lines.txt", .hash = 4, .count = 1000,
     .kind = IDENTITY_TEXT},
    {.name = "items", .shown = "0:100", .hash = 5, .kind = IDENTITY_DERIVED}};
#define N_PARTS (sizeof parts_was / sizeof parts_was[0])

static struct identity_part parts_is[N_PARTS];
static struct identity was = {parts_was, N_PARTS, N_PARTS};
static struct identity is = {parts_is, N_PARTS, N_PARTS};

static void same_again(void)
{
    memcpy(parts_is, parts_was, sizeof parts_was);
    is.n = N_PARTS;
}

static void says(const char *text)
{
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(identity_compare(&was, &is, "r1", &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_CHANGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, text));
}

static void test_same(void)
{
    struct ff_error err = {0};
    same_again();
    CU_ASSERT_EQUAL(identity_compare(&was, &is, "r1", &err), 0);
    CU_ASSERT_EQUAL(identity_hash(&was), identity_hash(&is));
    is.part[1].hash = 9; /* a source alone says nothing: the object counts */
    CU_ASSERT_EQUAL(identity_compare(&was, &is, "r1", &err), 0);
}

static void test_differences(void)
{
    same_again();
    parts_is[0].hash = 9;
    says("run r1 cannot go on: the kernel 'pi.c' was compiled otherwise");
    parts_is[1].hash = 9;
    says("run r1 cannot go on: the kernel 'pi.c' has changed (");
    CU_ASSERT_NOT_EQUAL(identity_hash(&was), identity_hash(&is));
    same_again();
    strcpy(parts_is[2].shown, "200");
    parts_is[2].hash = 9;
    parts_is[4].hash = 9; /* follows */
    says("cannot go on: --arg n was '100', is '200' (");
    same_again();
    parts_is[3].hash = 9;
    parts_is[3].count = 1001;
    says("the input 'lines.txt' has changed (1,000 lines then, 1,001 now)");
    same_again();
    parts_is[4].hash = 9;
    strcpy(parts_is[4].shown, "0:200");
    says("the items were '0:100', are '0:200'");
}

static void test_missing(void)
{
    struct ff_error err = {0};
    same_again();
    strcpy(parts_is[2].name, "--arg m");
    says("--arg m was not given, is '100'; --arg n was '100', is not given");
    same_again();
    is.n = 3; /* an input that grew has no content; nor have its items */
    CU_ASSERT_EQUAL(identity_compare(&was, &is, "r1", &err), 0);
    CU_ASSERT_EQUAL(identity_compare(&is, &was, "r1", &err), 0);
}

static void test_bytes(void)
{
    struct identity back;
    void *bytes = NULL;
    size_t n = 0;
    CU_ASSERT_EQUAL_FATAL(identity_encode(&was, &bytes, &n), 0);
    unsigned char *copy = malloc(n + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    CU_ASSERT_EQUAL_FATAL(identity_decode(&back, bytes, n), 0);
    CU_ASSERT_EQUAL(back.n, N_PARTS);
    CU_ASSERT_EQUAL(identity_hash(&back), identity_hash(&was));
    identity_release(&back);
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT_EQUAL(identity_decode(&back, bytes, i), -1);
        memcpy(copy, bytes, n);
        copy[i] ^= 0x20;
        CU_ASSERT_EQUAL(identity_decode(&back, copy, n), -1);
    }
    free(copy);
    free(bytes);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"the same", test_same},
        {"each difference is named", test_differences},
        {"what is on one side only", test_missing},
        {"bytes and back", test_bytes}};
    return TAP_RUN(tests);
}
